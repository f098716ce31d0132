//! Rule 5, what lies in SRAM before and after the token; with it the static parts of rules 4 and 10.
//!
//! In: chip, executable, lowered graph.  Out: violations, and the SRAM filled with names.
//! Invariant: only residencies, record fields and outputs without a fault are filled in; the symbolic machine may rely on
//!     regions that lie inside their slices and do not overlap.
//! Method: every claim on words becomes a run; runs are sorted by slice and address and compared with their neighbours.

use crate::machine::plan::Site;
use crate::machine::{Region, Rows, Sram};
use crate::term::Term;
use crate::word::Word;
use crate::{Fault, Field, Noun, Phrase, Place, Report, Rule, Violation};
use arch::{Chip, SliceId};
use graph::{DType, Graph, Node, NodeId, Op, TensorId, TensorType};
use program::{Executable, OutputField, Packing, Program, RecordContent, RecordField, Residency, WordSource};
use std::collections::BTreeMap;
use units::Order;

/// Lanes of a word.
const LANES: u32 = 320;

/// Words claimed by one residency, record field or output.
#[derive(Clone, Copy)]
struct Run<'a> {
    chip: u16,
    slice: SliceId,
    address: u16,
    words: u16,
    owner: Owner<'a>,
}

#[derive(Clone, Copy)]
enum Owner<'a> {
    Image(&'a Residency),
    Record(&'a RecordField),
    Output,
    /// An input that is an output too: it may lie where the host put it.
    Passed,
}

impl Run<'_> {
    /// Whether it claims the very word that `before` does, and may.
    fn passes_on(&self, before: &Run) -> bool {
        let is_same = (self.chip, self.slice, self.address) == (before.chip, before.slice, before.address);
        is_same && matches!((before.owner, self.owner), (Owner::Record(_), Owner::Passed))
    }
}

/// Names of tensor rows that are resident as f16 weights whose halves are the same bytes: an assumption, as no bytes are seen here. For
/// such a row r, `Half(0, r) = Half(1, r) = EitherHalf(r)`, wherever it lies. It is shown on the bytes by `check_weights` (W3), and by
/// whoever fills a word; without it the program loads nowhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Halves {
    rows: Vec<Term>,
}

impl Halves {
    /// The word of half `half` of the row `term`.
    pub(crate) fn word(&self, half: u8, term: Term) -> Word {
        if term.is_poison() {
            return Word::POISON;
        }
        match self.rows.binary_search(&term) {
            Ok(_) => Word::either_half(term),
            Err(_) => Word::half(half, term),
        }
    }

    fn of(residencies: &[Residency]) -> Self {
        let mut rows = Vec::new();
        for residency in residencies {
            if let WordSource::Tensor { tensor, packing: Packing::EitherHalf } = residency.source {
                rows.extend((0..residency.words).map(|word| Term::tensor(tensor.index(), row(residency, word))));
            }
        }
        rows.order();
        rows.dedup();
        Halves { rows }
    }
}

/// Judges what is in the SRAM of every chip, and puts it there.
pub(crate) fn fill(site: &Site, program: &Program, report: &mut Report) -> (Vec<Sram>, Halves) {
    let executable = &program.executable;
    let mut runs = runs(site, executable, &program.lowered, report);
    runs.order_by_key(|run| {
        u64::from(run.chip) << 32 | u64::from(site.slice(run.slice)) << 16 | u64::from(run.address)
    });
    let halves = Halves::of(&executable.image);
    let mut srams: Vec<Sram> = (0..site.topology.chips).map(|_| Sram::new(site.chip, executable.context)).collect();
    let mut free: Option<(u16, SliceId, u32)> = None;
    for (place, run) in runs.iter().enumerate() {
        let (first, end) = (u32::from(run.address), u32::from(run.address) + u32::from(run.words));
        let taken = free.filter(|(chip, slice, end)| (*chip, *slice) == (run.chip, run.slice) && first < *end);
        free = Some((run.chip, run.slice, end.max(taken.map_or(0, |(_, _, end)| end))));
        let passes_on = place.checked_sub(1).is_some_and(|before| run.passes_on(&runs[before]));
        if taken.is_some() && !passes_on {
            let place = Place::Word { slice: run.slice, address: run.address };
            report.push(Violation::new(None, place, Fault::Overlap).on(usize::from(run.chip)));
            continue;
        }
        put(&mut srams[usize::from(run.chip)], site, run, &halves);
    }
    (srams, halves)
}

/// All runs that name existing words and rows; the others are reported.
fn runs<'a>(site: &Site, executable: &'a Executable, graph: &Graph, report: &mut Report) -> Vec<Run<'a>> {
    let (chip, chips) = (site.chip, site.topology.chips);
    let (inputs, passed) = inputs(graph);
    let mut runs = Vec::new();
    let image = executable.image.iter().map(|residency| {
        let Residency { chip, slice, address, words, .. } = *residency;
        (Run { chip, slice, address, words, owner: Owner::Image(residency) }, image_fault(graph, residency))
    });
    let record = executable.record.iter().flat_map(|field| {
        let fault = record_fault(chip, executable.context, &inputs, field);
        let run =
            |chip| Run { chip, slice: field.slice, address: field.address, words: 1, owner: Owner::Record(field) };
        (0..chips).map(move |chip| (run(chip), fault.clone()))
    });
    let outputs = executable.outputs.iter().flat_map(|OutputField { output, chip, slices, address }| {
        let owner = if passed.contains_key(output.as_str()) { Owner::Passed } else { Owner::Output };
        slices.iter().map(move |&slice| (Run { chip: *chip, slice, address: *address, words: 1, owner }, None))
    });
    for (run, fault) in image.chain(record).chain(outputs) {
        let place = Place::Word { slice: run.slice, address: run.address };
        let mut fault_there = |fault| report.push(Violation::new(None, place.clone(), fault).on(usize::from(run.chip)));
        if chip.is_reserved(run.slice) {
            fault_there(Fault::ReservedSlice);
        }
        if chips <= run.chip {
            let found = Phrase::Number(u64::from(run.chip));
            fault_there(outside(Field::Chip, Phrase::Below(Noun::Chip, u64::from(chips)), found));
        } else if chip.slices <= run.slice.number {
            let found = Phrase::name(run.slice);
            fault_there(outside(Field::Slice, Phrase::Below(Noun::Slice, u64::from(chip.slices)), found));
        } else if run.words == 0 || u32::from(chip.words) < u32::from(run.address) + u32::from(run.words) {
            let found = Phrase::WordsFrom { words: u64::from(run.words), address: u64::from(run.address) };
            fault_there(outside(Field::Words, Phrase::WordsBelow(u64::from(chip.words)), found));
        } else {
            // A map out of range lies where it lies; rows that do not exist cannot.
            if fault.as_ref().is_none_or(|fault| fault.rule() == Rule::Record) {
                runs.push(run);
            }
            fault.into_iter().for_each(fault_there);
        }
    }
    runs
}

/// The inputs of a graph by name, the first of each, and the outputs that are inputs as they came.
fn inputs(graph: &Graph) -> (BTreeMap<&str, &Node>, BTreeMap<&str, NodeId>) {
    let mut inputs = BTreeMap::new();
    for (_, node) in graph.nodes.iter() {
        if let Op::Input { name } = &node.op {
            inputs.entry(name.as_str()).or_insert(node);
        }
    }
    let is_passed = |node| graph.nodes.get(node).is_some_and(|node| matches!(node.op, Op::Input { .. }));
    let mut outputs: BTreeMap<&str, NodeId> = BTreeMap::new();
    for (name, node) in &graph.outputs {
        outputs.entry(name).or_insert(*node);
    }
    outputs.retain(|_, node| is_passed(*node));
    (inputs, outputs)
}

fn image_fault(graph: &Graph, residency: &Residency) -> Option<Fault> {
    let (source, missing) = match residency.source {
        WordSource::Tensor { tensor, .. } => {
            (tensor_type(graph, tensor), Phrase::One(Noun::Tensor, tensor.index() as u64))
        }
        WordSource::State { node, .. } => (state_type(graph, node), Phrase::One(Noun::Node, node.index() as u64)),
    };
    let Some(source) = source else {
        return Some(outside(Field::Source, Phrase::TensorOrState, missing));
    };
    if LANES < source.shape.lanes() {
        return Some(outside(Field::Lanes, Phrase::AtMost(u64::from(LANES), Noun::Lane), lanes(source.shape.lanes())));
    }
    let last = row(residency, residency.words.saturating_sub(1));
    if source.shape.rows() <= last {
        return Some(outside(Field::Row, Phrase::Below(Noun::Row, source.shape.rows()), Phrase::Number(last)));
    }
    match residency.source {
        WordSource::Tensor { packing: Packing::Plane(plane), .. } | WordSource::State { plane, .. } => {
            plane_fault(plane, source.dtype)
        }
        WordSource::Tensor { packing, .. } => {
            let legal = source.dtype == DType::F16 && !matches!(packing, Packing::Half(2..));
            (!legal).then(|| outside(Field::Packing, Phrase::HalfOfF16, packed(packing, source.dtype)))
        }
    }
}

fn record_fault(chip: &Chip, context: u16, inputs: &BTreeMap<&str, &Node>, field: &RecordField) -> Option<Fault> {
    match &field.content {
        RecordContent::Map { base } => {
            let last = u32::from(*base) + u32::from(context.saturating_sub(1));
            (u32::from(chip.words) <= last).then_some(Fault::MapRange { base: *base, last })
        }
        RecordContent::Input { name, plane } => {
            let Some(node) = inputs.get(name.as_str()) else {
                return Some(outside(Field::Input, Phrase::GraphInput, Phrase::name(name)));
            };
            if node.shape.rows() != 1 || LANES < node.shape.lanes() {
                return Some(outside(Field::Input, Phrase::InputRow, Phrase::name(&node.shape)));
            }
            plane_fault(*plane, node.dtype)
        }
    }
}

fn put(sram: &mut Sram, site: &Site, run: &Run, halves: &Halves) {
    let slice = site.slice(run.slice);
    match run.owner {
        Owner::Output | Owner::Passed => {}
        Owner::Record(field) => {
            let word = match &field.content {
                RecordContent::Input { name, plane } => Word::byte(*plane, Term::input(name, 0)),
                RecordContent::Map { base } => Word::map(*base),
            };
            sram.fill(slice, run.address, word);
        }
        Owner::Image(residency) => {
            let constant = matches!(residency.source, WordSource::Tensor { .. });
            let rows = rows(residency);
            sram.declare(slice, Region { first: run.address, words: run.words, constant, rows });
            for offset in (0..run.words).filter(|_| rows.is_none()) {
                sram.fill(slice, run.address + offset, before(residency, offset, halves));
            }
        }
    }
}

/// A residency whose words follow from their place alone.
fn rows(residency: &Residency) -> Option<Rows> {
    let WordSource::Tensor { tensor, packing } = residency.source else { return None };
    let plane = match packing {
        Packing::Plane(plane) => Some(plane),
        Packing::EitherHalf => None,
        Packing::Half(_) => return None,
    };
    Some(Rows { tensor, first: residency.row, step: residency.step, plane })
}

/// Word `offset` of a residency before the token.
fn before(residency: &Residency, offset: u16, halves: &Halves) -> Word {
    let row = row(residency, offset);
    match residency.source {
        WordSource::State { node, plane } => Word::byte(plane, Term::state(node.index(), row)),
        WordSource::Tensor { tensor, packing } => {
            let term = Term::tensor(tensor.index(), row);
            match packing {
                Packing::Plane(plane) => Word::byte(plane, term),
                Packing::Half(half) => halves.word(half, term),
                Packing::EitherHalf => Word::either_half(term),
            }
        }
    }
}

/// Row of the source in word `offset`.
pub(crate) fn row(residency: &Residency, offset: u16) -> u64 {
    u64::from(residency.row) + u64::from(offset) * u64::from(residency.step)
}

fn tensor_type(graph: &Graph, tensor: TensorId) -> Option<TensorType> {
    graph.tensors.get(tensor).map(|info| TensorType { dtype: info.dtype, shape: info.shape })
}

fn state_type(graph: &Graph, node: graph::NodeId) -> Option<TensorType> {
    let node = graph.nodes.get(node)?;
    matches!(node.op, Op::State { .. }).then(|| node.result_type())
}

fn plane_fault(plane: u8, dtype: DType) -> Option<Fault> {
    let bytes = dtype.bytes() as u8;
    (bytes <= plane)
        .then(|| outside(Field::Plane, Phrase::Below(Noun::Byte, u64::from(bytes)), Phrase::Number(u64::from(plane))))
}

fn lanes(count: u32) -> Phrase {
    Phrase::Count(u64::from(count), Noun::Lane)
}

/// A packing of halves that its source does not have.
fn packed(packing: Packing, dtype: DType) -> Phrase {
    match packing {
        Packing::Half(half) => Phrase::HalfOf(half, dtype),
        Packing::EitherHalf | Packing::Plane(_) => Phrase::EitherHalfOf(dtype),
    }
}

fn outside(field: Field, expected: Phrase, found: Phrase) -> Fault {
    Fault::Residency { field, expected, found }
}

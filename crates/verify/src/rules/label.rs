//! Rule 8, names: what the witness calls a burst is compared with what program and graph say of it.
//!
//! In: a well-formed executable, its witness, the lowered graph, which is legal.  Out: violations.
//! Invariant: a name without a fault is a part of the graph or empty, which says nothing; what is read from the image or the launch record
//!     is called by a part that holds or takes it, and by the kind of thing that lies there.
//! Method: a read with an address names a word, in the first instance of its template and on the first chip that runs it. From every leaf
//!     of the graph parts are gathered along moves, up to the first operation that computes.
//! Partial: of a computed value only that its part exists, because a burst may serve several nodes that were fused. A word of the launch
//!     record may hold a value when it is read, and a tensor that is a result as it is was one elsewhere: both may be called so.

use crate::{Fault, Field, Noun, Phrase, Place, Report, Violation};
use arch::{Queue, SliceId};
use graph::{ConstSource, Graph, Node, NodeId, Op};
use program::{CHIPS_MAX, Executable, Instruction, Label, LabelKind, RecordContent, TemplateId, Witness, WordSource};
use std::collections::{BTreeMap, BTreeSet};
use units::Order;

/// Leaves that are looked at along moves at most; beyond, moves are no longer followed, and names along them are refused.
const LEAVES_MAX: usize = 1 << 21;
/// Names that a fault lists as right ones.
const LISTED: usize = 4;
/// The part of an address map, of which the graph knows nothing.
const MAP: &str = "map";

/// What a word is called after: the leaf of the graph that lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Leaf<'a> {
    Tensor(usize),
    State(usize),
    Input(&'a str),
}

/// What lies in a word before the token.
#[derive(Clone, Copy)]
enum Content<'a> {
    Leaf(Leaf<'a>),
    Map,
    /// Nothing, or a value by the time it is read.
    Free,
}

/// Parts of a graph.
struct Parts<'a> {
    /// By part: nodes, and block pairs of the longest contraction that is of it or takes it.
    sizes: BTreeMap<&'a str, (usize, usize)>,
    /// Leaves with parts that hold or take them, sorted.
    of: Vec<(Leaf<'a>, &'a str)>,
    /// Leaves that are results as they are: what another program made, carried on.
    carried: Vec<Leaf<'a>>,
}

/// Words before the token.
struct Words<'a> {
    /// First and last word of runs of the image, sorted.
    image: Vec<((u16, SliceId, u16), u32, Leaf<'a>)>,
    record: Vec<((SliceId, u16), Content<'a>)>,
}

/// Where a template is first stamped.
#[derive(Clone, Copy)]
struct Stamp<'a> {
    chip: u16,
    bases: &'a [u16],
}

/// Judges every name that `witness` gives.
pub(crate) fn check(executable: &Executable, graph: &Graph, witness: &Witness, report: &mut Report) {
    let (parts, words) = (Parts::of(graph), Words::of(executable));
    let templates = executable.templates.iter().zip(&witness.templates);
    for (((_, template), claims), stamp) in templates.zip(stamps(executable)) {
        let mut known: Vec<Option<Fault>> = claims.labels.iter().map(|label| parts.fault(label)).collect();
        for ((queue, entry, _, burst), claim) in template.bursts().zip(&claims.entries) {
            let Some(label) = claims.labels.get(usize::from(claim.label)) else { continue };
            let issuer = template.queues[queue].0;
            // A name that no burst could have is reported once.
            let fault = known[usize::from(claim.label)].take();
            let fault = fault.or_else(|| kind_fault(&parts, &words, stamp, (issuer, &burst.instruction), label));
            if let Some(fault) = fault {
                let place = Place::Entry { template: template.name.clone(), queue: issuer, entry: entry as u32 };
                report.push(Violation::new(None, place, fault));
            }
        }
        // Names that are given to no burst must be names all the same.
        for fault in known.into_iter().flatten() {
            report.push(Violation::new(None, Place::Program, fault));
        }
    }
}

/// By template: its first instance and the first chip that runs it there, if it is stamped at all.
fn stamps(executable: &Executable) -> Vec<Option<Stamp<'_>>> {
    let mut stamps = vec![None; executable.templates.len()];
    let mut note = |template: TemplateId, instance: usize, chip: u16| {
        let bases = executable.instances.get(instance).map(|instance| instance.bases.as_slice());
        if let Some(stamp) = stamps.get_mut(template.index()) {
            *stamp = stamp.or(bases.map(|bases| Stamp { chip, bases }));
        }
    };
    for (number, instance) in executable.instances.iter().enumerate() {
        let runs = |chip: &u16| executable.template_on(*chip, number) == Some(instance.template);
        if let Some(chip) = (0..CHIPS_MAX).find(runs) {
            note(instance.template, number, chip);
        }
    }
    executable.detours.iter().for_each(|detour| note(detour.template, detour.instance as usize, detour.chip));
    stamps
}

/// What is wrong with a name where it stands.
fn kind_fault(
    parts: &Parts,
    words: &Words,
    stamp: Option<Stamp>,
    (issuer, instruction): (Queue, &Instruction),
    label: &Label,
) -> Option<Fault> {
    use LabelKind::{Activation, Cache, Constant, Map, Record, Weights};
    let content = match (issuer, *instruction, stamp) {
        (Queue::MemRead(slice), Instruction::Read { address, .. }, Some(stamp)) => {
            words.find(stamp.chip, slice, address.word(stamp.bases, 0)?)
        }
        (_, Instruction::Load { .. } | Instruction::Install, _) => {
            return allowed(label, &[Weights]);
        }
        (_, instruction, _) if instruction.is_control() => return None,
        _ => return allowed(label, &[Activation, Constant, Cache]),
    };
    let leaf = match content {
        Content::Map => return allowed(label, &[Map]),
        Content::Free => return allowed(label, &[Activation, Constant, Cache, Weights]),
        Content::Leaf(leaf) => leaf,
    };
    let kinds: &[LabelKind] = match leaf {
        Leaf::Tensor(_) => &[Weights, Constant],
        Leaf::State(_) => &[Cache, Weights],
        Leaf::Input(_) => &[Record],
    };
    let is_value = matches!(leaf, Leaf::Input(_)) || parts.carried.binary_search(&leaf).is_ok();
    if is_value && label.kind == Activation {
        return None;
    }
    allowed(label, kinds).or_else(|| {
        let is_named = label.part.is_empty() || parts.of.binary_search(&(leaf, label.part.as_str())).is_ok();
        let listed = parts.of_leaf(leaf).iter().take(LISTED);
        let expected: Vec<String> = listed.map(|(_, part)| (*part).to_owned()).collect();
        (!is_named).then(|| {
            let expected = if expected.is_empty() { Phrase::NoPart } else { Phrase::Parts(expected) };
            fault(Field::Part, expected, Phrase::name(&label.part))
        })
    })
}

fn allowed(label: &Label, kinds: &[LabelKind]) -> Option<Fault> {
    let is_other = !kinds.contains(&label.kind);
    is_other.then(|| fault(Field::Kind, Phrase::Kinds(kinds.to_vec()), Phrase::Kinds(vec![label.kind])))
}

fn fault(field: Field, expected: Phrase, found: Phrase) -> Fault {
    Fault::WitnessLabel { field, expected, found }
}

/// Leaves that nodes move, and the parts that take them. Nodes that move the same leaves share one list.
#[derive(Default)]
struct Taken<'a> {
    lists: Vec<Vec<Leaf<'a>>>,
    /// By node: the list of what it moves.
    moved: Vec<Option<usize>>,
    /// Lists and parts that have met.
    met: BTreeSet<(usize, &'a str)>,
    /// Leaves with parts that hold or take them.
    of: Vec<(Leaf<'a>, &'a str)>,
    looked: usize,
}

impl<'a> Taken<'a> {
    fn node(&mut self, id: NodeId, node: &'a Node) {
        let mut inputs: Vec<usize> = node.inputs.iter().filter_map(|input| *self.moved.get(input.index())?).collect();
        inputs.order();
        inputs.dedup();
        if LEAVES_MAX <= self.looked {
            inputs.clear();
        }
        let moved = match (own(id.index(), node), inputs.as_slice()) {
            (Some(leaf), _) => Some(self.list(vec![leaf])),
            (None, [] | [_]) => inputs.first().copied(),
            (None, _) if moves(&node.op) => {
                let mut leaves: Vec<Leaf> = inputs.iter().flat_map(|list| self.lists[*list].iter().copied()).collect();
                self.looked += leaves.len();
                leaves.order();
                leaves.dedup();
                Some(self.list(leaves))
            }
            _ => None,
        };
        let part = node.origin.part.as_str();
        for list in inputs.into_iter().chain(moved) {
            if self.met.insert((list, part)) {
                self.looked += self.lists[list].len();
                self.of.extend(self.lists[list].iter().map(|leaf| (*leaf, part)));
            }
        }
        self.moved.push(moved.filter(|_| moves(&node.op)));
    }

    fn list(&mut self, leaves: Vec<Leaf<'a>>) -> usize {
        self.lists.push(leaves);
        self.lists.len() - 1
    }
}

impl<'a> Parts<'a> {
    fn of(graph: &'a Graph) -> Self {
        let mut sizes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        let mut taken = Taken::default();
        for (id, node) in graph.nodes.iter() {
            let part = node.origin.part.as_str();
            sizes.entry(part).or_default().0 += 1;
            if let Op::MatMul { .. } = node.op {
                let inputs = node.inputs.iter().filter_map(|input| graph.nodes.get(*input));
                for part in inputs.map(|input| input.origin.part.as_str()).chain([part]) {
                    let blocks = &mut sizes.entry(part).or_default().1;
                    *blocks = (*blocks).max(node.inputs.len() / 2);
                }
            }
            taken.node(id, node);
        }
        let mut of = taken.of;
        of.order();
        of.dedup();
        let results = graph.outputs.iter().filter_map(|(_, node)| own(node.index(), graph.nodes.get(*node)?));
        let mut carried: Vec<Leaf> = results.collect();
        carried.order();
        carried.dedup();
        Parts { sizes, of, carried }
    }

    fn of_leaf(&self, leaf: Leaf) -> &[(Leaf<'a>, &'a str)] {
        let first = self.of.partition_point(|(other, _)| *other < leaf);
        let end = self.of.partition_point(|(other, _)| *other <= leaf);
        &self.of[first..end]
    }

    /// What is wrong with a name wherever it stands.
    fn fault(&self, label: &Label) -> Option<Fault> {
        let known = self.sizes.get(label.part.as_str()).copied();
        let (nodes, blocks) = match known {
            None if !label.part.is_empty() && (label.part.as_str(), label.kind) != (MAP, LabelKind::Map) => {
                return Some(fault(Field::Part, Phrase::GraphPart, Phrase::name(&label.part)));
            }
            known => known.unwrap_or_default(),
        };
        let below = |field, noun, limit: usize, found: u16| {
            let is_outside = limit.max(1) <= usize::from(found);
            is_outside.then(|| {
                let expected = Phrase::Below(noun, limit.max(1) as u64);
                fault(field, expected, Phrase::Number(u64::from(found)))
            })
        };
        below(Field::Tile, Noun::Tile, nodes, label.tile)
            .or_else(|| below(Field::Block, Noun::Block, blocks, label.block))
    }
}

fn own(id: usize, node: &Node) -> Option<Leaf<'_>> {
    match &node.op {
        Op::Const(ConstSource::Tensor(tensor)) => Some(Leaf::Tensor(tensor.index())),
        Op::State { .. } => Some(Leaf::State(id)),
        Op::Input { name } => Some(Leaf::Input(name)),
        _ => None,
    }
}

/// Whether the operation only moves what it takes.
fn moves(op: &Op) -> bool {
    match op {
        Op::Input { .. } | Op::State { .. } | Op::Const(_) => true,
        Op::Broadcast | Op::Permute(_) | Op::Copy { .. } | Op::Window { .. } | Op::View(_) => true,
        Op::Gather | Op::Scatter => true,
        Op::MatMul { .. } | Op::Map(_) | Op::Reduce { .. } => false,
    }
}

impl<'a> Words<'a> {
    fn of(executable: &'a Executable) -> Self {
        let run = |residency: &program::Residency| {
            let leaf = match residency.source {
                WordSource::Tensor { tensor, .. } => Leaf::Tensor(tensor.index()),
                WordSource::State { node, .. } => Leaf::State(node.index()),
            };
            let end = u32::from(residency.address) + u32::from(residency.words);
            ((residency.chip, residency.slice, residency.address), end, leaf)
        };
        let mut image: Vec<_> = executable.image.iter().map(run).collect();
        image.order_by_key(|(first, ..)| *first);
        let field = |field: &'a program::RecordField| {
            let content = match &field.content {
                RecordContent::Input { name, .. } => Content::Leaf(Leaf::Input(name)),
                RecordContent::Map { .. } => Content::Map,
            };
            ((field.slice, field.address), content)
        };
        let mut record: Vec<_> = executable.record.iter().map(field).collect();
        record.order_by_key(|(place, _)| *place);
        Words { image, record }
    }

    fn find(&self, chip: u16, slice: SliceId, word: i64) -> Content<'a> {
        let Ok(word) = u16::try_from(word) else { return Content::Free };
        if let Ok(found) = self.record.binary_search_by_key(&(slice, word), |(place, _)| *place) {
            return self.record[found].1;
        }
        let after = self.image.partition_point(|(first, ..)| *first <= (chip, slice, word));
        let before = after.checked_sub(1).map(|place| self.image[place]);
        match before {
            Some(((of, at, _), end, leaf)) if (of, at) == (chip, slice) && u32::from(word) < end => Content::Leaf(leaf),
            _ => Content::Free,
        }
    }
}

//! The judge of programs that lie in memory together: one per bucket of positions, or one for a prompt beside one for single tokens.
//!
//! In: a chip and programs, the one for the fewest positions first, not trusted.  Out: `VerifiedBuckets`, or every fault.
//! Invariant: consults nobody: each program is judged as any program is; what is left is what they share.
//! Method: a token runs one program from its first cycle to its last, so that nothing of one is under way in another. What lasts from
//!     token to token is memory: the image, whose tables no program writes (rule 5) and whose states every program leaves as its graph
//!     says, word by word (rule 11).
//!
//! # The theorems
//! B1. *Programs.* There is one; every one is verified, on the same topology.
//! B2. *Sizes.* Where each is for positions of its own: the contexts rise strictly, and all launch records are equal.
//! B3. *Memory.* All images are equal: the same words hold the same rows of tensors of the same id, name, type and shape, and of states
//!     of the same name, type and shape. No program writes into the record of another before it is launched: records are written anew.
//! B4. *Storage.* The instructions of all programs together, expanded, fit the reserved slices.

use crate::rules::storage::room;
use crate::{Extent, Rejected, Report, Verified, check};
use arch::{Chip, SliceId};
use graph::{DType, Graph, Op, Shape, TensorId};
use program::{Packing, Program, RecordField, Residency, WordSource};
use std::fmt;
use units::{Order, Text};

/// Programs that may take turns, token by token.
#[derive(Clone, Debug)]
pub struct VerifiedBuckets {
    programs: Vec<Verified>,
}

/// What is wrong with programs that are to lie in memory together.
#[derive(Clone, Debug, PartialEq)]
pub enum BucketFault {
    /// B1: there is none.
    None,
    /// B1: one is not a legal program.
    Program {
        /// Its place.
        bucket: usize,
        /// What the judge found.
        report: Report,
    },
    /// B1: it is for another topology than the last one.
    Topology {
        /// Its place.
        bucket: usize,
        /// That of the last one.
        expected: String,
        /// Its own.
        found: String,
    },
    /// B2: it has as many positions as the next one, or more.
    Context {
        /// Its place.
        bucket: usize,
        /// Positions of the next one.
        next: u16,
        /// Its own.
        found: u16,
    },
    /// B2, B3: its launch record differs from that of the next one, or its image from that of the last.
    Differs {
        /// Its place.
        bucket: usize,
        /// In which of the two.
        what: Shared,
        /// Slice of the first word that differs, in order.
        slice: SliceId,
        /// The word.
        address: u16,
    },
    /// B4: their instructions do not fit.
    Storage {
        /// Bytes of the reserved slices.
        capacity: u64,
        /// Bytes of all instructions.
        found: u64,
    },
}

/// What programs in memory together have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    /// Words that the host writes before each token.
    Record,
    /// Weights and states.
    Image,
}

impl Shared {
    fn text(self) -> Text {
        match self {
            Shared::Record => Text::of("啟動記錄", "launch record"),
            Shared::Image => Text::of("記憶體映像", "image"),
        }
    }
}

impl BucketFault {
    /// The fault as a sentence.
    pub fn text(&self) -> Text {
        match self {
            BucketFault::None => Text::of("沒有程式，至少要有一個", "no program: give at least one"),
            BucketFault::Program { bucket, report } => {
                let Text { zh, en } = report.text();
                Text::new(format!("程式 {bucket} 有 {zh}"), format!("program {bucket}: {en}"))
            }
            BucketFault::Topology { bucket, expected, found } => Text::new(
                format!("程式 {bucket} 是為「{found}」編譯的，應和最後一個一樣是「{expected}」"),
                format!("program {bucket} is for `{found}`, expected `{expected}` as the last one"),
            ),
            BucketFault::Context { bucket, next, found } => Text::new(
                format!("程式 {bucket} 容得下 {found} 個位置，應少於下一個程式的 {next} 個"),
                format!("program {bucket} has {found} positions, expected fewer than the {next} of the next one"),
            ),
            BucketFault::Differs { bucket, what, slice, address } => {
                let what = what.text();
                Text::new(
                    format!("程式 {bucket} 的{}和別的程式不同，第一處是切片 {slice} 的字組 {address}", what.zh),
                    format!(
                        "program {bucket}: its {} is not that of the others, first in word {address} of {slice}",
                        what.en
                    ),
                )
            }
            BucketFault::Storage { capacity, found } => Text::new(
                format!("所有程式的指令共 {found} 位元組，保留的切片只有 {capacity} 位元組"),
                format!("the instructions of all programs take {found} bytes, the reserved slices hold {capacity}"),
            ),
        }
    }
}

impl fmt::Display for BucketFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text().en)
    }
}

impl VerifiedBuckets {
    /// The programs, the one for the fewest positions first.
    pub fn programs(&self) -> &[Verified] {
        &self.programs
    }

    /// The programs themselves.
    pub fn into_programs(self) -> Vec<Verified> {
        self.programs
    }
}

/// Judges programs that are to take turns, each for positions of its own.
///
/// Errors: every fault.
pub fn check_buckets(chip: &Chip, programs: Vec<Program>) -> Result<VerifiedBuckets, Vec<BucketFault>> {
    let verified = check_beside(chip, programs)?;
    let mut faults = Vec::new();
    let record = |verified: &Verified| {
        let mut record = verified.program().executable.record.clone();
        record.order();
        record
    };
    for (bucket, pair) in verified.programs.windows(2).enumerate() {
        let [context, next] = [&pair[0], &pair[1]].map(|one| one.program().executable.context);
        if next <= context {
            faults.push(BucketFault::Context { bucket, next, found: context });
        }
        let [next, own] = [&pair[1], &pair[0]].map(record);
        let home = |field: &RecordField| (field.slice, field.address);
        let differs = |(slice, address)| BucketFault::Differs { bucket, what: Shared::Record, slice, address };
        faults.extend(first_difference(&next, &own, home).map(differs));
    }
    if faults.is_empty() { Ok(verified) } else { Err(faults) }
}

/// Judges programs that are to lie in memory together, whatever they are for.
///
/// Errors: every fault of B1, B3 and B4.
pub fn check_beside(chip: &Chip, programs: Vec<Program>) -> Result<VerifiedBuckets, Vec<BucketFault>> {
    let (mut verified, mut faults) = (Vec::new(), Vec::new());
    for (bucket, program) in programs.into_iter().enumerate() {
        match check(chip, program) {
            Ok(program) => verified.push(program),
            Err(Rejected { report, .. }) => faults.push(BucketFault::Program { bucket, report }),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let Some((last, others)) = verified.split_last() else { return Err(vec![BucketFault::None]) };
    let image = image(last.program());
    for (bucket, one) in others.iter().enumerate() {
        let [expected, found] = [last, one].map(|one| &one.program().executable.topology);
        if expected != found {
            let (expected, found) = (expected.clone(), found.clone());
            faults.push(BucketFault::Topology { bucket, expected, found });
        }
        let home = |((_, slice, address, _), ..): &Run| (*slice, *address);
        let differs = |(slice, address)| BucketFault::Differs { bucket, what: Shared::Image, slice, address };
        faults.extend(first_difference(&image, &self::image(one.program()), home).map(differs));
    }
    let capacity = room(chip);
    let bytes = |sum: u64, Extent { instruction_bytes, .. }: Extent| sum.saturating_add(instruction_bytes);
    let found = verified.iter().map(Verified::extent).fold(0, bytes);
    if capacity < found {
        faults.push(BucketFault::Storage { capacity, found });
    }
    if faults.is_empty() { Ok(VerifiedBuckets { programs: verified }) } else { Err(faults) }
}

/// Where words come from: tensors by their ids, which are the same for all, states by their names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Tensor(TensorId, Packing),
    State(u8),
}

/// Name, type and shape.
type Form = (String, DType, Shape);

/// A run of words: chip, slice, address, words; source and its form; first row and step.
type Run = ((u16, SliceId, u16, u16), (Source, Option<Form>), (u32, u32));

/// The image of a program, sorted.
fn image(program: &Program) -> Vec<Run> {
    let runs = program.executable.image.iter().map(|residency| run(&program.lowered, residency));
    let mut image: Vec<Run> = runs.collect();
    image.order();
    image
}

/// Where two sorted lists first differ.
fn first_difference<T: PartialEq + Ord>(
    expected: &[T],
    found: &[T],
    home: impl Fn(&T) -> (SliceId, u16),
) -> Option<(SliceId, u16)> {
    let longest = expected.len().max(found.len());
    let at = (0..longest).find(|&at| expected.get(at) != found.get(at))?;
    expected.get(at).into_iter().chain(found.get(at)).min().map(home)
}

fn run(graph: &Graph, residency: &Residency) -> Run {
    let Residency { chip, slice, address, words, source, row, step } = *residency;
    let source = match source {
        WordSource::Tensor { tensor, packing } => {
            let form = graph.tensors.get(tensor).map(|info| (info.name.clone(), info.dtype, info.shape));
            (Source::Tensor(tensor, packing), form)
        }
        WordSource::State { node, plane } => {
            let form = graph.nodes.get(node).and_then(|node| match &node.op {
                Op::State { name } => Some((name.clone(), node.dtype, node.shape)),
                _ => None,
            });
            (Source::State(plane), form)
        }
    };
    ((chip, slice, address, words), source, (row, step))
}

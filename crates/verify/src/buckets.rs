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

use crate::{Extent, Rejected, Report, Verified, check};
use arch::{Chip, SliceId};
use graph::{DType, Graph, Op, Shape, TensorId};
use program::{Packing, Program, Residency, WordSource};
use std::fmt;
use units::Order;

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
    /// B1, B2, B3: it differs from the last one, or does not come before it.
    Differs {
        /// Its place.
        bucket: usize,
        /// In what.
        what: &'static str,
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
    /// B4: their instructions do not fit.
    Storage {
        /// Bytes of the reserved slices.
        capacity: u64,
        /// Bytes of all instructions.
        found: u64,
    },
}

impl fmt::Display for BucketFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BucketFault::None => f.write_str("no program: give at least one"),
            BucketFault::Program { bucket, report } => {
                let first = report.violations.first().map(ToString::to_string).unwrap_or_default();
                write!(f, "program {bucket}: {}, the first: {first}", report.count())
            }
            BucketFault::Differs { bucket, what, expected, found } => {
                write!(f, "program {bucket}: {what}: expected {expected}, found {found}")
            }
            BucketFault::Storage { capacity, found } => {
                write!(f, "the instructions of all programs take {found} bytes, the reserved slices hold {capacity}")
            }
        }
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
            faults.push(differs(bucket, "context", format!("less than {next}"), context.to_string()));
        }
        faults.extend(first_difference(&record(&pair[1]), &record(&pair[0]), (bucket, "launch record")));
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
            faults.push(differs(bucket, "topology", expected.clone(), found.clone()));
        }
        faults.extend(first_difference(&image, &self::image(one.program()), (bucket, "image")));
    }
    let capacity = chip.slices_reserved.len() as u64 * u64::from(chip.words) * u64::from(chip.lanes());
    let bytes = |sum: u64, Extent { instruction_bytes, .. }: Extent| sum.saturating_add(instruction_bytes);
    let found = verified.iter().map(Verified::extent).fold(0, bytes);
    if capacity < found {
        faults.push(BucketFault::Storage { capacity, found });
    }
    if faults.is_empty() { Ok(VerifiedBuckets { programs: verified }) } else { Err(faults) }
}

fn differs(bucket: usize, what: &'static str, expected: String, found: String) -> BucketFault {
    BucketFault::Differs { bucket, what, expected, found }
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

fn first_difference<T: PartialEq + fmt::Debug>(
    expected: &[T],
    found: &[T],
    (bucket, what): (usize, &'static str),
) -> Option<BucketFault> {
    let longest = expected.len().max(found.len());
    let at = (0..longest).find(|&at| expected.get(at) != found.get(at))?;
    let text = |one: Option<&T>| one.map_or("nothing".to_owned(), |one| format!("{one:?}"));
    Some(differs(bucket, what, text(expected.get(at)), text(found.get(at))))
}

fn run(graph: &Graph, residency: &Residency) -> Run {
    let Residency { chip, slice, address, words, source, row, step } = *residency;
    let source = match source {
        WordSource::Tensor { tensor, packing } => {
            let form = graph.tensors.get(tensor).map(|info| (info.name.clone(), info.dtype, info.shape.clone()));
            (Source::Tensor(tensor, packing), form)
        }
        WordSource::State { node, plane } => {
            let form = graph.nodes.get(node).and_then(|node| match &node.op {
                Op::State { name } => Some((name.clone(), node.dtype, node.shape.clone())),
                _ => None,
            });
            (Source::State(plane), form)
        }
    };
    ((chip, slice, address, words), source, (row, step))
}

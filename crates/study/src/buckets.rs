//! How many programs a model gets, and what a token costs at each position.
//!
//! In: programs that were judged together.  Out: the staircase: positions, cycles, sizes, step by step.
//! Invariant: cycles are told of verified programs only; of one that has no room beside the others only its size is told.
//! Method: a token runs the smallest program that holds its position.

use arch::Chip;
use compile::LeftOut;
use program::Program;
use serde::{Deserialize, Serialize};
use units::Text;
use verify::{BucketFault, Extent, Verified, VerifiedBuckets};

/// One program of several that take turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stair {
    /// The first position that runs it.
    pub from: u32,
    /// The first that runs it no longer.
    pub to: u32,
    /// Cycles of a token.
    pub cycles: u64,
    /// Instructions dispatched in a token, on all chips.
    pub instructions: u64,
    /// Bytes of its instructions, on each chip.
    pub instruction_bytes: u64,
}

/// What a token costs at every position.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Staircase {
    /// In order of positions.
    pub stairs: Vec<Stair>,
    /// Positions and instruction bytes of programs that have no room beside these.
    pub left_out: Vec<(u32, u64)>,
    /// Bytes of the instructions of all programs, on each chip.
    pub instruction_bytes: u64,
    /// Bytes of the slices reserved for them.
    pub instruction_room: u64,
    /// Cycles of a token, on average over all positions.
    pub average_cycles: f64,
}

impl Staircase {
    /// The staircase of programs that were judged together, the smallest first.
    pub fn of<'p>(programs: impl IntoIterator<Item = &'p Verified>, left_out: &[LeftOut], chip: &Chip) -> Self {
        let mut from = 0;
        let stair = |verified: &Verified| {
            let Extent { issues, cycles, instruction_bytes } = verified.extent();
            let to = u32::from(verified.program().executable.context);
            let stair = Stair { from, to, cycles, instructions: issues, instruction_bytes };
            from = to;
            stair
        };
        let stairs: Vec<Stair> = programs.into_iter().map(stair).collect();
        let cycles = stairs.iter().map(|stair| stair.cycles * u64::from(stair.to - stair.from)).sum::<u64>();
        Staircase {
            left_out: left_out.iter().map(|one| (one.positions, one.bytes)).collect(),
            instruction_bytes: stairs.iter().map(|stair| stair.instruction_bytes).sum(),
            instruction_room: compile::instruction_room(chip),
            average_cycles: cycles as f64 / f64::from(from.max(1)),
            stairs,
        }
    }
}

/// Judges programs that are to take turns, the one for the fewest positions first.
///
/// Errors: what is wrong first, as a sentence.
pub fn judge_buckets(chip: &Chip, programs: Vec<Program>) -> Result<Vec<Verified>, Text> {
    verify::check_buckets(chip, programs).map(VerifiedBuckets::into_programs).map_err(sentence)
}

/// Judges programs that are to lie in memory together, whatever they are for.
///
/// Errors: as `judge_buckets`.
pub fn judge_beside(chip: &Chip, programs: Vec<Program>) -> Result<Vec<Verified>, Text> {
    verify::check_beside(chip, programs).map(VerifiedBuckets::into_programs).map_err(sentence)
}

fn sentence(faults: Vec<BucketFault>) -> Text {
    faults.first().map(BucketFault::text).unwrap_or_default()
}

/// Whether a program has `position`.
pub(crate) fn holds(verified: &Verified, position: u32) -> bool {
    position < u32::from(verified.program().executable.context)
}

/// The smallest of some programs, in order, that holds `position`; the last one holds whatever the others do not.
pub fn holding<'p>(programs: &[&'p Verified], position: u32) -> &'p Verified {
    let found = programs.iter().find(|verified| holds(verified, position));
    found.or(programs.last()).expect("there is a program")
}

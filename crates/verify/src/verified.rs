//! The certificate, and what fails to get one.
//!
//! In: a chip and a program.  Out: `Verified` if every theorem holds, else `Rejected`; `Broken` for a program broken on purpose.
//! Invariant: `Verified` has no public constructor, so that whatever asks for one cannot be given an unverified program; a
//!     `Broken` is not a `Verified` and holds none.
//! Method: ownership; a program goes in by value and comes back inside the answer.

use crate::{Report, judge};
use arch::Chip;
use program::Program;

/// A program for which every theorem holds on `chip()`.
#[derive(Clone, Debug)]
pub struct Verified {
    chip: Chip,
    program: Program,
    extent: Extent,
}

/// Sizes that the judge counted on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Instructions dispatched in a token, on all chips.
    pub issues: u64,
    /// Cycles of a token.
    pub cycles: u64,
    /// Bytes of the instructions expanded over all instances, on each chip.
    pub instruction_bytes: u64,
}

/// A program that breaks at least one theorem.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", report.text().en)]
pub struct Rejected {
    /// The program as it came.
    pub program: Box<Program>,
    /// Why.
    pub report: Report,
}

/// A verified program that was broken by one named mutation: it may be executed and drawn with a watermark, never priced.
#[derive(Clone, Debug)]
pub struct Broken {
    chip: Chip,
    program: Program,
    mutation: String,
    report: Report,
}

/// A mutation that broke nothing: every theorem still holds, the dataflow of the original graph included.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unchanged: mutation `{mutation}` computes the same values on a legal schedule")]
pub struct Harmless {
    /// Name of the mutation.
    pub mutation: String,
}

/// Judges `program` on `chip`.
pub fn check(chip: &Chip, program: Program) -> Result<Verified, Rejected> {
    let (report, extent) = judge(chip, &program);
    if report.is_clean() {
        Ok(Verified { chip: chip.clone(), program, extent })
    } else {
        Err(Rejected { program: Box::new(program), report })
    }
}

/// All violations of `program` on `chip`.
pub fn violations(chip: &Chip, program: &Program) -> Report {
    judge(chip, program).0
}

impl Verified {
    /// The machine it was verified for.
    pub fn chip(&self) -> &Chip {
        &self.chip
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Its sizes.
    pub fn extent(&self) -> Extent {
        self.extent
    }
}

impl Broken {
    /// Judges a mutant of `original` against the graph of the original, whatever graph the mutant carries.
    pub fn new(original: &Verified, mutant: Program, mutation: impl Into<String>) -> Result<Broken, Harmless> {
        let program = Program { lowered: original.program.lowered.clone(), ..mutant };
        let report = violations(&original.chip, &program);
        let mutation = mutation.into();
        if report.is_clean() {
            return Err(Harmless { mutation });
        }
        Ok(Broken { chip: original.chip.clone(), program, mutation, report })
    }

    /// The machine it would run on.
    pub fn chip(&self) -> &Chip {
        &self.chip
    }

    /// The program as it is now.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// What was done to it.
    pub fn mutation(&self) -> &str {
        &self.mutation
    }

    /// What it breaks; never empty.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

//! What compiling yields of a model that takes all its rows at once: the tokens of a sequence, an image.
//!
//! In: a scheduled pass on one chip, and what it computes.  Out: its program, its tables, why it is as long as it is, both bounds.
//! Invariant: a bound is never above the length it bounds.

use crate::emit::alone;
use crate::least::{LeastOfRows, least_of_rows};
use crate::schedule::Scheduled;
use crate::twins::Twins;
use crate::{CompileError, Gaps, Tables, Why};
use arch::Chip;
use graph::Graph;
use program::Program;
use units::Cycles;

/// A compiled pass.
#[derive(Clone, Debug)]
pub struct AtOnce<Model> {
    /// The program: one pass is what a token is elsewhere.
    pub program: Program,
    /// Tensors that its image and its lowered graph name.
    pub tables: Tables,
    /// What it computes.
    pub model: Model,
    /// Why each stage is as long as it is.
    pub why: Vec<Why>,
    /// The first bound: of the model and the machine, however it is lowered.
    pub least: LeastOfRows,
}

impl<Model> AtOnce<Model> {
    /// A pass of `graph`, scheduled for a chip.
    ///
    /// Errors: `Instructions` where there is no room for them.
    pub(crate) fn of(
        (graph, model): (&Graph, Model),
        chip: &Chip,
        (lowered, twins, tables): (Graph, &Twins, Tables),
        scheduled: Scheduled,
    ) -> Result<Self, CompileError> {
        let (program, why) = alone(chip, (lowered, twins), scheduled)?;
        Ok(AtOnce { program, tables, model, why, least: least_of_rows(graph, chip) })
    }

    /// Cycles of a pass.
    pub fn cycles(&self) -> Cycles {
        self.program.executable.length()
    }

    /// The second bound: cycles that no schedule of the lowered program could beat.
    pub fn bound(&self) -> Cycles {
        crate::why::bound(&self.program.executable, &self.why)
    }

    /// How far the pass is from both bounds.
    pub fn gaps(&self) -> Gaps {
        Gaps::over(self.cycles(), [self.least.cycles(), self.bound()])
    }
}

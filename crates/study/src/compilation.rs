//! How the program came about: the passes, both bounds and what binds, why an instruction is where it is, what another option gives.
//!
//! In: a session.  Out: plain data and texts in two languages.
//! Invariant: the bounds are those of the program that was verified; what another option gives is the program that compiling afresh would
//!     give (tests/recompile.rs), and is judged before it is told.
//! Method: what the compiler noted is kept with the session, and its tables of weights serve when an option changes; a state after a pass is
//!     the compiler's own run, stopped.

use crate::StudyError;
use crate::bounds::Bounds;
use crate::session::{Options, Session};
use arch::Topology;
use compile::PASSES;
use compile::here::{Spot, why_in};
use import::Source;
use import::gguf::{LoadOptions, load};
use import::llama::decode_step;
use program::TemplateId;
use serde::{Deserialize, Serialize};
use units::Text;

/// A pass of the compiler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// Its name, also what `--stop-after` takes.
    pub name: String,
    /// What the page calls it.
    pub title: Text,
    /// What it does, in one sentence.
    pub says: Text,
}

/// Another option for the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Another number of chips.
    Chips(u16),
    /// Room for another number of positions.
    Context(u32),
}

/// What a change gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noted {
    /// The change.
    pub change: Change,
    /// Its cycles and bounds.
    pub bounds: Bounds,
    /// Instructions dispatched per token, on all chips.
    pub issues: u64,
    /// Bytes of the expanded instructions, on each chip.
    pub instruction_bytes: u64,
}

/// The state after a pass, one piece of its text at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterPass {
    /// The pass.
    pub name: String,
    /// Lines in all.
    pub lines: u32,
    /// The first of them.
    pub head: Vec<String>,
}

/// What binds the length of each stage: chains of instructions, each waiting for the one before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// First cycle and end of each chain after its stage's start, in order, by template.
    stages: Vec<Vec<(u64, u64)>>,
}

impl Steps {
    /// The chains of a template; none of a template that nothing is known of.
    pub fn of(&self, template: usize) -> &[(u64, u64)] {
        self.stages.get(template).map_or(&[], Vec::as_slice)
    }
}

/// A name that no pass has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {}, found {found:?}; choose one of these", PASSES.map(|pass| pass.name).join(", "))]
pub struct UnknownPass {
    /// The name.
    pub found: String,
}

/// All passes in order.
pub fn passes() -> Vec<Pass> {
    let shown = |pass: &compile::Description| Pass {
        name: pass.name.to_owned(),
        title: Text::new(pass.chinese_name, pass.name),
        says: Text::new(pass.chinese, pass.english),
    };
    PASSES.iter().map(shown).collect()
}

/// The pass of that name.
///
/// Errors: `UnknownPass` names them all.
pub fn pass_named(name: &str) -> Result<compile::Pass, UnknownPass> {
    let found = PASSES.iter().find(|pass| pass.name == name).map(|pass| pass.pass);
    found.ok_or_else(|| UnknownPass { found: name.to_owned() })
}

/// The whole text of the state after a pass of compiling the model in `source`, for one chip.
///
/// Errors: `Import`, `Compile`.
pub fn state_after<S: Source>(source: S, options: &Options, pass: compile::Pass) -> Result<String, StudyError> {
    let model = load(source, LoadOptions { context: options.context })?;
    Ok(compile::stop_after(pass, &model.graph, &model.weights, &options.chip)?)
}

impl<S: Source> Session<S> {
    /// What binds the length of each stage of the program that a token runs.
    pub fn steps_at(&self, token: u32) -> Steps {
        let step = |chain: &&compile::Placement| (chain.begin.0, chain.end.0);
        Steps { stages: self.why_at(token).iter().map(|why| why.path().iter().rev().map(step).collect()).collect() }
    }

    fn why_at(&self, token: u32) -> &[compile::Why] {
        self.smaller.get(self.turn(token)).map_or(&self.why, |smaller| &smaller.why)
    }

    /// Why an instruction of a template of the program that a token runs is not one cycle earlier; `None` where there is none. Queue
    /// and entry are places, as in `program::Template`.
    pub fn why_here(&self, token: u32, template: TemplateId, (queue, entry): (u32, u32)) -> Option<Text> {
        let spot = Spot { template, queue, entry };
        let program = self.verified_at(token).program();
        let here = why_in((program, self.why_at(token)), self.chip(), spot)?;
        Some(Text::new(here.chinese(), here.to_string()))
    }

    /// The state after a pass; of its text the first `most` lines. The passes are shown for one chip.
    ///
    /// Errors: what the compiler reports.
    pub fn after(&self, pass: compile::Pass, most: usize) -> Result<AfterPass, StudyError> {
        let text = compile::stop_after(pass, &self.model.graph, &self.model.weights, self.chip())?;
        let described = PASSES.iter().find(|other| other.pass == pass).map_or("", |pass| pass.name);
        Ok(AfterPass {
            name: described.to_owned(),
            lines: text.lines().count() as u32,
            head: text.lines().take(most).map(str::to_owned).collect(),
        })
    }

    /// The same model with one option changed: compiled, with what this session's program holds of its weights where that serves, and judged.
    ///
    /// Errors: `Compile`; `Rejected`; a number of chips that no topology has.
    pub fn changed(&self, change: Change) -> Result<Noted, StudyError> {
        let (mut chips, mut context) = (self.chips(), self.model.context);
        match change {
            Change::Chips(wanted) => chips = wanted,
            Change::Context(wanted) => context = wanted,
        }
        let topology = Topology::of(chips).map_err(sim::SimError::from)?;
        let graph = decode_step(&self.model.shape, context);
        let source = (&graph, &self.model.weights as _, &self.tables);
        let compiled = compile::recompile(source, self.formats, self.chip(), &topology)?;
        let compile::Compiled { program, why, least, .. } = compiled;
        let verified =
            verify::check(self.chip(), program).map_err(|error| StudyError::Rejected(error.report.text()))?;
        let extent = verified.extent();
        Ok(Noted {
            change,
            bounds: Bounds::of(verified.program(), &why, &least, self.chip()),
            issues: extent.issues,
            instruction_bytes: extent.instruction_bytes,
        })
    }
}

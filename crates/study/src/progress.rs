//! How long work tells where it is, and is told to stop.
//!
//! In: stages.  Out: continue or cancel.
//! Invariant: a cancelled step leaves the session as it was before the step.

use serde::{Deserialize, Serialize};
use units::Steps;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Reading the model file.
    Import,
    /// Lowering, placing, scheduling.
    Compile,
    /// Judging the program.
    Verify,
    /// Filling the simulated SRAM.
    Load,
    /// Running tokens.
    Run,
    /// Looking for a mutation that changes the words.
    Break,
}

/// A step of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Steps of the stage that are done.
    pub done: u32,
    /// Steps of the stage.
    pub of: u32,
}

impl Progress {
    /// So many steps of a stage.
    pub fn of(stage: Stage, steps: Steps) -> Self {
        Progress { stage, done: steps.done as u32, of: steps.of as u32 }
    }
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Stop here.
    Cancel,
}

/// Who is told.
pub type Listener<'a> = &'a mut dyn FnMut(Progress) -> Flow;

/// The listener's wish to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

/// Tells `listener`, and turns its wish into an error.
pub fn tell(listener: Listener, stage: Stage, done: u32, of: u32) -> Result<(), Cancelled> {
    match listener(Progress { stage, done, of }) {
        Flow::Continue => Ok(()),
        Flow::Cancel => Err(Cancelled),
    }
}

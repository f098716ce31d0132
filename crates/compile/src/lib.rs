//! Graph and machine to program: lower, place, schedule, emit; one pass per file.
//!
//! In: an imported decoding step, its weights, a chip.  Out: a `Program` and the tables its image names.
//! Invariant: nothing here asks the judge or the simulator; what is claimed is in the witness for them to refute.
//! Method: fit -> recognise -> lower -> place and schedule stage by stage -> stamp and emit. Layers share one template.

mod emit;
mod error;
mod fit;
mod heads;
mod kernel;
mod launch;
mod lower;
mod model;
mod place;
mod schedule;
mod share;
mod tables;
mod why;

pub mod estimate;

use arch::Chip;
use graph::{Graph, TensorData};
use program::Program;

pub use error::{CompileError, Remedy, Resident};
pub use heads::{HeadCounts, Heads, QueryTile};
pub use launch::Launch;
pub use model::{Llama, recognise};
pub use tables::Tables;
pub use why::{Cause, Need, Placement, Why};

/// What compiling yields.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The program.
    pub program: Program,
    /// Tensors that its image and its lowered graph name.
    pub tables: Tables,
    /// What the host sends with each token.
    pub launch: Launch,
    /// Why each stage is as long as it is: once per token, per layer, head.
    pub why: Vec<Why>,
}

/// Compiles one decoding step for one chip.
///
/// Errors: see [`CompileError`].
pub fn compile(graph: &Graph, data: &dyn TensorData, chip: &Chip) -> Result<Compiled, CompileError> {
    chip.check()?;
    fit::machine(chip)?;
    let llama = recognise(graph)?;
    match laid_out(graph, &llama, data, chip) {
        Err(CompileError::Memory { .. }) if llama.heads.frugal().is_some() => {
            let heads = llama.heads.frugal().unwrap_or(llama.heads.clone());
            laid_out(graph, &Llama { heads, ..llama }, data, chip)
        }
        result => result,
    }
}

/// Compiles with the heads as `llama` has them.
fn laid_out(graph: &Graph, llama: &Llama, data: &dyn TensorData, chip: &Chip) -> Result<Compiled, CompileError> {
    fit::model(chip, llama)?;
    let lowered = lower::lower(graph, llama, data, chip)?;
    let mut scheduled = schedule::schedule(chip, &lowered)?;
    let why = std::mem::take(&mut scheduled.why);
    let program = emit::emit(chip, llama, lowered.graph, scheduled);
    fit::instructions(chip, &program.executable)?;
    Ok(Compiled { program, tables: lowered.tables, launch: Launch::new(llama), why })
}

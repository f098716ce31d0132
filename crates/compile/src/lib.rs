//! Graph and machine to program: lower, place, schedule, emit; one pass per file.
//!
//! In: an imported decoding step, its weights, a chip.  Out: a `Program` and the tables its image names.
//! Invariant: nothing here asks the judge or the simulator; what is claimed is in the witness for them to refute.
//! Method: recognise -> lower -> place and schedule stage by stage -> stamp and emit. Layers share one template.

mod emit;
mod kernel;
mod launch;
mod lower;
mod model;
mod place;
mod schedule;
mod tables;

pub mod estimate;

use arch::{Chip, ChipError};
use graph::{Graph, LoadError, TensorData};
use program::Program;

pub use launch::Launch;
pub use model::{Llama, recognise};
pub use tables::Tables;

/// What compiling yields.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The program.
    pub program: Program,
    /// Tensors that its image and its lowered graph name.
    pub tables: Tables,
    /// What the host sends with each token.
    pub launch: Launch,
}

/// Why there is no program.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CompileError {
    /// The graph is none that the lowering knows.
    #[error("this graph cannot be lowered: found {what}; expected {expected}")]
    Unrecognised {
        /// What was found.
        what: String,
        /// What was expected.
        expected: String,
    },
    /// The weights' source failed.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The machine is impossible.
    #[error(transparent)]
    Chip(#[from] ChipError),
    /// Something does not fit into SRAM.
    #[error("{what} needs {needed} words of each of its slices, {available} are left; {remedy}")]
    Memory {
        /// What was being placed.
        what: String,
        /// Words needed per slice.
        needed: u64,
        /// Words left per slice.
        available: u64,
        /// The smallest change that would fit.
        remedy: String,
    },
    /// A chain found no place in time.
    #[error("no place within {cycles} cycles for the chain that starts with {what}")]
    Infeasible {
        /// First event of the chain.
        what: String,
        /// How far was searched.
        cycles: u64,
    },
}

/// Compiles one decoding step for one chip.
///
/// Errors: see [`CompileError`].
pub fn compile(graph: &Graph, data: &dyn TensorData, chip: &Chip) -> Result<Compiled, CompileError> {
    chip.check()?;
    let llama = recognise(graph)?;
    let lowered = lower::lower(graph, &llama, data)?;
    let scheduled = schedule::schedule(chip, &lowered)?;
    let program = emit::emit(chip, &llama, lowered.graph, scheduled);
    Ok(Compiled { program, tables: lowered.tables, launch: Launch::new(&llama) })
}

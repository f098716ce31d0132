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
mod twins;
mod why;

pub mod estimate;

use arch::{Chip, Topology};
use graph::{Graph, TensorData};
use program::Program;

pub use error::{CompileError, Remedy, Resident};
pub use heads::{HeadCounts, Heads, QueryTile};
pub use launch::Launch;
pub use model::{Llama, recognise};
use share::Share;
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
    compile_for(graph, data, chip, &Topology::single())
}

/// Compiles one decoding step for as many chips as the topology joins: each holds its share of every layer.
///
/// Errors: see [`CompileError`].
pub fn compile_for(
    graph: &Graph,
    data: &dyn TensorData,
    chip: &Chip,
    topology: &Topology,
) -> Result<Compiled, CompileError> {
    chip.check()?;
    fit::machine(chip)?;
    let llama = recognise(graph)?;
    let machine = Machine { chip, topology };
    let shares = Share::all(llama.heads.counts, llama.ffn, llama.vocabulary, topology.chips)?;
    match laid_out((graph, data), &llama, &shares, machine) {
        Err(CompileError::Memory { .. }) if shares.iter().any(|share| share.frugal().is_some()) => {
            let frugal: Vec<Share> = shares.iter().filter_map(Share::frugal).collect();
            laid_out((graph, data), &llama, &frugal, machine)
        }
        result => result,
    }
}

/// What a program is for.
#[derive(Clone, Copy)]
struct Machine<'a> {
    chip: &'a Chip,
    topology: &'a Topology,
}

/// Compiles with heads laid out as the shares have them.
fn laid_out(
    source: (&Graph, &dyn TensorData),
    llama: &Llama,
    shares: &[Share],
    Machine { chip, topology }: Machine,
) -> Result<Compiled, CompileError> {
    fit::model(chip, llama, &shares[0])?;
    let lowered = lower::lower(source, llama, shares, chip)?;
    let mut scheduled = schedule::schedule(chip, &lowered)?;
    let why = std::mem::take(&mut scheduled.why);
    let lower::Lowered { graph, tables, twins, .. } = lowered;
    let program = emit::emit((chip, topology), llama, (graph, &twins), scheduled);
    fit::instructions(chip, &program.executable)?;
    Ok(Compiled { program, tables, launch: Launch::new(llama, &shares[0]), why })
}

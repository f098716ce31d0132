//! Graph and machine to program: lower, place, schedule, emit; one pass per file.
//!
//! In: an imported decoding step, encoder or network of convolutions, any graph of the ten operations, a collective; a chip.  Out: a
//!     `Program`, the tables its image names, why it is as long as it is.
//! Invariant: nothing here asks the judge or the simulator; what is claimed is in the witness for them to refute.
//! Method: the table in `passes` for decoding steps, whose layers share one template; `encoder`, `convolution` and `general` end in the same
//!     emitter; `pipeline` compiles one program for each kind of node, `carry` and `collective` plan what only travels.

mod at_once;
mod buckets;
pub mod carry;
pub mod collective;
pub mod convolution;
mod emit;
mod encoded;
pub mod encoder;
mod error;
mod fit;
mod formats;
mod heads;
mod kernel;
mod launch;
mod lower;
mod model;
mod passes;
mod place;
mod queueing;
mod schedule;
mod share;
mod tables;
mod twins;
mod why;

pub mod estimate;
pub mod general;
pub mod here;
pub mod least;
pub mod ops;
pub mod pipeline;

use arch::{Chip, Topology};
use graph::{Graph, TensorData};
use passes::Wanted;
use program::Program;
use units::Cycles;

pub use at_once::AtOnce;
pub use buckets::{Buckets, LeftOut, buckets, compile_buckets};
pub use encoded::Effort;
pub use error::{CompileError, Lack, Remedy, Resident, VxmPart};
pub use fit::instruction_room;
pub use formats::{Format, Formats, Linear};
pub use heads::{HeadCounts, Heads, QueryTile};
pub use launch::Launch;
pub use least::Least;
pub use lower::general::Obstacle;
pub use lower::{Part, Stretch};
pub use model::{Llama, Rows, recognise};
pub use passes::{Description, PASSES, Pass, stop_after};
pub use tables::Tables;
pub use why::{Cause, Issuer, Need, Placement, Why};

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
    /// The first bound: of the model and the machine, however it is lowered.
    pub least: Least,
}

/// Shares by which a token's cycles exceed its two bounds: 0.1 is 10 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gaps {
    /// Over what no program for the model can beat.
    pub first: f64,
    /// Over what no schedule of the lowered program can beat.
    pub second: f64,
}

impl Compiled {
    /// Cycles of a token.
    pub fn cycles(&self) -> Cycles {
        self.program.executable.length()
    }

    /// The second bound: cycles that no schedule of the lowered program could beat.
    pub fn bound(&self) -> Cycles {
        why::bound(&self.program.executable, &self.why)
    }

    /// How far the token is from both bounds.
    pub fn gaps(&self) -> Gaps {
        Gaps::over(self.cycles(), [self.least.cycles(), self.bound()])
    }
}

impl Gaps {
    /// By how much `cycles` exceeds the first bound and the second.
    fn over(cycles: Cycles, bounds: [Cycles; 2]) -> Self {
        let [first, second] = bounds.map(|bound| cycles.0 as f64 / bound.0.max(1) as f64 - 1.0);
        Gaps { first, second }
    }
}

/// Compiles one decoding step in int8 for one chip.
///
/// Errors: see [`CompileError`].
pub fn compile(graph: &Graph, data: &dyn TensorData, chip: &Chip) -> Result<Compiled, CompileError> {
    compile_for(graph, data, chip, &Topology::single())
}

/// Compiles a stretch of a recognised model for a group of chips: one node of a pipeline. Without weights the program has shapes and
/// times, and nothing to compute with.
///
/// Errors: see [`CompileError`].
pub fn compile_stretch(
    (graph, data): (&Graph, Option<&dyn TensorData>),
    (llama, stretch): (&Llama, &Stretch),
    chip: &Chip,
    topology: &Topology,
) -> Result<Compiled, CompileError> {
    passes::stretch(lower::Source::new(graph, data), (llama, stretch), (chip, topology))
}

/// Compiles one decoding step in int8 for as many chips as the topology joins: each holds its share of every layer.
///
/// Errors: see [`CompileError`].
pub fn compile_for(
    graph: &Graph,
    data: &dyn TensorData,
    chip: &Chip,
    topology: &Topology,
) -> Result<Compiled, CompileError> {
    compile_in((graph, data), Formats::default(), chip, topology)
}

/// The same with matrices in these formats.
///
/// Errors: see [`CompileError`].
pub fn compile_in(
    (graph, data): (&Graph, &dyn TensorData),
    formats: Formats,
    chip: &Chip,
    topology: &Topology,
) -> Result<Compiled, CompileError> {
    let wanted = Wanted { formats, ..Wanted::default() };
    only(passes::compiled(lower::Source::new(graph, Some(data)), wanted, (chip, topology)))
}

/// The same for a model that was compiled before, with other options, for one text: what that wrote of its weights is taken over where it
/// serves. `earlier` are that program's tables; the model's weights must be the same.
///
/// Errors: see [`CompileError`].
pub fn recompile(
    (graph, data, earlier): (&Graph, &dyn TensorData, &Tables),
    formats: Formats,
    chip: &Chip,
    topology: &Topology,
) -> Result<Compiled, CompileError> {
    let wanted = Wanted { formats, ..Wanted::default() };
    let source = lower::Source { earlier: Some(&earlier.encoded), ..lower::Source::new(graph, Some(data)) };
    only(passes::compiled(source, wanted, (chip, topology)))
}

fn only(compiled: Result<Vec<Compiled>, CompileError>) -> Result<Compiled, CompileError> {
    Ok(compiled?.pop().expect("what compiles has a program"))
}

/// The same for several texts that advance together: each weight is installed once for all of them.
///
/// Errors: see [`CompileError`].
pub fn compile_texts(
    (graph, data): (&Graph, &dyn TensorData),
    (formats, texts): (Formats, u32),
    chip: &Chip,
    topology: &Topology,
) -> Result<Compiled, CompileError> {
    let wanted = Wanted { formats, rows: Rows::Texts(texts), ..Wanted::default() };
    only(passes::compiled(lower::Source::new(graph, Some(data)), wanted, (chip, topology)))
}

/// The decoding step, and beside it a program that takes `rows` tokens of a prompt at once.
///
/// Errors: see [`CompileError`]; `Instructions` where there is no room for those of both.
pub fn compile_block(
    (graph, data): (&Graph, &dyn TensorData),
    (formats, rows): (Formats, u32),
    chip: &Chip,
    topology: &Topology,
) -> Result<[Compiled; 2], CompileError> {
    let others = [(recognise(graph)?.context, Rows::Block(rows))];
    let wanted = Wanted { formats, others: &others, ..Wanted::default() };
    let source = lower::Source::new(graph, Some(data));
    let all = passes::compiled(source, wanted, (chip, topology))?;
    fit::together(chip, &all)?;
    Ok(all.try_into().expect("two were wanted"))
}

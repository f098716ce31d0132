//! From a model's bytes to a program that nobody has judged yet.
//!
//! In: a model's source and options.  Out: model, program, tables, launches.
//! Invariant: what comes out is a claim; it is run, priced or drawn only after the judge has seen it.
//! Method: import, then compile; the listener is told before each.

use crate::StudyError;
use crate::bounds::Bounds;
use crate::progress::{Listener, Stage, tell};
use crate::session::Options;
use arch::Chip;
use compile::{Launch, Tables, Why};
use import::gguf::{LoadOptions, load};
use import::{Model, Source};
use program::Program;

/// A compiled model that was not judged yet.
pub struct Built<S> {
    /// The model.
    pub model: Model<S>,
    /// The machine that it was compiled for.
    pub chip: Chip,
    /// The program.
    pub program: Program,
    /// Tensors that the program's image names.
    pub tables: Tables,
    /// What the host sends with each token.
    pub launch: Launch,
    /// What binds a token.
    pub bounds: Bounds,
    /// Why each stage is as long as it is.
    pub why: Vec<Why>,
}

/// Imports and compiles the model in `source`.
///
/// Errors: `Import`, `Compile`, `Cancelled`.
pub fn build<S: Source>(source: S, options: &Options, listener: Listener) -> Result<Built<S>, StudyError> {
    tell(listener, Stage::Import, 0, 1)?;
    let model = load(source, LoadOptions { context: options.context })?;
    tell(listener, Stage::Compile, 0, 1)?;
    let Options { formats, chip, topology, .. } = options;
    let compiled = compile::compile_in((&model.graph, &model.weights), *formats, chip, topology)?;
    let compile::Compiled { program, tables, launch, why, least } = compiled;
    let bounds = Bounds::of(&program, &why, &least, chip);
    Ok(Built { model, chip: chip.clone(), program, tables, launch, bounds, why })
}

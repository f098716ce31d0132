//! From a model's bytes to a program that nobody has judged yet.
//!
//! In: a model's source and options.  Out: model, program, tables, launches; where that is asked for, programs for fewer positions.
//! Invariant: what comes out is a claim; it is run, priced or drawn only after the judge has seen it.
//! Method: import, then compile; the listener is told before each.

use crate::StudyError;
use crate::bounds::Bounds;
use crate::progress::{Listener, Stage, tell};
use crate::session::Options;
use arch::Chip;
use compile::{Buckets, Compiled, Formats, Launch, LeftOut, Tables, Why};
use import::gguf::{LoadOptions, load};
use import::{Model, Source};
use program::Program;

/// A compiled model that was not judged yet.
pub struct Built<S> {
    /// The model.
    pub model: Model<S>,
    /// The machine that it was compiled for.
    pub chip: Chip,
    /// In which formats its matrices are held.
    pub formats: Formats,
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
    /// Programs for fewer positions, the smallest first, or for a block of a prompt, that lie in memory beside it.
    pub smaller: Vec<BuiltBucket>,
    /// Those for which there was no room.
    pub left_out: Vec<LeftOut>,
}

/// A program beside another one, not judged yet.
pub struct BuiltBucket {
    /// The program.
    pub program: Program,
    /// What the host sends with each launch of it.
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
    let model = imported(source, options, listener)?;
    let Options { formats, chip, topology, .. } = options;
    let compiled = compile::compile_in((&model.graph, &model.weights), *formats, chip, topology)?;
    Ok(built(model, options, compiled))
}

/// The same with programs for fewer positions beside it, as far as there is room for their instructions.
///
/// Errors: as `build`.
pub fn build_buckets<S: Source>(source: S, options: &Options, listener: Listener) -> Result<Built<S>, StudyError> {
    let model = imported(source, options, listener)?;
    let Options { formats, chip, topology, .. } = options;
    let buckets = compile::compile_buckets((&model.graph, &model.weights), *formats, chip, topology)?;
    let Buckets { mut programs, left_out, .. } = buckets;
    let whole = programs.pop().expect("one holds all positions");
    let smaller = programs.into_iter().map(|program| beside(program, chip)).collect();
    Ok(Built { smaller, left_out, ..built(model, options, whole) })
}

/// The same with a program for several texts that advance together.
///
/// Errors: as `build`.
pub fn build_texts<S: Source>(
    source: S,
    options: &Options,
    texts: u32,
    listener: Listener,
) -> Result<Built<S>, StudyError> {
    let model = imported(source, options, listener)?;
    let Options { formats, chip, topology, .. } = options;
    let compiled = compile::compile_texts((&model.graph, &model.weights), (*formats, texts), chip, topology)?;
    Ok(built(model, options, compiled))
}

/// The same with a program beside it, in `smaller`, that takes `tokens` tokens of a prompt at once.
///
/// Errors: as `build`.
pub fn build_block<S: Source>(
    source: S,
    options: &Options,
    tokens: u32,
    listener: Listener,
) -> Result<Built<S>, StudyError> {
    let model = imported(source, options, listener)?;
    let Options { formats, chip, topology, .. } = options;
    let source = (&model.graph, &model.weights as _);
    let [decode, block] = compile::compile_block(source, (*formats, tokens), chip, topology)?;
    Ok(Built { smaller: vec![beside(block, chip)], ..built(model, options, decode) })
}

fn beside(Compiled { program, launch, why, least, .. }: Compiled, chip: &Chip) -> BuiltBucket {
    let bounds = Bounds::of(&program, &why, &least, chip);
    BuiltBucket { program, launch, bounds, why }
}

fn imported<S: Source>(source: S, options: &Options, listener: Listener) -> Result<Model<S>, StudyError> {
    tell(listener, Stage::Import, 0, 1)?;
    let model = load(source, LoadOptions { context: options.context })?;
    tell(listener, Stage::Compile, 0, 1)?;
    Ok(model)
}

fn built<S>(model: Model<S>, Options { chip, formats, .. }: &Options, compiled: Compiled) -> Built<S> {
    let Compiled { program, tables, launch, why, least } = compiled;
    let bounds = Bounds::of(&program, &why, &least, chip);
    let (smaller, left_out) = (Vec::new(), Vec::new());
    let (chip, formats) = (chip.clone(), *formats);
    Built { model, chip, formats, program, tables, launch, bounds, why, smaller, left_out }
}

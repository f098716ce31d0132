//! A file becomes a model.
//!
//! In: a source and the number of positions to keep room for.  Out: a [`Model`].
//! Invariant: nothing is built before the whole header has been judged; no weight is read.
//! Method: header, tokenizer, shape, graph, in this order; the first error ends it.

use super::header::Header;
use super::weights::Weights;
use super::{llama, vocabulary};
use crate::Model;
use crate::error::{Expected, Found, ImportError, Remedy, Subject};
use crate::llama::{LlamaShape, decode_step};
use crate::source::Source;

/// Greatest number of elements of a rotary table or a cache: 256 MB of f32.
const TABLE_MAX: u64 = 1 << 26;

/// What the caller chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadOptions {
    /// Positions to keep room for, at most the model's own context.
    pub context: u32,
}

/// Reads the model in `source`.
///
/// Errors: a file that is not sound or not supported, or a context that the model or this machine does not have.
pub fn load<S: Source>(source: S, options: LoadOptions) -> Result<Model<S>, ImportError> {
    let header = Header::parse(&source)?;
    let tokenizer = vocabulary::tokenizer(&header)?;
    let shape = llama::shape(&header, tokenizer.vocabulary_len())?;
    let context = checked_context(&shape, options)?;
    let graph = decode_step(&shape, context);
    let weights = Weights::new(source, &graph.tensors, |name| header.tensor(name))?;
    let name = header.optional_text("general.name")?.map(str::to_owned);
    Ok(Model { graph, tokenizer, shape, weights, context, name })
}

fn checked_context(shape: &LlamaShape, options: LoadOptions) -> Result<u32, ImportError> {
    let lanes = u64::from(shape.kv_width().max(shape.heads));
    let most = u64::from(shape.context_max).min(TABLE_MAX / lanes);
    if options.context != 0 && u64::from(options.context) <= most {
        return Ok(options.context);
    }
    let expected = Expected::Range { low: 1, high: most };
    Err(ImportError::option(Subject::Context, expected, Found::Number(options.context.into()), Remedy::OtherContext))
}

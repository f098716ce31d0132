//! The committed model as tests load it, what a token's launch is, and which token comes next.
//!
//! In: a context, a token, logits.  Out: a model, launch inputs, a token.
//! Invariant: the first of the greatest logits is taken, whoever computed them.

use compile::Compiled;
use graph::Tensor;
use import::gguf::{LoadOptions, load};
use std::collections::BTreeMap;
use units::Span;

/// The committed model.
pub type Tiny = import::Model<&'static [u8]>;

/// `tiny` with room for `context` positions.
pub fn tiny(context: u32) -> Tiny {
    let bytes: &[u8] = include_bytes!("../../static/models/tiny.gguf");
    load(bytes, LoadOptions { context }).expect("the committed model loads")
}

/// What the host sends for `token` at `position`.
pub fn launch(model: &Tiny, compiled: &Compiled, token: u32, position: u32) -> BTreeMap<String, Tensor> {
    let row = model.weights.rows(compiled.launch.embedding, Span::new(u64::from(token), 1)).expect("a row per token");
    compiled.launch.inputs(&row, position)
}

/// The first of the greatest logits.
pub fn greatest(logits: &[f32]) -> u32 {
    let first = |best: usize, index: usize| if logits[best] < logits[index] { index } else { best };
    (0..logits.len()).reduce(first).expect("a vocabulary is not empty") as u32
}

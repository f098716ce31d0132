//! The BERT family: its shape, its published sizes, and the graph of one pass over a sequence.
//!
//! In: a [`BertShape`], or a published name.  Out: a `graph::Graph` whose external tensors carry the family's names.
//! Invariant: no file format is known here; all tokens of a sequence attend to all others, so that no mask is needed.
//! Method: `shape` says what there is, `encode` builds. The pooler and the heads of tasks are no part of it.
//! Source: Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers", 2018, section 3, with the sizes of `bert_config.json`
//! of google-research/bert (`intermediate_size`, `layer_norm_eps` 1e-12, GELU by tanh); tensor names as in GGUF.

mod encode;
mod shape;

pub use encode::encode;
pub use shape::{BertShape, Encoder};

//! Bytes of foreign model formats to graph, or a diagnostic with a position; never opens a file.
//!
//! In: a [`Source`] of byte ranges.  Out: a [`Model`]: graph of one decode step, tokenizer, shape, and weights read by range. Of a
//!     published shape by name ([`Builtin`], [`Encoder`], [`ResNet`]): its graph, without weights.
//! Invariant: everything is validated before it is allocated or believed; a hostile file gives an [`ImportError`], never a panic.
//! Method: one folder per format (`gguf`), one per model family (`llama`, `bert`, `resnet`), the tokenizer apart from both.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod bert;
pub mod blocks;
pub mod builtin;
pub mod error;
pub mod gguf;
pub mod llama;
mod model;
pub mod resnet;
pub mod source;
pub mod tokenizer;

pub use bert::{BertShape, Encoder};
pub use builtin::{Builtin, UnknownModel};
pub use error::{ImportError, Kind};
pub use gguf::LoadOptions;
pub use llama::LlamaShape;
pub use model::{Model, PromptError};
pub use resnet::ResNet;
pub use source::{Source, SourceError};
pub use tokenizer::{EncodeError, TextStream, Tokenizer};

//! GGUF files, versions 2 and 3, little-endian.
//!
//! In: a source of byte ranges.  Out: a [`Header`]: metadata, and where each tensor lies; tensor bytes are read by range later.
//! Invariant: a `Header` describes tensors that lie whole inside the file, apart from one another, at aligned positions.
//! Method: one pass over the header (`header`), then the layout as a whole (`layout`); typed access to metadata in `keys`.
//! Source: GGUF specification in the ggml repository.

mod cursor;
mod header;
mod keys;
mod layout;
mod types;
mod value;
mod vocabulary;

#[cfg(test)]
mod hostile_test;
#[cfg(test)]
pub(crate) mod writer;

pub use header::{Entry, Header, Tensor};
pub use types::TensorType;
pub use value::{Number, NumberList, TextList, Value};
pub use vocabulary::tokenizer;

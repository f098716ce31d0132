//! GGUF files, versions 2 and 3, little-endian.
//!
//! In: a source of byte ranges.  Out: a [`Model`](crate::Model); on the way a [`Header`]: metadata, and where each tensor lies.
//! Invariant: a `Header` describes tensors that lie whole inside the file, apart from one another, at aligned positions.
//! Method: one pass over the header (`header`), then the layout as a whole (`layout`); typed access to metadata in `keys`; then
//! `vocabulary`, `llama` and `load` read what it means, and `weights` reads tensors by range.
//! Source: GGUF specification in the ggml repository.

mod cursor;
mod header;
mod keys;
mod layout;
mod llama;
mod load;
mod types;
mod value;
mod vocabulary;
mod weights;

#[cfg(test)]
mod hostile_test;
#[cfg(test)]
mod load_test;
#[cfg(test)]
pub(crate) mod writer;

pub use header::{Entry, Header, Tensor};
pub use load::{LoadOptions, load};
pub use types::TensorType;
pub use value::{Number, NumberList, TextList, Value};
pub use vocabulary::tokenizer;
pub use weights::Weights;

//! The Llama family: its shape, the tensors it needs, and the graph of one decode step.
//!
//! In: a [`LlamaShape`], from whichever format.  Out: a `graph::Graph` whose external tensors carry the family's names.
//! Invariant: no file format is known here; a shape that exists is one for which the graph can be built.
//! Method: `shape` and `tensors` say what must be there, `decode_step` builds, `rotary` makes the angles.
//! Source: Touvron et al., "Llama 2: Open Foundation and Fine-Tuned Chat Models", 2023, section 2.2; tensor names as in GGUF.

mod decode_step;
#[cfg(test)]
mod decode_step_test;
mod double;
mod experts;
mod rotary;
mod shape;
pub mod tensors;

pub use decode_step::{decode_step, decode_step_of_experts};
#[cfg(test)]
pub(crate) use decode_step_test::small;
pub use experts::Experts;
pub use shape::{Field, Head, LlamaShape, ShapeError};

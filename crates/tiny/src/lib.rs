//! Makes the page's default model, `tiny`, from nothing but a seed.
//!
//! In: a seed and a number of steps.  Out: a GGUF file of at most 400 kB, and figures that say how good it is.
//! Invariant: the same seed and steps give the same bytes, on one thread or two, with or without wide vectors.
//! Method: grammar -> stories -> tokenizer -> training -> Q4_0 blocks -> file -> gate; one module per arrow.
//! Source: the transformer is Llama's (Touvron et al. 2023) with grouped queries and a tied head; the stories are ours.

pub mod adamw;
pub mod attention;
pub mod batch;
pub mod bpe;
pub mod corpus;
pub mod decode;
pub mod gate;
pub mod gemm;
pub mod gguf;
pub mod grammar;
pub mod math;
pub mod model;
pub mod norm;
pub mod pass;
pub mod q4;
pub mod random;
pub mod read;
pub mod train;

//! The simulator against programs written by hand: values, cycles, violations, pictures, and input that is no program at all.
//!
//! In: `programs`, assembled by `assembler`, whose expected words and cycles stand in the tests.
//! Invariant: expected values are computed here by plain loops, never by the crate under test.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod assembler;
mod closures;
mod control;
mod latencies;
mod links;
mod moments;
mod planned;
mod programs;
mod random;
mod robustness;
mod values;
mod violations;

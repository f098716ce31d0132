//! The rival held against published figures, against itself, and against its own statements.
//!
//! In: built-in shapes and cases.  Out: failures with the numbers they failed on.
//! Method: one module per claim.

mod common;
mod determinism;
mod events;
mod gates;
mod inside;
mod load;
mod published;
mod recipe;
mod refusals;
mod sharing;
mod signs;

//! The rules that need no time: what can be read off the program as it lies there.
//!
//! In: chip and program.  Out: violations of rules 1, 5 (residencies), 8 (cycles, names), 9, 10 (ranges),
//!     11 (whether the graph is one) and 13.
//! Invariant: `form` runs first; nothing else may rely on a program in which it found a fault.
//! Method: one file per rule; the rules that need time are the symbolic machine's.

pub(crate) mod chip;
pub(crate) mod control;
pub(crate) mod form;
pub(crate) mod graph;
pub(crate) mod image;
pub(crate) mod label;
pub(crate) mod operand;
pub(crate) mod storage;
pub(crate) mod witness;

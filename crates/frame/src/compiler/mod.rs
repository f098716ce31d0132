//! The compiler's view: the model, the ten operations, the instructions, and what links them.
//!
//! In: a timeline, the imported and the lowered graph, a cursor, a selection; for the facts a session.  Out: a scene of three columns; the
//!     funnel, the bounds, and why the chosen instruction is where it is.
//! Invariant: counts are counts of the graphs and of the program that was verified; what a row shows is what a click on it selects.
//! Method: one cursor: the stage is the one that runs, the part the one that the selected instruction or the cycle belongs to. An
//!     operation and an instruction are linked when they are of one part and the operation is carried out by the instruction's unit.

mod draw;
mod facts;
mod rows;

pub use draw::{compiler, pick_compiler};
pub use facts::{Chosen, CompilerFacts, Funneled, compiler_facts};
pub use rows::Made;

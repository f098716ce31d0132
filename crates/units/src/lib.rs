//! Physical quantities, typed ids and spans, used by every other crate.
//!
//! In: bare integers at the border.  Out: types that cannot be mixed up.
//! Invariant: an instant and a duration never add to an instant by accident; no domain words live here.
//! Method: newtypes with only the operators that mean something.

mod arena;
mod book;
pub mod formula;
mod order;
pub mod parallel;
mod quantity;
mod rng;
mod span;
mod standing;
mod steps;
mod text;

pub use arena::{Arena, Id};
pub use book::{Book, BookError, is_rounding_of};
pub use formula::{EvaluationError, Formula, FormulaError};
pub use order::{Order, gathered};
pub use quantity::{Bytes, Cycle, Cycles, Hertz};
pub use rng::Rng;
pub use span::Span;
pub use standing::{Constant, Evidence, Standing};
pub use steps::Steps;
pub use text::{Language, Text, spaced};

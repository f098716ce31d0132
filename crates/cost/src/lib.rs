//! Joules and dollars per token from use; a calculator with every input visible.
//!
//! In: hardware as roles, use as amounts, edits of a viewer.  Out: bills, sensitivities, frontiers, plans, claims.
//! Invariant: the calculators do not know whose bill they write; names of machines stand in data: `inputs`, `presets`, `claims`, `what_if`.
//! Method: a number is a formula over inputs that carry their evidence, so each can be opened down to what it rests on.

mod bill;
mod break_even;
pub mod claims;
mod dollars;
mod frontier;
mod hardware;
mod inputs;
mod joules;
pub mod presets;
mod refusal;
pub mod scenario;
mod sensitivity;
mod sheet;
pub mod what_if;

pub use bill::{Bill, BillError, Row, Share, open};
pub use break_even::{BreakEven, break_even};
pub use dollars::{owned, rented};
pub use frontier::{Load, Point, RateCurve, Reading, fit, frontier, needed, users_most};
pub use hardware::{Hardware, Use};
pub use inputs::{book, inputs};
pub use joules::{joules, power};
pub use refusal::{Bounds, Kind, Refusal};
pub use sensitivity::{Bar, QuestionError, tornado};
pub use sheet::{Amount, Input, Sheet, Supplier};
pub use units::Text;

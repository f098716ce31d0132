//! The list of theorems: every violation, or the verified program.
//!
//! In: a chip and a program, neither trusted.  Out: `Verified`, or every violation with rule, place, cycle, expected, found.

mod chinese;
mod english;
mod fault;
mod verified;
mod violation;
mod wording;

pub use fault::Fault;
pub use verified::{Broken, Extent, Harmless, Rejected, Verified, check, violations};
pub use violation::{Lang, Place, Report, Rule, Violation};

use arch::Chip;
use program::Program;

/// Judges, and counts on the way.
fn judge(_chip: &Chip, _program: &Program) -> (Report, Extent) {
    (Report::default(), Extent::default())
}

//! Rule 1, the machine: whether this chip can be judged at all.
//!
//! In: a chip.  Out: the first thing about it that cannot be, or that the symbolic machine cannot reason about.
//! Invariant: on an accepted chip no place or delay overflows, and the stream registers need at most 1023 diagonals.
//! Method: arch's own check, which the compiler asks too.

use crate::Fault;
use arch::Chip;

/// The reason why `chip` cannot be judged, if there is one.
pub(crate) fn check(chip: &Chip) -> Option<Fault> {
    let error = chip.check().err()?;
    Some(Fault::ImpossibleChip { field: error.field.to_owned(), expected: error.expected, found: error.found })
}

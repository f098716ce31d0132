//! What must be true of one input for a bill to come to a given total.
//!
//! In: a sheet, a bill, the input and the total asked for.  Out: its value, or how near its accepted values come.
//! Invariant: the answer, put back into the sheet, gives the total asked for; of years, the first whole number that is past it.
//! Method: bisection on the accepted values, by ratios; a bill rises or falls with each of its inputs, so one answer is all.

use crate::bill::{Bill, BillError};
use crate::{QuestionError, Sheet, refusal};
use serde::{Deserialize, Serialize};

/// Halvings of the interval; a ratio of 10^9 is down to one bit of a number after some 90.
const HALVINGS: usize = 200;

/// Unit of inputs that are whole numbers.
const YEARS: &str = "years";

/// What must be true.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum BreakEven {
    /// The input must have this value.
    At(f64),
    /// No accepted value of the input gives the total.
    Never {
        /// Total at the least accepted value.
        at_least: f64,
        /// Total at the greatest accepted value.
        at_most: f64,
    },
}

/// The value of input `id` at which `write` comes to `target`.
///
/// Errors: the id is unknown, or the bill cannot be written at some accepted value.
pub fn break_even(
    sheet: &Sheet<'_>,
    id: &str,
    target: f64,
    write: &dyn Fn(&Sheet<'_>) -> Result<Bill, BillError>,
) -> Result<BreakEven, QuestionError> {
    let bounds = sheet.bounds(id).ok_or_else(|| refusal::unknown(id))?;
    let total = |value: f64| -> Result<f64, QuestionError> {
        let mut changed = sheet.clone();
        changed.edit_within(id, value);
        Ok(write(&changed)?.total)
    };
    let (mut low, mut high) = (bounds.least, bounds.most);
    let (at_least, at_most) = (total(low)?, total(high)?);
    let rises = at_least < at_most;
    let is_between = at_least.min(at_most) <= target && target <= at_least.max(at_most);
    if !is_between {
        return Ok(BreakEven::Never { at_least, at_most });
    }
    // A bill grows with the power of its years, of which there are whole numbers only.
    let is_whole = sheet.input(id)?.unit == YEARS;
    for _ in 0..HALVINGS {
        let middle = if 0.0 < low { (low * high).sqrt() } else { (low + high) / 2.0 };
        let middle = if is_whole { middle.floor() } else { middle };
        if is_whole && middle <= low {
            break;
        }
        if (total(middle)? < target) == rises {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(BreakEven::At(high))
}

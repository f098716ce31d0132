//! The printed tables of joules, dollars and seconds, computed again from their inputs.
//!
//! In: facts/gpu_and_economics.md sections 3, 4 and 5 as printed.  Out: agreement to the printed digits, or both numbers.
//! Invariant: nothing is tuned; an entry that its printed inputs do not give stands in a list with what they do give.
//! Method: an input that is printed rounded stands for every number that prints so; an entry is reproduced if one of them gives it.

mod break_even;
mod dollars;
mod joules;
mod scenarios;

use cost::{Amount, Hardware, Sheet, Use};
use units::{Book, Standing};

/// An amount of a printed table.
pub fn printed(value: f64) -> Amount {
    Amount::exactly(value, "", Standing::Derived, "as printed in the table")
}

/// A use of which only what the caller changes is not nothing.
pub fn usage(tokens_per_second: f64) -> Use {
    Use {
        tokens_per_second: printed(tokens_per_second),
        batch: printed(1.0),
        weight_gb: printed(0.0),
        stored_gb: printed(0.0),
        kv_bytes: printed(0.0),
        context: printed(1024.0),
        macs_g: printed(0.0),
        link_bits: printed(0.0),
    }
}

/// A sheet with `hardware` used as `usage` says.
pub fn sheet<'b>(book: &'b Book, hardware: &Hardware, usage: &Use) -> Sheet<'b> {
    let mut sheet = Sheet::new(book);
    hardware.put_on(usage, &mut sheet);
    sheet
}

/// `value` as it is printed with `decimals`.
pub fn digits(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}")
}

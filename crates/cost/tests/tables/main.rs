//! The printed tables of joules, dollars and seconds, computed again from their inputs.
//!
//! In: facts/gpu_and_economics.md sections 3, 4 and 5 as printed.  Out: agreement to the printed digits, or both numbers.
//! Invariant: nothing is tuned; an entry that its printed inputs do not give stands in a list with what they do give.
//! Method: an input that is printed rounded stands for every number that prints so; an entry is reproduced if one of them gives it.
//!
//! What cannot be reproduced, and why:
//! - Section 3, H100 TP4 b8 and b64, A100 TP4 b64: their rates are not printed; the rates that the totals imply are (82, 50, 20).
//! - Section 3, LPU with 16 and 80 users, and Mixtral: printed 15.5, 3.8, 1.2 J; the inputs give 15.3, 3.6, 0.5.
//! - Section 4, the J/tok column of the six LPU cases: 94.32 kW over the rate, where 160 kW are printed.
//!   These ten LPU totals share one work of a token, 0.906 J: 70 GB at 1.6 pJ/bit for every model, where 1.1 pJ/bit is printed.
//! - Section 4, DGX 70B batch 1: printed 84 $, its rate of 78 tokens/s gives 84.60 to 85.69; another rate was meant.
//! - Section 4, 14 -> 4 nm: rows marked recalled (bitcells, energies, wafers of 4 nm) have no inputs to compute them from.
//! - Section 5, ReAct and ToT at 13 tokens/s: printed 134 and 434 s, the inputs give 133.48 and 432.68.

mod break_even;
mod dollars;
mod joules;
mod scenarios;
mod systems;

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

/// The sheet with the power that section 4 prints, of everything at work: 160 kW for 576 LPUs, 0.65 of 10.2 kW for a DGX.
///
/// The bill writes power from what chips and hosts take for being on; here the hosts take what is left.
pub fn with_printed_power<'b>(sheet: &Sheet<'b>) -> Sheet<'b> {
    // 576 * 70 W + 72 * 1,662.2 W = 160 kW; 8 * 180 W + 2 * 2,595 W = 6.63 kW.
    let sheet = sheet.with("lpu.host_w", (160e3 - 576.0 * 70.0) / 72.0).expect("accepted");
    sheet.with("h100.host_w", (0.65 * 10.2e3 - 8.0 * 180.0) / 2.0).expect("accepted")
}

/// What every printed LPU total has beside the power for being on; J. All that print alike are 0.9000 to 0.9082.
pub const LPU_WORK: f64 = 0.906;

/// `value` as it is printed with `decimals`.
pub fn digits(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}")
}

//! Rule 1, the machine: whether this chip can be judged at all.
//!
//! In: a chip.  Out: the first thing about it that cannot be, or that the symbolic machine cannot reason about.
//! Invariant: on an accepted chip no place or delay overflows, and the stream registers need at most `DELAY_MAX` diagonals.
//! Method: arch's own check, then bounds on latencies: every result comes at least one cycle after its dispatch.

use crate::Fault;
use arch::Chip;

/// Greatest sum of delays that is judged; the published chip has 84.
const DELAY_MAX: u64 = 1023;

/// The reason why `chip` cannot be judged, if there is one.
pub(crate) fn check(chip: &Chip) -> Option<Fault> {
    if let Err(error) = chip.check() {
        let field = error.field.to_owned();
        return Some(Fault::ImpossibleChip { field, expected: error.expected, found: error.found });
    }
    let latency = &chip.latency;
    let results = [
        ("mem_read", latency.mem_read),
        ("mem_write", latency.mem_write),
        ("mem_gather", latency.mem_gather),
        ("vxm_alu", latency.vxm_alu),
        ("sxm_distribute", latency.sxm_distribute),
        ("sxm_transpose", latency.sxm_transpose),
        ("sxm_rotate", latency.sxm_rotate),
        ("sxm_permute", latency.sxm_permute),
        ("mxm_multiply", latency.mxm_multiply),
        ("mxm_accumulate", latency.mxm_accumulate),
        ("mxm_install", latency.mxm_install),
        ("link_receive", latency.link_receive),
    ];
    let impossible = |field: &str, expected: &str, found: u64| {
        Some(Fault::ImpossibleChip { field: field.to_owned(), expected: expected.to_owned(), found: found.to_string() })
    };
    if let Some((field, _)) = results.iter().find(|(_, cycles)| *cycles == 0) {
        return impossible(field, "at least 1 cycle", 0);
    }
    let ways = [latency.hop, latency.vxm_entry, latency.vxm_transit, latency.sxm_entry, latency.sxm_exit];
    let crossings = [latency.mxm_crossing, latency.mxm_entry, latency.mxm_exit];
    let all = || results.iter().map(|&(_, cycles)| cycles).chain(ways).chain(crossings).map(u64::from);
    let hops = 2 * u64::from(chip.groups()) * u64::from(latency.hop);
    let sum = hops.saturating_add(all().sum());
    (DELAY_MAX < sum).then(|| impossible("sum of latencies", "at most 1023 cycles", sum)).flatten()
}

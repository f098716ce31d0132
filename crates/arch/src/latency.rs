//! Which latencies a machine can have.
//!
//! In: the latencies of a chip and its groups.  Out: the first that cannot be, with what would be legal.
//! Invariant: on an accepted chip no place or delay overflows, every result comes at least one cycle after its dispatch, and the stream
//!     registers need at most `DELAY_MAX` diagonals. Compiler, judge and simulator ask here and have no bound of their own.
//! Method: a bound on each field, then one on the sum of those that a value meets between two units.

use crate::Latencies;

/// Greatest latency.
const LATENCY_MAX: u32 = 65_535;
/// Greatest sum of the delays on the chip; the published chip has 155.
const DELAY_MAX: u64 = 1023;

/// A field, its value, and what would be legal.
pub(crate) type Wrong = (&'static str, u64, &'static str);

/// These fields with their names.
macro_rules! named {
    ($latency:expr, $($field:ident)+) => { [$((stringify!($field), $latency.$field)),+] };
}

/// The first thing about the latencies of a chip with so many groups in each half that cannot be.
pub(crate) fn check(latency: &Latencies, groups: u8) -> Result<(), Wrong> {
    let results = named!(latency, mem_read mem_write mem_gather vxm_alu sxm_distribute sxm_transpose sxm_rotate sxm_permute
        mxm_multiply mxm_accumulate mxm_install link_receive);
    let ways = named!(latency, hop vxm_entry vxm_transit sxm_entry sxm_exit mxm_crossing mxm_entry mxm_exit);
    let apart = named!(latency, link_vector barrier config);
    let any = named!(latency, link_flight link_remainder fetch source_read_in_entry);
    let at_least_one = || results.iter().chain(&apart);
    if let Some((field, _)) = at_least_one().find(|(_, cycles)| *cycles == 0) {
        return Err((field, 0, "at least 1 cycle"));
    }
    if let Some((field, cycles)) = at_least_one().chain(&ways).chain(&any).find(|(_, cycles)| LATENCY_MAX < *cycles) {
        return Err((field, u64::from(*cycles), "at most 65535 cycles"));
    }
    let hops = 2 * u64::from(groups) * u64::from(latency.hop);
    let delays = hops + results.iter().chain(&ways).map(|(_, cycles)| u64::from(*cycles)).sum::<u64>();
    if DELAY_MAX < delays {
        return Err(("sum of latencies", delays, "at most 1023 cycles"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::Chip;
    use serde_json::Value;

    /// The published machine with this latency.
    fn with(field: &str, cycles: u32) -> Chip {
        let mut tree = serde_json::to_value(Chip::lpu_14nm()).expect("a machine is plain data");
        tree["latency"][field] = Value::from(cycles);
        serde_json::from_value(tree).expect("the field is a number")
    }

    #[test]
    fn no_latency_is_beyond_its_bound() {
        let tree = serde_json::to_value(Chip::lpu_14nm().latency).expect("latencies are plain data");
        let fields: Vec<&String> = tree.as_object().expect("latencies have fields").keys().collect();
        assert_eq!(fields.len(), 27);
        for field in fields {
            for cycles in [65_536, u32::MAX] {
                let error = with(field, cycles).check().expect_err(field);
                assert_eq!((error.field, error.found), (field.as_str(), cycles.to_string()));
                assert_eq!(error.expected, "at most 65535 cycles");
            }
        }
        with("link_flight", 65_535).check().expect("a long cable is possible");
        with("mxm_accumulate", 902).check().expect("the sum of delays is 1,023");
        let error = with("mxm_accumulate", 903).check().expect_err("that is one too many");
        assert_eq!(error.field, "sum of latencies");
        assert_eq!(
            with("sxm_permute", 0).check().expect_err("no time").to_string(),
            "chip `lpu-14nm`: sxm_permute is 0, expected at least 1 cycle"
        );
    }
}

//! What sources give as totals of several latencies, beside the sum of ours.
//!
//! In: a chip.  Out: one row per published total: its terms, which are latencies with a standing, and what the source says.
//! Invariant: a term is a field of `Latencies` or stands in the source under a name of its own; nothing is added to make a sum come out.
//! Method: sums; where a source's total is more than its terms, the row says by how much, and why nothing public decides it.
//! Source: third-party Groq API programs (facts/hardware.md 12 to 14) for the loops; Abts et al., ISCA 2020, for weights and barrier.

use crate::{Chip, Hemisphere, SliceId};

/// Slices of each half that feed both of its planes, 16 streams each.
const FEEDING: usize = 32;
/// Cycles in which 16 streams fill the 320 columns of a plane.
const LOADS: u32 = 20;
/// "Memory control latency" of the loop through the VXM: a term of the source that no instruction of this machine spends.
const CONTROL: u32 = 3;

/// A published total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// From where to where.
    pub name: &'static str,
    /// Its terms here, each with what it is.
    pub terms: Vec<(&'static str, u32)>,
    /// Cycles that the source gives.
    pub published: u32,
    /// By how many cycles the sum may fall short of them.
    pub short_max: u32,
    /// What of the difference is known, and what is not.
    pub open: &'static str,
}

impl Total {
    /// The sum of the terms.
    pub fn here(&self) -> u32 {
        self.terms.iter().map(|(_, cycles)| cycles).sum()
    }

    /// Whether the sum is what the source says, or as little less as it allows.
    pub fn is_met(&self) -> bool {
        let here = self.here();
        here <= self.published && self.published - here <= self.short_max
    }
}

/// Slices of a half that hold data, the farthest from the VXM first: the nearest to the MXM.
pub fn feeding(chip: &Chip, hemisphere: Hemisphere) -> Vec<SliceId> {
    let slices = (0..chip.slices).rev().map(|number| SliceId { hemisphere, number });
    slices.filter(|slice| !chip.is_reserved(*slice)).take(FEEDING).collect()
}

/// Every total that a source gives.
pub fn totals(chip: &Chip) -> Vec<Total> {
    let mut totals = ways(chip).to_vec();
    totals.extend(rounds(chip));
    totals
}

fn total(
    name: &'static str,
    terms: &[(&'static str, u32)],
    (published, short_max): (u32, u32),
    open: &'static str,
) -> Total {
    Total { name, terms: terms.to_vec(), published, short_max, open }
}

/// Ways from one unit to another, each given to the cycle.
fn ways(chip: &Chip) -> [Total; 3] {
    let l = &chip.latency;
    let across = ("hops across a half", u32::from(chip.groups()) * l.hop);
    let product = [
        ("hop", l.hop),
        ("mxm_crossing", l.mxm_crossing),
        ("mxm_entry", l.mxm_entry),
        ("mxm_multiply", l.mxm_multiply),
        ("mxm_accumulate", l.mxm_accumulate),
        ("mxm_exit", l.mxm_exit),
        across,
        ("vxm_entry", l.vxm_entry),
    ];
    let gathered = [
        ("sxm_transpose", l.sxm_transpose),
        ("sxm_exit", l.sxm_exit),
        ("mem_gather", l.mem_gather),
        ("sxm_entry", l.sxm_entry),
        ("sxm_distribute", l.sxm_distribute),
    ];
    let far = [
        ("sxm_transpose", l.sxm_transpose),
        ("sxm_exit", l.sxm_exit),
        across,
        ("vxm_entry", l.vxm_entry),
        ("source_read_in_entry", l.source_read_in_entry),
        ("three times vxm_alu", 3 * l.vxm_alu),
        across,
        ("sxm_entry", l.sxm_entry),
        ("sxm_distribute", l.sxm_distribute),
    ];
    [
        total(
            "an activation on its stream at slice 43, through an int8 product, to the input of an ALU",
            &product,
            (76, 0),
            "nothing",
        ),
        total(
            "a transposer, through a gather, to the end of a distribute; hops left out",
            &gathered,
            (15, 0),
            "nothing",
        ),
        total(
            "a transposer, through three ALUs, to the end of a distribute of the other half",
            &far,
            (50, 0),
            "one cycle: the source counts a read in the entry, although nothing is read on this way",
        ),
    ]
}

/// What takes place again and again, or once for all.
fn rounds(chip: &Chip) -> [Total; 3] {
    let l = &chip.latency;
    let back = [
        ("mem_read", l.mem_read),
        ("vxm_entry", l.vxm_entry),
        ("twice vxm_alu", 2 * l.vxm_alu),
        ("mem_write", l.mem_write),
        ("memory control latency, the source's own term", CONTROL),
    ];
    let far = Hemisphere::BOTH.map(|half| feeding(chip, half).last().map_or(0, |slice| slice.number));
    let nearest = far.into_iter().min().unwrap_or(0) / chip.slices_per_group;
    let to_edge = u32::from(chip.groups().saturating_sub(nearest)) * l.hop;
    let loaded =
        [("mem_read", l.mem_read), ("hops to the edge", to_edge), ("mxm_crossing", l.mxm_crossing), ("loads", LOADS)];
    [
        total(
            "a read, two ALUs, a write, and the next read of the word",
            &back,
            (18, 4),
            "three cycles: the source gives 15 and its own term for the loop and no terms for the 15; ours are 12. Between which two of its \
             instructions the rest lies is not public, so the machine closes the loop in 12",
        ),
        total(
            "409,600 weights from memory into all four planes; published as less than 40",
            &loaded,
            (39, 0),
            "the figure itself: it is quoted from memory of ISCA 2020, which was not read for this",
        ),
        total(
            "a Notify, to the retirement of every Sync",
            &[("barrier", l.barrier)],
            (35, 0),
            "the figure itself: it is quoted from memory of ISCA 2020, which was not read for this",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_total_is_met_and_one_cycle_in_any_term_is_noticed() {
        let chip = Chip::lpu_14nm();
        let here: Vec<u32> = totals(&chip).iter().map(Total::here).collect();
        assert_eq!(here, [76, 15, 50, 15, 39, 35]);
        assert!(totals(&chip).iter().all(Total::is_met));
        for (place, total) in totals(&chip).into_iter().enumerate() {
            let longer = Total { terms: [total.terms.clone(), vec![("more", total.short_max + 1)]].concat(), ..total };
            assert!(!longer.is_met(), "total {place}");
        }
        let mut slow = chip.clone();
        slow.latency.vxm_alu += 3;
        let missed: Vec<bool> = totals(&slow).iter().map(Total::is_met).collect();
        assert_eq!(missed, [true, true, false, false, true, true]);
    }
}

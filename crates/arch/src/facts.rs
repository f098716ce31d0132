//! The standing of every constant of the machine.
//!
//! In: a chip.  Out: one row per constant with value, unit, standing and source, and one per simplification of the machine.
//! Invariant: no constant of `Chip` without a row, no row of neither kind (a test reads the names off the serialised chip).
//! Source: the rows. "API programs" are third-party Groq API programs for real chips, read for facts/hardware.md 12-15.

use crate::Chip;
use serde::{Deserialize, Serialize};
use units::Standing;

/// One constant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Field of `Chip`, or of what the machine simplifies.
    pub name: &'static str,
    /// Value on this chip.
    pub value: String,
    /// Unit of the value.
    pub unit: &'static str,
    /// How well it is known.
    pub standing: Standing,
    /// Where it comes from, or why it was chosen.
    pub source: &'static str,
}

/// Every constant of `chip` with its standing, then what this machine allows where the real one is known to be narrower.
pub fn facts(chip: &Chip) -> Vec<Fact> {
    let mut rows = capacities(chip);
    rows.extend(vector_unit(chip));
    rows.extend(latencies(chip));
    rows.extend(links(chip));
    rows.extend(control(chip));
    rows.extend(simplifications());
    let published = Chip::lpu_14nm();
    if *chip != published {
        let known = facts(&published);
        for (row, known) in rows.iter_mut().zip(known).filter(|(row, known)| row.value != known.value) {
            assert_eq!(row.name, known.name, "the rows of every machine stand in one order");
            (row.standing, row.source) = (Standing::Assumed, WHAT_IF);
        }
    }
    rows
}

/// Where a value comes from that the published machine does not have.
const WHAT_IF: &str = "the machine's own file; the published machine has another value";

const API: &str = "Groq API programs by G. Morse (ELTE, 2022): constants that made his static schedules legal";
const ISCA20: &str = "Abts et al., ISCA 2020";

fn row(name: &'static str, value: impl ToString, unit: &'static str, standing: Standing, source: &'static str) -> Fact {
    Fact { name, value: value.to_string(), unit, standing, source }
}

fn capacities(chip: &Chip) -> Vec<Fact> {
    use Standing::{Assumed, Measured, Published};
    let reserved: Vec<String> = chip.slices_reserved.iter().map(ToString::to_string).collect();
    vec![
        row("clock", chip.clock.0, "Hz", Published, "Abts et al., ISCA 2020; groqflow's 900 MHz"),
        row("superlanes", chip.superlanes, "", Published, "TechSpot, 2020; Linley MPR, 2020"),
        row("lanes_per_superlane", chip.lanes_per_superlane, "B", Published, ISCA20),
        row("streams", chip.streams, "per direction", Published, "Groq patents; ISCA 2020"),
        row("slices", chip.slices, "per hemisphere", Published, "TechSpot, 2020 (44 MEM queues a side)"),
        row("slices_per_group", chip.slices_per_group, "slices per hop", Measured, API),
        row("words", chip.words, "words of 320 B", Published, "ISCA 2020; 220 MiB of ISCA 2022 closes exactly"),
        row("banks", chip.banks, "per slice", Published, ISCA20),
        row("planes", chip.planes, "per hemisphere", Published, "ISCA 2020 (4 x 320 x 320)"),
        row(
            "accumulators",
            chip.accumulators,
            "per plane",
            Assumed,
            "K blocks accumulate inside the plane; no depth is public",
        ),
        row("distributors", chip.distributors, "per hemisphere", Measured, API),
        row("transposers", chip.transposers, "per hemisphere, beside one permuter", Measured, API),
        row(
            "links",
            chip.links,
            "per hemisphere",
            Published,
            "Linley MPR, 2020 (16 links); 11 are used, 7 of them in a node",
        ),
        row(
            "slices_reserved",
            reserved.join(" "),
            "slices",
            Measured,
            "author's comment in API programs; groqflow lists the same",
        ),
        row("instruction_bytes", chip.instruction_bytes, "B", Assumed, "144 queues x 16 B is the published fetch rate"),
        row("fetch_bytes", chip.fetch_bytes, "B per fetch", Published, "ISCA 2020: two 320-byte vectors, one Ifetch"),
        row(
            "queue_instructions",
            chip.queue_instructions,
            "instructions",
            Assumed,
            "what two fetches bring, so that one can come while the other is used; no depth is public",
        ),
        row(
            "clock_period",
            chip.clock_period,
            "cycles",
            Published,
            "ISCA 2022: period of the hardware aligned counter",
        ),
        row("clock_ppm", chip.clock_ppm, "ppm", Assumed, "a common tolerance of crystals; no figure is public"),
    ]
}

fn vector_unit(chip: &Chip) -> [Fact; 4] {
    use Standing::{Assumed, Measured, Published};
    let large: Vec<String> = chip.alus_large.iter().map(ToString::to_string).collect();
    [
        row("alus", chip.alus, "per lane", Published, "TechSpot, 2020; TechPowerUp, 2024 (5,120)"),
        row(
            "alus_large",
            large.join(" "),
            "ids",
            Assumed,
            "the ids are in API programs; that only these do exp, tanh, rsqrt is assumed",
        ),
        row(
            "alu_columns",
            chip.alu_columns,
            "ALUs in a row",
            Measured,
            "API programs: ALU a stands in row a div 4, column a mod 4; streams from the east meet the columns in reverse",
        ),
        row(
            "alu_window",
            chip.alu_window,
            "groups of 4 streams that a row reaches",
            Measured,
            "API programs: row r reads and writes groups 2r to 2r + 3 (mod 8) of either direction, never one group from both sides",
        ),
    ]
}

fn latencies(chip: &Chip) -> Vec<Fact> {
    use Standing::{Assumed, Derived, Measured};
    let latency = &chip.latency;
    vec![
        row("mem_read", latency.mem_read, "cycles", Measured, API),
        row("mem_write", latency.mem_write, "cycles", Assumed, "the next cycle; no source"),
        row("mem_gather", latency.mem_gather, "cycles", Measured, API),
        row("hop", latency.hop, "cycles", Measured, API),
        row("vxm_entry", latency.vxm_entry, "cycles", Measured, API),
        row("vxm_alu", latency.vxm_alu, "cycles", Measured, API),
        row("vxm_transit", latency.vxm_transit, "cycles", Assumed, "as long as the entry; no source"),
        row("sxm_entry", latency.sxm_entry, "cycles", Measured, API),
        row("sxm_exit", latency.sxm_exit, "cycles", Measured, API),
        row("sxm_distribute", latency.sxm_distribute, "cycles", Measured, API),
        row(
            "sxm_transpose",
            latency.sxm_transpose,
            "cycles",
            Measured,
            "API programs; two published totals hold it too",
        ),
        row(
            "sxm_rotate",
            latency.sxm_rotate,
            "cycles",
            Assumed,
            "as a transpose, in whose queue it is issued; no source",
        ),
        row(
            "sxm_permute",
            latency.sxm_permute,
            "cycles",
            Measured,
            "API programs: a shift south by 160 lanes takes 36; that every permutation takes as long is assumed",
        ),
        row(
            "mxm_crossing",
            latency.mxm_crossing,
            "cycles",
            Derived,
            "in and out of the SXM, 4 + 4; the source counts 9 with the last hop",
        ),
        row("mxm_entry", latency.mxm_entry, "cycles", Measured, API),
        row("mxm_multiply", latency.mxm_multiply, "cycles", Measured, API),
        row("mxm_accumulate", latency.mxm_accumulate, "cycles", Measured, API),
        row("mxm_exit", latency.mxm_exit, "cycles", Derived, "IO crossing 4; closes the source's total of 76"),
        row("mxm_install", latency.mxm_install, "cycles", Measured, API),
        row(
            "source_read_in_entry",
            latency.source_read_in_entry,
            "cycles",
            Measured,
            "API programs count 5 where 4 is the entry: the read is in it; no instruction uses it yet, one published total does",
        ),
    ]
}

fn control(chip: &Chip) -> [Fact; 3] {
    use Standing::Assumed;
    let latency = &chip.latency;
    [
        row(
            "barrier",
            latency.barrier,
            "cycles",
            Assumed,
            "Notify to the retirement of every Sync, chip-wide; quoted from memory of ISCA 2020, which was not read for this",
        ),
        row(
            "fetch",
            latency.fetch,
            "cycles",
            Assumed,
            "two words read (2) and the farthest way from a slice to a queue: 22 hops, the VXM (4), the SXM (4); no source",
        ),
        row("config", latency.config, "cycle", Assumed, "the next cycle; no source"),
    ]
}

fn links(chip: &Chip) -> [Fact; 4] {
    use Standing::{Assumed, Derived};
    let latency = &chip.latency;
    [
        row(
            "link_vector",
            latency.link_vector,
            "cycles",
            Derived,
            "320 B + 8 B of frame at 4 x 25 Gb/s of data: 26.2 ns, 24 cycles at 900 MHz",
        ),
        row(
            "link_flight",
            latency.link_flight,
            "cycles",
            Assumed,
            "quoted from memory of the link characterisation table of Abts et al., ISCA 2022, which was not read for this",
        ),
        row(
            "link_remainder",
            latency.link_remainder,
            "cycles",
            Assumed,
            "closes 522 cycles (580 ns) from SRAM to SRAM, between the 540 ns that 5 hops in 3 us allow and 600 ns; what is in it \
             (framing, correction, clock crossing) is not public",
        ),
        row("link_receive", latency.link_receive, "cycle", Assumed, "as a read; no source"),
    ]
}

fn simplifications() -> [Fact; 7] {
    let permute_maps = row(
        "permute_maps",
        "any number",
        "maps held by the permuters",
        Standing::Assumed,
        "API programs request permutations one by one; how many a permuter holds, and how long it takes to get one, is not public: here \
         all of them are there before the token",
    );
    let vxm_wiring = row(
        "vxm_wiring",
        "not counted",
        "stream cells between the columns of ALUs",
        Standing::Assumed,
        "a result goes to the next ALU on some stream group of its row; which values pass a column side by side is not counted, an ALU \
         takes its 3 cycles in whichever column it stands, two results may come to it in one group from both sides, and a running fold takes its own result: nothing public says how long a \
         stream takes from column to column, nor how an ALU keeps a sum",
    );
    let fetched_bytes = row(
        "fetched_bytes",
        "counted",
        "instructions in reserved slices",
        Standing::Assumed,
        "a Fetch takes the port of a reserved slice for two cycles and brings 40 instructions of its queue; where in those slices the \
         encoded bytes lie is not laid out. A queue without a Fetch is kept full by the system at the average rate",
    );
    let clock_alignment = row(
        "clock_alignment",
        "between tokens, not counted",
        "when the clocks of several chips are aligned",
        Standing::Assumed,
        "the sources name a Deskew, not when programs issue one. Compiled programs have none: all chips begin a token in the same cycle, as the \
         host that launches it lets them, and are taken to run alike to its end. Such a program with a Deskew at the end of every token is \
         judged and run in the tests: it computes the same, and takes as many cycles more as the clocks may have come apart in a token, and a \
         barrier, and one. One at every boundary of instances would wait there for vectors under way as well",
    );
    let [install_source, mxm_types, vxm_types] = formats();
    [permute_maps, vxm_wiring, fetched_bytes, clock_alignment, install_source, mxm_types, vxm_types]
}

/// Ways and number formats that the sources name and do not describe.
fn formats() -> [Fact; 3] {
    let install_source = row(
        "install_source",
        "buffer",
        "where an Install takes its weights from",
        Standing::Assumed,
        "ISCA 2020 lists IW from the buffer or from streams; how many streams it would take, in which order columns would come and \
         whether the array would compute meanwhile is not public. Here all weights go through the buffer: a tile needs its 20 cycles of \
         16 streams either way, and the way around the buffer could save no more than the install itself",
    );
    let mxm_types = row(
        "mxm_types",
        "int8, fp16",
        "types of activations and weights",
        Standing::Assumed,
        "int8, uint8 and fp16 are public; whether activations, weights or both may be uint8 is not. Here an unsigned byte is a signed \
         one after 128 was taken off, and 128 times the sum of its column is added to the product",
    );
    let vxm_types = row(
        "vxm_types",
        "int8, int16, int32, fp16, fp32",
        "types of arithmetic in the ALUs",
        Standing::Assumed,
        "ISCA 2020 lists these types and the kinds of operation, not which has which: here sums, products and comparisons have all five, \
         saturating forms and shifts the integers, exp, tanh and rsqrt fp32 alone; masks and bits any type, uint8 among them. That \
         fp16 stops at 65504 is assumed too",
    );
    [install_source, mxm_types, vxm_types]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(value: &impl Serialize) -> Vec<String> {
        let value = serde_json::to_value(value).expect("plain data");
        value.as_object().expect("a struct").keys().cloned().collect()
    }

    #[test]
    fn what_if_values_are_assumed_and_the_others_keep_their_standing() {
        let mut chip = Chip::lpu_14nm();
        chip.latency.hop = 2;
        let changed: Vec<Fact> = facts(&chip).into_iter().filter(|fact| fact.source == WHAT_IF).collect();
        assert_eq!(changed.len(), 1);
        assert_eq!((changed[0].name, changed[0].standing), ("hop", Standing::Assumed));
    }

    #[test]
    fn no_constant_without_a_standing_and_no_standing_without_a_constant() {
        let chip = Chip::lpu_14nm();
        let mut constants = names(&chip);
        constants.retain(|field| field != "name" && field != "latency");
        constants.extend(names(&chip.latency));
        constants.extend(simplifications().map(|fact| fact.name.to_owned()));
        constants.sort();
        let mut stated: Vec<String> = facts(&chip).iter().map(|fact| fact.name.to_owned()).collect();
        stated.sort();
        assert_eq!(stated, constants);
        assert!(facts(&chip).iter().all(|fact| !fact.value.is_empty() && !fact.source.is_empty()));
    }
}

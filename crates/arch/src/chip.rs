//! The chip: counts, capacities and latencies.
//!
//! In: nothing.  Out: `Chip::lpu_14nm()` and whatever an editor makes of it.
//! Invariant: `check` refuses impossible machines; relations between constants of the published chip hold at compile time.
//! Source: facts.rs, constant by constant.

use crate::mesh::{ALUS_MAX, GROUP_STREAMS};
use crate::{Hemisphere, Mesh, latency};
use serde::{Deserialize, Serialize};
use units::{Bytes, Cycles, Hertz};

/// One memory slice: its hemisphere and its number, 0 beside the VXM to 43 beside the SXM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SliceId {
    /// West or east half.
    pub hemisphere: Hemisphere,
    /// Distance from the VXM in slices.
    pub number: u8,
}

impl std::fmt::Display for SliceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.hemisphere.letter(), self.number)
    }
}

/// Latencies in cycles, all from superlane 0 to superlane 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latencies {
    /// Dispatch of a Read to its word on the stream.
    pub mem_read: u32,
    /// Dispatch of a Write to the first cycle in which a Read of the word may be dispatched.
    pub mem_write: u32,
    /// Dispatch of a Gather (when it samples its map) to its word on the stream.
    pub mem_gather: u32,
    /// One stream register step, from a group of four slices to the next.
    pub hop: u32,
    /// A value on the stream at the VXM to the input of its first ALU.
    pub vxm_entry: u32,
    /// One ALU operation.
    pub vxm_alu: u32,
    /// A value that crosses the VXM unconsumed.
    pub vxm_transit: u32,
    /// Boundary of the memory to the SXM, outward.
    pub sxm_entry: u32,
    /// SXM to the boundary of the memory, inward.
    pub sxm_exit: u32,
    /// Distribute.
    pub sxm_distribute: u32,
    /// Transpose of 16 x 16 bytes in every superlane.
    pub sxm_transpose: u32,
    /// Rotate of three or four streams.
    pub sxm_rotate: u32,
    /// Permute and Shift over all 320 lanes.
    pub sxm_permute: u32,
    /// Boundary of the memory, across the SXM, to the MXM.
    pub mxm_crossing: u32,
    /// Activation entry into the MXM.
    pub mxm_entry: u32,
    /// Multiplication.
    pub mxm_multiply: u32,
    /// Accumulation over the superlanes.
    pub mxm_accumulate: u32,
    /// MXM result port back to the boundary of the memory.
    pub mxm_exit: u32,
    /// Weight buffer to array.
    pub mxm_install: u32,
    /// One vector onto a link, bit after bit: the least distance of two Sends on one link.
    pub link_vector: u32,
    /// A link from end to end.
    pub link_flight: u32,
    /// What the way from chip to chip takes beyond its itemised parts.
    pub link_remainder: u32,
    /// Dispatch of a Receive to its vector on the stream.
    pub link_receive: u32,
    /// Dispatch of a Notify to the cycle in which every queue that is parked on a Sync goes on.
    pub barrier: u32,
    /// Dispatch of a Fetch to the first cycle in which what it brought may be issued.
    pub fetch: u32,
    /// Dispatch of a Config to the first cycle in which its queue may issue again.
    pub config: u32,
    /// The one cycle by which the source's own total of 50 exceeds its terms (it counts the read in the VXM entry).
    pub source_read_in_entry: u32,
}

impl Latencies {
    /// Activation sampled by the MXM to the dispatch of the Accumulate that takes its product.
    pub fn mxm_product(&self) -> Cycles {
        Cycles(u64::from(self.mxm_entry + self.mxm_multiply))
    }

    /// Dispatch of a Send to the dispatch of the Receive that takes its vector.
    pub fn link_crossing(&self) -> Cycles {
        Cycles(u64::from(self.link_vector) + u64::from(self.link_flight) + u64::from(self.link_remainder))
    }
}

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chip {
    /// Name shown and stored in program files.
    pub name: String,
    /// Clock rate.
    pub clock: Hertz,
    /// Rows of tiles; an instruction climbs one per cycle.
    pub superlanes: u32,
    /// Bytes per superlane of a stream.
    pub lanes_per_superlane: u32,
    /// Streams per direction.
    pub streams: u8,
    /// Memory slices per hemisphere.
    pub slices: u8,
    /// Memory slices that share one stream register.
    pub slices_per_group: u8,
    /// Words of 320 bytes per slice.
    pub words: u16,
    /// Banks per slice; a read and a write in one cycle need different ones.
    pub banks: u16,
    /// MXM planes per hemisphere.
    pub planes: u8,
    /// Accumulators per MXM plane, each one result vector deep.
    pub accumulators: u16,
    /// ALUs of the VXM per lane.
    pub alus: u8,
    /// ALUs that can do exp, tanh and rsqrt, by number.
    pub alus_large: Vec<u8>,
    /// ALUs of a row of the mesh, which stand side by side from west to east.
    pub alu_columns: u8,
    /// Groups of four streams that a row of ALUs reaches in either direction; all 8 make the mesh a crossbar.
    pub alu_window: u8,
    /// Distributors of each SXM.
    pub distributors: u8,
    /// Transposers of each SXM; it has one permuter.
    pub transposers: u8,
    /// Links to other chips of each half.
    pub links: u8,
    /// Slices that hold instructions and no data.
    pub slices_reserved: Vec<SliceId>,
    /// Bytes of one encoded instruction.
    pub instruction_bytes: u32,
    /// Bytes that one Fetch brings.
    pub fetch_bytes: u32,
    /// Instructions that a queue holds.
    pub queue_instructions: u32,
    /// Cycles after which the counters that align the clocks of chips begin anew.
    pub clock_period: u32,
    /// By how many millionths the clock of a chip may be too fast or too slow.
    pub clock_ppm: u32,
    /// Latencies.
    pub latency: Latencies,
}

/// Why a machine cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("chip `{chip}`: {field} is {found}, expected {expected}")]
pub struct ChipError {
    /// Name of the chip.
    pub chip: String,
    /// The field that is wrong.
    pub field: &'static str,
    /// Its value.
    pub found: String,
    /// What would be legal.
    pub expected: String,
}

/// Streams that a transposer takes and gives.
const TRANSPOSED: u8 = 16;
/// Greatest clock of a machine in Hz, far above any that exists: figures per second stay below 2^64.
const CLOCK_MAX: u64 = 100_000_000_000;

impl Chip {
    /// The 14 nm LPU (TSP) as published; see `facts` for the standing of each constant.
    pub fn lpu_14nm() -> Self {
        let reserved = |hemisphere| move |number| SliceId { hemisphere, number };
        let both = [16, 20, 24, 28];
        let mut slices_reserved: Vec<SliceId> = both.map(reserved(Hemisphere::West)).to_vec();
        slices_reserved.push(SliceId { hemisphere: Hemisphere::West, number: 38 });
        slices_reserved.extend(both.map(reserved(Hemisphere::East)));
        Chip {
            name: "lpu-14nm".to_owned(),
            clock: Hertz(900_000_000),
            superlanes: 20,
            lanes_per_superlane: 16,
            streams: 32,
            slices: 44,
            slices_per_group: 4,
            words: 8192,
            banks: 2,
            planes: 2,
            accumulators: 128,
            alus: 16,
            alus_large: vec![0, 2, 5, 7, 8, 10, 13, 15],
            alu_columns: 4,
            alu_window: 4,
            distributors: 4,
            transposers: 2,
            links: 8,
            slices_reserved,
            instruction_bytes: 16,
            fetch_bytes: 640,
            queue_instructions: 80,
            clock_period: 252,
            clock_ppm: 100,
            latency: Latencies {
                mem_read: 1,
                mem_write: 1,
                mem_gather: 1,
                hop: 1,
                vxm_entry: 4,
                vxm_alu: 3,
                vxm_transit: 4,
                sxm_entry: 4,
                sxm_exit: 4,
                sxm_distribute: 2,
                sxm_transpose: 4,
                sxm_rotate: 4,
                sxm_permute: 36,
                mxm_crossing: 8,
                mxm_entry: 1,
                mxm_multiply: 13,
                mxm_accumulate: 34,
                mxm_exit: 4,
                mxm_install: 3,
                link_vector: 24,
                link_flight: 217,
                link_remainder: 268,
                link_receive: 1,
                barrier: 35,
                fetch: 32,
                config: 1,
                source_read_in_entry: 1,
            },
        }
    }

    /// Instructions that one Fetch brings.
    pub fn fetch_instructions(&self) -> u64 {
        u64::from(self.fetch_bytes / self.instruction_bytes.max(1))
    }

    /// Cycles by which two clocks of this kind may have come apart in `cycles`: one of them fast, the other slow.
    pub fn drift(&self, cycles: Cycles) -> Cycles {
        let millionths = u128::from(cycles.0) * 2 * u128::from(self.clock_ppm);
        Cycles(u64::try_from(millionths.div_ceil(1_000_000)).unwrap_or(u64::MAX))
    }

    /// Operations of int8, a multiplication and an addition each, per second: both planes of both halves, all of the time.
    pub fn peak_int8(&self) -> u64 {
        2 * 2 * u64::from(self.planes) * u64::from(self.lanes()) * u64::from(self.lanes()) * self.clock.0
    }

    /// The same of f16: a pair of planes takes half of the lanes at a time.
    pub fn peak_f16(&self) -> u64 {
        self.peak_int8() / 4
    }

    /// Lanes of a vector, and bytes of a word.
    pub fn lanes(&self) -> u32 {
        self.superlanes * self.lanes_per_superlane
    }

    /// Memory groups per hemisphere.
    pub fn groups(&self) -> u8 {
        self.slices / self.slices_per_group
    }

    /// All SRAM of the chip.
    pub fn sram(&self) -> Bytes {
        Bytes(2 * u64::from(self.slices) * u64::from(self.words) * u64::from(self.lanes()))
    }

    /// The bank of a word address.
    pub fn bank(&self, address: u16) -> u16 {
        address / (self.words / self.banks)
    }

    /// Whether the slice holds instructions instead of data.
    pub fn is_reserved(&self, slice: SliceId) -> bool {
        self.slices_reserved.contains(&slice)
    }

    /// All slices, west 43..0 then east 0..43: the order on the die.
    pub fn slices(&self) -> impl Iterator<Item = SliceId> {
        let west = (0..self.slices).rev().map(|number| SliceId { hemisphere: Hemisphere::West, number });
        let east = (0..self.slices).map(|number| SliceId { hemisphere: Hemisphere::East, number });
        west.chain(east)
    }

    /// Refuses a machine that contradicts itself or exceeds what programs can address.
    pub fn check(&self) -> Result<(), ChipError> {
        let wrong = |field, found: String, expected: &str| {
            Err(ChipError { chip: self.name.clone(), field, found, expected: expected.to_owned() })
        };
        if !(1..=CLOCK_MAX).contains(&self.clock.0) {
            return wrong("clock", format!("{} Hz", self.clock.0), "1 to 100000000000 Hz (100 GHz)");
        }
        if self.superlanes != 20 || self.lanes_per_superlane != 16 {
            let found = format!("{} x {}", self.superlanes, self.lanes_per_superlane);
            return wrong("superlanes x lanes", found, "20 x 16: words are 320 bytes in this version");
        }
        if self.streams != 32 || self.planes != 2 {
            let found = format!("{} streams, {} planes", self.streams, self.planes);
            return wrong("streams and planes", found, "32 streams per direction and 2 planes per hemisphere");
        }
        let is_whole = self.slices_per_group != 0 && self.slices.is_multiple_of(self.slices_per_group);
        if !is_whole || !(1..=16).contains(&self.groups()) {
            let found = format!("{} slices in groups of {}", self.slices, self.slices_per_group);
            return wrong("slices", found, "a whole number of groups, 1 to 16");
        }
        if self.banks == 0 || self.words == 0 || !self.words.is_multiple_of(self.banks) || 8192 < self.words {
            let found = format!("{} words in {} banks", self.words, self.banks);
            return wrong("words", found, "at most 8192 (13 address bits), a whole number per bank");
        }
        if !(1..=ALUS_MAX).contains(&usize::from(self.alus)) {
            return wrong("alus", self.alus.to_string(), "1 to 16");
        }
        if let Some(alu) = stranger(&self.alus_large, |alu| *alu < self.alus) {
            return wrong("alus_large", alu.to_string(), &format!("distinct ALUs below {}", self.alus));
        }
        self.check_mesh()?;
        self.check_switch()?;
        if let Some(slice) = stranger(&self.slices_reserved, |slice| slice.number < self.slices) {
            return wrong("slices_reserved", slice.to_string(), &format!("distinct slices below {}", self.slices));
        }
        if 8 < self.links {
            return wrong("links", self.links.to_string(), "at most 8 per half");
        }
        let brought = self.fetch_instructions();
        let is_even = self.instruction_bytes != 0 && self.fetch_bytes.is_multiple_of(self.instruction_bytes);
        if !is_even || self.fetch_bytes != 2 * self.lanes() || u64::from(self.queue_instructions) < brought {
            let found = format!(
                "{} bytes a fetch, {} an instruction, {} instructions a queue",
                self.fetch_bytes, self.instruction_bytes, self.queue_instructions
            );
            return wrong(
                "fetch_bytes, instruction_bytes and queue_instructions",
                found,
                "two words of whole instructions a fetch, and room for them in a queue",
            );
        }
        if self.clock_period == 0 {
            return wrong("clock_period", "0".to_owned(), "at least 1 cycle");
        }
        if 1_000_000 <= self.clock_ppm {
            return wrong("clock_ppm", self.clock_ppm.to_string(), "less than 1000000");
        }
        if self.accumulators == 0 || 256 < self.accumulators {
            return wrong("accumulators", self.accumulators.to_string(), "1 to 256");
        }
        latency::check(&self.latency, self.groups())
            .or_else(|(field, found, expected)| wrong(field, found.to_string(), expected))
    }

    /// Refuses more of what moves lanes than a half has streams for: a distributor takes and gives one, a transposer sixteen.
    fn check_switch(&self) -> Result<(), ChipError> {
        let wrong = |field, found: u8, expected: &str| {
            let (chip, found) = (self.name.clone(), found.to_string());
            Err(ChipError { chip, field, found, expected: expected.to_owned() })
        };
        if self.streams < self.distributors {
            return wrong("distributors", self.distributors, "at most 32 per half: each takes one of 32 streams");
        }
        if self.streams / TRANSPOSED < self.transposers {
            return wrong("transposers", self.transposers, "at most 2 per half: each takes 16 of 32 streams");
        }
        Ok(())
    }

    /// Refuses a mesh of ALUs that leaves a stream group to nobody.
    fn check_mesh(&self) -> Result<(), ChipError> {
        let wrong = |field, found: u8, expected: String| {
            Err(ChipError { chip: self.name.clone(), field, found: found.to_string(), expected })
        };
        if self.alu_columns == 0 || 16 < self.alu_columns {
            return wrong("alu_columns", self.alu_columns, "1 to 16 ALUs in a row".to_owned());
        }
        let groups = self.streams / GROUP_STREAMS;
        let least = groups.div_ceil(Mesh::new(self).rows().max(1));
        if self.alu_window < least || groups < self.alu_window {
            let expected = format!("{least} to {groups} groups, so that each is reached by some row");
            return wrong("alu_window", self.alu_window, expected);
        }
        Ok(())
    }
}

/// The first of a list that is not there on the chip, or was named before: a list's length counts resources.
fn stranger<T: PartialEq>(list: &[T], is_there: impl Fn(&T) -> bool) -> Option<&T> {
    let mut numbered = list.iter().enumerate();
    numbered.find(|(number, one)| !is_there(one) || list[..*number].contains(one)).map(|(_, one)| one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_closures_hold() {
        let chip = Chip::lpu_14nm();
        chip.check().expect("the published chip is possible");
        assert_eq!(chip.sram(), Bytes(230_686_720));
        assert_eq!(chip.lanes(), 320);
        assert_eq!(chip.groups(), 11);
        let stream_bytes = 2 * u32::from(chip.streams) * chip.lanes();
        assert_eq!(stream_bytes, 20_480);
        assert_eq!(2 * u32::from(chip.slices) * 2 * chip.lanes(), 56_320);
        assert_eq!(2 * u32::from(chip.planes) * chip.lanes() * chip.lanes(), 409_600);
        assert_eq!(chip.hardware_queues(), 144);
        assert_eq!(chip.hardware_queues() * chip.instruction_bytes, 2_304);
        // 737.3 and 184.3 at 0.9 GHz.
        assert_eq!((chip.peak_int8(), chip.peak_f16()), (737_280_000_000_000, 184_320_000_000_000));
    }

    /// Two clocks that are 100 ppm off, each in its own direction, come apart by one cycle in 5,000.
    #[test]
    fn clocks_come_apart_by_one_cycle_in_five_thousand() {
        let chip = Chip::lpu_14nm();
        let apart = [0, 1, 5000, 5001, 38_569].map(|cycles| chip.drift(Cycles(cycles)).0);
        assert_eq!(apart, [0, 1, 1, 2, 8]);
        assert_eq!(chip.drift(Cycles(u64::MAX)).0, 3_689_348_814_741_911);
    }

    #[test]
    fn a_word_goes_from_sram_to_the_sram_of_the_next_chip_in_522_cycles() {
        let latency = Chip::lpu_14nm().latency;
        let out = latency.mem_read + latency.hop + latency.sxm_entry;
        let into = latency.link_receive + latency.sxm_exit + latency.hop + latency.mem_write;
        assert_eq!(latency.link_crossing() + Cycles(u64::from(out + into)), Cycles(522));
    }

    #[test]
    fn every_stream_group_is_reached_by_a_row() {
        let said = |(alus, columns, window): (u8, u8, u8)| {
            let mut chip = Chip::lpu_14nm();
            (chip.alus, chip.alu_columns, chip.alu_window) = (alus, columns, window);
            chip.alus_large.retain(|&alu| alu < alus);
            chip.check().map_err(|error| error.to_string())
        };
        for possible in [(16, 4, 2), (16, 4, 8), (8, 4, 4), (9, 4, 3), (16, 16, 8), (16, 1, 1)] {
            assert_eq!(said(possible), Ok(()), "{possible:?}");
        }
        let window = |(found, least): (u8, u8)| {
            let expected = format!("{least} to 8 groups, so that each is reached by some row");
            Err(format!("chip `lpu-14nm`: alu_window is {found}, expected {expected}"))
        };
        assert_eq!(said((16, 4, 1)), window((1, 2)));
        assert_eq!(said((16, 4, 9)), window((9, 2)));
        assert_eq!(said((4, 4, 4)), window((4, 8)));
        assert!(said((16, 0, 4)).is_err_and(|error| error.contains("alu_columns is 0, expected 1 to 16")));
    }

    #[test]
    fn what_is_counted_by_a_list_stands_there_once() {
        let said = |change: fn(&mut Chip)| {
            let mut chip = Chip::lpu_14nm();
            change(&mut chip);
            chip.check().expect_err("no such list").to_string()
        };
        let said_twice = said(|chip| chip.slices_reserved.push(chip.slices_reserved[1]));
        assert_eq!(said_twice, "chip `lpu-14nm`: slices_reserved is W20, expected distinct slices below 44");
        let said_twice = said(|chip| chip.alus_large.push(7));
        assert_eq!(said_twice, "chip `lpu-14nm`: alus_large is 7, expected distinct ALUs below 16");
        let beyond = said(|chip| chip.alus_large = vec![99]);
        assert_eq!(beyond, "chip `lpu-14nm`: alus_large is 99, expected distinct ALUs below 16");
        assert_eq!(said(|chip| chip.alus = 17), "chip `lpu-14nm`: alus is 17, expected 1 to 16");
    }

    #[test]
    fn a_half_has_no_more_of_a_unit_than_it_has_streams_for() {
        let said = |change: fn(&mut Chip)| {
            let mut chip = Chip::lpu_14nm();
            change(&mut chip);
            chip.check().map_err(|error| error.to_string())
        };
        assert_eq!(said(|chip| (chip.distributors, chip.transposers) = (32, 2)), Ok(()));
        assert_eq!(said(|chip| (chip.distributors, chip.transposers) = (0, 0)), Ok(()));
        let wrong = |text: &str| Err(format!("chip `lpu-14nm`: {text}"));
        for distributors in [33, 255] {
            let mut chip = Chip::lpu_14nm();
            chip.distributors = distributors;
            let text =
                format!("distributors is {distributors}, expected at most 32 per half: each takes one of 32 streams");
            assert_eq!(chip.check().map_err(|error| error.to_string()), wrong(&text));
        }
        let expected = "transposers is 3, expected at most 2 per half: each takes 16 of 32 streams";
        assert_eq!(said(|chip| chip.transposers = 3), wrong(expected));
        let bare = |chip: &mut Chip| {
            (chip.alus, chip.alu_window) = (0, 8);
            chip.alus_large.clear();
        };
        assert_eq!(said(bare), wrong("alus is 0, expected 1 to 16"));
        let empty = |chip: &mut Chip| {
            chip.slices = 0;
            chip.slices_reserved.clear();
        };
        assert_eq!(said(empty), wrong("slices is 0 slices in groups of 4, expected a whole number of groups, 1 to 16"));
    }

    /// A clock so fast that no figure made of it overflows.
    #[test]
    fn a_clock_has_a_greatest_frequency() {
        let mut chip = Chip::lpu_14nm();
        chip.clock = Hertz(CLOCK_MAX);
        assert!(chip.check().is_ok() && chip.peak_int8() == 81_920_000_000_000_000);
        for clock in [0, CLOCK_MAX + 1, u64::MAX] {
            chip.clock = Hertz(clock);
            let said = chip.check().expect_err("no such clock").to_string();
            assert_eq!(said, format!("chip `lpu-14nm`: clock is {clock} Hz, expected 1 to 100000000000 Hz (100 GHz)"));
        }
    }

    #[test]
    fn a_chip_without_words_is_refused() {
        let mut chip = Chip::lpu_14nm();
        chip.words = 0;
        let error = chip.check().expect_err("no words, no chip");
        assert_eq!(error.field, "words");
    }
}

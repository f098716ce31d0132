//! The chip: counts, capacities and latencies.
//!
//! In: nothing.  Out: `Chip::lpu_14nm()` and whatever an editor makes of it.
//! Invariant: whatever a `Chip` says, `check` (`possible`) refuses what cannot be.
//! Source: facts.rs, constant by constant.

use crate::Hemisphere;
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
}

//! Legal programs that no compiler made: drawn from a seed, timed by adding latencies.
//!
//! In: a seed.  Out: a program with its claim, what the host gives, and the values that it must compute.
//! Invariant: it is made from `arch`, `program` and `graph`; judge and simulator are asked only afterwards (`trial`), so that a
//!     program they refuse is a contradiction between two readings of the machine.
//! Method: a pool of rows in SRAM grows by random steps (`steps`, `more`): copy, ALU chains, lanes moved, a row looked up or stored, a
//!     product of int8 or f16, a square transposed, rows turned or side by side, a row sent to the neighbour. Each is booked at the first
//!     cycle where it fits (`road`). Values are computed on the way by one line of arithmetic per lane.

mod emit;
mod more;
mod road;
mod row;
mod steps;
mod trial;

use arch::{Chip, Hemisphere, SliceId, StreamId, Topology};
use graph::{Builder, Tensor, TensorId};
use program::{LaneMap, Program, RecordField, Residency};
use road::Road;
use row::Row;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use units::Rng;

/// A legal program and all that running it needs.
pub struct Legal {
    /// The program; it has no witness.
    pub program: Program,
    /// Tensors that its image names.
    pub tables: BTreeMap<TensorId, Arc<Tensor>>,
    /// Inputs of the token.
    pub inputs: BTreeMap<String, Tensor>,
    /// Position of the token.
    pub position: u16,
    /// Bits of every output, in order, one per lane of its row.
    pub expected: Vec<(String, Vec<u32>)>,
}

/// A program in the making.
struct Maker<'a> {
    rng: Rng,
    chips: u16,
    road: Road<'a>,
    graph: Builder,
    rows: Vec<Row>,
    taken: BTreeSet<(SliceId, u16)>,
    image: Vec<Residency>,
    record: Vec<RecordField>,
    maps: Vec<LaneMap>,
    tables: BTreeMap<TensorId, Arc<Tensor>>,
    inputs: BTreeMap<String, Tensor>,
    position: u16,
    /// Accumulators used.
    slots: u16,
    /// Cycles in which a new template begins.
    cuts: Vec<u64>,
}

/// Positions that a program has rows for.
const CONTEXT: u16 = 8;

/// The program of `seed` for `chip`: one chip three times in four, else 2, 4 or 8.
pub fn legal(chip: &Chip, seed: u64) -> Legal {
    let mut rng = Rng::new(seed);
    let chips = [2, 2, 4, 8].get(rng.below(16) as usize).copied().unwrap_or(1);
    let position = rng.below(u64::from(CONTEXT)) as u16;
    let mut maker = Maker {
        rng,
        chips,
        road: Road::new(chip),
        graph: Builder::new(),
        rows: Vec::new(),
        taken: BTreeSet::new(),
        image: Vec::new(),
        record: Vec::new(),
        maps: Vec::new(),
        tables: BTreeMap::new(),
        inputs: BTreeMap::new(),
        position,
        slots: 0,
        cuts: vec![0],
    };
    for _ in 0..2 + maker.below(3) {
        maker.source();
    }
    for _ in 0..3 + maker.below(14) {
        maker.step();
        if maker.below(6) == 0 {
            let end = maker.road.end();
            maker.cuts.push(end);
        }
    }
    maker.finish(seed)
}

impl Maker<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        self.rng.below(bound)
    }

    /// The first cycle of the template under way.
    fn start(&self) -> u64 {
        self.cuts.last().copied().unwrap_or(0)
    }

    /// One of the `count` slices of a half that hold data, none twice.
    fn slices(&mut self, half: Hemisphere, count: usize) -> Vec<SliceId> {
        let chip = self.road.chip;
        let all = chip.slices().filter(|slice| slice.hemisphere == half && !chip.is_reserved(*slice));
        let mut all: Vec<SliceId> = all.collect();
        (0..count)
            .map(|_| {
                let index = self.below(all.len() as u64) as usize;
                all.swap_remove(index)
            })
            .collect()
    }

    /// An address at which `words` words are free in all of `slices`, within a bank; they are taken.
    fn words(&mut self, slices: &[SliceId], words: u16) -> u16 {
        let chip = self.road.chip;
        loop {
            let address = self.below(u64::from(chip.words - words)) as u16;
            let all =
                || slices.iter().flat_map(move |&slice| (address..address + words).map(move |word| (slice, word)));
            if chip.bank(address) == chip.bank(address + words - 1) && all().all(|word| !self.taken.contains(&word)) {
                self.taken.extend(all());
                return address;
            }
        }
    }

    /// `count` streams of a direction, none twice.
    fn streams(&mut self, direction: arch::Direction, count: usize) -> Vec<StreamId> {
        let mut all: Vec<u8> = (0..self.road.chip.streams).collect();
        (0..count)
            .map(|_| {
                let index = self.below(all.len() as u64) as usize;
                StreamId::new(direction, all.swap_remove(index))
            })
            .collect()
    }

    fn topology(&self) -> Topology {
        Topology::of(self.chips).expect("1, 2, 4 and 8 chips are joined")
    }
}

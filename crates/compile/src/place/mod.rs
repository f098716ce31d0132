//! Gives every stored value a home in SRAM.
//!
//! In: values with a set of slices and a number of rows.  Out: addresses.
//! Invariant: no two homes of one slice share a word (the judge checks it); per-layer homes repeat at one stride per kind.
//! Method: four regions a slice: scratch grows from the bottom of each bank, tables shared by all layers grow down from the top,
//!     per-layer weights and caches start at word 0 of their own slices, per-layer constants end where the shared tables begin.

use crate::CompileError;
use crate::kernel::Place;
use arch::{Chip, Hemisphere, SliceId};
use program::Address;
use std::collections::BTreeMap;

/// Slices whose 16 words a cycle fill one plane's buffer.
pub const FEEDERS: usize = 16;

/// Kinds of per-layer homes; each has a base of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layered {
    /// Weight tiles.
    Weights,
    /// Scales, gains, address maps.
    Constants,
    /// Rows of keys and values.
    Caches,
}

impl Layered {
    /// All kinds in the order of their bases 1, 2, 3.
    pub const ALL: [Layered; 3] = [Layered::Weights, Layered::Constants, Layered::Caches];

    /// Its base in the instances.
    pub fn base(self) -> u8 {
        self as u8 + 1
    }
}

/// Where a value lives: byte k of row r is word `address + r` of slice k.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// One slice per byte, or the 16 feeders of a weight tile.
    pub slices: Vec<SliceId>,
    /// Word of row 0.
    pub address: Address,
}

/// Start and stride of a kind's per-layer homes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Region {
    /// Word of layer 0.
    pub start: u16,
    /// Words per layer.
    pub stride: u16,
}

/// The allocator.
pub struct Store {
    words: u16,
    bank_words: u16,
    places: BTreeMap<Place, Vec<SliceId>>,
    feeders: BTreeMap<(Hemisphere, u8), Vec<SliceId>>,
    scratch: BTreeMap<SliceId, Vec<u16>>,
    shared: BTreeMap<SliceId, u16>,
    layered: BTreeMap<(Layered, SliceId), u16>,
}

impl Store {
    /// Empty SRAM of `chip`.
    ///
    /// Errors: `Memory` when the chip has too few slices that hold data.
    pub fn new(chip: &Chip) -> Result<Self, CompileError> {
        let data = |hemisphere| -> Vec<SliceId> {
            let ids = (0..chip.slices).map(|number| SliceId { hemisphere, number });
            ids.filter(|&slice| !chip.is_reserved(slice)).collect()
        };
        let (west, east) = (data(Hemisphere::West), data(Hemisphere::East));
        let needed = 8 + 2 * FEEDERS;
        let fewest = west.len().min(east.len() - 1);
        if fewest + 1 < needed {
            return Err(CompileError::Memory {
                what: "the layout of one chip".into(),
                needed: needed as u64,
                available: fewest as u64,
                remedy: "reserve fewer slices or add some".into(),
            });
        }
        let places = BTreeMap::from([
            (Place::WestNear, west[0..4].to_vec()),
            (Place::Cache, west[4..6].to_vec()),
            (Place::EastNear, east[0..4].to_vec()),
            (Place::EastFar, east[4..8].to_vec()),
            (Place::EastFarLow, east[4..6].to_vec()),
            (Place::EastFarHigh, east[6..8].to_vec()),
        ]);
        let mut feeders = BTreeMap::new();
        for (hemisphere, slices, first) in [(Hemisphere::West, &west, 7), (Hemisphere::East, &east, 8)] {
            for plane in 0..2u8 {
                let start = first + usize::from(plane) * FEEDERS;
                feeders.insert((hemisphere, plane), slices[start..start + FEEDERS].to_vec());
            }
        }
        let bank_words = chip.words / chip.banks;
        Ok(Store {
            words: chip.words,
            bank_words,
            places,
            feeders,
            scratch: BTreeMap::new(),
            shared: BTreeMap::new(),
            layered: BTreeMap::new(),
        })
    }

    /// The slices of a place.
    pub fn slices(&self, place: Place) -> &[SliceId] {
        &self.places[&place]
    }

    /// One of the two sets of 16 slices of a hemisphere that feed its planes.
    pub fn feeders(&self, hemisphere: Hemisphere, set: u8) -> Vec<SliceId> {
        self.feeders[&(hemisphere, set)].clone()
    }

    /// Words of a feeder set that hold per-layer weights (of one layer), and words that hold shared ones.
    pub fn filled(&self, hemisphere: Hemisphere, set: u8) -> (u16, u16) {
        let first = self.feeders[&(hemisphere, set)][0];
        (self.layered.get(&(Layered::Weights, first)).copied().unwrap_or(0), self.words - self.top(first))
    }

    /// A home for a computed value of `bytes` bytes an element and `rows` rows, in `bank` of `place`.
    ///
    /// Errors: `Memory` when the bank is full.
    pub fn scratch(&mut self, place: Place, bytes: usize, rows: u16, bank: u16) -> Result<Home, CompileError> {
        let slices = self.places[&place][..bytes].to_vec();
        let banks = usize::from(self.words / self.bank_words);
        let bank = usize::from(bank) % banks;
        let start = |slice: &SliceId| self.scratch.get(slice).map_or(bank as u16 * self.bank_words, |next| next[bank]);
        let offset = slices.iter().map(start).max().unwrap_or(0);
        let end = (bank as u16 + 1) * self.bank_words;
        let left = end.min(slices.iter().map(|slice| self.top(*slice)).min().unwrap_or(end)).saturating_sub(offset);
        if left < rows {
            return Err(memory("a value on its way", u64::from(rows), u64::from(left), "use a shorter context"));
        }
        for slice in &slices {
            let initial = || (0..banks as u16).map(|bank| bank * self.bank_words).collect();
            self.scratch.entry(*slice).or_insert_with(initial)[bank] = offset + rows;
        }
        Ok(Home { slices, address: Address { base: 0, offset, stride: 0 } })
    }

    /// A home for a table that all instances share.
    ///
    /// Errors: `Memory` when the slices are full.
    pub fn shared(&mut self, slices: &[SliceId], rows: u16) -> Result<Home, CompileError> {
        let top = slices.iter().map(|slice| self.top(*slice)).min().unwrap_or(0);
        let Some(offset) = top.checked_sub(rows) else {
            return Err(memory("a table", u64::from(rows), u64::from(top), "use more chips or a smaller vocabulary"));
        };
        for slice in slices {
            self.shared.insert(*slice, offset);
        }
        Ok(Home { slices: slices.to_vec(), address: Address { base: 0, offset, stride: 0 } })
    }

    /// A home that every layer has, relative to the base of its kind.
    ///
    /// Errors: `Memory` when a single layer is larger than a slice.
    pub fn layered(&mut self, kind: Layered, slices: &[SliceId], rows: u16) -> Result<Home, CompileError> {
        let next = |slice: &SliceId| self.layered.get(&(kind, *slice)).copied().unwrap_or(0);
        let offset = slices.iter().map(next).max().unwrap_or(0);
        if self.words - offset < rows {
            let left = u64::from(self.words - offset);
            return Err(memory("one layer", u64::from(rows), left, "use more chips"));
        }
        for slice in slices {
            self.layered.insert((kind, *slice), offset + rows);
        }
        Ok(Home { slices: slices.to_vec(), address: Address { base: kind.base(), offset, stride: 0 } })
    }

    /// Fixes the bases of `layers` layers.
    ///
    /// Errors: `Memory` with the kind that does not fit.
    pub fn regions(&self, layers: u32) -> Result<[Region; 3], CompileError> {
        let mut regions = [Region::default(); 3];
        for kind in Layered::ALL {
            let of_kind = || self.layered.iter().filter(move |((other, _), _)| *other == kind);
            let stride = of_kind().map(|(_, &words)| words).max().unwrap_or(0);
            let slices = || of_kind().map(|((_, slice), _)| *slice);
            let top = slices().map(|slice| self.top(slice)).min().unwrap_or(self.words);
            let bottom = slices().filter_map(|slice| self.scratch.get(&slice)?.last()).copied().max().unwrap_or(0);
            let needed = u64::from(stride) * u64::from(layers);
            let available = u64::from(top - bottom.min(top));
            if available < needed {
                return Err(memory(name(kind), needed, available, remedy(kind, layers, needed, available)));
            }
            let start = if kind == Layered::Constants { top - needed as u16 } else { bottom };
            regions[usize::from(kind.base()) - 1] = Region { start, stride };
        }
        Ok(regions)
    }

    fn top(&self, slice: SliceId) -> u16 {
        self.shared.get(&slice).copied().unwrap_or(self.words)
    }
}

fn name(kind: Layered) -> &'static str {
    match kind {
        Layered::Weights => "the weights of all layers",
        Layered::Constants => "the scales and gains of all layers",
        Layered::Caches => "the key and value caches",
    }
}

fn remedy(kind: Layered, layers: u32, needed: u64, available: u64) -> String {
    match kind {
        Layered::Caches => "use a shorter context".to_owned(),
        _ => {
            let fitting = u64::from(layers) * available / needed;
            format!("{fitting} of {layers} layers fit on this chip: use {} chips", needed.div_ceil(available.max(1)))
        }
    }
}

fn memory(what: &str, needed: u64, available: u64, remedy: impl Into<String>) -> CompileError {
    CompileError::Memory { what: what.to_owned(), needed, available, remedy: remedy.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_of_one_slice_do_not_overlap() {
        let mut store = Store::new(&Chip::lpu_14nm()).expect("the published chip has room");
        let first = store.scratch(Place::EastFar, 4, 10, 0).expect("empty");
        let second = store.scratch(Place::EastFarLow, 2, 10, 0).expect("nearly empty");
        assert_eq!(first.address.offset, 0);
        assert_eq!(second.address.offset, 10, "the two places share slices");
        let table = store.shared(&first.slices, 100).expect("room");
        assert_eq!(table.address.offset, 8092);
    }

    #[test]
    fn too_many_layers_are_refused_with_the_number_that_fits() {
        let mut store = Store::new(&Chip::lpu_14nm()).expect("the published chip has room");
        let feeders = store.feeders(Hemisphere::East, 0);
        store.layered(Layered::Weights, &feeders, 1000).expect("room");
        assert!(store.regions(8).is_ok());
        let error = store.regions(9).expect_err("9000 words in 8192");
        assert!(error.to_string().contains("8 of 9 layers"), "{error}");
    }
}

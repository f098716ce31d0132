//! Gives every stored value a home in SRAM.
//!
//! In: values with a set of slices and a number of rows.  Out: addresses.
//! Invariant: no two homes of one slice share a word (the judge checks it); per-layer homes repeat at one stride per kind.
//! Method: four regions a slice: scratch grows from the bottom of each bank, tables shared by all layers grow down from the top,
//!     per-layer weights and caches start at word 0 of their own slices, per-layer constants end where the shared tables begin. Where words
//!     are used again, shared weights lie below the tables of all places of their set.

mod half;
mod shelves;

pub use shelves::Shortage;

use crate::error::{CompileError, Remedy, Resident};
use crate::kernel::Place;
use arch::{Chip, Hemisphere, SliceId};
use half::Half;
use program::Address;
use shelves::{Given, Shelves};
use std::collections::BTreeMap;
use units::gathered;

/// Slices whose 16 words a cycle fill one plane's buffer.
pub const FEEDERS: usize = 16;
/// Rows of a pass through a plane that are on their way as long as a part of an f16 tile is loaded, in 10 groups of 16 columns: from so
/// many on what lies beside them is kept away, and they get streams of their own. Either way takes the same for 9 rows, by measurement.
pub const LONG_ROWS: u32 = 10;
/// Words by which the halves may differ where weights that all layers share go to the one that is free first.
pub const UNEVEN_HALVES: u32 = 1 << 8;
/// How many words a plane's feeders may hold more than those of the plane beside it.
pub const UNEVEN_WORDS: u32 = 20;

/// Slices of a place that holds four bytes of each element.
const PLACE_SLICES: usize = 4;

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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// The allocator. It hands out words without end and says at the end what did not fit, so that the message can name totals.
pub struct Store {
    words: u16,
    bank_words: u16,
    places: BTreeMap<Place, Vec<SliceId>>,
    feeders: BTreeMap<(Hemisphere, u8), Vec<SliceId>>,
    /// Of the program under way.
    scratch: BTreeMap<(SliceId, u16), Fill>,
    /// The most of any program so far: they take turns.
    reached: BTreeMap<(SliceId, u16), Fill>,
    shared: BTreeMap<SliceId, Fill>,
    /// By half and set of feeders: words of weights that all layers share.
    weights: [[u32; 2]; 2],
    /// By half and set: words from the end on where tables of rows lie, above the weights, if those have words of their own.
    above: [[Option<u32>; 2]; 2],
    layered: BTreeMap<(Layered, SliceId), u32>,
    positions: u32,
    /// Where words are used again.
    shelves: Option<Shelves>,
    /// By slice and first word of a home: the first cycle in which it may be written, if not any.
    left: BTreeMap<(SliceId, u16), i64>,
    /// The first value for which there was no room.
    shortage: Option<Shortage>,
}

/// Words in use: some whatever the context, some in proportion to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fill {
    fixed: u32,
    scaled: u32,
}

impl Fill {
    fn words(self) -> u32 {
        self.fixed.saturating_add(self.scaled)
    }

    /// With a value of `rows` rows more: those of more than one row follow the positions.
    fn and(self, rows: u32) -> Fill {
        if 1 < rows { Fill { scaled: self.scaled + rows, ..self } } else { Fill { fixed: self.fixed + rows, ..self } }
    }
}

impl Store {
    /// Empty SRAM of `chip`, for values of `positions` rows.
    ///
    /// Errors: `Machine` when the chip has too few slices that hold data, or too few that share a group.
    pub fn new(chip: &Chip, positions: u32) -> Result<Self, CompileError> {
        let mut west = Half::new(chip, Hemisphere::West);
        let mut east = Half::new(chip, Hemisphere::East);
        let (west_near, cache) = (west.take(chip, 4)?, west.take(chip, 2)?);
        let (east_near, east_far) = (east.take(chip, 4)?, east.take(chip, 4)?);
        let mut places: BTreeMap<_, _> = gathered([
            (Place::WestNearHigh, west_near[2..4].to_vec()),
            (Place::EastFarLow, east_far[0..2].to_vec()),
            (Place::EastFarHigh, east_far[2..4].to_vec()),
            (Place::WestNear, west_near),
            (Place::CacheWest, cache),
            (Place::EastNear, east_near),
            (Place::EastFar, east_far),
        ]);
        let mut feeders = BTreeMap::new();
        for (hemisphere, half) in [(Hemisphere::West, west), (Hemisphere::East, east)] {
            let [first, second] = half.feeders(chip)?;
            let names = match hemisphere {
                Hemisphere::West => [Place::WestOuter, Place::WestRim, Place::WestThird, Place::WestLast],
                Hemisphere::East => [Place::EastOuter, Place::EastRim, Place::EastThird, Place::EastLast],
            };
            places.extend(names.into_iter().zip(first.chunks(PLACE_SLICES).map(<[SliceId]>::to_vec)));
            feeders.insert((hemisphere, 0), first);
            feeders.insert((hemisphere, 1), second);
        }
        Ok(Store {
            words: chip.words,
            bank_words: chip.words / chip.banks,
            places,
            feeders,
            scratch: BTreeMap::new(),
            reached: BTreeMap::new(),
            shared: BTreeMap::new(),
            weights: [[0; 2]; 2],
            above: [[None; 2]; 2],
            layered: BTreeMap::new(),
            positions,
            shelves: None,
            left: BTreeMap::new(),
            shortage: None,
        })
    }

    /// Words of computed values are used again. Tables of rows have `kept` words of a place, from its end on; below the tables of all its
    /// places a set of feeders of a half has at most `weights`.
    pub fn use_again(&mut self, kept: &BTreeMap<Place, u32>, weights: [u32; 2]) {
        let kept_at = |store: &Store, first: SliceId| {
            kept.iter().find(|(place, _)| store.places[place][0] == first).map_or(0, |(_, &kept)| kept)
        };
        for (half, set) in self.feeders.keys().copied().filter(|(_, set)| 0 < weights[usize::from(*set)]) {
            let places = self.feeders[&(half, set)].chunks(PLACE_SLICES);
            self.above[half.index()][usize::from(set)] = places.map(|slices| kept_at(self, slices[0])).max();
        }
        let left = |slices: &Vec<SliceId>| {
            let weighted = self.set_of(slices[0]).and_then(|(half, set)| {
                let set = usize::from(set);
                Some(self.above[half.index()][set]?.saturating_add(weights[set]))
            });
            let taken = weighted.unwrap_or_else(|| kept_at(self, slices[0]));
            (slices[0], u32::from(self.words).saturating_sub(taken))
        };
        let left = self.places.values().chain(self.feeders.values()).map(left).collect();
        self.shelves = Some(Shelves::new((self.words / self.bank_words, self.bank_words.into()), left));
    }

    /// The set of feeders that has a slice.
    fn set_of(&self, slice: SliceId) -> Option<(Hemisphere, u8)> {
        self.feeders.iter().find(|(_, slices)| slices.contains(&slice)).map(|(key, _)| *key)
    }

    /// What lies in `rows` rows of a home that `use_again` came before is needed no longer from cycle `from` on.
    pub fn leave(&mut self, home: &Home, (rows, from): (u32, i64)) {
        let shelves = self.shelves.as_mut().expect("only where words are used again");
        shelves.leave(home.slices[0], home.address.offset.into(), (rows, from));
    }

    /// First cycle in which a home may be written because of what lay there before.
    pub fn writable(&self, home: &Home) -> i64 {
        self.left.get(&(home.slices[0], home.address.offset)).copied().unwrap_or(0)
    }

    /// The first value for which there was no room among words that are used again.
    pub fn shortage(&self) -> Option<Shortage> {
        self.shortage
    }

    /// A stage begins: what was left was left before.
    pub fn begin(&mut self) {
        self.shelves.iter_mut().for_each(Shelves::begin);
        self.left.clear();
    }

    /// Scratch begins anew; tables and what layers have stay.
    pub fn next_program(&mut self) {
        self.scratch.clear();
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
    pub fn filled(&self, hemisphere: Hemisphere, set: u8) -> (u32, u32) {
        let first = self.feeders[&(hemisphere, set)][0];
        let layered = self.layered.get(&(Layered::Weights, first)).copied().unwrap_or(0);
        (layered, self.weights[hemisphere.index()][usize::from(set)])
    }

    /// Whether weights that many rows pass belong in a half's second set of feeders: where computed values lie in slices of the first one,
    /// which are read for long, and half of the second one has room for them.
    pub fn prefers_second(&self, hemisphere: Hemisphere, words: u32) -> bool {
        self.shelves.is_some() && self.filled(hemisphere, 1).1 + words <= u32::from(self.words) / 2
    }

    /// Whether a set of feeders has room for shared weights.
    pub fn has_room(&self, hemisphere: Hemisphere, set: u8, words: u32) -> bool {
        let above = self.above[hemisphere.index()][usize::from(set)].unwrap_or(0);
        above + self.filled(hemisphere, set).1 + words <= self.words.into()
    }

    /// A home for a computed value of `bytes` bytes an element and `rows` rows, in `bank` of `place`.
    pub fn scratch(&mut self, place: Place, bytes: usize, rows: u32, bank: u16) -> Home {
        self.scratch_on(self.places[&place][..bytes].to_vec(), rows, bank)
    }

    /// A home for `words` words of computed weights in a set of feeders.
    pub fn fed(&mut self, hemisphere: Hemisphere, set: u8, words: u32) -> Home {
        self.scratch_on(self.feeders(hemisphere, set), words, 0)
    }

    fn scratch_on(&mut self, slices: Vec<SliceId>, rows: u32, bank: u16) -> Home {
        let bank = bank % (self.words / self.bank_words);
        if let Some(shelves) = &mut self.shelves {
            let Given { word, from } = match shelves.take(slices[0], bank, rows) {
                Ok(given) => given,
                Err(shortage) => {
                    self.shortage.get_or_insert(shortage);
                    Given { word: 0, from: 0 }
                }
            };
            let (bank, first) = ((word / u32::from(self.bank_words)) as u16, word % u32::from(self.bank_words));
            for slice in &slices {
                let reached = self.reached.entry((*slice, bank)).or_default();
                reached.fixed = reached.fixed.max(first + rows);
                self.left.insert((*slice, word as u16), from);
            }
            return self.home(slices, 0, word);
        }
        let fills = slices.iter().filter_map(|slice| self.scratch.get(&(*slice, bank)));
        let before = fills.max_by_key(|fill| fill.words()).copied().unwrap_or_default();
        let after = before.and(rows);
        for slice in &slices {
            self.scratch.insert((*slice, bank), after);
            let reached = self.reached.entry((*slice, bank)).or_default();
            if reached.words() < after.words() {
                *reached = after;
            }
        }
        // What runs over the bank's end is refused once all is known: until then it keeps away from the next bank's words.
        let end = before.words().saturating_add(rows);
        let offset = if end <= u32::from(self.bank_words) { before.words() } else { 0 };
        self.home(slices, 0, u32::from(bank * self.bank_words) + offset)
    }

    /// A home for a table that all instances share.
    pub fn shared(&mut self, slices: &[SliceId], rows: u32) -> Home {
        let fills = slices.iter().filter_map(|slice| self.shared.get(slice));
        let before = fills.max_by_key(|fill| fill.words()).copied().unwrap_or_default();
        let after = before.and(rows);
        for slice in slices {
            self.shared.insert(*slice, after);
        }
        self.home(slices.to_vec(), 0, u32::from(self.words).saturating_sub(after.words()))
    }

    /// A home for weights that all instances share, in a set of feeders: below the tables of rows.
    pub fn shared_weights(&mut self, hemisphere: Hemisphere, set: u8, words: u32) -> Home {
        let (half, slices) = (hemisphere.index(), self.feeders(hemisphere, set));
        let filled = &mut self.weights[half][usize::from(set)];
        *filled = filled.saturating_add(words);
        match self.above[half][usize::from(set)] {
            Some(above) => {
                let end = above.saturating_add(*filled);
                self.home(slices, 0, u32::from(self.words).saturating_sub(end))
            }
            None => self.shared(&slices, words),
        }
    }

    /// A home that every layer has, relative to the base of its kind.
    pub fn layered(&mut self, kind: Layered, slices: &[SliceId], rows: u32) -> Home {
        let next = |slice: &SliceId| self.layered.get(&(kind, *slice)).copied().unwrap_or(0);
        let offset = slices.iter().map(next).max().unwrap_or(0);
        for slice in slices {
            self.layered.insert((kind, *slice), offset + rows);
        }
        self.home(slices.to_vec(), kind.base(), offset)
    }

    /// Words past the end of a slice are only handed out on the way to an error: their address means nothing.
    fn home(&self, slices: Vec<SliceId>, base: u8, offset: u32) -> Home {
        let offset = u16::try_from(offset).unwrap_or(self.words - 1);
        Home { slices, address: Address { base, offset, stride: 0 } }
    }

    /// Fixes the bases of `layers` layers.
    ///
    /// Errors: `Memory` with what does not fit, totals, and the smallest change that does.
    pub fn regions(&self, layers: u32) -> Result<[Region; 3], CompileError> {
        let mut regions = [Region::default(); 3];
        let available = u32::from(self.words);
        let words = |fill: &Fill| fill.words();
        let slices = self.shared.keys().chain(self.feeders.values().flatten());
        let tables = slices.map(|slice| self.tables(*slice).words());
        if let Some(needed) = tables.max().filter(|&needed| available < needed) {
            return Err(self.refusal(Resident::Tables, needed.into(), available.into(), layers));
        }
        for kind in Layered::ALL {
            let (stride, _) = self.of_kind(kind);
            let (bottom, top) = self.gap(kind, layers);
            let needed = u64::from(stride) * u64::from(layers);
            let left = u64::from(top.saturating_sub(bottom));
            if left < needed {
                let what = match kind {
                    Layered::Weights => Resident::Weights,
                    Layered::Constants => Resident::Constants,
                    Layered::Caches => Resident::Caches,
                };
                return Err(self.refusal(what, needed, left, layers));
            }
            let start = if kind == Layered::Constants { top - needed as u32 } else { bottom };
            regions[usize::from(kind.base()) - 1] = Region { start: start as u16, stride: stride as u16 };
        }
        for (&(slice, bank), fill) in &self.reached {
            let below = self.ceiling(slice, layers, words);
            let left = u32::from(self.bank_words).min(below.saturating_sub(u32::from(bank * self.bank_words)));
            if left < words(fill) {
                return Err(self.refusal(Resident::Scratch, words(fill).into(), left.into(), layers));
            }
        }
        Ok(regions)
    }

    /// Words per layer of a kind, and the slices that hold it.
    fn of_kind(&self, kind: Layered) -> (u32, Vec<SliceId>) {
        let of_kind = || self.layered.iter().filter(move |((other, _), _)| *other == kind);
        (of_kind().map(|(_, &words)| words).max().unwrap_or(0), of_kind().map(|((_, slice), _)| *slice).collect())
    }

    /// First word of a kind's region and one past its last: between the scratch and the tables of all its slices. Where long tables leave
    /// no room there for constants, between the scratch of the first bank and the second bank.
    fn gap(&self, kind: Layered, layers: u32) -> (u32, u32) {
        let (stride, slices) = self.of_kind(kind);
        let top = slices.iter().map(|slice| self.top(*slice)).min().unwrap_or(u32::from(self.words));
        let bottom = self.bottoms(kind);
        if kind != Layered::Constants {
            return (bottom, top);
        }
        // Some slices have caches too.
        let (cached, beside) = self.of_kind(Layered::Caches);
        let end = self.bottoms(Layered::Caches).saturating_add(cached.saturating_mul(layers));
        let end = if slices.iter().any(|slice| beside.contains(slice)) { end } else { 0 };
        let bottom = bottom.max(end);
        let scratch = |slice: &SliceId| self.scratch.get(&(*slice, 0)).map_or(0, |fill| fill.words());
        let low = slices.iter().map(scratch).fold(end, u32::max);
        let low = (low, top.min(u32::from(self.bank_words)));
        let fits = |(bottom, top): (u32, u32)| stride.saturating_mul(layers) <= top.saturating_sub(bottom);
        if !fits((bottom, top)) && fits(low) { low } else { (bottom, top) }
    }

    /// First word of the slice's constants and tables, of which `counted` tells the words.
    fn ceiling(&self, slice: SliceId, layers: u32, counted: impl Fn(&Fill) -> u32) -> u32 {
        let top = |slice: &SliceId| u32::from(self.words).saturating_sub(counted(&self.tables(*slice)));
        let (stride, slices) = self.of_kind(Layered::Constants);
        let is_low = self.gap(Layered::Constants, layers).1 <= u32::from(self.bank_words);
        if !slices.contains(&slice) || is_low {
            return top(&slice);
        }
        slices.iter().map(top).min().unwrap_or(0).saturating_sub(stride.saturating_mul(layers))
    }

    /// What does not fit, and the smallest change with which everything does.
    fn refusal(&self, what: Resident, needed: u64, available: u64, layers: u32) -> CompileError {
        let positions = self.positions_fitting(layers);
        let remedy = match what {
            _ if positions < self.positions => Remedy::Context(positions),
            Resident::Weights | Resident::Constants => {
                let fitting = (u64::from(layers) * available / needed.max(1)) as u32;
                Remedy::Chips { layers: fitting, of: layers, chips: needed.div_ceil(available.max(1)) }
            }
            _ => Remedy::SmallerModel,
        };
        CompileError::Memory { what, needed, available, remedy }
    }

    /// The greatest number of positions for which tables, caches and scratch have room.
    fn positions_fitting(&self, layers: u32) -> u32 {
        let words = u32::from(self.words);
        let fitting = |available: u32, fixed: u32, scaled: u32| match scaled {
            0 => self.positions,
            _ => (u64::from(available.saturating_sub(fixed)) * u64::from(self.positions) / u64::from(scaled)) as u32,
        };
        let tables = self.shared.keys().map(|slice| self.tables(*slice));
        let tables = tables.map(|fill| fitting(words, fill.fixed, fill.scaled));
        let caches = self.of_kind(Layered::Caches).0 * layers;
        let caches = fitting(words, self.bottoms(Layered::Caches), caches);
        let scratch = self.reached.iter().map(|(&(slice, bank), fill)| {
            let shared = self.tables(slice);
            let in_bank = fitting(u32::from(self.bank_words), fill.fixed, fill.scaled);
            let ceiling = self.ceiling(slice, layers, |fill| fill.fixed);
            in_bank.min(fitting(ceiling, u32::from(bank * self.bank_words) + fill.fixed, fill.scaled + shared.scaled))
        });
        tables.chain([caches]).chain(scratch).min().unwrap_or(self.positions)
    }

    /// First word after the scratch of all slices of a kind.
    fn bottoms(&self, kind: Layered) -> u32 {
        self.of_kind(kind).1.iter().map(|slice| self.bottom(*slice)).max().unwrap_or(0)
    }

    /// Words of a slice that shared tables take, from its end on.
    fn tables(&self, slice: SliceId) -> Fill {
        let of_rows = self.shared.get(&slice).copied().unwrap_or_default();
        let below = self.set_of(slice).and_then(|(half, set)| {
            let (half, set) = (half.index(), usize::from(set));
            let weights = self.weights[half][set];
            Some(self.above[half][set].filter(|_| 0 < weights)?.saturating_add(weights))
        });
        below.filter(|&below| of_rows.words() < below).map_or(of_rows, |fixed| Fill { fixed, scaled: 0 })
    }

    /// First word of the shared tables.
    fn top(&self, slice: SliceId) -> u32 {
        u32::from(self.words).saturating_sub(self.tables(slice).words())
    }

    /// First word after the scratch of all banks.
    fn bottom(&self, slice: SliceId) -> u32 {
        let banks = (0..self.words / self.bank_words).rev();
        let end = |bank| self.reached.get(&(slice, bank)).map(|fill| u32::from(bank * self.bank_words) + fill.words());
        banks.filter_map(end).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_of_one_slice_do_not_overlap() {
        let mut store = Store::new(&Chip::lpu_14nm(), 64).expect("the published chip has room");
        let first = store.scratch(Place::EastFar, 4, 10, 0);
        let second = store.scratch(Place::EastFarLow, 2, 10, 0);
        assert_eq!(first.address.offset, 0);
        assert_eq!(second.address.offset, 10, "the two places share slices");
        let table = store.shared(&first.slices, 100);
        assert_eq!(table.address.offset, 8092);
    }

    #[test]
    fn too_many_layers_are_refused_with_the_number_that_fits() {
        let mut store = Store::new(&Chip::lpu_14nm(), 64).expect("the published chip has room");
        let feeders = store.feeders(Hemisphere::East, 0);
        store.layered(Layered::Weights, &feeders, 1000);
        assert!(store.regions(8).is_ok());
        let error = store.regions(9).expect_err("9000 words in 8192");
        assert!(error.to_string().contains("8 of 9 layers"), "{error}");
    }

    #[test]
    fn constants_go_below_the_second_bank_where_tables_leave_no_room_above() {
        let mut store = Store::new(&Chip::lpu_14nm(), 3000).expect("the published chip has room");
        store.scratch(Place::EastNear, 4, 100, 0);
        store.scratch(Place::EastNear, 4, 1090, 1);
        let slices = store.slices(Place::EastNear).to_vec();
        store.layered(Layered::Constants, &slices, 10);
        let constants = |store: &Store| store.regions(2).expect("there is room")[1];
        assert_eq!(constants(&store), Region { start: 8172, stride: 10 });
        store.shared(&slices, 3000);
        assert_eq!(constants(&store), Region { start: 4076, stride: 10 }, "6 words are left above");
    }

    #[test]
    fn constants_keep_away_from_caches_in_their_slices() {
        let mut store = Store::new(&Chip::lpu_14nm(), 64).expect("the published chip has room");
        let slices = store.slices(Place::EastFar).to_vec();
        store.layered(Layered::Constants, &slices, 10);
        store.layered(Layered::Caches, &slices[..2], 8180);
        assert!(store.regions(1).is_ok());
        store.layered(Layered::Caches, &slices[..2], 3);
        let error = store.regions(1).expect_err("9 words are left").to_string();
        assert!(error.contains("10 words of each slice are needed, 9 are free"), "{error}");
    }

    #[test]
    fn the_context_that_fits_is_named() {
        let mut store = Store::new(&Chip::lpu_14nm(), 3000).expect("the published chip has room");
        store.scratch(Place::EastFarLow, 2, 3000, 0);
        for _ in 0..96 {
            store.scratch(Place::EastFarLow, 2, 1, 0);
        }
        assert!(store.regions(1).is_ok());
        store.scratch(Place::EastFarLow, 2, 3000, 0);
        let error = store.regions(1).expect_err("6096 words in a bank of 4096");
        assert!(error.to_string().contains("at most 2000"), "{error}");
    }
}

//! How attention heads are laid out in tiles of 320 lanes.
//!
//! In: heads, key heads, lanes per head.  Out: tiles of query heads, and the key and value tiles they meet.
//! Invariant: slot j of a query tile meets slot j of its key tile lane by lane. In a slot the first elements of all pairs stand first,
//!     in whole superlanes, then the second ones: a rotation's partner is a whole number of superlanes away.
//! Method: two layouts, and a third. Dense: query heads side by side, as many as a tile holds; a key head is repeated for each of them, in
//!     every cache that needs it. Grouped: key heads stand once, query tile r takes query head r of each. The one with fewer query tiles is
//!     the faster one; the grouped one needs less memory. Halved: as dense, but a tile holds half of each head's elements, so that twice as
//!     many heads stand side by side; products of the two halves are added before they are summed over lanes.

use crate::CompileError;
use crate::tables::{GROUP, LANES};

/// Heads side by side, one per slot; an empty slot is zeros.
pub type Slots = Vec<Option<u32>>;

/// A tile of query heads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryTile {
    /// Query head of each slot.
    pub heads: Slots,
    /// Those of them that count: a surplus head of a chip's part is computed and taken no further.
    pub counted: Slots,
    /// The cache it meets, by place in `Heads::caches`.
    pub cache: usize,
}

impl QueryTile {
    fn new(heads: impl Iterator<Item = Option<(u32, bool)>> + Clone, cache: usize) -> Self {
        let counted = heads.clone().map(|head| head.filter(|(_, counts)| *counts).map(|(query, _)| query)).collect();
        QueryTile { heads: heads.map(|head| head.map(|(query, _)| query)).collect(), counted, cache }
    }
}

/// The layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heads {
    /// The model's heads.
    pub counts: HeadCounts,
    /// Those that are laid out.
    members: Vec<KeyHead>,
    /// Elements of a head.
    pub dim: usize,
    /// Tiles over which the elements of a head are spread: 1 or 2.
    pub parts: usize,
    /// Lanes of a slot: two runs of whole superlanes, for the first and the second elements of the pairs.
    pub slot_lanes: usize,
    /// Key heads of each cache; all caches have equally many slots.
    pub caches: Vec<Slots>,
    /// Query tiles.
    pub queries: Vec<QueryTile>,
}

/// Numbers of heads as a model states them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadCounts {
    /// Key and value heads.
    pub keys: u32,
    /// Query heads that share each.
    pub repeats: u32,
    /// Elements per head.
    pub dim: u32,
}

/// A key head and the query heads that meet it here.
#[derive(Clone, Debug, PartialEq, Eq)]
struct KeyHead {
    key: u32,
    /// Each with whether it counts.
    queries: Vec<(u32, bool)>,
}

impl HeadCounts {
    /// All heads from key head `first` on, `count` of them; those past the end are the model's first ones again, and do not count.
    fn whole(self, first: u32, count: u32) -> Vec<KeyHead> {
        let of_key = |key: u32| {
            let model = key % self.keys;
            let queries = (0..self.repeats).map(|query| (model * self.repeats + query, key < self.keys)).collect();
            KeyHead { key: model, queries }
        };
        (first..first + count).map(of_key).collect()
    }

    /// How many query heads of each key head that is left over when every part has equally many whole ones go to one part: the fewest with
    /// which all of them go somewhere.
    fn shared_out(self, parts: u32) -> u32 {
        let left = self.keys % parts;
        let fits = |queries: &u32| left * self.repeats.div_ceil(*queries) <= parts;
        (1..self.repeats).find(fits).unwrap_or(self.repeats)
    }

    /// The heads of part `index` of `parts`: as many key heads each, and where that does not come out, some query heads of one more.
    fn part(self, index: u32, parts: u32) -> Vec<KeyHead> {
        let (whole, queries) = (self.keys / parts, self.shared_out(parts));
        if self.keys.is_multiple_of(parts) || queries == self.repeats {
            let count = self.keys.div_ceil(parts);
            return self.whole(index * count, count);
        }
        let (per_key, left) = (self.repeats.div_ceil(queries), self.keys % parts);
        let (turn, first) = (index / per_key, index % per_key * queries);
        let key = whole * parts + turn % left;
        let query = |query: u32| (key * self.repeats + query % self.repeats, turn < left && query < self.repeats);
        let rest = KeyHead { key, queries: (first..first + queries).map(query).collect() };
        self.whole(index * whole, whole).into_iter().chain([rest]).collect()
    }
}

impl Heads {
    /// The layout with the fewest query tiles; grouped where both have as many.
    ///
    /// Errors: `Unrecognised` when one head alone is wider than a tile.
    pub fn new(counts: HeadCounts) -> Result<Self, CompileError> {
        Heads::of(counts, counts.whole(0, counts.keys))
    }

    /// The same for part `index` of `parts` equal ones of the heads that `counts` counts. Parts differ in which heads they have, not in form.
    ///
    /// Errors: as `new`.
    pub fn part(counts: HeadCounts, (index, parts): (u16, u16)) -> Result<Self, CompileError> {
        Heads::of(counts, counts.part(index.into(), parts.into()))
    }

    fn of(counts: HeadCounts, members: Vec<KeyHead>) -> Result<Self, CompileError> {
        let slot = Slot::new(counts, 1);
        if slot.most() == 0 {
            let what = format!("heads of {} elements", counts.dim);
            return Err(CompileError::Unrecognised { what, expected: format!("at most {LANES} elements per head") });
        }
        let [dense, grouped] = [Heads::dense, Heads::grouped].map(|layout| layout(slot.layout(counts, &members), slot));
        Ok(if dense.queries.len() < grouped.queries.len() { dense } else { grouped })
    }

    /// The same heads, each spread over two tiles, if that makes fewer tiles of scores.
    pub fn halved(&self) -> Option<Self> {
        let slot = Slot::new(self.counts, 2);
        let halved = Heads::dense(slot.layout(self.counts, &self.members), slot);
        Some(halved).filter(|halved| halved.queries.len() < self.queries.len())
    }

    /// The same heads with every key head in one cache only, if that is another layout.
    pub fn frugal(&self) -> Option<Self> {
        let slot = Slot::new(self.counts, 1);
        let grouped = Heads::grouped(slot.layout(self.counts, &self.members), slot);
        Some(grouped).filter(|grouped| grouped != self)
    }

    fn dense(mut self, slot: Slot) -> Self {
        let of_key =
            |(place, member): (usize, &KeyHead)| member.queries.iter().map(move |&query| (place, query)).collect();
        let heads: Vec<(usize, (u32, bool))> = self.members.iter().enumerate().flat_map::<Vec<_>, _>(of_key).collect();
        let tiles = heads.len().div_ceil(slot.most() as usize);
        let slots = heads.len().div_ceil(tiles);
        // By place, not by name: a head that comes twice must not make this part's form another one.
        let mut places: Vec<Vec<Option<usize>>> = Vec::new();
        for tile in 0..tiles {
            let in_tile: Vec<_> = (tile * slots..(tile + 1) * slots).map(|head| heads.get(head).copied()).collect();
            let keys: Vec<Option<usize>> = in_tile.iter().map(|head| head.map(|(place, _)| place)).collect();
            let cache = places.iter().position(|other| *other == keys).unwrap_or(places.len());
            if cache == places.len() {
                self.caches.push(keys.iter().map(|key| key.map(|place| self.members[place].key)).collect());
                places.push(keys);
            }
            self.queries.push(QueryTile::new(in_tile.iter().map(|head| head.map(|(_, query)| query)), cache));
        }
        self
    }

    fn grouped(mut self, slot: Slot) -> Self {
        let count = self.members.len().div_ceil(slot.most() as usize);
        let slots = self.members.len().div_ceil(count);
        let repeats = self.members.iter().map(|member| member.queries.len()).max().unwrap_or(0);
        for (cache, members) in self.members.chunks(slots).enumerate() {
            let padded = || (0..slots).map(|slot| members.get(slot));
            self.caches.push(padded().map(|member| member.map(|member| member.key)).collect());
            let tile =
                |repeat: usize| QueryTile::new(padded().map(|member| member?.queries.get(repeat).copied()), cache);
            self.queries.extend((0..repeats).map(tile));
        }
        self
    }

    /// Lanes of every tile that hold heads; zeros follow.
    pub fn lanes(&self) -> usize {
        self.caches[0].len() * self.slot_lanes
    }

    /// The element of a head in each lane of a slot of tile `part` of its tiles.
    fn elements(&self, part: usize) -> Vec<Option<usize>> {
        let (run, pairs) = (self.slot_lanes / 2, self.dim / 2);
        let per_part = pairs.div_ceil(self.parts);
        let element = |lane: usize| {
            let (second, place) = (lane / run, lane % run);
            let pair = part * per_part + place;
            (place < per_part && pair < pairs).then_some(2 * pair + second)
        };
        (0..self.slot_lanes).map(element).collect()
    }

    /// The row of a projection of all heads that makes each lane of a tile, for tile `part` of its heads.
    pub fn rows(&self, slots: &Slots, part: usize) -> Vec<Option<usize>> {
        let elements = self.elements(part);
        let row = |head: Option<u32>, element: Option<usize>| Some(head? as usize * self.dim + element?);
        slots.iter().flat_map(|&head| elements.iter().map(move |&element| row(head, element))).collect()
    }

    /// The same with the elements of each pair exchanged.
    pub fn swapped(&self, rows: &[Option<usize>]) -> Vec<Option<usize>> {
        rows.chunks(self.slot_lanes / 2)
            .collect::<Vec<_>>()
            .chunks(2)
            .flat_map(|pair| [pair[1], pair[0]].concat())
            .collect()
    }

    /// A row of a tile with `values` (one per element of a head) in every slot, zeros between and after.
    pub fn spread(&self, values: &[f32], part: usize) -> Vec<f32> {
        let slot: Vec<f32> =
            self.elements(part).iter().map(|element| element.map_or(0.0, |element| values[element])).collect();
        let mut row = slot.repeat(self.caches[0].len());
        row.resize(LANES, 0.0);
        row
    }
}

/// The shape of a slot.
#[derive(Clone, Copy)]
struct Slot {
    parts: usize,
    lanes: usize,
}

impl Slot {
    fn new(counts: HeadCounts, parts: usize) -> Self {
        let pairs = (counts.dim as usize / 2).div_ceil(parts);
        Slot { parts, lanes: 2 * pairs.next_multiple_of(GROUP) }
    }

    /// How many stand side by side.
    fn most(self) -> u32 {
        (LANES / self.lanes.max(1)) as u32
    }

    /// A layout without tiles.
    fn layout(self, counts: HeadCounts, members: &[KeyHead]) -> Heads {
        Heads {
            counts,
            members: members.to_vec(),
            dim: counts.dim as usize,
            parts: self.parts,
            slot_lanes: self.lanes,
            caches: Vec::new(),
            queries: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads(keys: u32, repeats: u32, dim: u32) -> Heads {
        Heads::new(HeadCounts { keys, repeats, dim }).expect("narrow enough")
    }

    #[test]
    fn parts_count_every_query_head_once_and_have_one_form() {
        let layouts: [fn(Heads) -> Heads; 3] =
            [|heads| heads, |heads| heads.halved().unwrap_or(heads), |heads| heads.frugal().unwrap_or(heads)];
        for (keys, repeats, count) in
            [(3, 3, 2), (3, 3, 4), (3, 3, 8), (8, 4, 4), (2, 4, 8), (5, 3, 2), (6, 5, 4), (1, 7, 4)]
        {
            for layout in layouts {
                let counts = HeadCounts { keys, repeats, dim: 64 };
                let part = |part| layout(Heads::part(counts, (part, count)).expect("narrow"));
                let parts: Vec<Heads> = (0..count).map(part).collect();
                let tiles = || parts.iter().flat_map(|heads| &heads.queries);
                let mut counted: Vec<u32> = tiles().flat_map(|tile| tile.counted.iter().flatten()).copied().collect();
                counted.sort_unstable();
                assert_eq!(counted, (0..keys * repeats).collect::<Vec<_>>());
                let form = |heads: &Heads| {
                    let same = |cache: &Slots| -> Vec<Option<usize>> {
                        cache.iter().map(|key| cache.iter().position(|other| other == key)).collect()
                    };
                    let tiles: Vec<_> = heads.queries.iter().map(|tile| (tile.cache, tile.heads.len())).collect();
                    (heads.lanes(), tiles, heads.caches.iter().map(same).collect::<Vec<_>>())
                };
                assert!(parts.iter().all(|heads| form(heads) == form(&parts[0])), "{keys} x {repeats} on {count}");
                for (heads, tile) in parts.iter().flat_map(|heads| heads.queries.iter().map(move |tile| (heads, tile)))
                {
                    let meets = |(query, key): (&Option<u32>, &Option<u32>)| {
                        query.is_none_or(|query| Some(query / repeats) == *key)
                    };
                    assert!(tile.heads.iter().zip(&heads.caches[tile.cache]).all(meets));
                }
            }
        }
    }

    #[test]
    fn what_does_not_come_out_in_key_heads_is_shared_out_in_query_heads() {
        let most = |keys, repeats, parts: u32| {
            let counts = HeadCounts { keys, repeats, dim: 64 };
            let queries = |part| counts.part(part, parts).iter().map(|member| member.queries.len()).sum::<usize>();
            (0..parts).map(queries).max()
        };
        assert_eq!([most(3, 3, 1), most(3, 3, 2), most(3, 3, 4), most(3, 3, 8)], [Some(9), Some(5), Some(3), Some(2)]);
        assert_eq!([most(8, 4, 8), most(2, 4, 8), most(1, 7, 4)], [Some(4), Some(1), Some(2)]);
    }

    #[test]
    fn every_query_head_meets_its_key_head_once() {
        for (keys, repeats, dim) in [(3, 3, 64), (12, 1, 64), (6, 1, 48), (1, 8, 320), (7, 2, 6), (8, 4, 64)] {
            let fast = heads(keys, repeats, dim);
            for heads in [fast.frugal(), fast.halved(), Some(fast)].into_iter().flatten() {
                assert!(heads.lanes() <= LANES);
                let mut met = Vec::new();
                for tile in &heads.queries {
                    let caches = &heads.caches[tile.cache];
                    assert_eq!(tile.heads.len(), caches.len());
                    for (query, key) in tile.heads.iter().zip(caches) {
                        assert_eq!(query.map(|query| query / repeats), *key);
                        met.extend(*query);
                    }
                }
                met.sort_unstable();
                assert_eq!(met, (0..keys * repeats).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn pairs_are_taken_apart_and_lanes_past_a_head_are_zero() {
        let heads = heads(2, 1, 6);
        let rows = heads.rows(&heads.caches[0], 0);
        assert_eq!((rows.len(), rows[2], rows[3], rows[18], rows[32]), (64, Some(4), None, Some(5), Some(6)));
        assert_eq!(heads.swapped(&rows)[2], Some(5));
    }

    #[test]
    fn the_parts_of_a_head_hold_each_of_its_elements_once() {
        for (keys, repeats, dim) in [(3, 3, 64), (6, 2, 64), (5, 1, 80)] {
            let whole = heads(keys, repeats, dim);
            let Some(halved) = whole.halved() else { panic!("{dim} elements: halves make fewer tiles") };
            let of = |heads: &Heads, cache: &Slots| -> Vec<usize> {
                (0..heads.parts).flat_map(|part| heads.rows(cache, part)).flatten().collect()
            };
            let all = |heads: &Heads| {
                let mut rows: Vec<usize> = heads.queries.iter().flat_map(|tile| of(heads, &tile.heads)).collect();
                rows.sort_unstable();
                rows
            };
            assert_eq!(all(&whole), all(&halved));
            assert_eq!(all(&whole), (0..(keys * repeats * dim) as usize).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_head_wider_than_a_tile_is_refused() {
        let error = Heads::new(HeadCounts { keys: 1, repeats: 1, dim: 322 }).expect_err("322 in 320");
        assert!(error.to_string().contains("322"), "{error}");
    }
}

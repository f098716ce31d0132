//! How attention heads are laid out in tiles of 320 lanes.
//!
//! In: heads, key heads, lanes per head.  Out: tiles of query heads, and the key and value tiles they meet.
//! Invariant: slot j of a query tile meets slot j of its key tile lane by lane. In a slot the first elements of all pairs stand first,
//!     in whole superlanes, then the second ones: a rotation's partner is a whole number of superlanes away.
//! Method: two layouts, and a third. Dense: query heads side by side, as many as a tile holds; a key head is repeated for each of them, in every
//!     cache that needs it. Grouped: key heads stand once, query tile r takes query head r of each. The one with fewer query tiles is
//!     the faster one; the grouped one needs less memory. Halved: as dense, but a tile holds half of each head's elements, so that twice as many heads
//!     stand side by side; products of the two halves are added before they are summed over lanes.

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

/// The layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heads {
    /// What is laid out.
    pub counts: HeadCounts,
    /// Key heads of the model before the first one laid out here, and in all.
    pub part: (u32, u32),
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

impl Heads {
    /// The layout with the fewest query tiles; grouped where both have as many.
    ///
    /// Errors: `Unrecognised` when one head alone is wider than a tile.
    pub fn new(counts: HeadCounts) -> Result<Self, CompileError> {
        let slot = Slot::new(counts, 1);
        if slot.most() == 0 {
            let what = format!("heads of {} elements", counts.dim);
            return Err(CompileError::Unrecognised { what, expected: format!("at most {LANES} elements per head") });
        }
        let (dense, grouped) = (Heads::dense(counts, slot), Heads::grouped(counts, slot));
        Ok(if dense.queries.len() < grouped.queries.len() { dense } else { grouped })
    }

    /// Part `index` of `parts` equal ones of the heads that `counts` counts, rounded up to whole key heads.
    ///
    /// Errors: as `new`.
    pub fn part(counts: HeadCounts, (index, parts): (u16, u16)) -> Result<Self, CompileError> {
        let keys = counts.keys.div_ceil(u32::from(parts));
        let here = Heads::new(HeadCounts { keys, ..counts })?;
        Ok(here.shifted((u32::from(index) * keys, counts.keys)))
    }

    /// The same heads, each spread over two tiles, if that makes fewer tiles of scores.
    pub fn halved(&self) -> Option<Self> {
        let halved = Heads::dense(self.counts, Slot::new(self.counts, 2)).shifted(self.part);
        Some(halved).filter(|halved| halved.queries.len() < self.queries.len())
    }

    /// The same heads with every key head in one cache only, if that is another layout.
    pub fn frugal(&self) -> Option<Self> {
        let grouped = Heads::grouped(self.counts, Slot::new(self.counts, 1)).shifted(self.part);
        Some(grouped).filter(|grouped| grouped != self)
    }

    /// The layout for the heads from key head `part.0` on of `part.1`: surplus heads are the model's first ones again.
    fn shifted(mut self, part: (u32, u32)) -> Self {
        let (first, total) = part;
        let repeats = self.counts.repeats;
        let counted = |head: u32| Some(first * repeats + head).filter(|head| *head < total * repeats);
        for tile in &mut self.queries {
            tile.counted = tile.heads.iter().map(|head| head.and_then(counted)).collect();
            tile.heads.iter_mut().flatten().for_each(|head| *head = (first * repeats + *head) % (total * repeats));
        }
        self.caches.iter_mut().flatten().flatten().for_each(|key| *key = (first + *key) % total);
        self.part = part;
        self
    }

    fn dense(counts: HeadCounts, slot: Slot) -> Self {
        let heads = counts.keys * counts.repeats;
        let tiles = heads.div_ceil(slot.most());
        let slots = heads.div_ceil(tiles);
        let mut layout = slot.layout(counts);
        for tile in 0..tiles {
            let in_tile = (tile * slots..(tile + 1) * slots).map(|head| (head < heads).then_some(head));
            let queries: Slots = in_tile.collect();
            let keys: Slots = queries.iter().map(|head| head.map(|head| head / counts.repeats)).collect();
            let cache = layout.caches.iter().position(|other| *other == keys).unwrap_or(layout.caches.len());
            if cache == layout.caches.len() {
                layout.caches.push(keys);
            }
            layout.queries.push(QueryTile { counted: queries.clone(), heads: queries, cache });
        }
        layout
    }

    fn grouped(counts: HeadCounts, slot: Slot) -> Self {
        let HeadCounts { keys, repeats, .. } = counts;
        let count = keys.div_ceil(slot.most());
        let slots = keys.div_ceil(count);
        let key_heads =
            |cache: u32| (cache * slots..(cache + 1) * slots).map(move |head| (head < keys).then_some(head));
        let query = |cache: u32, repeat: u32| {
            let heads: Slots = key_heads(cache).map(|head| head.map(|head| head * repeats + repeat)).collect();
            QueryTile { counted: heads.clone(), heads, cache: cache as usize }
        };
        Heads {
            caches: (0..count).map(|cache| key_heads(cache).collect()).collect(),
            queries: (0..count).flat_map(|cache| (0..repeats).map(move |repeat| query(cache, repeat))).collect(),
            ..slot.layout(counts)
        }
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
    fn layout(self, counts: HeadCounts) -> Heads {
        Heads {
            counts,
            part: (0, counts.keys),
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
        for (keys, repeats, count) in [(3, 3, 2), (3, 3, 8), (8, 4, 4), (2, 4, 8)] {
            for layout in layouts {
                let counts = HeadCounts { keys, repeats, dim: 64 };
                let part = |part| layout(Heads::part(counts, (part, count)).expect("narrow"));
                let parts: Vec<Heads> = (0..count).map(part).collect();
                let tiles = || parts.iter().flat_map(|heads| &heads.queries);
                let mut counted: Vec<u32> = tiles().flat_map(|tile| tile.counted.iter().flatten()).copied().collect();
                counted.sort_unstable();
                assert_eq!(counted, (0..keys * repeats).collect::<Vec<_>>());
                assert!(parts.iter().all(|heads| heads.lanes() == parts[0].lanes()));
                for (heads, tile) in parts.iter().flat_map(|heads| heads.queries.iter().map(move |tile| (heads, tile)))
                {
                    let meets = |(query, key): (&Option<u32>, &Option<u32>)| query.map(|query| query / repeats) == *key;
                    assert!(tile.heads.iter().zip(&heads.caches[tile.cache]).all(meets));
                }
            }
        }
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

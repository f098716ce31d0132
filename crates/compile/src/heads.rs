//! How attention heads are laid out in tiles of 320 lanes.
//!
//! In: heads, key heads, lanes per head.  Out: tiles of query heads, and the key and value tiles they meet.
//! Invariant: slot j of a query tile meets slot j of its key tile lane by lane; a head has whole superlanes, zeros past its end.
//! Method: two layouts. Dense: query heads side by side, as many as a tile holds; a key head is repeated for each of them, in every
//!     cache that needs it. Grouped: key heads stand once, query tile r takes query head r of each. The one with fewer query tiles is
//!     the faster one; the grouped one needs less memory.

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
    /// Lanes of a slot: a head and zeros up to the next superlane.
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
        let slot_lanes = (counts.dim as usize).next_multiple_of(GROUP);
        let most = (LANES / slot_lanes) as u32;
        if most == 0 {
            let what = format!("heads of {} elements", counts.dim);
            return Err(CompileError::Unrecognised { what, expected: format!("at most {LANES} elements per head") });
        }
        let (dense, grouped) = (Heads::dense(counts, most, slot_lanes), Heads::grouped(counts, most, slot_lanes));
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

    /// The same heads with every key head in one cache only, if that is another layout.
    pub fn frugal(&self) -> Option<Self> {
        let most = (LANES / self.slot_lanes) as u32;
        let grouped = Heads::grouped(self.counts, most, self.slot_lanes).shifted(self.part);
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

    fn dense(counts: HeadCounts, most: u32, slot_lanes: usize) -> Self {
        let heads = counts.keys * counts.repeats;
        let tiles = heads.div_ceil(most);
        let slots = heads.div_ceil(tiles);
        let (dim, part) = (counts.dim as usize, (0, counts.keys));
        let mut layout = Heads { counts, part, dim, slot_lanes, caches: Vec::new(), queries: Vec::new() };
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

    fn grouped(counts: HeadCounts, most: u32, slot_lanes: usize) -> Self {
        let HeadCounts { keys, repeats, dim } = counts;
        let count = keys.div_ceil(most);
        let slots = keys.div_ceil(count);
        let key_heads =
            |cache: u32| (cache * slots..(cache + 1) * slots).map(move |head| (head < keys).then_some(head));
        let query = |cache: u32, repeat: u32| {
            let heads: Slots = key_heads(cache).map(|head| head.map(|head| head * repeats + repeat)).collect();
            QueryTile { counted: heads.clone(), heads, cache: cache as usize }
        };
        Heads {
            counts,
            part: (0, keys),
            dim: dim as usize,
            slot_lanes,
            caches: (0..count).map(|cache| key_heads(cache).collect()).collect(),
            queries: (0..count).flat_map(|cache| (0..repeats).map(move |repeat| query(cache, repeat))).collect(),
        }
    }

    /// Lanes of every tile.
    pub fn lanes(&self) -> usize {
        self.caches[0].len() * self.slot_lanes
    }

    /// The row of a projection of all heads that makes each lane of a tile.
    pub fn rows(&self, slots: &Slots) -> Vec<Option<usize>> {
        let row = |head: Option<u32>, lane: usize| {
            head.filter(|_| lane < self.dim).map(|head| head as usize * self.dim + lane)
        };
        slots.iter().flat_map(|&head| (0..self.slot_lanes).map(move |lane| row(head, lane))).collect()
    }

    /// `values` (one per element of a head) in every slot, zeros between.
    pub fn spread(&self, values: &[f32]) -> Vec<f32> {
        let mut slot = values.to_vec();
        slot.resize(self.slot_lanes, 0.0);
        slot.repeat(self.caches[0].len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads(keys: u32, repeats: u32, dim: u32) -> Heads {
        Heads::new(HeadCounts { keys, repeats, dim }).expect("narrow enough")
    }

    #[test]
    fn every_query_head_meets_its_key_head_once() {
        for (keys, repeats, dim) in [(3, 3, 64), (12, 1, 64), (6, 1, 48), (1, 8, 320), (7, 2, 6), (8, 4, 64)] {
            let fast = heads(keys, repeats, dim);
            for heads in [fast.frugal().unwrap_or(fast.clone()), fast] {
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
    fn parts_count_every_query_head_once_and_have_one_form() {
        for (keys, repeats, parts) in [(3, 3, 2), (3, 3, 8), (8, 4, 4), (2, 4, 8)] {
            let counts = HeadCounts { keys, repeats, dim: 16 };
            let parts: Vec<Heads> =
                (0..parts).map(|part| Heads::part(counts, (part, parts)).expect("narrow")).collect();
            let tiles = || parts.iter().flat_map(|heads| &heads.queries);
            let mut counted: Vec<u32> = tiles().flat_map(|tile| tile.counted.iter().flatten()).copied().collect();
            counted.sort_unstable();
            assert_eq!(counted, (0..keys * repeats).collect::<Vec<_>>());
            for heads in &parts {
                assert_eq!((heads.caches.len(), heads.lanes()), (parts[0].caches.len(), parts[0].lanes()));
                for tile in &heads.queries {
                    let meets = |(query, key): (&Option<u32>, &Option<u32>)| query.map(|query| query / repeats) == *key;
                    assert!(tile.heads.iter().zip(&heads.caches[tile.cache]).all(meets));
                }
            }
        }
    }

    #[test]
    fn lanes_past_a_head_are_zero() {
        let heads = heads(2, 1, 6);
        let rows = heads.rows(&heads.caches[0]);
        assert_eq!((rows.len(), rows[5], rows[6], rows[16], rows[22]), (32, Some(5), None, Some(6), None));
    }

    #[test]
    fn a_head_wider_than_a_tile_is_refused() {
        let error = Heads::new(HeadCounts { keys: 1, repeats: 1, dim: 322 }).expect_err("322 in 320");
        assert!(error.to_string().contains("322"), "{error}");
    }
}

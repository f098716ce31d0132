//! Room of weights in the slices that feed planes, told before anything has its words.
//!
//! In: words of the tables of weights, and whether many rows pass each.  Out: whether tables may lie twice; the most words that they can
//!     take of each set of feeders of a half.
//! Invariant: no order in which the scheduler meets the tables takes more of a set than is told.
//! Method: the scheduler's rules as bounds: halves even up to one contraction and a step; tables that many rows pass fill half of the
//!     second set first; the others, and what comes then, go where there is more room.

use crate::place::{UNEVEN_HALVES, UNEVEN_WORDS};
use std::collections::BTreeSet;

/// Sets of feeders, of both halves.
const SETS: u32 = 4;
/// Words of a tile of int8, the longest that lies in one set as a whole.
const TILE_WORDS: u32 = 20;

/// The tables of a contraction.
#[derive(Clone, Copy, Debug)]
pub struct Tables {
    /// The graph's node.
    pub node: usize,
    /// Tiles of columns, of all batches.
    pub tiles: u32,
    /// Words of the tables of one of them, which lie in one half.
    pub of_tile: u32,
    /// Whether many rows pass.
    pub is_long: bool,
    /// Whether the rows of a last tile could be shared by the halves.
    pub is_shareable: bool,
}

/// What weights take, in words of 16 slices each.
#[derive(Clone, Debug, Default)]
pub struct Reserve {
    /// Words of a slice.
    words: u32,
    /// Of tables that many rows pass.
    long: u32,
    /// Of the others.
    short: u32,
    /// Of the tables of one tile of columns that lie in one half only, at most.
    largest: u32,
    /// Contractions whose last tile lies in both halves.
    shared: BTreeSet<usize>,
}

impl Reserve {
    /// No tables, in slices of so many words.
    pub fn new(words: u32) -> Self {
        Reserve { words, ..Reserve::default() }
    }

    /// Tells all tables that there will be. Last tiles lie in both halves while all is no more than half of what the sets have.
    pub fn plan(&mut self, all: &[Tables]) {
        for tables in all {
            self.take(tables.of_tile.saturating_mul(tables.tiles), tables.is_long);
        }
        for tables in all {
            let with_it = self.long.saturating_add(self.short).saturating_add(tables.of_tile);
            let is_shared = tables.is_shareable && with_it <= self.words * SETS / 2;
            if is_shared {
                self.take(tables.of_tile, tables.is_long);
                self.shared.insert(tables.node);
            }
            if !is_shared || 1 < tables.tiles {
                self.largest = self.largest.max(tables.of_tile);
            }
        }
    }

    /// So many words more; many rows pass them, or few.
    pub fn take(&mut self, words: u32, is_long: bool) {
        let taken = if is_long { &mut self.long } else { &mut self.short };
        *taken = taken.saturating_add(words);
    }

    /// Whether the last tile of a contraction lies in both halves.
    pub fn is_shared(&self, node: usize) -> bool {
        self.shared.contains(&node)
    }

    /// The most words that tables take of the first and of the second set of a half.
    pub fn of_sets(&self) -> [u32; 2] {
        let all = self.long.saturating_add(self.short);
        if all == 0 {
            return [0, 0];
        }
        let of_half = all.div_ceil(2).saturating_add((UNEVEN_HALVES + self.largest).div_ceil(2)).min(all);
        let even = of_half.div_ceil(2) + UNEVEN_WORDS + TILE_WORDS;
        let (long, short) = (self.long.min(of_half), self.short.min(of_half));
        let second_first = self.words / 2;
        let past = (long + TILE_WORDS).saturating_sub(second_first);
        let second = if 0 < long { even.max(second_first) } else { even };
        [even.min(short.saturating_add(past)), second].map(|most| most.min(of_half))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(node: usize, (tiles, of_tile): (u32, u32), is_long: bool) -> Tables {
        Tables { node, tiles, of_tile, is_long, is_shareable: is_long && tiles % 2 == 1 }
    }

    #[test]
    fn tables_that_many_rows_pass_leave_the_first_set_alone_until_the_second_is_half_full() {
        let of_sets = |long, short| {
            let mut reserve = Reserve::new(8192);
            reserve.plan(&[tables(0, (long, 40), true), tables(1, (short, 40), false)]);
            reserve.of_sets()
        };
        assert_eq!(of_sets(0, 0), [0, 0]);
        assert_eq!(of_sets(100, 0), [0, 2148], "half of 4,000 words, and 148 by which halves differ");
        assert_eq!(of_sets(0, 100), [1114, 1114], "either set the half of it, and 40");
        assert_eq!(of_sets(300, 0), [2072, 4096], "6,148 words of a half, 20 of them before the second set has 4,096");
        assert_eq!(of_sets(300, 1)[0], 2132, "20 by which halves differ and 40 in the other set");
        assert_eq!(of_sets(800, 0), [8114, 8114]);
    }

    #[test]
    fn one_tile_that_is_not_shared_lies_in_one_half_and_one_that_is_in_both() {
        let of_sets = |of_tile, is_shareable| {
            let mut reserve = Reserve::new(8192);
            reserve.plan(&[Tables { is_shareable, ..tables(0, (1, of_tile), true) }]);
            reserve.of_sets()
        };
        assert_eq!(of_sets(7200, false), [3124, 4096], "all 7,200 in one half");
        assert_eq!(of_sets(4000, true), [52, 4096], "4,000 in each half, and 128 by which they may differ");
    }

    #[test]
    fn a_last_tile_lies_twice_only_while_all_that_will_come_has_room() {
        let mut reserve = Reserve::new(8192);
        reserve.plan(&[
            tables(0, (1, 300), true),
            tables(1, (1, 100), true),
            tables(2, (1, 84), true),
            tables(3, (2, 7758), false),
        ]);
        assert_eq!([0, 1, 2, 3].map(|node| reserve.is_shared(node)), [true, false, true, false]);
    }
}

//! Room of weights in the slices that feed planes, told before anything has its words.
//!
//! In: words of the tables of weights, and whether many rows pass each.  Out: whether tables may lie twice; the most words that they can
//!     take of each set of feeders of a half.
//! Invariant: no order in which the scheduler meets the tables takes more of a set than is told.
//! Method: the scheduler's rules as bounds: halves even up to one contraction and a step; tables that many rows pass fill half of the
//!     second set first; the others, and what comes then, go where there is more room.

use crate::place::{UNEVEN_HALVES, UNEVEN_WORDS};

/// Sets of feeders, of both halves.
const SETS: u32 = 4;
/// Words of a tile of int8, the longest that lies in one set as a whole.
const TILE_WORDS: u32 = 20;

/// What weights take, in words of 16 slices each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reserve {
    /// Words of a slice.
    words: u32,
    /// Of tables that many rows pass.
    long: u32,
    /// Of the others.
    short: u32,
    /// Of the tables of one contraction's columns, which lie in one half, at most.
    largest: u32,
}

impl Reserve {
    /// No tables, in slices of so many words.
    pub fn new(words: u32) -> Self {
        Reserve { words, ..Reserve::default() }
    }

    /// There will be tables of so many words, those for the same columns of so many; many rows pass them, or few.
    pub fn plan(&mut self, (words, of_columns): (u32, u32), is_long: bool) {
        let planned = if is_long { &mut self.long } else { &mut self.short };
        *planned = planned.saturating_add(words);
        self.largest = self.largest.max(of_columns);
    }

    /// Whether so many words can lie in both halves: all that there will be is no more than half of what the sets have. If so they are
    /// planned once more.
    pub fn repeats(&mut self, words: u32, is_long: bool) -> bool {
        let has_room = self.all().saturating_add(words) <= self.words * SETS / 2;
        if has_room {
            self.plan((words, words), is_long);
        }
        has_room
    }

    fn all(&self) -> u32 {
        self.long.saturating_add(self.short)
    }

    /// The most words that tables take of the first and of the second set of a half.
    pub fn of_sets(&self) -> [u32; 2] {
        let all = self.all();
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

    #[test]
    fn tables_that_many_rows_pass_leave_the_first_set_alone_until_the_second_is_half_full() {
        let of_sets = |long, short| {
            let mut reserve = Reserve::new(8192);
            (0..long).for_each(|_| reserve.plan((40, 40), true));
            (0..short).for_each(|_| reserve.plan((40, 40), false));
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
    fn words_lie_twice_only_while_all_that_will_come_has_room() {
        let mut reserve = Reserve::new(8192);
        reserve.plan((16_000, 40), true);
        assert!(reserve.repeats(300, true));
        assert!(!reserve.repeats(100, true), "16,300 of 16,384 are planned");
        assert!(reserve.repeats(84, false));
    }
}

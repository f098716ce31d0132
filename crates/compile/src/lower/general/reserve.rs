//! Room of weights in the slices that feed planes, told before anything has its words.
//!
//! In: words of the tables of weights, and whether many rows pass each.  Out: whether tables may lie twice; the most words that they can
//!     take of each set of feeders of a half.
//! Invariant: no order in which the scheduler meets the tables takes more of a set than is told, but by what halves may differ.
//! Method: the scheduler's rules as bounds: halves even up to one contraction; tables that many rows pass fill half of the second set
//!     first; the others, and what comes then, go where there is more room.

use crate::place::UNEVEN_WORDS;

/// Sets of feeders, of both halves.
const SETS: u32 = 4;
/// Words by which the scheduler lets halves differ.
const UNEVEN_HALVES: u32 = 256;
/// Words of a part of a tile of f16, the longest that lies in one set.
const PART_WORDS: u32 = 20;

/// What weights take, in words of 16 slices each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reserve {
    /// Words of a slice.
    words: u32,
    /// Of all tables that there will be.
    planned: u32,
    /// Of tables so far that many rows pass.
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

    /// Tables of so many words will come.
    pub fn plan(&mut self, words: u32) {
        self.planned = self.planned.saturating_add(words);
    }

    /// Whether so many words can lie in both halves: all that will come with them is no more than half of what the sets have. If so they
    /// are planned twice.
    pub fn repeats(&mut self, words: u32) -> bool {
        let all = self.planned.saturating_add(words);
        let has_room = all <= self.words * SETS / 2;
        if has_room {
            self.planned = all;
        }
        has_room
    }

    /// The tables of one contraction's columns take so many words; many rows pass them, or few.
    pub fn take(&mut self, words: u32, is_long: bool) {
        let taken = if is_long { &mut self.long } else { &mut self.short };
        *taken = taken.saturating_add(words);
        self.largest = self.largest.max(words);
    }

    /// The most words that tables take of the first and of the second set of a half.
    pub fn of_sets(&self) -> [u32; 2] {
        self.bounds(self.long, self.short)
    }

    /// What planned tables will take of the first set of a half, if many rows pass them.
    pub fn first_set(&self) -> u32 {
        self.bounds(self.planned, 0)[0]
    }

    fn bounds(&self, long: u32, short: u32) -> [u32; 2] {
        let all = long.saturating_add(short);
        if all == 0 {
            return [0, 0];
        }
        let of_half = all.div_ceil(2).saturating_add((UNEVEN_HALVES + self.largest).div_ceil(2)).min(all);
        let even = of_half.div_ceil(2) + UNEVEN_WORDS + PART_WORDS;
        let (long, short) = (long.min(of_half), short.min(of_half));
        let second_first = self.words / 2;
        let past = (long + PART_WORDS).saturating_sub(second_first);
        let second = if 0 < long { even.max(second_first) } else { even };
        [even.min(short.saturating_add(past)), second.min(of_half)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_that_many_rows_pass_leave_the_first_set_alone_until_the_second_is_half_full() {
        let of_sets = |long, short| {
            let mut reserve = Reserve::new(8192);
            (0..long).for_each(|_| reserve.take(40, true));
            (0..short).for_each(|_| reserve.take(40, false));
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
        reserve.plan(16_000);
        assert!(reserve.repeats(300));
        assert!(!reserve.repeats(100), "16,300 of 16,384 are planned");
        assert!(reserve.repeats(84));
    }
}

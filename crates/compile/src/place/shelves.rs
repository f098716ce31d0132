//! Words of computed values, used again when nobody needs what was there.
//!
//! In: how many words of which slices a value needs; which are needed no longer, and from which cycle on.  Out: words, and the first cycle
//!     in which they may be written.
//! Invariant: no word has two values at once; what tables need is never given away.
//! Method: next fit: the search goes on where the last value ended and begins anew at the end, so that words that nobody has used come first,
//!     and those that are used again were left long ago. A cycle for each word, so that neighbours do not wait for one another.
//! Source: next fit is Knuth, "Fundamental Algorithms", 2.5.

use arch::SliceId;
use std::collections::BTreeMap;

/// Words of one bank of a set of slices.
struct Shelf {
    /// By word: the first cycle in which it may be written, if no value lies there.
    free: Vec<Option<i64>>,
    /// Where the search goes on.
    next: usize,
}

/// All sets of slices, each named by its first one.
pub struct Shelves {
    banks: u16,
    bank_words: u32,
    /// By first slice: words that tables leave from word 0 on; elsewhere all.
    left: BTreeMap<SliceId, u32>,
    shelves: BTreeMap<(SliceId, u16), Shelf>,
}

/// There is no room for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Its rows.
    pub rows: u32,
    /// Words of its place that others have.
    pub used: u32,
    /// All words of its place that tables leave.
    pub words: u32,
}

/// Words for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// The first one.
    pub word: u32,
    /// First cycle in which they may be written.
    pub from: i64,
}

impl Shelf {
    fn take(&mut self, rows: usize) -> Option<(usize, i64)> {
        let found = self.run(self.next, rows).or_else(|| self.run(0, rows))?;
        let words = &mut self.free[found..found + rows];
        let from = words.iter().copied().flatten().max().unwrap_or(0);
        words.fill(None);
        self.next = found + rows;
        Some((found, from))
    }

    /// The first run of so many free words from one on.
    fn run(&self, first: usize, rows: usize) -> Option<usize> {
        let mut count = 0;
        let ends = |(_, free): &(usize, &Option<i64>)| {
            count = if free.is_some() { count + 1 } else { 0 };
            count == rows
        };
        let (last, _) = self.free.iter().enumerate().skip(first).find(ends)?;
        Some(last + 1 - rows)
    }
}

impl Shelves {
    /// Nothing taken, of slices of so many banks; `left` as the field says.
    pub fn new((banks, bank_words): (u16, u32), left: BTreeMap<SliceId, u32>) -> Self {
        Shelves { banks, bank_words, left, shelves: BTreeMap::new() }
    }

    /// Words for `rows` rows in the set of `slice`, in `bank` if it has room.
    ///
    /// Errors: the shortage.
    pub fn take(&mut self, slice: SliceId, bank: u16, rows: u32) -> Result<Given, Shortage> {
        for other in 0..self.banks {
            let bank = (bank + other) % self.banks;
            let first = u32::from(bank) * self.bank_words;
            if let Some((word, from)) = self.shelf(slice, bank).take(rows.max(1) as usize) {
                return Ok(Given { word: first + word as u32, from });
            }
        }
        let all = || (0..self.banks).filter_map(|bank| self.shelves.get(&(slice, bank))).flat_map(|shelf| &shelf.free);
        let (used, words) = (all().filter(|free| free.is_none()).count() as u32, all().count() as u32);
        Err(Shortage { rows, used, words })
    }

    /// What lies in `rows` words from `word` on is needed no longer from cycle `from` on.
    pub fn leave(&mut self, slice: SliceId, word: u32, (rows, from): (u32, i64)) {
        let (bank, first) = ((word / self.bank_words) as u16, word % self.bank_words);
        let words = &mut self.shelf(slice, bank).free[first as usize..][..rows as usize];
        assert!(words.iter().all(Option::is_none), "words {word}.. of {slice:?} are left twice");
        words.fill(Some(from));
    }

    /// Time begins anew: all that was left was left before.
    pub fn begin(&mut self) {
        let words = self.shelves.values_mut().flat_map(|shelf| &mut shelf.free).flatten();
        words.for_each(|from| *from = 0);
    }

    fn shelf(&mut self, slice: SliceId, bank: u16) -> &mut Shelf {
        let all = u32::from(self.banks) * self.bank_words;
        let left = self.left.get(&slice).map_or(all, |&left| left.min(all));
        let words = left.saturating_sub(u32::from(bank) * self.bank_words).min(self.bank_words);
        let fresh = || Shelf { free: vec![Some(0); words as usize], next: 0 };
        self.shelves.entry((slice, bank)).or_insert_with(fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arch::Hemisphere;

    const SLICE: SliceId = SliceId { hemisphere: Hemisphere::West, number: 3 };

    #[test]
    fn what_nobody_has_used_comes_first_and_what_was_left_comes_again() {
        let mut shelves = Shelves::new((2, 8), BTreeMap::from([(SLICE, 12)]));
        let given = |word, from| Ok(Given { word, from });
        assert_eq!(shelves.take(SLICE, 0, 3), given(0, 0));
        assert_eq!(shelves.take(SLICE, 0, 3), given(3, 0));
        shelves.leave(SLICE, 0, (3, 70));
        assert_eq!(shelves.take(SLICE, 0, 2), given(6, 0), "words that are new before those that were left");
        assert_eq!(shelves.take(SLICE, 0, 3), given(0, 70));
        assert_eq!(shelves.take(SLICE, 0, 3), given(8, 0), "the other bank");
        assert_eq!(shelves.take(SLICE, 1, 2), Err(Shortage { rows: 2, used: 11, words: 12 }), "tables have the rest");
        shelves.leave(SLICE, 3, (3, 90));
        shelves.begin();
        assert_eq!(shelves.take(SLICE, 1, 2), given(3, 0));
    }
}

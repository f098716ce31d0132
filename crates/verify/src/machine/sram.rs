//! The SRAM, symbolically: words, when writes show, banks, regions (rules 4, 5 and 10).
//!
//! In: accesses in order of dispatch.  Out: words, or the fault that the access commits.
//! Invariant: a write dispatched at t is seen by reads dispatched at t + `mem_write` and later; constants never change.
//! Method: one table of words per slice that is used at all; writes wait in a queue until they show. Regions are the residencies
//!     of the image: an address map must stay inside one.

use crate::Fault;
use crate::word::{Kind, Word};
use std::collections::VecDeque;

/// A run of words of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) first: u16,
    pub(crate) words: u16,
    pub(crate) constant: bool,
}

/// Words `first .. first + words` of a slice, as touched by one access.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: u16,
    words: u16,
}

#[derive(Clone, Debug, Default)]
struct Slice {
    words: Vec<Word>,
    regions: Vec<Region>,
    read_cycle: Option<u64>,
    read_banks: (u16, u16),
}

/// A word of which only the superlanes at work are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    pub(super) word: Word,
    pub(super) superlanes: u8,
}

enum Change {
    Replace(Share),
    Scatter { rows: u16, data: Share },
}

struct Pending {
    shows: u64,
    slice: u16,
    first: u16,
    change: Change,
}

/// All slices of a chip.
pub(crate) struct Sram {
    slices: Vec<Slice>,
    words: u16,
    words_per_bank: u16,
    context: u16,
    write_delay: u64,
    pending: VecDeque<Pending>,
    gathered: Vec<Word>,
}

impl Sram {
    /// Empty slices.
    pub(crate) fn new(chip: &arch::Chip, context: u16) -> Self {
        Sram {
            slices: vec![Slice::default(); 2 * usize::from(chip.slices)],
            words: chip.words,
            words_per_bank: chip.words / chip.banks,
            context,
            write_delay: u64::from(chip.latency.mem_write),
            pending: VecDeque::new(),
            gathered: Vec::new(),
        }
    }

    /// Puts a word in place before the token starts.
    pub(crate) fn fill(&mut self, slice: u16, address: u16, word: Word) {
        let size = usize::from(self.words);
        let words = &mut self.slices[usize::from(slice)].words;
        if words.is_empty() {
            words.resize(size, Word::EMPTY);
        }
        words[usize::from(address)] = word;
    }

    /// Declares a run of words of the image; runs come in rising order and do not overlap (else rule 5 has spoken already).
    pub(crate) fn declare(&mut self, slice: u16, region: Region) {
        self.slices[usize::from(slice)].regions.push(region);
    }

    /// What a word holds, EMPTY if nothing was ever put there.
    pub(crate) fn word(&self, slice: u16, address: u16) -> Word {
        self.slices[usize::from(slice)].words.get(usize::from(address)).copied().unwrap_or(Word::EMPTY)
    }

    /// Lets writes show that were dispatched long enough before `cycle`.
    #[inline]
    pub(crate) fn settle(&mut self, cycle: u64) {
        while self.pending.front().is_some_and(|write| write.shows <= cycle) {
            let Some(Pending { slice, first, change, .. }) = self.pending.pop_front() else { return };
            match change {
                Change::Replace(share) => {
                    let old = self.word(slice, first);
                    self.fill(slice, first, old.overwritten(share.word, share.superlanes));
                }
                Change::Scatter { rows, data } => {
                    for row in 0..rows {
                        let old = self.word(slice, first + row);
                        let new = old.scatter(row, data.word);
                        self.fill(slice, first + row, old.overwritten(new, data.superlanes));
                    }
                }
            }
        }
    }

    /// Reads a word at `address`, which is in range.
    #[inline]
    pub(crate) fn read(&mut self, slice: u16, address: u16, cycle: u64) -> Result<Word, Fault> {
        self.touch(slice, Span { first: address, words: 1 }, cycle);
        let word = self.word(slice, address);
        if word.kind == Kind::Empty {
            return Err(Fault::Unwritten { address });
        }
        Ok(word)
    }

    /// Writes a word at `address`, which is in range. The bank may conflict while the write itself is legal.
    #[inline]
    pub(super) fn write(&mut self, slice: u16, address: u16, share: Share, cycle: u64) -> [Option<Fault>; 2] {
        let span = Span { first: address, words: 1 };
        let conflict = self.conflict(slice, span, cycle);
        if self.region(slice, address).is_some_and(|region| region.constant) {
            return [conflict, Some(Fault::ConstantWritten { address })];
        }
        let change = Change::Replace(share);
        self.pending.push_back(Pending { shows: cycle + self.write_delay, slice, first: address, change });
        [conflict, None]
    }

    /// The word at the token's position, by a map.
    pub(crate) fn gather(&mut self, slice: u16, map: Word, cycle: u64) -> Result<Word, Fault> {
        let (span, _) = self.mapped(slice, map)?;
        self.touch(slice, span, cycle);
        let first = usize::from(span.first);
        let words = &self.slices[usize::from(slice)].words;
        self.gathered.clear();
        self.gathered.extend_from_slice(&words[first..first + usize::from(span.words)]);
        Ok(Word::gather(&self.gathered))
    }

    /// Replaces the word at the token's position, by a map.
    pub(super) fn scatter(&mut self, slice: u16, map: Word, data: Share, cycle: u64) -> [Option<Fault>; 2] {
        let (span, region) = match self.mapped(slice, map) {
            Ok(mapped) => mapped,
            Err(fault) => return self.scatter_nowhere(slice, Some(fault)),
        };
        let conflict = self.conflict(slice, span, cycle);
        if region.constant {
            return [conflict, Some(Fault::ConstantWritten { address: span.first })];
        }
        let change = Change::Scatter { rows: span.words, data };
        self.pending.push_back(Pending { shows: cycle + self.write_delay, slice, first: span.first, change });
        [conflict, None]
    }

    /// A scatter to an address of which nothing is known: every word of the slice that may change is poison from now on.
    pub(crate) fn scatter_nowhere(&mut self, slice: u16, fault: Option<Fault>) -> [Option<Fault>; 2] {
        let Slice { words, regions, .. } = &mut self.slices[usize::from(slice)];
        for Region { first, words: count, .. } in regions.iter().filter(|region| !region.constant) {
            words[usize::from(*first)..usize::from(*first) + usize::from(*count)].fill(Word::POISON);
        }
        [fault, None]
    }

    /// The words that a map can name, and their region.
    fn mapped(&self, slice: u16, map: Word) -> Result<(Span, Region), Fault> {
        if map.kind != Kind::Map {
            return Err(Fault::MapUnknown);
        }
        let (first, words) = (map.index, self.context);
        let last = u32::from(first) + u32::from(words) - 1;
        match self.region(slice, first) {
            Some(region) if last < u32::from(region.first) + u32::from(region.words) => {
                Ok((Span { first, words }, region))
            }
            _ => Err(Fault::MapRange { base: first, last }),
        }
    }

    fn region(&self, slice: u16, address: u16) -> Option<Region> {
        let regions = &self.slices[usize::from(slice)].regions;
        let after = regions.partition_point(|region| region.first <= address);
        let region = *regions.get(after.checked_sub(1)?)?;
        (u32::from(address) < u32::from(region.first) + u32::from(region.words)).then_some(region)
    }

    fn banks(&self, span: Span) -> (u16, u16) {
        (span.first / self.words_per_bank, (span.first + (span.words - 1)) / self.words_per_bank)
    }

    fn touch(&mut self, slice: u16, span: Span, cycle: u64) {
        let banks = self.banks(span);
        let slice = &mut self.slices[usize::from(slice)];
        slice.read_cycle = Some(cycle);
        slice.read_banks = banks;
    }

    /// Whether this cycle's read shares a bank with a write.
    fn conflict(&self, slice: u16, span: Span, cycle: u64) -> Option<Fault> {
        let slice = &self.slices[usize::from(slice)];
        if slice.read_cycle != Some(cycle) {
            return None;
        }
        let (read, write) = (slice.read_banks, self.banks(span));
        (read.0 <= write.1 && write.0 <= read.1).then_some(Fault::BankConflict { read: read.0, write: write.0 })
    }
}

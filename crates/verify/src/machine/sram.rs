//! The SRAM, symbolically: words, when writes show, banks, regions (rules 4, 5 and 10).
//!
//! In: accesses in order of dispatch.  Out: words, or the fault that the access commits.
//! Invariant: a write dispatched at t is seen by reads dispatched at t + `mem_write` and later; constants never change.
//! Method: a table of words per slice, in pages that are there where anything may change; writes wait in a queue until they show. Regions
//!     are the residencies of the image: an address map must stay inside one. Rows of a tensor, which are most of what there is, are in no
//!     table: as nothing can change them, whoever reads one names it.

use crate::Fault;
use crate::term::Term;
use crate::word::{Kind, Word};
use graph::TensorId;
use std::collections::VecDeque;

/// A run of words of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) first: u16,
    pub(crate) words: u16,
    pub(crate) constant: bool,
    /// What its words are, where that can be said without a table.
    pub(crate) rows: Option<Rows>,
}

/// Rows `first`, `first + step`, .. of a tensor, word by word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) tensor: TensorId,
    pub(crate) first: u32,
    pub(crate) step: u32,
    /// The byte of each element, or nothing where the words are f16 weights that serve both halves.
    pub(crate) plane: Option<u8>,
}

impl Region {
    /// The word at `address`, which it holds, if it is in no table.
    #[inline]
    fn word(&self, address: u16) -> Option<Word> {
        let Rows { tensor, first, step, plane } = self.rows?;
        let row = u64::from(first) + u64::from(address - self.first) * u64::from(step);
        let term = Term::tensor(tensor.index(), row);
        Some(plane.map_or_else(|| Word::either_half(term), |plane| Word::byte(plane, term)))
    }
}

/// Words `first .. first + words` of a slice, as touched by one access.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: u16,
    words: u16,
}

/// Words of a page: few, since of most slices few words change.
const PAGE: usize = 128;

#[derive(Clone, Debug, Default)]
struct Slice {
    /// By page: its words, or none where nothing was put.
    pages: Vec<Vec<Word>>,
    regions: Vec<Region>,
    /// By word: number of its region, from 1 on.
    places: Vec<u16>,
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

impl Slice {
    /// What the table has at `address`.
    #[inline]
    fn table(&self, address: u16) -> Word {
        let (page, place) = (usize::from(address) / PAGE, usize::from(address) % PAGE);
        self.pages.get(page).and_then(|page| page.get(place)).copied().unwrap_or(Word::EMPTY)
    }

    /// Its place for a word.
    #[inline]
    fn entry(&mut self, address: u16) -> &mut Word {
        let (page, place) = (usize::from(address) / PAGE, usize::from(address) % PAGE);
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, Vec::new);
        }
        let page = &mut self.pages[page];
        if page.is_empty() {
            page.resize(PAGE, Word::EMPTY);
        }
        &mut page[place]
    }

    /// What a word holds.
    #[inline]
    fn word(&self, address: u16) -> Word {
        self.region(address).and_then(|region| region.word(address)).unwrap_or_else(|| self.table(address))
    }

    /// The region of a word.
    #[inline]
    fn region(&self, address: u16) -> Option<&Region> {
        let place = *self.places.get(usize::from(address))?;
        self.regions.get(usize::from(place).checked_sub(1)?)
    }
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
        *self.slices[usize::from(slice)].entry(address) = word;
    }

    /// Declares a run of words of the image; runs do not overlap and lie in the slice (else rule 5 has spoken already).
    pub(crate) fn declare(&mut self, slice: u16, region: Region) {
        let size = usize::from(self.words);
        let Slice { regions, places, .. } = &mut self.slices[usize::from(slice)];
        places.resize(size, 0);
        regions.push(region);
        // A slice has at most 2^16 words, and a region one of them at least.
        places[usize::from(region.first)..][..usize::from(region.words)].fill(regions.len() as u16);
    }

    /// What a word holds, EMPTY if nothing was ever put there.
    pub(crate) fn word(&self, slice: u16, address: u16) -> Word {
        self.slices[usize::from(slice)].word(address)
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
        let from = &self.slices[usize::from(slice)];
        self.gathered.clear();
        self.gathered.extend((span.first..span.first + span.words).map(|address| from.word(address)));
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
        let slice = &mut self.slices[usize::from(slice)];
        for number in 0..slice.regions.len() {
            let Region { first, words, constant, .. } = slice.regions[number];
            let last = first + (words - 1);
            (first..=last).filter(|_| !constant).for_each(|address| *slice.entry(address) = Word::POISON);
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
        self.slices[usize::from(slice)].region(address).copied()
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

//! The SRAM of all slices, sparse and copied on write.
//!
//! In: words at (slice, address).  Out: the same, or nothing where nobody wrote.
//! Invariant: a clone shares every page until one of the two writes to it; a dense page is never written after loading.
//! Method: two levels of `Arc`: a slice is a table of pages, a page 64 words. What the image fills lies dense, one count per page, so
//!     that reading weights touches their bytes only where they are multiplied; the first write turns a page into a table of words.

use crate::PoisonId;
use crate::tally::Tally;
use crate::word::{Word, WordBytes};
use program::WORD_BYTES;
use std::sync::Arc;

const PAGE_WORDS: usize = 64;

#[derive(Clone)]
enum Page {
    /// Bytes, and a bit for each word that is there.
    Dense {
        words: Arc<[WordBytes]>,
        present: u64,
    },
    Table(Box<[Option<Word>; PAGE_WORDS]>),
}

type SlicePages = Vec<Option<Arc<Page>>>;

/// SRAM of a chip; slices by `index = hemisphere * slices + number`.
#[derive(Clone)]
pub(crate) struct Sram {
    slices: Vec<Arc<SlicePages>>,
}

/// A look at a word.
#[derive(Clone, Copy)]
pub(crate) enum Held<'a> {
    Bytes(&'a WordBytes),
    Poison(PoisonId),
}

impl Page {
    fn empty() -> Self {
        Page::Table(Box::new([const { None }; PAGE_WORDS]))
    }

    fn get(&self, at: usize) -> Option<Word> {
        match self {
            Page::Dense { words, present } => (present >> at & 1 == 1).then(|| Word::of(words, at)),
            Page::Table(table) => table[at].clone(),
        }
    }

    fn weigh(&self, tally: &mut Tally) {
        match self {
            Page::Dense { words, .. } => {
                tally.shared(words, words.len() * WORD_BYTES);
            }
            Page::Table(table) => {
                tally.own(size_of_val(&**table));
                table.iter().flatten().for_each(|word| word.weigh(tally));
            }
        }
    }

    fn put(&mut self, at: usize, word: Option<Word>) -> Option<Word> {
        if let Page::Dense { .. } = self {
            *self = Page::Table(Box::new(std::array::from_fn(|at| self.get(at))));
        }
        match self {
            Page::Table(table) => std::mem::replace(&mut table[at], word),
            Page::Dense { .. } => None,
        }
    }
}

impl Sram {
    /// Nothing written in `slices` slices of `words` words.
    pub(crate) fn new(slices: usize, words: u16) -> Self {
        let pages = usize::from(words).div_ceil(PAGE_WORDS);
        let empty = Arc::new(vec![None; pages]);
        Sram { slices: (0..slices).map(|_| Arc::clone(&empty)).collect() }
    }

    /// Adds what it holds; a slice or page that was seen holds nothing new.
    pub(crate) fn weigh(&self, tally: &mut Tally) {
        for slice in &self.slices {
            if !tally.shared(slice, slice.len() * size_of::<Option<Arc<Page>>>()) {
                continue;
            }
            for page in slice.iter().flatten() {
                if tally.shared(page, size_of::<Page>()) {
                    page.weigh(tally);
                }
            }
        }
    }

    #[inline]
    fn page(&self, slice: usize, address: u16) -> Option<&Page> {
        self.slices.get(slice)?.get(usize::from(address) / PAGE_WORDS)?.as_deref()
    }

    fn page_mut(&mut self, slice: usize, address: u16) -> Option<&mut Option<Arc<Page>>> {
        Arc::make_mut(self.slices.get_mut(slice)?).get_mut(usize::from(address) / PAGE_WORDS)
    }

    /// The word, if it was ever written and lies inside the slice.
    #[inline]
    pub(crate) fn get(&self, slice: usize, address: u16) -> Option<Word> {
        self.page(slice, address)?.get(usize::from(address) % PAGE_WORDS)
    }

    /// A look at the word.
    pub(crate) fn look(&self, slice: usize, address: u16) -> Option<Held<'_>> {
        let at = usize::from(address) % PAGE_WORDS;
        match self.page(slice, address)? {
            Page::Dense { words, present } => (present >> at & 1 == 1).then(|| Held::Bytes(&words[at])),
            Page::Table(table) => table[at].as_ref().map(|word| match word {
                Word::Bytes(bytes) => Held::Bytes(bytes),
                Word::Poison(id) => Held::Poison(*id),
            }),
        }
    }

    /// A look at words at equal distances, one for each of `to`; nothing unless all of them have bytes.
    pub(crate) fn look_along<'a>(
        &'a self,
        slice: usize,
        first: u16,
        stride: i32,
        to: &mut [&'a WordBytes],
    ) -> Option<()> {
        for (to, number) in to.iter_mut().zip(0i32..) {
            let address = u16::try_from(i32::from(first) + stride * number).ok()?;
            *to = match self.look(slice, address)? {
                Held::Bytes(bytes) => bytes,
                Held::Poison(_) => return None,
            };
        }
        Some(())
    }

    /// Replaces a word; outside the chip nothing happens.
    pub(crate) fn set(&mut self, slice: usize, address: u16, word: Word) {
        self.put(slice, address, Some(word));
    }

    /// Replaces a word, or makes it one that nobody wrote; what was there. Outside the chip nothing happens.
    pub(crate) fn put(&mut self, slice: usize, address: u16, word: Option<Word>) -> Option<Word> {
        let page = self.page_mut(slice, address)?;
        let page = page.get_or_insert_with(|| Arc::new(Page::empty()));
        Arc::make_mut(page).put(usize::from(address) % PAGE_WORDS, word)
    }

    /// Fills a word with bytes that will mostly be read: while loading, before anything else refers to the page.
    pub(crate) fn fill(&mut self, slice: usize, address: u16, bytes: &WordBytes) {
        let at = usize::from(address) % PAGE_WORDS;
        let Some(page) = self.page_mut(slice, address) else { return };
        let page = page.get_or_insert_with(|| {
            Arc::new(Page::Dense { words: vec![[0; WORD_BYTES]; PAGE_WORDS].into(), present: 0 })
        });
        if let Some(Page::Dense { words, present }) = Arc::get_mut(page)
            && let Some(words) = Arc::get_mut(words)
        {
            words[at] = *bytes;
            *present |= 1 << at;
            return;
        }
        Arc::make_mut(page).put(at, Some(Word::new(*bytes)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(sram: &Sram, address: u16) -> Option<u8> {
        let read = sram.get(1, address).and_then(|word| word.bytes().map(|bytes| bytes[0]));
        let seen = sram.look(1, address).map(|held| if let Held::Bytes(bytes) = held { bytes[0] } else { 0 });
        assert_eq!(read, seen);
        read
    }

    #[test]
    fn a_clone_keeps_its_words_when_the_original_is_written() {
        let mut sram = Sram::new(2, 100);
        sram.fill(1, 98, &[1; WORD_BYTES]);
        sram.set(1, 99, Word::new([2; WORD_BYTES]));
        let kept = sram.clone();
        sram.set(1, 99, Word::new([3; WORD_BYTES]));
        sram.fill(1, 98, &[4; WORD_BYTES]);
        assert_eq!([98, 99, 97].map(|address| first(&kept, address)), [Some(1), Some(2), None]);
        assert_eq!([98, 99, 97].map(|address| first(&sram, address)), [Some(4), Some(3), None]);
    }

    #[test]
    fn outside_there_is_nothing() {
        let mut sram = Sram::new(1, 64);
        sram.set(1, 0, Word::new([1; WORD_BYTES]));
        sram.fill(0, 64, &[1; WORD_BYTES]);
        assert!(sram.get(1, 0).is_none() && sram.get(0, 64).is_none() && sram.look(0, 64).is_none());
    }
}

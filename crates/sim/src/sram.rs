//! The SRAM of all slices, sparse and copied on write.
//!
//! In: words at (slice, address).  Out: the same, or nothing where nobody wrote.
//! Invariant: a clone shares every page until one of the two writes to it.
//! Method: two levels of `Arc`: a slice is a table of pages, a page 64 words; words are shared themselves.

use crate::word::Word;
use std::sync::Arc;

const PAGE_WORDS: usize = 64;

#[derive(Clone)]
struct Page([Option<Word>; PAGE_WORDS]);

type SlicePages = Vec<Option<Arc<Page>>>;

/// SRAM of a chip; slices by `index = hemisphere * slices + number`.
#[derive(Clone)]
pub(crate) struct Sram {
    slices: Vec<Arc<SlicePages>>,
}

impl Sram {
    /// Nothing written in `slices` slices of `words` words.
    pub(crate) fn new(slices: usize, words: u16) -> Self {
        let pages = usize::from(words).div_ceil(PAGE_WORDS);
        let empty = Arc::new(vec![None; pages]);
        Sram { slices: (0..slices).map(|_| Arc::clone(&empty)).collect() }
    }

    /// The word, if it was ever written and lies inside the slice.
    pub(crate) fn get(&self, slice: usize, address: u16) -> Option<&Word> {
        let page = self.slices.get(slice)?.get(usize::from(address) / PAGE_WORDS)?.as_ref()?;
        page.0[usize::from(address) % PAGE_WORDS].as_ref()
    }

    /// Replaces a word; outside the chip nothing happens.
    pub(crate) fn set(&mut self, slice: usize, address: u16, word: Word) {
        let Some(pages) = self.slices.get_mut(slice) else { return };
        let Some(page) = Arc::make_mut(pages).get_mut(usize::from(address) / PAGE_WORDS) else { return };
        let page = page.get_or_insert_with(|| Arc::new(Page([const { None }; PAGE_WORDS])));
        Arc::make_mut(page).0[usize::from(address) % PAGE_WORDS] = Some(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use program::WORD_BYTES;

    #[test]
    fn a_clone_keeps_its_words_when_the_original_is_written() {
        let mut sram = Sram::new(2, 100);
        sram.set(1, 99, Word::new([1; WORD_BYTES]));
        let kept = sram.clone();
        sram.set(1, 99, Word::new([2; WORD_BYTES]));
        assert_eq!(kept.get(1, 99), Some(&Word::new([1; WORD_BYTES])));
        assert_eq!(sram.get(1, 99), Some(&Word::new([2; WORD_BYTES])));
        assert_eq!(sram.get(0, 99), None);
    }

    #[test]
    fn outside_there_is_nothing() {
        let mut sram = Sram::new(1, 64);
        sram.set(1, 0, Word::new([1; WORD_BYTES]));
        sram.set(0, 64, Word::new([1; WORD_BYTES]));
        assert_eq!(sram.get(1, 0), None);
        assert_eq!(sram.get(0, 64), None);
    }
}

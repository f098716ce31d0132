//! Words and lanes: what streams and SRAM carry, and the values that ALUs and accumulators see in them.
//!
//! In: bytes.  Out: shared, immutable words of 320 bytes; lanes of 32 bits joined from one to four of them.
//! Invariant: a poisoned value has no bytes, only the id of what poisoned it.
//! Method: words are shared by reference counts: moving one over the chip copies nothing. Words made together (a page of weights, the
//!     bytes of one value) lie in one block with one count, so that moving a word does not touch its memory either.

use crate::PoisonId;
use crate::tally::Tally;
use crate::vector::{self, Kernel};
use program::WORD_BYTES;
use std::sync::Arc;

/// Bytes of one word.
pub type WordBytes = [u8; WORD_BYTES];

/// Words that a pool holds at most.
const POOL_WORDS: usize = 4096;

/// One element per lane, as bits; elements shorter than 32 bits are zero extended.
pub(crate) type Lanes = [u32; WORD_BYTES];

/// A word in a block.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    block: Arc<[WordBytes]>,
    index: u32,
}

/// What a stream register or an SRAM word holds.
#[derive(Clone, Debug)]
pub(crate) enum Word {
    /// 320 bytes.
    Bytes(Shared),
    /// A value that depends on a violation.
    Poison(PoisonId),
}

/// One element per lane in a unit, or the id of what spoiled it.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Lanes(Arc<Lanes>),
    Poison(PoisonId),
}

impl std::ops::Deref for Shared {
    type Target = WordBytes;

    fn deref(&self) -> &WordBytes {
        &self.block[self.index as usize]
    }
}

impl Word {
    /// A word of these bytes.
    pub(crate) fn new(bytes: WordBytes) -> Self {
        Word::Bytes(Shared { block: Arc::new([bytes]), index: 0 })
    }

    /// Word `index` of a block; it exists.
    #[inline]
    pub(crate) fn of(block: &Arc<[WordBytes]>, index: usize) -> Self {
        Word::Bytes(Shared { block: Arc::clone(block), index: index as u32 })
    }

    /// The words of a block, in order.
    pub(crate) fn block(words: Vec<WordBytes>) -> impl Iterator<Item = Word> {
        let block: Arc<[WordBytes]> = words.into();
        (0..block.len()).map(move |index| Word::of(&block, index))
    }

    /// The bytes, if it is not poisoned.
    pub(crate) fn bytes(&self) -> Option<&WordBytes> {
        match self {
            Word::Bytes(bytes) => Some(bytes),
            Word::Poison(_) => None,
        }
    }

    /// Adds the block that it lies in.
    pub(crate) fn weigh(&self, tally: &mut Tally) {
        if let Word::Bytes(shared) = self {
            tally.shared(&shared.block, shared.block.len() * WORD_BYTES);
        }
    }

    /// What it depends on, if it is poisoned.
    pub(crate) fn poison(&self) -> Option<PoisonId> {
        match self {
            Word::Bytes(_) => None,
            Word::Poison(id) => Some(*id),
        }
    }
}

/// Words that nobody needs any longer, to be filled anew.
#[derive(Default)]
pub(crate) struct WordPool {
    blocks: Vec<Arc<[WordBytes]>>,
}

impl WordPool {
    /// A word filled by `fill`, which sets every byte.
    pub(crate) fn word(&mut self, fill: impl FnOnce(&mut WordBytes)) -> Word {
        let mut block = self.blocks.pop().unwrap_or_else(|| Arc::new([[0; WORD_BYTES]]));
        let words = Arc::get_mut(&mut block).expect("a block in the pool belongs to nobody else");
        fill(&mut words[0]);
        Word::Bytes(Shared { block, index: 0 })
    }

    /// Keeps the memory of a word that nobody else has.
    pub(crate) fn take_back(&mut self, word: Word) {
        if let Word::Bytes(Shared { mut block, .. }) = word
            && Arc::get_mut(&mut block).is_some_and(|words| words.len() == 1)
            && self.blocks.len() < POOL_WORDS
        {
            self.blocks.push(block);
        }
    }
}

impl Value {
    /// Adds its lanes.
    pub(crate) fn weigh(&self, tally: &mut Tally) {
        if let Value::Lanes(lanes) = self {
            tally.shared(lanes, size_of::<Lanes>());
        }
    }

    /// Lanes filled by `fill`.
    pub(crate) fn made(fill: impl FnOnce(&mut Lanes)) -> Value {
        let mut lanes = Arc::new([0; WORD_BYTES]);
        fill(Arc::get_mut(&mut lanes).expect("nobody else has what was just made"));
        Value::Lanes(lanes)
    }
}

/// Lanes whose byte `k` is that of word `k`; the first poisoned word poisons the value. One, two or four words.
pub(crate) fn join(words: &[Word]) -> Value {
    if let Some(id) = words.iter().find_map(Word::poison) {
        return Value::Poison(id);
    }
    let mut bytes = [&[0; WORD_BYTES]; 4];
    bytes.iter_mut().zip(words.iter().filter_map(Word::bytes)).for_each(|(to, word)| *to = word);
    Value::made(|to| join_bytes(&bytes[..words.len()], to))
}

/// Lanes whose byte `k` is that of word `k`: one, two or four words.
pub(crate) fn join_bytes(words: &[&WordBytes], to: &mut Lanes) {
    vector::run(Join { words, to });
}

/// The bytes number `byte` of all lanes.
pub(crate) fn take_bytes(lanes: &Lanes, byte: u8, to: &mut WordBytes) {
    vector::run(Take { lanes, shift: 8 * u32::from(byte), to });
}

struct Join<'a> {
    words: &'a [&'a WordBytes],
    to: &'a mut Lanes,
}

impl Kernel for Join<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let to = self.to.iter_mut();
        match *self.words {
            [a, b, c, d] => {
                let (low, high) = (a.iter().zip(b), c.iter().zip(d));
                for (to, ((a, b), (c, d))) in to.zip(low.zip(high)) {
                    *to = u32::from(*a) | u32::from(*b) << 8 | u32::from(*c) << 16 | u32::from(*d) << 24;
                }
            }
            [a, b] => to.zip(a.iter().zip(b)).for_each(|(to, (a, b))| *to = u32::from(*a) | u32::from(*b) << 8),
            [a] => to.zip(a).for_each(|(to, a)| *to = u32::from(*a)),
            _ => {}
        }
    }
}

struct Take<'a> {
    lanes: &'a Lanes,
    shift: u32,
    to: &'a mut WordBytes,
}

impl Kernel for Take<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.to.iter_mut().zip(self.lanes).for_each(|(byte, lane)| *byte = (lane >> self.shift) as u8);
    }
}

/// The `count` bytes of each lane, least significant first, as that many words.
pub(crate) fn split(value: &Value, count: u8) -> Vec<Word> {
    let lanes = match value {
        Value::Poison(id) => return vec![Word::Poison(*id); usize::from(count)],
        Value::Lanes(lanes) => lanes,
    };
    let mut words = vec![[0; WORD_BYTES]; usize::from(count)];
    words.iter_mut().zip(0..).for_each(|(word, byte)| take_bytes(lanes, byte, word));
    Word::block(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_words_are_joined_and_split_again() {
        let words: Vec<Word> = (0..4u32)
            .map(|plane| Word::new(std::array::from_fn(|lane| (lane as u32).wrapping_mul(7 + plane) as u8)))
            .collect();
        for (found, word) in split(&join(&words), 4).iter().zip(&words) {
            assert_eq!(found.bytes(), word.bytes());
        }
    }

    #[test]
    fn the_first_poisoned_word_poisons_the_value() {
        let value = join(&[Word::new([1; WORD_BYTES]), Word::Poison(PoisonId { chip: 0, number: 4 })]);
        assert!(matches!(value, Value::Poison(PoisonId { chip: 0, number: 4 })));
    }
}

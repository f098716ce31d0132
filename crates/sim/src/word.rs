//! Words and lanes: what streams and SRAM carry, and the values that ALUs and accumulators see in them.
//!
//! In: bytes.  Out: shared, immutable words of 320 bytes; lanes of 32 bits joined from one to four of them.
//! Invariant: a poisoned value has no bytes, only the id of what poisoned it.
//! Method: words are shared by reference counts: moving one over the chip copies nothing. Words made together (a page of weights, the
//!     bytes of one value) lie in one block with one count, so that moving a word does not touch its memory either.

use crate::PoisonId;
use program::WORD_BYTES;
use std::sync::Arc;

/// Bytes of one word.
pub type WordBytes = [u8; WORD_BYTES];

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

    /// What it depends on, if it is poisoned.
    pub(crate) fn poison(&self) -> Option<PoisonId> {
        match self {
            Word::Bytes(_) => None,
            Word::Poison(id) => Some(*id),
        }
    }
}

/// Lanes whose byte `k` is that of word `k`; the first poisoned word poisons the value. One, two or four words.
pub(crate) fn join(words: &[Word]) -> Value {
    if let Some(id) = words.iter().find_map(Word::poison) {
        return Value::Poison(id);
    }
    let bytes: Vec<&WordBytes> = words.iter().filter_map(Word::bytes).collect();
    let mut lanes = [0; WORD_BYTES];
    match bytes[..] {
        [a, b, c, d] => {
            for (lane, element) in lanes.iter_mut().enumerate() {
                *element = u32::from_le_bytes([a[lane], b[lane], c[lane], d[lane]]);
            }
        }
        [a, b] => {
            for (lane, element) in lanes.iter_mut().enumerate() {
                *element = u32::from(u16::from_le_bytes([a[lane], b[lane]]));
            }
        }
        [a] => {
            for (lane, element) in lanes.iter_mut().enumerate() {
                *element = u32::from(a[lane]);
            }
        }
        _ => {}
    }
    Value::Lanes(Arc::new(lanes))
}

/// The `count` bytes of each lane, least significant first, as that many words.
pub(crate) fn split(value: &Value, count: u8) -> Vec<Word> {
    let lanes = match value {
        Value::Poison(id) => return vec![Word::Poison(*id); usize::from(count)],
        Value::Lanes(lanes) => lanes,
    };
    let mut words = vec![[0; WORD_BYTES]; usize::from(count)];
    for (plane, word) in words.iter_mut().enumerate() {
        for (byte, element) in word.iter_mut().zip(lanes.iter()) {
            *byte = (element >> (8 * plane)) as u8;
        }
    }
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
        let value = join(&[Word::new([1; WORD_BYTES]), Word::Poison(PoisonId(4))]);
        assert!(matches!(value, Value::Poison(PoisonId(4))));
    }
}

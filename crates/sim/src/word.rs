//! Words and lanes: what streams and SRAM carry, and the values that ALUs and accumulators see in them.
//!
//! In: bytes.  Out: shared, immutable words of 320 bytes; lanes of 32 bits joined from one to four of them.
//! Invariant: a poisoned value has no bytes, only the id of what poisoned it.
//! Method: words are shared by reference counts: moving one over the chip copies nothing.

use crate::PoisonId;
use program::WORD_BYTES;
use std::sync::Arc;

/// Bytes of one word.
pub type WordBytes = [u8; WORD_BYTES];

/// One element per lane, as bits; elements shorter than 32 bits are zero extended.
pub(crate) type Lanes = [u32; WORD_BYTES];

/// What a stream register or an SRAM word holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// 320 bytes.
    Bytes(Arc<WordBytes>),
    /// A value that depends on a violation.
    Poison(PoisonId),
}

/// One element per lane in a unit, or the id of what spoiled it.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Lanes(Arc<Lanes>),
    Poison(PoisonId),
}

impl Word {
    /// A word of these bytes.
    pub(crate) fn new(bytes: WordBytes) -> Self {
        Word::Bytes(Arc::new(bytes))
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

/// Byte `plane` of each lane.
pub(crate) fn byte_of(value: &Value, plane: u32) -> Word {
    match value {
        Value::Poison(id) => Word::Poison(*id),
        Value::Lanes(lanes) => {
            let mut bytes = [0; WORD_BYTES];
            for (byte, element) in bytes.iter_mut().zip(lanes.iter()) {
                *byte = (element >> (8 * plane)) as u8;
            }
            Word::new(bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_words_are_joined_and_split_again() {
        let words: Vec<Word> = (0..4u32)
            .map(|plane| Word::new(std::array::from_fn(|lane| (lane as u32).wrapping_mul(7 + plane) as u8)))
            .collect();
        let value = join(&words);
        for (plane, word) in words.iter().enumerate() {
            assert_eq!(byte_of(&value, plane as u32), *word);
        }
    }

    #[test]
    fn the_first_poisoned_word_poisons_the_value() {
        let value = join(&[Word::new([1; WORD_BYTES]), Word::Poison(PoisonId(4))]);
        assert!(matches!(value, Value::Poison(PoisonId(4))));
    }
}

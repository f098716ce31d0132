//! What a token's weights cost by themselves: a plain loop over as many bytes.
//!
//! In: a number of words.  Out: seconds for one activation times all of them.
//! Invariant: the sum is checked.
//! Method: int8 words of 320 bytes in a row, as the compiler vectorises them for any machine; more than the caches hold if the token's are.

use crate::clock::seconds;
use program::WORD_BYTES;
use std::hint::black_box;

/// Weights, and an activation.
pub struct Yardstick {
    words: Vec<[i8; WORD_BYTES]>,
    activation: [i16; WORD_BYTES],
}

impl Yardstick {
    /// A yardstick of `words` words.
    pub fn new(words: u64) -> Self {
        let word = |number: u64| std::array::from_fn(|lane| (number as usize + lane) as i8);
        let activation = std::array::from_fn(|lane| lane as i16 % 7 - 3);
        Yardstick { words: (0..words).map(word).collect(), activation }
    }

    /// Seconds that all products take.
    pub fn measure(&self) -> f64 {
        let expected: i64 = self.words.first().map_or(0, |word| i64::from(self.dot(word)));
        let (sums, time) = seconds(|| {
            let activation = black_box(self);
            activation.words.iter().map(|word| i64::from(activation.dot(word))).collect::<Vec<i64>>()
        });
        assert_eq!(sums.first().copied().unwrap_or(0), expected);
        black_box(sums);
        time
    }

    fn dot(&self, word: &[i8; WORD_BYTES]) -> i32 {
        word.iter()
            .zip(&self.activation)
            .map(|(weight, element)| i32::from(i16::from(*weight)) * i32::from(*element))
            .sum()
    }
}

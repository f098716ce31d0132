//! Sums of i8 products with the 128-bit vectors of wasm.
//!
//! In: words and activations.  Out: their exact sums of products.
//! Invariant: the sums are those of `plain_sums`.
//! Method: pairs of widened products are added at once, an instruction that the compiler does not find by itself.

use super::{Sums, Widened};
use crate::word::WordBytes;
use std::arch::wasm32::{
    i16x8, i16x8_extend_high_i8x16, i16x8_extend_low_i8x16, i32x4_add, i32x4_dot_i16x8, i32x4_extract_lane,
    i32x4_splat, i64x2, v128,
};

/// The sums of products of each word with each activation.
pub(super) fn sums<const N: usize>(words: &[&WordBytes], activations: [&Widened; N], to: &mut [Sums]) {
    for (word, to) in words.iter().zip(to) {
        let mut sums = [i32x4_splat(0); N];
        for (chunk, weights) in word.as_chunks::<16>().0.iter().enumerate() {
            let weights = bytes(weights);
            let (low, high) = (i16x8_extend_low_i8x16(weights), i16x8_extend_high_i8x16(weights));
            for (sum, activation) in sums.iter_mut().zip(activations) {
                let [first, second] = [0, 1].map(|half| vector(&activation.wide.as_chunks::<8>().0[2 * chunk + half]));
                let products = i32x4_add(i32x4_dot_i16x8(low, first), i32x4_dot_i16x8(high, second));
                *sum = i32x4_add(*sum, products);
            }
        }
        for (to, sum) in to.iter_mut().zip(sums) {
            let pairs = [i32x4_extract_lane::<0>(sum), i32x4_extract_lane::<1>(sum)];
            *to = pairs[0] + pairs[1] + i32x4_extract_lane::<2>(sum) + i32x4_extract_lane::<3>(sum);
        }
    }
}

fn bytes(bytes: &[u8; 16]) -> v128 {
    let eight = |at: usize| i64::from_le_bytes(bytes.as_chunks::<8>().0[at]);
    i64x2(eight(0), eight(1))
}

fn vector(x: &[i16; 8]) -> v128 {
    i16x8(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7])
}

//! Dot products of the matrix unit.
//!
//! In: a word of weights and an activation.  Out: one element of the product.
//! Invariant: i8 products are exact in i32; f16 products follow `graph::Order::Superlanes`, addition by addition.
//! Method: loops over fixed-size arrays. i8: weights are widened once for all activations that wait for them. f16: eight accumulators
//!     walk the superlanes side by side, which is the specified order and the vector order at once.

use crate::word::{Lanes, WordBytes};
use program::WORD_BYTES;

/// Superlanes of a word.
const SUPERLANES: usize = 20;
/// Lanes of one half of a superlane.
const HALF: usize = 8;
/// Elements of half a block.
const HALF_BLOCK: usize = SUPERLANES * HALF;

/// A word of i8, sign extended.
pub(crate) type Widened = [i16; WORD_BYTES];

/// Real numbers of one half block, superlane by superlane.
pub(crate) struct HalfBlock([f32; HALF_BLOCK]);

/// Puts the bytes, as signed numbers, into `wide`.
pub(crate) fn widen(bytes: &WordBytes, wide: &mut Widened) {
    wide.iter_mut().zip(bytes).for_each(|(wide, byte)| *wide = i16::from(*byte as i8));
}

/// Sum of products over the 320 lanes; cannot overflow. Not inlined: what surrounds it must not spoil its vectors.
#[inline(never)]
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub(crate) fn i8(activation: &Widened, weights: &Widened) -> i32 {
    // Eight sums side by side, twice: the shape in which the compiler multiplies and adds pairs in one instruction.
    let mut sums = [[0; 8]; 2];
    for (a, w) in activation.as_chunks::<16>().0.iter().zip(weights.as_chunks::<16>().0) {
        for (sums, (a, w)) in sums.iter_mut().zip(a.as_chunks::<8>().0.iter().zip(w.as_chunks::<8>().0)) {
            let products: [i32; 8] = std::array::from_fn(|lane| i32::from(a[lane]) * i32::from(w[lane]));
            sums.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
        }
    }
    sums.iter().flatten().sum()
}

/// Sum of products over the 320 lanes; cannot overflow.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) fn i8(activation: &Widened, weights: &Widened) -> i32 {
    // The compiler does not find this instruction by itself.
    use std::arch::wasm32::{i16x8, i32x4_add, i32x4_dot_i16x8, i32x4_extract_lane, i32x4_splat};
    let vector = |x: &[i16; 8]| i16x8(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]);
    let mut sums = i32x4_splat(0);
    for (a, w) in activation.as_chunks::<8>().0.iter().zip(weights.as_chunks::<8>().0) {
        sums = i32x4_add(sums, i32x4_dot_i16x8(vector(a), vector(w)));
    }
    let pairs = [i32x4_extract_lane::<0>(sums), i32x4_extract_lane::<1>(sums)];
    pairs[0] + pairs[1] + i32x4_extract_lane::<2>(sums) + i32x4_extract_lane::<3>(sums)
}

/// The lanes `16 s + 8 half + j` of an f16 activation, in f32. `half` is 0 or 1.
pub(crate) fn half_activation(lanes: &Lanes, half: u8) -> HalfBlock {
    let first = HALF * usize::from(half);
    HalfBlock(std::array::from_fn(|index| real(lanes[2 * HALF * (index / HALF) + first + index % HALF] as u16)))
}

impl HalfBlock {
    /// Takes the f16 elements of a weight word.
    pub(crate) fn fill(&mut self, bytes: &WordBytes) {
        let mut halves = [0; HALF_BLOCK];
        halves.iter_mut().zip(bytes.as_chunks::<2>().0).for_each(|(half, pair)| *half = u16::from_le_bytes(*pair));
        self.0.iter_mut().zip(halves).for_each(|(element, half)| *element = real(half));
    }

    /// The weights of a column that was not loaded.
    pub(crate) fn zeros() -> Self {
        HalfBlock([0.0; HALF_BLOCK])
    }
}

/// One half block's sum; a NaN is not canonical yet. Not inlined, as `i8`.
#[inline(never)]
pub(crate) fn f16(activation: &HalfBlock, weights: &HalfBlock) -> f32 {
    let mut sums = [0.0f32; HALF];
    for (a, w) in activation.0.as_chunks::<HALF>().0.iter().zip(weights.0.as_chunks::<HALF>().0) {
        let products: [f32; HALF] = std::array::from_fn(|lane| a[lane] * w[lane]);
        sums.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
    }
    tree(&sums)
}

/// The eight accumulators' sum. Not inlined: its pairs would make the compiler shuffle lanes in the loop before it.
#[inline(never)]
fn tree(sums: &[f32; HALF]) -> f32 {
    let pairs = [sums[0] + sums[1], sums[2] + sums[3], sums[4] + sums[5], sums[6] + sums[7]];
    (pairs[0] + pairs[1]) + (pairs[2] + pairs[3])
}

/// The value of an f16, exactly; a NaN is not canonical.
///
/// Without a branch, so that a loop over it is vectorised: the exponent is rebased; a subnormal's fraction is put under the exponent
/// of 2^-14, from which 2^-14 is then subtracted.
fn real(bits: u16) -> f32 {
    const SMALLEST_NORMAL: u32 = 113 << 23;
    let magnitude = u32::from(bits & 0x7fff) << 13;
    let sign = u32::from(bits >> 15) << 31;
    let rebias = if (31 << 23) <= magnitude { 224 << 23 } else { 112 << 23 };
    let normal = magnitude.wrapping_add(rebias);
    let subnormal = f32::from_bits(magnitude.wrapping_add(SMALLEST_NORMAL)) - f32::from_bits(SMALLEST_NORMAL);
    let absolute = if magnitude < (1 << 23) { subnormal.to_bits() } else { normal };
    f32::from_bits(absolute | sign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph::half::f16_to_f32;
    use units::Rng;

    #[test]
    fn every_f16_has_the_value_of_the_shared_conversion() {
        for bits in 0..=u16::MAX {
            let (found, expected) = (real(bits), f16_to_f32(bits));
            assert!(found.to_bits() == expected.to_bits() || (found.is_nan() && expected.is_nan()), "{bits:#06x}");
        }
    }

    #[test]
    fn extreme_bytes_do_not_overflow() {
        let most = [i8::MIN as u8; WORD_BYTES];
        let mut wide = [0; WORD_BYTES];
        widen(&most, &mut wide);
        assert_eq!(i8(&wide, &wide), 320 * 128 * 128);
    }

    #[test]
    fn f16_sums_are_made_in_the_stated_order() {
        let mut rng = Rng::new(7);
        for half in 0..2u8 {
            let lanes: Lanes = std::array::from_fn(|_| 0x2000 + rng.below(0x2800) as u32);
            let weights: WordBytes =
                std::array::from_fn(
                    |index| {
                        if index % 2 == 0 { rng.below(256) as u8 } else { (0x24 + rng.below(0x18)) as u8 }
                    },
                );
            let mut sums = [0.0f32; 8];
            for s in 0..20 {
                for (j, sum) in sums.iter_mut().enumerate() {
                    let weight = [weights[16 * s + 2 * j], weights[16 * s + 2 * j + 1]];
                    let lane = lanes[16 * s + 8 * usize::from(half) + j] as u16;
                    *sum += f16_to_f32(lane) * f16_to_f32(u16::from_le_bytes(weight));
                }
            }
            let [a, b, c, d, e, f, g, h] = sums;
            let expected = ((a + b) + (c + d)) + ((e + f) + (g + h));
            let mut block = HalfBlock::zeros();
            block.fill(&weights);
            let found = f16(&half_activation(&lanes, half), &block);
            assert_eq!(found.to_bits(), expected.to_bits());
        }
    }
}

//! Dot products of the matrix unit.
//!
//! In: words of weights and activations.  Out: elements of their products.
//! Invariant: i8 products are exact in i32; f16 products follow `graph::Order::Superlanes`, addition by addition.
//! Method: each weight is fetched once for all activations that wait for it. i8: exact sums may be made in any order, so that the widest
//!     instruction for sums of products is used; the plain loop is their oracle. f16: eight accumulators walk the superlanes side by
//!     side, which is the specified order and the vector order at once.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::vector::{self, Kernel};
use crate::word::{Lanes, WordBytes};
use program::WORD_BYTES;

/// Superlanes of a word.
const SUPERLANES: usize = 20;
/// Lanes of one half of a superlane.
const HALF: usize = 8;
/// Elements of half a block.
const HALF_BLOCK: usize = SUPERLANES * HALF;
/// Activations that are multiplied side by side.
const ABREAST: usize = 4;

/// An activation of i8.
#[derive(Clone)]
pub(crate) struct Widened {
    /// Sign extended.
    wide: [i16; WORD_BYTES],
    /// As it was.
    #[cfg(target_arch = "x86_64")]
    narrow: WordBytes,
    /// Sum of the elements.
    #[cfg(target_arch = "x86_64")]
    sum: i32,
}

/// Real numbers of one half block, superlane by superlane.
#[derive(Clone)]
pub(crate) struct HalfBlock([f32; HALF_BLOCK]);

impl Widened {
    /// The bytes, as signed numbers.
    pub(crate) fn new(bytes: &WordBytes) -> Self {
        Widened {
            wide: bytes.map(|byte| i16::from(byte as i8)),
            #[cfg(target_arch = "x86_64")]
            narrow: *bytes,
            #[cfg(target_arch = "x86_64")]
            sum: bytes.iter().map(|byte| i32::from(*byte as i8)).sum(),
        }
    }
}

/// Sums of products over the 320 lanes, which cannot overflow: `to[w][a]` of word `w` and activation `a`, at most `ABREAST` of them.
type Sums = [i32; ABREAST];

/// Gives `each` the products of all words with all activations: number of the activation, number of the word, sum over the 320 lanes.
pub(crate) fn i8(words: &[&WordBytes], activations: &[&Widened], mut each: impl FnMut(usize, usize, i32)) {
    let mut sums = [[0; ABREAST]; SUPERLANES];
    for (first, words) in words.chunks(SUPERLANES).enumerate() {
        for (group, activations) in activations.chunks(ABREAST).enumerate() {
            abreast(words, activations, &mut sums);
            for (word, sums) in sums.iter().take(words.len()).enumerate() {
                for (activation, sum) in sums.iter().take(activations.len()).enumerate() {
                    each(group * ABREAST + activation, first * SUPERLANES + word, *sum);
                }
            }
        }
    }
}

/// Up to `ABREAST` activations at once.
fn abreast(words: &[&WordBytes], activations: &[&Widened], to: &mut [Sums]) {
    match *activations {
        [a] => sums(words, [a], to),
        [a, b] => sums(words, [a, b], to),
        [a, b, c] => sums(words, [a, b, c], to),
        [a, b, c, d] => sums(words, [a, b, c, d], to),
        _ => {}
    }
}

#[cfg(target_arch = "x86_64")]
fn sums<const N: usize>(words: &[&WordBytes], activations: [&Widened; N], to: &mut [Sums]) {
    x86::sums(words, activations, to);
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
fn sums<const N: usize>(words: &[&WordBytes], activations: [&Widened; N], to: &mut [Sums]) {
    wasm::sums(words, activations, to);
}

#[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
fn sums<const N: usize>(words: &[&WordBytes], activations: [&Widened; N], to: &mut [Sums]) {
    plain_sums(words, activations, to);
}

/// The same without special instructions.
#[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
fn plain_sums<const N: usize>(words: &[&WordBytes], activations: [&Widened; N], to: &mut [Sums]) {
    for (word, to) in words.iter().zip(to) {
        for (activation, to) in activations.iter().zip(to) {
            let products = word.iter().zip(&activation.wide);
            *to = products.map(|(weight, element)| i32::from(*weight as i8) * i32::from(*element)).sum();
        }
    }
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

    /// Whether no element is an infinity or a NaN.
    pub(crate) fn is_finite(&self) -> bool {
        self.0.iter().all(|element| element.is_finite())
    }

    /// The weights of a column that was not loaded.
    pub(crate) fn zeros() -> Self {
        HalfBlock([0.0; HALF_BLOCK])
    }
}

/// An activation of one half, and which superlanes of it are not all zeros.
pub(crate) struct HalfActivation {
    block: HalfBlock,
    busy: [u8; SUPERLANES],
    count: usize,
}

impl HalfActivation {
    /// The lanes `16 s + 8 half + j` of an f16 activation. `half` is 0 or 1.
    pub(crate) fn new(lanes: &Lanes, half: u8) -> Self {
        let block = half_activation(lanes, half);
        let (mut busy, mut count) = ([0; SUPERLANES], 0);
        for (superlane, elements) in (0u8..).zip(block.0.as_chunks::<HALF>().0) {
            if elements.iter().any(|element| *element != 0.0) {
                busy[count] = superlane;
                count += 1;
            }
        }
        HalfActivation { block, busy, count }
    }

    /// All of it.
    pub(crate) fn block(&self) -> &HalfBlock {
        &self.block
    }
}

/// Appends the sum of each block of weights with an activation; a NaN is not canonical yet.
///
/// Where all weights are finite, a superlane of zeros is left out: it adds zeros to sums that begin at +0 and hence never are -0.
pub(crate) fn f16_all(activation: &HalfActivation, weights: &[HalfBlock], is_finite: bool, to: &mut Vec<f32>) {
    if !is_finite {
        to.extend(weights.iter().map(|weights| f16(&activation.block, weights)));
        return;
    }
    let busy = &activation.busy[..activation.count];
    let (fours, rest) = weights.as_chunks::<ABREAST>();
    for weights in fours {
        to.extend(vector::run(Busy { activation: &activation.block, busy, weights }).map(|sums| tree(&sums)));
    }
    for weights in rest.as_chunks::<1>().0 {
        to.extend(vector::run(Busy { activation: &activation.block, busy, weights }).map(|sums| tree(&sums)));
    }
}

/// Some superlanes of several blocks, side by side.
struct Busy<'a, const N: usize> {
    activation: &'a HalfBlock,
    busy: &'a [u8],
    weights: &'a [HalfBlock; N],
}

impl<const N: usize> Kernel for Busy<'_, N> {
    type Output = [[f32; HALF]; N];

    #[inline(always)]
    fn run(self) -> Self::Output {
        let mut sums = [[0.0f32; HALF]; N];
        let activation = self.activation.0.as_chunks::<HALF>().0;
        for superlane in self.busy {
            let superlane = usize::from(*superlane);
            let a = &activation[superlane];
            for (sums, weights) in sums.iter_mut().zip(self.weights) {
                let w = &weights.0.as_chunks::<HALF>().0[superlane];
                let products: [f32; HALF] = std::array::from_fn(|lane| a[lane] * w[lane]);
                sums.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
            }
        }
        sums
    }
}

/// One half block's sum; a NaN is not canonical yet.
pub(crate) fn f16(activation: &HalfBlock, weights: &HalfBlock) -> f32 {
    tree(&vector::run(Superlanes { activation, weights }))
}

struct Superlanes<'a> {
    activation: &'a HalfBlock,
    weights: &'a HalfBlock,
}

impl Kernel for Superlanes<'_> {
    type Output = [f32; HALF];

    #[inline(always)]
    fn run(self) -> [f32; HALF] {
        let mut sums = [0.0f32; HALF];
        for (a, w) in self.activation.0.as_chunks::<HALF>().0.iter().zip(self.weights.0.as_chunks::<HALF>().0) {
            let products: [f32; HALF] = std::array::from_fn(|lane| a[lane] * w[lane]);
            sums.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
        }
        sums
    }
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
#[inline(always)]
pub(crate) fn real(bits: u16) -> f32 {
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
        i8(&[&most], &[&Widened::new(&most)], |_, _, sum| assert_eq!(sum, 320 * 128 * 128));
    }

    #[test]
    fn sums_of_i8_are_those_of_the_plain_loop() {
        let mut rng = Rng::new(5);
        let mut word = || -> WordBytes { std::array::from_fn(|_| rng.next_u64() as u8) };
        let words: Vec<WordBytes> = (0..47).map(|_| word()).collect();
        let activations: Vec<Widened> = (0..7).map(|_| Widened::new(&word())).collect();
        let words: Vec<&WordBytes> = words.iter().collect();
        let activations: Vec<&Widened> = activations.iter().collect();
        for count in 1..=activations.len() {
            let mut seen = 0;
            i8(&words, &activations[..count], |activation, word, sum| {
                let mut plain = [[0; ABREAST]];
                plain_sums(&[words[word]], [activations[activation]], &mut plain);
                assert_eq!(sum, plain[0][0]);
                seen += 1;
            });
            assert_eq!(seen, words.len() * count);
        }
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

//! Sums of i8 products with the instructions of x86-64.
//!
//! In: words and activations.  Out: their exact sums of products.
//! Invariant: the sums are those of `plain_sums`, whatever the processor.
//! Method: with VNNI, four products of an unsigned and a signed byte are added at once: weights are made unsigned by adding 128, and 128
//!     times the activation's sum is taken off again. With AVX2, pairs of widened products are.

#![allow(unsafe_code, reason = "the only way to run code that a processor may lack; each call follows its test")]

use super::{ABREAST, Sums, Widened, plain_sums};
use crate::word::WordBytes;
use std::arch::is_x86_feature_detected;
use std::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_extract_epi32, _mm_hadd_epi32, _mm_set_epi64x,
    _mm256_add_epi32, _mm256_castsi256_si128, _mm256_cvtepi8_epi16, _mm256_extracti128_si256, _mm256_madd_epi16,
    _mm256_setr_epi16, _mm256_setzero_si256, _mm512_castsi512_si256, _mm512_dpbusd_epi32, _mm512_extracti64x4_epi64,
    _mm512_set1_epi8, _mm512_setr_epi64, _mm512_setzero_si512, _mm512_xor_si512,
};

/// The sums of products of each word with each activation.
pub(super) fn sums<const N: usize>(words: &[&WordBytes], activations: [&Widened; N], to: &mut [Sums]) {
    if is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512bw") {
        // SAFETY: the processor has just been found to have these instructions.
        return unsafe { sums_512(words, activations, to) };
    }
    if is_x86_feature_detected!("avx2") {
        // SAFETY: as above.
        return unsafe { sums_256(words, activations, to) };
    }
    plain_sums(words, activations, to);
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2")]
fn sums_512<const N: usize>(words: &[&WordBytes], activations: [&Widened; N], to: &mut [Sums]) {
    let unsigned = _mm512_set1_epi8(i8::MIN);
    for (word, to) in words.iter().zip(to) {
        let mut sums = [_mm512_setzero_si512(); N];
        for (chunk, weights) in word.as_chunks::<64>().0.iter().enumerate() {
            let weights = _mm512_xor_si512(vector_512(weights), unsigned);
            for (sum, activation) in sums.iter_mut().zip(activations) {
                let elements = vector_512(&activation.narrow.as_chunks::<64>().0[chunk]);
                *sum = _mm512_dpbusd_epi32(*sum, weights, elements);
            }
        }
        let mut halves = [_mm256_setzero_si256(); ABREAST];
        for (half, sum) in halves.iter_mut().zip(sums) {
            *half = _mm256_add_epi32(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64::<1>(sum));
        }
        *to = total(halves);
        for (to, activation) in to.iter_mut().zip(activations) {
            *to -= 128 * activation.sum;
        }
    }
}

#[target_feature(enable = "avx2")]
fn sums_256<const N: usize>(words: &[&WordBytes], activations: [&Widened; N], to: &mut [Sums]) {
    for (word, to) in words.iter().zip(to) {
        let mut sums = [_mm256_setzero_si256(); ABREAST];
        for (chunk, weights) in word.as_chunks::<16>().0.iter().enumerate() {
            let weights = _mm256_cvtepi8_epi16(vector_128(weights));
            for (sum, activation) in sums.iter_mut().zip(activations) {
                let elements = vector_256(&activation.wide.as_chunks::<16>().0[chunk]);
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(weights, elements));
            }
        }
        *to = total(sums);
    }
}

/// The sum of each vector's elements.
#[inline]
#[target_feature(enable = "avx2")]
fn total(sums: [__m256i; ABREAST]) -> Sums {
    let fold = |sum| _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
    let [a, b, c, d] = sums.map(fold);
    let sums = _mm_hadd_epi32(_mm_hadd_epi32(a, b), _mm_hadd_epi32(c, d));
    [_mm_cvtsi128_si32(sums), _mm_extract_epi32::<1>(sums), _mm_extract_epi32::<2>(sums), _mm_extract_epi32::<3>(sums)]
}

/// The `at`-th eight bytes.
#[inline]
fn eight(bytes: &[u8], at: usize) -> i64 {
    i64::from_le_bytes(bytes.as_chunks::<8>().0[at])
}

#[inline]
#[target_feature(enable = "avx2")]
fn vector_128(bytes: &[u8; 16]) -> __m128i {
    _mm_set_epi64x(eight(bytes, 1), eight(bytes, 0))
}

#[inline]
#[target_feature(enable = "avx2")]
fn vector_256(x: &[i16; 16]) -> __m256i {
    _mm256_setr_epi16(
        x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9], x[10], x[11], x[12], x[13], x[14], x[15],
    )
}

#[inline]
#[target_feature(enable = "avx512f")]
fn vector_512(bytes: &[u8; 64]) -> __m512i {
    let [a, b, c, d] = [0, 1, 2, 3].map(|at| eight(bytes, at));
    let [e, f, g, h] = [4, 5, 6, 7].map(|at| eight(bytes, at));
    _mm512_setr_epi64(a, b, c, d, e, f, g, h)
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::Rng;

    #[test]
    fn each_kind_of_instructions_gives_the_plain_sums() {
        let mut rng = Rng::new(9);
        let mut word = || -> WordBytes { std::array::from_fn(|_| rng.next_u64() as u8) };
        let extreme = [[0x80; 320], [0x7f; 320]];
        let words: Vec<WordBytes> = (0..20).map(|_| word()).chain(extreme).collect();
        let activations = [word(), extreme[0], extreme[1]].map(|bytes| Widened::new(&bytes));
        let words: Vec<&WordBytes> = words.iter().collect();
        let activations = [&activations[0], &activations[1], &activations[2]];
        let mut expected = [[0; ABREAST]; 22];
        plain_sums(&words, activations, &mut expected);
        let mut found = [[0; ABREAST]; 22];
        if is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512bw") {
            // SAFETY: the processor has just been found to have these instructions.
            unsafe { sums_512(&words, activations, &mut found) };
            assert_eq!(found.map(|sums| sums[..3].to_vec()), expected.map(|sums| sums[..3].to_vec()));
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            unsafe { sums_256(&words, activations, &mut found) };
            assert_eq!(found.map(|sums| sums[..3].to_vec()), expected.map(|sums| sums[..3].to_vec()));
        }
    }
}

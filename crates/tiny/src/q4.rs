//! Packs weights into Q4_0 blocks and reads them back.
//!
//! In: a row of f32, a multiple of 32 long.  Out: 18 bytes per block: an f16 scale, then 16 bytes of two nibbles each.
//! Invariant: `unpack(pack(unpack(b))) == unpack(b)`; training rounds with these very functions.
//! Method: the scale makes the value of largest magnitude -8; nibble j is weight j, its upper half weight j + 16.
//! Source: ggml's Q4_0 layout as published with GGUF. Ours: weights are divided by the rounded scale, not by the exact one.

use crate::math::{from_half, to_half};

/// Weights in a block.
pub const BLOCK: usize = 32;
/// Bytes of a block.
pub const BLOCK_BYTES: usize = 18;

fn scale(block: &[f32]) -> u16 {
    let mut largest = 0.0f32;
    for &value in block {
        if largest.abs() < value.abs() {
            largest = value;
        }
    }
    to_half(largest / -8.0)
}

fn level(value: f32, inverse: f32) -> u8 {
    (value * inverse + 8.5).clamp(0.0, 15.0) as u8
}

fn inverse(scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { 1.0 / scale }
}

/// Rounds each block of `values` to what a file can hold and writes it to `rounded`, of the same length.
pub fn round(values: &[f32], rounded: &mut [f32]) {
    for (block, out) in values.chunks_exact(BLOCK).zip(rounded.chunks_exact_mut(BLOCK)) {
        let scale = from_half(scale(block));
        let inverse = inverse(scale);
        for (slot, &value) in out.iter_mut().zip(block) {
            *slot = (f32::from(level(value, inverse)) - 8.0) * scale;
        }
    }
}

/// The blocks of `values`.
pub fn pack(values: &[f32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(values.len() / BLOCK * BLOCK_BYTES);
    for block in values.chunks_exact(BLOCK) {
        let half = scale(block);
        let inverse = inverse(from_half(half));
        bytes.extend(half.to_le_bytes());
        let (low, high) = block.split_at(BLOCK / 2);
        bytes.extend(low.iter().zip(high).map(|(&low, &high)| level(low, inverse) | level(high, inverse) << 4));
    }
    bytes
}

/// The weights of `bytes`, whole blocks.
pub fn unpack(bytes: &[u8]) -> Vec<f32> {
    let mut values = Vec::with_capacity(bytes.len() / BLOCK_BYTES * BLOCK);
    for block in bytes.chunks_exact(BLOCK_BYTES) {
        let scale = from_half(u16::from_le_bytes([block[0], block[1]]));
        values.extend(block[2..].iter().map(|byte| (f32::from(byte & 15) - 8.0) * scale));
        values.extend(block[2..].iter().map(|byte| (f32::from(byte >> 4) - 8.0) * scale));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn rounding_is_what_the_file_holds() {
        let mut random = Random::new(4);
        let values: Vec<f32> = (0..640).map(|_| random.normal()).collect();
        let mut rounded = vec![0.0; values.len()];
        round(&values, &mut rounded);
        assert_eq!(unpack(&pack(&values)), rounded);
        let mut again = vec![0.0; values.len()];
        round(&rounded, &mut again);
        assert_eq!(again, rounded);
        let worst = values.iter().zip(&rounded).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 0.6, "worst {worst}");
    }

    #[test]
    fn a_known_block() {
        let mut values = [0.0; 32];
        values[0] = -8.0;
        values[16] = 7.0;
        let bytes = pack(&values);
        assert_eq!(bytes[..3], [0x00, 0x3c, 0xf0]);
        assert_eq!(bytes[3], 0x88);
        assert_eq!(unpack(&bytes), values);
        assert_eq!(unpack(&pack(&[0.0; 32])), [0.0; 32]);
    }
}

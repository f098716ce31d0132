//! Decodes the element encodings of model files to f32, exactly.
//!
//! In: whole blocks of bytes.  Out: one f32 per element.
//! Invariant: every value is exact except the one product (and one sum for Q4_1) of the block formats, done once in f32.
//! Method: one small loop per encoding; no table, no intrinsic.
//! Source: ggml block layouts. Q4_0 and Q4_1 keep elements 0..15 in the low nibbles and 16..31 in the high ones.

use graph::half::f16_to_f32;

/// An encoding that can be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// IEEE binary32.
    F32,
    /// IEEE binary16.
    F16,
    /// The upper half of a binary32.
    Bf16,
    /// 32 elements: f16 d, 32 i8 q; value `q * d`.
    Q8_0,
    /// 32 elements: f16 d, 16 bytes of two 4-bit q; value `(q - 8) * d`.
    Q4_0,
    /// 32 elements: f16 d, f16 m, 16 bytes of two 4-bit q; value `q * d + m`.
    Q4_1,
}

impl Encoding {
    /// Elements per block.
    pub const fn elements(self) -> u64 {
        match self {
            Encoding::F32 | Encoding::F16 | Encoding::Bf16 => 1,
            Encoding::Q8_0 | Encoding::Q4_0 | Encoding::Q4_1 => 32,
        }
    }

    /// Bytes per block.
    pub const fn bytes(self) -> u64 {
        match self {
            Encoding::F32 => 4,
            Encoding::F16 | Encoding::Bf16 => 2,
            Encoding::Q8_0 => 34,
            Encoding::Q4_0 => 18,
            Encoding::Q4_1 => 20,
        }
    }

    /// Appends the elements of `bytes` to `values`: as many blocks as lie there whole.
    pub fn decode(self, bytes: &[u8], values: &mut Vec<f32>) {
        let blocks = bytes.chunks_exact(self.bytes() as usize);
        values.reserve(blocks.len() * self.elements() as usize);
        match self {
            Encoding::F32 => {
                values.extend(blocks.map(|block| f32::from_le_bytes([block[0], block[1], block[2], block[3]])));
            }
            Encoding::F16 => values.extend(blocks.map(half_at)),
            Encoding::Bf16 => {
                values.extend(blocks.map(|block| f32::from_bits(u32::from(u16_at(block)) << 16)));
            }
            Encoding::Q8_0 => blocks.for_each(|block| {
                let scale = half_at(block);
                values.extend(block[2..].iter().map(|&q| f32::from(q as i8) * scale));
            }),
            Encoding::Q4_0 => blocks.for_each(|block| {
                let scale = half_at(block);
                values.extend(nibbles(&block[2..]).map(|q| (f32::from(q) - 8.0) * scale));
            }),
            Encoding::Q4_1 => blocks.for_each(|block| {
                let (scale, least) = (half_at(block), half_at(&block[2..]));
                values.extend(nibbles(&block[4..]).map(|q| f32::from(q) * scale + least));
            }),
        }
    }
}

/// The 4-bit numbers of a block in element order.
fn nibbles(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    bytes.iter().map(|byte| byte & 15).chain(bytes.iter().map(|byte| byte >> 4))
}

fn u16_at(bytes: &[u8]) -> u16 {
    u16::from_le_bytes([bytes[0], bytes[1]])
}

fn half_at(bytes: &[u8]) -> f32 {
    f16_to_f32(u16_at(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(encoding: Encoding, bytes: &[u8], expected: &[f32]) {
        let mut values = Vec::new();
        encoding.decode(bytes, &mut values);
        assert_eq!(values, expected, "{encoding:?}");
    }

    #[test]
    fn plain_encodings() {
        check(Encoding::F32, &[0, 0, 0x20, 0xc1, 0, 0, 0x80, 0x3f], &[-10.0, 1.0]);
        check(Encoding::F16, &[0x00, 0x3c, 0x00, 0xc1], &[1.0, -2.5]);
        check(Encoding::Bf16, &[0x80, 0x3f, 0x49, 0xc0], &[1.0, -3.140_625]);
    }

    #[test]
    fn q8_0_is_a_scaled_signed_byte() {
        let mut block = vec![0x00, 0x38]; // d = 0.5
        block.extend((0..32).map(|q: u8| q.wrapping_sub(16)));
        let expected: Vec<f32> = (0..32).map(|q| (q as f32 - 16.0) * 0.5).collect();
        check(Encoding::Q8_0, &block, &expected);
        block[2] = 0x80;
        let mut values = Vec::new();
        Encoding::Q8_0.decode(&block, &mut values);
        assert_eq!(values[0], -64.0);
    }

    #[test]
    fn q4_0_keeps_the_first_half_in_the_low_nibbles() {
        let mut block = vec![0x00, 0x40]; // d = 2
        block.extend((0..16).map(|i: u8| i | (15 - i) << 4));
        let low = (0..16).map(|q| (q as f32 - 8.0) * 2.0);
        let high = (0..16).map(|q| (7.0 - q as f32) * 2.0);
        check(Encoding::Q4_0, &block, &low.chain(high).collect::<Vec<_>>());
    }

    #[test]
    fn q4_1_adds_its_least_value() {
        let mut block = vec![0x00, 0x34, 0x00, 0xbc]; // d = 0.25, m = -1
        block.extend([0x10; 15]);
        block.push(0xf7);
        let mut expected = vec![-1.0; 15];
        expected.push(7.0 * 0.25 - 1.0);
        expected.extend([-0.75; 15]);
        expected.push(15.0 * 0.25 - 1.0);
        check(Encoding::Q4_1, &block, &expected);
    }

    #[test]
    fn a_partial_block_is_not_decoded() {
        check(Encoding::Q4_0, &[0; 17], &[]);
        check(Encoding::F32, &[0; 7], &[0.0]);
    }
}

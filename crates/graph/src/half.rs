//! Conversion between f32 and the bits of an f16.
//!
//! In: bits.  Out: bits.
//! Invariant: f16 -> f32 is exact; f32 -> f16 is nearest even and saturates; a NaN result is the canonical one.
//! Method: integer manipulation of the bits only, so that native and wasm cannot differ.
//! Source: IEEE 754-2019, binary16 and binary32.

/// The one NaN that arithmetic produces here, as f32 bits.
pub const NAN_F32: u32 = 0x7fc0_0000;
/// The one NaN that conversion to f16 produces, as f16 bits.
pub const NAN_F16: u16 = 0x7e00;
/// 65504, the greatest finite f16.
const GREATEST_F16: u16 = 0x7bff;
/// 65504 as f32 bits.
const GREATEST_AS_F32: u32 = 0x477f_e000;
/// 2^-14, the smallest normal f16, as f32 bits.
const NORMAL_MIN_AS_F32: u32 = 0x3880_0000;
/// Difference of the exponent biases (127 - 15) at f32's exponent position.
const REBIAS: u32 = 112 << 23;

/// The f32 with exactly the value of the f16 `bits`; any NaN gives `NAN_F32`.
pub fn f16_to_f32(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let exponent = u32::from(bits >> 10) & 31;
    let fraction = u32::from(bits) & 0x3ff;
    let magnitude = match (exponent, fraction) {
        (0, 0) => 0,
        (0, _) => {
            // A subnormal, fraction * 2^-24: its leading bit becomes the hidden one.
            let lead = 31 - fraction.leading_zeros();
            ((lead + 127 - 24) << 23) | ((fraction << (23 - lead)) & 0x7f_ffff)
        }
        (31, 0) => 0x7f80_0000,
        (31, _) => return f32::from_bits(NAN_F32),
        _ => ((exponent << 23) | (fraction << 13)) + REBIAS,
    };
    f32::from_bits(sign | magnitude)
}

/// The f16 bits nearest to `value`, ties to even; beyond +-65504, infinities included, +-65504; a NaN gives `NAN_F16`.
pub fn f32_to_f16(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = ((bits >> 16) & 0x8000) as u16;
    let magnitude = bits & 0x7fff_ffff;
    if 0x7f80_0000 < magnitude {
        return NAN_F16;
    }
    if GREATEST_AS_F32 <= magnitude {
        return sign | GREATEST_F16;
    }
    let rounded = if NORMAL_MIN_AS_F32 <= magnitude {
        shift_nearest_even(magnitude - REBIAS, 13)
    } else {
        // A subnormal f16 counts units of 2^-24; the f32 is significand * 2^(exponent - 150).
        let exponent = magnitude >> 23;
        let significand = (magnitude & 0x7f_ffff) | 0x80_0000;
        if exponent < 101 { 0 } else { shift_nearest_even(significand, 126 - exponent) }
    };
    sign | rounded as u16
}

/// `value / 2^shift`, nearest, ties to even; `shift` is 1 to 25 and `value` below 2^31.
fn shift_nearest_even(value: u32, shift: u32) -> u32 {
    let odd = (value >> shift) & 1;
    (value + (1 << (shift - 1)) - 1 + odd) >> shift
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of a finite f16, by its definition and in f64.
    fn defined(bits: u16) -> f64 {
        let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
        let exponent = i32::from((bits >> 10) & 31);
        let fraction = f64::from(bits & 0x3ff) / 1024.0;
        let (hidden, exponent) = if exponent == 0 { (0.0, -14) } else { (1.0, exponent - 15) };
        sign * (hidden + fraction) * 2f64.powi(exponent)
    }

    #[test]
    fn every_f16_has_its_defined_value_and_comes_back() {
        for bits in 0..=u16::MAX {
            let value = f16_to_f32(bits);
            if (bits & 0x7fff) > 0x7c00 {
                assert_eq!((value.to_bits(), f32_to_f16(value)), (NAN_F32, NAN_F16));
            } else if (bits & 0x7fff) == 0x7c00 {
                assert!(value.is_infinite() && value.is_sign_negative() == (bits >> 15 == 1));
                assert_eq!(f32_to_f16(value), bits - 1, "infinity saturates");
            } else {
                assert_eq!(f64::from(value), defined(bits));
                assert_eq!(f32_to_f16(value), bits);
            }
        }
    }

    #[test]
    fn between_two_neighbours_the_nearer_wins_and_a_tie_goes_to_the_even_one() {
        for low in 0..GREATEST_F16 {
            let middle = ((defined(low) + defined(low + 1)) / 2.0) as f32;
            let even = if low % 2 == 0 { low } else { low + 1 };
            assert_eq!(f32_to_f16(middle), even);
            assert_eq!(f32_to_f16(f32::from_bits(middle.to_bits() - 1)), low);
            assert_eq!(f32_to_f16(f32::from_bits(middle.to_bits() + 1)), low + 1);
            assert_eq!(f32_to_f16(-middle), even | 0x8000);
        }
    }

    #[test]
    fn far_values_saturate_and_tiny_ones_vanish_with_their_sign() {
        assert_eq!(f32_to_f16(65519.9), GREATEST_F16);
        assert_eq!(f32_to_f16(65520.0), GREATEST_F16);
        assert_eq!(f32_to_f16(f32::NEG_INFINITY), 0xfbff);
        assert_eq!(f32_to_f16(f32::from_bits(1)), 0);
        assert_eq!(f32_to_f16(-f32::from_bits(0x3300_0000)), 0x8000, "2^-25 is a tie and goes to zero");
        assert_eq!(f32_to_f16(f32::from_bits(0x3300_0001)), 1);
        assert_eq!(f32_to_f16(f32::from_bits(0xffc1_2345)), NAN_F16);
    }
}

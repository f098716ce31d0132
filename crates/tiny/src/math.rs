//! The few functions that differ between C libraries, written out so that training gives the same bits everywhere.
//!
//! In: numbers.  Out: exponentials, rotary angles, half-precision values.
//! Invariant: only IEEE additions, multiplications, divisions and square roots; no library call decides a bit.
//! Method: range reduction and a polynomial; relative error of `exp` below 3e-7, of sine and cosine below 1e-12.
//! Source: Cody and Waite 1980 for the reductions; IEEE 754-2008 for binary16.

/// e to the power of `x`, for x in [-87, 88]; outside, the value at the nearer end.
#[inline]
pub fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to the nearest whole number
    let x = x.clamp(-87.0, 88.0);
    let whole = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let rest = (x - whole * 0.693_359_4) + whole * 2.121_944_4e-4;
    let mut sum = 1.0 / 720.0;
    for term in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = sum * rest + term;
    }
    sum * f32::from_bits(((whole as i32 + 127) as u32) << 23)
}

/// Sine and cosine of an angle of at most a few thousand radians.
pub fn sin_cos(angle: f64) -> (f64, f64) {
    use std::f64::consts::TAU;
    let turns = (angle / TAU).round();
    let rest = angle - turns * TAU;
    let square = rest * rest;
    let (mut sine, mut cosine) = (1.0, 1.0);
    for step in (0..14).rev() {
        let n = f64::from(2 * step + 1);
        cosine = 1.0 - square / (n * (n + 1.0)) * cosine;
        sine = 1.0 - square / ((n + 1.0) * (n + 2.0)) * sine;
    }
    (rest * sine, cosine)
}

/// The nearest binary16 value, ties to even; too large becomes infinite.
pub fn to_half(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = ((bits >> 16) & 0x8000) as u16;
    let magnitude = bits & 0x7fff_ffff;
    if 0x477f_f000 <= magnitude {
        return sign | 0x7c00;
    }
    if magnitude < 0x3880_0000 {
        // Below 2^-14: adding 0.5 lines the value up with the subnormal grid of 2^-24.
        let aligned = f32::from_bits(magnitude) + 0.5;
        return sign | (aligned.to_bits() - 0.5f32.to_bits()) as u16;
    }
    let rounded = magnitude + 0x0fff + ((magnitude >> 13) & 1);
    sign | ((rounded - 0x3800_0000) >> 13) as u16
}

/// The value of a finite binary16.
pub fn from_half(half: u16) -> f32 {
    let sign = if half & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = u32::from(half >> 10) & 0x1f;
    let fraction = u32::from(half & 0x3ff);
    if exponent == 0 {
        return sign * fraction as f32 / 16_777_216.0;
    }
    sign * f32::from_bits(((exponent + 112) << 23) | (fraction << 13))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_follows_the_library() {
        for step in -8_000..8_000 {
            let x = step as f32 * 0.01;
            let truth = f64::from(x).exp();
            assert!((f64::from(exp(x)) / truth - 1.0).abs() < 3e-7, "exp {x}");
        }
    }

    #[test]
    fn sine_and_cosine_follow_the_library() {
        for step in 0..30_000 {
            let angle = f64::from(step) * 0.01;
            let (sine, cosine) = sin_cos(angle);
            assert!((sine - angle.sin()).abs() < 1e-12, "sin {angle}");
            assert!((cosine - angle.cos()).abs() < 1e-12, "cos {angle}");
        }
    }

    #[test]
    fn every_finite_half_survives_the_round_trip() {
        for half in (0..=u16::MAX).filter(|half| half & 0x7c00 != 0x7c00) {
            assert_eq!(to_half(from_half(half)), half);
        }
        assert_eq!(to_half(1.0 + 1.0 / 2048.0), to_half(1.0), "ties go to even");
        assert_eq!(to_half(1e6), 0x7c00);
    }
}

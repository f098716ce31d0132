//! exp, tanh and reciprocal square root, correctly rounded to f32.
//!
//! In: an f32.  Out: the f32 nearest to the exact result; a NaN result is canonical.
//! Invariant: the result is the correctly rounded one, in every rounding case: that is the whole definition.
//! Method: Ziv's: an f64 result whose error is bounded (a table of 128 powers of two and a polynomial of degree 5); if both ends of its
//!     error interval round to one f32, that is it, else the same is computed in double-double. 1 / sqrt(x) in f64 never lies near
//!     enough to the middle of two f32 to be wrong: a test tries all 2^24 significands.
//! Source: Tang, "Table-driven implementation of the exponential function", ACM TOMS 15, 1989; Ziv, ACM TOMS 17, 1991. The table is
//!     computed here, from the series, when the crate is compiled.

use crate::double::Double;
use graph::half::NAN_F32;

/// Intervals of the table per octave.
const STEPS: usize = 128;
/// ln 2, to 107 bits.
const LN_2: Double = Double { hi: f64::from_bits(0x3fe6_2e42_fefa_39ef), lo: f64::from_bits(0x3c7a_bc9e_3b39_803f) };
/// ln 2 / 128: its leading 36 bits, whose product with a step number is exact, and the rest.
const STEP_HI: f64 = f64::from_bits(LN_2.hi.to_bits() & !0x1_ffff) / STEPS as f64;
const STEP_LO: f64 = ((LN_2.hi - f64::from_bits(LN_2.hi.to_bits() & !0x1_ffff)) + LN_2.lo) / STEPS as f64;
/// 128 / ln 2.
const STEPS_PER_UNIT: f64 = STEPS as f64 / LN_2.hi;
/// 1.5 * 2^52: adding it rounds a small f64 to an integer, which then stands in the low bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// Relative error of the f64 results; proved ones are below 2^-52 for exp and 2^-49.5 for tanh.
const ERROR_EXP: f64 = 1.0 / (1u64 << 50) as f64;
const ERROR_TANH: f64 = 1.0 / (1u64 << 48) as f64;

/// Below it every result of exp is nearer to 0 than to the smallest f32; above the other none is finite.
const EXP_MIN: f32 = -104.0;
const EXP_MAX: f32 = 89.0;
/// From here on tanh rounds to 1: it is within 2^-26 of it.
const TANH_ONE: f32 = 9.5;
/// Below it tanh is computed by its series.
const TANH_SMALL: f32 = 0.125;
/// Terms of a double-double series: the last one is below 2^-115 for arguments below 0.7.
const TERMS: u32 = 28;

/// 2^(i / 128).
static POWERS: [Double; STEPS] = powers();

const fn powers() -> [Double; STEPS] {
    let mut powers = [Double::new(1.0); STEPS];
    let mut step = 1;
    while step < STEPS {
        let argument = LN_2.times(Double::new(step as f64)).scaled(1.0 / STEPS as f64);
        powers[step] = exp_series(argument);
        step += 1;
    }
    powers
}

/// The exponential series, by Horner's rule from the last term.
const fn exp_series(x: Double) -> Double {
    let one = Double::new(1.0);
    let mut sum = one;
    let mut term = TERMS;
    while 0 < term {
        sum = sum.times(x).over(Double::new(term as f64)).plus(one);
        term -= 1;
    }
    sum
}

/// `e^x`, correctly rounded.
pub fn exp(x: f32) -> f32 {
    if x.is_nan() {
        return f32::from_bits(NAN_F32);
    }
    if x < EXP_MIN {
        return 0.0;
    }
    if EXP_MAX < x {
        return f32::INFINITY;
    }
    let x = f64::from(x);
    rounded(exp_near(x), ERROR_EXP).unwrap_or_else(|| exp_exact(x).to_f32())
}

/// Hyperbolic tangent, correctly rounded.
pub(crate) fn tanh(x: f32) -> f32 {
    let magnitude = x.abs();
    if x.is_nan() {
        return f32::from_bits(NAN_F32);
    }
    if TANH_ONE <= magnitude {
        return 1f32.copysign(x);
    }
    let wide = f64::from(magnitude);
    let near = if magnitude < TANH_SMALL { tanh_series(wide) } else { tanh_quotient(exp_near(2.0 * wide)) };
    rounded(near, ERROR_TANH).unwrap_or_else(|| tanh_exact(wide).to_f32()).copysign(x)
}

/// `1 / sqrt(x)`, correctly rounded; infinity for both zeros.
pub(crate) fn rsqrt(x: f32) -> f32 {
    if x == 0.0 {
        return f32::INFINITY;
    }
    if x < 0.0 || x.is_nan() {
        return f32::from_bits(NAN_F32);
    }
    (1.0 / f64::from(x).sqrt()) as f32
}

/// The f32 to which all of `near * (1 +- error)` rounds, if it is one.
fn rounded(near: f64, error: f64) -> Option<f32> {
    let below = (near - near * error) as f32;
    let above = (near + near * error) as f32;
    (below == above).then_some(below)
}

/// The multiple of `ln 2 / 128` nearest to `x`, and its number.
fn nearest_step(x: f64) -> (f64, i64) {
    let shifted = x * STEPS_PER_UNIT + ROUNDER;
    (shifted - ROUNDER, shifted.to_bits() as i64 - ROUNDER.to_bits() as i64)
}

/// 2^exponent, for exponents of normal numbers.
fn power_of_two(exponent: i64) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}

/// `e^x` with a relative error below 2^-52, for |x| < 200.
fn exp_near(x: f64) -> f64 {
    let (steps, number) = nearest_step(x);
    let r = (x - steps * STEP_HI) - steps * STEP_LO;
    let p = r + r * r * (1.0 / 2.0 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0))));
    let power = &POWERS[number.rem_euclid(STEPS as i64) as usize];
    (power.hi + (power.lo + power.hi * p)) * power_of_two(number.div_euclid(STEPS as i64))
}

/// `e^x` with a relative error below 2^-95, for |x| < 200.
fn exp_exact(x: f64) -> Double {
    let (steps, number) = nearest_step(x);
    let multiple = LN_2.times(Double::new(steps)).scaled(1.0 / STEPS as f64);
    let series = exp_series(Double::new(x).minus(multiple));
    let power = POWERS[number.rem_euclid(STEPS as i64) as usize];
    power.times(series).scaled(power_of_two(number.div_euclid(STEPS as i64)))
}

/// tanh(x) from `e^(2x)`, for x from 1/8 on.
fn tanh_quotient(power: f64) -> f64 {
    (power - 1.0) / (power + 1.0)
}

/// tanh(x) for 0 <= x < 1/8 by its Taylor series; the first term left out is below 2^-57 of the first.
fn tanh_series(x: f64) -> f64 {
    const TERMS: [f64; 7] = [
        -1.0 / 3.0,
        2.0 / 15.0,
        -17.0 / 315.0,
        62.0 / 2835.0,
        -1382.0 / 155_925.0,
        21_844.0 / 6_081_075.0,
        -929_569.0 / 638_512_875.0,
    ];
    let square = x * x;
    let sum = TERMS.iter().rev().fold(0.0, |sum, term| sum * square + term);
    x + x * (square * sum)
}

/// tanh(x) with a relative error below 2^-95 * (1 + 1 / x).
fn tanh_exact(x: f64) -> Double {
    let power = exp_exact(2.0 * x);
    let one = Double::new(1.0);
    power.minus(one).over(power.plus(one))
}

#[cfg(test)]
#[path = "functions_test.rs"]
mod tests;

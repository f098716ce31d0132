//! Real numbers of about 106 bits as unevaluated sums of two f64.
//!
//! In: f64.  Out: sums, products and quotients with a relative error below 2^-100.
//! Invariant: only IEEE additions, multiplications and divisions, no fused step: native and wasm agree bit for bit.
//! Method: error-free transformations.
//! Source: Dekker, "A floating-point technique for extending the available precision", 1971; Knuth, TAOCP 2, 4.2.2 (two-sum).

use std::ops::{Add, Mul, Neg, Sub};

/// `high + low`, with `low` below half a unit in the last place of `high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Double {
    high: f64,
    low: f64,
}

impl Double {
    /// Zero.
    pub const ZERO: Double = Double { high: 0.0, low: 0.0 };
    /// One.
    pub const ONE: Double = Double { high: 1.0, low: 0.0 };

    /// Exactly `value`.
    pub const fn new(value: f64) -> Self {
        Double { high: value, low: 0.0 }
    }

    /// The nearest f64.
    pub fn to_f64(self) -> f64 {
        self.high
    }

    /// Divided by an f64 that is not zero.
    pub fn over(self, divisor: f64) -> Self {
        let first = self.high / divisor;
        let rest = self - product(first, divisor);
        quick_sum(first, rest.high / divisor)
    }

    /// To the power `exponent`.
    pub fn power(self, exponent: u32) -> Self {
        let bits = (0..u32::BITS - exponent.leading_zeros()).rev();
        bits.fold(Double::ONE, |power, bit| {
            let square = power * power;
            if exponent >> bit & 1 == 1 { square * self } else { square }
        })
    }
}

impl Add for Double {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let high = sum(self.high, other.high);
        let low = sum(self.low, other.low);
        let partial = quick_sum(high.high, high.low + low.high);
        quick_sum(partial.high, partial.low + low.low)
    }
}

impl Neg for Double {
    type Output = Self;
    fn neg(self) -> Self {
        Double { high: -self.high, low: -self.low }
    }
}

impl Sub for Double {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Double {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let high = product(self.high, other.high);
        quick_sum(high.high, high.low + (self.high * other.low + self.low * other.high))
    }
}

/// `a + b` exactly.
fn sum(a: f64, b: f64) -> Double {
    let high = a + b;
    let b_part = high - a;
    Double { high, low: (a - (high - b_part)) + (b - b_part) }
}

/// `a + b` exactly, where `b` is the smaller.
fn quick_sum(a: f64, b: f64) -> Double {
    let high = a + b;
    Double { high, low: b - (high - a) }
}

/// `a * b` exactly.
fn product(a: f64, b: f64) -> Double {
    let high = a * b;
    let (a, b) = (halves(a), halves(b));
    Double { high, low: ((a.0 * b.0 - high) + a.0 * b.1 + a.1 * b.0) + a.1 * b.1 }
}

/// `value` as a sum of two numbers of 26 bits.
fn halves(value: f64) -> (f64, f64) {
    const SPLITTER: f64 = 134_217_729.0; // 2^27 + 1
    let scaled = value * SPLITTER;
    let high = scaled - (scaled - value);
    (high, value - high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_stay_below_two_to_the_minus_hundred() {
        let third = Double::ONE.over(3.0);
        let rest = (third * Double::new(3.0) - Double::ONE).to_f64();
        assert!(rest.abs() < 2f64.powi(-100), "{rest}");
        let tenth = Double::ONE.over(10.0);
        let rest = (tenth.power(5) * Double::new(1e5) - Double::ONE).to_f64();
        assert!(rest.abs() < 2f64.powi(-98), "{rest}");
        assert_eq!(Double::new(7.0).power(0), Double::ONE);
    }

    #[test]
    fn a_product_keeps_its_low_half() {
        let value = 1.0 + f64::EPSILON;
        let square = Double::new(value) * Double::new(value);
        assert_eq!(square, Double { high: 1.0 + 2.0 * f64::EPSILON, low: f64::EPSILON * f64::EPSILON });
    }
}

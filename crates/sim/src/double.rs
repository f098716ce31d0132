//! Double-double arithmetic: real numbers of about 106 bits, as unevaluated sums of two f64.
//!
//! In: f64.  Out: sums, products and quotients with relative errors below 2^-100; the nearest f32 of one.
//! Invariant: `hi` is the f64 nearest to `hi + lo`.
//! Method: error-free transformations without fused steps, usable in constants.
//! Source: Dekker, "A floating-point technique for extending the available precision", Numer. Math. 18, 1971; Knuth, TAOCP 2, 4.2.2.
//!     Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums", IEEE TC 57, 2008, for rounding to odd.

/// 2^27 + 1, which splits a 53-bit significand into two halves.
const SPLITTER: f64 = 134_217_729.0;

/// The number `hi + lo`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Double {
    pub(crate) hi: f64,
    pub(crate) lo: f64,
}

/// `a + b`, exactly.
const fn two_sum(a: f64, b: f64) -> Double {
    let hi = a + b;
    let b_part = hi - a;
    Double { hi, lo: (a - (hi - b_part)) + (b - b_part) }
}

/// `a + b`, exactly, for `|b| <= |a|`.
const fn quick_two_sum(a: f64, b: f64) -> Double {
    let hi = a + b;
    Double { hi, lo: b - (hi - a) }
}

/// The upper half of a significand.
const fn upper(a: f64) -> f64 {
    let scaled = SPLITTER * a;
    scaled - (scaled - a)
}

/// `a * b`, exactly, unless it under- or overflows.
const fn two_product(a: f64, b: f64) -> Double {
    let hi = a * b;
    let (a_hi, b_hi) = (upper(a), upper(b));
    let (a_lo, b_lo) = (a - a_hi, b - b_hi);
    Double { hi, lo: ((a_hi * b_hi - hi) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo }
}

impl Double {
    /// An f64, exactly.
    pub(crate) const fn new(value: f64) -> Self {
        Double { hi: value, lo: 0.0 }
    }

    /// Sum.
    pub(crate) const fn plus(self, other: Double) -> Double {
        let high = two_sum(self.hi, other.hi);
        let low = two_sum(self.lo, other.lo);
        let sum = quick_two_sum(high.hi, high.lo + low.hi);
        quick_two_sum(sum.hi, sum.lo + low.lo)
    }

    /// Difference.
    pub(crate) const fn minus(self, other: Double) -> Double {
        self.plus(Double { hi: -other.hi, lo: -other.lo })
    }

    /// Product.
    pub(crate) const fn times(self, other: Double) -> Double {
        let high = two_product(self.hi, other.hi);
        quick_two_sum(high.hi, high.lo + (self.hi * other.lo + self.lo * other.hi))
    }

    /// Quotient.
    pub(crate) const fn over(self, other: Double) -> Double {
        let first = self.hi / other.hi;
        let rest = self.minus(other.times(Double::new(first)));
        let second = rest.hi / other.hi;
        let rest = rest.minus(other.times(Double::new(second)));
        let third = rest.hi / other.hi;
        quick_two_sum(first, second).plus(Double::new(third))
    }

    /// Both parts times a power of two.
    pub(crate) const fn scaled(self, power: f64) -> Double {
        Double { hi: self.hi * power, lo: self.lo * power }
    }

    /// The nearest f32.
    ///
    /// Rounded to odd at 53 bits first: an inexact f64 with an even significand moves to its odd neighbour on the side of the rest, so
    /// that the second rounding, to 24 bits or fewer, decides as it would have on the exact value.
    pub(crate) const fn to_f32(self) -> f32 {
        let bits = self.hi.to_bits();
        if self.lo == 0.0 || bits & 1 == 1 {
            return self.hi as f32;
        }
        let outward = (self.lo < 0.0) == (self.hi < 0.0);
        f64::from_bits(if outward { bits + 1 } else { bits - 1 }) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_times_three_misses_one_by_less_than_two_to_the_minus_100() {
        let third = Double::new(1.0).over(Double::new(3.0));
        let rest = third.times(Double::new(3.0)).minus(Double::new(1.0));
        assert!(rest.hi.abs() < 2f64.powi(-100), "{rest:?}");
    }

    #[test]
    fn a_value_just_off_the_middle_is_rounded_to_its_side() {
        let middle = 1.0 + 2f64.powi(-24);
        let off = |lo| Double { hi: middle, lo }.to_f32();
        assert_eq!(off(2f64.powi(-80)), 1.0 + f32::EPSILON);
        assert_eq!(off(-(2f64.powi(-80))), 1.0);
        assert_eq!(off(0.0), 1.0, "the middle itself goes to the even neighbour");
    }
}

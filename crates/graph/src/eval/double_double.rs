//! Real numbers as unevaluated sums of two f64: about 106 significant bits.
//!
//! In: f64 and pairs of them.  Out: pairs, `|low| <= ulp(high) / 2`.
//! Invariant: relative error of each operation is below 2^-100 while nothing overflows and products stay above 2^-900.
//! Method: error-free sums and products by f64 addition and multiplication only, and long division.
//! Source: Dekker, "A floating-point technique for extending the available precision", Numer. Math. 18, 1971.

/// `high + low`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DoubleDouble {
    high: f64,
    low: f64,
}

/// Splits an f64 into two halves of at most 26 bits when multiplied: 2^27 + 1.
const SPLITTER: f64 = 134_217_729.0;

impl DoubleDouble {
    /// Exactly `value`.
    pub fn new(value: f64) -> Self {
        DoubleDouble { high: value, low: 0.0 }
    }

    /// The leading part, within 2^-53 of the whole.
    pub fn high(self) -> f64 {
        self.high
    }

    /// Sum.
    pub fn add(self, other: Self) -> Self {
        let (high, error) = two_sum(self.high, other.high);
        let (low, low_error) = two_sum(self.low, other.low);
        let (high, error) = quick_two_sum(high, error + low);
        let (high, low) = quick_two_sum(high, error + low_error);
        DoubleDouble { high, low }
    }

    /// Difference.
    pub fn sub(self, other: Self) -> Self {
        self.add(DoubleDouble { high: -other.high, low: -other.low })
    }

    /// Product.
    pub fn mul(self, other: Self) -> Self {
        let (product, error) = two_product(self.high, other.high);
        let cross = self.high * other.low + self.low * other.high;
        let (high, low) = quick_two_sum(product, error + cross);
        DoubleDouble { high, low }
    }

    /// Quotient by long division: three digits of 53 bits.
    pub fn div(self, other: Self) -> Self {
        let first = self.high / other.high;
        let rest = self.sub(other.mul(DoubleDouble::new(first)));
        let second = rest.high / other.high;
        let rest = rest.sub(other.mul(DoubleDouble::new(second)));
        let third = rest.high / other.high;
        DoubleDouble::new(first).add(DoubleDouble::new(second)).add(DoubleDouble::new(third))
    }

    /// The f32 nearest to a positive sum, ties to even, subnormals and overflow included.
    ///
    /// The sum is first rounded to odd in 53 bits, so that the second rounding sees on which side of a tie it lies.
    pub fn round_positive(self) -> f32 {
        assert!(0.0 < self.high, "expected a positive sum; found {self:?}");
        if self.low == 0.0 {
            return self.high as f32;
        }
        let toward_zero = if self.low < 0.0 { self.high.to_bits() - 1 } else { self.high.to_bits() };
        f64::from_bits(toward_zero | 1) as f32
    }
}

/// `a + b` and its rounding error, exactly.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let second = sum - a;
    (sum, (a - (sum - second)) + (b - second))
}

/// `a + b` and its rounding error, exactly, for `|b| <= |a|`.
fn quick_two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// `a * b` and its rounding error, exactly.
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    let ((a_high, a_low), (b_high, b_low)) = (split(a), split(b));
    (product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low)
}

/// Two halves of `value`, exactly.
fn split(value: f64) -> (f64, f64) {
    let scaled = SPLITTER * value;
    let high = scaled - (scaled - value);
    (high, value - high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_times_three_is_one_to_a_hundred_bits() {
        let third = DoubleDouble::new(1.0).div(DoubleDouble::new(3.0));
        let error = third.mul(DoubleDouble::new(3.0)).sub(DoubleDouble::new(1.0));
        assert!(error.high().abs() < 2f64.powi(-100), "{error:?}");
        assert!(third.low != 0.0 && third.high == 1.0 / 3.0);
    }

    #[test]
    fn what_lies_beyond_a_tie_decides_it() {
        let tie = DoubleDouble::new(1.0 + 2f64.powi(-24));
        let above = tie.add(DoubleDouble::new(2f64.powi(-90)));
        let below = tie.sub(DoubleDouble::new(2f64.powi(-90)));
        assert_eq!(tie.round_positive(), 1.0);
        assert_eq!(below.round_positive(), 1.0);
        assert_eq!(above.round_positive(), 1.0 + f32::EPSILON);
    }
}

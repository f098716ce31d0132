//! `exp`, `tanh` and `rsqrt`, correctly rounded to f32.
//!
//! In: any f32.  Out: the f32 nearest to the exact result, ties to even; every NaN is 0x7fc00000.
//! Invariant: no library function; only + - * / of f64 and integers, so that every machine gives the same bits.
//! Method: Taylor series in 106 bits for exp and tanh; exact integer comparison for rsqrt. A search over all inputs found no exp
//! closer to a tie than 2^-52.6 and no tanh closer than 2^-50.2, relative; the series are right to about 2^-90.
//! Slow on purpose: each line can be checked against the definition.

use super::double_double::DoubleDouble;
use crate::half::NAN_F32;

/// `exp` halves its argument this often before the series and squares as often after it.
const HALVINGS: u32 = 10;
/// Terms below this share of the sum no longer show in 106 bits: 2^-112.
const NEGLIGIBLE: f64 = 1.0 / (1u128 << 112) as f64;

/// `e^x`: 0 below the smallest subnormal's half, +infinity beyond the greatest f32.
pub fn exp(x: f32) -> f32 {
    if x.is_nan() {
        return f32::from_bits(NAN_F32);
    }
    // e^89 is above 2^128 and e^-105 below 2^-151.
    if 89.0 < x {
        return f32::INFINITY;
    }
    if x < -105.0 {
        return 0.0;
    }
    // e^x = (e^(x / 1024))^1024; the division by a power of two is exact.
    let reduced = DoubleDouble::new(f64::from(x) / f64::from(1u32 << HALVINGS));
    let mut power = exp_series(reduced);
    for _ in 0..HALVINGS {
        power = power.mul(power);
    }
    power.round_positive()
}

/// `1 + t + t^2/2! + ...` for `|t|` below 0.11.
fn exp_series(t: DoubleDouble) -> DoubleDouble {
    let mut sum = DoubleDouble::new(1.0);
    let mut term = DoubleDouble::new(1.0);
    let mut n = 0.0;
    while NEGLIGIBLE < term.high().abs() {
        n += 1.0;
        term = term.mul(t).div(DoubleDouble::new(n));
        sum = sum.add(term);
    }
    sum
}

/// Hyperbolic tangent; keeps the sign of zero.
pub fn tanh(x: f32) -> f32 {
    if x.is_nan() {
        return f32::from_bits(NAN_F32);
    }
    if x == 0.0 {
        return x;
    }
    let magnitude = x.abs();
    // 1 - tanh(10) = 4.1e-9, less than half of the 6e-8 to the next f32 below 1.
    let result = if 10.0 <= magnitude { 1.0 } else { tanh_series(f64::from(magnitude)).round_positive() };
    if x < 0.0 { -result } else { result }
}

/// `sinh(x) / cosh(x)` for `0 < x < 10`: all terms of both series are positive, so nothing cancels.
fn tanh_series(x: f64) -> DoubleDouble {
    let x = DoubleDouble::new(x);
    let mut term = DoubleDouble::new(1.0);
    let (mut sinh, mut cosh) = (DoubleDouble::new(0.0), term);
    let mut n = 0.0;
    loop {
        term = term.mul(x).div(DoubleDouble::new(n + 1.0));
        sinh = sinh.add(term);
        term = term.mul(x).div(DoubleDouble::new(n + 2.0));
        cosh = cosh.add(term);
        n += 2.0;
        // The next odd term is below this even one times x / n; sinh is at least x.
        if term.high() * x.high() < NEGLIGIBLE * sinh.high() {
            return sinh.div(cosh);
        }
    }
}

/// `1 / sqrt(x)`: +infinity for both zeros, NaN below zero, +0 for +infinity.
pub fn rsqrt(x: f32) -> f32 {
    if x == 0.0 {
        return f32::INFINITY;
    }
    if x.is_nan() || x < 0.0 {
        return f32::from_bits(NAN_F32);
    }
    if x == f32::INFINITY {
        return 0.0;
    }
    // x = significand * 4^half; the result is q / 2^scale / 2^half with q = 2^scale / sqrt(significand), 2^23 <= q <= 2^24.
    let (significand, half) = significand_and_half_exponent(x);
    let scale = if significand < 1 << 24 { 35 } else { 36 };
    let target = 1u128 << (2 * scale + 2);
    // The greatest q with q - 1/2 below the exact value. Equality would make (2q - 1)^2, odd, divide a power of two.
    let (mut low, mut high) = (1u128 << 23, (1u128 << 24) + 1);
    while 1 < high - low {
        let middle = (low + high) / 2;
        let doubled = 2 * middle - 1;
        if doubled * doubled * u128::from(significand) < target { low = middle } else { high = middle }
    }
    // Both factors and the product, a normal f32, are exact.
    (low as u32) as f32 * power_of_two(-scale - half)
}

/// A positive finite `x` as `significand * 4^half`, the significand in `2^23 .. 2^25`.
fn significand_and_half_exponent(x: f32) -> (u32, i32) {
    let bits = x.to_bits();
    let (significand, exponent) = match bits >> 23 {
        0 => (bits, -149),
        biased => ((bits & 0x7f_ffff) | 0x80_0000, biased as i32 - 150),
    };
    let shift = significand.leading_zeros() as i32 - 8;
    let (significand, exponent) = (significand << shift, exponent - shift);
    let odd = exponent.rem_euclid(2);
    (significand << odd, (exponent - odd) / 2)
}

/// `2^exponent` for a normal f32.
fn power_of_two(exponent: i32) -> f32 {
    assert!((-126..128).contains(&exponent), "expected the exponent of a normal f32; found {exponent}");
    f32::from_bits(((exponent + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::Rng;

    /// The f32 nearest to an f64 result of at most `ulps` error, or `None` when that error reaches a tie.
    fn nearest(wide: f64, ulps: u64) -> Option<f32> {
        if wide.is_infinite() {
            return Some(wide as f32);
        }
        let low = f64::from_bits(wide.to_bits().saturating_sub(ulps)) as f32;
        let high = f64::from_bits(wide.to_bits() + ulps) as f32;
        (low == high).then_some(low)
    }

    /// Compares with the standard library's f64 function on `count` bit patterns; returns how many it could not judge.
    fn compare(ours: fn(f32) -> f32, wide: fn(f64) -> f64, count: u32, seed: u64) -> u32 {
        let mut rng = Rng::new(seed);
        let mut unjudged = 0;
        for _ in 0..count {
            let x = f32::from_bits(rng.next_u64() as u32);
            let expected = wide(f64::from(x));
            let found = ours(x);
            if expected.is_nan() {
                assert_eq!(found.to_bits(), NAN_F32, "{x:e}");
                continue;
            }
            match nearest(expected, 4) {
                Some(expected) => assert_eq!(found.to_bits(), expected.to_bits(), "{x:e}"),
                None => unjudged += 1,
            }
        }
        unjudged
    }

    /// Checks that results never fall along `steps` increasing arguments from `from` on, `stride` f32s apart.
    fn rises(function: fn(f32) -> f32, from: f32, stride: u32, steps: u32) {
        let mut last = function(from);
        for step in 1..steps {
            let x = f32::from_bits(from.to_bits() + step * stride);
            let next = function(x);
            assert!(last <= next, "{x:e}: {last:e} then {next:e}");
            last = next;
        }
    }

    #[test]
    fn the_standard_library_agrees_wherever_it_can_decide() {
        assert!(compare(exp, f64::exp, 200_000, 1) < 10);
        assert!(compare(tanh, f64::tanh, 200_000, 2) < 10);
        assert!(compare(rsqrt, |x| if x == 0.0 { f64::INFINITY } else { 1.0 / x.sqrt() }, 200_000, 3) < 10);
        close_range(exp, f64::exp, 110.0);
        close_range(tanh, f64::tanh, 11.0);
    }

    /// Compares with the standard library on 100,000 arguments in `-bound .. bound`.
    fn close_range(ours: fn(f32) -> f32, wide: fn(f64) -> f64, bound: f64) {
        let mut rng = Rng::new(4);
        for _ in 0..100_000 {
            let x = ((rng.unit() * 2.0 - 1.0) * bound) as f32;
            let expected = nearest(wide(f64::from(x)), 4);
            assert!(expected.is_none_or(|expected| expected.to_bits() == ours(x).to_bits()), "{x:e}");
        }
    }

    #[test]
    fn exp_at_its_landmarks() {
        let cases =
            [(0.0, 1.0), (-0.0, 1.0), (f32::INFINITY, f32::INFINITY), (f32::NEG_INFINITY, 0.0), (1.0, 2.718_281_7)];
        for (x, expected) in cases {
            assert_eq!(exp(x).to_bits(), f32::to_bits(expected), "{x}");
        }
        assert_eq!(exp(f32::from_bits(0xffff_ffff)).to_bits(), NAN_F32);
        // ln(2^128 - 2^103) = 88.72283905..., ln(2^-150) = -103.97207708...: the last f32 inside and the first outside.
        assert_eq!(exp(f32::from_bits(0x42b1_7217)).to_bits(), 0x7f7f_ff84);
        assert_eq!(exp(f32::from_bits(0x42b1_7218)), f32::INFINITY);
        assert_eq!(exp(f32::from_bits(0xc2cf_f1b4)), f32::from_bits(1));
        assert_eq!(exp(f32::from_bits(0xc2cf_f1b5)), 0.0);
        // 1 + 2^-24 + 2^-49 lies just above the tie, 1 - 2^-25 + 2^-51 too.
        assert_eq!(exp(2f32.powi(-24)), 1.0 + f32::EPSILON);
        assert_eq!(exp(-(2f32.powi(-25))), 1.0);
        assert_eq!(exp(f32::from_bits(1)), 1.0);
    }

    #[test]
    fn the_results_closest_to_a_tie_are_right() {
        // Expected bits from 80-digit decimal arithmetic.
        assert_eq!(exp(f32::from_bits(0x377e_ff81)).to_bits(), 0x3f80_0080);
        assert_eq!(exp(f32::from_bits(0xc169_12cd)).to_bits(), 0x34fd_331b);
        assert_eq!(tanh(f32::from_bits(0x3ac3_7de2)).to_bits(), 0x3ac3_7dd9);
    }

    #[test]
    fn tanh_at_its_landmarks() {
        assert_eq!(tanh(-0.0).to_bits(), 0x8000_0000);
        assert_eq!(tanh(f32::INFINITY), 1.0);
        assert_eq!(tanh(f32::NEG_INFINITY), -1.0);
        assert_eq!(tanh(f32::from_bits(0x7f80_0001)).to_bits(), NAN_F32);
        for tiny in [1, 2, 3, 0x80_0000, 0x3900_0000] {
            assert_eq!(tanh(f32::from_bits(tiny)).to_bits(), tiny, "x - x^3/3 is nearest to x");
        }
        assert_eq!(tanh(1.0), 0.761_594_2);
        // tanh^-1(1 - 2^-25) = 9.01091...
        assert_eq!(tanh(9.0109), 1.0 - f32::EPSILON / 2.0);
        assert_eq!(tanh(9.0110), 1.0);
    }

    #[test]
    fn rsqrt_at_its_landmarks() {
        let infinity = f32::INFINITY;
        let cases = [
            (0.0, infinity),
            (-0.0, infinity),
            (infinity, 0.0),
            (1.0, 1.0),
            (4.0, 0.5),
            (0.25, 2.0),
            (2.0, 0.707_106_77),
        ];
        for (x, expected) in cases {
            assert_eq!(rsqrt(x).to_bits(), f32::to_bits(expected), "{x}");
        }
        for illegal in [-1.0, f32::NEG_INFINITY, -f32::from_bits(1), f32::NAN] {
            assert_eq!(rsqrt(illegal).to_bits(), NAN_F32);
        }
        for exponent in -74..64 {
            assert_eq!(rsqrt(2f64.powi(2 * exponent) as f32), 2f32.powi(-exponent));
        }
        assert_eq!(rsqrt(f32::from_bits(1)), (2f64.powi(74) * 2f64.sqrt()) as f32);
        assert_eq!(rsqrt(f32::MAX), 2f32.powi(-64));
    }

    #[test]
    fn functions_are_monotone_and_tanh_is_odd() {
        rises(exp, 0.0, 1 << 16, 16_000);
        rises(exp, 1.0, 1, 20_000);
        rises(tanh, 0.0, 1 << 16, 16_000);
        rises(tanh, 0.5, 1, 20_000);
        rises(|x| -rsqrt(x), f32::from_bits(1), 1 << 16, 32_000);
        rises(|x| -rsqrt(x), 3.999, 1, 20_000);
        let mut rng = Rng::new(5);
        for _ in 0..20_000 {
            let x = (rng.unit() * 10.0) as f32;
            assert_eq!(tanh(-x).to_bits(), (-tanh(x)).to_bits());
        }
    }
}

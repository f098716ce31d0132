//! Arithmetic of the ALUs, lane by lane.
//!
//! In: bits of 320 elements.  Out: bits of 320 results, as `graph::ScalarOp` defines them.
//! Invariant: a NaN result of an f32 operation is `0x7fc00000`, whatever the machine's own NaN is.
//! Method: one loop per operation over plain arrays, without branches where the compiler can vectorise it.

use crate::dot::real;
use crate::functions::{exp, rsqrt, tanh};
use crate::vector::{self, Kernel};
use crate::word::Lanes;
use graph::half::{NAN_F16, NAN_F32};
use graph::{DType, ScalarOp};

/// 2^23: adding it to a smaller f32 rounds it to an integer, ties to even.
const INTEGER_FROM: f32 = 8_388_608.0;

/// Whether an ALU does `op` on operands of `dtype`.
pub(crate) fn is_defined(op: ScalarOp, dtype: DType) -> bool {
    match op {
        ScalarOp::Add | ScalarOp::Sub | ScalarOp::Mul | ScalarOp::Max | ScalarOp::Min | ScalarOp::LessEqual => {
            matches!(dtype, DType::F32 | DType::I32)
        }
        ScalarOp::Exp | ScalarOp::Tanh | ScalarOp::Rsqrt | ScalarOp::F32ToI32 | ScalarOp::F32ToF16 => {
            dtype == DType::F32
        }
        ScalarOp::Xor | ScalarOp::I32ToF32 => dtype == DType::I32,
        ScalarOp::F16ToF32 => dtype == DType::F16,
        ScalarOp::I8ToI32 => dtype == DType::I8,
        ScalarOp::Identity => true,
        ScalarOp::Div | ScalarOp::Select => false,
    }
}

/// The one-operand operation `op`, which `is_defined` on `dtype`, into `to`.
pub(crate) fn unary(op: ScalarOp, dtype: DType, a: &Lanes, to: &mut Lanes) {
    debug_assert!(is_defined(op, dtype) && op.arity() == 1);
    vector::run(Unary { op, a, to });
}

/// The two-operand operation `op`, which `is_defined` on `dtype`, into `to`.
pub(crate) fn binary(op: ScalarOp, dtype: DType, [a, b]: [&Lanes; 2], to: &mut Lanes) {
    debug_assert!(is_defined(op, dtype) && op.arity() == 2);
    vector::run(Binary { op, is_real: dtype == DType::F32, a, b, to });
}

struct Unary<'a> {
    op: ScalarOp,
    a: &'a Lanes,
    to: &'a mut Lanes,
}

struct Binary<'a> {
    op: ScalarOp,
    is_real: bool,
    a: &'a Lanes,
    b: &'a Lanes,
    to: &'a mut Lanes,
}

impl Kernel for Unary<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Unary { op, a, to } = self;
        match op {
            ScalarOp::Exp => repeat(a, to, |x| exp(f32::from_bits(x)).to_bits()),
            ScalarOp::Tanh => repeat(a, to, |x| tanh(f32::from_bits(x)).to_bits()),
            ScalarOp::Rsqrt => repeat(a, to, |x| rsqrt(f32::from_bits(x)).to_bits()),
            ScalarOp::F32ToI32 => map(a, to, |x| nearest(f32::from_bits(x)) as u32),
            ScalarOp::I32ToF32 => map(a, to, |x| (x as i32 as f32).to_bits()),
            ScalarOp::F32ToF16 => map(a, to, half),
            ScalarOp::F16ToF32 => map(a, to, |x| canonical(real(x as u16))),
            ScalarOp::I8ToI32 => map(a, to, |x| i32::from(x as u8 as i8) as u32),
            _ => *to = *a,
        }
    }
}

impl Kernel for Binary<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Binary { op, is_real, a, b, to } = self;
        let f = f32::from_bits;
        match (op, is_real) {
            (ScalarOp::Add, true) => zip(a, b, to, |x, y| canonical(f(x) + f(y))),
            (ScalarOp::Sub, true) => zip(a, b, to, |x, y| canonical(f(x) - f(y))),
            (ScalarOp::Mul, true) => zip(a, b, to, |x, y| canonical(f(x) * f(y))),
            (ScalarOp::Max, true) => zip(a, b, to, |x, y| extreme(x, y, f(y) < f(x), f(x) < f(y), x & y)),
            (ScalarOp::Min, true) => zip(a, b, to, |x, y| extreme(x, y, f(x) < f(y), f(y) < f(x), x | y)),
            (_, true) => zip(a, b, to, |x, y| u32::from(f(x) <= f(y))),
            (ScalarOp::Add, false) => zip(a, b, to, u32::wrapping_add),
            (ScalarOp::Sub, false) => zip(a, b, to, u32::wrapping_sub),
            (ScalarOp::Mul, false) => zip(a, b, to, u32::wrapping_mul),
            (ScalarOp::Max, false) => zip(a, b, to, |x, y| (x as i32).max(y as i32) as u32),
            (ScalarOp::Min, false) => zip(a, b, to, |x, y| (x as i32).min(y as i32) as u32),
            (ScalarOp::Xor, false) => zip(a, b, to, |x, y| x ^ y),
            (_, false) => zip(a, b, to, |x, y| u32::from(x as i32 <= y as i32)),
        }
    }
}

/// `x` or `y` as one of them wins; of equals, which differ at most in the sign of zero, `tie`; a NaN when they do not compare.
#[inline(always)]
fn extreme(x: u32, y: u32, x_wins: bool, y_wins: bool, tie: u32) -> u32 {
    let equal = f32::from_bits(x) == f32::from_bits(y);
    let undecided = if equal { tie } else { NAN_F32 };
    if x_wins {
        x
    } else if y_wins {
        y
    } else {
        undecided
    }
}

/// The bits of `x`, every NaN as the canonical one.
#[inline(always)]
pub(crate) fn canonical(x: f32) -> u32 {
    if x.is_nan() { NAN_F32 } else { x.to_bits() }
}

/// The nearest i32, ties to even, saturating; 0 for a NaN.
#[inline(always)]
fn nearest(x: f32) -> i32 {
    let magnitude = x.abs();
    let rounded = if magnitude < INTEGER_FROM { (magnitude + INTEGER_FROM) - INTEGER_FROM } else { magnitude };
    (if x.is_sign_negative() { -rounded } else { rounded }) as i32
}

/// The f16 nearest to an f32, as `graph::half::f32_to_f16` defines it, without a branch.
///
/// A normal result is rounded as an integer; a subnormal one by adding one half, whose last bit weighs 2^-24, the unit of a
/// subnormal f16.
#[inline(always)]
fn half(x: u32) -> u32 {
    const UNIT: u32 = 126 << 23;
    const GREATEST: u32 = 0x477f_e000;
    let magnitude = x & 0x7fff_ffff;
    let normal = (magnitude + 0xfff + (magnitude >> 13 & 1)).wrapping_sub(112 << 23) >> 13;
    let subnormal = (f32::from_bits(magnitude) + f32::from_bits(UNIT)).to_bits().wrapping_sub(UNIT);
    let finite = if magnitude < (113 << 23) { subnormal } else { normal };
    let bounded = if GREATEST <= magnitude { 0x7bff } else { finite };
    let signed = bounded | (x >> 16 & 0x8000);
    if 0x7f80_0000 < magnitude { u32::from(NAN_F16) } else { signed }
}

#[inline(always)]
fn map(a: &Lanes, to: &mut Lanes, f: impl Fn(u32) -> u32) {
    for (to, x) in to.iter_mut().zip(a) {
        *to = f(*x);
    }
}

#[inline(always)]
fn zip(a: &Lanes, b: &Lanes, to: &mut Lanes, f: impl Fn(u32, u32) -> u32) {
    for (to, (x, y)) in to.iter_mut().zip(a.iter().zip(b)) {
        *to = f(*x, *y);
    }
}

/// As `map`, for functions that cost more than a comparison: neighbouring lanes often hold one value.
#[inline(always)]
fn repeat(a: &Lanes, to: &mut Lanes, f: impl Fn(u32) -> u32) {
    let (mut last, mut result) = (a[0], f(a[0]));
    for (to, &x) in to.iter_mut().zip(a) {
        if x != last {
            (last, result) = (x, f(x));
        }
        *to = result;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph::half::{f16_to_f32, f32_to_f16};
    use program::WORD_BYTES;
    use units::Rng;

    fn one(op: ScalarOp, a: f32, b: f32) -> u32 {
        {
            let mut to = [0; WORD_BYTES];
            binary(op, DType::F32, [&[a.to_bits(); WORD_BYTES], &[b.to_bits(); WORD_BYTES]], &mut to);
            to[WORD_BYTES - 1]
        }
    }

    #[test]
    fn extremes_follow_the_rules_of_zeros_and_nans() {
        let bits = f32::to_bits;
        assert_eq!(one(ScalarOp::Max, -0.0, 0.0), bits(0.0));
        assert_eq!(one(ScalarOp::Max, 0.0, -0.0), bits(0.0));
        assert_eq!(one(ScalarOp::Min, 0.0, -0.0), bits(-0.0));
        assert_eq!(one(ScalarOp::Max, -3.0, 2.0), bits(2.0));
        assert_eq!(one(ScalarOp::Min, -3.0, 2.0), bits(-3.0));
        assert_eq!(one(ScalarOp::Max, f32::NAN, 2.0), NAN_F32);
        assert_eq!(one(ScalarOp::Min, 2.0, -f32::NAN), NAN_F32);
        assert_eq!(one(ScalarOp::LessEqual, f32::NAN, 2.0), 0);
        assert_eq!(one(ScalarOp::LessEqual, -0.0, 0.0), 1);
    }

    #[test]
    fn arithmetic_makes_the_canonical_nan_only() {
        assert_eq!(one(ScalarOp::Sub, f32::INFINITY, f32::INFINITY), NAN_F32);
        assert_eq!(one(ScalarOp::Add, f32::from_bits(0xffc0_1234), 1.0), NAN_F32);
        assert_eq!(one(ScalarOp::Mul, 0.0, f32::NEG_INFINITY), NAN_F32);
    }

    #[test]
    fn integers_are_the_nearest_ties_to_even_and_saturate() {
        let cases = [
            (0.5, 0),
            (1.5, 2),
            (-2.5, -2),
            (-3.5, -4),
            (4_194_304.5, 4_194_304),
            (8_388_607.5, 8_388_608),
            (3e9, i32::MAX),
            (-3e9, i32::MIN),
            (f32::NAN, 0),
            (f32::NEG_INFINITY, i32::MIN),
        ];
        for (x, expected) in cases {
            let mut to = [0; WORD_BYTES];
            unary(ScalarOp::F32ToI32, DType::F32, &[x.to_bits(); WORD_BYTES], &mut to);
            assert_eq!(to[0] as i32, expected, "{x}");
        }
    }

    #[test]
    fn halves_are_those_of_the_shared_conversion() {
        for x in (0..=u32::MAX).step_by(251) {
            assert_eq!(half(x), u32::from(f32_to_f16(f32::from_bits(x))), "{x:#010x}");
        }
        for low in 0..0x7c00u16 {
            let middle = (f16_to_f32(low) + f16_to_f32(low + 1)) * 0.5;
            for x in [middle.to_bits() - 1, middle.to_bits(), middle.to_bits() + 1] {
                assert_eq!(half(x), u32::from(f32_to_f16(f32::from_bits(x))), "{x:#010x}");
            }
        }
    }

    /// Bits that come from everywhere: small integers, ordinary numbers, infinities, NaNs, noise.
    fn noise(rng: &mut Rng) -> u32 {
        const ODD: [u32; 6] = [0, 0x8000_0000, 0x7f80_0000, 0xff80_0000, 0x7fc0_0001, 0xffa0_0000];
        match rng.below(4) {
            0 => rng.next_u64() as u32,
            1 => ODD[rng.below(6) as usize],
            2 => ((rng.unit() as f32 - 0.5) * 200.0).to_bits(),
            _ => rng.below(40) as u32,
        }
    }

    #[test]
    fn every_kind_of_vectors_computes_the_same_bits() {
        let mut rng = Rng::new(11);
        let all = ScalarOp::ALL;
        for _ in 0..100 {
            let [a, b]: [Lanes; 2] = std::array::from_fn(|_| std::array::from_fn(|_| noise(&mut rng)));
            for op in all {
                let (mut wide, mut plain) = ([1; WORD_BYTES], [2; WORD_BYTES]);
                if op.arity() == 1 {
                    vector::run(Unary { op, a: &a, to: &mut wide });
                    Unary { op, a: &a, to: &mut plain }.run();
                    assert_eq!(wide, plain, "{op:?}");
                }
                for is_real in [false, true] {
                    vector::run(Binary { op, is_real, a: &a, b: &b, to: &mut wide });
                    Binary { op, is_real, a: &a, b: &b, to: &mut plain }.run();
                    assert_eq!(wide, plain, "{op:?}");
                }
            }
        }
    }
}

//! Arithmetic of the ALUs, lane by lane.
//!
//! In: bits of 320 elements.  Out: bits of 320 results, as `graph::ScalarOp` defines them.
//! Invariant: a NaN result of an f32 operation is `0x7fc00000`, whatever the machine's own NaN is.
//! Method: one loop per operation over plain arrays, without branches where the compiler can vectorise it.

use crate::functions::{exp, rsqrt, tanh};
use crate::word::Lanes;
use graph::half::{NAN_F32, f16_to_f32, f32_to_f16};
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

/// The one-operand operation `op`, which `is_defined` on `dtype`.
pub(crate) fn unary(op: ScalarOp, dtype: DType, a: &Lanes) -> Lanes {
    debug_assert!(is_defined(op, dtype) && op.arity() == 1);
    match op {
        ScalarOp::Exp => map(a, |x| exp(f32::from_bits(x)).to_bits()),
        ScalarOp::Tanh => map(a, |x| tanh(f32::from_bits(x)).to_bits()),
        ScalarOp::Rsqrt => map(a, |x| rsqrt(f32::from_bits(x)).to_bits()),
        ScalarOp::F32ToI32 => map(a, |x| nearest(f32::from_bits(x)) as u32),
        ScalarOp::I32ToF32 => map(a, |x| (x as i32 as f32).to_bits()),
        ScalarOp::F32ToF16 => map(a, |x| u32::from(f32_to_f16(f32::from_bits(x)))),
        ScalarOp::F16ToF32 => map(a, |x| f16_to_f32(x as u16).to_bits()),
        ScalarOp::I8ToI32 => map(a, |x| i32::from(x as u8 as i8) as u32),
        _ => *a,
    }
}

/// The two-operand operation `op`, which `is_defined` on `dtype`.
pub(crate) fn binary(op: ScalarOp, dtype: DType, a: &Lanes, b: &Lanes) -> Lanes {
    debug_assert!(is_defined(op, dtype) && op.arity() == 2);
    if dtype == DType::F32 { binary_f32(op, a, b) } else { binary_i32(op, a, b) }
}

fn binary_f32(op: ScalarOp, a: &Lanes, b: &Lanes) -> Lanes {
    let real = f32::from_bits;
    match op {
        ScalarOp::Add => zip(a, b, |x, y| canonical(real(x) + real(y))),
        ScalarOp::Sub => zip(a, b, |x, y| canonical(real(x) - real(y))),
        ScalarOp::Mul => zip(a, b, |x, y| canonical(real(x) * real(y))),
        ScalarOp::Max => zip(a, b, |x, y| extreme(x, y, real(y) < real(x), real(x) < real(y), x & y)),
        ScalarOp::Min => zip(a, b, |x, y| extreme(x, y, real(x) < real(y), real(y) < real(x), x | y)),
        _ => zip(a, b, |x, y| u32::from(real(x) <= real(y))),
    }
}

fn binary_i32(op: ScalarOp, a: &Lanes, b: &Lanes) -> Lanes {
    match op {
        ScalarOp::Add => zip(a, b, u32::wrapping_add),
        ScalarOp::Sub => zip(a, b, u32::wrapping_sub),
        ScalarOp::Mul => zip(a, b, u32::wrapping_mul),
        ScalarOp::Max => zip(a, b, |x, y| (x as i32).max(y as i32) as u32),
        ScalarOp::Min => zip(a, b, |x, y| (x as i32).min(y as i32) as u32),
        ScalarOp::Xor => zip(a, b, |x, y| x ^ y),
        _ => zip(a, b, |x, y| u32::from(x as i32 <= y as i32)),
    }
}

/// `x` or `y` as one of them wins; of equals, which differ at most in the sign of zero, `tie`; a NaN when they do not compare.
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
pub(crate) fn canonical(x: f32) -> u32 {
    if x.is_nan() { NAN_F32 } else { x.to_bits() }
}

/// The nearest i32, ties to even, saturating; 0 for a NaN.
fn nearest(x: f32) -> i32 {
    let magnitude = x.abs();
    let rounded = if magnitude < INTEGER_FROM { (magnitude + INTEGER_FROM) - INTEGER_FROM } else { magnitude };
    (if x.is_sign_negative() { -rounded } else { rounded }) as i32
}

fn map(a: &Lanes, f: impl Fn(u32) -> u32) -> Lanes {
    let mut result = *a;
    for x in &mut result {
        *x = f(*x);
    }
    result
}

fn zip(a: &Lanes, b: &Lanes, f: impl Fn(u32, u32) -> u32) -> Lanes {
    let mut result = *a;
    for (x, y) in result.iter_mut().zip(b) {
        *x = f(*x, *y);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use program::WORD_BYTES;

    fn one(op: ScalarOp, a: f32, b: f32) -> u32 {
        binary(op, DType::F32, &[a.to_bits(); WORD_BYTES], &[b.to_bits(); WORD_BYTES])[WORD_BYTES - 1]
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
            let result = unary(ScalarOp::F32ToI32, DType::F32, &[x.to_bits(); WORD_BYTES]);
            assert_eq!(result[0] as i32, expected, "{x}");
        }
    }
}

//! One scalar operation on the bits of its operands.
//!
//! In: an operation, the type it works on, operand bits (i8 sign extended, f16 zero extended).  Out: result bits.
//! Invariant: a NaN that is computed is 0x7fc00000 (0x7e00 in f16); `Select` and `Identity` keep every bit.
//! Method: one line per operation and type, from its definition in `expr`.

use super::functions;
use crate::half::{NAN_F32, f16_to_f32, f32_to_f16};
use crate::{DType, ScalarOp};

/// The result of `op` on operands of type `operand`. `args` holds zeros past the operation's arity.
pub fn apply(op: ScalarOp, operand: DType, args: [u32; 3]) -> u32 {
    let [a, b, c] = args;
    match op {
        ScalarOp::Select => return if a != 0 { b } else { c },
        ScalarOp::Identity | ScalarOp::I8ToI32 => return a,
        ScalarOp::Xor => return a ^ b,
        ScalarOp::F16ToF32 => return f16_to_f32(a as u16).to_bits(),
        ScalarOp::F32ToF16 => return u32::from(f32_to_f16(f32::from_bits(a))),
        ScalarOp::F32ToI32 => return f32_to_i32(f32::from_bits(a)) as u32,
        ScalarOp::I32ToF32 => return (a as i32 as f32).to_bits(),
        _ => {}
    }
    match operand {
        DType::F32 => real(op, f32::from_bits(a), f32::from_bits(b)),
        DType::I32 => integer(op, a as i32, b as i32) as u32,
        other => unreachable!("a checked {} works on f32 or i32; found {}", op.name(), other.name()),
    }
}

/// The operations on f32.
fn real(op: ScalarOp, a: f32, b: f32) -> u32 {
    let result = match op {
        ScalarOp::Add => add(a, b),
        ScalarOp::Sub => a - b,
        ScalarOp::Mul => a * b,
        ScalarOp::Div => a / b,
        ScalarOp::Max => max(a, b),
        ScalarOp::Min => min(a, b),
        ScalarOp::Exp => functions::exp(a),
        ScalarOp::Tanh => functions::tanh(a),
        ScalarOp::Rsqrt => functions::rsqrt(a),
        ScalarOp::LessEqual => return u32::from(a <= b),
        _ => unreachable!("a checked {} does not work on f32", op.name()),
    };
    canonical(result).to_bits()
}

/// The operations on i32.
fn integer(op: ScalarOp, a: i32, b: i32) -> i32 {
    match op {
        ScalarOp::Add => a.wrapping_add(b),
        ScalarOp::Sub => a.wrapping_sub(b),
        ScalarOp::Mul => a.wrapping_mul(b),
        ScalarOp::Max => a.max(b),
        ScalarOp::Min => a.min(b),
        ScalarOp::LessEqual => i32::from(a <= b),
        _ => unreachable!("a checked {} does not work on i32", op.name()),
    }
}

/// `value`, or the one NaN.
pub fn canonical(value: f32) -> f32 {
    if value.is_nan() { f32::from_bits(NAN_F32) } else { value }
}

/// f32 sum.
pub fn add(a: f32, b: f32) -> f32 {
    canonical(a + b)
}

/// The greater; of two zeros the positive one; a NaN if either is.
pub fn max(a: f32, b: f32) -> f32 {
    if a.is_nan() || b.is_nan() {
        f32::from_bits(NAN_F32)
    } else if a == 0.0 && b == 0.0 {
        if a.is_sign_positive() { a } else { b }
    } else if a <= b {
        b
    } else {
        a
    }
}

/// The smaller; of two zeros the negative one; a NaN if either is.
pub fn min(a: f32, b: f32) -> f32 {
    canonical(-max(-a, -b))
}

/// Nearest even, saturating; 0 for a NaN.
fn f32_to_i32(value: f32) -> i32 {
    // Every f32 of magnitude 2^23 and above is an integer already; below, the fraction is exact.
    if value.is_nan() || 8_388_608.0 <= value.abs() {
        return value as i32;
    }
    let truncated = value as i32;
    let fraction = (value - truncated as f32).abs();
    let away = truncated + if value < 0.0 { -1 } else { 1 };
    let up = 0.5 < fraction || (fraction == 0.5 && truncated % 2 != 0);
    if up { away } else { truncated }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(op: ScalarOp, operands: &[f32], expected: f32) {
        let mut args = [0; 3];
        for (arg, operand) in args.iter_mut().zip(operands) {
            *arg = operand.to_bits();
        }
        let found = apply(op, DType::F32, args);
        assert_eq!(found, expected.to_bits(), "{} {operands:?}: {:?}", op.name(), f32::from_bits(found));
    }

    #[test]
    fn zeros_and_nans_follow_the_documented_rules() {
        let (nan, odd_nan) = (f32::from_bits(NAN_F32), f32::from_bits(0xffc1_2345));
        check(ScalarOp::Max, &[-0.0, 0.0], 0.0);
        check(ScalarOp::Max, &[0.0, -0.0], 0.0);
        check(ScalarOp::Min, &[0.0, -0.0], -0.0);
        check(ScalarOp::Min, &[-0.0, 0.0], -0.0);
        check(ScalarOp::Min, &[-0.0, -0.0], -0.0);
        check(ScalarOp::Min, &[2.0, -3.0], -3.0);
        check(ScalarOp::Max, &[2.0, -3.0], 2.0);
        for op in [ScalarOp::Max, ScalarOp::Min, ScalarOp::Add, ScalarOp::Sub, ScalarOp::Mul, ScalarOp::Div] {
            check(op, &[odd_nan, 1.0], nan);
            check(op, &[1.0, odd_nan], nan);
        }
        check(ScalarOp::Sub, &[f32::INFINITY, f32::INFINITY], nan);
        check(ScalarOp::Div, &[0.0, -0.0], nan);
        check(ScalarOp::Identity, &[odd_nan], odd_nan);
        check(ScalarOp::LessEqual, &[odd_nan, odd_nan], f32::from_bits(0));
        check(ScalarOp::LessEqual, &[0.0, -0.0], f32::from_bits(1));
    }

    #[test]
    fn conversion_to_integers_is_nearest_even_and_saturates() {
        let cases = [(0.5, 0), (1.5, 2), (2.5, 2), (-0.5, 0), (-1.5, -2), (-2.500_000_2, -3), (0.499_999_97, 0)];
        let far =
            [(8_388_607.5, 8_388_608), (3e9, i32::MAX), (-3e9, i32::MIN), (f32::NAN, 0), (f32::NEG_INFINITY, i32::MIN)];
        for (value, expected) in cases.into_iter().chain(far) {
            assert_eq!(f32_to_i32(value), expected, "{value}");
            if !value.is_nan() && value.abs() < 1e9 {
                assert_eq!(f64::from(value).round_ties_even() as i32, expected);
            }
        }
    }

    #[test]
    fn integers_wrap() {
        assert_eq!(apply(ScalarOp::Add, DType::I32, [i32::MAX as u32, 1, 0]), i32::MIN as u32);
        assert_eq!(apply(ScalarOp::Mul, DType::I32, [65536, 65536, 0]), 0);
        assert_eq!(apply(ScalarOp::LessEqual, DType::I32, [u32::MAX, 0, 0]), 1, "-1 <= 0");
        assert_eq!(apply(ScalarOp::I32ToF32, DType::I32, [16_777_217, 0, 0]), 16_777_216f32.to_bits());
    }
}

//! One scalar operation on the bits of its operands.
//!
//! In: an operation, the type it works on, operand bits (i16 and i8 sign extended, f16 and u8 zero extended).  Out: result bits alike.
//! Invariant: a NaN that is computed is 0x7fc00000 (0x7e00 in f16); what computes nothing keeps every bit.
//! Method: one line per operation and kind of type, from its definition in `expr`. Integers are computed exactly in 64 bits, then
//!     wrapped or saturated; f16 in f32, which rounds once in effect (24 >= 2 * 11 + 2 bits).
//! Source: S. A. Figueroa, "When is double rounding innocuous?", SIGNUM Newsletter 1995.

use super::functions;
use crate::half::{NAN_F16, NAN_F32, f16_to_f32, f32_to_f16};
use crate::{DType, ScalarOp};

/// The result of `op` on operands of type `operand`. `args` holds zeros past the operation's arity.
pub fn apply(op: ScalarOp, operand: DType, args: [u32; 3]) -> u32 {
    let [a, b, c] = args;
    match op {
        ScalarOp::Select => return if a != 0 { b } else { c },
        ScalarOp::Mask => return if b != 0 { a } else { 0 },
        ScalarOp::Identity | ScalarOp::I8ToI32 | ScalarOp::I16ToI32 | ScalarOp::U8ToI32 => return a,
        ScalarOp::And => return a & b,
        ScalarOp::Or => return a | b,
        ScalarOp::Xor => return a ^ b,
        ScalarOp::F16ToF32 => return f16_to_f32(a as u16).to_bits(),
        ScalarOp::F32ToF16 => return u32::from(f32_to_f16(f32::from_bits(a))),
        ScalarOp::F32ToI32 => return f32_to_i32(f32::from_bits(a)) as u32,
        ScalarOp::I32ToF32 => return (a as i32 as f32).to_bits(),
        ScalarOp::I32ToI16 => return (a as i32).clamp(-32768, 32767) as u32,
        ScalarOp::I32ToI8 => return (a as i32).clamp(-128, 127) as u32,
        ScalarOp::I32ToU8 => return (a as i32).clamp(0, 255) as u32,
        _ => {}
    }
    match operand {
        _ if op == ScalarOp::Not => not(operand, a),
        DType::F32 => real(op, f32::from_bits(a), f32::from_bits(b)),
        DType::F16 => half(op, a as u16, b as u16),
        DType::I32 => integer(op, 32, a as i32, b as i32) as u32,
        DType::I16 => integer(op, 16, a as i32, b as i32) as u32,
        DType::I8 => integer(op, 8, a as i32, b as i32) as u32,
        DType::U8 => unreachable!("a checked {} does not work on u8", op.name()),
    }
}

/// Every bit turned, in the form of the type.
fn not(operand: DType, a: u32) -> u32 {
    match operand {
        DType::F16 => u32::from(!(a as u16)),
        DType::U8 => u32::from(!(a as u8)),
        DType::F32 | DType::I32 | DType::I16 | DType::I8 => !a,
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
        ScalarOp::Less => return u32::from(a < b),
        ScalarOp::Equal => return u32::from(a == b),
        _ => unreachable!("a checked {} does not work on f32", op.name()),
    };
    canonical(result).to_bits()
}

/// The operations on f16. The greater and the smaller are one of the two and never rounded.
fn half(op: ScalarOp, a: u16, b: u16) -> u32 {
    let (x, y) = (f16_to_f32(a), f16_to_f32(b));
    let result = real(op, x, y);
    match op {
        ScalarOp::Add | ScalarOp::Sub | ScalarOp::Mul => u32::from(f32_to_f16(f32::from_bits(result))),
        ScalarOp::Max | ScalarOp::Min if x.is_nan() || y.is_nan() => u32::from(NAN_F16),
        ScalarOp::Max | ScalarOp::Min => u32::from(if result == x.to_bits() { a } else { b }),
        _ => result,
    }
}

/// The operations on two's complement integers of `bits` bits.
fn integer(op: ScalarOp, bits: u32, a: i32, b: i32) -> i32 {
    let (x, y) = (i64::from(a), i64::from(b));
    let unsigned = |value: i64| value & ((1 << bits) - 1);
    let count = unsigned(y);
    let shifts = count < i64::from(bits);
    match op {
        ScalarOp::Add => wrapped(bits, x + y),
        ScalarOp::Sub => wrapped(bits, x - y),
        ScalarOp::Mul => wrapped(bits, x * y),
        ScalarOp::AddSat => saturated(bits, x + y),
        ScalarOp::SubSat => saturated(bits, x - y),
        ScalarOp::MulSat => saturated(bits, x * y),
        ScalarOp::Max => a.max(b),
        ScalarOp::Min => a.min(b),
        ScalarOp::LessEqual => i32::from(a <= b),
        ScalarOp::Less => i32::from(a < b),
        ScalarOp::Equal => i32::from(a == b),
        ScalarOp::ShiftLeft => wrapped(bits, if shifts { unsigned(x) << count } else { 0 }),
        ScalarOp::ShiftRight => wrapped(bits, if shifts { unsigned(x) >> count } else { 0 }),
        ScalarOp::ShiftRightSigned => (x >> count.min(63)) as i32,
        _ => unreachable!("a checked {} does not work on integers", op.name()),
    }
}

/// The number of `bits` bits that is congruent to `value`.
fn wrapped(bits: u32, value: i64) -> i32 {
    (value << (64 - bits) >> (64 - bits)) as i32
}

/// The number of `bits` bits that is nearest to `value`.
fn saturated(bits: u32, value: i64) -> i32 {
    let end = 1i64 << (bits - 1);
    value.clamp(-end, end - 1) as i32
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
        assert_eq!(apply(ScalarOp::Add, DType::I8, [100, 100, 0]), -56i32 as u32);
        assert_eq!(apply(ScalarOp::Mul, DType::I16, [300, 300, 0]), 24_464);
    }

    #[test]
    fn saturating_forms_stop_at_the_ends() {
        let check = |op, dtype, [a, b]: [i32; 2], expected: i32| {
            assert_eq!(apply(op, dtype, [a as u32, b as u32, 0]) as i32, expected, "{op:?} {dtype:?} {a} {b}");
        };
        check(ScalarOp::AddSat, DType::I32, [i32::MAX, 1], i32::MAX);
        check(ScalarOp::SubSat, DType::I32, [i32::MIN, 1], i32::MIN);
        check(ScalarOp::MulSat, DType::I32, [i32::MIN, -1], i32::MAX);
        check(ScalarOp::AddSat, DType::I8, [-100, -100], -128);
        check(ScalarOp::MulSat, DType::I16, [300, -300], -32_768);
        check(ScalarOp::I32ToI16, DType::I32, [40_000, 0], 32_767);
        check(ScalarOp::I32ToI8, DType::I32, [-300, 0], -128);
        check(ScalarOp::I32ToU8, DType::I32, [-1, 0], 0);
        check(ScalarOp::I32ToU8, DType::I32, [300, 0], 255);
    }

    #[test]
    fn a_shift_by_the_width_leaves_nothing_but_the_sign() {
        let check = |op, dtype, [a, b]: [i32; 2], expected: i32| {
            assert_eq!(apply(op, dtype, [a as u32, b as u32, 0]) as i32, expected, "{op:?} {dtype:?} {a} {b}");
        };
        check(ScalarOp::ShiftLeft, DType::I32, [3, 31], i32::MIN);
        check(ScalarOp::ShiftLeft, DType::I32, [3, 32], 0);
        check(ScalarOp::ShiftLeft, DType::I32, [3, -1], 0);
        check(ScalarOp::ShiftRight, DType::I32, [-1, 28], 15);
        check(ScalarOp::ShiftRight, DType::I8, [-128, 7], 1);
        check(ScalarOp::ShiftRight, DType::I8, [-128, 0], -128);
        check(ScalarOp::ShiftRightSigned, DType::I8, [-128, 3], -16);
        check(ScalarOp::ShiftRightSigned, DType::I16, [-5, 300], -1);
        check(ScalarOp::ShiftRightSigned, DType::I32, [5, -1], 0);
    }

    #[test]
    fn halves_saturate_and_extremes_of_them_are_kept() {
        let (one, infinity, greatest) = (0x3c00, 0x7c00, 0x7bff);
        let apply = |op, a: u32, b: u32| super::apply(op, DType::F16, [a, b, 0]);
        assert_eq!(apply(ScalarOp::Add, greatest, greatest), greatest);
        assert_eq!(apply(ScalarOp::Max, infinity, one), infinity);
        assert_eq!(apply(ScalarOp::Min, 0x8000, 0), 0x8000, "of two zeros the negative one");
        assert_eq!(apply(ScalarOp::Max, 0x7c01, one), u32::from(NAN_F16));
        assert_eq!(apply(ScalarOp::Equal, 0x8000, 0), 1);
        assert_eq!(apply(ScalarOp::Not, one, 0), 0xc3ff);
    }

    /// Where `c` is not zero all of `x`, else all of `y`: also NaNs and the sign of zero.
    #[test]
    fn masks_select_bit_for_bit() {
        for [x, y] in [[0x8000_0000, 0x3f80_0000], [0xffc1_2345, 0], [1, 2]] {
            for c in [0, 1] {
                let bits = |op, a, b| apply(op, DType::F32, [a, b, 0]);
                let other = apply(ScalarOp::Xor, DType::I32, [c, 1, 0]);
                let found = bits(ScalarOp::Or, bits(ScalarOp::Mask, x, c), bits(ScalarOp::Mask, y, other));
                assert_eq!(found, apply(ScalarOp::Select, DType::F32, [c, x, y]));
            }
        }
    }
}

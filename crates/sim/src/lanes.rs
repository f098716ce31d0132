//! Arithmetic of the ALUs, lane by lane.
//!
//! In: bits of 320 elements, zero extended.  Out: bits of 320 results, as `graph::ScalarOp` defines them.
//! Invariant: a NaN result of an f32 operation is `0x7fc00000`, of an f16 one `0x7e00`, whatever the machine's own NaN is.
//! Method: one loop per operation over plain arrays, without branches where the compiler can vectorise it; what models do not use shares
//!     a loop, because code has to be loaded. An integer of fewer than 32 bits is compared, saturated and shifted at the upper end of
//!     32, where the ends of i32 are its own.

use crate::dot::real;
use crate::functions::{exp, rsqrt, tanh};
use crate::vector::{self, Kernel};
use crate::word::Lanes;
use graph::half::{NAN_F16, NAN_F32};
use graph::{DType, ScalarOp};
use program::alu_does;

/// 2^23: adding it to a smaller f32 rounds it to an integer, ties to even.
const INTEGER_FROM: f32 = 8_388_608.0;

/// The one-operand operation `op`, which the ALUs do on `dtype`, into `to`.
pub(crate) fn unary(op: ScalarOp, dtype: DType, a: &Lanes, to: &mut Lanes) {
    debug_assert!(alu_does(op, dtype) && op.arity() == 1);
    vector::run(Unary { op, unused: unused(dtype), a, to });
}

/// The two-operand operation `op`, which the ALUs do on `dtype`, into `to`.
pub(crate) fn binary(op: ScalarOp, dtype: DType, [a, b]: [&Lanes; 2], to: &mut Lanes) {
    debug_assert!(alu_does(op, dtype) && op.arity() == 2);
    vector::run(Binary { op, dtype, a, b, to });
}

/// Bits of a lane that an element leaves unused.
fn unused(dtype: DType) -> u32 {
    32 - 8 * dtype.bytes() as u32
}

struct Unary<'a> {
    op: ScalarOp,
    unused: u32,
    a: &'a Lanes,
    to: &'a mut Lanes,
}

struct Binary<'a> {
    op: ScalarOp,
    dtype: DType,
    a: &'a Lanes,
    b: &'a Lanes,
    to: &'a mut Lanes,
}

impl Kernel for Unary<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Unary { op, unused, a, to } = self;
        let all = u32::MAX >> unused;
        match op {
            ScalarOp::Exp => repeat(a, to, |x| exp(f32::from_bits(x)).to_bits()),
            ScalarOp::Tanh => repeat(a, to, |x| tanh(f32::from_bits(x)).to_bits()),
            ScalarOp::Rsqrt => repeat(a, to, |x| rsqrt(f32::from_bits(x)).to_bits()),
            ScalarOp::F32ToI32 => map(a, to, |x| nearest(f32::from_bits(x)) as u32),
            ScalarOp::I32ToF32 => map(a, to, |x| (x as i32 as f32).to_bits()),
            ScalarOp::F32ToF16 => map(a, to, half),
            ScalarOp::F16ToF32 => map(a, to, |x| canonical(real(x as u16))),
            ScalarOp::I8ToI32 => map(a, to, |x| i32::from(x as u8 as i8) as u32),
            ScalarOp::I16ToI32 => each([a, a], to, &|x, _| i32::from(x as u16 as i16) as u32),
            ScalarOp::I32ToI16 => each([a, a], to, &|x, _| (x as i32).clamp(-0x8000, 0x7fff) as u32 & 0xffff),
            ScalarOp::I32ToI8 => each([a, a], to, &|x, _| (x as i32).clamp(-0x80, 0x7f) as u32 & 0xff),
            ScalarOp::I32ToU8 => each([a, a], to, &|x, _| (x as i32).clamp(0, 0xff) as u32),
            ScalarOp::Not => each([a, a], to, &|x, _| x ^ all),
            _ => *to = *a,
        }
    }
}

impl Kernel for Binary<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Binary { op, dtype, a, b, to } = self;
        match (op, dtype) {
            (ScalarOp::And, _) => each([a, b], to, &|x, y| x & y),
            (ScalarOp::Or, _) => each([a, b], to, &|x, y| x | y),
            (ScalarOp::Xor, _) => zip(a, b, to, |x, y| x ^ y),
            (ScalarOp::Mask, _) => each([a, b], to, &|x, y| if y == 0 { 0 } else { x }),
            (_, DType::F32) => reals(op, [a, b], to),
            (_, DType::F16) => halves(op, [a, b], to),
            (ScalarOp::Add, DType::I32) => zip(a, b, to, u32::wrapping_add),
            (ScalarOp::Sub, DType::I32) => zip(a, b, to, u32::wrapping_sub),
            (ScalarOp::Mul, DType::I32) => zip(a, b, to, u32::wrapping_mul),
            (ScalarOp::Max, DType::I32) => zip(a, b, to, |x, y| (x as i32).max(y as i32) as u32),
            (ScalarOp::Min, DType::I32) => zip(a, b, to, |x, y| (x as i32).min(y as i32) as u32),
            (ScalarOp::LessEqual, DType::I32) => zip(a, b, to, |x, y| u32::from(x as i32 <= y as i32)),
            _ => integers(op, unused(dtype), [a, b], to),
        }
    }
}

/// The operations on f32.
#[inline(always)]
fn reals(op: ScalarOp, [a, b]: [&Lanes; 2], to: &mut Lanes) {
    let f = f32::from_bits;
    match op {
        ScalarOp::Add => zip(a, b, to, |x, y| canonical(f(x) + f(y))),
        ScalarOp::Sub => zip(a, b, to, |x, y| canonical(f(x) - f(y))),
        ScalarOp::Mul => zip(a, b, to, |x, y| canonical(f(x) * f(y))),
        ScalarOp::Max => zip(a, b, to, |x, y| extreme([x, y], f(y) < f(x), f(x) < f(y), tie([x, y], x & y))),
        ScalarOp::Min => zip(a, b, to, |x, y| extreme([x, y], f(x) < f(y), f(y) < f(x), tie([x, y], x | y))),
        ScalarOp::LessEqual => zip(a, b, to, |x, y| u32::from(f(x) <= f(y))),
        ScalarOp::Less => each([a, b], to, &|x, y| u32::from(f(x) < f(y))),
        _ => each([a, b], to, &|x, y| u32::from(f(x) == f(y))),
    }
}

/// The operations on f16, in f32: a sum or product of two f16 that is rounded to f32 first is rounded to the same f16.
fn halves(op: ScalarOp, pair: [&Lanes; 2], to: &mut Lanes) {
    let f = |x: u32| real(x as u16);
    match op {
        ScalarOp::Add => each(pair, to, &|x, y| half((f(x) + f(y)).to_bits())),
        ScalarOp::Sub => each(pair, to, &|x, y| half((f(x) - f(y)).to_bits())),
        ScalarOp::Mul => each(pair, to, &|x, y| half((f(x) * f(y)).to_bits())),
        ScalarOp::Max => each(pair, to, &|x, y| extreme([x, y], f(y) < f(x), f(x) < f(y), half_tie([x, y], x & y))),
        ScalarOp::Min => each(pair, to, &|x, y| extreme([x, y], f(x) < f(y), f(y) < f(x), half_tie([x, y], x | y))),
        ScalarOp::LessEqual => each(pair, to, &|x, y| u32::from(f(x) <= f(y))),
        ScalarOp::Less => each(pair, to, &|x, y| u32::from(f(x) < f(y))),
        _ => each(pair, to, &|x, y| u32::from(f(x) == f(y))),
    }
}

/// The operations on integers of `32 - unused` bits.
fn integers(op: ScalarOp, unused: u32, pair: [&Lanes; 2], to: &mut Lanes) {
    let all = u32::MAX >> unused;
    let width = 32 - unused;
    let upper = |x: u32| (x << unused) as i32;
    let lower = |x: i32| x as u32 >> unused;
    let signed = |x: u32| upper(x) >> unused;
    match op {
        ScalarOp::Add => each(pair, to, &|x, y| x.wrapping_add(y) & all),
        ScalarOp::Sub => each(pair, to, &|x, y| x.wrapping_sub(y) & all),
        ScalarOp::Mul => each(pair, to, &|x, y| x.wrapping_mul(y) & all),
        ScalarOp::AddSat => each(pair, to, &|x, y| lower(upper(x).saturating_add(upper(y)))),
        ScalarOp::SubSat => each(pair, to, &|x, y| lower(upper(x).saturating_sub(upper(y)))),
        ScalarOp::MulSat => each(pair, to, &|x, y| lower(upper(x).saturating_mul(signed(y)))),
        ScalarOp::Max => each(pair, to, &|x, y| lower(upper(x).max(upper(y)))),
        ScalarOp::Min => each(pair, to, &|x, y| lower(upper(x).min(upper(y)))),
        ScalarOp::ShiftLeft => each(pair, to, &|x, y| if y < width { x << y & all } else { 0 }),
        ScalarOp::ShiftRight => each(pair, to, &|x, y| if y < width { x >> y } else { 0 }),
        ScalarOp::ShiftRightSigned => each(pair, to, &|x, y| lower(upper(x) >> y.min(31))),
        ScalarOp::LessEqual => each(pair, to, &|x, y| u32::from(upper(x) <= upper(y))),
        ScalarOp::Less => each(pair, to, &|x, y| u32::from(upper(x) < upper(y))),
        _ => each(pair, to, &|x, y| u32::from(x == y)),
    }
}

/// The one of two that wins, or what stands where neither does.
#[inline(always)]
fn extreme([x, y]: [u32; 2], x_wins: bool, y_wins: bool, neither: u32) -> u32 {
    if x_wins {
        x
    } else if y_wins {
        y
    } else {
        neither
    }
}

/// Of equal f32, which differ at most in the sign of zero, `tie`; a NaN when they do not compare.
#[inline(always)]
fn tie([x, y]: [u32; 2], tie: u32) -> u32 {
    if f32::from_bits(x) == f32::from_bits(y) { tie } else { NAN_F32 }
}

/// The same of f16.
#[inline(always)]
fn half_tie([x, y]: [u32; 2], tie: u32) -> u32 {
    if real(x as u16) == real(y as u16) { tie } else { u32::from(NAN_F16) }
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

/// As `zip`, one loop for all functions: small, and a call a lane.
#[inline(never)]
fn each([a, b]: [&Lanes; 2], to: &mut Lanes, f: &dyn Fn(u32, u32) -> u32) {
    zip(a, b, to, f);
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
        bits(op, DType::F32, [a.to_bits(), b.to_bits()])
    }

    fn bits(op: ScalarOp, dtype: DType, [a, b]: [u32; 2]) -> u32 {
        let mut to = [0; WORD_BYTES];
        binary(op, dtype, [&[a; WORD_BYTES], &[b; WORD_BYTES]], &mut to);
        to[WORD_BYTES - 1]
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

    /// All pairs of i8 against the numbers that they are.
    #[test]
    fn integers_of_eight_bits_are_right_for_every_pair() {
        for x in -128..=127i32 {
            for y in -128..=127i32 {
                let check = |op, expected: i32| {
                    let found = bits(op, DType::I8, [x as u32 & 0xff, y as u32 & 0xff]);
                    assert_eq!(found, expected as u32 & 0xff, "{op:?} {x} {y}");
                };
                let count = y as u32 & 0xff;
                check(ScalarOp::Add, x + y);
                check(ScalarOp::Mul, x * y);
                check(ScalarOp::AddSat, (x + y).clamp(-128, 127));
                check(ScalarOp::SubSat, (x - y).clamp(-128, 127));
                check(ScalarOp::MulSat, (x * y).clamp(-128, 127));
                check(ScalarOp::Max, x.max(y));
                check(ScalarOp::Min, x.min(y));
                check(ScalarOp::Less, i32::from(x < y));
                check(ScalarOp::ShiftLeft, x.checked_shl(count).unwrap_or(0));
                check(ScalarOp::ShiftRight, (x & 0xff).checked_shr(count).unwrap_or(0));
                check(ScalarOp::ShiftRightSigned, x >> count.min(31));
            }
        }
    }

    #[test]
    fn halves_saturate_and_keep_what_wins() {
        let check =
            |op, a, b, expected: u32| assert_eq!(bits(op, DType::F16, [a, b]), expected, "{op:?} {a:#x} {b:#x}");
        check(ScalarOp::Add, 0x7bff, 0x7bff, 0x7bff);
        check(ScalarOp::Max, 0x7c00, 0x3c00, 0x7c00);
        check(ScalarOp::Min, 0x8000, 0, 0x8000);
        check(ScalarOp::Max, 0x7c01, 0x3c00, u32::from(NAN_F16));
        check(ScalarOp::Mul, 0x7c00, 0, u32::from(NAN_F16));
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
        for _ in 0..100 {
            let [a, b]: [Lanes; 2] = std::array::from_fn(|_| std::array::from_fn(|_| noise(&mut rng)));
            for (op, dtype) in ScalarOp::ALL.into_iter().flat_map(|op| DType::ALL.map(|dtype| (op, dtype))) {
                let short = |lanes: &Lanes| lanes.map(|bits| bits & u32::MAX >> unused(dtype));
                let (a, b) = (short(&a), short(&b));
                let (mut wide, mut plain) = ([1; WORD_BYTES], [2; WORD_BYTES]);
                match op.arity() {
                    _ if !alu_does(op, dtype) => continue,
                    1 => {
                        unary(op, dtype, &a, &mut wide);
                        Unary { op, unused: unused(dtype), a: &a, to: &mut plain }.run();
                    }
                    _ => {
                        binary(op, dtype, [&a, &b], &mut wide);
                        Binary { op, dtype, a: &a, b: &b, to: &mut plain }.run();
                    }
                }
                assert_eq!(wide, plain, "{op:?} of {dtype:?}");
            }
        }
    }
}

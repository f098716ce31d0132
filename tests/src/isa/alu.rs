//! What an ALU does: a worked value for every operation on every type, and the bench on which it is tried.
//!
//! In: operations.  Out: examples, and programs of one operation.
//! Invariant: the bits were worked out by hand; nothing here computes them.

use super::bench::Bench;
use graph::{DType, ScalarOp};

/// An operation of an ALU with a value worked out by hand, as bits.
pub struct Example {
    /// The operation.
    pub op: ScalarOp,
    /// Type of its operands.
    pub dtype: DType,
    /// First operand.
    pub a: u32,
    /// Second operand, ignored by operations of one.
    pub b: u32,
    /// The result.
    pub result: u32,
    /// The same in numbers.
    pub says: &'static str,
}

/// A worked value for every operation on every type that an ALU has.
pub fn alu_examples() -> Vec<Example> {
    [reals(), halves(), wholes(), shorts(), bytes(), bits(), conversions()].into_iter().flatten().collect()
}

fn one(op: ScalarOp, dtype: DType, [a, b]: [u32; 2], result: u32, says: &'static str) -> Example {
    Example { op, dtype, a, b, result, says }
}

/// f32.
fn reals() -> Vec<Example> {
    let real =
        |op, a: f32, b: f32, result: f32, says| one(op, DType::F32, [a.to_bits(), b.to_bits()], result.to_bits(), says);
    let order = |op, a: f32, b: f32, result, says| one(op, DType::F32, [a.to_bits(), b.to_bits()], result, says);
    vec![
        real(ScalarOp::Add, 1.5, 2.25, 3.75, "1.5 + 2.25 = 3.75"),
        real(ScalarOp::Sub, 1.5, 2.25, -0.75, "1.5 - 2.25 = -0.75"),
        real(ScalarOp::Mul, -1.5, 2.5, -3.75, "-1.5 * 2.5 = -3.75"),
        real(ScalarOp::Max, -0.0, 0.0, 0.0, "of -0 and +0 the greater is +0"),
        real(ScalarOp::Min, 0.0, -0.0, -0.0, "of +0 and -0 the smaller is -0"),
        order(ScalarOp::LessEqual, 2.0, 2.0, 1, "2.0 <= 2.0 is 1"),
        order(ScalarOp::Less, 2.0, 2.0, 0, "2.0 < 2.0 is 0"),
        order(ScalarOp::Equal, -0.0, 0.0, 1, "-0 equals +0: 1"),
        real(ScalarOp::Exp, 2.0, 0.0, 7.389_056, "e^2 = 7.389056"),
        real(ScalarOp::Tanh, 2.0, 0.0, 0.964_027_6, "tanh 2 = 0.9640276"),
        real(ScalarOp::Rsqrt, 4.0, 0.0, 0.5, "1 / sqrt 4 = 0.5"),
    ]
}

/// f16; of its bits 5 are the exponent, of which 15 is 0, and 10 the fraction.
fn halves() -> Vec<Example> {
    let half = |op, a, b, result, says| one(op, DType::F16, [a, b], result, says);
    vec![
        half(ScalarOp::Add, 0x7bff, 0x7bff, 0x7bff, "65504 + 65504 saturates at 65504"),
        half(ScalarOp::Sub, 0x3e00, 0x4080, 0xba00, "1.5 - 2.25 = -0.75"),
        half(ScalarOp::Mul, 0xbe00, 0x4100, 0xc380, "-1.5 * 2.5 = -3.75"),
        half(ScalarOp::Max, 0x7c00, 0x3c00, 0x7c00, "of infinity and 1.0 the greater is infinity"),
        half(ScalarOp::Min, 0x0000, 0x8000, 0x8000, "of +0 and -0 the smaller is -0"),
        half(ScalarOp::LessEqual, 0x3e00, 0x4080, 1, "1.5 <= 2.25 is 1"),
        half(ScalarOp::Less, 0xbe00, 0xc100, 0, "-1.5 < -2.5 is 0"),
        half(ScalarOp::Equal, 0x3e00, 0x3e01, 0, "1.5 does not equal the next number: 0"),
    ]
}

/// i32.
fn wholes() -> Vec<Example> {
    let whole = |op, a: i32, b: i32, result: i32, says| one(op, DType::I32, [a as u32, b as u32], result as u32, says);
    vec![
        whole(ScalarOp::Add, i32::MAX, 1, i32::MIN, "2147483647 + 1 = -2147483648, wrapping"),
        whole(ScalarOp::Sub, 3, 10, -7, "3 - 10 = -7"),
        whole(ScalarOp::Mul, 65_536, 65_537, 65_536, "65536 * 65537 = 65536, wrapping"),
        whole(ScalarOp::AddSat, i32::MAX, 1, i32::MAX, "2147483647 + 1 stops at 2147483647"),
        whole(ScalarOp::SubSat, i32::MIN, 1, i32::MIN, "-2147483648 - 1 stops at -2147483648"),
        whole(ScalarOp::MulSat, 65_536, -65_537, i32::MIN, "65536 * -65537 stops at -2147483648"),
        whole(ScalarOp::Max, -3, 2, 2, "of -3 and 2 the greater is 2"),
        whole(ScalarOp::Min, -3, 2, -3, "of -3 and 2 the smaller is -3"),
        whole(ScalarOp::LessEqual, 5, -5, 0, "5 <= -5 is 0"),
        whole(ScalarOp::Less, -5, 5, 1, "-5 < 5 is 1"),
        whole(ScalarOp::Equal, -5, -5, 1, "-5 equals -5: 1"),
        whole(ScalarOp::ShiftLeft, 3, 31, i32::MIN, "3 shifted up by 31 is -2147483648"),
        whole(ScalarOp::ShiftRight, -1, 28, 15, "-1 shifted down by 28, zeros coming in, is 15"),
        whole(ScalarOp::ShiftRightSigned, -5, 1, -3, "-5 shifted down by 1, its sign coming in, is -3"),
    ]
}

/// i16.
fn shorts() -> Vec<Example> {
    let short = |op, a: i16, b: i16, result: i16, says| {
        one(op, DType::I16, [a as u32 & 0xffff, b as u32 & 0xffff], result as u32 & 0xffff, says)
    };
    vec![
        short(ScalarOp::Add, 32_767, 1, -32_768, "32767 + 1 = -32768, wrapping"),
        short(ScalarOp::Sub, 3, 10, -7, "3 - 10 = -7"),
        short(ScalarOp::Mul, 300, 300, 24_464, "300 * 300 = 24464, wrapping"),
        short(ScalarOp::AddSat, 32_767, 1, 32_767, "32767 + 1 stops at 32767"),
        short(ScalarOp::SubSat, -32_768, 1, -32_768, "-32768 - 1 stops at -32768"),
        short(ScalarOp::MulSat, 300, -300, -32_768, "300 * -300 stops at -32768"),
        short(ScalarOp::Max, -3, 2, 2, "of -3 and 2 the greater is 2"),
        short(ScalarOp::Min, -3, 2, -3, "of -3 and 2 the smaller is -3"),
        short(ScalarOp::LessEqual, -5, 5, 1, "-5 <= 5 is 1"),
        short(ScalarOp::Less, 5, -5, 0, "5 < -5 is 0"),
        short(ScalarOp::Equal, -5, 5, 0, "-5 does not equal 5: 0"),
        short(ScalarOp::ShiftLeft, 3, 15, -32_768, "3 shifted up by 15 is -32768"),
        short(ScalarOp::ShiftRight, -1, 12, 15, "-1 shifted down by 12, zeros coming in, is 15"),
        short(ScalarOp::ShiftRightSigned, -5, 300, -1, "-5 shifted down by 300, its sign coming in, is -1"),
    ]
}

/// i8.
fn bytes() -> Vec<Example> {
    let byte = |op, a: i8, b: i8, result: i8, says| {
        one(op, DType::I8, [a as u32 & 0xff, b as u32 & 0xff], result as u32 & 0xff, says)
    };
    vec![
        byte(ScalarOp::Add, 127, 1, -128, "127 + 1 = -128, wrapping"),
        byte(ScalarOp::Sub, 3, 10, -7, "3 - 10 = -7"),
        byte(ScalarOp::Mul, 20, 20, -112, "20 * 20 = -112, wrapping"),
        byte(ScalarOp::AddSat, 127, 1, 127, "127 + 1 stops at 127"),
        byte(ScalarOp::SubSat, -128, 1, -128, "-128 - 1 stops at -128"),
        byte(ScalarOp::MulSat, 20, -20, -128, "20 * -20 stops at -128"),
        byte(ScalarOp::Max, -3, 2, 2, "of -3 and 2 the greater is 2"),
        byte(ScalarOp::Min, -3, 2, -3, "of -3 and 2 the smaller is -3"),
        byte(ScalarOp::LessEqual, -5, 5, 1, "-5 <= 5 is 1"),
        byte(ScalarOp::Less, -5, 5, 1, "-5 < 5 is 1"),
        byte(ScalarOp::Equal, -5, -5, 1, "-5 equals -5: 1"),
        byte(ScalarOp::ShiftLeft, 3, 8, 0, "3 shifted up by 8 is 0"),
        byte(ScalarOp::ShiftRight, -128, 7, 1, "-128 shifted down by 7, zeros coming in, is 1"),
        byte(ScalarOp::ShiftRightSigned, -128, 3, -16, "-128 shifted down by 3, its sign coming in, is -16"),
    ]
}

/// What works on the bits of any type.
fn bits() -> Vec<Example> {
    let all = DType::ALL.into_iter().flat_map(|dtype| {
        let end = u32::MAX >> (32 - 8 * dtype.bytes());
        [
            one(ScalarOp::And, dtype, [0b1100, 0b1010], 0b1000, "12 and 10 = 8, as bits"),
            one(ScalarOp::Or, dtype, [0b1100, 0b1010], 0b1110, "12 or 10 = 14, as bits"),
            one(ScalarOp::Xor, dtype, [0b1100, 0b1010], 0b0110, "12 xor 10 = 6, as bits"),
            one(ScalarOp::Not, dtype, [0b1100, 0], end - 0b1100, "not 12 are all other bits of the type"),
            one(ScalarOp::Mask, dtype, [0x85, 1 << 31], 0x85, "bits 0x85 stay where the condition, an i32, is not 0"),
            one(ScalarOp::Mask, dtype, [0x85, 0], 0, "all bits are 0 where the condition is 0"),
            one(ScalarOp::Identity, dtype, [0x85, 0], 0x85, "bits 0x85 unchanged"),
        ]
    });
    all.collect()
}

fn conversions() -> Vec<Example> {
    let from_real = |op, a: f32, result, says| one(op, DType::F32, [a.to_bits(), 0], result, says);
    let from_whole = |op, a: i32, result, says| one(op, DType::I32, [a as u32, 0], result, says);
    vec![
        from_real(ScalarOp::F32ToI32, 2.5, 2, "2.5 is nearest to the even 2"),
        from_whole(ScalarOp::I32ToF32, -3, (-3f32).to_bits(), "-3 is -3.0"),
        from_real(ScalarOp::F32ToF16, 1e6, 0x7bff, "1000000 saturates at 65504"),
        one(ScalarOp::F16ToF32, DType::F16, [0x3e00, 0], 1.5f32.to_bits(), "1.5 is 1.5"),
        one(ScalarOp::I8ToI32, DType::I8, [0x80, 0], -128i32 as u32, "-128 is -128"),
        one(ScalarOp::I16ToI32, DType::I16, [0x8000, 0], -32_768i32 as u32, "-32768 is -32768"),
        one(ScalarOp::U8ToI32, DType::U8, [0x80, 0], 128, "128 is 128"),
        from_whole(ScalarOp::I32ToI16, -40_000, 0x8000, "-40000 stops at -32768"),
        from_whole(ScalarOp::I32ToI8, 300, 0x7f, "300 stops at 127"),
        from_whole(ScalarOp::I32ToU8, -1, 0, "-1 stops at 0"),
    ]
}

/// A program of one operation whose operands, the same in all lanes, come from slices W0 to W7 on streams E0 to E7 and whose result of
/// `bytes` bytes goes to word 1 of slices E0 and after.
pub fn bench(entry: &str, operands: [u32; 2], bytes: u8) -> Bench {
    let mut bench = Bench::default();
    for number in 0..8u8 {
        let slice = format!("W{number}");
        let bits = operands[usize::from(number / 4)];
        bench.word(&slice, 0, |_| (bits >> (8 * (number % 4))) as u8);
        // Slices of the next group are one hop farther from the VXM.
        bench.at(1 - u64::from(number / 4), &format!("{slice}.read"), &format!("read b0+0 -> E{number}"));
    }
    bench.at(2, "alu2", entry);
    for byte in 0..bytes {
        bench.at(9, &format!("E{byte}.write"), &format!("write E{} -> b0+1", 8 + byte));
    }
    bench
}

impl Example {
    /// Its bench: two operands on streams, or one.
    pub fn bench(&self) -> Bench {
        let b = if self.op.arity() == 2 { " E4" } else { "" };
        let entry = format!("{} {} E0{b} -> E8", self.op.name(), self.dtype.name());
        bench(&entry, [self.a, self.b], self.op.result(self.dtype).bytes() as u8)
    }
}

/// A program of one operation on one type, which the judge refuses if no ALU does that.
pub fn single(op: ScalarOp, dtype: DType) -> Bench {
    Example { op, dtype, a: 0, b: 0, result: 0, says: "" }.bench()
}

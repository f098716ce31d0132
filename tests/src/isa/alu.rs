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
    let one = |op, dtype, a, b, result, says| Example { op, dtype, a, b, result, says };
    let real =
        |op, a: f32, b: f32, result: f32, says| one(op, DType::F32, a.to_bits(), b.to_bits(), result.to_bits(), says);
    let whole = |op, a: i32, b: i32, result: i32, says| one(op, DType::I32, a as u32, b as u32, result as u32, says);
    vec![
        real(ScalarOp::Add, 1.5, 2.25, 3.75, "1.5 + 2.25 = 3.75"),
        whole(ScalarOp::Add, i32::MAX, 1, i32::MIN, "2147483647 + 1 = -2147483648, wrapping"),
        real(ScalarOp::Sub, 1.5, 2.25, -0.75, "1.5 - 2.25 = -0.75"),
        whole(ScalarOp::Sub, 3, 10, -7, "3 - 10 = -7"),
        real(ScalarOp::Mul, -1.5, 2.5, -3.75, "-1.5 * 2.5 = -3.75"),
        whole(ScalarOp::Mul, 65_536, 65_537, 65_536, "65536 * 65537 = 65536, wrapping"),
        real(ScalarOp::Max, -0.0, 0.0, 0.0, "of -0 and +0 the greater is +0"),
        whole(ScalarOp::Max, -3, 2, 2, "of -3 and 2 the greater is 2"),
        real(ScalarOp::Min, 0.0, -0.0, -0.0, "of +0 and -0 the smaller is -0"),
        whole(ScalarOp::Min, -3, 2, -3, "of -3 and 2 the smaller is -3"),
        real(ScalarOp::Exp, 2.0, 0.0, 7.389_056, "e^2 = 7.389056"),
        real(ScalarOp::Tanh, 2.0, 0.0, 0.964_027_6, "tanh 2 = 0.9640276"),
        real(ScalarOp::Rsqrt, 4.0, 0.0, 0.5, "1 / sqrt 4 = 0.5"),
        one(ScalarOp::LessEqual, DType::F32, 2f32.to_bits(), 2f32.to_bits(), 1, "2.0 <= 2.0 is 1"),
        whole(ScalarOp::LessEqual, 5, -5, 0, "5 <= -5 is 0"),
        whole(ScalarOp::Xor, 0b1100, 0b1010, 0b0110, "12 xor 10 = 6"),
        one(ScalarOp::F32ToI32, DType::F32, 2.5f32.to_bits(), 0, 2, "2.5 is nearest to the even 2"),
        whole(ScalarOp::I32ToF32, -3, 0, (-3f32).to_bits() as i32, "-3 is -3.0"),
        one(ScalarOp::F32ToF16, DType::F32, 1e6f32.to_bits(), 0, 0x7bff, "1000000 saturates at 65504"),
        one(ScalarOp::F16ToF32, DType::F16, 0x3e00, 0, 1.5f32.to_bits(), "1.5 is 1.5"),
        one(ScalarOp::I8ToI32, DType::I8, 0x80, 0, -128i32 as u32, "-128 is -128"),
        real(ScalarOp::Identity, 1.25, 0.0, 1.25, "1.25 unchanged"),
        one(ScalarOp::Identity, DType::F16, 0x3e00, 0, 0x3e00, "1.5 unchanged"),
        whole(ScalarOp::Identity, -7, 0, -7, "-7 unchanged"),
        one(ScalarOp::Identity, DType::I8, 0x85, 0, 0x85, "-123 unchanged"),
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

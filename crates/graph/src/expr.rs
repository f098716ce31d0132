//! Pointwise expressions: what one `Map` node computes for each element.
//!
//! In: scalar operations over inputs, immediates and earlier steps.  Out: a DAG in static single assignment.
//! Invariant: a step only refers to earlier steps; the value of the expression is its last step.
//! Method: a flat list, so that printing, evaluating and issuing to ALUs are one loop.

use crate::DType;
use serde::{Deserialize, Serialize};

/// One scalar operation. Results are IEEE round-to-nearest-even in the type named, with no fused steps.
///
/// Sums, differences and products in f16 are rounded once and saturate at +-65504, as `F32ToF16` does. Those of integers wrap;
/// the forms that end in `Sat` stop at the ends of the type instead. What is called *bits* below works on every type and keeps
/// what it does not change, so that `or(mask(x, c), mask(y, xor(c, 1)))` is `x` where `c` is 1 and `y` where it is 0, bit for bit.
///
/// A NaN that an operation computes is always 0x7fc00000 (0x7e00 in f16), whatever NaN went in, because the payload that a
/// machine gives is its own affair. `Select`, `Mask`, `Identity` and what works on bits keep every bit. ReLU is `max` with 0.
///
/// `Exp`, `Tanh` and `Rsqrt` are *correctly rounded* to f32: that is the whole specification, so that two
/// implementations that share no code agree bit for bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ScalarOp {
    /// `a + b`, integers wrapping.
    Add,
    /// `a - b`, integers wrapping.
    Sub,
    /// `a * b`, integers wrapping.
    Mul,
    /// `a / b`, f32; no unit of the chip divides, so lowering removes it.
    Div,
    /// The greater; of two zeros the positive one; a NaN if either is.
    Max,
    /// The smaller; of two zeros the negative one; a NaN if either is.
    Min,
    /// `e^a`, f32.
    Exp,
    /// Hyperbolic tangent, f32.
    Tanh,
    /// `1 / sqrt(a)`, f32; +infinity for both zeros, NaN below zero.
    Rsqrt,
    /// i32 1 where `a <= b`, else i32 0; 0 if either is a NaN.
    LessEqual,
    /// `b` where `a` (i32) is not zero, else `c`.
    Select,
    /// Exclusive or of bits.
    Xor,
    /// f32 -> i32, nearest even, saturating; NaN gives 0.
    F32ToI32,
    /// i32 -> f32, nearest even.
    I32ToF32,
    /// f32 -> f16, nearest even, saturating at +-65504; NaN stays NaN (0x7e00).
    F32ToF16,
    /// f16 -> f32, exact.
    F16ToF32,
    /// i8 -> i32, sign extended.
    I8ToI32,
    /// The value unchanged: a pass through an ALU.
    Identity,
    /// `a + b`, integers, saturating.
    AddSat,
    /// `a - b`, integers, saturating.
    SubSat,
    /// `a * b`, integers, saturating.
    MulSat,
    /// i32 1 where `a < b`, else i32 0; 0 if either is a NaN.
    Less,
    /// i32 1 where `a` equals `b`, else i32 0; the two zeros are equal, a NaN equals nothing.
    Equal,
    /// `a` shifted up by `b` places, zeros coming in. `b`, here and below, is the unsigned number that its bits are; from the
    /// type's width on nothing of `a` is left.
    ShiftLeft,
    /// `a` shifted down by `b` places, zeros coming in.
    ShiftRight,
    /// `a` shifted down by `b` places, copies of its sign coming in.
    ShiftRightSigned,
    /// And of bits.
    And,
    /// Or of bits.
    Or,
    /// Every bit turned.
    Not,
    /// `a` where `b` (i32) is not zero, else bits that are all zero.
    Mask,
    /// i16 -> i32, sign extended.
    I16ToI32,
    /// u8 -> i32, exact.
    U8ToI32,
    /// i32 -> i16, saturating.
    I32ToI16,
    /// i32 -> i8, saturating.
    I32ToI8,
    /// i32 -> u8, saturating: 0 below zero.
    I32ToU8,
}

/// Where an operand comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Arg {
    /// Input number of the `Map` node.
    Input(u8),
    /// Result of an earlier step.
    Step(u8),
    /// A literal: the bits of an f32 or i32. Its type is that of the operands beside it, conditions aside; beside no other
    /// operand it is the first type that the operation has, f32 mostly. A condition is an i32.
    Immediate(u32),
}

/// One step: an operation and its operands (1, 2 or, for `Select`, 3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Step {
    /// What is computed.
    pub op: ScalarOp,
    /// Operands in order.
    pub args: Vec<Arg>,
}

/// A pointwise expression; its value is its last step.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Expr {
    /// Steps in evaluation order; never empty in a checked graph.
    pub steps: Vec<Step>,
}

impl ScalarOp {
    /// Every operation once.
    pub const ALL: [ScalarOp; 35] = [
        ScalarOp::Add,
        ScalarOp::Sub,
        ScalarOp::Mul,
        ScalarOp::Div,
        ScalarOp::Max,
        ScalarOp::Min,
        ScalarOp::Exp,
        ScalarOp::Tanh,
        ScalarOp::Rsqrt,
        ScalarOp::LessEqual,
        ScalarOp::Select,
        ScalarOp::Xor,
        ScalarOp::F32ToI32,
        ScalarOp::I32ToF32,
        ScalarOp::F32ToF16,
        ScalarOp::F16ToF32,
        ScalarOp::I8ToI32,
        ScalarOp::Identity,
        ScalarOp::AddSat,
        ScalarOp::SubSat,
        ScalarOp::MulSat,
        ScalarOp::Less,
        ScalarOp::Equal,
        ScalarOp::ShiftLeft,
        ScalarOp::ShiftRight,
        ScalarOp::ShiftRightSigned,
        ScalarOp::And,
        ScalarOp::Or,
        ScalarOp::Not,
        ScalarOp::Mask,
        ScalarOp::I16ToI32,
        ScalarOp::U8ToI32,
        ScalarOp::I32ToI16,
        ScalarOp::I32ToI8,
        ScalarOp::I32ToU8,
    ];

    /// Number of operands.
    pub fn arity(self) -> usize {
        match self {
            ScalarOp::Select => 3,
            ScalarOp::Exp | ScalarOp::Tanh | ScalarOp::Rsqrt | ScalarOp::Identity | ScalarOp::Not => 1,
            _ if self.is_conversion() => 1,
            _ => 2,
        }
    }

    /// Whether it gives the operand's number in another type.
    pub fn is_conversion(self) -> bool {
        matches!(
            self,
            ScalarOp::F32ToI32
                | ScalarOp::I32ToF32
                | ScalarOp::F32ToF16
                | ScalarOp::F16ToF32
                | ScalarOp::I8ToI32
                | ScalarOp::I16ToI32
                | ScalarOp::U8ToI32
                | ScalarOp::I32ToI16
                | ScalarOp::I32ToI8
                | ScalarOp::I32ToU8
        )
    }

    /// Which operand is a condition, an i32 whatever the others are.
    pub fn condition(self) -> Option<usize> {
        match self {
            ScalarOp::Select => Some(0),
            ScalarOp::Mask => Some(1),
            _ => None,
        }
    }

    /// Type of operand `position`, given the type that the operation works on.
    pub fn operand(self, position: usize, dtype: DType) -> DType {
        if self.condition() == Some(position) { DType::I32 } else { dtype }
    }

    /// Type of the result, given the type that the operation works on: that of its operands, conditions aside.
    pub fn result(self, operand: DType) -> DType {
        match self {
            ScalarOp::LessEqual | ScalarOp::Less | ScalarOp::Equal => DType::I32,
            ScalarOp::F32ToI32 | ScalarOp::I8ToI32 | ScalarOp::I16ToI32 | ScalarOp::U8ToI32 => DType::I32,
            ScalarOp::I32ToF32 | ScalarOp::F16ToF32 => DType::F32,
            ScalarOp::F32ToF16 => DType::F16,
            ScalarOp::I32ToI16 => DType::I16,
            ScalarOp::I32ToI8 => DType::I8,
            ScalarOp::I32ToU8 => DType::U8,
            _ => operand,
        }
    }

    /// Name in the text form.
    pub fn name(self) -> &'static str {
        match self {
            ScalarOp::Add => "add",
            ScalarOp::Sub => "sub",
            ScalarOp::Mul => "mul",
            ScalarOp::Div => "div",
            ScalarOp::Max => "max",
            ScalarOp::Min => "min",
            ScalarOp::Exp => "exp",
            ScalarOp::Tanh => "tanh",
            ScalarOp::Rsqrt => "rsqrt",
            ScalarOp::LessEqual => "le",
            ScalarOp::Select => "select",
            ScalarOp::Xor => "xor",
            ScalarOp::F32ToI32 => "f32_to_i32",
            ScalarOp::I32ToF32 => "i32_to_f32",
            ScalarOp::F32ToF16 => "f32_to_f16",
            ScalarOp::F16ToF32 => "f16_to_f32",
            ScalarOp::I8ToI32 => "i8_to_i32",
            ScalarOp::Identity => "identity",
            ScalarOp::AddSat => "add_sat",
            ScalarOp::SubSat => "sub_sat",
            ScalarOp::MulSat => "mul_sat",
            ScalarOp::Less => "lt",
            ScalarOp::Equal => "eq",
            ScalarOp::ShiftLeft => "shl",
            ScalarOp::ShiftRight => "shr",
            ScalarOp::ShiftRightSigned => "sar",
            ScalarOp::And => "and",
            ScalarOp::Or => "or",
            ScalarOp::Not => "not",
            ScalarOp::Mask => "mask",
            ScalarOp::I16ToI32 => "i16_to_i32",
            ScalarOp::U8ToI32 => "u8_to_i32",
            ScalarOp::I32ToI16 => "i32_to_i16",
            ScalarOp::I32ToI8 => "i32_to_i8",
            ScalarOp::I32ToU8 => "i32_to_u8",
        }
    }
}

impl Expr {
    /// An expression of one step.
    pub fn single(op: ScalarOp, args: &[Arg]) -> Self {
        let mut expr = Expr::default();
        expr.push(op, args);
        expr
    }

    /// Appends a step and returns how later steps refer to it.
    ///
    /// Panics when the number of operands is not the operation's, or past 256 steps: both are errors of the caller's code.
    pub fn push(&mut self, op: ScalarOp, args: &[Arg]) -> Arg {
        assert_eq!(args.len(), op.arity(), "{} takes {} operands", op.name(), op.arity());
        let index = u8::try_from(self.steps.len()).expect("an expression has at most 256 steps");
        self.steps.push(Step { op, args: args.to_vec() });
        Arg::Step(index)
    }
}

/// A literal operand holding an f32.
pub fn immediate(value: f32) -> Arg {
    Arg::Immediate(value.to_bits())
}

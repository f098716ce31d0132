//! Pointwise expressions: what one `Map` node computes for each element.
//!
//! In: scalar operations over inputs, immediates and earlier steps.  Out: a DAG in static single assignment.
//! Invariant: a step only refers to earlier steps; the value of the expression is its last step.
//! Method: a flat list, so that printing, evaluating and issuing to ALUs are one loop.

use crate::DType;
use serde::{Deserialize, Serialize};

/// One scalar operation. Results are IEEE round-to-nearest-even in the type named, with no fused steps.
///
/// A NaN that an operation computes is always 0x7fc00000 (0x7e00 in f16), whatever NaN went in, because the payload that a
/// machine gives is its own affair. `Select` and `Identity` compute nothing and keep every bit.
///
/// `Exp`, `Tanh` and `Rsqrt` are *correctly rounded* to f32: that is the whole specification, so that two
/// implementations that share no code agree bit for bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ScalarOp {
    /// `a + b`, f32 or i32 (wrapping).
    Add,
    /// `a - b`, f32 or i32 (wrapping).
    Sub,
    /// `a * b`, f32 or i32 (wrapping).
    Mul,
    /// `a / b`, f32; no unit of the chip divides, so lowering removes it.
    Div,
    /// The greater, f32 or i32; of two zeros the positive one; a NaN if either is.
    Max,
    /// The smaller, f32 or i32; of two zeros the negative one; a NaN if either is.
    Min,
    /// `e^a`, f32.
    Exp,
    /// Hyperbolic tangent, f32.
    Tanh,
    /// `1 / sqrt(a)`, f32; +infinity for both zeros, NaN below zero.
    Rsqrt,
    /// i32 1 where `a <= b`, else i32 0; inputs f32 or i32.
    LessEqual,
    /// `b` where `a` (i32) is not zero, else `c`.
    Select,
    /// Bitwise exclusive or, i32.
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
}

/// Where an operand comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Arg {
    /// Input number of the `Map` node.
    Input(u8),
    /// Result of an earlier step.
    Step(u8),
    /// A literal: the bits of an f32 or i32. Its type is that of the operands beside it (for `Select` the second and third
    /// decide each other); beside no other operand it is the operation's only type, or f32 where there is a choice.
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
    pub const ALL: [ScalarOp; 18] = [
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
    ];

    /// Number of operands.
    pub fn arity(self) -> usize {
        match self {
            ScalarOp::Select => 3,
            ScalarOp::Add
            | ScalarOp::Sub
            | ScalarOp::Mul
            | ScalarOp::Div
            | ScalarOp::Max
            | ScalarOp::Min
            | ScalarOp::LessEqual
            | ScalarOp::Xor => 2,
            _ => 1,
        }
    }

    /// Type of the result, given the type of the first operand that decides it (the second one for `Select`).
    pub fn result(self, operand: DType) -> DType {
        match self {
            ScalarOp::LessEqual | ScalarOp::Xor | ScalarOp::F32ToI32 | ScalarOp::I8ToI32 => DType::I32,
            ScalarOp::I32ToF32 | ScalarOp::F16ToF32 => DType::F32,
            ScalarOp::F32ToF16 => DType::F16,
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

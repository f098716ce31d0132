//! Compositions that models are made of, as subgraphs of the ten operations.
//!
//! In: nodes.  Out: the node that holds the result.
//! Invariant: only operations a chip has a mechanism for, and `Div`, which lowering removes.
//! Method: the textbook formulas along the last axis, in f32.
//! Source: RMS norm: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019, eq. 4; SiLU: Elfwing, Uchibe, Doya, "Sigmoid-Weighted
//! Linear Units", 2017, with sigmoid(x) = 0.5 tanh(0.5 x) + 0.5; softmax with the maximum subtracted.

use super::Builder;
use crate::expr::immediate;
use crate::{Arg, Expr, NodeId, ReduceKind, ScalarOp};

const X: Arg = Arg::Input(0);
const Y: Arg = Arg::Input(1);

impl Builder {
    /// `a + b`, equal shapes.
    pub fn add(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.scalar(ScalarOp::Add, &[a, b])
    }

    /// `a - b`, equal shapes.
    pub fn sub(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.scalar(ScalarOp::Sub, &[a, b])
    }

    /// `a * b`, equal shapes.
    pub fn mul(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.scalar(ScalarOp::Mul, &[a, b])
    }

    /// `x * factor`, f32.
    pub fn scale(&mut self, x: NodeId, factor: f32) -> NodeId {
        self.map(Expr::single(ScalarOp::Mul, &[X, immediate(factor)]), &[x])
    }

    /// `x * (0.5 * tanh(0.5 * x) + 0.5)`, f32.
    pub fn silu(&mut self, x: NodeId) -> NodeId {
        let mut expr = Expr::default();
        let half = expr.push(ScalarOp::Mul, &[X, immediate(0.5)]);
        let tanh = expr.push(ScalarOp::Tanh, &[half]);
        let halved = expr.push(ScalarOp::Mul, &[tanh, immediate(0.5)]);
        let sigmoid = expr.push(ScalarOp::Add, &[halved, immediate(0.5)]);
        expr.push(ScalarOp::Mul, &[X, sigmoid]);
        self.map(expr, &[x])
    }

    /// `x * rsqrt(mean(x * x) + epsilon) * gain` along the last axis, f32; `gain` has as many elements as `x` has lanes.
    pub fn rms_norm(&mut self, x: NodeId, gain: NodeId, epsilon: f32) -> NodeId {
        let shape = self.shape(x).clone();
        let last = shape.rank().checked_sub(1).expect("a norm is along an axis");
        let squares = self.mul(x, x);
        let sum = self.reduce(ReduceKind::Sum, squares, last as u8);
        let mut expr = Expr::default();
        let mean = expr.push(ScalarOp::Mul, &[X, immediate(1.0 / shape.lanes() as f32)]);
        let kept_off_zero = expr.push(ScalarOp::Add, &[mean, immediate(epsilon)]);
        expr.push(ScalarOp::Rsqrt, &[kept_off_zero]);
        let factor = self.map(expr, &[sum]);
        let factor = self.broadcast(factor, shape.extents());
        let mut one_row = vec![1; shape.rank()];
        one_row[last] = shape.lanes();
        let gain = if self.shape(gain).extents() == one_row { gain } else { self.reshape(gain, &one_row) };
        let gain = if shape.extents() == one_row { gain } else { self.broadcast(gain, shape.extents()) };
        let mut expr = Expr::default();
        let normal = expr.push(ScalarOp::Mul, &[X, Y]);
        expr.push(ScalarOp::Mul, &[normal, Arg::Input(2)]);
        self.map(expr, &[x, factor, gain])
    }

    /// `exp(x - max) / sum` along the last axis, f32.
    pub fn softmax(&mut self, x: NodeId) -> NodeId {
        let shape = self.shape(x).clone();
        let last = shape.rank().checked_sub(1).expect("a softmax is along an axis") as u8;
        let greatest = self.reduce(ReduceKind::Max, x, last);
        let greatest = self.broadcast(greatest, shape.extents());
        let mut expr = Expr::default();
        let below = expr.push(ScalarOp::Sub, &[X, Y]);
        expr.push(ScalarOp::Exp, &[below]);
        let powers = self.map(expr, &[x, greatest]);
        let sum = self.reduce(ReduceKind::Sum, powers, last);
        let sum = self.broadcast(sum, shape.extents());
        self.scalar(ScalarOp::Div, &[powers, sum])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;

    #[test]
    fn composites_keep_the_shape_of_their_operand() {
        let mut builder = Builder::new();
        let x = builder.input("x", DType::F32, &[3, 8]);
        let gain = builder.weight("gain", DType::F32, &[8]);
        let normal = builder.rms_norm(x, gain, 1e-5);
        let gated = builder.silu(normal);
        let shares = builder.softmax(gated);
        assert_eq!(builder.shape(shares).extents(), [3, 8]);
    }

    #[test]
    #[should_panic(expected = "expected inputs that all have shape [3,8]; found [8]")]
    fn a_wrong_call_says_what_was_expected_and_found() {
        let mut builder = Builder::new();
        let x = builder.input("x", DType::F32, &[3, 8]);
        let y = builder.input("y", DType::F32, &[8]);
        builder.add(x, y);
    }
}

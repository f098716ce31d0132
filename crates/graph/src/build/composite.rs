//! Compositions that models are made of, as subgraphs of the ten operations.
//!
//! In: nodes.  Out: the node that holds the result.
//! Invariant: only operations a chip has a mechanism for, and `Div`, which lowering removes.
//! Method: the textbook formulas along the last axis, in f32.
//! Source: RMS norm: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019, eq. 4; SiLU: Elfwing, Uchibe, Doya, "Sigmoid-Weighted
//! Linear Units", 2017, with sigmoid(x) = 0.5 tanh(0.5 x) + 0.5; GELU by tanh: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016,
//! section 2; layer norm: Ba, Kiros, Hinton, "Layer Normalization", 2016, eq. 4; softmax with the maximum subtracted.

use super::Builder;
use crate::expr::immediate;
use crate::{Arg, Expr, NodeId, ReduceKind, ScalarOp};

const X: Arg = Arg::Input(0);
const Y: Arg = Arg::Input(1);

/// `sqrt(2 / pi)`: slope at zero inside the hyperbolic tangent of a GELU.
pub const GELU_SLOPE: f32 = 0.797_884_6;
/// Share of the cube beside it.
pub const GELU_CUBIC: f32 = 0.044_715;

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
        let shape = *self.shape(x);
        let last = shape.rank().checked_sub(1).expect("a norm is along an axis");
        let squares = self.mul(x, x);
        let sum = self.reduce(ReduceKind::Sum, squares, last as u8);
        let mut expr = Expr::default();
        let mean = expr.push(ScalarOp::Mul, &[X, immediate(1.0 / shape.lanes() as f32)]);
        let kept_off_zero = expr.push(ScalarOp::Add, &[mean, immediate(epsilon)]);
        expr.push(ScalarOp::Rsqrt, &[kept_off_zero]);
        let factor = self.map(expr, &[sum]);
        let factor = self.broadcast(factor, shape.extents());
        let gain = self.as_rows(gain, shape.extents());
        let mut expr = Expr::default();
        let normal = expr.push(ScalarOp::Mul, &[X, Y]);
        expr.push(ScalarOp::Mul, &[normal, Arg::Input(2)]);
        self.map(expr, &[x, factor, gain])
    }

    /// `0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`, f32.
    pub fn gelu_by_tanh(&mut self, x: NodeId) -> NodeId {
        let mut expr = Expr::default();
        let square = expr.push(ScalarOp::Mul, &[X, X]);
        let cubic = expr.push(ScalarOp::Mul, &[square, immediate(GELU_SLOPE * GELU_CUBIC)]);
        let slope = expr.push(ScalarOp::Add, &[cubic, immediate(GELU_SLOPE)]);
        let inner = expr.push(ScalarOp::Mul, &[X, slope]);
        let tanh = expr.push(ScalarOp::Tanh, &[inner]);
        let raised = expr.push(ScalarOp::Add, &[tanh, immediate(1.0)]);
        let half = expr.push(ScalarOp::Mul, &[X, immediate(0.5)]);
        expr.push(ScalarOp::Mul, &[half, raised]);
        self.map(expr, &[x])
    }

    /// `(x - mean) * rsqrt(variance + epsilon) * gain + shift` along the last axis, f32; `gain` and `shift` have as many elements as `x`
    /// has lanes.
    pub fn layer_norm(&mut self, x: NodeId, [gain, shift]: [NodeId; 2], epsilon: f32) -> NodeId {
        let shape = *self.shape(x);
        let last = shape.rank().checked_sub(1).expect("a norm is along an axis");
        let share = 1.0 / shape.lanes() as f32;
        let sum = self.reduce(ReduceKind::Sum, x, last as u8);
        let mean = self.scale(sum, share);
        let mean = self.broadcast(mean, shape.extents());
        let centred = self.sub(x, mean);
        let squares = self.mul(centred, centred);
        let sum = self.reduce(ReduceKind::Sum, squares, last as u8);
        let mut expr = Expr::default();
        let variance = expr.push(ScalarOp::Mul, &[X, immediate(share)]);
        let kept_off_zero = expr.push(ScalarOp::Add, &[variance, immediate(epsilon)]);
        expr.push(ScalarOp::Rsqrt, &[kept_off_zero]);
        let factor = self.map(expr, &[sum]);
        let factor = self.broadcast(factor, shape.extents());
        let [gain, shift] = [gain, shift].map(|row| self.as_rows(row, shape.extents()));
        let mut expr = Expr::default();
        let normal = expr.push(ScalarOp::Mul, &[X, Y]);
        let scaled = expr.push(ScalarOp::Mul, &[normal, Arg::Input(2)]);
        expr.push(ScalarOp::Add, &[scaled, Arg::Input(3)]);
        self.map(expr, &[centred, factor, gain, shift])
    }

    /// A row of as many elements as `extents` has lanes, replicated to them.
    pub fn as_rows(&mut self, row: NodeId, extents: &[u32]) -> NodeId {
        let mut one_row = vec![1; extents.len()];
        one_row[extents.len() - 1] = extents[extents.len() - 1];
        let row = if self.shape(row).extents() == one_row { row } else { self.reshape(row, &one_row) };
        if extents == one_row { row } else { self.broadcast(row, extents) }
    }

    /// `exp(x - max) / sum` along the last axis, f32.
    pub fn softmax(&mut self, x: NodeId) -> NodeId {
        let shape = *self.shape(x);
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

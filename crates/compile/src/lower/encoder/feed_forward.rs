//! The feed-forward part of a layer: up, GELU, down.
//!
//! In: the residual after attention.  Out: the residual after the layer.
//! Invariant: `|gelu(x)| <= |x|`: the bound of what the up projection gives holds for the hidden digits.
//! Method: gelu(x) = 0.5 x (1 + tanh(z)), z = x (a + b x^2). The tile's kernel gives x and z, as many ALUs as that takes; a second one the
//!     rest.

use super::hand::Lowering;
use super::linear::{Digits, Halves, Linear, Tile, factor};
use super::norm::{SUMS, norm};
use super::{BOTH_SIDES, Hidden};
use crate::CompileError;
use crate::kernel::Place;
use crate::lower::linear::Product;
use crate::lower::vector::to_digits;
use crate::share::straight;
use graph::expr::immediate;
use graph::{Arg, Expr, GELU_CUBIC, GELU_SLOPE, NodeId, ScalarOp};

/// Emits the part for `layer`.
///
/// Errors: as the weights' source.
pub fn feed_forward(lowering: &mut Lowering, residual: &Hidden, layer: usize) -> Result<Hidden, CompileError> {
    let tensors = lowering.encoder.layers[layer];
    let hidden = hidden(lowering, residual, layer)?;
    lowering.hand.part("ffn_down");
    let down = Linear::load(&lowering.hand, tensors.down)?;
    let columns = straight(lowering.encoder.ffn);
    let sums = projected(lowering, (&down, &columns), &hidden, &residual.tiles)?;
    lowering.hand.part("layer_output_norm");
    norm(lowering, &sums, tensors.out_norm)
}

/// A matrix with as many rows as the residual has lanes, times `rows`, added to the residual.
///
/// Errors: as the weights' source.
pub fn projected(
    lowering: &mut Lowering,
    (matrix, columns): (&Linear, &[Vec<crate::share::Lane>]),
    rows: &Digits,
    residual: &[NodeId],
) -> Result<Vec<NodeId>, CompileError> {
    let mut sums = Vec::new();
    for (tile, (lanes, &before)) in straight(lowering.encoder.width).iter().zip(residual).enumerate() {
        let mut sum = Product::default();
        let halves = Halves::of(tile, residual.len());
        let value = matrix.tile(lowering, &mut sum, rows, &Tile { rows: lanes, columns, factor: 1.0, halves })?;
        let before = sum.input(before);
        sum.expr.push(ScalarOp::Add, &[value, before]);
        let sum = sum.finish(&mut lowering.hand);
        lowering.kernel(&[sum], &[(sum, SUMS[tile], 0)]);
        sums.push(sum);
    }
    Ok(sums)
}

fn hidden(lowering: &mut Lowering, residual: &Hidden, layer: usize) -> Result<Digits, CompileError> {
    lowering.hand.part("ffn_up");
    let up = Linear::load(&lowering.hand, lowering.encoder.layers[layer].up)?;
    let (tiles, columns) = (straight(lowering.encoder.ffn), straight(lowering.encoder.width));
    let units = factor(lowering.bounds.gelu);
    let mut sources = Vec::new();
    for (number, rows) in tiles.iter().enumerate() {
        lowering.hand.part("ffn_up");
        let mut made = Product::default();
        // With what both halves' sums take, there would be no ALUs for the rest.
        let tile = Tile { rows, columns: &columns, factor: 1.0, halves: Halves::One };
        up.tile(lowering, &mut made, &residual.digits, &tile)?;
        let made = made.finish(&mut lowering.hand);
        let inner = inner(lowering, made);
        let bank = number as u16 % 2;
        lowering.kernel(&[made, inner], &[(made, Place::WestNear, bank), (inner, Place::EastNear, bank)]);
        lowering.hand.part("gelu");
        let mut expr = Expr::default();
        let tanh = expr.push(ScalarOp::Tanh, &[Arg::Input(1)]);
        let raised = expr.push(ScalarOp::Add, &[tanh, immediate(1.0)]);
        let whole = expr.push(ScalarOp::Mul, &[Arg::Input(0), raised]);
        let scaled = expr.push(ScalarOp::Mul, &[whole, immediate((0.5 * units) as f32)]);
        to_digits(&mut expr, scaled);
        let fixed = lowering.hand.build.map(expr, &[made, inner]);
        let [west, east] = BOTH_SIDES;
        // What the up projection takes lies in the other bank.
        lowering.kernel(&[fixed], &[(fixed, west, 1), (fixed, east, 1)]);
        sources.push(fixed);
    }
    Ok(Digits::new(&mut lowering.hand, sources, 1.0 / units))
}

/// What the hyperbolic tangent is taken of.
fn inner(lowering: &mut Lowering, made: NodeId) -> NodeId {
    let mut expr = Expr::default();
    let square = expr.push(ScalarOp::Mul, &[Arg::Input(0), Arg::Input(0)]);
    let cubic = expr.push(ScalarOp::Mul, &[square, immediate(GELU_SLOPE * GELU_CUBIC)]);
    let slope = expr.push(ScalarOp::Add, &[cubic, immediate(GELU_SLOPE)]);
    expr.push(ScalarOp::Mul, &[Arg::Input(0), slope]);
    lowering.hand.build.map(expr, &[made])
}

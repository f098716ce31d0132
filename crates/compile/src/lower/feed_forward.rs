//! The feed-forward part of a layer: gate, up, silu, down.
//!
//! In: residual tiles.  Out: what is added to them, before its last projection.
//! Invariant: `|silu(gate) * up| <= max |gate| * max |up|`, bounded by the rows' norms: the hidden digits never overflow.
//! Method: silu(x) = x * (0.5 * tanh(0.5 x) + 0.5), exact to rounding and one transcendental step.

use super::linear::{Product, Tile, straight};
use super::norm::{DIGITS, Digits, fixed_factor, norm, to_digits};
use super::{Addend, Emitter, Shared};
use crate::CompileError;
use crate::kernel::Place;
use crate::model::LayerTensors;
use graph::expr::immediate;
use graph::{Arg, Expr, NodeId, ScalarOp};
use std::ops::Range;

/// Emits these tiles of the part for `layer`.
pub fn feed_forward(
    emitter: &mut Emitter,
    shared: &Shared,
    residual: &[NodeId],
    (layer, tiles): (usize, Range<usize>),
) -> Result<Addend, CompileError> {
    let tensors = emitter.llama.layers[layer].clone();
    emitter.part("ffn_norm");
    let input = norm(emitter, shared, residual, tensors.ffn_norm)?;
    let hidden = hidden(emitter, &input, &tensors, tiles.clone())?;
    emitter.part("ffn_down");
    let matrix = emitter.quantised(tensors.down)?;
    Ok(Addend { digits: hidden, matrix, blocks: emitter.share().ffn.columns()[tiles].to_vec() })
}

fn hidden(
    emitter: &mut Emitter,
    input: &Digits,
    tensors: &LayerTensors,
    wanted: Range<usize>,
) -> Result<Digits, CompileError> {
    let columns = straight(emitter.llama.width as usize);
    let gain = emitter.matrix(tensors.ffn_norm)?;
    let gate = emitter.quantised(tensors.gate)?;
    let up = emitter.quantised(tensors.up)?;
    let bound = gate.norm_greatest(gain.row(0)) * up.norm_greatest(gain.row(0)) * input.norm * input.norm;
    let factor = fixed_factor(bound);
    let mut tiles = Vec::new();
    for rows in &emitter.share().ffn.rows()[wanted] {
        let mut hidden = Product::default();
        emitter.part("ffn_gate");
        let tile = Tile::new(rows);
        let weights = tile.weights(emitter, input, &gate, &columns);
        let value = hidden.contract(emitter, input, &weights, &tile);
        let gated = hidden.rooted(value, input);
        emitter.part("ffn_up");
        // Read in the same step as those of the gate, from the other side.
        let tile = Tile { scales: Some(Place::EastNear), ..Tile::new(rows) };
        let weights = tile.weights(emitter, input, &up, &columns);
        let value = hidden.contract(emitter, input, &weights, &tile);
        let raised = hidden.rooted(value, input);
        emitter.part("silu");
        let factor = emitter.uniform("factor", factor);
        let factor = hidden.input(factor);
        silu_digits(&mut hidden.expr, [gated, raised, factor]);
        let fixed = hidden.finish(emitter);
        emitter.kernel(&[fixed], &[(fixed, Place::EastFar, 0)]);
        tiles.push(emitter.build.digits(fixed, DIGITS));
    }
    Ok(Digits { tiles, count: DIGITS, root: None, unit: 1.0 / factor, norm: f64::INFINITY })
}

/// silu(gate) * up, to fixed point by `factor`.
fn silu_digits(expr: &mut Expr, [gate, up, factor]: [Arg; 3]) {
    let scaled = expr.push(ScalarOp::Mul, &[up, factor]);
    let product = expr.push(ScalarOp::Mul, &[gate, scaled]);
    let half = expr.push(ScalarOp::Mul, &[gate, immediate(0.5)]);
    let tanh = expr.push(ScalarOp::Tanh, &[half]);
    let scaled = expr.push(ScalarOp::Mul, &[tanh, immediate(0.5)]);
    let sigmoid = expr.push(ScalarOp::Add, &[scaled, immediate(0.5)]);
    let fixed = expr.push(ScalarOp::Mul, &[sigmoid, product]);
    to_digits(expr, fixed);
}

//! The feed-forward part of a layer: gate, up, silu, down.
//!
//! In: residual tiles.  Out: what is added to them, before its last projection.
//! Invariant: `|silu(gate) * up| <= max |gate| * max |up|`, bounded by the rows' norms: the hidden digits never overflow.
//! Method: silu(x) = x * (0.5 * tanh(0.5 x) + 0.5), exact to rounding and one transcendental step.

use super::linear::{Tile, product, straight};
use super::norm::{DIGITS, Digits, fixed_factor, norm, to_digits};
use super::{Addend, Emitter, Shared};
use crate::CompileError;
use crate::kernel::Place;
use graph::expr::immediate;
use graph::{Arg, Expr, NodeId, ScalarOp};

/// Emits the part for `layer`.
pub fn feed_forward(
    emitter: &mut Emitter,
    shared: &Shared,
    residual: &[NodeId],
    layer: usize,
) -> Result<Addend, CompileError> {
    let tensors = emitter.llama.layers[layer].clone();
    emitter.part("ffn_norm");
    let input = norm(emitter, shared, residual, tensors.ffn_norm)?;
    let hidden = hidden(emitter, &input, &tensors)?;
    emitter.part("ffn_down");
    let matrix = emitter.quantised(tensors.down)?;
    Ok(Addend { digits: hidden, matrix, blocks: emitter.share().ffn.columns() })
}

fn hidden(emitter: &mut Emitter, input: &Digits, tensors: &crate::model::LayerTensors) -> Result<Digits, CompileError> {
    let columns = straight(emitter.llama.width as usize);
    let gain = emitter.matrix(tensors.ffn_norm)?;
    let gate = emitter.quantised(tensors.gate)?;
    let up = emitter.quantised(tensors.up)?;
    let bound = gate.norm_greatest(gain.row(0)) * up.norm_greatest(gain.row(0)) * input.norm * input.norm;
    let factor = fixed_factor(bound);
    let mut pairs = Vec::new();
    for rows in &emitter.share().ffn.rows() {
        emitter.part("ffn_gate");
        let gated = product(emitter, input, &gate, &Tile::narrow(rows), &columns).finish(emitter);
        emitter.kernel(&[gated], &[(gated, Place::WestNear, 0)]);
        emitter.part("ffn_up");
        let raised = product(emitter, input, &up, &Tile::narrow(rows), &columns).finish(emitter);
        emitter.kernel(&[raised], &[(raised, Place::EastNear, 0)]);
        pairs.push((gated, raised));
    }
    emitter.part("silu");
    let mut tiles = Vec::new();
    for (gated, raised) in pairs {
        let mut expr = Expr::default();
        let half = expr.push(ScalarOp::Mul, &[Arg::Input(0), immediate(0.5)]);
        let tanh = expr.push(ScalarOp::Tanh, &[half]);
        let scaled = expr.push(ScalarOp::Mul, &[tanh, immediate(0.5)]);
        let sigmoid = expr.push(ScalarOp::Add, &[scaled, immediate(0.5)]);
        let silu = expr.push(ScalarOp::Mul, &[sigmoid, Arg::Input(0)]);
        let product = expr.push(ScalarOp::Mul, &[silu, Arg::Input(1)]);
        let scaled = expr.push(ScalarOp::Mul, &[product, Arg::Input(2)]);
        to_digits(&mut expr, scaled);
        let lanes = emitter.lanes(gated);
        let factors = emitter.uniform("factor", lanes, factor);
        let fixed = emitter.build.map(expr, &[gated, raised, factors]);
        emitter.kernel(&[fixed], &[(fixed, Place::EastFar, 0)]);
        tiles.push(emitter.build.digits(fixed, DIGITS));
    }
    Ok(Digits { tiles, unit: 1.0 / factor, norm: f64::INFINITY })
}

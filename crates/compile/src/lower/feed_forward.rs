//! The feed-forward part of a layer: gate, up, silu, down; or that of each expert of a mixture, times its share.
//!
//! In: residual tiles.  Out: what is added to them, before its last projection.
//! Invariant: `|silu(gate) * up| <= max |gate| * max |up|`, bounded by the rows' norms: the hidden digits never overflow.
//! Method: silu(x) = x * (0.5 * tanh(0.5 x) + 0.5), exact to rounding and one transcendental step.

use super::linear::{Product, Tile};
use super::norm::norm;
use super::router;
use super::vector::{DIGITS, Ending, Tiles, Vector, factor};
use super::weights::Coded;
use super::{Addend, Emitter, Shared};
use crate::kernel::Place;
use crate::model::LayerTensors;
use crate::share::{Lane, straight};
use crate::{CompileError, Format, Linear};
use graph::expr::immediate;
use graph::{Arg, Expr, NodeId, ScalarOp};
use std::ops::Range;
use units::Order;

/// Emits these tiles of the part for `layer`.
pub fn feed_forward(
    emitter: &mut Emitter,
    shared: &Shared,
    residual: &[NodeId],
    (layer, tiles): (usize, Range<usize>),
) -> Result<Addend, CompileError> {
    let tensors = emitter.llama.layers[layer].clone();
    emitter.part("ffn_norm");
    let takers = [Linear::Gate, Linear::Up, Linear::Router];
    let takers = if tensors.router.is_some() { &takers } else { &takers[..2] };
    let input = norm(emitter, shared, residual, (tensors.ffn_norm, takers))?;
    let hidden = hidden(emitter, &input, &tensors, tiles.clone())?;
    emitter.part("ffn_down");
    let matrix = emitter.coded(tensors.down, Linear::Down, &hidden)?;
    Ok(Addend { vector: hidden, matrix, blocks: emitter.share().ffn.columns()[tiles].to_vec() })
}

fn hidden(
    emitter: &mut Emitter,
    input: &Vector,
    tensors: &LayerTensors,
    wanted: Range<usize>,
) -> Result<Vector, CompileError> {
    let columns = straight(emitter.llama.width as usize);
    let gain = emitter.matrix(tensors.ffn_norm)?;
    let gate = emitter.coded(tensors.gate, Linear::Gate, input)?;
    let up = emitter.coded(tensors.up, Linear::Up, input)?;
    let of = |matrix: &Coded| matrix.norm_greatest(&emitter.hand, gain.row(0));
    let bound = of(&gate)? * of(&up)? * input.norm * input.norm;
    let format = emitter.format(Linear::Down);
    let factor = factor(format, bound);
    let shares = shares(emitter, input, (tensors, gain.row(0)), &wanted)?;
    let at_once = [gate.format(), up.format()] == [Format::Int8; 2];
    let mut tiles = Tiles::new(1.0 / factor);
    for (rows, share) in emitter.share().ffn.rows()[wanted].iter().zip(shares) {
        let mut hidden = Product::default();
        emitter.part("ffn_gate");
        let tile = Tile::new(rows);
        let weights = tile.weights(emitter, input, &gate, &columns)?;
        if let (Some(share), Some(_)) = (share, emitter.llama.chosen) {
            emitter.awaited.extend(weights.tables.iter().map(|&table| (table, share)));
        }
        let value = hidden.contract(emitter, input, &weights, &tile);
        let gated = hidden.rooted(value, input);
        let factor = emitter.uniform("factor", factor);
        let factor = hidden.input(factor);
        let mut gate_value = None;
        if !at_once {
            // In fp16 each takes all planes of a half: what the gate gives waits in SRAM.
            silu(&mut hidden.expr, [gated, factor]);
            let made = hidden.finish(emitter);
            emitter.kernel(&[made], &[(made, Place::EastNear, 0)]);
            hidden = Product::default();
            gate_value = Some(hidden.input(made));
        }
        emitter.part("ffn_up");
        // Read in the same step as those of the gate, from the other side.
        let tile = Tile { scales: Some(Place::EastNear), ..Tile::new(rows) };
        let weights = tile.weights(emitter, input, &up, &columns)?;
        let value = hidden.contract(emitter, input, &weights, &tile);
        let raised = hidden.rooted(value, input);
        emitter.part("silu");
        let scaled = match gate_value {
            Some(gate) => hidden.expr.push(ScalarOp::Mul, &[gate, raised]),
            None => {
                let by = hidden.expr.push(ScalarOp::Mul, &[raised, factor]);
                silu(&mut hidden.expr, [gated, by])
            }
        };
        if let Some(share) = share {
            let share = hidden.input(share);
            hidden.expr.push(ScalarOp::Mul, &[scaled, share]);
        }
        let ending = Ending { format, digits: DIGITS, place: Place::EastFar };
        tiles.push(emitter, (hidden.expr, hidden.inputs), ending);
    }
    Ok(Vector::last(format, tiles))
}

/// By what each of these tiles is multiplied: the share of its expert, where there are several.
fn shares(
    emitter: &mut Emitter,
    input: &Vector,
    (tensors, gain): (&LayerTensors, &[f32]),
    wanted: &Range<usize>,
) -> Result<Vec<Option<NodeId>>, CompileError> {
    let Some(router) = tensors.router else { return Ok(vec![None; wanted.len()]) };
    let (width, experts) = (emitter.llama.ffn as usize, router::order(emitter));
    let turn = |tile: &Vec<Lane>| experts.iter().position(|expert| tile[0].is_some_and(|lane| lane / width == *expert));
    let turns: Vec<usize> = emitter.share().ffn.rows()[wanted.clone()].iter().filter_map(turn).collect();
    let mut asked = turns.clone();
    asked.order();
    asked.dedup();
    let shares = router::shares(emitter, input, (router, gain), &asked)?;
    Ok(turns.iter().map(|turn| asked.iter().position(|other| other == turn).map(|place| shares[place])).collect())
}

/// silu(gate) * by.
fn silu(expr: &mut Expr, [gate, by]: [Arg; 2]) -> Arg {
    let product = expr.push(ScalarOp::Mul, &[gate, by]);
    let half = expr.push(ScalarOp::Mul, &[gate, immediate(0.5)]);
    let tanh = expr.push(ScalarOp::Tanh, &[half]);
    let scaled = expr.push(ScalarOp::Mul, &[tanh, immediate(0.5)]);
    let sigmoid = expr.push(ScalarOp::Add, &[scaled, immediate(0.5)]);
    expr.push(ScalarOp::Mul, &[sigmoid, product])
}

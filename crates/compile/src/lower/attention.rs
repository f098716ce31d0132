//! The attention part of a layer: queries, keys, values, rotation, scores, softmax, weighted values, output.
//!
//! In: residual tiles.  Out: residual tiles after it.
//! Invariant: lane (g, d) of every vector here belongs to key head g and dimension d; query tile r holds, for each key head g, the
//!     query head g * repeats + r. So a query meets its key lane by lane and nothing is ever moved between heads.
//! Method: scores = products in f16 on the VXM, summed over each head's lanes by blocks of ones in the MXM, which leaves the
//!     score on all lanes of the head; softmax and weighted values then run along time, position after position, lane by lane.

use super::feed_forward::project;
use super::linear::{Quantised, Tile, product, straight};
use super::norm::{DIGITS, Digits, fixed_factor, norm, to_digits};
use super::{Emitter, Shared};
use crate::CompileError;
use crate::kernel::Place;
use crate::tables::LANES;
use graph::expr::immediate;
use graph::half::f32_to_f16;
use graph::{Arg, DType, Elements, Expr, NodeId, ReduceKind, ScalarOp};

/// The mask is this times (position + 1/2 - row), saturating at the ends of f16 on either side.
const MASK_SLOPE: f32 = 131_072.0;

/// Emits what all layers share.
pub fn shared(emitter: &mut Emitter) -> Shared {
    let llama = emitter.llama;
    let lanes = llama.kv_lanes() as usize;
    let position = emitter.build.input("position", DType::I32, &[1]);
    emitter.part("rope");
    let replicated = |table: &[f32]| -> Vec<f32> {
        let heads = llama.kv_heads as usize;
        table.chunks(llama.head_dim as usize).flat_map(|row| row.repeat(heads)).collect()
    };
    let [cosines, sines] = [("cos", &llama.cosines), ("sin", &llama.sines)]
        .map(|(name, table)| emitter.table(name, lanes, Elements::F32(replicated(table))));
    let cosines = emitter.build.gather(cosines, position);
    emitter.fetch(cosines, Place::EastNear, Place::WestNear);
    let sines = emitter.build.gather(sines, position);
    emitter.fetch(sines, Place::EastNear, Place::EastFar);
    let mask = mask(emitter, lanes);
    emitter.part("ones");
    let ones = emitter.table("row", LANES, Elements::F16(vec![f32_to_f16(1.0); LANES]));
    let head = |lane: usize| lane / llama.head_dim as usize;
    let block = |row: usize| (0..lanes).map(move |lane| if head(row) == head(lane) { f32_to_f16(1.0) } else { 0 });
    let blocks = emitter.table("blocks", lanes, Elements::F16((0..lanes).flat_map(block).collect()));
    Shared { cosines, sines, mask, position, ones, blocks }
}

/// Rows of +65504 up to the token's position, -65504 after it.
fn mask(emitter: &mut Emitter, lanes: usize) -> NodeId {
    emitter.part("mask");
    let context = emitter.llama.context;
    let horizon = emitter.build.input("horizon", DType::F32, &[1, lanes as u32]);
    let rows = (0..context).flat_map(|row| vec![f32_to_f16(row as f32); lanes]).collect();
    let iota = emitter.table("iota", lanes, Elements::F16(rows));
    let horizon = emitter.broadcast(horizon, context);
    let mut expr = Expr::default();
    let row = expr.push(ScalarOp::F16ToF32, &[Arg::Input(1)]);
    let distance = expr.push(ScalarOp::Sub, &[Arg::Input(0), row]);
    let scaled = expr.push(ScalarOp::Mul, &[distance, immediate(MASK_SLOPE)]);
    expr.push(ScalarOp::F32ToF16, &[scaled]);
    let mask = emitter.build.map(expr, &[horizon, iota]);
    emitter.kernel(&[mask], &[(mask, Place::EastFarHigh, 1)]);
    mask
}

/// Emits the part for `layer`.
pub fn attention(
    emitter: &mut Emitter,
    shared: &Shared,
    residual: &[NodeId],
    layer: usize,
) -> Result<Vec<NodeId>, CompileError> {
    let llama = emitter.llama;
    let tensors = llama.layers[layer].clone();
    emitter.part("attn_norm");
    let input = norm(emitter, shared, residual, tensors.attn_norm)?;
    let keys = keys(emitter, shared, &input, layer)?;
    let (values, bound) = values(emitter, shared, &input, layer)?;
    emitter.part("attn_q");
    let query = Quantised::new(&emitter.matrix(tensors.query)?);
    let columns = straight(llama.width as usize);
    let factor = 1.0 / f64::from(llama.head_dim).sqrt();
    let mut rotated = Vec::new();
    for repeat in 0..llama.repeats() {
        emitter.part("attn_q");
        let rows = query_rows(emitter, repeat);
        let tile = Tile { factor, ..Tile::narrow(&rows) };
        let queries = product(emitter, &input, &query, &tile, &columns).finish(emitter);
        emitter.kernel(&[queries], &[(queries, Place::EastNear, 0)]);
        emitter.part("rope");
        let turned = rotate(emitter, shared, queries, None);
        emitter.kernel(&[turned], &[(turned, Place::EastNear, 0)]);
        rotated.push(turned);
    }
    let numbered = rotated.into_iter().zip(0..);
    let scores: Vec<NodeId> = numbered.map(|(query, repeat)| scores(emitter, shared, query, keys, repeat)).collect();
    let factor = fixed_factor(bound);
    let attended = scores.into_iter().map(|scores| weighted_values(emitter, scores, values, factor)).collect();
    emitter.part("attn_output");
    let digits = Digits { tiles: attended, unit: 1.0 / factor, norm: f64::INFINITY };
    let output = Quantised::new(&emitter.matrix(tensors.output)?);
    let blocks: Vec<Vec<usize>> = (0..llama.repeats()).map(|repeat| query_rows(emitter, repeat)).collect();
    Ok(project(emitter, &digits, &output, &blocks, residual, (Place::WestNear, 1)))
}

/// Rows of the query projection that make query tile `repeat`: lane (g, d) is head g * repeats + repeat.
fn query_rows(emitter: &Emitter, repeat: u32) -> Vec<usize> {
    let llama = emitter.llama;
    let head = |group: u32| (group * llama.repeats() + repeat) * llama.head_dim;
    (0..llama.kv_heads).flat_map(|group| (head(group)..head(group) + llama.head_dim).map(|row| row as usize)).collect()
}

/// x * cos + swap(x) * sin, and a last conversion if any.
fn rotate(emitter: &mut Emitter, shared: &Shared, input: NodeId, last: Option<ScalarOp>) -> NodeId {
    let swapped = emitter.build.permute_lanes(input, &[1, 0]);
    let mut expr = Expr::default();
    let straight = expr.push(ScalarOp::Mul, &[Arg::Input(0), Arg::Input(2)]);
    let crossed = expr.push(ScalarOp::Mul, &[Arg::Input(1), Arg::Input(3)]);
    let sum = expr.push(ScalarOp::Add, &[straight, crossed]);
    if let Some(op) = last {
        expr.push(op, &[sum]);
    }
    emitter.build.map(expr, &[input, swapped, shared.cosines, shared.sines])
}

/// The key cache with this token's row appended, f16 `[context, lanes]`.
fn keys(emitter: &mut Emitter, shared: &Shared, input: &Digits, layer: usize) -> Result<NodeId, CompileError> {
    let llama = emitter.llama;
    emitter.part("attn_k");
    let key = Quantised::new(&emitter.matrix(llama.layers[layer].key)?);
    let rows: Vec<usize> = (0..key.rows()).collect();
    let tile = Tile::narrow(&rows);
    let row = product(emitter, input, &key, &tile, &straight(llama.width as usize)).finish(emitter);
    emitter.kernel(&[row], &[(row, Place::EastNear, 0)]);
    emitter.part("rope");
    let rotated = rotate(emitter, shared, row, Some(ScalarOp::F32ToF16));
    Ok(appended(emitter, shared, &format!("k.{layer}"), rotated))
}

/// The value cache with this token's row appended, and a bound of its elements.
fn values(emitter: &mut Emitter, shared: &Shared, input: &Digits, layer: usize) -> Result<(NodeId, f64), CompileError> {
    let llama = emitter.llama;
    emitter.part("attn_v");
    let value = Quantised::new(&emitter.matrix(llama.layers[layer].value)?);
    let gain = emitter.matrix(llama.layers[layer].attn_norm)?;
    let bound = value.norm_greatest(gain.row(0)) * input.norm;
    let rows: Vec<usize> = (0..value.rows()).collect();
    let mut row = product(emitter, input, &value, &Tile::narrow(&rows), &straight(llama.width as usize));
    row.expr.push(ScalarOp::F32ToF16, &[row.value]);
    let row = row.finish(emitter);
    Ok((appended(emitter, shared, &format!("v.{layer}"), row), bound))
}

/// The cache `name` with `row` at the token's position.
fn appended(emitter: &mut Emitter, shared: &Shared, name: &str, row: NodeId) -> NodeId {
    let llama = emitter.llama;
    emitter.part("kv_append");
    let cache = emitter.build.state(name, DType::F16, &[llama.context, llama.kv_lanes()]);
    let cache = emitter.append(cache, row, shared.position);
    emitter.appending_kernel(&[row], cache);
    cache
}

/// Masked scores of every position, f32 `[context, lanes]`, the same on all lanes of a head.
fn scores(emitter: &mut Emitter, shared: &Shared, query: NodeId, keys: NodeId, repeat: u32) -> NodeId {
    let context = emitter.llama.context;
    let bank = (repeat % 2) as u16;
    emitter.part("attn_scores");
    let query = emitter.broadcast(query, context);
    let mut expr = Expr::default();
    let key = expr.push(ScalarOp::F16ToF32, &[Arg::Input(1)]);
    let product = expr.push(ScalarOp::Mul, &[Arg::Input(0), key]);
    expr.push(ScalarOp::F32ToF16, &[product]);
    let products = emitter.build.map(expr, &[query, keys]);
    emitter.kernel(&[products], &[(products, Place::EastFarLow, bank)]);
    let sums = emitter.build.matmul_blocks(&[(products, shared.blocks)]);
    let mut expr = Expr::default();
    let mask = expr.push(ScalarOp::F16ToF32, &[Arg::Input(1)]);
    expr.push(ScalarOp::Min, &[Arg::Input(0), mask]);
    let scores = emitter.build.map(expr, &[sums, shared.mask]);
    emitter.kernel(&[scores], &[(scores, Place::WestNear, bank)]);
    scores
}

/// Softmax of the scores times the values, as digits of one tile.
fn weighted_values(emitter: &mut Emitter, scores: NodeId, values: NodeId, factor: f64) -> NodeId {
    let context = emitter.llama.context;
    emitter.part("softmax");
    let maxima = emitter.fold(ReduceKind::Max, scores);
    emitter.kernel(&[maxima], &[(maxima, Place::EastNear, 1)]);
    let partial = [0, 1, 2].map(|row| emitter.build.rows(maxima, row, 1));
    let mut expr = Expr::default();
    joined(&mut expr, ScalarOp::Max, 0);
    let greatest = emitter.build.map(expr, &partial);
    emitter.kernel(&[greatest], &[(greatest, Place::EastNear, 1)]);
    let greatest = emitter.broadcast(greatest, context);
    let mut expr = Expr::default();
    let below = expr.push(ScalarOp::Sub, &[Arg::Input(0), Arg::Input(1)]);
    expr.push(ScalarOp::Exp, &[below]);
    let weights = emitter.build.map(expr, &[scores, greatest]);
    let mut expr = Expr::default();
    let value = expr.push(ScalarOp::F16ToF32, &[Arg::Input(1)]);
    expr.push(ScalarOp::Mul, &[Arg::Input(0), value]);
    let weighted = emitter.build.map(expr, &[weights, values]);
    let total = emitter.fold(ReduceKind::Sum, weights);
    let sum = emitter.fold(ReduceKind::Sum, weighted);
    emitter.kernel(&[weights, weighted, total, sum], &[(total, Place::EastFar, 1), (sum, Place::EastNear, 1)]);
    emitter.part("attn_values");
    let mut inputs = [0, 1, 2].map(|row| emitter.build.rows(sum, row, 1)).to_vec();
    inputs.extend([0, 1, 2].map(|row| emitter.build.rows(total, row, 1)));
    inputs.push(emitter.uniform("factor", emitter.llama.kv_lanes() as usize, factor));
    let fixed = emitter.build.map(quotient(), &inputs);
    emitter.kernel(&[fixed], &[(fixed, Place::EastFar, 0)]);
    emitter.build.digits(fixed, DIGITS)
}

/// The three partial results of a fold, inputs `first ..`, made one. They lie in the same slices: the pass-through at the beginning
/// lets each be read in a step of its own.
fn joined(expr: &mut Expr, op: ScalarOp, first: u8) -> Arg {
    let one = expr.push(ScalarOp::Identity, &[Arg::Input(first)]);
    let two = expr.push(op, &[one, Arg::Input(first + 1)]);
    expr.push(op, &[two, Arg::Input(first + 2)])
}

/// Inputs 0..2 partial sums of weighted values, 3..5 of weights, 6 the factor to fixed point: digits of their quotient, by
/// 1/x = rsqrt(x)^2.
fn quotient() -> Expr {
    let mut expr = Expr::default();
    let sum = joined(&mut expr, ScalarOp::Add, 0);
    let total = joined(&mut expr, ScalarOp::Add, 3);
    let root = expr.push(ScalarOp::Rsqrt, &[total]);
    let inverse = expr.push(ScalarOp::Mul, &[root, root]);
    let value = expr.push(ScalarOp::Mul, &[sum, inverse]);
    let scaled = expr.push(ScalarOp::Mul, &[value, Arg::Input(6)]);
    to_digits(&mut expr, scaled);
    expr
}

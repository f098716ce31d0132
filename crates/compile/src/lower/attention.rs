//! The attention part of a layer: queries, keys, values, rotation, scores, softmax, weighted values, output.
//!
//! In: residual tiles.  Out: residual tiles after it.
//! Invariant: lane (g, d) of every vector here belongs to key head g and dimension d; query tile r holds, for each key head g, the
//!     query head g * repeats + r. So a query meets its key lane by lane and nothing is ever moved between heads.
//! Method: scores = products in f16 on the VXM, summed over each head's lanes by blocks of ones in the MXM, which leaves the
//!     score on all lanes of the head; softmax and weighted values then run along time, position after position, lane by lane.

use super::feed_forward::project;
use super::linear::{Lane, Quantised, Tile, product, straight};
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
    let lanes = llama.heads.lanes();
    let position = emitter.build.input("position", DType::I32, &[1]);
    emitter.part("rope");
    let rows = emitter.positions as usize;
    let replicated = |table: &[f32]| -> Vec<f32> {
        let mut elements: Vec<f32> =
            table.chunks(llama.head_dim as usize).flat_map(|row| llama.heads.spread(row)).collect();
        elements.resize(rows * lanes, 0.0);
        elements
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
    let head = |lane: usize| lane / llama.heads.slot_lanes;
    let block = |row: usize| (0..lanes).map(move |lane| if head(row) == head(lane) { f32_to_f16(1.0) } else { 0 });
    let blocks = emitter.table("blocks", lanes, Elements::F16((0..lanes).flat_map(block).collect()));
    Shared { cosines, sines, mask, position, ones, blocks }
}

/// Rows of +65504 up to the token's position, -65504 after it.
fn mask(emitter: &mut Emitter, lanes: usize) -> NodeId {
    emitter.part("mask");
    let context = emitter.positions;
    let horizon = emitter.build.input("horizon", DType::F32, &[1, lanes as u32]);
    let rows = (0..context).flat_map(|row| vec![row as f32; lanes]).collect();
    let iota = emitter.table("iota", lanes, Elements::F32(rows));
    let horizon = emitter.broadcast(horizon, context);
    let mut expr = Expr::default();
    let distance = expr.push(ScalarOp::Sub, &[Arg::Input(0), Arg::Input(1)]);
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
    let blocks: Vec<Vec<Lane>> = llama.heads.queries.iter().map(|tile| llama.heads.rows(&tile.heads)).collect();
    let mut rotated = Vec::new();
    for rows in &blocks {
        emitter.part("attn_q");
        let tile = Tile { factor, ..Tile::narrow(rows) };
        let queries = product(emitter, &input, &query, &tile, &columns).finish(emitter);
        emitter.kernel(&[queries], &[(queries, Place::EastNear, 0)]);
        emitter.part("rope");
        let turned = rotate(emitter, shared, queries, None);
        emitter.kernel(&[turned], &[(turned, Place::EastNear, 0)]);
        rotated.push(turned);
    }
    let caches = || llama.heads.queries.iter().map(|tile| tile.cache);
    let numbered = rotated.into_iter().zip(caches()).zip(0..);
    let scores: Vec<NodeId> =
        numbered.map(|((query, cache), tile)| scores(emitter, shared, query, keys[cache], tile % 2)).collect();
    let factor = fixed_factor(bound);
    let attended = scores.into_iter().zip(caches());
    let attended = attended.map(|(scores, cache)| weighted_values(emitter, scores, values[cache], factor)).collect();
    emitter.part("attn_output");
    let digits = Digits { tiles: attended, unit: 1.0 / factor, norm: f64::INFINITY };
    let output = Quantised::new(&emitter.matrix(tensors.output)?);
    Ok(project(emitter, &digits, &output, &blocks, residual, (Place::WestNear, 1)))
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

/// The key caches with this token's rows appended, f16 `[positions, lanes]` each.
fn keys(emitter: &mut Emitter, shared: &Shared, input: &Digits, layer: usize) -> Result<Vec<NodeId>, CompileError> {
    let llama = emitter.llama;
    emitter.part("attn_k");
    let key = Quantised::new(&emitter.matrix(llama.layers[layer].key)?);
    let mut caches = Vec::new();
    for (slots, cache) in llama.heads.caches.iter().zip(0..) {
        emitter.part("attn_k");
        let rows = llama.heads.rows(slots);
        let columns = straight(llama.width as usize);
        let row = product(emitter, input, &key, &Tile::narrow(&rows), &columns).finish(emitter);
        emitter.kernel(&[row], &[(row, Place::EastNear, 0)]);
        emitter.part("rope");
        let rotated = rotate(emitter, shared, row, Some(ScalarOp::F32ToF16));
        caches.push(appended(emitter, shared, &cache_name("k", layer, cache), rotated));
    }
    Ok(caches)
}

/// The value caches with this token's rows appended, and a bound of their elements.
fn values(
    emitter: &mut Emitter,
    shared: &Shared,
    input: &Digits,
    layer: usize,
) -> Result<(Vec<NodeId>, f64), CompileError> {
    let llama = emitter.llama;
    emitter.part("attn_v");
    let value = Quantised::new(&emitter.matrix(llama.layers[layer].value)?);
    let gain = emitter.matrix(llama.layers[layer].attn_norm)?;
    let bound = value.norm_greatest(gain.row(0)) * input.norm;
    let mut caches = Vec::new();
    for (slots, cache) in llama.heads.caches.iter().zip(0..) {
        emitter.part("attn_v");
        let rows = llama.heads.rows(slots);
        let mut row = product(emitter, input, &value, &Tile::narrow(&rows), &straight(llama.width as usize));
        row.expr.push(ScalarOp::F32ToF16, &[row.value]);
        let row = row.finish(emitter);
        caches.push(appended(emitter, shared, &cache_name("v", layer, cache), row));
    }
    Ok((caches, bound))
}

/// `k.3`, and `k.3.1` for the second cache of a layer that has several.
fn cache_name(what: &str, layer: usize, cache: u32) -> String {
    if cache == 0 { format!("{what}.{layer}") } else { format!("{what}.{layer}.{cache}") }
}

/// The cache `name` with `row` at the token's position.
fn appended(emitter: &mut Emitter, shared: &Shared, name: &str, row: NodeId) -> NodeId {
    emitter.part("kv_append");
    let extents = [emitter.positions, emitter.lanes(row) as u32];
    let cache = emitter.build.state(name, DType::F16, &extents);
    let cache = emitter.append(cache, row, shared.position);
    emitter.appending_kernel(&[row], cache);
    cache
}

/// Masked scores of every position, f32 `[context, lanes]`, the same on all lanes of a head.
fn scores(emitter: &mut Emitter, shared: &Shared, query: NodeId, keys: NodeId, bank: u16) -> NodeId {
    let context = emitter.positions;
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
    let context = emitter.positions;
    let count = u32::from(emitter.partials);
    emitter.part("softmax");
    let maxima = emitter.fold(ReduceKind::Max, scores);
    emitter.kernel(&[maxima], &[(maxima, Place::EastNear, 1)]);
    let partial: Vec<NodeId> = (0..count).map(|row| emitter.build.rows(maxima, row, 1)).collect();
    let mut expr = Expr::default();
    joined(&mut expr, ScalarOp::Max, 0..emitter.partials);
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
    let mut inputs: Vec<NodeId> = (0..count).map(|row| emitter.build.rows(sum, row, 1)).collect();
    inputs.extend((0..count).map(|row| emitter.build.rows(total, row, 1)));
    inputs.push(emitter.uniform("factor", emitter.llama.heads.lanes(), factor));
    let fixed = emitter.build.map(quotient(emitter.partials), &inputs);
    emitter.kernel(&[fixed], &[(fixed, Place::EastFar, 0)]);
    emitter.build.digits(fixed, DIGITS)
}

/// The partial results of a fold, these inputs, made one. They lie in the same slices: the pass-through at the beginning
/// lets each be read in a step of its own.
fn joined(expr: &mut Expr, op: ScalarOp, inputs: std::ops::Range<u8>) -> Arg {
    let first = expr.push(ScalarOp::Identity, &[Arg::Input(inputs.start)]);
    (inputs.start + 1..inputs.end).fold(first, |joined, input| expr.push(op, &[joined, Arg::Input(input)]))
}

/// First `partials` inputs partial sums of weighted values, as many of weights, then the factor to fixed point: digits of their
/// quotient, by 1/x = rsqrt(x)^2.
fn quotient(partials: u8) -> Expr {
    let mut expr = Expr::default();
    let sum = joined(&mut expr, ScalarOp::Add, 0..partials);
    let total = joined(&mut expr, ScalarOp::Add, partials..2 * partials);
    let root = expr.push(ScalarOp::Rsqrt, &[total]);
    let inverse = expr.push(ScalarOp::Mul, &[root, root]);
    let value = expr.push(ScalarOp::Mul, &[sum, inverse]);
    let scaled = expr.push(ScalarOp::Mul, &[value, Arg::Input(2 * partials)]);
    to_digits(&mut expr, scaled);
    expr
}

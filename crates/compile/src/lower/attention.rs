//! The attention part of a layer: queries, keys, values, rotation, scores, softmax, weighted values, output.
//!
//! In: residual tiles.  Out: what is added to them, before its last projection.
//! Invariant: lane (g, d) of every vector here belongs to key head g and dimension d; query tile r holds, for each key head g, the
//!     query head g * repeats + r. So a query meets its key lane by lane and nothing is ever moved between heads.
//! Method: scores = products in f16 on the VXM, summed over each head's lanes by blocks of ones in the MXM, which leaves the
//!     score on all lanes of the head; softmax and weighted values then run along time, position after position, lane by lane.

use super::linear::{Lane, Tile, product, straight};
use super::norm::{DIGITS, Digits, fixed_factor, norm, to_digits};
use super::{Addend, Emitter, Shared};
use crate::CompileError;
use crate::kernel::Place;
use crate::tables::LANES;
use graph::expr::immediate;
use graph::half::f32_to_f16;
use graph::{Arg, DType, Elements, Expr, NodeId, ReduceKind, ScalarOp, TensorId};

/// The mask is this times (position + 1/2 - row), saturating at the ends of f16 on either side.
const MASK_SLOPE: f32 = 131_072.0;

/// Emits what all layers share.
pub fn shared(emitter: &mut Emitter) -> Shared {
    let (llama, heads) = (emitter.llama, &emitter.share().heads);
    let lanes = heads.lanes();
    let position = emitter.build.input("position", DType::I32, &[1]);
    emitter.part("rope");
    let rows = emitter.positions as usize;
    let replicated = |table: &[f32]| -> Vec<f32> {
        let mut elements: Vec<f32> = table.chunks(llama.head_dim as usize).flat_map(|row| heads.spread(row)).collect();
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
    let row = emitter.table("row", LANES, Elements::F16(vec![f32_to_f16(1.0); LANES]));
    let ones = emitter.broadcast(row, LANES as u32);
    let head = |lane: usize| lane / heads.slot_lanes;
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
    emitter.kernel(&[mask], &[(mask, Place::EastFarLow, 0)]);
    mask
}

/// Emits the part for `layer`.
pub fn attention(
    emitter: &mut Emitter,
    shared: &Shared,
    residual: &[NodeId],
    layer: usize,
) -> Result<Addend, CompileError> {
    let llama = emitter.llama;
    let tensors = llama.layers[layer].clone();
    emitter.part("attn_norm");
    let input = norm(emitter, shared, residual, tensors.attn_norm)?;
    let keys = keys(emitter, shared, &input, layer)?;
    let heads = &emitter.share().heads;
    let rows: Vec<Vec<Lane>> = heads.queries.iter().map(|tile| heads.rows(&tile.heads)).collect();
    let queries = queries(emitter, shared, &input, &rows, tensors.query)?;
    let (values, bound) = values(emitter, shared, &input, layer)?;
    let tiles: Vec<Attended> = heads
        .queries
        .iter()
        .zip(queries)
        .map(|(tile, query)| Attended { query, keys: keys[tile.cache], values: values[tile.cache], chunks: Vec::new() })
        .collect();
    let mut chains: Vec<Vec<Attended>> = tiles.chunks(emitter.chain_tiles).map(<[Attended]>::to_vec).collect();
    for tiles in &mut chains {
        scores(emitter, shared, tiles);
    }
    let factor = fixed_factor(bound);
    let attended = chains.iter().flat_map(|tiles| weighted_values(emitter, tiles, factor)).collect();
    emitter.part("attn_output");
    let digits = Digits { tiles: attended, unit: 1.0 / factor, norm: f64::INFINITY };
    let matrix = emitter.quantised(tensors.output)?;
    let blocks = heads.queries.iter().map(|tile| heads.rows(&tile.counted)).collect();
    Ok(Addend { digits, matrix, blocks })
}

/// The two sides of the VXM between which the tiles of a chain alternate.
const SIDES: [Place; 2] = [Place::EastNear, Place::WestNear];

/// A query tile on its way through attention.
#[derive(Clone, Debug)]
struct Attended {
    query: NodeId,
    keys: NodeId,
    values: NodeId,
    chunks: Vec<Chunk>,
}

/// Scores of a stretch of positions.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    first: u32,
    count: u32,
    /// f32 `[count, lanes]`.
    scores: NodeId,
    /// f32 `[partials, lanes]`.
    maxima: NodeId,
}

/// Rotated queries of all tiles.
fn queries(
    emitter: &mut Emitter,
    shared: &Shared,
    input: &Digits,
    blocks: &[Vec<Lane>],
    tensor: TensorId,
) -> Result<Vec<NodeId>, CompileError> {
    let query = emitter.quantised(tensor)?;
    let columns = straight(emitter.llama.width as usize);
    let factor = 1.0 / f64::from(emitter.llama.head_dim).sqrt();
    let mut rotated = Vec::new();
    for (rows, number) in blocks.iter().zip(0..) {
        emitter.part("attn_q");
        let tile = Tile { factor, ..Tile::narrow(rows) };
        let queries = product(emitter, input, &query, &tile, &columns).finish(emitter);
        emitter.kernel(&[queries], &[(queries, Place::EastNear, 0)]);
        emitter.part("rope");
        let turned = rotate(emitter, shared, queries, None);
        emitter.kernel(&[turned], &[(turned, SIDES[number % emitter.chain_tiles], 0)]);
        rotated.push(turned);
    }
    Ok(rotated)
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
    let key = emitter.quantised(llama.layers[layer].key)?;
    let mut caches = Vec::new();
    for (slots, cache) in emitter.share().heads.caches.iter().zip(0..) {
        emitter.part("attn_k");
        let rows = emitter.share().heads.rows(slots);
        let columns = straight(llama.width as usize);
        let row = product(emitter, input, &key, &Tile::narrow(&rows), &columns).finish(emitter);
        emitter.kernel(&[row], &[(row, Place::EastNear, 0)]);
        emitter.part("rope");
        let rotated = rotate(emitter, shared, row, Some(ScalarOp::F32ToF16));
        caches.push(appended(emitter, shared, cache_of("k", layer, cache), rotated));
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
    let value = emitter.quantised(llama.layers[layer].value)?;
    let gain = emitter.matrix(llama.layers[layer].attn_norm)?;
    let bound = value.norm_greatest(gain.row(0)) * input.norm;
    let mut caches = Vec::new();
    for (slots, cache) in emitter.share().heads.caches.iter().zip(0..) {
        emitter.part("attn_v");
        let rows = emitter.share().heads.rows(slots);
        let mut row = product(emitter, input, &value, &Tile::narrow(&rows), &straight(llama.width as usize));
        row.expr.push(ScalarOp::F32ToF16, &[row.value]);
        let row = row.finish(emitter);
        caches.push(appended(emitter, shared, cache_of("v", layer, cache), row));
    }
    Ok((caches, bound))
}

/// `k.3`, and `k.3.1` for the second cache of a layer that has several; caches alternate between two places.
fn cache_of(what: &str, layer: usize, cache: usize) -> (String, Place) {
    let name = if cache == 0 { format!("{what}.{layer}") } else { format!("{what}.{layer}.{cache}") };
    (name, [Place::CacheWest, Place::EastFarHigh][cache % 2])
}

/// The cache `name` with `row` at the token's position.
fn appended(emitter: &mut Emitter, shared: &Shared, (name, place): (String, Place), row: NodeId) -> NodeId {
    emitter.part("kv_append");
    let extents = [emitter.positions, emitter.lanes(row) as u32];
    let cache = emitter.build.state(&emitter.own(name), DType::F16, &extents);
    emitter.places.insert(cache, place);
    let cache = emitter.append(cache, row, shared.position);
    emitter.appending_kernel(&[row], cache);
    cache
}

/// Masked scores of every position, the same on all lanes of a head, and their maxima; the tiles share their chains.
fn scores(emitter: &mut Emitter, shared: &Shared, tiles: &mut [Attended]) {
    let chunks = emitter.positions.div_ceil(emitter.chain_rows);
    for chunk in 0..chunks {
        let [first, end] = [chunk, chunk + 1].map(|chunk| chunk * emitter.positions / chunks);
        let count = end - first;
        let (mut nodes, mut stored) = (Vec::new(), Vec::new());
        for (tile, number) in tiles.iter_mut().zip(0..) {
            emitter.part("attn_scores");
            let query = emitter.broadcast(tile.query, count);
            let keys = emitter.build.rows(tile.keys, first, count);
            let mut expr = Expr::default();
            let key = expr.push(ScalarOp::F16ToF32, &[Arg::Input(1)]);
            let product = expr.push(ScalarOp::Mul, &[Arg::Input(0), key]);
            expr.push(ScalarOp::F32ToF16, &[product]);
            let products = emitter.build.map(expr, &[query, keys]);
            let sums = emitter.build.matmul_blocks(&[(products, shared.blocks)]);
            let mask = emitter.build.rows(shared.mask, first, count);
            let mut expr = Expr::default();
            let mask_value = expr.push(ScalarOp::F16ToF32, &[Arg::Input(1)]);
            expr.push(ScalarOp::Min, &[Arg::Input(0), mask_value]);
            let scores = emitter.build.map(expr, &[sums, mask]);
            emitter.part("softmax");
            let maxima = emitter.fold(ReduceKind::Max, scores);
            nodes.extend([scores, maxima]);
            let side = SIDES[1 - number % SIDES.len()];
            stored.extend([(scores, side, 1), (maxima, side, 0)]);
            tile.chunks.push(Chunk { first, count, scores, maxima });
        }
        emitter.kernel(&nodes, &stored);
    }
}

/// Softmax of the scores times the values, as digits of one tile each.
fn weighted_values(emitter: &mut Emitter, tiles: &[Attended], factor: f64) -> Vec<NodeId> {
    let mut partials = vec![(Vec::new(), Vec::new()); tiles.len()];
    for chunk in 0..tiles[0].chunks.len() {
        let (mut nodes, mut stored) = (Vec::new(), Vec::new());
        for (number, (tile, (sums, totals))) in tiles.iter().zip(&mut partials).enumerate() {
            emitter.part("softmax");
            let Chunk { first, count, scores, .. } = tile.chunks[chunk];
            let maxima: Vec<NodeId> = tile.chunks.iter().flat_map(|chunk| rows(emitter, chunk.maxima)).collect();
            let mut expr = Expr::default();
            joined(&mut expr, ScalarOp::Max, 0..maxima.len() as u8);
            let greatest = emitter.build.map(expr, &maxima);
            let everywhere = emitter.broadcast(greatest, count);
            let mut expr = Expr::default();
            let below = expr.push(ScalarOp::Sub, &[Arg::Input(0), Arg::Input(1)]);
            expr.push(ScalarOp::Exp, &[below]);
            let weights = emitter.build.map(expr, &[scores, everywhere]);
            let values = emitter.build.rows(tile.values, first, count);
            let mut expr = Expr::default();
            let value = expr.push(ScalarOp::F16ToF32, &[Arg::Input(1)]);
            expr.push(ScalarOp::Mul, &[Arg::Input(0), value]);
            let weighted = emitter.build.map(expr, &[weights, values]);
            let total = emitter.fold(ReduceKind::Sum, weights);
            let sum = emitter.fold(ReduceKind::Sum, weighted);
            nodes.extend([greatest, weights, weighted, total, sum]);
            let [here, there] = [number, number + 1].map(|number| SIDES[1 - number % SIDES.len()]);
            stored.extend([(total, there, 0), (sum, here, 0)]);
            sums.extend(rows(emitter, sum));
            totals.extend(rows(emitter, total));
        }
        emitter.kernel(&nodes, &stored);
    }
    emitter.part("attn_values");
    let lanes = emitter.share().heads.lanes();
    let quotients = partials.into_iter().map(|(mut inputs, totals)| {
        let count = inputs.len() as u8;
        inputs.extend(totals);
        inputs.push(emitter.uniform("factor", lanes, factor));
        let fixed = emitter.build.map(quotient(count), &inputs);
        emitter.kernel(&[fixed], &[(fixed, Place::EastFar, 0)]);
        emitter.build.digits(fixed, DIGITS)
    });
    quotients.collect()
}

/// The rows of a fold's partial results.
fn rows(emitter: &mut Emitter, partials: NodeId) -> Vec<NodeId> {
    (0..u32::from(emitter.partials)).map(|row| emitter.build.rows(partials, row, 1)).collect()
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
    let fixed = expr.push(ScalarOp::Mul, &[sum, Arg::Input(2 * partials)]);
    let root = expr.push(ScalarOp::Rsqrt, &[total]);
    let inverse = expr.push(ScalarOp::Mul, &[root, root]);
    let scaled = expr.push(ScalarOp::Mul, &[fixed, inverse]);
    to_digits(&mut expr, scaled);
    expr
}

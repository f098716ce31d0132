//! Scores, softmax and weighted values, chunk by chunk of positions.
//!
//! In: queries, caches of keys and values.  Out: the attended values as digits or in fp16, one tile per query tile and part.
//! Invariant: every exponent is taken of a score minus the greatest so far, or of that before a chunk minus that after it: never above 0.
//! Method: scores = products in f16 on the VXM, summed over each head's lanes by blocks of ones in the MXM, which leaves the
//!     score on all lanes of the head. Weights, totals and weighted values then run along time, position after position, lane by
//!     lane, relative to the greatest score so far; so the values of a chunk are weighted while later chunks are still being scored. What
//!     the chunks before left fades by what the greatest score has grown, which is known long before the sums of the chunk are.
//! Source: the running rescaling is that of online softmax (Milakov, Gimelshein 2018).

use super::vector::{DIGITS, Ending, Tiles};
use super::{Emitter, Hand, Shared};
use crate::Format;
use crate::kernel::Place;
use graph::{Arg, Expr, NodeId, ReduceKind, ScalarOp};

/// Least rows of a chunk, and most chunks if a plane has accumulators for their rows: short enough that the passes over scores and
/// values overlap, long enough that latencies do not dominate.
const CHUNK_ROWS: u32 = 32;
const CHUNKS: u32 = 4;

/// A query tile, part by part, and what it meets.
pub struct Attended {
    /// Rotated queries, f32.
    pub queries: Vec<NodeId>,
    /// Caches of keys, f16.
    pub keys: Vec<NodeId>,
    /// Which caches of values.
    pub cache: usize,
}

/// What is known of a stretch of positions.
pub struct Chunk {
    first: u32,
    count: u32,
    /// f32 `[count, 320]`.
    scores: NodeId,
    /// f32 `[partials, 320]`.
    maxima: NodeId,
}

/// Sums over the positions of a chunk: of the weights, and of the weighted values, part by part, as partial results. Each row on all lanes
/// of its head.
struct Sums {
    /// Greatest score so far: weights are relative to it.
    greatest: NodeId,
    /// By what the sums of the chunks before are multiplied.
    fading: Option<NodeId>,
    /// Sum of the weights.
    total: NodeId,
    /// Weighted values, part by part.
    values: Vec<NodeId>,
}

/// The same over all chunks so far, one row each.
struct Joined {
    total: NodeId,
    values: Vec<NodeId>,
}

/// Where rows lie so that what is read in one step lies apart: partial sums of the chunk, ...
const CHUNK: Homes = Homes { total: Place::EastOuter, values: [Place::WestOuter, Place::WestRim] };
/// ... and sums of the chunks before it.
const BEFORE: Homes = Homes { total: Place::EastRim, values: [Place::WestOuter, Place::WestRim] };

struct Homes {
    total: Place,
    values: [Place; 2],
}

/// Scores of all chunks, tile by tile.
pub fn scores(emitter: &mut Emitter, shared: &Shared, tiles: &[Attended]) -> Vec<Vec<Chunk>> {
    let mut scored: Vec<Vec<Chunk>> = tiles.iter().map(|_| Vec::new()).collect();
    for (number, &chunk) in chunks(emitter).iter().enumerate() {
        for ((tile, index), scored) in tiles.iter().zip(0..).zip(&mut scored) {
            scored.push(scores_of(emitter, shared, tile, chunk, (index, number)));
        }
    }
    scored
}

/// The attended values in a format, from caches by cache and part; `factor` takes a value to the format's units.
pub fn weighted_values(
    emitter: &mut Emitter,
    tiles: &[Attended],
    scored: &[Vec<Chunk>],
    caches: &[Vec<NodeId>],
    (format, factor): (Format, f64),
) -> Tiles {
    let chunks = scored[0].len();
    // All passes first: what joins their results finds room beside them, but they would find none beside it.
    let mut sums: Vec<Vec<Sums>> = tiles.iter().map(|_| Vec::new()).collect();
    for number in 0..chunks {
        for ((tile, scored), sums) in tiles.iter().zip(scored).zip(&mut sums) {
            let before = sums.last().map(|sums| sums.greatest);
            sums.push(sums_of(emitter, &caches[tile.cache], &scored[number], before));
        }
    }
    let mut running: Vec<Option<Joined>> = tiles.iter().map(|_| None).collect();
    for number in 0..chunks - 1 {
        for (running, sums) in running.iter_mut().zip(&sums) {
            // What follows reads it beside sums that lie in all other places.
            if let Some(fading) = sums[number + 1].fading {
                emitter.kernel(&[fading], &[(fading, Place::EastNear, 0)]);
            }
            *running = Some(joined(emitter, running.as_ref(), &sums[number]));
        }
    }
    let mut attended = Tiles::new(1.0 / factor);
    for (running, sums) in running.iter().zip(&sums) {
        quotients(emitter, running.as_ref(), &sums[chunks - 1], (format, &mut attended));
    }
    attended
}

/// First position and length of each chunk.
fn chunks(emitter: &Emitter) -> Vec<(u32, u32)> {
    let positions = emitter.positions;
    // A fold needs two rounds of its partial results.
    let most = positions / (2 * u32::from(emitter.partials));
    let count = positions.div_ceil(CHUNK_ROWS).min(CHUNKS).min(most).max(positions.div_ceil(emitter.chain_rows));
    let start = |chunk: u32| (u64::from(chunk) * u64::from(positions) / u64::from(count)) as u32;
    (0..count).map(|chunk| (start(chunk), start(chunk + 1) - start(chunk))).collect()
}

/// Masked scores of a chunk, the same on all lanes of a head, and their maxima.
fn scores_of(
    emitter: &mut Emitter,
    shared: &Shared,
    tile: &Attended,
    (first, count): (u32, u32),
    (index, number): (usize, usize),
) -> Chunk {
    emitter.part("attn_scores");
    let (mut expr, mut inputs) = (Expr::default(), Vec::new());
    let mut sum = None;
    for (&query, &keys) in tile.queries.iter().zip(&tile.keys) {
        let input = inputs.len() as u8;
        inputs.extend([emitter.broadcast(query, count), emitter.build.rows(keys, first, count)]);
        let key = expr.push(ScalarOp::F16ToF32, &[Arg::Input(input + 1)]);
        let product = expr.push(ScalarOp::Mul, &[Arg::Input(input), key]);
        sum = Some(sum.map_or(product, |sum| expr.push(ScalarOp::Add, &[sum, product])));
    }
    expr.push(ScalarOp::F32ToF16, &[sum.expect("a head has a part")]);
    let products = emitter.build.map(expr, &inputs);
    let sums = emitter.build.matmul_blocks(&[(products, shared.blocks)]);
    let mask = emitter.build.rows(shared.positional().mask, first, count);
    let mut expr = Expr::default();
    let mask_value = expr.push(ScalarOp::F16ToF32, &[Arg::Input(1)]);
    expr.push(ScalarOp::Min, &[Arg::Input(0), mask_value]);
    let scores = emitter.build.map(expr, &[sums, mask]);
    emitter.part("softmax");
    let maxima = emitter.fold(ReduceKind::Max, scores);
    // Scores of one chunk are read while those of the next two are written. They lie on the side of the planes that add them up: the
    // products of the last chunk are still being written on the other.
    // Long chunks are still reading their own products while they write: these lie in the other bank.
    let round = if 2 * CHUNK_ROWS < count { 0 } else { number as u16 / 2 % 2 };
    let is_east = (index + number).is_multiple_of(2);
    let (place, bank) = if is_east { (Place::EastNear, round) } else { (Place::WestNear, 1 - round) };
    emitter.kernel(&[scores, maxima], &[(scores, place, bank), (maxima, Place::EastOuter, 0)]);
    Chunk { first, count, scores, maxima }
}

/// Weights of a chunk, their partial sums, and those of the values times them; `before` is the greatest score of the chunks before.
fn sums_of(emitter: &mut Emitter, values: &[NodeId], chunk: &Chunk, before: Option<NodeId>) -> Sums {
    emitter.part("softmax");
    let &Chunk { first, count, scores, maxima } = chunk;
    let mut inputs = rows(emitter, maxima);
    let mut expr = Expr::default();
    let partials = inputs.len() as u8;
    inputs.extend(before);
    let own = match before {
        Some(_) => expr.push(ScalarOp::Max, &[Arg::Input(partials), Arg::Input(0)]),
        None => expr.push(ScalarOp::Identity, &[Arg::Input(0)]),
    };
    (1..partials).fold(own, |greatest, input| expr.push(ScalarOp::Max, &[greatest, Arg::Input(input)]));
    let greatest = emitter.build.map(expr, &inputs);
    let fading = before.map(|before| {
        let mut expr = Expr::default();
        let earlier = expr.push(ScalarOp::Identity, &[Arg::Input(0)]);
        let below = expr.push(ScalarOp::Sub, &[earlier, Arg::Input(1)]);
        expr.push(ScalarOp::Exp, &[below]);
        emitter.build.map(expr, &[before, greatest])
    });
    let everywhere = emitter.broadcast(greatest, count);
    let mut expr = Expr::default();
    let below = expr.push(ScalarOp::Sub, &[Arg::Input(0), Arg::Input(1)]);
    expr.push(ScalarOp::Exp, &[below]);
    let weights = emitter.build.map(expr, &[scores, everywhere]);
    let total = emitter.fold(ReduceKind::Sum, weights);
    let (mut nodes, mut sums) = (vec![greatest, weights], Vec::new());
    for &values in values {
        let values = emitter.build.rows(values, first, count);
        let mut expr = Expr::default();
        let value = expr.push(ScalarOp::F16ToF32, &[Arg::Input(1)]);
        expr.push(ScalarOp::Mul, &[Arg::Input(0), value]);
        let weighted = emitter.build.map(expr, &[weights, values]);
        sums.push(emitter.fold(ReduceKind::Sum, weighted));
        nodes.push(weighted);
    }
    nodes.push(total);
    nodes.extend(&sums);
    // A maximum and those of the next chunk, with which it is compared, lie apart.
    let mut stored = vec![(greatest, BEFORE.total, 0), (total, CHUNK.total, 0)];
    stored.extend(sums.iter().zip(CHUNK.values).map(|(&sum, home)| (sum, home, 0)));
    emitter.kernel(&nodes, &stored);
    Sums { greatest, fading, total, values: sums }
}

/// What the chunks before and this one leave together.
fn joined(emitter: &mut Emitter, before: Option<&Joined>, chunk: &Sums) -> Joined {
    let waits = emitter.partials;
    let mut one = |partials: NodeId, earlier: Option<NodeId>, home: Place| {
        let (mut expr, mut inputs) = (Expr::default(), Vec::new());
        faded(emitter, (&mut expr, &mut inputs), partials, earlier.zip(chunk.fading), waits);
        let sum = emitter.build.map(expr, &inputs);
        emitter.kernel(&[sum], &[(sum, home, 0)]);
        sum
    };
    let total = one(chunk.total, before.map(|before| before.total), BEFORE.total);
    let values = chunk.values.iter().zip(BEFORE.values).enumerate();
    let values = values.map(|(part, (&sum, home))| one(sum, before.map(|before| before.values[part]), home));
    let values = values.collect();
    Joined { total, values }
}

/// The sum of `partials`; with an earlier sum and its factor, `earlier * factor + sum`. Those two are read before the partial results, which
/// lie in the same slices and come later: the product waits so many steps for their sum, at least one for each of them.
fn faded(
    emitter: &mut Emitter,
    (expr, inputs): (&mut Expr, &mut Vec<NodeId>),
    partials: NodeId,
    earlier: Option<(NodeId, NodeId)>,
    waits: u8,
) -> Arg {
    let start = inputs.len() as u8;
    inputs.extend(rows(emitter, partials));
    let sum = join(expr, ScalarOp::Add, start..inputs.len() as u8);
    let Some((earlier, factor)) = earlier else { return sum };
    let next = inputs.len() as u8;
    inputs.extend([earlier, factor]);
    let product = expr.push(ScalarOp::Mul, &[Arg::Input(next), Arg::Input(next + 1)]);
    let product = (0..waits).fold(product, |product, _| expr.push(ScalarOp::Identity, &[product]));
    expr.push(ScalarOp::Add, &[product, sum])
}

/// Adds sum / total in a format to the tiles, part by part, by 1/x = rsqrt(x)^2. Means of f16 are no greater than they: fp16 needs no factor.
fn quotients(emitter: &mut Emitter, before: Option<&Joined>, chunk: &Sums, (format, tiles): (Format, &mut Tiles)) {
    let waits = emitter.partials;
    // While the total is inverted the values wait, so that all factors are read in one step.
    let longer = if format == Format::Int8 { waits + 1 } else { waits + 2 };
    for (part, &partials) in chunk.values.iter().enumerate() {
        emitter.part("attn_values");
        let (mut expr, mut inputs) = (Expr::default(), Vec::new());
        let earlier = before.map(|before| before.total).zip(chunk.fading);
        let total = faded(emitter, (&mut expr, &mut inputs), chunk.total, earlier, waits);
        let root = expr.push(ScalarOp::Rsqrt, &[total]);
        let inverse = expr.push(ScalarOp::Mul, &[root, root]);
        let earlier = before.map(|before| before.values[part]).zip(chunk.fading);
        let mut sum = faded(emitter, (&mut expr, &mut inputs), partials, earlier, longer);
        if format == Format::Int8 {
            inputs.push(emitter.uniform("factor", 1.0 / tiles.unit));
            sum = expr.push(ScalarOp::Mul, &[sum, Arg::Input(inputs.len() as u8 - 1)]);
        }
        expr.push(ScalarOp::Mul, &[sum, inverse]);
        tiles.push(emitter, (expr, inputs), Ending { format, digits: DIGITS, place: Place::EastFar });
    }
}

/// The rows of a fold's partial results.
pub fn rows(hand: &mut Hand, partials: NodeId) -> Vec<NodeId> {
    (0..u32::from(hand.partials)).map(|row| hand.build.rows(partials, row, 1)).collect()
}

/// The partial results of a fold, these inputs, made one. They lie in the same slices: the pass-through at the beginning
/// lets each be read in a step of its own.
pub fn join(expr: &mut Expr, op: ScalarOp, inputs: std::ops::Range<u8>) -> Arg {
    let first = expr.push(ScalarOp::Identity, &[Arg::Input(inputs.start)]);
    (inputs.start + 1..inputs.end).fold(first, |joined, input| expr.push(op, &[joined, Arg::Input(input)]))
}

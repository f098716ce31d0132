//! The attention part of a layer: queries, keys, values, then scores and softmax (next file), and output.
//!
//! In: the residual.  Out: the residual after attention.
//! Invariant: a tile has whole heads; a head's lanes are the same in queries, keys, values and what is mixed of them.
//! Method: a row of queries is a column of weights as it is, so scores come out position by position, and softmax runs along time. What mixes
//!     the values has positions on its lanes, and so have the values: both are turned by the MXM, which shows the columns of an
//!     array to the rows of a diagonal one after the other. Products of digits with digits take all four planes at once.

use super::feed_forward::projected;
use super::hand::Lowering;
use super::linear::{Digits, Halves, Linear, PRODUCT_UNIT, PRODUCTS, Tile, digits, factor, joined};
use super::norm::norm;
use super::softmax::{SHARE_UNITS, Scored, scores, shares, transposed, weights};
use super::{BOTH_SIDES, Hidden};
use crate::CompileError;
use crate::encoder::Pair;
use crate::kernel::{Place, Striped};
use crate::lower::linear::Product;
use crate::lower::vector::to_digits;
use crate::share::{Lane, straight};
use crate::tables::{GROUP, LANES};
use arch::Hemisphere;
use graph::expr::immediate;
use graph::{Expr, NodeId, ScalarOp};

/// Pairs of heads that are scored before the shares of the first one are turned: as long as its softmax takes.
const AHEAD: usize = 2;

/// A head: its tile, and its place there.
#[derive(Clone, Copy)]
pub struct Head {
    /// Which one of all.
    pub number: usize,
    /// Which tile.
    pub tile: usize,
    /// First lane.
    pub lane: usize,
}

/// The values of a head, turned: rows of lanes, one digit each.
struct Turned {
    high: NodeId,
    low: NodeId,
}

/// Emits the part for `layer`.
///
/// Errors: as the weights' source.
pub fn attention(lowering: &mut Lowering, residual: &Hidden, layer: usize) -> Result<Hidden, CompileError> {
    let tensors = lowering.encoder.layers[layer];
    let (dim, tiles) = (lowering.encoder.head_dim(), tiles(lowering));
    let heads: Vec<Head> = (0..lowering.encoder.heads)
        .map(|number| Head { number, tile: number / (LANES / dim), lane: number % (LANES / dim) * dim })
        .collect();
    let bounds = lowering.bounds;
    let keys = projection(lowering, &residual.digits, ("attn_k", tensors.key), factor(bounds.key))?;
    for &tile in &keys {
        let [west, east] = BOTH_SIDES;
        lowering.kernel(&[tile], &[(tile, west, 1), (tile, east, 1)]);
    }
    let keys = Digits::new(&mut lowering.hand, keys, 1.0 / factor(bounds.key));
    let queries = projection(lowering, &residual.digits, ("attn_q", tensors.query), factor(bounds.query))?;
    for &tile in &queries {
        lowering.kernel(&[tile], &[(tile, Place::EastNear, 1)]);
    }
    let values = projection(lowering, &residual.digits, ("attn_v", tensors.value), factor(bounds.value))?;
    for (number, &tile) in values.iter().enumerate() {
        lowering.striping_kernel(&[tile], &[], &[striped(tile, (0, 2), number)]);
    }
    let turned = turned_values(lowering, &values);
    let mixed = mixed(lowering, &heads, (&queries, &keys), &turned);
    lowering.hand.part("attn_output");
    let output = Linear::load(&lowering.hand, tensors.output)?;
    let sums = projected(lowering, (&output, &tiles), &mixed, &residual.tiles)?;
    lowering.hand.part("attn_output_norm");
    norm(lowering, &sums, tensors.attn_norm)
}

/// Lanes of the width in tiles of whole heads.
fn tiles(lowering: &Lowering) -> Vec<Vec<Lane>> {
    let dim = lowering.encoder.head_dim();
    let lanes: Vec<Lane> = straight(lowering.encoder.width).concat();
    lanes.chunks(LANES / dim * dim).map(<[Lane]>::to_vec).collect()
}

/// Bytes of a node as weights, by turns in the halves and in the sets of each.
pub fn striped(node: NodeId, bytes: (u8, u8), turn: usize) -> Striped {
    Striped { node, bytes, hemisphere: Hemisphere::BOTH[turn % 2], set: (turn / 2 % 2) as u8 }
}

/// A projection in fixed point, i32 by tile of heads.
fn projection(
    lowering: &mut Lowering,
    rows: &Digits,
    (part, pair): (&str, Pair),
    factor: f64,
) -> Result<Vec<NodeId>, CompileError> {
    lowering.hand.part(part);
    let matrix = Linear::load(&lowering.hand, pair)?;
    let (tiles, columns) = (tiles(lowering), straight(lowering.encoder.width));
    let mut made = Vec::new();
    for (number, lanes) in tiles.iter().enumerate() {
        let mut product = Product::default();
        let halves = Halves::of(number, tiles.len());
        let tile = Tile { rows: lanes, columns: &columns, factor, halves };
        let value = matrix.tile(lowering, &mut product, rows, &tile)?;
        to_digits(&mut product.expr, value);
        made.push(product.finish(&mut lowering.hand));
    }
    Ok(made)
}

/// The digits of all heads' values, lane by lane: high ones for one half, low ones for the other.
fn turned_values(lowering: &mut Lowering, values: &[NodeId]) -> Vec<Turned> {
    lowering.hand.part("attn_v");
    let dim = lowering.encoder.head_dim();
    let heads_of_tile = LANES / dim;
    let at_once = (lowering.chain_rows / dim).max(1);
    let mut turned = Vec::new();
    for (tile, &source) in values.iter().enumerate() {
        let weights = digits(&mut lowering.hand, source);
        let own = heads_of_tile.min(lowering.encoder.heads - tile * heads_of_tile);
        for first in (0..own).step_by(at_once) {
            let count = at_once.min(own - first);
            let hand = &mut lowering.hand;
            let lanes = hand.build.rows(lowering.shared.diagonal, (first * dim) as u32, (count * dim) as u32);
            let [high, low] = weights.map(|digit| {
                let mut product = Product::default();
                let sum = hand.build.matmul_blocks(&[(lanes, digit)]);
                product.input(sum);
                product.finish(hand)
            });
            let set = (turned.len() % 2) as u8;
            let both = [(high, Hemisphere::West), (low, Hemisphere::East)];
            let both = both.map(|(node, hemisphere)| Striped { node, bytes: (0, 1), hemisphere, set });
            lowering.striping_kernel(&[high, low], &[], &both);
            let hand = &mut lowering.hand;
            let [high, low] = [high, low].map(|node| hand.build.digits(node, 1));
            for head in 0..count {
                let of_head =
                    |hand: &mut crate::lower::Hand, node| hand.build.rows(node, (head * dim) as u32, dim as u32);
                turned.push(Turned { high: of_head(hand, high), low: of_head(hand, low) });
            }
        }
    }
    turned
}

/// What all heads mix of the values, in units of theirs.
fn mixed(lowering: &mut Lowering, heads: &[Head], (queries, keys): (&[NodeId], &Digits), values: &[Turned]) -> Digits {
    let per_tile = LANES / lowering.encoder.head_dim();
    let mut scored: Vec<Scored> = Vec::new();
    let (mut turned, mut tiles): (Vec<[NodeId; 2]>, Vec<NodeId>) = (Vec::new(), Vec::new());
    // Scores take both halves, shares are turned in one each: two heads at a time.
    let pairs: Vec<&[Head]> = heads.chunks(2).collect();
    for step in 0..pairs.len() + AHEAD {
        for &head in pairs.get(step).copied().unwrap_or_default() {
            let scores = scores(lowering, head, queries[head.tile], keys.tiles[head.tile]);
            scored.push(weights(lowering, head, scores));
        }
        for head in step.checked_sub(AHEAD).map_or(&[][..], |step| pairs[step]) {
            let shares = shares(lowering, *head, &scored[head.number]);
            turned.push(transposed(lowering, shares));
        }
        loop {
            let own = tiles.len() * per_tile..heads.len().min((tiles.len() + 1) * per_tile);
            if own.is_empty() || turned.len() < own.end {
                break;
            }
            tiles.push(mixed_tile(lowering, &heads[own.clone()], &turned[own.clone()], &values[own]));
        }
    }
    let unit = 1.0 / factor(lowering.bounds.value);
    Digits::new(&mut lowering.hand, tiles, unit)
}

/// The same of the heads of a tile, one after the other in the accumulators: each head's values lie between zeros.
fn mixed_tile(lowering: &mut Lowering, heads: &[Head], shares: &[[NodeId; 2]], values: &[Turned]) -> NodeId {
    lowering.hand.part("attn_values");
    let (dim, zeros) = (lowering.encoder.head_dim(), lowering.shared.zeros);
    let hand = &mut lowering.hand;
    let mut placed = |head: &Head, node: NodeId| {
        let mut parts = vec![zeros; head.lane / GROUP];
        parts.push(node);
        parts.extend(vec![zeros; (LANES - head.lane - dim) / GROUP]);
        if let [whole] = parts[..] { whole } else { hand.build.copy(0, &parts) }
    };
    let weights: Vec<[NodeId; 2]> =
        heads.iter().zip(values).map(|(head, values)| [placed(head, values.high), placed(head, values.low)]).collect();
    let mut product = Product::default();
    for (share, weight) in PRODUCTS {
        let pairs: Vec<_> =
            shares.iter().zip(&weights).map(|(shares, weights)| (shares[share], weights[weight])).collect();
        let sum = hand.build.matmul_blocks(&pairs);
        product.input(sum);
    }
    let value = joined(&mut product.expr);
    let scaled = product.expr.push(ScalarOp::Mul, &[value, immediate((PRODUCT_UNIT / SHARE_UNITS) as f32)]);
    to_digits(&mut product.expr, scaled);
    let tile = product.finish(hand);
    let [west, east] = BOTH_SIDES;
    lowering.kernel(&[tile], &[(tile, west, 1), (tile, east, 1)]);
    tile
}

/// A pass-through of a node.
pub fn copied(lowering: &mut Lowering, node: NodeId) -> NodeId {
    lowering.hand.build.map(Expr::single(ScalarOp::Identity, &[graph::Arg::Input(0)]), &[node])
}

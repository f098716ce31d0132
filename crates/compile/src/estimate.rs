//! A closed-form estimate of a token's cycles: the scheduler's sanity band.
//!
//! In: a recognised model and a chip.  Out: cycles per part of a layer, per layer, per token.
//! Invariant: nothing here reads a schedule; only latencies, sizes and the chain of dependent steps.
//! Method: the longest chain of dependent steps, each a sum of published latencies; where rows stream, one cycle a row. Overlap of
//!     independent work is credited only where the lowering is made for it (norm beside projection, scores beside values); waiting for a
//!     busy port is not charged. Tests hold schedules of `tiny`, of three other shapes and of SmolLM2 between 0.75 and 1.25 of it.
//! Source: decisions.md 31 wants it before the scheduler. It was not: the first scheduler stood when this was written, and the attention
//!     part was rewritten with the lowering. So it guards against regressions and slips of a factor, and predicts nothing.

use crate::model::Llama;
use crate::tables::LANES;
use arch::Chip;
use units::Cycles;

/// Cycles of the parts of one layer and of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// The reciprocal root of a norm, which projections wait for at their end.
    pub norm: Cycles,
    /// Key and query projections with their rotation, norm included.
    pub query: Cycles,
    /// Scores of the first chunk.
    pub scores: Cycles,
    /// Values of all positions and query tiles, and what joins them.
    pub softmax: Cycles,
    /// Output projection onto the residual.
    pub output: Cycles,
    /// Gate, up, silu, down, norm included.
    pub feed_forward: Cycles,
    /// The whole layer.
    pub layer: Cycles,
    /// Head, norm included.
    pub head: Cycles,
    /// All layers and the head.
    pub token: Cycles,
}

/// Hops between the VXM and the slices in which values on their way live.
const NEAR_HOPS: u32 = 1;
/// ALUs from a residual to what its scaled square loses as f16.
const SQUARE_DEPTH: u32 = 7;
/// ALUs from sums of squares to the reciprocal root.
const ROOT_DEPTH: u32 = 4;
/// ALUs from a residual to its digits.
const DIGIT_DEPTH: u32 = 6;
/// ALUs that make one value of four sums of digits, or of three.
const COMBINE_DEPTH: u32 = 8;
/// Rows of a chunk of scores.
const CHUNK_ROWS: u32 = 32;
/// Groups of 16 columns in a full tile.
const TILE_LOADS: u32 = 20;
/// One cycle in 21 is left for activations while both planes load (decisions.md 4).
const LOAD_PERIOD: u32 = TILE_LOADS + 1;
/// Planes of the chip that work side by side on int8 tiles.
const PLANES: u32 = 4;

struct Steps<'a> {
    chip: &'a Chip,
}

impl Steps<'_> {
    /// SRAM through `depth` ALUs and back to SRAM.
    fn map(&self, depth: u32) -> u32 {
        let latency = &self.chip.latency;
        latency.mem_read + 2 * NEAR_HOPS * latency.hop + latency.vxm_entry + depth * latency.vxm_alu + latency.mem_write
    }

    /// SRAM through the MXM and `depth` ALUs back to SRAM.
    fn contraction(&self, depth: u32) -> u32 {
        let latency = &self.chip.latency;
        let hemisphere = u32::from(self.chip.groups()) * latency.hop;
        let out = latency.mem_read + hemisphere + latency.mxm_crossing + latency.mxm_entry;
        let back = latency.mxm_multiply + latency.mxm_accumulate + latency.mxm_exit + hemisphere;
        out + back + self.map(depth) - latency.mem_read - NEAR_HOPS * latency.hop
    }

    /// Digits of the residual through `tiles` weight tiles and `depth` ALUs, with the norm's root at the end.
    fn projection(&self, tiles: u32, depth: u32) -> u32 {
        let (root, digits) = (self.map(SQUARE_DEPTH) + self.contraction(ROOT_DEPTH), self.map(DIGIT_DEPTH));
        let fed = digits + self.contraction(depth) + feed(tiles);
        fed.max(root + self.map(1))
    }
}

fn tiles(width: u32) -> u32 {
    width.div_ceil(LANES as u32)
}

/// Cycles that loading `tiles` weight tiles takes when all planes share the work.
fn feed(tiles: u32) -> u32 {
    tiles.div_ceil(PLANES) * LOAD_PERIOD
}

/// Estimates a token of `llama` on `chip`.
pub fn estimate(llama: &Llama, chip: &Chip) -> Estimate {
    let steps = Steps { chip };
    let heads = llama.heads.halved().unwrap_or(llama.heads.clone());
    let (context, queries) = (llama.attended, (heads.queries.len() * heads.parts) as u32);
    let caches = (heads.caches.len() * heads.parts) as u32;
    let (width, hidden) = (tiles(llama.width), llama.experts * tiles(llama.ffn));
    let norm = steps.map(SQUARE_DEPTH) + steps.contraction(ROOT_DEPTH);
    // Both are contracted twice for the rotation.
    let query = steps.projection(2 * (queries + caches) * width, COMBINE_DEPTH + 3);
    // Each f16 row passes the MXM twice, once per half of its lanes.
    // Keys of several query tiles pass through the same slices, one tile after the other.
    let others = context * (heads.queries.len() as u32 - 1);
    let scores = steps.map(4) + steps.contraction(5) + 2 * CHUNK_ROWS.min(context) + others;
    let join = steps.map(4) + steps.map(4) + steps.map(11);
    let softmax = context * heads.queries.len() as u32 + steps.map(9) + join;
    let output = steps.contraction(COMBINE_DEPTH) + feed(width);
    let gate = steps.projection(2 * width * hidden, COMBINE_DEPTH + 10);
    let router = llama.mixture().map_or(0, |experts| steps.projection(experts * width, COMBINE_DEPTH + 3));
    let feed_forward = router + gate + steps.contraction(COMBINE_DEPTH) + feed(hidden);
    let layer = query + scores + softmax + output + feed_forward;
    let head = steps.projection(width * tiles(llama.vocabulary), COMBINE_DEPTH);
    let token = layer * llama.layers.len() as u32 + head;
    let cycles = |cycles: u32| Cycles(u64::from(cycles));
    Estimate {
        norm: cycles(norm),
        query: cycles(query),
        scores: cycles(scores),
        softmax: cycles(softmax),
        output: cycles(output),
        feed_forward: cycles(feed_forward),
        layer: cycles(layer),
        head: cycles(head),
        token: cycles(token),
    }
}

//! A closed-form estimate of a token's cycles: the scheduler's sanity band.
//!
//! In: a recognised model and a chip.  Out: cycles per part of a layer, per layer, per token.
//! Invariant: nothing here has seen a schedule; only latencies, sizes and the chain of dependent steps.
//! Method: the longest chain of dependent steps, each a sum of published latencies; where rows stream, one cycle a row. Overlap of
//!     independent work is not credited, waiting for a busy port not charged: the truth lies within a band around it (a test).
//! Source: decisions.md 31.

use crate::model::Llama;
use crate::tables::LANES;
use arch::Chip;
use units::Cycles;

/// Cycles of the parts of one layer and of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// One norm, until its digits are written.
    pub norm: Cycles,
    /// Query projection with its rotation.
    pub query: Cycles,
    /// Scores of all positions and query tiles.
    pub scores: Cycles,
    /// Softmax and weighted values after the last score.
    pub softmax: Cycles,
    /// Output projection onto the residual.
    pub output: Cycles,
    /// Gate, up, silu, down.
    pub feed_forward: Cycles,
    /// The whole layer.
    pub layer: Cycles,
    /// Last norm and head.
    pub head: Cycles,
    /// All layers and the head.
    pub token: Cycles,
}

/// Hops between the VXM and the slices in which values on their way live.
const NEAR_HOPS: u32 = 1;
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

    /// Rotation: out to the SXM and back, then three ALUs.
    fn rotation(&self) -> u32 {
        let latency = &self.chip.latency;
        let hemisphere = u32::from(self.chip.groups()) * latency.hop;
        2 * hemisphere + latency.sxm_entry + latency.sxm_distribute + latency.sxm_exit + self.map(3)
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
    let (context, repeats) = (llama.context, llama.heads.queries.len() as u32);
    let caches = 2 * llama.heads.caches.len() as u32;
    let (width, hidden) = (tiles(llama.width), tiles(llama.ffn));
    let (raise_depth, digit_depth, combine_depth) = (6, 7, 6);
    let norm = steps.map(raise_depth) + steps.contraction(5) + steps.map(digit_depth);
    let query = steps.contraction(combine_depth) + feed((repeats + caches) * width) + steps.rotation();
    // Each f16 row passes the MXM twice, once per half of its lanes.
    let scores = steps.map(3) + steps.contraction(2) + 2 * context * repeats;
    let fold = steps.map(2) + context;
    let softmax = fold + steps.map(3) + steps.map(4) + context + steps.map(9);
    let output = steps.contraction(combine_depth + 1) + feed(width * repeats);
    let gate = steps.contraction(combine_depth) + feed(2 * width * hidden);
    let down = steps.contraction(combine_depth + 1) + feed(width * hidden);
    let feed_forward = norm + gate + steps.map(10) + down;
    let layer = norm + query + scores + softmax + output + feed_forward;
    let head = norm + steps.contraction(combine_depth) + feed(width * tiles(llama.vocabulary));
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

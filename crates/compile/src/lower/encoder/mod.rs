//! Lowers a pass of an encoder: all tokens of a sequence at once, row after row past each installed tile.
//!
//! In: a recognised encoder, its weights if values are wanted.  Out: a lowered graph, its tables, its stages.
//! Invariant: every tile is `[tokens, 320]`, zero past the width; every layer emits the same nodes in the same order, literals included.
//! Method: one file per part. Weights are int8 per output channel; what meets them is 16-bit fixed point in two int8 digits, whose unit is a
//!     proven bound, the greatest of all layers; both digits pass the same tile in the two planes of a half. Norms, softmax and the
//!     residual are f32.

mod attention;
mod feed_forward;
mod hand;
mod linear;
mod norm;
mod softmax;

use super::{Lowered, Source, of_row};
use crate::CompileError;
use crate::encoder::Encoder;
use crate::kernel::{Place, Stage};
use crate::tables::{LANES, padded};
use crate::twins::{Block, Twins};
use arch::Chip;
use graph::{DType, Elements, NodeId};
use hand::Lowering;
use linear::Digits;
use program::EMBEDDING;
use std::collections::BTreeMap;
use units::Span;

/// Contractions with weights that an activation takes, one for each digit.
pub const DIGITS: usize = 2;
/// Contractions that two activations take with one another.
pub const DIGIT_PRODUCTS: usize = linear::PRODUCTS.len();

/// The residual between layers.
pub struct Hidden {
    /// f32 tiles `[tokens, 320]`.
    tiles: Vec<NodeId>,
    /// The same for planes.
    digits: Digits,
}

/// Lowers the whole pass.
///
/// Errors: whatever the weights' source reports.
pub fn lower(source: Source, encoder: &Encoder, chip: &Chip) -> Result<Lowered, CompileError> {
    let mut lowering = Lowering::new(source, encoder, chip)?;
    lowering.hand.part("embed");
    let first = embed(&mut lowering)?;
    let token = lowering.finish("token", Span::default(), Span::default());
    let (mut hidden, mut layer, mut homes, mut twins) = (None::<Hidden>, None::<Stage>, Vec::new(), Twins::default());
    for number in 0..encoder.layers.len() {
        lowering.hand.layer = Some(number as u32);
        let graph = lowering.hand.build.graph();
        let start = (graph.nodes.len() as u64, graph.tensors.len() as u64);
        let before = hidden.as_ref().unwrap_or(&first);
        let attended = attention::attention(&mut lowering, before, number)?;
        let after = feed_forward::feed_forward(&mut lowering, &attended, number)?;
        let graph = lowering.hand.build.graph();
        let nodes = Span::new(start.0, graph.nodes.len() as u64 - start.0);
        let tensors = Span::new(start.1, graph.tensors.len() as u64 - start.1);
        twins.layers.push(vec![vec![Block { nodes, tensors }]]);
        let stage = lowering.finish("layer", nodes, tensors);
        // The first layer's residual lies where it found its own, and so does that of the last one, which is read.
        if layer.is_none() || number + 1 == encoder.layers.len() {
            homes.extend(after.tiles.iter().copied().zip(first.tiles.iter().copied()));
            homes.extend(after.digits.sources.iter().copied().zip(first.digits.sources.iter().copied()));
        }
        layer.get_or_insert(stage);
        hidden = Some(after);
    }
    let last = hidden.expect("an encoder has a layer");
    outputs(&mut lowering, &last);
    twins.check(lowering.hand.build.graph());
    Ok(Lowered {
        layers: encoder.layers.len() as u32,
        cached: encoder.tokens,
        rows: 1,
        places: lowering.places,
        awaited: BTreeMap::new(),
        attentions: Vec::new(),
        lives: None,
        ones: Some(lowering.shared.ones),
        either_half: vec![lowering.shared.ones],
        maps: Vec::new(),
        token,
        layer: layer.expect("an encoder has a layer"),
        head: None,
        homes,
        twins,
        graph: lowering.hand.build.finish(),
        tables: lowering.hand.tables,
    })
}

/// The sum of what the host sends for each token and of what stands for positions and segment, normed.
fn embed(lowering: &mut Lowering) -> Result<Hidden, CompileError> {
    let encoder = lowering.encoder;
    let positions = lowering.hand.matrix(encoder.positions)?;
    let segments = lowering.hand.matrix(encoder.segments)?;
    let mut sums = Vec::new();
    for (tile, place) in (0..encoder.width.div_ceil(LANES)).zip(norm::SUMS) {
        let lanes = tile * LANES..encoder.width.min((tile + 1) * LANES);
        let sent = |lowering: &mut Lowering, row: usize| {
            let name = of_row(format!("{EMBEDDING}.{tile}"), row);
            lowering.hand.build.input(&name, DType::F32, &[1, LANES as u32])
        };
        let rows: Vec<NodeId> = (0..encoder.tokens as usize).map(|row| sent(lowering, row)).collect();
        let words = lowering.hand.build.copy(0, &rows);
        lowering.places.insert(words, if place == Place::WestNear { Place::EastNear } else { Place::WestNear });
        let segment = &segments.row(0)[lanes.clone()];
        let of_row = |row: usize| {
            let sum = positions.row(row)[lanes.clone()].iter().zip(segment).map(|(one, other)| one + other);
            padded(&sum.collect::<Vec<f32>>(), 1)
        };
        let table = (0..encoder.tokens as usize).flat_map(of_row).collect();
        let table = lowering.hand.table(&format!("places.{tile}"), LANES, Elements::F32(table));
        lowering.places.insert(table, Place::EastFar);
        let sum = lowering.hand.build.add(words, table);
        lowering.kernel(&[sum], &[(sum, place, 0)]);
        sums.push(sum);
    }
    lowering.hand.part("token_embd_norm");
    norm::norm(lowering, &sums, encoder.embed_norm)
}

/// Each row of the last layer under a name of its own.
fn outputs(lowering: &mut Lowering, last: &Hidden) {
    for (tile, &rows) in last.tiles.iter().enumerate() {
        for row in 0..lowering.encoder.tokens {
            let shown = lowering.hand.build.rows(rows, row, 1);
            lowering.hand.build.output(&of_row(format!("hidden.{tile}"), row as usize), shown);
        }
    }
}

/// Where the digits of activations lie: one home in each half, so that both can take them at once.
pub const BOTH_SIDES: [Place; 2] = [Place::CacheWest, Place::EastFarLow];

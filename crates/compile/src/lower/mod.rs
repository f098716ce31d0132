//! Lowers a recognised model to operations of the chip's size.
//!
//! In: a `Llama` and its weights.  Out: a lowered graph (rows of at most 320 lanes, chip formats), its tables, its stages.
//! Invariant: every layer emits the same nodes in the same order, so that one template serves all; every operation is one of the
//!     ten in a form that an ALU, a plane, a distributor or a slice executes as it is.
//! Method: one file per part of the model. Activations enter the MXM as digits of a 24-bit fixed point whose scale is a proven
//!     bound (Cauchy-Schwarz over the quantised rows), so that no lane maximum is ever needed; contractions over lanes that are not
//!     weights go through blocks of ones; contractions over positions run along time.

mod attention;
mod emitter;
mod exchange;
mod feed_forward;
mod head;
mod linear;
mod norm;
mod softmax;

pub use emitter::Emitter;

use crate::CompileError;
use crate::kernel::{Place, Stage};
use crate::model::Llama;
use crate::share::Share;
use crate::tables::{LANES, Tables};
use crate::twins::Twins;
use arch::Chip;
use graph::{Graph, NodeId, TensorData};
use std::collections::BTreeMap;
use std::rc::Rc;

/// ALUs that halved heads need: products of both halves while scores are folded.
pub const HALVED_ALUS: u8 = 16;

/// The lowered model.
pub struct Lowered {
    /// Chip-sized operations of the whole token.
    pub graph: Graph,
    /// External tensors of `graph`.
    pub tables: Tables,
    /// Once per token: address-dependent rows and the mask.
    pub token: Stage,
    /// Once per layer.
    pub layer: Stage,
    /// Last norm and head.
    pub head: Stage,
    /// Number of layers.
    pub layers: u32,
    /// Rows of everything that has one per position.
    pub positions: u32,
    /// The weights with which layers and head begin: whoever comes before leaves them installed in both halves.
    pub ones: NodeId,
    /// Where caches and some tables of the first layer lie.
    pub places: BTreeMap<NodeId, Place>,
    /// Residual tiles: input of the first layer, and for each the node of the first layer that replaces it.
    pub residual: Vec<(NodeId, NodeId)>,
    /// Residual tiles that the head reads.
    pub last: Vec<NodeId>,
    /// What the first layer's and first chip's ids are elsewhere.
    pub twins: Twins,
}

/// Values that every layer reads.
pub struct Shared {
    /// Cosines of this position, `[1, 320]` per part of the heads.
    pub cosines: Vec<NodeId>,
    /// Sines of this position, likewise.
    pub sines: Vec<NodeId>,
    /// Mask of each position: +65504 or -65504, f16 `[context, 320]`.
    pub mask: NodeId,
    /// The token's position, i32 `[1]`.
    pub position: NodeId,
    /// Rows of ones, f16 `[320, 320]`.
    pub ones: NodeId,
    /// Blocks of ones, one block per head, f16 `[320, 320]`.
    pub blocks: NodeId,
}

/// Lowers the whole model.
///
/// Errors: whatever the weights' source reports.
pub fn lower(
    source: (&Graph, &dyn TensorData),
    llama: &Llama,
    shares: &[Share],
    chip: &Chip,
) -> Result<Lowered, CompileError> {
    let mut emitter = Emitter::new(source, llama, shares, chip);
    let tiles = llama.width.div_ceil(LANES as u32);
    emitter.start("token", None);
    let shared = attention::shared(&mut emitter);
    let inputs: Vec<NodeId> = (0..tiles).map(|tile| emitter.residual(tile)).collect();
    let token = emitter.finish();
    // Every chip begins with the same row, which the host sends to all.
    let mut residual = vec![inputs.clone(); shares.len()];
    let mut layer_stage = None;
    let mut first_outputs = Vec::new();
    let mut twins = Twins::default();
    for layer in 0..llama.layers.len() {
        emitter.start("layer", Some(layer as u32));
        residual = whole_layer(&mut emitter, &shared, residual, layer)?;
        twins.layers.push(emitter.blocks());
        let stage = emitter.finish();
        if layer == 0 {
            first_outputs = residual[0].clone();
            layer_stage = Some(stage);
        }
    }
    emitter.start("head", None);
    for (chip, residual) in residual.iter().enumerate() {
        emitter.turn(chip);
        head::head(&mut emitter, &shared, residual)?;
    }
    twins.head = emitter.blocks();
    let head = emitter.finish();
    twins.check(emitter.build.graph());
    Ok(Lowered {
        layers: llama.layers.len() as u32,
        positions: emitter.positions,
        places: emitter.places,
        ones: shared.ones,
        token,
        layer: layer_stage.expect("`recognise` admits models with at least one layer"),
        head,
        residual: inputs.into_iter().zip(first_outputs).collect(),
        last: residual.swap_remove(0),
        twins,
        graph: emitter.build.finish(),
        tables: emitter.tables,
    })
}

/// One layer on all chips: residual tiles by chip.
fn whole_layer(
    emitter: &mut Emitter,
    shared: &Shared,
    residual: Vec<Vec<NodeId>>,
    layer: usize,
) -> Result<Vec<Vec<NodeId>>, CompileError> {
    let attended =
        half_layer(emitter, residual, 1, |emitter, residual| attention::attention(emitter, shared, residual, layer))?;
    half_layer(emitter, attended, 0, |emitter, residual| feed_forward::feed_forward(emitter, shared, residual, layer))
}

/// What adds to the residual: one chip adds it itself, several make parts of it and combine them. `bank` is where the sum goes.
fn half_layer(
    emitter: &mut Emitter,
    residual: Vec<Vec<NodeId>>,
    bank: u16,
    mut part: impl FnMut(&mut Emitter, &[NodeId]) -> Result<Addend, CompileError>,
) -> Result<Vec<Vec<NodeId>>, CompileError> {
    let mut after = Vec::new();
    for (chip, before) in residual.iter().enumerate() {
        emitter.turn(chip);
        let addend = part(emitter, before)?;
        let home = if 1 < residual.len() { None } else { Some(before.as_slice()) };
        after.push(linear::project(emitter, &addend, home, bank));
    }
    Ok(if 1 < residual.len() { exchange::combine(emitter, &after, &residual, bank) } else { after })
}

/// A vector, and the matrix that takes it to the width of the residual.
pub struct Addend {
    /// The vector.
    pub digits: norm::Digits,
    /// The matrix.
    pub matrix: Rc<linear::Quantised>,
    /// Column of the matrix for each lane of the vector's tiles.
    pub blocks: Vec<Vec<linear::Lane>>,
}

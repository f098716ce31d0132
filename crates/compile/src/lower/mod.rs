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
mod feed_forward;
mod head;
mod linear;
mod norm;

pub use emitter::Emitter;

use crate::CompileError;
use crate::kernel::{Place, Stage};
use crate::model::Llama;
use crate::tables::{LANES, Tables};
use arch::Chip;
use graph::{Graph, NodeId, Op, TensorData};
use std::collections::BTreeMap;

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
}

/// Values that every layer reads.
pub struct Shared {
    /// Cosines of this position, `[1, 320]`.
    pub cosines: NodeId,
    /// Sines of this position, `[1, 320]`.
    pub sines: NodeId,
    /// Mask of each position: +65504 or -65504, f16 `[context, 320]`.
    pub mask: NodeId,
    /// The token's position, i32 `[1]`.
    pub position: NodeId,
    /// Rows of ones, f16 `[320, 320]`.
    pub ones: NodeId,
    /// Blocks of ones, one block per head, f16 `[lanes, 320]`.
    pub blocks: NodeId,
}

/// Lowers the whole model.
///
/// Errors: whatever the weights' source reports.
pub fn lower(graph: &Graph, llama: &Llama, data: &dyn TensorData, chip: &Chip) -> Result<Lowered, CompileError> {
    let mut emitter = Emitter::new(graph, data, llama, chip);
    let tiles = llama.width.div_ceil(LANES as u32);
    emitter.start("token", None);
    let shared = attention::shared(&mut emitter);
    let mut residual: Vec<NodeId> = (0..tiles).map(|tile| emitter.residual(tile)).collect();
    let token = emitter.finish();
    let inputs = residual.clone();
    let mut layer_stage = None;
    let mut first_outputs = Vec::new();
    for layer in 0..llama.layers.len() {
        emitter.start("layer", Some(layer as u32));
        let attended = attention::attention(&mut emitter, &shared, &residual, layer)?;
        residual = feed_forward::feed_forward(&mut emitter, &shared, &attended, layer)?;
        let stage = emitter.finish();
        if layer == 0 {
            first_outputs = residual.clone();
            layer_stage = Some(stage);
        } else {
            same_form(emitter.build.graph(), layer_stage.as_ref(), &stage);
        }
    }
    emitter.start("head", None);
    head::head(&mut emitter, &shared, &residual)?;
    let head = emitter.finish();
    Ok(Lowered {
        layers: llama.layers.len() as u32,
        positions: emitter.positions,
        places: emitter.places,
        ones: shared.ones,
        token,
        layer: layer_stage.expect("`recognise` admits models with at least one layer"),
        head,
        residual: inputs.into_iter().zip(first_outputs).collect(),
        last: residual,
        graph: emitter.build.finish(),
        tables: emitter.tables,
    })
}

/// Layers that differ in form, literals included, cannot share a template.
fn same_form(graph: &Graph, first: Option<&Stage>, stage: &Stage) {
    let first = first.expect("the first layer was emitted before");
    assert_eq!(first.nodes.len, stage.nodes.len, "every layer emits the same nodes");
    assert_eq!(first.tensors.len, stage.tensors.len, "every layer emits the same tables");
    for index in 0..first.nodes.len {
        let node = |span: &units::Span| &graph.nodes[NodeId::new((span.start + index) as usize)];
        let (one, other) = (node(&first.nodes), node(&stage.nodes));
        assert_eq!((&one.shape, one.dtype), (&other.shape, other.dtype), "every layer emits the same shapes");
        if let (Op::Map(one), Op::Map(other)) = (&one.op, &other.op) {
            assert_eq!(one, other, "every layer computes the same expressions, literals included");
        }
    }
}

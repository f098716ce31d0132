//! State of the lowering: a hand, the work of the stage, what all layers share.
//!
//! In: calls of the parts.  Out: nodes with tables, kernels in order.
//! Invariant: literals are those of all layers, so that one template serves them.
//! Method: units of digits are found once, from the bounds of all layers.

use super::linear::bound;
use crate::CompileError;
use crate::encoder::Encoder;
use crate::kernel::{Kernel, Place, Stage, Stored, Striped, Work};
use crate::lower::hand::{Hand, Source};
use crate::tables::LANES;
use arch::Chip;
use graph::half::f32_to_f16;
use graph::{Elements, NodeId};
use std::collections::BTreeMap;
use units::Span;

/// Tables that all layers read.
pub struct Shared {
    /// Rows of ones, f16 `[320, 320]`.
    pub ones: NodeId,
    /// By place in a tile of heads: 1 on the head's lanes, i32 `[1, 320]`.
    pub masks: Vec<NodeId>,
    /// One in lane r of row r, int8 `[320, 320]`.
    pub diagonal: NodeId,
    /// The same for as many lanes as there are tokens.
    pub tokens_diagonal: NodeId,
    /// Zeros, int8 `[16, tokens]`.
    pub zeros: NodeId,
}

/// What digits are worth: the greatest magnitude of each kind of value in any layer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds {
    /// Normed rows.
    pub hidden: f64,
    /// Queries.
    pub query: f64,
    /// Keys.
    pub key: f64,
    /// Values, and what is mixed of them.
    pub value: f64,
    /// What comes out of the GELU.
    pub gelu: f64,
}

/// The lowering's state.
pub struct Lowering<'a> {
    /// Nodes and tables.
    pub hand: Hand<'a>,
    /// What is lowered.
    pub encoder: &'a Encoder,
    /// Bounds of all layers.
    pub bounds: Bounds,
    /// What all layers share.
    pub shared: Shared,
    /// Where tables lie, if not where they usually do.
    pub places: BTreeMap<NodeId, Place>,
    /// Most rows of a chain.
    pub chain_rows: usize,
    work: Vec<Work>,
}

impl<'a> Lowering<'a> {
    /// Nothing emitted but what all layers share.
    pub fn new(source: Source<'a>, encoder: &'a Encoder, chip: &Chip) -> Result<Self, CompileError> {
        let mut hand = Hand::new(source, chip);
        let bounds = bounds(&hand, encoder)?;
        let shared = shared(&mut hand, encoder);
        // Beside what is turned by them.
        let places = [shared.diagonal, shared.tokens_diagonal].map(|table| (table, Place::EastFarHigh)).into();
        let chain_rows = usize::from(chip.accumulators);
        Ok(Lowering { hand, encoder, bounds, shared, places, chain_rows, work: Vec::new() })
    }

    /// Adds a kernel whose results are `stored`: one that comes twice has a home in each half.
    pub fn kernel(&mut self, nodes: &[NodeId], stored: &[(NodeId, Place, u16)]) {
        self.striping_kernel(nodes, stored, &[]);
    }

    /// The same with results that planes will take as weights.
    pub fn striping_kernel(&mut self, nodes: &[NodeId], stored: &[(NodeId, Place, u16)], striped: &[Striped]) {
        let stored = stored.iter().map(|&(node, place, bank)| Stored { node, place, bank }).collect();
        let (nodes, striped) = (nodes.to_vec(), striped.to_vec());
        self.work.push(Work::Kernel(Kernel { nodes, stored, striped, ..Kernel::default() }));
    }

    /// Ends a stage of these nodes and tensors.
    pub fn finish(&mut self, name: &str, nodes: Span, tensors: Span) -> Stage {
        Stage { name: name.to_owned(), work: std::mem::take(&mut self.work), nodes, tensors }
    }

    /// A row of `lanes` elements in a table of its own, replicated over all tokens.
    pub fn row(&mut self, what: &str, place: Place, elements: Vec<f32>) -> NodeId {
        let row = self.hand.table(what, LANES, Elements::F32(elements));
        self.places.insert(row, place);
        self.hand.broadcast(row, self.encoder.tokens)
    }
}

fn shared(hand: &mut Hand, encoder: &Encoder) -> Shared {
    let (tokens, dim) = (encoder.tokens as usize, encoder.head_dim());
    hand.part("ones");
    let row = hand.table("row", LANES, Elements::F16(vec![f32_to_f16(1.0); LANES]));
    let ones = hand.broadcast(row, LANES as u32);
    hand.part("heads");
    let mask = |place: usize| (0..LANES).map(move |lane| i32::from(lane / dim == place)).collect();
    let masks = (0..LANES / dim).map(|place| hand.table("mask", LANES, Elements::I32(mask(place)))).collect();
    hand.part("transpose");
    let mut diagonal = |lanes: usize| {
        let elements = (0..lanes * lanes).map(|at| i8::from(at / lanes == at % lanes)).collect();
        hand.table("diagonal", lanes, Elements::I8(elements))
    };
    let (diagonal, tokens_diagonal) = (diagonal(LANES), diagonal(tokens));
    let zeros = hand.table("zeros", tokens, Elements::I8(vec![0; crate::tables::GROUP * tokens]));
    Shared { ones, masks, diagonal, tokens_diagonal, zeros }
}

/// Bounds of every kind of value, by Cauchy and Schwarz over the rows of the weights.
fn bounds(hand: &Hand, encoder: &Encoder) -> Result<Bounds, CompileError> {
    let mut bounds = Bounds::default();
    let mut norms = vec![encoder.embed_norm];
    norms.extend(encoder.layers.iter().flat_map(|layer| [layer.attn_norm, layer.out_norm]));
    let mut length: f64 = 0.0;
    for norm in norms {
        let [gain, shift] = [hand.matrix(norm.weight)?, hand.matrix(norm.bias)?];
        let greatest = |row: &[f32]| row.iter().fold(0.0f64, |most, value| most.max(f64::from(value.abs())));
        let square = |value: &f32| f64::from(*value) * f64::from(*value);
        let euclidean = shift.row(0).iter().map(square).sum::<f64>().sqrt();
        let root = (encoder.width as f64).sqrt();
        bounds.hidden = bounds.hidden.max(greatest(gain.row(0)) * root + greatest(shift.row(0)));
        length = length.max(greatest(gain.row(0)) * root + euclidean);
    }
    for layer in &encoder.layers {
        for (most, pair) in [
            (&mut bounds.query, layer.query),
            (&mut bounds.key, layer.key),
            (&mut bounds.value, layer.value),
            (&mut bounds.gelu, layer.up),
        ] {
            *most = most.max(bound(hand, pair, length)?);
        }
    }
    Ok(bounds)
}

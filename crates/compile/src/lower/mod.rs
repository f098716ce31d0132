//! Lowers a recognised model, or a stretch of it, to operations of the chip's size.
//!
//! In: a `Llama`, its weights if values are wanted, a stretch.  Out: a lowered graph (rows of at most 320 lanes, chip formats), its tables,
//!     its stages.
//! Invariant: every layer emits the same nodes in the same order, so that one template serves all; every operation is one of the
//!     ten in a form that an ALU, a plane, a distributor or a slice executes as it is.
//! Method: one file per part of the model. Activations enter the MXM as digits of a 24-bit fixed point whose scale is a proven
//!     bound (Cauchy-Schwarz over the quantised rows), so that no lane maximum is ever needed; contractions over lanes that are not
//!     weights go through blocks of ones; contractions over positions run along time.

mod attention;
mod emitter;
pub mod encoder;
mod exchange;
mod feed_forward;
pub mod general;
mod hand;
mod head;
mod linear;
mod norm;
mod router;
mod softmax;
mod stretch;
mod vector;
mod weights;

pub use emitter::{Emitter, of_row};
pub use hand::{Hand, Source};
pub use stretch::{Part, Stretch};

use crate::CompileError;
use crate::kernel::{Place, Stage};
use crate::model::Llama;
use crate::share::{Lane, Share};
use crate::tables::Tables;
use crate::twins::Twins;
use arch::Chip;
use graph::{Graph, NodeId};
use program::LaneMap;
use std::collections::BTreeMap;
use std::rc::Rc;
use stretch::Stream;
use units::Span;

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
    /// Last norm and head, where the stretch ends with them.
    pub head: Option<Stage>,
    /// Number of layers.
    pub layers: u32,
    /// Rows of the caches.
    pub cached: u32,
    /// Rows that are computed at once.
    pub rows: u32,
    /// The weights with which layers and head begin, if any: whoever comes before leaves them installed in both halves.
    pub ones: Option<NodeId>,
    /// The weights that are the same for both halves of the lanes: an array of them serves both.
    pub either_half: Vec<NodeId>,
    /// What permuters do with lanes.
    pub maps: Vec<LaneMap>,
    /// Where caches and some tables of the first layer lie.
    pub places: BTreeMap<NodeId, Place>,
    /// Weights of gathered experts, and the share that is known when it is known whose they are.
    pub awaited: BTreeMap<NodeId, NodeId>,
    /// Nodes that have the homes of others: the first layer's residual tiles those of its input, and so those that the head reads.
    pub homes: Vec<(NodeId, NodeId)>,
    /// What the first layer's and first chip's ids are elsewhere.
    pub twins: Twins,
    /// Nodes of each attention of the first body, on the first chip.
    pub attentions: Vec<Span>,
    /// How long values are needed, where words are used again.
    pub lives: Option<general::Lives>,
}

impl Lowered {
    /// The node of the body's first attention that is what `node` is in a later one, and is done with by then: all that an attention
    /// computes goes into the residual that the next one begins with.
    pub fn earlier(&self, node: NodeId) -> Option<NodeId> {
        let (first, later) = self.attentions.split_first()?;
        let own = later.iter().find(|span| span.contains(node.index() as u64))?;
        Some(NodeId::new((first.start + node.index() as u64 - own.start) as usize))
    }
}

/// What every attention reads, of a row.
#[derive(Clone)]
pub struct Positional {
    /// Cosines of this position, `[1, 320]` per part of the heads.
    pub cosines: Vec<NodeId>,
    /// Sines of this position, likewise.
    pub sines: Vec<NodeId>,
    /// Mask of each position: +65504 or -65504, f16 `[positions, 320]`.
    pub mask: NodeId,
    /// The token's position, i32 `[1]`.
    pub position: NodeId,
}

/// Values that every layer reads, of a row.
#[derive(Clone)]
pub struct Shared {
    /// What follows from the token's position, in a stretch with attention.
    positional: Option<Positional>,
    /// Rows of ones, f16 `[320, 320]`.
    pub ones: NodeId,
    /// Blocks of ones, one block per head, f16 `[320, 320]`.
    pub blocks: NodeId,
}

impl Shared {
    /// What follows from the token's position.
    pub fn positional(&self) -> &Positional {
        self.positional.as_ref().expect("only attention asks, and then it is there")
    }
}

/// Lowers a stretch of the model.
///
/// Errors: whatever the weights' source reports.
pub fn lower(
    source: Source,
    llama: &Llama,
    shares: &[Share],
    (chip, stretch): (&Chip, &Stretch),
) -> Result<Lowered, CompileError> {
    let mut emitter = Emitter::new(source, llama, shares, chip);
    emitter.start("token");
    let shared = attention::shared(&mut emitter, stretch);
    let rows = llama.rows.count() as usize;
    let before: Vec<Stream> = (0..rows).map(|row| stretch::inputs(&mut emitter, stretch, row)).collect();
    let token = emitter.finish();
    let mut streams = before.clone();
    let (mut layer, mut head, mut homes, mut twins) = (None, None, Vec::new(), Twins::default());
    let mut keep = |streams: &[Stream]| {
        for (after, before) in streams.iter().zip(&before).filter(|_| stretch.repeats()) {
            homes.extend(after.residual[0].iter().copied().zip(before.residual[0].iter().copied()));
        }
    };
    for parts in &stretch.bodies {
        emitter.start("layer");
        emitter.attends(parts.iter().filter_map(Part::attention).collect());
        for part in parts {
            streams = stretch::part(&mut emitter, &shared, streams, part)?;
        }
        twins.layers.push(emitter.blocks());
        let stage = emitter.finish();
        if layer.is_none() {
            keep(&streams);
        }
        layer.get_or_insert(stage);
    }
    keep(&streams);
    if stretch.head {
        emitter.start("head");
        // Of a block only what its last row says next is asked for.
        let said = &streams[llama.rows.positions() as usize - 1..];
        for chip in 0..emitter.chips() {
            emitter.turn(chip);
            for (row, stream) in said.iter().enumerate() {
                emitter.of_row(row);
                head::head(&mut emitter, &shared[0], &stream.residual[chip])?;
            }
        }
        twins.head = emitter.blocks();
        head = Some(emitter.finish());
    } else {
        stretch::outputs(&mut emitter, &streams);
    }
    twins.check(emitter.build.graph());
    Ok(Lowered {
        layers: stretch.bodies.len() as u32,
        cached: emitter.cached,
        rows: llama.rows.count(),
        places: emitter.places,
        awaited: emitter.awaited,
        attentions: emitter.attended,
        lives: None,
        ones: Some(shared[0].ones),
        either_half: vec![shared[0].ones, shared[0].blocks],
        maps: Vec::new(),
        token,
        layer: layer.expect("a stretch has a body"),
        head,
        homes,
        twins,
        graph: emitter.hand.build.finish(),
        tables: emitter.hand.tables.with(emitter.encoded),
    })
}

/// A vector, and the matrix that takes it to the width of the residual.
pub struct Addend {
    /// The vector.
    pub vector: vector::Vector,
    /// The matrix.
    pub matrix: Rc<weights::Coded>,
    /// Column of the matrix for each lane of the vector's tiles.
    pub blocks: Vec<Vec<Lane>>,
}

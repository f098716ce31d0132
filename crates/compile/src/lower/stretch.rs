//! Stretches: how much of a model one program computes, and what flows through it.
//!
//! In: a list of parts.  Out: their nodes, one part after the other; the residual before and after.
//! Invariant: what a stretch leaves is what the next one takes: the residual, and where the border lies inside a feed-forward part also
//!     the sum so far. Stretches one after the other compute what the whole model does, in the same order of additions.
//! Method: attention is one part; the feed-forward part can be cut between tiles of its hidden lanes, because they only meet in a sum.
//! Source: decisions.md 21: 80 layers on 72 nodes are cut unevenly or inside layers.

use super::{Addend, Emitter, Shared, attention, exchange, feed_forward, linear};
use crate::CompileError;
use crate::model::Llama;
use crate::share::Share;
use crate::tables::LANES;
use graph::NodeId;
use program::{EMBEDDING, PARTIAL, RESIDUAL};
use std::ops::Range;

/// A part of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Norm, attention and its projection.
    Attention {
        /// The layer.
        layer: usize,
    },
    /// Norm and some of the feed-forward part.
    FeedForward {
        /// The layer.
        layer: usize,
        /// Which tiles of the chip's hidden lanes.
        hidden: Range<usize>,
        /// How many there are.
        of: usize,
    },
}

/// Parts that one program computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Parts of each body. Several bodies are equal but for their layer: they share a template.
    pub bodies: Vec<Vec<Part>>,
    /// Whether last norm and head follow; if not, the program gives away the residual.
    pub head: bool,
}

impl Part {
    /// The whole feed-forward part of a layer.
    pub fn feed_forward(layer: usize, of: usize) -> Part {
        Part::FeedForward { layer, hidden: 0..of, of }
    }

    /// The layer whose attention it is.
    pub fn attention(&self) -> Option<usize> {
        match self {
            Part::Attention { layer } => Some(*layer),
            Part::FeedForward { .. } => None,
        }
    }

    /// Whether another stretch began it: then there is a sum so far.
    pub fn is_continued(&self) -> bool {
        matches!(self, Part::FeedForward { hidden, .. } if hidden.start != 0)
    }
}

impl Stretch {
    /// All layers and the head.
    pub fn whole(llama: &Llama, share: &Share) -> Stretch {
        let of = share.ffn.rows().len();
        let body = |layer| vec![Part::Attention { layer }, Part::feed_forward(layer, of)];
        Stretch { bodies: (0..llama.layers.len()).map(body).collect(), head: true }
    }

    /// Whether its body leaves the residual where it found it, so that the next one can find it there.
    pub fn repeats(&self) -> bool {
        self.head && !self.bodies.iter().flatten().any(Part::is_continued)
    }
}

/// What flows from part to part, by chip and tile.
#[derive(Clone)]
pub struct Stream {
    /// The residual.
    pub residual: Vec<Vec<NodeId>>,
    /// Inside a feed-forward part: the residual and what the part has added so far.
    pub partial: Option<Vec<Vec<NodeId>>>,
}

/// What the first part finds of a row: the same on every chip, sent by the host or by the chips of the stretch before.
pub fn inputs(emitter: &mut Emitter, stretch: &Stretch, row: usize) -> Stream {
    let tiles = emitter.llama.width.div_ceil(LANES as u32);
    let mut all = |name: &str| {
        let tiles: Vec<NodeId> = (0..tiles).map(|tile| emitter.residual(name, tile, row)).collect();
        vec![tiles; emitter.chips()]
    };
    let residual = all(EMBEDDING);
    let continued = stretch.bodies.iter().flatten().next().is_some_and(Part::is_continued);
    Stream { residual, partial: continued.then(|| all(PARTIAL)) }
}

/// Names what the last part leaves as outputs, chip after chip.
pub fn outputs(emitter: &mut Emitter, streams: &[Stream]) {
    for chip in 0..emitter.chips() {
        emitter.turn(chip);
        for (row, stream) in streams.iter().enumerate() {
            emitter.of_row(row);
            let named = [(RESIDUAL, Some(&stream.residual)), (PARTIAL, stream.partial.as_ref())];
            for (name, tiles) in named.into_iter().filter_map(|(name, tiles)| Some((name, tiles?))) {
                for (tile, &node) in tiles[chip].iter().enumerate() {
                    let name = emitter.own(format!("{name}.{tile}"));
                    emitter.build.output(&name, node);
                }
            }
        }
    }
}

/// Emits a part of all rows on all chips.
pub fn part(
    emitter: &mut Emitter,
    shared: &[Shared],
    streams: Vec<Stream>,
    part: &Part,
) -> Result<Vec<Stream>, CompileError> {
    match part {
        Part::Attention { layer } => {
            emitter.of_layer(*layer);
            let residual: Vec<_> = streams.into_iter().map(|stream| stream.residual).collect();
            let attention = |emitter: &mut Emitter, before: &[&[NodeId]]| {
                let start = emitter.emitted();
                let addend = attention::attention(emitter, shared, before, *layer)?;
                emitter.has_attended(start);
                Ok(addend)
            };
            let sums = added(emitter, &residual, &residual, 1, attention)?;
            Ok(sums.into_iter().map(|residual| Stream { residual, partial: None }).collect())
        }
        Part::FeedForward { layer, hidden, of } => {
            emitter.of_layer(*layer);
            let (residual, partial): (Vec<_>, Vec<_>) =
                streams.into_iter().map(|stream| (stream.residual, stream.partial)).unzip();
            let onto: Vec<_> = partial
                .into_iter()
                .zip(&residual)
                .map(|(partial, residual)| partial.unwrap_or(residual.clone()))
                .collect();
            let sums = added(emitter, &residual, &onto, 0, |emitter, before| {
                let of_row = |(row, before): (usize, &&[NodeId])| {
                    emitter.of_row(row);
                    feed_forward::feed_forward(emitter, &shared[row], before, (*layer, hidden.clone()))
                };
                before.iter().enumerate().map(of_row).collect()
            })?;
            let ends = hidden.end == *of;
            let stream = |(residual, sum)| match ends {
                true => Stream { residual: sum, partial: None },
                false => Stream { residual, partial: Some(sum) },
            };
            Ok(residual.into_iter().zip(sums).map(stream).collect())
        }
    }
}

/// Tiles of a row, by chip.
type Tiles = Vec<Vec<NodeId>>;

/// What a part computes of each row of `input`, added to that of `onto`: one chip adds it itself, several make parts of the sum and combine
/// them. `bank` is where the sum goes.
fn added(
    emitter: &mut Emitter,
    input: &[Tiles],
    onto: &[Tiles],
    bank: u16,
    mut addends: impl FnMut(&mut Emitter, &[&[NodeId]]) -> Result<Vec<Addend>, CompileError>,
) -> Result<Vec<Tiles>, CompileError> {
    let mut after: Vec<Tiles> = vec![Vec::new(); input.len()];
    for chip in 0..emitter.chips() {
        emitter.turn(chip);
        let rows: Vec<&[NodeId]> = input.iter().map(|row| row[chip].as_slice()).collect();
        for (row, addend) in addends(emitter, &rows)?.iter().enumerate() {
            emitter.of_row(row);
            let home = if 1 < emitter.chips() { None } else { Some(onto[row][chip].as_slice()) };
            after[row].push(linear::project(emitter, addend, home, bank)?);
        }
    }
    if emitter.chips() == 1 {
        return Ok(after);
    }
    let rows = after.iter().zip(onto).enumerate();
    Ok(rows
        .map(|(row, (after, onto))| {
            emitter.of_row(row);
            exchange::combine(emitter, after, onto, bank)
        })
        .collect())
}

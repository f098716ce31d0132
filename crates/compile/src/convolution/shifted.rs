//! Rows of pixels beside one another, joined pixel by pixel: their maxima, or their channels side by side.
//!
//! In: an image, three taps.  Out: bands of another image, and the work that makes them.
//! Invariant: each of the three is read from a copy of its own.
//! Method: row by row of pixels, so that what one operand reads lies in one half. Side by side: the image has its channels three times; of
//!     each of the three pixels one copy is kept, by a mask, and the three are joined bit by bit.

use super::homes::Homes;
use super::image::{Band, Image, Piece, Tap, Tile};
use super::lower::{Lowering, Shifted, Work, quarters};
use graph::{Arg, Elements, Expr, NodeId, ScalarOp};

/// All bits of a level.
const KEPT: i8 = -1;

/// What becomes of three pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joined {
    Greatest,
    SideBySide,
}

impl Lowering<'_> {
    /// The greatest of what three taps meet, for results of so many rows and columns.
    pub(super) fn maxima(&mut self, x: &Image, taps: [Tap; 3], extents: (u32, u32), homes: Homes) -> Image {
        self.shifted((x, Joined::Greatest), taps, extents, homes)
    }

    /// Of each pixel the one before, itself and the one after, side by side; `x` has every channel three times.
    pub(super) fn side_by_side(&mut self, x: &Image, homes: Homes) -> Image {
        let taps = [-1, 0, 1].map(|across| Tap { down: 0, across, step_down: 1, step_across: 1 });
        self.shifted((x, Joined::SideBySide), taps, (x.rows, x.columns), homes)
    }

    fn shifted(
        &mut self,
        (x, joined): (&Image, Joined),
        taps: [Tap; 3],
        (rows, columns): (u32, u32),
        homes: Homes,
    ) -> Image {
        let mut made = Image { rows, columns, tiles: Vec::new(), unit: x.unit, zero: x.zero, homes };
        for tile in &x.tiles {
            let mut bands = Vec::new();
            let masks = if joined == Joined::SideBySide { self.masks(tile) } else { Vec::new() };
            for (half, plane, top, rows) in quarters(rows) {
                for row in top..top + rows {
                    let inputs: Vec<Vec<Piece>> =
                        taps.iter().map(|tap| tap.pieces(&self.bands, (x.columns, tile), (row, 1), columns)).collect();
                    let mut nodes: Vec<NodeId> =
                        inputs.iter().map(|pieces| self.activation(pieces, tile.lanes)).collect();
                    nodes.extend(masks.iter().map(|&mask| self.hand.broadcast(mask, columns)));
                    let result = self.hand.build.map(expression(joined), &nodes);
                    let (band, slices) = (self.bands.len(), homes.slices(plane));
                    self.bands.push(Band { node: result, parted: None, top: row, rows: 1, half, plane, slices });
                    self.work.push(Work::Shifted(Shifted { inputs, masks: masks.clone(), result, band }));
                    bands.push(band);
                }
            }
            made.tiles.push(Tile { half: None, bands, ..*tile });
        }
        made
    }

    /// By copy: all bits of its lanes.
    fn masks(&mut self, tile: &Tile) -> Vec<NodeId> {
        let (lanes, width) = (tile.lanes as usize, (tile.lanes / tile.copies) as usize);
        let mask = |copy: usize| {
            let bits = (0..lanes).map(|lane| if lane / width == copy { KEPT } else { 0 });
            self.hand.table("mask", lanes, Elements::I8(bits.collect()))
        };
        (0..tile.copies as usize).map(mask).collect()
    }
}

/// Of the inputs 0, 1 and 2; masks are the inputs after them.
fn expression(joined: Joined) -> Expr {
    let mut expr = Expr::default();
    let value = |expr: &mut Expr, input: u8| match joined {
        Joined::Greatest => Arg::Input(input),
        Joined::SideBySide => expr.push(ScalarOp::And, &[Arg::Input(input), Arg::Input(input + 3)]),
    };
    let op = if joined == Joined::Greatest { ScalarOp::Max } else { ScalarOp::Or };
    let first = [value(&mut expr, 0), value(&mut expr, 1)];
    let pair = expr.push(op, &first);
    let last = value(&mut expr, 2);
    expr.push(op, &[pair, last]);
    expr
}

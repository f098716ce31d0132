//! Images on the chip: bands of pixels in int8, and which of them a filter meets.
//!
//! In: bands as they are made; a filter and a stretch of rows.  Out: the pieces of bands, and of zeros, that make the rows of an activation.
//! Invariant: pixel (y, x) is one row of at most 320 lanes; a band holds whole rows of pixels, one after the other, without a border.
//! Method: what lies beside the image is a row of the level of zero read again and again; every second pixel is a read with a stride of two.

use super::homes::Homes;
use crate::tables::{GROUP, LANES};
use arch::Hemisphere;
use graph::NodeId;

/// Index of a band.
pub type BandId = usize;

/// Rows of pixels that were made together.
#[derive(Clone, Debug)]
pub struct Band {
    /// int8 `[rows x width, lanes]`.
    pub node: NodeId,
    /// Pixels of even columns, then those of odd ones, if some filter takes every second one.
    pub parted: Option<NodeId>,
    /// First row of pixels in the image.
    pub top: u32,
    /// Rows of pixels.
    pub rows: u32,
    /// The half that has it.
    pub half: Hemisphere,
    /// The plane that it comes from, or is for.
    pub plane: u8,
    /// Which of the half's slices for pixels have it: one for each that reads it at once.
    pub slices: Vec<usize>,
}

/// Up to 320 channels of an image.
#[derive(Clone, Debug)]
pub struct Tile {
    /// First channel, and how many.
    pub channels: (u32, u32),
    /// How many times the lanes hold them, one after the other.
    pub copies: u32,
    /// Lanes of all copies, a multiple of 16 each.
    pub lanes: u32,
    /// The half that made all of it, if one did.
    pub half: Option<Hemisphere>,
    /// Its bands, from the top.
    pub bands: Vec<BandId>,
}

/// Pixels of one size, channel tile by channel tile.
#[derive(Clone, Debug)]
pub struct Image {
    /// Rows of pixels.
    pub rows: u32,
    /// Pixels of a row.
    pub columns: u32,
    /// Tiles of channels.
    pub tiles: Vec<Tile>,
    /// Value of one unit.
    pub unit: f32,
    /// The level that stands for zero.
    pub zero: i8,
    /// Where it lies.
    pub homes: Homes,
}

impl Tile {
    /// The same channels so many times side by side, without bands.
    pub fn copied(&self, copies: u32) -> Tile {
        Tile { copies, lanes: copies * self.lanes, half: None, bands: Vec::new(), ..*self }
    }

    /// Lanes of each copy.
    pub fn runs(&self) -> impl Iterator<Item = Run> {
        let (width, (first, count)) = (self.lanes / self.copies, self.channels);
        (0..self.copies).map(move |copy| Run { lane: copy * width, first, count })
    }
}

/// Consecutive lanes and what they hold: `count` channels, or elements of a filter, from `first` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// First lane.
    pub lane: u32,
    /// What it holds.
    pub first: u32,
    /// How many.
    pub count: u32,
}

/// Consecutive rows of an activation that one burst of reads brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Zeros.
    Zeros(u32),
    /// `count` rows of a band from `first` on, `stride` apart.
    Pixels {
        /// Of which band.
        band: BandId,
        /// First row.
        first: u32,
        /// Rows from one to the next, 1 or 2.
        stride: u32,
        /// How many.
        count: u32,
    },
}

impl Piece {
    /// Rows of it.
    pub fn count(&self) -> u32 {
        match *self {
            Piece::Zeros(count) | Piece::Pixels { count, .. } => count,
        }
    }

    /// `count` rows from `first` on of pieces that have a border nowhere between them.
    pub fn part(pieces: &[Piece], first: u32, count: u32) -> Piece {
        let mut before = 0;
        for piece in pieces {
            if first < before + piece.count() {
                let skipped = first - before;
                return match *piece {
                    Piece::Zeros(_) => Piece::Zeros(count),
                    Piece::Pixels { band, first, stride, .. } => {
                        Piece::Pixels { band, first: first + skipped * stride, stride, count }
                    }
                };
            }
            before += piece.count();
        }
        panic!("row {first} of {before}");
    }

    /// Both as one piece, if they are.
    fn and(self, next: Piece) -> Option<Piece> {
        match (self, next) {
            (Piece::Zeros(one), Piece::Zeros(other)) => Some(Piece::Zeros(one + other)),
            (
                Piece::Pixels { band, first, stride: 1, count },
                Piece::Pixels { band: of, first: then, stride: 1, count: more },
            ) if band == of && first + count == then => {
                Some(Piece::Pixels { band, first, stride: 1, count: count + more })
            }
            _ => None,
        }
    }
}

/// One tap of a filter: places relative to the pixel that the filter stands on, which moves `stride` pixels a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tap {
    /// Rows down.
    pub down: i32,
    /// Columns across.
    pub across: i32,
    /// Rows of pixels from one place to the next, 1 or 2.
    pub step_down: u32,
    /// Columns likewise.
    pub step_across: u32,
}

/// Columns of a row that a tap meets: so many zeros, then pixels from a column on, then zeros.
struct Columns {
    before: u32,
    first: u32,
    count: u32,
    after: u32,
}

impl Tap {
    fn columns(&self, width: u32, columns: u32) -> Columns {
        let step = i64::from(self.step_across);
        let place = |column: u32| i64::from(column) * step + i64::from(self.across);
        let before = (0..columns).take_while(|&column| place(column) < 0).count() as u32;
        let inside = (before..columns).take_while(|&column| place(column) < i64::from(width)).count() as u32;
        Columns { before, first: place(before).max(0) as u32, count: inside, after: columns - before - inside }
    }

    /// What it meets of a tile with rows of `width` pixels, for rows `top .. top + rows` of results with so many columns.
    pub fn pieces(
        &self,
        bands: &[Band],
        (width, tile): (u32, &Tile),
        (top, rows): (u32, u32),
        columns: u32,
    ) -> Vec<Piece> {
        let across = self.columns(width, columns);
        let mut pieces: Vec<Piece> = Vec::new();
        let mut push = |piece: Piece| {
            if piece.count() == 0 {
                return;
            }
            match pieces.last().and_then(|last| last.and(piece)) {
                Some(joined) => *pieces.last_mut().expect("there is a last one") = joined,
                None => pieces.push(piece),
            }
        };
        for row in top..top + rows {
            let y = i64::from(row * self.step_down) + i64::from(self.down);
            let band = u32::try_from(y).ok().and_then(|y| {
                let holds = |&&band: &&BandId| (bands[band].top..bands[band].top + bands[band].rows).contains(&y);
                Some((*tile.bands.iter().find(holds)?, y))
            });
            let Some((band, y)) = band else {
                push(Piece::Zeros(columns));
                continue;
            };
            let first = (y - bands[band].top) * width + across.first;
            push(Piece::Zeros(across.before));
            push(Piece::Pixels { band, first, stride: self.step_across, count: across.count });
            push(Piece::Zeros(across.after));
        }
        pieces
    }
}

/// Taps of a square filter, the row in the middle first: the rows above and below it may still be on their way when it is taken.
pub fn taps(size: u32, stride: u32) -> Vec<Tap> {
    let reach = (size / 2) as i32;
    let rows = std::iter::once(0).chain((1..=reach).flat_map(|row| [-row, row]));
    let tap = |down, across| Tap { down, across, step_down: stride, step_across: stride };
    rows.flat_map(|down| (-reach..=reach).map(move |across| tap(down, across))).collect()
}

/// Channels cut into tiles of at most 320 lanes, as even as whole superlanes allow; without bands.
pub fn tiles(channels: u32) -> Vec<Tile> {
    let parts = channels.div_ceil(LANES as u32);
    let width = channels.div_ceil(parts).next_multiple_of(GROUP as u32);
    let tile = |first: u32| {
        let count = width.min(channels - first);
        Tile {
            channels: (first, count),
            copies: 1,
            lanes: count.next_multiple_of(GROUP as u32),
            half: None,
            bands: Vec::new(),
        }
    };
    (0..channels).step_by(width as usize).map(tile).collect()
}

/// Consecutive parts of `total`, as even as they can be: first, and how many.
pub fn split(total: u32, parts: u32) -> Vec<(u32, u32)> {
    let border = |part: u32| part * (total / parts) + part.min(total % parts);
    (0..parts).map(|part| (border(part), border(part + 1) - border(part))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::Id;

    fn band(top: u32, rows: u32) -> Band {
        Band { node: Id::new(0), parted: None, top, rows, half: Hemisphere::West, plane: 0, slices: vec![0] }
    }

    #[test]
    fn a_filter_meets_zeros_beside_the_image_and_bands_one_after_the_other() {
        let bands = [band(0, 2), band(2, 2)];
        let tile = Tile { channels: (0, 16), copies: 1, lanes: 16, half: None, bands: vec![0, 1] };
        let above_left = taps(3, 1)[3];
        assert_eq!((above_left.down, above_left.across), (-1, -1));
        let pixels = |band, first, stride, count| Piece::Pixels { band, first, stride, count };
        let met = above_left.pieces(&bands, (4, &tile), (0, 4), 4);
        let zero = Piece::Zeros(1);
        let expected = [Piece::Zeros(5), pixels(0, 0, 1, 3), zero, pixels(0, 4, 1, 3), zero, pixels(1, 0, 1, 3)];
        assert_eq!(met, expected);
        let middle = taps(3, 1)[1];
        assert_eq!(middle.pieces(&bands, (4, &tile), (0, 4), 4), [pixels(0, 0, 1, 8), pixels(1, 0, 1, 8)]);
    }

    #[test]
    fn every_second_pixel_is_a_stride() {
        let bands = [band(0, 4)];
        let tile = Tile { channels: (0, 16), copies: 1, lanes: 16, half: None, bands: vec![0] };
        let [left, middle, right] = [0, 1, 2].map(|tap| taps(3, 2)[tap].pieces(&bands, (4, &tile), (0, 1), 2));
        let pixels = |first, count| Piece::Pixels { band: 0, first, stride: 2, count };
        assert_eq!(left, [Piece::Zeros(1), pixels(1, 1)]);
        assert_eq!((middle, right), (vec![pixels(0, 2)], vec![pixels(1, 2)]));
    }

    #[test]
    fn parts_are_even_and_leave_nothing_out() {
        assert_eq!(split(7, 2), [(0, 4), (4, 3)]);
        assert_eq!(split(1, 2), [(0, 1), (1, 0)]);
    }
}

//! Where a word stands in a picture of the memory: slices across, addresses down.
//!
//! In: a chip, the words that anything lies in, the room.  Out: columns, bands of addresses, folds between them.
//! Invariant: every word of a run lies in one band, every other word in a band or in a fold; within a band all words are equally high.
//!     A place maps to the word that is drawn there.
//! Method: addresses that no slice uses are folded away; what is left is stretched over the height.

use super::{BOTTOM, Contents, LEFT, MIDDLE, TOP};
use crate::shape::Area;
use arch::{Chip, Hemisphere, SliceId};
use units::Order;

/// Height of a fold.
const FOLD: f32 = 24.0;
/// Words on each side of what is used that a band keeps.
const MARGIN: u32 = 8;
/// Least height of anything drawn.
const LEAST: f32 = 1.0;

/// Addresses that are drawn, and where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Band {
    /// First word, and the one after the last.
    pub words: (u32, u32),
    /// Top and bottom.
    pub y: (f32, f32),
}

/// A picture of the memory's places.
#[derive(Clone, Debug)]
pub(super) struct Plot {
    slices: u8,
    left: f32,
    /// Room for the VXM.
    pub middle: f32,
    /// Width of a column, its gaps included.
    pub pitch: f32,
    /// Addresses from top to bottom.
    pub bands: Vec<Band>,
    /// Addresses that are folded away, and the middle of the fold.
    pub folds: Vec<((u32, u32), f32)>,
}

/// Stretches of addresses that a run of any slice lies in, those that nearly touch as one.
fn used(chip: &Chip, contents: &Contents) -> Vec<(u32, u32)> {
    let words = u32::from(chip.words);
    let near = words / 32;
    let around = |run: &crate::contents::Run| {
        let from = u32::from(run.address);
        (from.saturating_sub(MARGIN), (from + u32::from(run.words) + MARGIN).min(words))
    };
    let mut spans: Vec<(u32, u32)> = contents.runs.iter().map(around).collect();
    spans.order_by_key(|span| *span);
    let mut merged: Vec<(u32, u32)> = Vec::new();
    for (from, to) in spans {
        match merged.last_mut() {
            Some(last) if from <= last.1 + near => last.1 = last.1.max(to),
            _ => merged.push((if from <= near { 0 } else { from }, to)),
        }
    }
    if let Some(last) = merged.last_mut().filter(|last| words - last.1 <= near) {
        last.1 = words;
    }
    merged
}

impl Plot {
    /// All words to scale.
    pub fn whole(chip: &Chip, room: Area) -> Self {
        let words = u32::from(chip.words);
        let middle = MIDDLE * room.width() / (super::WIDTH - LEFT);
        let band = Band { words: (0, words), y: (room.y0, room.y1) };
        Plot {
            slices: chip.slices,
            left: room.x0,
            middle,
            pitch: (room.width() - middle) / (2.0 * f32::from(chip.slices)),
            bands: vec![band],
            folds: Vec::new(),
        }
    }

    /// The words that are used, stretched; all of them where hardly any address is free in every slice.
    pub fn fit(chip: &Chip, contents: &Contents, (left, right): (f32, f32)) -> Self {
        let whole = Plot::whole(chip, Area::new(left, TOP, right, BOTTOM));
        let words = u32::from(chip.words);
        let spans = used(chip, contents);
        let drawn: u32 = spans.iter().map(|span| span.1 - span.0).sum();
        if drawn == 0 || words - words / 4 < drawn {
            return whole;
        }
        let ends = std::iter::once(0).chain(spans.iter().map(|span| span.1));
        let starts = spans.iter().map(|span| span.0).chain([words]);
        let gaps = ends.zip(starts).filter(|(end, start)| end < start).count();
        let scale = (BOTTOM - TOP - FOLD * gaps as f32) / drawn as f32;
        let (mut at, mut y) = (0, TOP);
        let (mut bands, mut folds) = (Vec::new(), Vec::new());
        for (from, to) in spans.into_iter().chain([(words, words)]) {
            if at < from {
                folds.push(((at, from), y + FOLD / 2.0));
                y += FOLD;
            }
            if from < to {
                let bottom = y + scale * (to - from) as f32;
                bands.push(Band { words: (from, to), y: (y, bottom) });
                y = bottom;
            }
            at = to;
        }
        Plot { bands, folds, ..whole }
    }

    /// Whether nothing is folded away.
    pub fn is_whole(&self) -> bool {
        self.folds.is_empty()
    }

    /// Left and right of a slice's column.
    pub fn column(&self, slice: SliceId) -> (f32, f32) {
        let gap = self.gap();
        let x = match slice.hemisphere {
            Hemisphere::West => self.left + f32::from(self.slices - 1 - slice.number) * self.pitch,
            Hemisphere::East => self.left + self.middle + f32::from(self.slices + slice.number) * self.pitch,
        };
        (x + gap, x + self.pitch - gap)
    }

    /// Room on each side of a column.
    fn gap(&self) -> f32 {
        0.75_f32.min(self.pitch / 8.0)
    }

    /// Left and right of the VXM between the halves.
    pub fn vxm(&self) -> (f32, f32) {
        let left = self.left + f32::from(self.slices) * self.pitch;
        (left, left + self.middle)
    }

    /// Right edge of the last column.
    pub fn right(&self) -> f32 {
        self.vxm().1 + f32::from(self.slices) * self.pitch
    }

    /// Height at which a word of a band begins.
    pub fn height(&self, band: &Band, address: u32) -> f32 {
        let part = (address - band.words.0) as f32 / (band.words.1 - band.words.0) as f32;
        band.y.0 + (band.y.1 - band.y.0) * part
    }

    /// Where words of a slice are drawn, band by band.
    pub fn areas(&self, slice: SliceId, (from, to): (u32, u32)) -> impl Iterator<Item = Area> {
        let (x0, x1) = self.column(slice);
        self.bands.iter().filter_map(move |band| {
            let (first, last) = (from.max(band.words.0), to.min(band.words.1));
            let (y0, y1) = (first < last).then(|| (self.height(band, first), self.height(band, last)))?;
            Some(Area::new(x0, y0, x1, y1.max(y0 + LEAST)))
        })
    }

    /// The word under a point.
    pub fn word_at(&self, chip: &Chip, x: f32, y: f32) -> Option<(SliceId, u16)> {
        let gap = self.gap();
        let inside = |slice: &SliceId| {
            let (x0, x1) = self.column(*slice);
            x0 - gap <= x && x < x1 + gap
        };
        let band = self.bands.iter().find(|band| (band.y.0..band.y.1).contains(&y))?;
        let (words, part) = (band.words.1 - band.words.0, (y - band.y.0) / (band.y.1 - band.y.0));
        let address = band.words.0 + ((part * words as f32) as u32).min(words - 1);
        Some((chip.slices().find(inside)?, address as u16))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::{Content, Format, Run};

    fn run(address: u16, words: u16) -> Run {
        let slice = SliceId { hemisphere: Hemisphere::West, number: 3 };
        Run { slice, address, words, content: Content::Scratch, format: Format::Unknown }
    }

    #[test]
    fn what_is_used_is_stretched_and_every_word_stands_once() {
        let chip = Chip::lpu_14nm();
        let runs = vec![run(0, 100), run(4_000, 10), run(8_100, 92)];
        let plot = Plot::fit(&chip, &Contents { runs: runs.clone() }, (70.0, 1210.0));
        assert_eq!((plot.bands.len(), plot.folds.len(), plot.is_whole()), (3, 2, false));
        let mut at = 0;
        let stretches = plot.bands.iter().map(|band| band.words).chain(plot.folds.iter().map(|fold| fold.0));
        let mut stretches: Vec<_> = stretches.collect();
        stretches.order();
        for (from, to) in stretches {
            assert_eq!(from, at, "no gap, no overlap");
            at = to;
        }
        assert_eq!(at, u32::from(chip.words));
        let heights: f32 = plot.bands.iter().map(|band| band.y.1 - band.y.0).sum();
        assert!((heights + 2.0 * FOLD - (BOTTOM - TOP)).abs() < 0.01, "{heights}");
        for run in runs {
            let area = plot.areas(run.slice, (u32::from(run.address), u32::from(run.address + run.words))).next();
            let area = area.expect("it is drawn");
            let (x, y) = ((area.x0 + area.x1) / 2.0, area.y0 + 0.01);
            assert_eq!(plot.word_at(&chip, x, y), Some((run.slice, run.address)), "what was drawn is what is hit");
        }
        let (_, middle) = plot.folds[0];
        assert_eq!(plot.word_at(&chip, 100.0, middle), None, "a fold is no word");
    }

    #[test]
    fn a_full_chip_is_drawn_to_scale() {
        let chip = Chip::lpu_14nm();
        let full = Contents { runs: vec![run(0, 7_000)] };
        let plot = Plot::fit(&chip, &full, (70.0, 1490.0));
        assert!(plot.is_whole());
        assert_eq!(plot.bands, Plot::whole(&chip, Area::new(70.0, TOP, 1490.0, BOTTOM)).bands);
        assert!(Plot::fit(&chip, &Contents::default(), (70.0, 1490.0)).is_whole());
    }
}

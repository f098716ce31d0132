//! Which slices hold what, and which of their words are taken.
//!
//! In: a chip.  Out: per half slices for factors and addends, for pixels, for weights; addresses.
//! Invariant: no word is handed out twice, and none is used again: every value has words of its own.
//! Method: from the VXM outwards: eight for factors and addends, those for pixels, and the outermost sixteen for weights. Words from the
//!     bottom of each slice.

use super::homes::PIXEL_SLICES;
use crate::CompileError;
use crate::error::{Remedy, Resident};
use crate::place::{FEEDERS, Home};
use arch::{Chip, Hemisphere, SliceId};
use program::Address;
use std::collections::BTreeMap;

/// Slices of factors and addends: four bytes each.
const TABLE_SLICES: usize = 8;
/// Fewest slices for pixels: of the last turn, one plane then has one copy for both halves.
const PIXEL_SLICES_MIN: usize = PIXEL_SLICES - 1;

/// Slices of a half by their use.
struct Half {
    tables: Vec<SliceId>,
    pixels: Vec<SliceId>,
    feeders: Vec<SliceId>,
}

/// Slices of a chip and what is taken of each.
pub struct Slices {
    halves: [Half; 2],
    taken: BTreeMap<SliceId, u32>,
    words: u32,
}

impl Slices {
    /// Empty slices.
    ///
    /// Errors: `Machine` when a half has too few that hold data.
    pub fn new(chip: &Chip) -> Result<Self, CompileError> {
        let half = |hemisphere: Hemisphere| {
            let ids = (0..chip.slices).map(|number| SliceId { hemisphere, number });
            let free: Vec<SliceId> = ids.filter(|&slice| !chip.is_reserved(slice)).collect();
            let least = TABLE_SLICES + PIXEL_SLICES_MIN + FEEDERS;
            if free.len() < least {
                return Err(CompileError::Machine {
                    chip: chip.name.clone(),
                    what: "data slices",
                    found: format!("{} in half {}", free.len(), hemisphere.letter()),
                    expected: format!("at least {least} in each half"),
                });
            }
            let (inner, feeders) = free.split_at(free.len() - FEEDERS);
            let (tables, pixels) = inner.split_at(TABLE_SLICES);
            let pixels = pixels[..pixels.len().min(PIXEL_SLICES)].to_vec();
            Ok(Half { tables: tables.to_vec(), pixels, feeders: feeders.to_vec() })
        };
        let [west, east] = Hemisphere::BOTH.map(half);
        Ok(Slices { halves: [west?, east?], taken: BTreeMap::new(), words: chip.words.into() })
    }

    fn half(&self, hemisphere: Hemisphere) -> &Half {
        &self.halves[hemisphere.index()]
    }

    /// Slices that hold factors, then those that hold addends.
    pub fn tables(&self, hemisphere: Hemisphere) -> [Vec<SliceId>; 2] {
        let (factors, addends) = self.half(hemisphere).tables.split_at(TABLE_SLICES / 2);
        [factors.to_vec(), addends.to_vec()]
    }

    /// Slices that hold the masks of what is for a plane.
    pub fn masks(&self, hemisphere: Hemisphere, plane: u8) -> Vec<SliceId> {
        let own = self.half(hemisphere).tables.chunks(TABLE_SLICES / 2).nth(plane.into());
        own.expect("a half has two planes").to_vec()
    }

    /// Slices that feed the planes.
    pub fn feeders(&self, hemisphere: Hemisphere) -> Vec<SliceId> {
        self.half(hemisphere).feeders.clone()
    }

    /// Slices for copies of pixels by their numbers, each once.
    pub fn pixels(&self, hemisphere: Hemisphere, numbers: &[usize]) -> Vec<SliceId> {
        let pixels = &self.half(hemisphere).pixels;
        let mut slices: Vec<SliceId> = numbers.iter().map(|&number| pixels[number.min(pixels.len() - 1)]).collect();
        slices.dedup();
        slices
    }

    /// A home of `rows` words at one address of all these slices.
    ///
    /// Errors: `Memory` when they are full.
    pub fn take(&mut self, slices: &[SliceId], rows: u32, what: Resident) -> Result<Home, CompileError> {
        let taken = |slice: &SliceId| self.taken.get(slice).copied().unwrap_or(0);
        let start = slices.iter().map(taken).max().unwrap_or(0);
        let end = start + rows;
        if self.words < end {
            let (needed, available) = (end.into(), self.words.into());
            return Err(CompileError::Memory { what, needed, available, remedy: Remedy::SmallerModel });
        }
        slices.iter().for_each(|&slice| _ = self.taken.insert(slice, end));
        let offset = u16::try_from(start).expect("a slice has at most 2^16 words");
        Ok(Home { slices: slices.to_vec(), address: Address::fixed(offset) })
    }
}

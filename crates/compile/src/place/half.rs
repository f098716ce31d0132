//! Which slices of a half serve what.
//!
//! In: a chip, groups as they are asked for.  Out: sets of data slices, or what the machine lacks.
//! Invariant: no slice is given twice, and none that holds instructions.
//! Method: from the VXM outwards, group by group; what feeds planes lies outermost.

use super::FEEDERS;
use crate::CompileError;
use arch::{Chip, Hemisphere, SliceId};

/// Data slices of a half that nothing has taken yet, nearest to the VXM first.
pub struct Half {
    hemisphere: Hemisphere,
    free: Vec<SliceId>,
    next_group: u8,
}

impl Half {
    /// All of them.
    pub fn new(chip: &Chip, hemisphere: Hemisphere) -> Self {
        let ids = (0..chip.slices).map(|number| SliceId { hemisphere, number });
        Half { hemisphere, free: ids.filter(|&slice| !chip.is_reserved(slice)).collect(), next_group: 0 }
    }

    /// `count` slices of the nearest group that has them, further out than whatever was taken before.
    pub fn take(&mut self, chip: &Chip, count: usize) -> Result<Vec<SliceId>, CompileError> {
        while self.next_group < chip.groups() {
            let group = self.next_group;
            self.next_group += 1;
            let is_in_group = |slice: &&SliceId| slice.number / chip.slices_per_group == group;
            let slices: Vec<SliceId> = self.free.iter().filter(is_in_group).take(count).copied().collect();
            if slices.len() == count {
                self.free.retain(|slice| !slices.contains(slice));
                return Ok(slices);
            }
        }
        let expected = format!("two groups with 4 of them in each half (here one of {count} is missing)");
        Err(self.refused(chip, "data slices of one group", expected))
    }

    /// The two outermost sets of slices that feed planes.
    pub fn feeders(self, chip: &Chip) -> Result<[Vec<SliceId>; 2], CompileError> {
        let Some(first) = self.free.len().checked_sub(2 * FEEDERS) else {
            let expected = format!("{} left beside those near the VXM, not {}", 2 * FEEDERS, self.free.len());
            return Err(self.refused(chip, "data slices", expected));
        };
        let second = first + FEEDERS;
        Ok([self.free[first..second].to_vec(), self.free[second..].to_vec()])
    }

    fn refused(&self, chip: &Chip, what: &'static str, expected: String) -> CompileError {
        let reserved = chip.slices_reserved.iter().filter(|slice| slice.hemisphere == self.hemisphere).count();
        let data = usize::from(chip.slices).saturating_sub(reserved);
        let letter = self.hemisphere.letter();
        let found = format!("{data} in half {letter}, {} a group", chip.slices_per_group);
        CompileError::Machine { chip: chip.name.clone(), what, found, expected }
    }
}

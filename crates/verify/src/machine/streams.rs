//! The stream registers, symbolically: who drove which cell, and with what (rules 2 and 3).
//!
//! In: drives in order of dispatch.  Out: for a sample, the word of the nearest driver upstream.
//! Invariant: a cell is a (stream, diagonal); a value driven at a station is seen by every station downstream until a later
//!     station drives the same cell. Every drive that a sample can see was dispatched in an earlier cycle.
//! Method: a ring over diagonals as wide as the chip's delays; per cell a bit mask of stations, so that the nearest driver is one
//!     count of leading or trailing zeros. Values lie in one list per diagonal, so that memory follows what is driven.

use super::plan::{Drive, Tap};
use crate::word::Word;
use arch::Direction;

/// Which dispatch drove a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) instance: u32,
    /// Index in the plan's bursts.
    pub(crate) burst: u32,
    pub(crate) iteration: u32,
}

/// A driven value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Driven {
    pub(crate) word: Word,
    pub(crate) origin: Origin,
}

/// Streams per direction times directions.
const STREAMS: usize = 64;
const UNUSED: u64 = u64::MAX;

/// All stream registers of a chip.
pub(crate) struct Streams {
    mask: u64,
    stations: usize,
    diagonals: Vec<u64>,
    drivers: Vec<u64>,
    /// Per cell and station: which of the diagonal's values it drove.
    slots: Vec<u16>,
    /// Per diagonal: what was driven on it.
    values: Vec<Vec<Driven>>,
}

impl Streams {
    /// Registers for `diagonals` diagonals (a power of two) and `stations` stations, at most 64; nothing is driven.
    pub(crate) fn new(diagonals: usize, stations: u8) -> Self {
        let stations = usize::from(stations);
        Streams {
            mask: diagonals as u64 - 1,
            stations,
            diagonals: vec![UNUSED; diagonals],
            drivers: vec![0; diagonals * STREAMS],
            slots: vec![0; diagonals * STREAMS * stations],
            values: vec![Vec::new(); diagonals],
        }
    }

    /// Drives stream `offset` after the first of `drive`; false if this station already drives the cell, which is then poison.
    #[inline]
    pub(crate) fn drive(&mut self, drive: &Drive, offset: u8, cycle: u64, value: Driven) -> Result<(), Collision> {
        let diagonal = cycle + u64::from(drive.shift);
        let row = (diagonal & self.mask) as usize;
        if self.diagonals[row] != diagonal {
            self.diagonals[row] = diagonal;
            self.drivers[row * STREAMS..(row + 1) * STREAMS].fill(0);
            self.values[row].clear();
        }
        let cell = row * STREAMS + drive.stream.index() + usize::from(offset);
        let place = cell * self.stations + usize::from(drive.station);
        let bit = 1 << drive.station;
        if self.drivers[cell] & bit != 0 {
            self.values[row][usize::from(self.slots[place])].word = Word::POISON;
            return Err(Collision);
        }
        self.drivers[cell] |= bit;
        // At most 64 streams at 64 stations.
        self.slots[place] = self.values[row].len() as u16;
        self.values[row].push(value);
        Ok(())
    }

    /// What arrives on stream `offset` after the first of `tap`, if anything was driven.
    #[inline]
    pub(crate) fn sample(&self, tap: &Tap, offset: u8, cycle: u64) -> Option<&Driven> {
        let diagonal = cycle + u64::from(tap.shift);
        let row = (diagonal & self.mask) as usize;
        if self.diagonals[row] != diagonal {
            return None;
        }
        let cell = row * STREAMS + tap.stream.index() + usize::from(offset);
        let upstream = self.drivers[cell] & tap.reach;
        if upstream == 0 {
            return None;
        }
        let station = match tap.stream.direction {
            Direction::East => 63 - upstream.leading_zeros(),
            Direction::West => upstream.trailing_zeros(),
        };
        let slot = self.slots[cell * self.stations + station as usize];
        self.values[row].get(usize::from(slot))
    }
}

/// Two drivers of one cell at one station.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Collision;

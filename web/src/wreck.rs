//! What one late car wrecks, beside the words: the damage front, chip by chip, and a mutation that wrecks nothing.
//!
//! In: what the worker counts of a broken program.  Out: the state of the panel beside it.
//! Invariant: belongs to one broken program; another one, or none, begins with nothing.
//! Method: the front comes in pieces, one chip at a time, so that the page answers in between.

use frame::{FrontLine, Text};
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use study::Damage;

/// The front as far as it was counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Front {
    /// Cycles of the token.
    pub length: u64,
    /// Chips of the system.
    pub chips: u16,
    /// Chips that were counted.
    pub counted: u16,
    /// What they drive otherwise.
    pub damage: Vec<Damage>,
}

/// A mutation that the judge proves harmless.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Harmless {
    /// Its seed.
    pub seed: u64,
    /// What it changes.
    pub change: Text,
}

/// The page's side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wreck {
    /// The front.
    pub front: Option<Rc<Front>>,
    /// A harmless mutation, once asked for; none where none of the seeds that were tried is.
    pub harmless: Option<Option<Rc<Harmless>>>,
}

impl Front {
    /// Whether all chips were counted.
    pub fn is_whole(&self) -> bool {
        self.counted == self.chips
    }

    /// The table by unit.
    pub fn lines(&self) -> Vec<FrontLine> {
        frame::front_lines(&self.damage)
    }

    /// Chips on which anything differs.
    pub fn chips_hit(&self) -> usize {
        (0..self.chips).filter(|chip| self.damage.iter().any(|one| one.chip == *chip)).count()
    }
}

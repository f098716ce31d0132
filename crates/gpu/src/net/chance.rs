//! What is random in the network, each with its switch and its stream.
//!
//! In: a seed, the number of a run.  Out: a stream of numbers for one source alone.
//! Invariant: with all off nothing is random; switching one off changes no number that another draws.

use crate::source::stream;
use serde::{Deserialize, Serialize};
use units::Rng;

/// A source of randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Chance {
    /// When messages of others come: exponential gaps; off: evenly spaced, cable after cable.
    Arrivals,
    /// How long they are: uniform from one word to twice the mean less one; off: the mean.
    Lengths,
    /// Which router UGAL thinks of going by: uniform; off: one after the other.
    Detours,
    /// Which of two equally short queues: uniform; off: the first.
    Ties,
}

/// Which are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chances(u8);

impl Chance {
    /// All.
    pub const ALL: [Chance; 4] = [Chance::Arrivals, Chance::Lengths, Chance::Detours, Chance::Ties];

    /// Its stream in run `run` of `seed`, for cable or router `place`.
    pub(crate) fn stream(self, seed: u64, run: u32, place: u32) -> Rng {
        // Beyond the numbers of the sources of a decode step.
        stream(seed, [0x100 + self as u64, run.into(), place.into()])
    }
}

impl Chances {
    /// Everything random.
    pub const fn all() -> Self {
        Chances((1 << Chance::ALL.len()) - 1)
    }

    /// Nothing random.
    pub const fn none() -> Self {
        Chances(0)
    }

    /// The same with `chance` on.
    pub fn with(self, chance: Chance) -> Self {
        Chances(self.0 | 1 << chance as u8)
    }

    /// Whether `chance` is on.
    pub fn has(self, chance: Chance) -> bool {
        self.0 >> chance as u8 & 1 == 1
    }
}

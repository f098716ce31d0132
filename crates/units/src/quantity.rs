//! Instants, durations, sizes and rates.
//!
//! In: integers with a unit in mind.  Out: types that carry the unit.
//! Invariant: `Cycle + Cycle` does not compile; rounding is named at the call site.
//! Method: transparent newtypes; arithmetic panics on overflow in debug and is checked by callers on untrusted data.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// An instant on one chip's clock, counted from the release of the first barrier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cycle(pub u64);

/// A duration in clock cycles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cycles(pub u64);

/// A size in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Bytes(pub u64);

/// A rate in events per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hertz(pub u64);

impl Add<Cycles> for Cycle {
    type Output = Cycle;
    fn add(self, later: Cycles) -> Cycle {
        Cycle(self.0 + later.0)
    }
}

impl AddAssign<Cycles> for Cycle {
    fn add_assign(&mut self, later: Cycles) {
        self.0 += later.0;
    }
}

impl Sub for Cycle {
    type Output = Cycles;
    fn sub(self, earlier: Cycle) -> Cycles {
        Cycles(self.0 - earlier.0)
    }
}

impl Add for Cycles {
    type Output = Cycles;
    fn add(self, other: Cycles) -> Cycles {
        Cycles(self.0 + other.0)
    }
}

impl Add for Bytes {
    type Output = Bytes;
    fn add(self, other: Bytes) -> Bytes {
        Bytes(self.0 + other.0)
    }
}

impl Hertz {
    /// Nanoseconds that `cycles` take at this rate, as a real number for display.
    pub fn nanoseconds(self, cycles: Cycles) -> f64 {
        cycles.0 as f64 * 1e9 / self.0 as f64
    }

    /// How often per second something of `cycles` length can be repeated.
    pub fn per_second(self, cycles: Cycles) -> f64 {
        self.0 as f64 / cycles.0 as f64
    }
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_hundred_megahertz_is_ten_ninths_of_a_nanosecond() {
        let nanoseconds = Hertz(900_000_000).nanoseconds(Cycles(9));
        assert_eq!(nanoseconds, 10.0);
    }

    #[test]
    fn instants_and_durations_add_and_subtract() {
        let later = Cycle(40) + Cycles(2);
        assert_eq!(later - Cycle(40), Cycles(2));
    }
}

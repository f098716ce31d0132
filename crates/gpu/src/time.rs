//! Durations and instants of the model in nanoseconds, the axis that both contestants share.
//!
//! In: real numbers.  Out: types that cannot be mixed up.
//! Invariant: an instant plus an instant does not compile; order is total.
//! Method: newtypes over f64; sums of one order, so that the same run gives the same bits.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Sub};

/// A duration in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Nanos(pub f64);

/// An instant: nanoseconds since the step, or the load, began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct At(pub f64);

impl Nanos {
    /// No time.
    pub const ZERO: Nanos = Nanos(0.0);

    /// So many microseconds.
    pub const fn from_micros(micros: f64) -> Self {
        Nanos(micros * 1e3)
    }

    /// So many milliseconds.
    pub const fn from_millis(millis: f64) -> Self {
        Nanos(millis * 1e6)
    }

    /// In milliseconds.
    pub fn millis(self) -> f64 {
        self.0 * 1e-6
    }

    /// In seconds.
    pub fn seconds(self) -> f64 {
        self.0 * 1e-9
    }

    /// The longer of two.
    pub fn longest(self, other: Self) -> Self {
        if self.0 < other.0 { other } else { self }
    }

    /// The shorter of two.
    pub fn shortest(self, other: Self) -> Self {
        if other.0 < self.0 { other } else { self }
    }
}

impl At {
    /// The beginning.
    pub const START: At = At(0.0);

    /// The later of two.
    pub fn latest(self, other: Self) -> Self {
        if self.0 < other.0 { other } else { self }
    }

    /// The earlier of two.
    pub fn earliest(self, other: Self) -> Self {
        if other.0 < self.0 { other } else { self }
    }
}

impl PartialOrd for Nanos {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.0.total_cmp(&other.0))
    }
}

impl PartialOrd for At {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.0.total_cmp(&other.0))
    }
}

impl Add for Nanos {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Nanos(self.0 + other.0)
    }
}

impl AddAssign for Nanos {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Nanos {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Nanos(self.0 - other.0)
    }
}

impl Mul<f64> for Nanos {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Nanos(self.0 * factor)
    }
}

impl Div<f64> for Nanos {
    type Output = Self;
    fn div(self, divisor: f64) -> Self {
        Nanos(self.0 / divisor)
    }
}

impl Sum for Nanos {
    fn sum<I: Iterator<Item = Nanos>>(values: I) -> Self {
        values.fold(Nanos::ZERO, |sum, value| sum + value)
    }
}

impl Add<Nanos> for At {
    type Output = Self;
    fn add(self, duration: Nanos) -> Self {
        At(self.0 + duration.0)
    }
}

impl AddAssign<Nanos> for At {
    fn add_assign(&mut self, duration: Nanos) {
        self.0 += duration.0;
    }
}

impl Sub for At {
    type Output = Nanos;
    fn sub(self, other: Self) -> Nanos {
        Nanos(self.0 - other.0)
    }
}

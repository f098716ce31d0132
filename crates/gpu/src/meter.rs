//! Two meters of jitter that cannot be mixed: inside the fabric, and at the API.
//!
//! In: durations.  Out: mean, variation and percentiles, marked with the meter that read them.
//! Invariant: a spread of the fabric is not a spread of the API; the compiler says so.
//! Method: a phantom type. Percentiles are the nearest rank; variation is the deviation over the mean.
//!
//! ```compile_fail
//! use gpu::{Api, Fabric, Nanos, Spread};
//! let chip: Spread<Fabric> = Spread::of(&[Nanos(1.0)]);
//! let service: Spread<Api> = chip;
//! ```

use crate::kernel::Kind;
use crate::rival::Rival;
use crate::time::Nanos;
use serde::Serialize;
use std::marker::PhantomData;
use units::Order;

/// Read inside: on the GPUs and between them, or on the chips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fabric;

/// Read at the interface that users see: queues, batches, networks included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Api;

/// How durations spread, as read by meter `M`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread<M> {
    /// How many there were.
    pub count: u64,
    /// Their mean.
    pub mean: Nanos,
    /// Deviation over mean.
    pub variation: f64,
    /// The median.
    pub p50: Nanos,
    /// 95 of 100 are at most this.
    pub p95: Nanos,
    /// 99 of 100 are at most this.
    pub p99: Nanos,
    #[serde(skip)]
    meter: PhantomData<M>,
}

impl<M> Spread<M> {
    /// The spread of `times`; all zeros where there are none.
    pub fn of(times: &[Nanos]) -> Self {
        let mut sorted = times.to_vec();
        sorted.order_by(|a, b| a.0.total_cmp(&b.0));
        let count = sorted.len();
        let mean = sorted.iter().copied().sum::<Nanos>() / (count.max(1) as f64);
        let square =
            sorted.iter().map(|time| (time.0 - mean.0) * (time.0 - mean.0)).sum::<f64>() / (count.max(1) as f64);
        let rank = |percent: usize| {
            let rank = (count * percent).div_ceil(100).max(1);
            sorted.get(rank - 1).copied().unwrap_or_default()
        };
        let variation = if 0.0 < mean.0 { square.sqrt() / mean.0 } else { 0.0 };
        Spread { count: count as u64, mean, variation, p50: rank(50), p95: rank(95), p99: rank(99), meter: PhantomData }
    }

    /// The 99th percentile over the median; 1 is no tail.
    pub fn tail(&self) -> f64 {
        if 0.0 < self.p50.0 { self.p99.0 / self.p50.0 } else { 1.0 }
    }
}

/// Jitter inside the box at a fixed input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FabricJitter {
    /// Times of whole steps.
    pub step: Spread<Fabric>,
    /// Times of one kernel: the gate and up projection.
    pub kernel: Spread<Fabric>,
    /// Mean share of a step that a GPU stands at barriers for slower ones.
    pub waiting: f64,
}

/// What is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// So many steps of one box, whose silicon stays as it is.
    Steps(u32),
    /// So many boxes, seed after seed, one step each.
    Boxes(u32),
}

impl FabricJitter {
    /// Reads the meter.
    pub fn read(rival: &Rival, over: Over) -> Self {
        let runs: Vec<_> = match over {
            Over::Steps(count) => (0..count).map(|number| rival.step(number)).collect(),
            Over::Boxes(count) => (0..count).map(|offset| rival.another_box(offset).step(offset)).collect(),
        };
        let durations: Vec<Nanos> = runs.iter().map(|run| run.duration()).collect();
        let kernels: Vec<Nanos> = runs.iter().flat_map(|run| run.times(Kind::GateUp)).collect();
        let gpus = rival.case().tensor.gpus();
        let waited: Nanos = runs.iter().flat_map(|run| (0..gpus).map(|gpu| run.waited(gpu))).sum();
        let total = durations.iter().copied().sum::<Nanos>() * f64::from(gpus);
        let waiting = if 0.0 < total.0 { waited.0 / total.0 } else { 0.0 };
        FabricJitter { step: Spread::of(&durations), kernel: Spread::of(&kernels), waiting }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks_and_variation_is_relative() {
        let times: Vec<Nanos> = (1..=200).rev().map(|time| Nanos(f64::from(time))).collect();
        let spread: Spread<Fabric> = Spread::of(&times);
        assert_eq!((spread.count, spread.mean, spread.p50), (200, Nanos(100.5), Nanos(100.0)));
        assert_eq!((spread.p95, spread.p99, spread.tail()), (Nanos(190.0), Nanos(198.0), 1.98));
        let even: Spread<Api> = Spread::of(&[Nanos(3.0), Nanos(5.0)]);
        assert_eq!((even.variation, even.p50, even.p99), (0.25, Nanos(3.0), Nanos(5.0)));
        assert_eq!(Spread::<Api>::of(&[]).tail(), 1.0);
    }
}

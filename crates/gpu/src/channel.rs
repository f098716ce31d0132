//! The channels of the HBM under one kernel: unequal loads, refresh, and the slowest of them.
//!
//! In: bytes, rate, the box's refresh phases.  Out: how long the stream takes, or when each channel is done.
//! Invariant: no channel is faster than its share of the rate; the kernel's stream lasts as long as its slowest channel.
//! Method: a channel holds `n` tiles, so its load spreads by `sigma / sqrt(n)`. Fast path: the greatest of all channels in one
//! draw, with a refresh phase of its own. Full path: channel by channel. Refined: the others on condition that the fast path's
//! is the greatest, so that a picture of the channels agrees with the step it is taken from.

use crate::constants::memory;
use crate::draw::{greatest_normal, normal, normal_under, open_unit};
use crate::machine::Gpu;
use crate::price::Priced;
use crate::source::{Place, Source, Sources};
use crate::time::{At, Nanos};

/// A kernel's stream before anything random.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    /// Time of a channel with the mean load.
    mean: Nanos,
    /// Relative spread of the loads.
    spread: f64,
    channels: u32,
}

/// What is random about it.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    /// Seed of the run.
    pub seed: u64,
    /// What is on.
    pub sources: Sources,
    /// Which kernel of which GPU in which step.
    pub place: Place,
}

/// One channel under one kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Channel {
    /// Its load, relative to the mean.
    pub load: f64,
    /// From the stream's start to its end, refreshes included.
    pub busy: Nanos,
    /// From the stream's start to its first refresh.
    pub phase: Nanos,
}

/// How long a refresh holds up a channel.
pub fn refresh_stall() -> Nanos {
    Nanos(memory::REFRESH_TIME.default * (1.0 - memory::REFRESH_HIDDEN.default))
}

/// From one refresh to the next.
pub fn refresh_period() -> Nanos {
    Nanos(memory::REFRESH_PERIOD.default)
}

impl Stream {
    /// The stream of `kernel` on `gpu`.
    pub fn new(gpu: &Gpu, kernel: &Priced) -> Self {
        let tiles = kernel.bytes / f64::from(gpu.channels) / memory::TILE.default;
        Stream {
            mean: kernel.stream(),
            spread: memory::IMBALANCE.default / tiles.max(1.0).sqrt(),
            channels: gpu.channels,
        }
    }

    /// How long the slowest channel takes: one draw for all channels.
    pub fn fast(&self, chance: Chance) -> Nanos {
        let score = self.fast_score(chance);
        let phase = refresh_period() * open_unit(&mut Source::Refresh.stream(chance.seed, chance.place));
        self.channel(chance.sources, score, phase).busy
    }

    fn fast_score(&self, chance: Chance) -> f64 {
        greatest_normal(&mut Source::Imbalance.stream(chance.seed, chance.place), self.channels)
    }

    /// Every channel, for a stream that starts at `at`.
    pub fn full(&self, chance: Chance, at: At) -> Vec<Channel> {
        let mut loads = Source::Imbalance.stream(chance.seed, chance.place);
        let channels = 0..self.channels;
        channels.map(|number| self.channel(chance.sources, normal(&mut loads), phase(chance, number, at))).collect()
    }

    /// Every channel, none slower than `slowest`, which is what `fast` gave for the same chance.
    pub fn refined(&self, chance: Chance, at: At, slowest: Nanos) -> Vec<Channel> {
        let mut loads = Source::Imbalance.stream(chance.seed, chance.place);
        let score = greatest_normal(&mut loads, self.channels);
        let chosen = loads.below(u64::from(self.channels)) as u32;
        let one = |number: u32| {
            let score = if number == chosen { score } else { normal_under(&mut loads, score) };
            let channel = self.channel(chance.sources, score, phase(chance, number, at));
            let busy = if number == chosen { slowest } else { channel.busy.shortest(slowest) };
            Channel { busy, ..channel }
        };
        (0..self.channels).map(one).collect()
    }

    /// The channel whose load is `score` deviations off the mean.
    fn channel(&self, sources: Sources, score: f64, phase: Nanos) -> Channel {
        let load = if sources.has(Source::Imbalance) { (1.0 + self.spread * score).max(0.0) } else { 1.0 };
        let work = self.mean * load;
        let stalls = if sources.has(Source::Refresh) { refreshes(work, phase) } else { 0.0 };
        Channel { load, busy: work + refresh_stall() * stalls, phase }
    }
}

/// From `at` to the next refresh of channel `number`, whose phase is drawn once for a box.
fn phase(chance: Chance, number: u32, at: At) -> Nanos {
    let place = Place { step: 0, gpu: chance.place.gpu, kernel: number };
    let first = refresh_period() * open_unit(&mut Source::Refresh.stream(!chance.seed, place));
    let ahead = (first.0 - at.0) / refresh_period().0;
    refresh_period() * (ahead - ahead.floor())
}

/// Refreshes that begin before `work` is done, the first after `phase`.
fn refreshes(work: Nanos, phase: Nanos) -> f64 {
    let left = (work - phase).0;
    if left <= 0.0 { 0.0 } else { (left / (refresh_period() - refresh_stall()).0).ceil() }
}

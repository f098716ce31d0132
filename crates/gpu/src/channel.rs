//! The channels of the HBM under one kernel: unequal loads, refresh, and the slowest of them.
//!
//! In: bytes, rate, the box's refresh phases.  Out: how long the stream takes, or when each channel is done.
//! Invariant: no channel is faster than its share of the rate; the kernel's stream lasts as long as its slowest channel.
//! Method: a channel holds `n` tiles, so its load spreads by `sigma / sqrt(n)`. Fast path: the greatest of all channels in one
//! draw, with a refresh phase of its own. Full path: channel by channel. Refined: the others on condition that the fast path's
//! is the greatest, so that a picture of the channels agrees with the step it is taken from.

use crate::case::Case;
use crate::draw::{greatest_normal, normal, normal_under, open_unit};
use crate::inputs::Input;
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
    /// How long a refresh holds up a channel.
    pub stall: Nanos,
    /// From one refresh to the next.
    pub period: Nanos,
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

impl Stream {
    /// The stream of `kernel` in `case`.
    pub fn new(case: &Case, kernel: &Priced) -> Self {
        let input = |input| case.inputs.get(input);
        let channels = case.gpu.channels;
        let tiles = kernel.bytes / f64::from(channels) / input(Input::Tile);
        Stream {
            mean: kernel.stream(),
            spread: input(Input::Imbalance) / tiles.max(1.0).sqrt(),
            channels,
            stall: Nanos(input(Input::RefreshTime) * (1.0 - input(Input::RefreshHidden))),
            period: Nanos(input(Input::RefreshPeriod)),
        }
    }

    /// How long the slowest channel takes: one draw for all channels.
    pub fn fast(&self, chance: Chance) -> Nanos {
        let score = self.fast_score(chance);
        let phase = self.period * open_unit(&mut Source::Refresh.stream(chance.seed, chance.place));
        self.channel(chance.sources, score, phase).busy
    }

    fn fast_score(&self, chance: Chance) -> f64 {
        greatest_normal(&mut Source::Imbalance.stream(chance.seed, chance.place), self.channels)
    }

    /// Every channel, for a stream that starts at `at`.
    pub fn full(&self, chance: Chance, at: At) -> Vec<Channel> {
        let mut loads = Source::Imbalance.stream(chance.seed, chance.place);
        let channels = 0..self.channels;
        channels
            .map(|number| self.channel(chance.sources, normal(&mut loads), self.phase(chance, number, at)))
            .collect()
    }

    /// Every channel, none slower than `slowest`, which is what `fast` gave for the same chance.
    pub fn refined(&self, chance: Chance, at: At, slowest: Nanos) -> Vec<Channel> {
        let mut loads = Source::Imbalance.stream(chance.seed, chance.place);
        let score = greatest_normal(&mut loads, self.channels);
        let chosen = loads.below(u64::from(self.channels)) as u32;
        let one = |number: u32| {
            let score = if number == chosen { score } else { normal_under(&mut loads, score) };
            let channel = self.channel(chance.sources, score, self.phase(chance, number, at));
            let busy = if number == chosen { slowest } else { channel.busy.shortest(slowest) };
            Channel { busy, ..channel }
        };
        (0..self.channels).map(one).collect()
    }

    /// The channel whose load is `score` deviations off the mean.
    fn channel(&self, sources: Sources, score: f64, phase: Nanos) -> Channel {
        let load = if sources.has(Source::Imbalance) { (1.0 + self.spread * score).max(0.0) } else { 1.0 };
        let work = self.mean * load;
        let stalls = if sources.has(Source::Refresh) { self.refreshes(work, phase) } else { 0.0 };
        Channel { load, busy: work + self.stall * stalls, phase }
    }

    /// From `at` to the next refresh of channel `number`, whose phase is drawn once for a box.
    fn phase(&self, chance: Chance, number: u32, at: At) -> Nanos {
        let place = Place { step: 0, gpu: chance.place.gpu, kernel: number };
        let first = self.period * open_unit(&mut Source::Refresh.stream(!chance.seed, place));
        let ahead = (first.0 - at.0) / self.period.0;
        self.period * (ahead - ahead.floor())
    }

    /// Refreshes that begin before `work` is done, the first after `phase`.
    fn refreshes(&self, work: Nanos, phase: Nanos) -> f64 {
        let left = (work - phase).0;
        if left <= 0.0 { 0.0 } else { (left / (self.period - self.stall).0).ceil() }
    }
}

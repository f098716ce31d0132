//! Who comes when, with how long a prompt, for how long an answer.
//!
//! In: rates, means, spreads, a seed.  Out: requests in order of arrival.
//! Invariant: request `n` is the same however many are asked for.
//! Method: exponential gaps between arrivals, lognormal lengths; each from the stream of its source and number.

use super::client::Network;
use super::pace::{Each, Pace, Prefill};
use crate::constants::load;
use crate::draw::{exponential, lognormal};
use crate::source::{Place, Source, Sources};
use crate::time::{At, Nanos};
use serde::{Deserialize, Serialize};

/// How long answers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutputLength {
    /// All the mean.
    Fixed,
    /// Lognormal.
    Varied,
}

/// The load on a server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Requests per second.
    pub rate: f64,
    /// Tokens of a prompt in the mean.
    pub prompt: f64,
    /// Spread of the logarithm of prompts.
    pub prompt_spread: f64,
    /// Tokens of an answer in the mean.
    pub output: f64,
    /// Spread of the logarithm of answers, where they vary.
    pub output_spread: f64,
    /// Whether answers vary.
    pub output_length: OutputLength,
    /// How many requests.
    pub requests: u32,
    /// What is random.
    pub sources: Sources,
    /// Seed.
    pub seed: u64,
}

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Request {
    /// When it reaches the server.
    pub at: At,
    /// Tokens of its prompt.
    pub prompt: f64,
    /// Tokens of its answer, at least one.
    pub output: u32,
}

impl Load {
    /// LLMPerf's mix (550 in, 150 out) at `rate` requests per second.
    pub fn llmperf(rate: f64) -> Self {
        Load {
            rate,
            prompt: load::PROMPT.default,
            prompt_spread: load::PROMPT_SPREAD.default,
            output: load::OUTPUT.default,
            output_spread: load::OUTPUT_SPREAD.default,
            output_length: OutputLength::Fixed,
            requests: 1500,
            sources: Sources::all(),
            seed: 1,
        }
    }

    /// The rush hour of one GPU service of early 2024, and its pace: a preset that reproduces its published variation.
    ///
    /// Five parameters for three figures: it shows that newcomers' prefill between steps is enough, not what hardware ran there.
    pub fn rush_hour() -> (Self, Pace) {
        let millis = |constant: units::Constant| Nanos::from_millis(constant.default);
        let each = Each(millis(load::RUSH_SEQUENCE));
        let prefill = Prefill(millis(load::RUSH_PREFILL));
        let pace = Pace::line(millis(load::RUSH_STEP), each, prefill, load::BATCH_MAX.default as u32);
        let load = Load { prompt_spread: load::RUSH_SPREAD.default, ..Load::llmperf(load::ARRIVALS.default) };
        (load, pace)
    }

    /// A service whose clock is exact, and whose users see variation all the same: a preset for one such service of early 2024.
    ///
    /// Four parameters for three figures: it shows that a queue and a network are enough. It misses the median of the first
    /// token, 0.16 s for 0.22 published: what else stands between client and chip is not modelled.
    pub fn fixed_clock() -> (Self, Pace, Network) {
        let millis = |constant: units::Constant| Nanos::from_millis(constant.default);
        let prefill = Prefill(millis(load::FIXED_PREFILL));
        let pace = Pace::fixed(millis(load::FIXED_STEP), prefill, load::BATCH_MAX.default as u32);
        let spread = load::FIXED_SPREAD.default;
        let load = Load { prompt_spread: spread, ..Load::llmperf(load::FIXED_RATE.default) };
        (load, pace, Network { jitter: millis(load::FIXED_JITTER), ..Network::usual(1) })
    }

    /// The requests in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        let mut at = At::START;
        let one = |number: u32| {
            at += Nanos(1e9 / self.rate * self.drawn(Source::Arrivals, number, exponential));
            let prompt = self.drawn(Source::Prompt, number, |rng| lognormal(rng, self.prompt_spread));
            let output = match self.output_length {
                OutputLength::Fixed => 1.0,
                OutputLength::Varied => self.drawn(Source::Output, number, |rng| lognormal(rng, self.output_spread)),
            };
            let output = (self.output * output + 0.5).max(1.0) as u32;
            Request { at, prompt: (self.prompt * prompt).max(1.0), output }
        };
        (0..self.requests).map(one).collect()
    }

    /// A draw with mean 1, or 1 where `source` is off.
    fn drawn(&self, source: Source, number: u32, draw: impl Fn(&mut units::Rng) -> f64) -> f64 {
        let place = Place { step: number, ..Place::default() };
        if self.sources.has(source) { draw(&mut source.stream(self.seed, place)) } else { 1.0 }
    }
}

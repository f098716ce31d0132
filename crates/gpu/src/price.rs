//! What each kernel takes without any randomness: bytes over rates, operations over rates, messages over links.
//!
//! In: a recipe, a case, and how many tokens are computed at once.  Out: priced kernels in order.
//! Invariant: bytes over the peak of the HBM is a lower bound of every kernel's time.
//! Method: one demand serves decoding and prefill alike. Of a mixture, the expected number of distinct experts is read:
//! `E (1 - (1 - k / E)^tokens)`.

use crate::case::Case;
use crate::engine::{AllReduce, HeadPlace, Launch};
use crate::inputs::{Input, Inputs};
use crate::kernel::Kind;
use crate::recipe::{Mixture, Recipe, Step};
use crate::time::Nanos;
use serde::Serialize;

/// How much is computed at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// Tokens that pass through each layer.
    pub tokens: f64,
    /// Tokens that pass through the head.
    pub answers: f64,
    /// Positions of the cache that are read.
    pub read: f64,
    /// Pairs of a token and a position it looks at.
    pub looks: f64,
}

impl Demand {
    /// One new token for each of `case.batch` sequences.
    pub fn decode(case: &Case) -> Self {
        let (batch, context) = (f64::from(case.batch), f64::from(case.context));
        Demand { tokens: batch, answers: batch, read: batch * context, looks: batch * context }
    }

    /// All of `tokens` prompt tokens of each of `case.batch` sequences.
    pub fn prefill(case: &Case, tokens: u32) -> Self {
        let (batch, tokens) = (f64::from(case.batch), f64::from(tokens));
        let looks = batch * tokens * (tokens + 1.0) * 0.5;
        Demand { tokens: batch * tokens, answers: batch, read: batch * tokens, looks }
    }
}

/// A kernel on one of the GPUs, before anything random.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Priced {
    /// Layer, if it belongs to one.
    pub layer: Option<u32>,
    /// Which kernel.
    pub kind: Kind,
    /// Bytes it reads from HBM.
    pub bytes: f64,
    /// Rate of its stream in bytes per ns, all channels together.
    pub rate: f64,
    /// Time of its arithmetic, if that were all.
    pub math: Nanos,
    /// Time of its traffic with L2, if that were all.
    pub l2: Nanos,
    /// Time of the exchange, for the kernels that are one.
    pub exchange: Nanos,
}

impl Priced {
    /// Time of the kernel's work where its memory takes `transfer`: the longest of its parts, and what it does not hide.
    pub fn body(&self, transfer: Nanos, inputs: &Inputs) -> Nanos {
        let transfer = transfer.longest(self.l2);
        transfer.longest(self.math) + transfer.shortest(self.math) * (1.0 - inputs.get(Input::Overlap))
    }

    /// Time of its memory stream with equal channels and no refresh.
    pub fn stream(&self) -> Nanos {
        Nanos(self.bytes / self.rate)
    }
}

/// Prices all kernels; exchanges vanish where there is one GPU.
pub fn price(recipe: &Recipe, case: &Case, demand: Demand) -> Vec<Priced> {
    let is_alone = case.tensor.gpus() == 1;
    let steps = recipe.steps.iter().filter(|step| !(is_alone && step.kind.is_sum()));
    steps.map(|step| kernel(recipe, case, demand, step)).collect()
}

fn kernel(recipe: &Recipe, case: &Case, demand: Demand, step: &Step) -> Priced {
    let (work, format) = (&step.work, case.format);
    let ways = match (step.kind, case.engine.head) {
        (Kind::Head, HeadPlace::Replicated) | (Kind::Router, _) => 1.0,
        _ => case.tensor.ways(),
    };
    let tokens = if matches!(step.kind, Kind::Head | Kind::Sample) { demand.answers } else { demand.tokens };
    let experts = recipe.mixture.map_or(0.0, |mixture| distinct(mixture, tokens) / mixture.chosen);
    let weights = format.bytes() * (work.weights + work.chosen * experts);
    let cache = case.engine.cache.bytes() * work.cache * demand.read;
    let flops = 2.0 * (work.macs * tokens + work.macs_per_position * demand.looks);
    let is_matrix = 0.0 < work.weights + work.chosen;
    let rate = case.gpu.stream_rate() * if is_matrix { format.rate(&case.inputs) } else { 1.0 };
    let math = case.gpu.math_rate(format).expect("Rival::new refuses a format that the machine has no units for");
    // In, beside it, and out again, in 16 bits.
    let l2 = Nanos(6.0 * work.width * tokens / case.gpu.l2_rate);
    let exchange = if step.kind.is_sum() { exchange(case, 2.0 * work.width * tokens) } else { Nanos::ZERO };
    Priced {
        layer: step.layer,
        kind: step.kind,
        bytes: (weights + cache) / ways,
        rate,
        math: Nanos(flops / ways / math),
        l2: if step.kind.is_sum() { Nanos::ZERO } else { l2 },
        exchange,
    }
}

/// Expected number of distinct experts that `tokens` tokens meet, between those of one token and all.
fn distinct(mixture: Mixture, tokens: f64) -> f64 {
    let missed = 1.0 - mixture.chosen / mixture.count;
    let mut all_miss = 1.0;
    for _ in 0..(tokens.min(1000.0) as u32) {
        all_miss *= missed;
    }
    mixture.count * (1.0 - all_miss)
}

/// Time of an all-reduce of `message` bytes in the mean.
fn exchange(case: &Case, message: f64) -> Nanos {
    let small = match (case.engine.all_reduce, case.engine.launch) {
        (AllReduce::Custom, _) => case.gpu.all_reduce_custom(case.tensor),
        (AllReduce::Nccl, Launch::Graph) => Nanos::from_micros(case.inputs.get(Input::NcclGraph)),
        (AllReduce::Nccl, Launch::Eager) => Nanos::from_micros(case.inputs.get(Input::NcclEager)),
    };
    let ways = case.tensor.ways();
    let beyond = (message - case.inputs.get(Input::Message)).max(0.0);
    small * case.engine.overhead + Nanos(beyond * 2.0 * (ways - 1.0) / ways / case.gpu.link_rate)
}

//! At the server: the same requests in front of a box of GPUs and of a system of LPUs, moment by moment.
//!
//! In: a model's graph, the slots of the compiled system, how many come.  Out: what either side does when, by query; figures; what is random.
//! Invariant: both sides get the same requests, cut to what the caches hold; both are read by the API's meter, at the server's door.
//! Method: the rival's pace and `gpu::serve` on one side, `rota` on the other. Of the seeds tried, the one is shown whose first tokens
//!     take the median time on the GPU: neither lucky nor unlucky.

use super::error::CaseError;
use super::jitter::{Spread, spread};
use super::rota::{Rota, Rotation};
use super::sources::{SourceLine, line};
use gpu::serve::{ApiJitter, Client, Load, Pace, Request, Served, ServerDoing, ServerEvent, serve};
use gpu::{At, Case, Format, Gpu, Nanos, Rival, Source, Tensor};
use graph::Graph;
use serde::{Deserialize, Serialize};
use units::Order;

/// Requests of the scene, and tokens of their prompts in the mean: short enough for the caches of the compiled system.
const REQUESTS: u32 = 24;
const PROMPT: f64 = 250.0;
/// Sequences at once on the GPUs.
const BATCH: u32 = 32;
/// Seeds that are tried.
const SEEDS: u64 = 9;
/// Weights take a byte each on both sides.
const FORMAT: Format = Format::Fp8;

/// How many come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Crowding {
    /// One after the other.
    Quiet,
    /// Some at once.
    #[default]
    Busy,
    /// More than either side serves without a queue.
    Full,
}

/// One side, read at the server's door; times in ms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AtDoor {
    /// From each token to the next.
    pub gap: Spread,
    /// The longest of these.
    pub gap_most: f64,
    /// From coming to the first token.
    pub first_token: Spread,
    /// From the first arrival to the last token.
    pub length: f64,
}

/// What stands beside the picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerFacts {
    /// The box: how many, which, format, software.
    pub gpus: u32,
    /// Which GPU.
    pub gpu: String,
    /// Format of its weights.
    pub format: String,
    /// Its software.
    pub engine: String,
    /// Requests per second.
    pub rate: f64,
    /// Requests.
    pub requests: u32,
    /// Prompt tokens in the mean.
    pub prompt: f64,
    /// Prompts that were cut to what the caches hold.
    pub cut: u32,
    /// Answer tokens of each.
    pub output: u32,
    /// Seed that is shown.
    pub seed: u64,
    /// How many were tried.
    pub seeds: u64,
    /// The box at its door.
    pub at_gpu: AtDoor,
    /// The system at its door.
    pub at_lpu: AtDoor,
    /// Prompts that the box read between two steps of others.
    pub inserted: u32,
    /// The system's slots.
    pub rota: Rota,
    /// What is random, and how.
    pub sources: Vec<SourceLine>,
}

/// Who is there at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Present {
    /// Came, and have no token yet: in the queue, or their prompt is being read.
    pub waiting: Vec<u32>,
    /// Have a token and expect more.
    pub writing: Vec<u32>,
    /// Tokens that have left so far.
    pub tokens: u32,
}

/// Both servers, run.
pub struct AtServer {
    /// The requests, in order of arrival.
    pub requests: Vec<Request>,
    /// The box.
    pub gpu: Served,
    /// The system.
    pub lpu: Rotation,
    facts: ServerFacts,
}

impl Crowding {
    /// All, from few to many.
    pub const ALL: [Crowding; 3] = [Crowding::Quiet, Crowding::Busy, Crowding::Full];

    /// Requests per second.
    fn rate(self) -> f64 {
        match self {
            Crowding::Quiet => 1.0,
            Crowding::Busy => 8.0,
            Crowding::Full => 64.0,
        }
    }
}

impl AtServer {
    /// The model of `graph` on eight GPUs, and in the slots of `rota`, whose caches hold `context` positions.
    ///
    /// Errors: a graph that the rival cannot read.
    pub fn of(graph: &Graph, rota: Rota, context: u32, crowding: Crowding) -> Result<Self, CaseError> {
        let mut load = Load { requests: REQUESTS, prompt: PROMPT, ..Load::llmperf(crowding.rate()) };
        let room = f64::from(context) - load.output;
        let middle = load.prompt + load.output / 2.0;
        let case = Case { format: FORMAT, context: middle as u32, ..Case::new(Gpu::h100(), Tensor::Eight) };
        let rival = Rival::new(graph, case)?;
        let pace = Pace::of(&rival, BATCH)?;
        let mut tried = Vec::new();
        for seed in 1..=SEEDS {
            let served = serve(&pace, &asked(&Load { seed, ..load.clone() }, room).0);
            // Times are positive: their bits have their order.
            tried.push((ApiJitter::read(&Client::at_door(&served)).first_token.mean.0.to_bits(), seed));
        }
        tried.order();
        load.seed = tried[tried.len() / 2].1;
        let (requests, cut) = asked(&load, room);
        let (gpu, lpu) = (serve(&pace, &requests), rota.serve(&requests));
        let inserted = gpu.log.iter().filter(|event| is_inserted(&gpu, event)).count();
        let facts = ServerFacts {
            gpus: rival.case().tensor.gpus(),
            gpu: rival.case().gpu.name.clone(),
            format: FORMAT.name().to_owned(),
            engine: rival.case().engine.name.clone(),
            rate: load.rate,
            requests: REQUESTS,
            prompt: load.prompt,
            cut,
            output: load.output as u32,
            seed: load.seed,
            seeds: SEEDS,
            at_gpu: at_door(&requests, &gpu.tokens),
            at_lpu: at_door(&requests, &lpu.tokens),
            inserted: inserted as u32,
            rota,
            sources: sources(&load, rival.case().seed),
        };
        Ok(AtServer { requests, gpu, lpu, facts })
    }

    /// What stands beside the picture.
    pub fn facts(&self) -> &ServerFacts {
        &self.facts
    }

    /// When the last token left the slower side.
    pub fn end(&self) -> At {
        self.gpu.end().latest(self.lpu.end())
    }

    /// Who is at the box.
    pub fn at_gpu(&self, at: At) -> Present {
        present(&self.requests, &self.gpu.tokens, at)
    }

    /// Who is at the system.
    pub fn at_lpu(&self, at: At) -> Present {
        present(&self.requests, &self.lpu.tokens, at)
    }
}

/// Requests of a load, no prompt longer than `room`, and how many were cut to it.
fn asked(load: &Load, room: f64) -> (Vec<Request>, u32) {
    let mut requests = load.requests();
    let mut cut = 0;
    for request in requests.iter_mut().filter(|request| room < request.prompt) {
        request.prompt = room;
        cut += 1;
    }
    (requests, cut)
}

/// Whether a prompt is read while somebody waits for his next token.
fn is_inserted(served: &Served, event: &ServerEvent) -> bool {
    matches!(event.doing, ServerDoing::Prefill { .. }) && !served.decoding(event.from).is_empty()
}

fn at_door(requests: &[Request], tokens: &[Vec<At>]) -> AtDoor {
    let client = Client { asked: requests.iter().map(|request| request.at).collect(), tokens: tokens.to_vec() };
    let jitter = ApiJitter::read(&client);
    let gaps = tokens.iter().flat_map(|tokens| tokens.windows(2)).map(|pair| pair[1] - pair[0]);
    let first = requests.first().map_or(At::START, |request| request.at);
    let last = tokens.iter().filter_map(|tokens| tokens.last()).fold(first, |latest, &at| latest.latest(at));
    AtDoor {
        gap: spread(&jitter.token_gap),
        gap_most: gaps.fold(Nanos::ZERO, Nanos::longest).millis(),
        first_token: spread(&jitter.first_token),
        length: (last - first).millis(),
    }
}

fn present(requests: &[Request], tokens: &[Vec<At>], at: At) -> Present {
    let mut present = Present::default();
    for (number, (request, tokens)) in (0u32..).zip(requests.iter().zip(tokens)) {
        let left = tokens.partition_point(|&token| token <= at) as u32;
        present.tokens += left;
        match (request.at <= at, left) {
            (true, 0) => present.waiting.push(number),
            (true, left) if left < request.output => present.writing.push(number),
            _ => {}
        }
    }
    present
}

/// What is random in the load and in the box; nothing is in the slots.
fn sources(load: &Load, seed_of_box: u64) -> Vec<SourceLine> {
    let of_load = [Source::Arrivals, Source::Prompt].into_iter().filter(|source| load.sources.has(*source));
    let of_box =
        [Source::Imbalance, Source::Refresh, Source::L2Side, Source::GapGraph, Source::AllReduce, Source::Silicon];
    of_load.map(|source| line(source, load.seed)).chain(of_box.map(|source| line(source, seed_of_box))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use import::Builtin;

    /// Slots as those of a system of 576 chips that was compiled.
    const ROTA: Rota = Rota { cycles: 1_741_891, apart: 33_498, slots: 52, users: 5, seats: 72, hertz: 900_000_000 };
    const CONTEXT: u32 = 512;

    fn both(crowding: Crowding) -> AtServer {
        let graph = Builtin::find("llama-2-70b").expect("a built-in shape").decode_step(CONTEXT);
        AtServer::of(&graph, ROTA, CONTEXT, crowding).expect("eight H100 hold it")
    }

    #[test]
    fn a_newcomers_prompt_delays_everybody_on_one_side_and_nobody_on_the_other() {
        let both = both(Crowding::Busy);
        let ServerFacts { at_gpu, at_lpu, inserted, .. } = both.facts();
        assert!(0 < *inserted && 2.0 * at_gpu.gap.p50 < at_gpu.gap_most, "{at_gpu:?}");
        let frame = ROTA.ns(ROTA.frame()) * 1e-6;
        assert!((at_lpu.gap_most - frame).abs() < 1e-6 && at_lpu.gap.variation < 1e-9, "{at_lpu:?}");
    }

    #[test]
    fn too_many_wait_at_the_door_of_whoever_has_fewer_places() {
        let [busy, full] = [Crowding::Busy, Crowding::Full].map(both);
        assert!(busy.facts().at_lpu.first_token.p50 < busy.facts().at_gpu.first_token.p50);
        assert!(full.facts().at_gpu.first_token.p50 < full.facts().at_lpu.first_token.p50, "here the GPU wins");
    }

    #[test]
    fn everybody_is_somewhere_and_gets_what_was_asked() {
        for crowding in Crowding::ALL {
            let both = both(crowding);
            let longest = f64::from(CONTEXT - both.facts().output);
            assert!(both.requests.iter().all(|request| request.prompt <= longest));
            let asked: u32 = both.requests.iter().map(|request| request.output).sum();
            for part in 0..=20 {
                let at = At(both.end().0 * f64::from(part) / 20.0);
                let come = both.requests.partition_point(|request| request.at <= at);
                for present in [both.at_gpu(at), both.at_lpu(at)] {
                    assert!(present.waiting.len() + present.writing.len() <= come && present.tokens <= asked);
                }
                assert!(both.at_lpu(at).writing.len() <= ROTA.users as usize);
            }
            let last = [both.at_gpu(both.end()), both.at_lpu(both.end())];
            assert!(last.iter().all(|present| present.tokens == asked && present.waiting.is_empty()));
        }
    }

    #[test]
    fn what_is_random_is_named_with_its_seed() {
        let both = both(Crowding::Quiet);
        let facts = both.facts();
        let seed = |source: Source| facts.sources.iter().find(|line| line.source == source).map(|line| line.seed);
        assert_eq!((seed(Source::Arrivals), seed(Source::Silicon)), (Some(facts.seed), Some(1)));
        assert_eq!((seed(Source::Output), seed(Source::Network)), (None, None), "what is fixed here is not listed");
    }
}

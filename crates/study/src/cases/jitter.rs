//! Two meters of jitter, side by side and never mixed: inside the fabric, and at the API.
//!
//! In: a contest; what was seen of the model on the chip.  Out: the fabric's spread of either side; the API's of two presets; a rush hour;
//!     how far the rival's model is from what was published.
//! Invariant: a figure of one meter has another type than one of the other; the LPU's fabric is read off verified tokens.
//! Method: steps of one box; LLMPerf's mix in front of the rival's pace at rising load.

use super::contest::Contest;
use super::error::CaseError;
use super::gates::{GateLine, lines};
use gpu::serve::{ApiJitter, Client, Load, Network, Pace, serve};
use gpu::{FabricJitter, Over};
use serde::{Deserialize, Serialize};
use units::{Standing, Text};

/// Steps that the fabric's meter reads.
const STEPS: u32 = 100;
/// Requests of a load.
const REQUESTS: u32 = 600;
/// Sequences at once.
const BATCH: u32 = 64;
/// Requests per second of the rush hour, rising.
const ARRIVALS: [f64; 6] = [0.05, 0.5, 1.0, 2.0, 4.0, 8.0];

/// How times spread, in ms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The median.
    pub p50: f64,
    /// 99 of 100 are at most this.
    pub p99: f64,
    /// Deviation over mean.
    pub variation: f64,
    /// How many.
    pub count: u64,
}

/// Read inside the box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FabricMeter {
    /// The machine.
    pub name: Text,
    /// Steps of one box at a fixed input, in ms.
    pub step: Spread,
    /// Share of a step that a GPU stands waiting for slower ones.
    pub waiting: f64,
    /// Seed.
    pub seed: u64,
}

/// Read on the chip: tokens of a verified program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LpuFabric {
    /// The model.
    pub model: String,
    /// Tokens that ran.
    pub tokens: u32,
    /// Cycles of each.
    pub cycles: u64,
    /// Longest less shortest, in cycles.
    pub spread: u64,
}

/// Read at the interface that users see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApiMeter {
    /// The service that the preset stands for.
    pub name: Text,
    /// Mean time per token of each request, after its first.
    pub per_request: Spread,
    /// From asking to the first token.
    pub first_token: Spread,
    /// The variation that was published for such a service.
    pub published: f64,
    /// How well it is known.
    pub standing: Standing,
    /// From where.
    pub source: String,
}

/// One load of the rush hour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rush {
    /// Requests per second.
    pub arrivals: f64,
    /// Tokens per second of the box.
    pub tokens_per_second: f64,
    /// From each token to the next.
    pub gap: Spread,
    /// From asking to the first token.
    pub first_token: Spread,
}

/// Both meters and the rush hour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Jitter {
    /// The rival's fabric.
    pub gpu: FabricMeter,
    /// The LPU's fabric, where a model is on it.
    pub lpu: Option<LpuFabric>,
    /// The API of either.
    pub api: Vec<ApiMeter>,
    /// The rival's box under load.
    pub rush: Vec<Rush>,
    /// The rival's model held against published figures: gates that are met, and those that are missed with the reason.
    pub gates: Vec<GateLine>,
}

pub(super) fn spread<M>(spread: &gpu::Spread<M>) -> Spread {
    Spread { p50: spread.p50.millis(), p99: spread.p99.millis(), variation: spread.variation, count: spread.count }
}

impl Contest {
    /// Reads both meters.
    ///
    /// Errors: a batch that does not fit the rival's memory.
    pub fn jitter(&self, lpu: Option<LpuFabric>) -> Result<Jitter, CaseError> {
        let read = FabricJitter::read(&self.rival, Over::Steps(STEPS));
        let gpu = FabricMeter {
            name: self.gpu_hardware().name,
            step: spread(&read.step),
            waiting: read.waiting,
            seed: self.case.seed,
        };
        let sheet = cost::Sheet::new(&self.book);
        let meter = |name: Text, id: &str, client: &Client| -> Result<ApiMeter, CaseError> {
            let jitter = ApiJitter::read(client);
            let record = sheet.input(id)?;
            Ok(ApiMeter {
                name,
                per_request: spread(&jitter.per_request),
                first_token: spread(&jitter.first_token),
                published: record.value,
                standing: record.standing,
                source: record.source,
            })
        };
        let (mut load, pace) = Load::rush_hour();
        load.requests = REQUESTS;
        let crowd = Client::behind(&Network::usual(load.seed), &serve(&pace, &load.requests()));
        let (mut load, pace, network) = Load::fixed_clock();
        load.requests = REQUESTS;
        let fixed = Client::behind(&network, &serve(&pace, &load.requests()));
        let api = vec![
            meter(
                Text::of("一家用 GPU 的服務（2024 年初）", "a service on GPUs, early 2024"),
                "record.spread_together",
                &crowd,
            )?,
            meter(Text::of("LPU 服務（2024 年初）", "the service on LPUs, early 2024"), "record.spread_groq", &fixed)?,
        ];
        Ok(Jitter { gpu, lpu, api, rush: self.rush()?, gates: lines()? })
    }

    fn rush(&self) -> Result<Vec<Rush>, CaseError> {
        let mut case = self.rival.case().clone();
        let mut batch = BATCH;
        // A box whose memory is small serves fewer at once.
        let pace = loop {
            case.batch = batch;
            match self.rival.with(case.clone()) {
                Ok(_) => break Pace::of(&self.rival, batch)?,
                Err(_) if 1 < batch => batch /= 2,
                Err(error) => return Err(error.into()),
            }
        };
        let one = |arrivals: f64| {
            let load = Load { requests: REQUESTS, seed: self.case.seed, ..Load::llmperf(arrivals) };
            let served = serve(&pace, &load.requests());
            let jitter = ApiJitter::read(&Client::at_door(&served));
            Rush {
                arrivals,
                tokens_per_second: served.rate(),
                gap: spread(&jitter.token_gap),
                first_token: spread(&jitter.first_token),
            }
        };
        Ok(ARRIVALS.into_iter().map(one).collect())
    }
}

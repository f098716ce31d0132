//! Gates: published figures that the model is held against, met or missed, each missed one with its reason.
//!
//! In: graphs of the models that were run.  Out: for each gate the published figure, the model's, how far off it may be and is.
//! Invariant: nothing is tuned to a gate but what stands in the constants' evidence; a gate that is missed says so wherever it is shown.
//! Method: the cases as published. Of the decode points of gpt-fast seven were fitted and three held out; the arithmetic share of both
//!     machines comes from the first tokens of 7B at 2048, the overhead of 2 of the software of 2023 from the one request on a DGX.
//!     The presets of two services were fitted to their own figures: these show that a mechanism is enough, not that it ran there.
//! Source: facts/gpu_and_economics.md section 6.5; gpt-fast README; TensorRT-LLM, docs/source/performance.md, v0.5; NVIDIA blog,
//!     Dec. 2023; clune.org, quoting Mazurek and Gabriel; vLLM pull requests 1440 and 2192; llmperf-leaderboard raw files.

use crate::case::{Case, Path};
use crate::engine::{AllReduce, Cache, Engine, Launch};
use crate::error::GpuError;
use crate::format::Format;
use crate::machine::{Gpu, Tensor};
use crate::published::{GPT_FAST, Role};
use crate::rival::Rival;
use crate::serve::{ApiJitter, Client, Load, serve};
use graph::Graph;
use units::Text;

/// Boxes over which a decode rate is averaged.
const BOXES: u32 = 16;
/// Seeds over which the rush hour is averaged.
const SEEDS: u64 = 5;
const LLMPERF: &str = "ray-project, llmperf-leaderboard, raw files of January 2024";
const TENSORRT: &str = "TensorRT-LLM, docs/source/performance.md, v0.5";

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Tokens per second of one user who decodes.
    Decode(Role),
    /// Milliseconds from a prompt to its first token.
    FirstToken {
        /// Tokens of the prompt.
        input: u32,
    },
    /// Seconds from the prompts of a batch to its last token.
    Seconds {
        /// Tokens of each prompt.
        input: u32,
        /// Tokens of each answer.
        output: u32,
    },
    /// Answer tokens of a batch over those seconds.
    Throughput {
        /// Tokens of each prompt.
        input: u32,
        /// Tokens of each answer.
        output: u32,
    },
    /// Time of a step launched kernel by kernel over that of a graph.
    EagerOverGraph,
}

/// A published figure of a model on a box.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// Its letter in section 6.5 of the facts; empty for what is beyond them.
    pub letter: &'static str,
    /// Name of the model among the built-in shapes.
    pub model: &'static str,
    /// The box, its software and load.
    pub case: Case,
    /// What was measured.
    pub measure: Measure,
    /// The figure.
    pub published: f64,
    /// How far off the model may be, in percent.
    pub percent: f64,
    /// Where the figure is printed.
    pub source: &'static str,
    /// Why it is missed, if it is.
    pub missed: Option<Text>,
}

/// How far off a figure may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Allowed {
    /// In percent of the published one.
    Percent(f64),
    /// In its own unit.
    Amount(f64),
}

/// A gate, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Letter of the gate.
    pub letter: &'static str,
    /// What was measured, where.
    pub what: Text,
    /// Unit of both figures.
    pub unit: &'static str,
    /// The published one.
    pub published: f64,
    /// The model's.
    pub found: f64,
    /// How far apart they may be.
    pub allowed: Allowed,
    /// Where it is printed.
    pub source: &'static str,
    /// Why it is missed, if it is known to be.
    pub missed: Option<Text>,
}

impl Reading {
    /// How far the model is off, in percent.
    pub fn off(&self) -> f64 {
        100.0 * (self.found / self.published - 1.0)
    }

    /// Whether the model is within what is allowed.
    pub fn is_met(&self) -> bool {
        match self.allowed {
            Allowed::Percent(percent) => self.off().abs() <= percent,
            Allowed::Amount(amount) => (self.found - self.published).abs() <= amount,
        }
    }
}

impl Gate {
    /// Reads the gate; `graph` is a decode step of its model.
    ///
    /// Errors: as `Rival::new`; no gate of this build has one with its own model.
    pub fn read(&self, graph: &Graph) -> Result<Reading, GpuError> {
        let case = &self.case;
        let found = match self.measure {
            Measure::Decode(_) => 1.0 / Rival::new(graph, case.clone())?.mean_of_boxes(BOXES).seconds(),
            Measure::FirstToken { input } => Rival::new(graph, case.clone())?.prefill(input).millis(),
            Measure::Seconds { input, output } => seconds(graph, case, input, output)?,
            Measure::Throughput { input, output } => {
                f64::from(case.batch * output) / seconds(graph, case, input, output)?
            }
            Measure::EagerOverGraph => {
                let mean = |launch: Launch| -> Result<f64, GpuError> {
                    let engine = Engine { launch, ..case.engine.clone() };
                    Ok(Rival::new(graph, Case { engine, ..case.clone() })?.mean(8).millis())
                };
                mean(Launch::Eager)? / mean(Launch::Graph)?
            }
        };
        let Gate { letter, published, percent, source, .. } = *self;
        let allowed = Allowed::Percent(percent);
        let missed = self.missed.clone();
        Ok(Reading { letter, what: self.what(), unit: self.unit(), published, found, allowed, source, missed })
    }

    fn unit(&self) -> &'static str {
        match self.measure {
            Measure::Decode(_) | Measure::Throughput { .. } => "tokens/s",
            Measure::FirstToken { .. } => "ms",
            Measure::Seconds { .. } => "s",
            Measure::EagerOverGraph => "x",
        }
    }

    fn what(&self) -> Text {
        let Case { gpu, tensor, format, batch, engine, .. } = &self.case;
        let place = format!("{} {} · {} × {} · {}", self.model, format.name(), tensor.gpus(), gpu.name, engine.name);
        let (zh, en) = match self.measure {
            Measure::Decode(Role::Fitted) => ("解碼；擬合時用過".to_owned(), "decoding; used in the fit".to_owned()),
            Measure::Decode(Role::HeldOut) => {
                ("解碼；擬合時保留不用".to_owned(), "decoding; held out of the fit".to_owned())
            }
            Measure::Decode(Role::Reported) => {
                ("解碼；其他格式，只回報".to_owned(), "decoding; another format, reported only".to_owned())
            }
            Measure::FirstToken { input } => {
                (format!("第一個 token，提示詞 {input}"), format!("first token of a prompt of {input}"))
            }
            Measure::Seconds { input, output } | Measure::Throughput { input, output } => {
                (format!("批次 {batch}，{input} 進 {output} 出"), format!("batch {batch}, {input} in, {output} out"))
            }
            Measure::EagerOverGraph => ("逐一啟動比 CUDA graph".to_owned(), "eager over CUDA graph".to_owned()),
        };
        Text::new(format!("{place}：{zh}"), format!("{place}: {en}"))
    }
}

/// Seconds from prompts of `input` tokens to the last of `output` new ones, for the batch of the case.
fn seconds(graph: &Graph, case: &Case, input: u32, output: u32) -> Result<f64, GpuError> {
    let rival = Rival::new(graph, Case { context: input + output / 2, ..case.clone() })?;
    Ok(rival.prefill(input).seconds() + f64::from(output - 1) * rival.mean(2).seconds())
}

/// All gates of a model on a box, in the order of the facts.
pub fn gates() -> Vec<Gate> {
    [decoding(), first_tokens(), batches(), single()].concat()
}

/// (a): eighteen points of gpt-fast, ten of them in bf16; three were held out.
fn decoding() -> Vec<Gate> {
    let gate = |point: crate::published::Point| Gate {
        letter: if point.role == Role::Reported { "" } else { "a" },
        model: point.model,
        case: point.case(Path::Fast),
        measure: Measure::Decode(point.role),
        published: point.rate,
        percent: if point.role == Role::Reported { 15.0 } else { 5.0 },
        source: "gpt-fast, README: 8 × A100-80 SXM, 330 W",
        missed: None,
    };
    GPT_FAST.map(gate).to_vec()
}

fn h100(tensor: Tensor, format: Format, engine: Engine) -> Case {
    Case { format, engine, ..Case::new(Gpu::h100(), tensor) }
}

/// bf16 caches, in the software of 2023, on A100.
fn a100(tensor: Tensor) -> Case {
    Case { engine: Engine { cache: Cache::Bf16, ..Engine::of_2023() }, ..Case::new(Gpu::a100(), tensor) }
}

/// (b): first tokens on both machines.
fn first_tokens() -> Vec<Gate> {
    let points = [
        ("Llama-2-7B", Tensor::One, 128, 7.0, 16.0),
        ("Llama-2-7B", Tensor::One, 2048, 36.0, 133.0),
        ("Llama-2-70B", Tensor::Four, 128, 26.0, 47.0),
        ("Llama-2-70B", Tensor::Four, 2048, 109.0, 377.0),
    ];
    let both = points.into_iter().flat_map(|(model, tensor, input, on_h100, on_a100)| {
        let gate = |case: Case, published: f64| Gate {
            letter: "b",
            model,
            case,
            measure: Measure::FirstToken { input },
            published,
            percent: 25.0,
            source: TENSORRT,
            missed: None,
        };
        [gate(h100(tensor, Format::Fp8, Engine::of_2023()), on_h100), gate(a100(tensor), on_a100)]
    });
    both.collect()
}

/// (b): whole batches in fp8 on H100.
fn batches() -> Vec<Gate> {
    let points = [
        ("Llama-2-70B", Tensor::Four, 64, (128, 128), 3317.0),
        ("Llama-2-70B", Tensor::Four, 64, (128, 2048), 2616.0),
        ("Llama-2-70B", Tensor::Four, 64, (2048, 128), 843.0),
        ("Llama-2-70B", Tensor::Four, 64, (2048, 2048), 1583.0),
        ("Llama-2-7B", Tensor::One, 64, (128, 128), 9193.0),
        ("Llama-2-7B", Tensor::One, 64, (128, 2048), 5367.0),
        ("Llama-2-7B", Tensor::One, 64, (2048, 128), 2058.0),
        ("Llama-2-7B", Tensor::One, 32, (2048, 2048), 2230.0),
    ];
    let gate = |(model, tensor, batch, (input, output), published): (&'static str, Tensor, u32, (u32, u32), f64)| {
        let is_missed = (tensor, input, output) == (Tensor::Four, 2048, 2048);
        Gate {
            letter: "b",
            model,
            case: Case { batch, ..h100(tensor, Format::Fp8, Engine::of_2023()) },
            measure: Measure::Throughput { input, output },
            published,
            percent: 25.0,
            source: TENSORRT,
            missed: is_missed.then_some(SHARED_HEADS),
        }
    };
    points.map(gate).to_vec()
}

const SHARED_HEADS: Text = Text::of(
    "模型太快。它讓共用一個 key head 的八個 query head 只讀一次快取；不共用的 7B 在同樣長度下相差不到 2 %。2023 年的軟體很可能每個 query head 都各讀一次。沒有為了通過而調整任何常數。",
    "The model is too fast. It reads each key head's cache once for the eight query heads that share it; 7B, whose heads share nothing, \
     is met within 2 % at the same lengths. Most likely the software of 2023 read the cache once per query head. Nothing was changed to \
     meet the figure.",
);

/// (c), and what was published of other software.
fn single() -> Vec<Gate> {
    let gate = |letter, model, case, measure, published, percent, source| Gate {
        letter,
        model,
        case,
        measure,
        published,
        percent,
        source,
        missed: None,
    };
    let mut all = vec![gate(
        "c",
        "Llama-2-70B",
        h100(Tensor::Eight, Format::Fp8, Engine::of_2023()),
        Measure::Seconds { input: 2048, output: 128 },
        1.7,
        15.0,
        "NVIDIA blog, Dec. 2023: Llama-2-70B on DGX H100, one request",
    )];
    for (batch, published) in [(1, 53.9), (2, 102.9), (4, 182.5), (8, 319.8)] {
        let case = Case { batch, ..h100(Tensor::Four, Format::Bf16, Engine::modern()) };
        let measure = Measure::Throughput { input: 2035, output: 300 };
        let source = "clune.org, quoting Mazurek and Gabriel";
        all.push(gate("", "Llama-2-70B", case, measure, published, 15.0, source));
    }
    for (all_reduce, published) in [(AllReduce::Nccl, 16.37), (AllReduce::Custom, 14.57)] {
        let engine = Engine { all_reduce, ..a100(Tensor::Four).engine };
        let case = Case { batch: 64, engine, ..a100(Tensor::Four) };
        let measure = Measure::Seconds { input: 256, output: 256 };
        all.push(gate("", "Llama-2-70B", case, measure, published, 25.0, "vLLM, pull request 2192, Dec. 2023"));
    }
    let case = Case { context: 100, ..Case::new(Gpu::a100(), Tensor::One) };
    let source = "vLLM, pull request 1440: 1.2 s to 1.05 s for 100 tokens";
    all.push(gate("", "Llama-2-7B", case, Measure::EagerOverGraph, 1.2 / 1.05, 10.0, source));
    all
}

/// (d): what the presets of two services give at the API, beside what was recorded there.
pub fn load_readings() -> Vec<Reading> {
    [rush_hour(), fixed_clock()].concat()
}

fn at_api(service: (&str, &str), figures: [(&str, &str, &'static str, f64, f64, Allowed); 3]) -> Vec<Reading> {
    let reading = |(zh, en, unit, published, found, allowed): (&str, &str, &'static str, f64, f64, Allowed)| Reading {
        letter: "d",
        what: Text::new(format!("{}：{zh}", service.0), format!("{}: {en}", service.1)),
        unit,
        published,
        found,
        allowed,
        source: LLMPERF,
        missed: None,
    };
    figures.map(reading).to_vec()
}

const GAP: (&str, &str) = ("請求的平均每 token 時間，中位數", "mean time per token of a request, median");
const VARIATION: (&str, &str) = ("同上，差異（標準差／平均）", "the same, deviation over mean");
const TAIL: (&str, &str) = ("同上，p99／p50", "the same, p99 over p50");

fn rush_hour() -> Vec<Reading> {
    let (load, pace) = Load::rush_hour();
    let mut means = [0.0; 3];
    for seed in 1..=SEEDS {
        let served = serve(&pace, &Load { seed, ..load.clone() }.requests());
        let requests = ApiJitter::read(&Client::at_door(&served)).per_request;
        let figures = [requests.p50.millis(), requests.variation, requests.tail()];
        means.iter_mut().zip(figures).for_each(|(mean, figure)| *mean += figure / SEEDS as f64);
    }
    let [gap, variation, tail] = means;
    at_api(
        ("尖峰預設（像 2024 年 1 月的 Together）", "rush hour, as Together in January 2024"),
        [
            (GAP.0, GAP.1, "ms", 11.49, gap, Allowed::Percent(10.0)),
            (VARIATION.0, VARIATION.1, "share", 0.132, variation, Allowed::Amount(0.03)),
            (TAIL.0, TAIL.1, "x", 1.58, tail, Allowed::Amount(0.15)),
        ],
    )
}

fn fixed_clock() -> Vec<Reading> {
    let (load, pace, network) = Load::fixed_clock();
    let far = ApiJitter::read(&Client::behind(&network, &serve(&pace, &load.requests())));
    let first = far.first_token;
    let mut readings = at_api(
        ("固定時脈預設（像 2024 年 1 月的 Groq）", "fixed clock, as Groq in January 2024"),
        [
            (GAP.0, GAP.1, "ms", 3.74, far.per_request.p50.millis(), Allowed::Percent(10.0)),
            (VARIATION.0, VARIATION.1, "share", 0.079, far.per_request.variation, Allowed::Amount(0.03)),
            (
                "第一個 token，差異",
                "first token, deviation over mean",
                "share",
                0.2,
                first.variation,
                Allowed::Amount(0.05),
            ),
        ],
    );
    readings.push(Reading {
        what: Text::of(
            "固定時脈預設（像 2024 年 1 月的 Groq）：第一個 token，中位數",
            "fixed clock, as Groq in January 2024: first token, median",
        ),
        unit: "s",
        published: 0.22,
        found: first.p50.seconds(),
        allowed: Allowed::Percent(10.0),
        missed: Some(Text::of(
            "模型太快。四個參數只對三個數字擬合；客戶端與晶片之間還有什麼，沒有公開資料，也沒有建模。",
            "The model is too fast. Four parameters were fitted to three figures; what else stands between client and chip is not published, \
             and not modelled.",
        )),
        ..readings[0].clone()
    });
    readings
}

//! The same demand on two networks of the same cables: one that is planned, one that decides as it goes.
//!
//! In: a judged fleet, a seed, a number of runs.  Out: for each of its collectives and each load of others, how long it takes on either,
//!     and how late the others are.
//! Invariant: our figure is counted on judged programs and is one number, whatever the load; the rival has the same cables, words and
//!     crossings, its words are there at least as early, and its ends take no time; who ties, and where, stands beside who wins.
//! Method: `gpu::net` for the rival, run after run: minimal, UGAL, and minimal where ours have the right of way, as a network with
//!     classes of traffic gives it to one of them; `planned` for the same traffic in slots. The others' messages go from neighbour to
//!     neighbour, equally many on all cables: no detour can make a cable less busy than it is, which is the kindest load for minimal.

mod demand;
mod planned;

pub use demand::Demand;
pub use gpu::net::{Precedence, Routing};

use crate::cases::{CaseError, Rests};
use crate::fleet::Fleet;
use arch::Chip;
use gpu::constants::net;
use gpu::net::{Chances, Load, Network, Outcome, Times, Trial};
use planned::Crowd;
use serde::{Deserialize, Serialize};
use units::{Order, Standing, Text};

/// Loads in per cent of what each cable can carry.
pub const LOADS: [u32; 10] = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90];
/// What is tried at each load.
pub const WAYS: [(Routing, Precedence); 3] =
    [(Routing::Minimal, Precedence::None), (Routing::Ugal, Precedence::None), (Routing::Minimal, Precedence::Ours)];
/// Runs of each load unless asked otherwise.
pub const RUNS: u32 = 6;
/// Words that a cable could carry while the others have it to themselves, before ours start.
const WORDS_BEFORE: u64 = 250;
/// What counts as equally long: one part in so many.
const TIE: f64 = 50.0;

/// What is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tries {
    /// Loads in per cent, below 100.
    pub loads: Vec<u32>,
    /// Seed of everything random.
    pub seed: u64,
    /// Runs of each load, at least 1.
    pub runs: u32,
}

/// How numbers spread: cycles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// The least.
    pub least: u64,
    /// The median.
    pub median: u64,
    /// 99 of 100 are at most this.
    pub p99: u64,
    /// The greatest.
    pub most: u64,
    /// Their mean.
    pub mean: f64,
}

/// Compared with our plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The median is more than two per cent shorter.
    Quicker,
    /// Every run is within two per cent.
    Ties,
    /// The median is within two per cent, but not every run.
    TiesInTheMedian,
    /// The median is longer.
    Slower,
}

/// One way of routing at one load.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Adaptive {
    /// Which.
    pub routing: Routing,
    /// Whether ours go first.
    pub precedence: Precedence,
    /// Cycles of our demand, over the runs that came to an end.
    pub makespan: Spread,
    /// Against our plan.
    pub verdict: Verdict,
    /// Share of our words that went by another router.
    pub detours: f64,
    /// Cycles that the others' words were late.
    pub others_late: Spread,
    /// Runs that did not come to an end.
    pub given_up: u32,
}

/// One load.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What others ask for, in per cent of what each cable can carry.
    pub load: u32,
    /// By `WAYS`.
    pub adaptive: Vec<Adaptive>,
    /// Cycles that the others' words are late where all is planned and ours keep their slots.
    pub planned_others_late: Spread,
}

/// One demand.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// What it is.
    pub name: Text,
    /// Chips that might take part, and their topology.
    pub chips: u16,
    /// Its name.
    pub topology: String,
    /// Words that are brought.
    pub words: usize,
    /// Cycles that our program takes, at any load.
    pub planned: u64,
    /// By load.
    pub rows: Vec<Row>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoutingAnswer {
    /// The model.
    pub model: String,
    /// Seed and runs.
    pub seed: u64,
    /// Runs of each load.
    pub runs: u32,
    /// What cables and routers take.
    pub times: Times,
    /// Words for which a router has room, for each cable and class.
    pub room: u32,
    /// Words of the others' messages on average.
    pub message: u32,
    /// By demand.
    pub demands: Vec<Compared>,
    /// How well the figures above are known.
    pub standings: Vec<Rests>,
}

impl Fleet {
    /// What a layer's sum and the carries of this fleet are as demands.
    pub fn demands(&self) -> Vec<Demand> {
        demand::of(self.system().chip(), self.topology(), self.system().system())
    }

    /// Brings them over the same cables by adaptive routes, at every load.
    ///
    /// Errors: cables that do not join all chips of a demand.
    pub fn routing(&self, tries: &Tries) -> Result<RoutingAnswer, CaseError> {
        let chip = self.system().chip();
        let demands: Result<Vec<Compared>, CaseError> =
            self.demands().iter().map(|demand| compared(chip, demand, tries)).collect();
        Ok(RoutingAnswer {
            model: self.model().to_owned(),
            seed: tries.seed,
            runs: tries.runs,
            times: times(chip),
            room: net::BUFFER.default as u32,
            message: net::MESSAGE.default as u32,
            demands: demands?,
            standings: standings(),
        })
    }
}

/// What the figures rest on.
fn standings() -> Vec<Rests> {
    let source = Text::of(
        "我們的週期數出自驗證過的程式；另一邊是帶種子的模型，路由器的延遲、緩衝區與別人的訊息長度是假設",
        "our cycles are those of judged programs; the other side is a seeded model, whose router, buffers and messages of others are assumed",
    );
    let parts = ["seed", "runs", "times", "room", "message", "demands"];
    parts.map(|part| Rests::on(part, Standing::Assumed, source.clone())).to_vec()
}

/// What the chip's cables take, for either network.
fn times(chip: &Chip) -> Times {
    let latency = &chip.latency;
    Times {
        word: latency.link_vector.into(),
        crossing: latency.link_crossing().0,
        credit: latency.link_flight.into(),
        router: (net::ROUTER.default * chip.clock.0 as f64 * 1e-9).round() as u64,
    }
}

/// Brings one demand over the same cables by adaptive routes, at every load.
///
/// Errors: cables that do not join all its chips.
pub fn compared(chip: &Chip, demand: &Demand, tries: &Tries) -> Result<Compared, CaseError> {
    let times = times(chip);
    let network = Network::new(demand.chips, demand.cables.clone())?;
    let rows = tries.loads.iter().map(|&load| row(demand, &network, (times, tries), load)).collect();
    Ok(Compared {
        name: demand.name.clone(),
        chips: demand.chips,
        topology: demand.topology.clone(),
        words: demand.words.len(),
        planned: demand.cycles,
        rows,
    })
}

fn row(demand: &Demand, network: &Network, (times, tries): (Times, &Tries), percent: u32) -> Row {
    let load = Load { share: f64::from(percent) / 100.0, words: net::MESSAGE.default as u32 };
    let before = if percent == 0 { 0 } else { WORDS_BEFORE * times.word };
    let crowd = |run: u32| Crowd { load, before, seed: tries.seed, run };
    let trial = |(routing, precedence): (Routing, Precedence)| Trial {
        network,
        words: &demand.words,
        routing,
        precedence,
        times,
        room: net::BUFFER.default as u32,
        load,
        before,
        window: demand.cycles,
        chances: Chances::all(),
        seed: tries.seed,
    };
    let adaptive = WAYS.map(|way| adaptive(&trial(way), demand, tries.runs));
    let late = (0..tries.runs).flat_map(|run| planned::others_late(demand, times, crowd(run)));
    Row { load: percent, adaptive: adaptive.into(), planned_others_late: Spread::of(late.map(u64::from).collect()) }
}

fn adaptive(trial: &Trial, demand: &Demand, runs: u32) -> Adaptive {
    let outcomes: Vec<Outcome> = (0..runs).filter_map(|run| trial.run(run)).collect();
    let makespan = Spread::of(outcomes.iter().map(|outcome| outcome.makespan.0).collect());
    let sent = outcomes.len() * demand.words.len();
    let detours: u32 = outcomes.iter().map(|outcome| outcome.detours).sum();
    Adaptive {
        routing: trial.routing,
        precedence: trial.precedence,
        makespan,
        verdict: Verdict::of(&makespan, demand.cycles),
        detours: f64::from(detours) / sent.max(1) as f64,
        others_late: Spread::of(outcomes.iter().flat_map(|outcome| &outcome.late).map(|late| (*late).into()).collect()),
        given_up: runs - outcomes.len() as u32,
    }
}

impl Verdict {
    fn of(makespan: &Spread, ours: u64) -> Self {
        let ours = ours as f64;
        let (low, high) = (ours - ours / TIE, ours + ours / TIE);
        let within = |cycles: u64| low <= cycles as f64 && cycles as f64 <= high;
        match () {
            () if (makespan.median as f64) < low => Verdict::Quicker,
            () if within(makespan.least) && within(makespan.most) => Verdict::Ties,
            () if within(makespan.median) => Verdict::TiesInTheMedian,
            () => Verdict::Slower,
        }
    }
}

impl Spread {
    /// The spread of `numbers`; zeros where there are none.
    fn of(mut numbers: Vec<u64>) -> Self {
        numbers.order();
        let rank = |percent: usize| {
            let rank = (numbers.len() * percent).div_ceil(100).max(1);
            numbers.get(rank - 1).copied().unwrap_or(0)
        };
        let sum: u64 = numbers.iter().sum();
        let mean = sum as f64 / numbers.len().max(1) as f64;
        Spread { least: rank(0), median: rank(50), p99: rank(99), most: rank(100), mean }
    }
}

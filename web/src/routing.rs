//! The same vectors over the same cables of a fleet: in our slots, and routed as they go, load by load.
//!
//! In: what the fleet's worker found at one load after the other.  Out: questions to it; rows, ties counted; texts.
//! Invariant: our time is counted on judged programs; where the other network is as quick, or quicker, that stands there.
//! Method: `study::routing` on the worker, a load at a time, so that somebody who has seen enough can go on. Seed and runs are those of
//!     `greenwave study MODEL --chips N --routing`, and so are the figures.

use crate::fleet::{Fleet, Wanted};
use crate::i18n::{Lang, texts};
use frame::{Text, grouped};
use serde::{Deserialize, Serialize};
use study::routing::{Adaptive, Compared, LOADS, Tries, Verdict};

/// Seed of everything random, as on the command line.
const SEED: u64 = 1;

/// What is tried at a load.
pub fn tries(load: u32) -> Tries {
    Tries { loads: vec![load], seed: SEED, runs: study::routing::RUNS }
}

/// One way of routing at one load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// Cycles of our demand: the median over the runs that came to an end.
    pub median: u64,
    /// The most.
    pub most: u64,
    /// Cycles that the others' words were late, on average.
    pub others_late: f64,
    /// Against our plan; nothing where a run did not come to an end.
    pub verdict: Option<Verdict>,
}

impl Tried {
    fn of(adaptive: &Adaptive) -> Self {
        Tried {
            median: adaptive.makespan.median,
            most: adaptive.makespan.most,
            others_late: adaptive.others_late.mean,
            verdict: (adaptive.given_up == 0).then_some(adaptive.verdict),
        }
    }

    /// Whether every run ties.
    pub fn ties(&self) -> bool {
        self.verdict == Some(Verdict::Ties)
    }
}

/// One demand at one load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Demand {
    /// What it is.
    pub name: Text,
    /// Vectors that are brought.
    pub words: u32,
    /// Chips that might take part.
    pub chips: u16,
    /// Cycles that our program takes, at any load.
    pub planned: u64,
    /// By way: minimal, UGAL, minimal with the right of way.
    pub tried: Vec<Tried>,
    /// Cycles that the others' words are late where all is planned, on average.
    pub others_late: f64,
}

impl Demand {
    /// That of a comparison at one load.
    pub fn of(compared: &Compared) -> Option<Self> {
        let row = compared.rows.first()?;
        Some(Demand {
            name: compared.name.clone(),
            words: compared.words as u32,
            chips: compared.chips,
            planned: compared.planned,
            tried: row.adaptive.iter().map(Tried::of).collect(),
            others_late: row.planned_others_late.mean,
        })
    }
}

/// What was found at one load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The model and the chips.
    pub of: (String, u32),
    /// What others ask for, in per cent of what each cable can carry.
    pub load: u32,
    /// By demand.
    pub demands: Vec<Demand>,
}

impl Row {
    /// Whether it is about this fleet.
    pub fn is_of(&self, wanted: &Wanted) -> bool {
        (&self.of.0, self.of.1) == (&wanted.model, wanted.chips)
    }
}

impl Fleet {
    /// The rows of the fleet that is shown.
    pub fn rows(&self) -> &[Row] {
        let Some(wanted) = &self.wanted else { return &[] };
        if self.rows.first().is_some_and(|row| row.is_of(wanted)) { &self.rows } else { &[] }
    }

    /// The load that is to be tried next.
    pub fn next_load(&self) -> Option<u32> {
        LOADS.get(self.rows().len()).copied()
    }
}

/// Of the rows of a demand, at how many loads a way ties.
pub fn ties(rows: &[Row], demand: usize, way: usize) -> usize {
    let tried = rows.iter().filter_map(|row| row.demands.get(demand)?.tried.get(way));
    tried.filter(|tried| tried.ties()).count()
}

texts! {
    holds: "每顆晶片裝什麼", "what each chip holds";
    compare: "換成自適應路由", "adaptive routing instead";
    title: "同樣的向量，同樣的線", "The same vectors over the same cables";
    what: "左邊是我們的時槽，編譯時就排好。右邊的網路邊走邊決定：有佇列，佇列長就繞路。別人的車也在線上；負載是別人占掉每條線的百分之幾。網路模型的種子是 1，每個負載跑 6 次，表裡是中位數。", "Ours are slots, settled when the program was compiled. The other network decides as it goes: it has queues, and goes round where they are long. Others are on the cables too; the load says how much of each cable they ask for. The network is a model, seed 1, six runs of each load; the table has the medians.";
    load: "負載", "load";
    ours: "我們", "ours";
    minimal: "最短", "minimal";
    ugal: "UGAL（會繞路）", "UGAL";
    first: "最短，有優先權", "minimal, ours first";
    legend: "＝ 每次都和我們差不到 2 %（平手）；≈ 只有中位數平手；＜ 比我們快", "＝ every run within 2 % of ours (a tie); ≈ only the median ties; ＜ quicker than ours";
    plot: "一次傳送的週期對負載", "cycles of the transfer against the load";
    no_end: "沒走完", "no end";
}

/// Sentences with numbers.
impl Lang {
    /// `2 912 vectors, 8 chips; ours take 1 736 cycles at any load.`
    pub fn routing_demand(self, demand: &Demand) -> String {
        let (words, planned) = (grouped(demand.words.into()), grouped(demand.planned));
        let chips = self.chips(demand.chips);
        match self {
            Lang::Zh => format!("{words} 個向量，{chips}；我們用 {planned} 個週期，和負載無關。"),
            Lang::En => format!("{words} vectors, {chips}; ours take {planned} cycles at any load."),
        }
    }

    /// At how many loads the ways tie.
    pub fn routing_ties(self, ties: [usize; 3], loads: usize) -> String {
        let [minimal, ugal, first] = ties;
        let is_all = first == loads;
        match self {
            Lang::Zh => {
                let first = if is_all { "每個負載都打平".to_owned() } else { format!("{first} 個打平") };
                format!(
                    "試了 {loads} 個負載：最短路由 {minimal} 個打平，UGAL {ugal} 個；只要讓我們的向量先走，{first}。"
                )
            }
            Lang::En => {
                let first = if is_all { "it ties at every load".to_owned() } else { format!("it ties at {first}") };
                format!(
                    "Of {loads} loads tried, minimal routing ties at {minimal} and UGAL at {ugal}; where our vectors have the right of way, {first}."
                )
            }
        }
    }

    /// Who pays for going first.
    pub fn routing_late(self, load: u32, demand: &Demand) -> String {
        let first = demand.tried.last().map_or(0.0, |tried| tried.others_late);
        let planned = demand.others_late;
        match self {
            Lang::Zh => format!(
                "別人的向量為此多等：負載 {load} % 時，有優先權平均 {first:.0} 個週期，全部排好平均 {planned:.0} 個。"
            ),
            Lang::En => format!(
                "The others' vectors wait for that: at a load of {load} % by {first:.0} cycles on average with the right of way, by {planned:.0} where all is planned."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{Ask, Beside, Report, Request};
    use crate::protocol::PROTOCOL;
    use crate::state::{Action, Effect, State};

    #[test]
    fn every_text_is_there_in_both_languages() {
        crate::i18n::expect_both(PAIRS);
    }

    fn row(load: u32, verdict: Verdict) -> Row {
        let tried = |verdict| Tried { median: 1_700, most: 1_720, others_late: 9.0, verdict: Some(verdict) };
        let tried = vec![tried(verdict), tried(Verdict::TiesInTheMedian), tried(Verdict::Ties)];
        let name = Text::same("a sum");
        let demand = Demand { name, words: 52, chips: 8, planned: 1_736, tried, others_late: 8.0 };
        Row { of: ("llama-2-70b".to_owned(), 576), load, demands: vec![demand] }
    }

    #[test]
    fn loads_are_tried_one_after_the_other_while_somebody_looks() {
        let address = "#v=traffic&fleet=llama-2-70b.576&fb=routing";
        let mut state = State::open(&crate::link::parse(address), Lang::En);
        let wanted = state.fleet.wanted.clone().expect("it is in the address");
        assert_eq!(wanted.beside, Beside::Routing);
        state.ask_fleet();
        let said = |report| Action::Fleet(Ask::Said(Some(report)));
        state.reduce(said(Report::Hello { protocol: PROTOCOL }));
        let shown = crate::fleet::tests::shown(&wanted);
        let asked = state.reduce(said(Report::Shown(Box::new(shown))));
        let route = |load| Effect::AskFleet(Request::Route(wanted.clone(), load));
        assert_eq!(asked, [route(LOADS[0])]);
        // While one load is being tried no other is asked for; then the next one is, until all are there.
        assert_eq!(state.ask_fleet(), []);
        for (index, load) in LOADS.into_iter().enumerate() {
            let verdict = if index == 0 { Verdict::Ties } else { Verdict::Slower };
            let next = state.reduce(said(Report::Routed(Box::new(row(load, verdict)))));
            assert_eq!(next, LOADS.get(index + 1).map(|load| route(*load)).into_iter().collect::<Vec<_>>());
        }
        assert_eq!([0, 1, 2].map(|way| ties(state.fleet.rows(), 0, way)), [1, 0, LOADS.len()]);
        let sentence = Lang::En.routing_ties([1, 0, LOADS.len()], LOADS.len());
        assert!(sentence.ends_with("it ties at every load."), "{sentence}");
        // Of another fleet nothing is known.
        state.reduce(Action::Fleet(Ask::Open(Some(("llama-2-70b".to_owned(), 512)))));
        assert_eq!((state.fleet.rows().len(), state.fleet.next_load()), (0, Some(LOADS[0])));
    }
}

//! The ways of an operator's values over the streams, read off the schedule.
//!
//! In: a timeline, the parts that the operator consists of.  Out: who leaves where and when, and where and when he is met.
//! Invariant: a way is a value of the schedule from its driver to the last that samples it; nothing is replayed.
//! Method: moments closer together than the rows of a chip see every value, since each is on the chip for as long.

use crate::selection::{IssueId, ValueId};
use crate::timeline::{Live, Stretch, Timeline};
use arch::{Direction, Station};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::Order;

/// A value's way; cycles after the operator's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Number of its stream.
    pub stream: u8,
    /// Which way that flows.
    pub flow: Direction,
    /// Cycle in which it leaves.
    pub departs: u32,
    /// Cycle in which the last party takes it.
    pub arrives: u32,
    /// Delay at which it starts.
    pub from: u32,
    /// Delay at which it is taken last; as `from` where nobody does.
    pub to: u32,
}

/// The ways of an operator's values on one chip.
#[derive(Clone, Debug, PartialEq)]
pub struct Routed {
    /// Delays at which stations are passed, west to east: flowing east, and flowing west.
    pub stations: [Vec<u32>; 2],
    /// The ways, in order of departure.
    pub ways: Vec<Way>,
    /// What stands beside the picture.
    pub facts: RoutedFacts,
}

/// What stands beside the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutedFacts {
    /// Clock of the chip in Hz.
    pub hertz: u64,
    /// Cycles from the first departure to the last arrival.
    pub cycles: u64,
    /// Values on their way.
    pub ways: u64,
    /// Values that nobody takes.
    pub unmet: u64,
    /// Bytes of all values.
    pub bytes: u64,
    /// Streams of both directions.
    pub streams: u32,
    /// Most streams that carry something at once.
    pub busiest: u32,
}

impl RoutedFacts {
    /// Nanoseconds of so many cycles.
    pub fn ns(&self, cycles: f64) -> f64 {
        cycles * 1e9 / self.hertz.max(1) as f64
    }

    /// From the first departure to the last arrival, in ns.
    pub fn length(&self) -> f64 {
        self.ns(self.cycles as f64)
    }
}

/// The ways of the values that `parts` drive in the first stretch that has them; `None` where the schedule has none.
pub fn routed(timeline: &Timeline, parts: &[&str]) -> Option<Routed> {
    let (first, last) = timeline.stretches().iter().find_map(|stretch| window(timeline, stretch, parts))?;
    // A value is on the chip for as many cycles as there are rows, at least.
    let step = timeline.chip().superlanes.max(2) - 1;
    let mut ours: BTreeMap<(u32, u32), bool> = BTreeMap::new();
    let mut seen: BTreeMap<ValueId, Live> = BTreeMap::new();
    for cycle in (first..last + 2 * u64::from(step)).step_by(step as usize) {
        for live in timeline.live(cycle) {
            let id = live.id.issue;
            if *ours.entry((id.queue, id.entry)).or_insert_with(|| is_part(timeline, id, parts)) {
                seen.insert(live.id, live);
            }
        }
    }
    let start = seen.values().map(Live::departed).min()?;
    let mut ways: Vec<Way> = seen.values().map(|live| way(live, start)).collect();
    ways.order_by_key(|way: &Way| (way.departs, way.stream));
    let geometry = timeline.geometry();
    let passed = |flow| (0..geometry.stations()).map(|place| geometry.arrive(flow, Station(place))).collect();
    let facts = RoutedFacts {
        hertz: timeline.chip().clock.0,
        cycles: ways.iter().map(|way| u64::from(way.arrives)).max().unwrap_or(0),
        ways: ways.len() as u64,
        unmet: seen.values().filter(|live| live.wanted.is_none()).count() as u64,
        bytes: ways.len() as u64 * u64::from(timeline.chip().lanes()),
        streams: 2 * u32::from(timeline.chip().streams),
        busiest: busiest(&ways),
    };
    Some(Routed { stations: [passed(Direction::East), passed(Direction::West)], ways, facts })
}

/// First and last cycle in which a stretch dispatches for the parts.
fn window(timeline: &Timeline, stretch: &Stretch, parts: &[&str]) -> Option<(u64, u64)> {
    let runs = timeline.runs(stretch.start, stretch.end).into_iter().filter(|run| is_part(timeline, run.id, parts));
    runs.map(|run| (run.first, run.last)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

fn is_part(timeline: &Timeline, id: IssueId, parts: &[&str]) -> bool {
    let label = timeline.issue(id).and_then(|issue| issue.label);
    label.is_some_and(|label| parts.contains(&label.part.as_str()))
}

fn way(live: &Live, start: i64) -> Way {
    let to = live.wanted.unwrap_or(live.from);
    let at = |delay: u32| (live.diagonal + i64::from(delay) - start) as u32;
    let stream = live.id.stream;
    Way { stream: stream.number, flow: stream.direction, departs: at(live.from), arrives: at(to), from: live.from, to }
}

/// Most streams that carry something in the same cycle.
fn busiest(ways: &[Way]) -> u32 {
    let last = ways.iter().map(|way| way.arrives).max().unwrap_or(0) as usize;
    let mut carried = vec![[0u64; 2]; last + 1];
    for way in ways {
        for streams in &mut carried[way.departs as usize..=way.arrives as usize] {
            streams[usize::from(way.flow == Direction::West)] |= 1 << (way.stream % 64);
        }
    }
    carried.iter().map(|streams| streams[0].count_ones() + streams[1].count_ones()).max().unwrap_or(0)
}

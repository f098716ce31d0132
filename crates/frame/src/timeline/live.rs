//! Which values are on which streams, and where.
//!
//! In: a cycle.  Out: every value that is on the chip in any superlane in that cycle, its way so far and to come, and who listens.
//! Invariant: for superlane 0 exactly the cells that the simulator has: a value is heard from its driver to the edge of the chip, or to
//!     the next driver of its cell downstream. Superlane k sees the same k cycles later.
//! Method: `diagonal = cycle - delay` is constant along a value's way; the dispatches of a window that can matter are collected, sorted by
//!     cell (stream, diagonal) and place along the flow, and each drive ends where the next of its cell begins.

use super::flow::{Drives, drives, samples};
use super::track::Place;
use super::{Issue, Timeline, Track};
use crate::selection::{IssueId, ValueId};
use arch::{Direction, Geometry, Station, StreamId};
use units::Order;

/// A value on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// Which value.
    pub id: ValueId,
    /// Station that drove it.
    pub driver: Station,
    /// `cycle - delay`, constant along its way.
    pub diagonal: i64,
    /// Delay at which it starts: that of its driver.
    pub from: u32,
    /// Delay from which on it is no longer heard: overwritten, or off the chip.
    pub until: u32,
    /// Delay of the last station that samples it; `None` when nobody does.
    pub wanted: Option<u32>,
}

/// Someone who samples a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Listener<'a> {
    /// The dispatch that samples it.
    pub issue: Issue<'a>,
    /// Which of the streams that it samples, in the order in which it names them.
    pub operand: u8,
}

/// A drive or a sample of a cell, in the order in which they are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Touch {
    stream: u8,
    diagonal: i64,
    /// Three times the place along the flow; plus 1 for a drive, plus 2 for a sample that hears its own station.
    rank: u16,
    /// Index into the window's drives, or `usize::MAX` for a sample.
    drive: usize,
}

#[derive(Clone, Copy)]
struct Driven {
    id: ValueId,
    station: Station,
}

impl Live {
    /// Cycle in which it leaves its driver in superlane 0.
    pub fn departed(&self) -> i64 {
        self.diagonal + i64::from(self.from)
    }

    /// How far it is in a superlane in `cycle`: a delay, if it is on the chip there.
    pub fn delay(&self, cycle: u64, superlane: u32) -> Option<u32> {
        let delay = u32::try_from(cycle as i64 - self.diagonal - i64::from(superlane)).ok()?;
        (self.from <= delay && delay < self.until).then_some(delay)
    }
}

impl Timeline {
    /// Every value that is on the chip in `cycle` in at least one superlane, sorted by stream, diagonal and place along the flow.
    pub fn live(&self, cycle: u64) -> Vec<Live> {
        let superlanes = i64::from(self.chip.superlanes) - 1;
        let now = cycle as i64;
        let window = Window::new(self, cycle, None);
        let is_here = |live: &Live| {
            now - live.diagonal - superlanes < i64::from(live.until) && i64::from(live.from) <= now - live.diagonal
        };
        window.values(self).into_iter().filter(is_here).collect()
    }

    /// The value that a unit at `station` would sample from `stream` in `cycle` in superlane 0.
    pub fn value_at(&self, stream: StreamId, station: Station, cycle: u64) -> Option<Live> {
        if self.chip.streams <= stream.number || self.geometry.stations() <= station.0 {
            return None;
        }
        let arrive = self.geometry.arrive(stream.direction, station);
        let diagonal = cycle as i64 - i64::from(arrive);
        let heard = |live: &Live| {
            live.id.stream == stream
                && live.diagonal == diagonal
                && self.geometry.travel(stream.direction, live.driver, station).is_some()
        };
        let values = Window::new(self, cycle, Some(stream)).values(self);
        values.into_iter().rfind(heard)
    }

    /// The value itself, wherever it is; `None` when the dispatch drives no such stream.
    pub fn value(&self, id: ValueId) -> Option<Live> {
        let issue = self.issue(id.issue)?;
        let drives = drives(&self.chip, issue.queue, issue.instruction())?;
        let departs = issue.cycle + u64::from(drives.after);
        Window::new(self, departs, Some(id.stream)).values(self).into_iter().find(|live| live.id == id)
    }

    /// The value that a dispatch drives first; `None` when it drives none.
    pub fn driven(&self, id: IssueId) -> Option<ValueId> {
        Some(ValueId { issue: id, stream: self.streams_driven(&self.issue(id)?)?.0 })
    }

    /// The first stream that a dispatch drives, and how many from there on.
    pub(crate) fn streams_driven(&self, issue: &Issue) -> Option<(StreamId, u8)> {
        let drives = drives(&self.chip, issue.queue, issue.instruction())?;
        Some((drives.first, drives.count))
    }

    /// Who samples a value, in order of cycles.
    pub fn listeners(&self, live: &Live) -> Vec<Listener<'_>> {
        let direction = live.id.stream.direction;
        let edge = edge(&self.geometry, direction);
        let from = (live.diagonal + i64::from(live.from)).max(0) as u64;
        let to = (live.diagonal + i64::from(edge) + 1).max(0) as u64;
        let mut listeners = Vec::new();
        for instance in self.instances_between(from, to) {
            let start = self.stretches[instance].start;
            for track in self.tracks(instance) {
                let arrive = i64::from(self.geometry.arrive(direction, track.station));
                let Some(local) = (live.diagonal + arrive - start as i64).try_into().ok() else { continue };
                let Some(place) = track.at(local) else { continue };
                let issue = self.describe(instance, track, place);
                let mut operand = 0;
                samples(track.queue, issue.instruction(), |stream| {
                    if stream == live.id.stream && self.hears(live, track.station) {
                        listeners.push(Listener { issue, operand });
                    }
                    operand += 1;
                });
            }
        }
        listeners.order_by_key(|listener| (listener.issue.cycle, listener.issue.queue));
        listeners
    }

    /// Whether a sample at `station` takes this value and not that of a later driver of its cell.
    fn hears(&self, live: &Live, station: Station) -> bool {
        let arrive = self.geometry.arrive(live.id.stream.direction, station);
        let cycle = u64::try_from(live.diagonal + i64::from(arrive));
        cycle.is_ok_and(|cycle| self.value_at(live.id.stream, station, cycle).is_some_and(|other| other.id == live.id))
    }
}

/// Delay of the last station along the flow.
fn edge(geometry: &Geometry, direction: Direction) -> u32 {
    let last = match direction {
        Direction::East => Station(geometry.stations() - 1),
        Direction::West => Station(0),
    };
    geometry.arrive(direction, last)
}

/// Drives and samples that can matter for what is on the chip in a cycle.
struct Window {
    /// The only stream of interest, if there is one.
    only: Option<StreamId>,
    touches: Vec<Touch>,
    drives: Vec<Driven>,
}

impl Window {
    fn new(timeline: &Timeline, cycle: u64, only: Option<StreamId>) -> Self {
        let chip = &timeline.chip;
        let latency = &chip.latency;
        let way = edge(&timeline.geometry, Direction::East).max(edge(&timeline.geometry, Direction::West));
        let way = u64::from(way);
        let after = [
            latency.mem_read,
            latency.mem_gather,
            latency.sxm_distribute,
            latency.sxm_transpose,
            latency.sxm_permute,
            latency.mxm_accumulate,
            latency.vxm_entry + latency.vxm_alu,
        ];
        let longest = u64::from(after.into_iter().max().unwrap_or(0));
        let superlanes = u64::from(chip.superlanes);
        let mut window = Window { only, touches: Vec::new(), drives: Vec::new() };
        let from = cycle.saturating_sub(way + superlanes + longest);
        let to = cycle + way + 1;
        for instance in timeline.instances_between(from, to) {
            let start = timeline.stretches[instance].start;
            for track in timeline.tracks(instance) {
                let (from, to) = (from.saturating_sub(start), to - start);
                for burst in track.bursts_between(from, to) {
                    window.burst(timeline, instance, track, burst, (from, to));
                }
            }
        }
        window.touches.order();
        window
    }

    /// Notes the touches of one burst in the local cycles `from .. to`.
    fn burst(&mut self, timeline: &Timeline, instance: usize, track: &Track, burst: usize, window: (u64, u64)) {
        let instruction = &track.bursts[burst].instruction;
        let driven = drives(&timeline.chip, track.queue, instruction);
        let geometry = &timeline.geometry;
        let start = timeline.stretches[instance].start;
        let interval = u64::from(track.bursts[burst].interval.max(1));
        let first = window.0.saturating_sub(track.starts[burst]).div_ceil(interval);
        let count = u64::from(track.bursts[burst].count);
        let end = (window.1 - track.starts[burst]).div_ceil(interval).min(count);
        let mut sampled = Vec::new();
        samples(track.queue, instruction, |stream| sampled.push(stream));
        if let Some(only) = self.only {
            sampled.retain(|stream| *stream == only);
            if sampled.is_empty() && !driven.is_some_and(|drives| drives.includes(only)) {
                return;
            }
        }
        for iteration in first..end {
            let cycle = track.starts[burst] + iteration * interval;
            let place = Place { burst, iteration: iteration as u32, cycle };
            let now = (start + cycle) as i64;
            if let Some(drives) = driven {
                self.drive(timeline, instance, track, place, drives);
            }
            for stream in &sampled {
                let hears_itself = geometry.travel(stream.direction, track.station, track.station).is_some();
                let diagonal = now - i64::from(geometry.arrive(stream.direction, track.station));
                let rank = 3 * rank(geometry, stream.direction, track.station) + if hears_itself { 2 } else { 0 };
                self.touches.push(Touch { stream: stream.index() as u8, diagonal, rank, drive: usize::MAX });
            }
        }
    }

    fn drive(&mut self, timeline: &Timeline, instance: usize, track: &Track, place: Place, drives: Drives) {
        let geometry = &timeline.geometry;
        let direction = drives.first.direction;
        let departs = timeline.stretches[instance].start + place.cycle + u64::from(drives.after);
        let diagonal = departs as i64 - i64::from(geometry.depart(direction, track.station));
        let issue = IssueId {
            instance: instance as u32,
            queue: track.number,
            entry: track.entries[place.burst],
            iteration: place.iteration,
        };
        for byte in 0..drives.count {
            let number = drives.first.number.wrapping_add(byte);
            let stream = StreamId::new(direction, number);
            if timeline.chip.streams <= number || self.only.is_some_and(|only| only != stream) {
                continue;
            }
            let rank = 3 * rank(geometry, direction, track.station) + 1;
            let drive = self.drives.len();
            self.touches.push(Touch { stream: stream.index() as u8, diagonal, rank, drive });
            self.drives.push(Driven { id: ValueId { issue, stream }, station: track.station });
        }
    }

    /// Every value of the window with its way.
    fn values(&self, timeline: &Timeline) -> Vec<Live> {
        let geometry = &timeline.geometry;
        let mut values: Vec<Live> = Vec::with_capacity(self.drives.len());
        // The cell of the value pushed last, while it may still get listeners.
        let mut open: Option<(u8, i64)> = None;
        for touch in &self.touches {
            let cell = (touch.stream, touch.diagonal);
            if touch.drive == usize::MAX {
                if let (true, Some(last)) = (open == Some(cell), values.last_mut()) {
                    let direction = last.id.stream.direction;
                    last.wanted = Some(geometry.arrive(direction, station(geometry, direction, touch.rank / 3)));
                }
                continue;
            }
            let Driven { id, station } = self.drives[touch.drive];
            let direction = id.stream.direction;
            let from = geometry.depart(direction, station);
            if let (true, Some(last)) = (open == Some(cell), values.last_mut()) {
                last.until = last.until.min(from);
            }
            open = Some(cell);
            let until = edge(geometry, direction) + 1;
            values.push(Live { id, driver: station, diagonal: touch.diagonal, from, until, wanted: None });
        }
        values
    }
}

/// Place of a station along the flow, 0 upstream.
fn rank(geometry: &Geometry, direction: Direction, station: Station) -> u16 {
    let last = geometry.stations() - 1;
    u16::from(match direction {
        Direction::East => station.0,
        Direction::West => last - station.0,
    })
}

fn station(geometry: &Geometry, direction: Direction, rank: u16) -> Station {
    let last = geometry.stations() - 1;
    let rank = u8::try_from(rank).map_or(last, |rank| rank.min(last));
    match direction {
        Direction::East => Station(rank),
        Direction::West => Station(last - rank),
    }
}

//! The next and the previous cycle in which something happens.
//!
//! In: a cycle, a direction, what is watched.  Out: the nearest cycle, strictly beyond the given one, in which a watched thing happens.
//! Invariant: between the given cycle and the answer nothing that is watched happens.
//! Method: per queue a binary search in the instance of the cycle, then the instances beyond until one answers.

use super::flow::drives;
use super::track::{Place, Track};
use super::{Timeline, flow};
use crate::selection::Selection;
use arch::{Queue, StreamId, Unit};
use program::Instruction;
use serde::{Deserialize, Serialize};

/// Which way in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Direction {
    /// Later.
    Forward,
    /// Earlier.
    Backward,
}

/// What counts as an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Watch {
    /// Any dispatch.
    Everything,
    /// Dispatches of one unit.
    Unit(Unit),
    /// What touches the selection: dispatches of a queue; loads, installs and activations of a plane; reads and writes of a slice's
    /// word; departures onto a stream; departure and uses of a value; dispatches of an instruction's queue.
    Selection(Selection),
}

impl Timeline {
    /// The nearest cycle beyond `cycle` in which something watched happens; `None` when nothing does until the token's end (or start).
    pub fn next_event(&self, cycle: u64, watch: Watch, direction: Direction) -> Option<u64> {
        if let Watch::Selection(Selection::Value(id)) = watch {
            return self.value_event(id, cycle, direction);
        }
        if let Watch::Selection(Selection::Issue(id)) = watch {
            let queue = self.issue(id)?.queue;
            return self.next_event(cycle, Watch::Selection(Selection::Queue(queue)), direction);
        }
        let beyond = |found: &u64| match direction {
            Direction::Forward => cycle < *found,
            Direction::Backward => *found < cycle,
        };
        match direction {
            Direction::Forward => {
                let first = self.instance_at(cycle)?;
                (first..self.stretches.len()).find_map(|instance| {
                    self.tracks(instance).iter().filter_map(|track| self.later(instance, track, cycle, watch)).min()
                })
            }
            Direction::Backward => {
                let last = self.instance_at(cycle)?;
                (0..=last).rev().find_map(|instance| {
                    self.tracks(instance).iter().filter_map(|track| self.earlier(instance, track, cycle, watch)).max()
                })
            }
        }
        .filter(beyond)
    }

    /// The first cycle after `cycle` in which a burst begins.
    pub(crate) fn next_start(&self, cycle: u64) -> Option<u64> {
        let first = self.instance_at(cycle)?;
        (first..self.stretches.len()).find_map(|instance| {
            let start = self.stretches[instance].start;
            let next = |track: &Track| {
                let after = track.starts.partition_point(|&local| start + local <= cycle);
                track.starts.get(after).map(|local| start + local)
            };
            self.tracks(instance).iter().filter_map(next).min()
        })
    }

    fn later(&self, instance: usize, track: &Track, cycle: u64, watch: Watch) -> Option<u64> {
        self.may_touch(track, watch)?;
        let start = self.stretches[instance].start;
        let mut place = track.first_from((cycle + 1).saturating_sub(start))?;
        while !self.touches(instance, track, place, watch) {
            let skip = if self.is_uniform(watch) { self.next_burst(track, place) } else { track.after(place) };
            place = skip?;
        }
        Some(start + place.cycle)
    }

    fn earlier(&self, instance: usize, track: &Track, cycle: u64, watch: Watch) -> Option<u64> {
        self.may_touch(track, watch)?;
        let start = self.stretches[instance].start;
        let mut place = track.last_before(cycle.saturating_sub(start))?;
        while !self.touches(instance, track, place, watch) {
            let before = if self.is_uniform(watch) { track.starts[place.burst] } else { place.cycle };
            place = track.last_before(before)?;
        }
        Some(start + place.cycle)
    }

    fn next_burst(&self, track: &Track, place: Place) -> Option<Place> {
        track.issue(place.burst + 1, 0)
    }

    /// Whether all iterations of a burst touch what is watched, or none.
    fn is_uniform(&self, watch: Watch) -> bool {
        !matches!(watch, Watch::Selection(Selection::Sram { .. }))
    }

    /// `None` for queues that never touch what is watched.
    fn may_touch(&self, track: &Track, watch: Watch) -> Option<()> {
        let may = match watch {
            Watch::Everything => true,
            Watch::Unit(unit) => track.queue.unit() == unit,
            Watch::Selection(Selection::Queue(queue)) => track.queue == queue,
            Watch::Selection(Selection::Plane { hemisphere, plane }) => [
                Queue::MxmWeights(hemisphere, plane),
                Queue::MxmActivate(hemisphere, plane),
                Queue::MxmAccumulate(hemisphere, plane),
            ]
            .contains(&track.queue),
            Watch::Selection(Selection::Sram { slice, .. }) => {
                [Queue::MemRead(slice), Queue::MemWrite(slice)].contains(&track.queue)
            }
            Watch::Selection(Selection::Stream { stream, .. }) => flow::hemisphere(track.queue)
                .is_none_or(|half| matches!(track.queue, Queue::MemRead(_)) || half.inward() == stream.direction),
            // All chips do the same in the same cycles.
            Watch::Selection(Selection::Chip(_)) => true,
            Watch::Selection(Selection::Value(_) | Selection::Flight(_) | Selection::Issue(_)) => false,
        };
        may.then_some(())
    }

    fn touches(&self, instance: usize, track: &Track, place: Place, watch: Watch) -> bool {
        match watch {
            Watch::Selection(Selection::Sram { address, .. }) => {
                let instruction = &track.bursts[place.burst].instruction;
                let bases = &self.executable.instances[instance].bases;
                match instruction {
                    Instruction::Read { address: word, .. } | Instruction::Write { address: word, .. } => {
                        word.word(bases, place.iteration) == Some(i64::from(address))
                    }
                    _ => true,
                }
            }
            Watch::Selection(Selection::Stream { stream, .. }) => self.drives_stream(track, place, stream),
            _ => true,
        }
    }

    fn drives_stream(&self, track: &Track, place: Place, stream: StreamId) -> bool {
        let drives = drives(&self.chip, track.queue, &track.bursts[place.burst].instruction);
        drives.is_some_and(|drives| drives.includes(stream))
    }

    /// The dispatch, the departure and the uses of a value are its events.
    fn value_event(&self, id: crate::selection::ValueId, cycle: u64, direction: Direction) -> Option<u64> {
        let live = self.value(id)?;
        let mut events: Vec<u64> = self.listeners(&live).iter().map(|listener| listener.issue.cycle).collect();
        events.extend(u64::try_from(live.departed()).ok());
        events.push(self.issue(id.issue)?.cycle);
        match direction {
            Direction::Forward => events.into_iter().filter(|event| cycle < *event).min(),
            Direction::Backward => events.into_iter().filter(|event| *event < cycle).max(),
        }
    }
}

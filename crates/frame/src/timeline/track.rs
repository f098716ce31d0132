//! One queue of a template as parallel arrays, sorted by time.
//!
//! In: the entries of a queue.  Out: the bursts with their starts; which of them issues in a cycle; the next and the previous issue.
//! Invariant: starts rise strictly and bursts do not overlap, because each begins where the entries before it end.
//! Method: binary search for the last burst that starts at or before a cycle.

use arch::{Queue, Station};
use program::{Burst, Entry, TemplateWitness};

/// An issue within a template: which burst and which iteration, and the cycle after the template's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) burst: usize,
    pub(crate) iteration: u32,
    pub(crate) cycle: u64,
}

/// A queue's bursts, one array per field.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    pub(crate) queue: Queue,
    /// Place in `Template::queues`.
    pub(crate) number: u32,
    pub(crate) station: Station,
    pub(crate) starts: Vec<u64>,
    pub(crate) bursts: Vec<Burst>,
    /// Place of each burst in the queue's entries.
    pub(crate) entries: Vec<u32>,
    /// Place of each burst's label in the template's labels; `u16::MAX` where the witness is silent.
    pub(crate) labels: Vec<u16>,
    /// Dispatches before each burst.
    before: Vec<u64>,
    dispatches: u64,
}

impl Track {
    pub(crate) fn new(
        queue: Queue,
        number: u32,
        station: Station,
        entries: &[Entry],
        claims: Option<&TemplateWitness>,
    ) -> Self {
        let mut track = Track {
            queue,
            number,
            station,
            starts: Vec::new(),
            bursts: Vec::new(),
            entries: Vec::new(),
            labels: Vec::new(),
            before: Vec::new(),
            dispatches: 0,
        };
        let mut cycle = 0;
        for (index, entry) in entries.iter().enumerate() {
            if let Entry::Issue(burst) = entry {
                track.starts.push(cycle);
                track.bursts.push(*burst);
                track.entries.push(index as u32);
                track.labels.push(label(claims, number, index as u32));
                track.before.push(track.dispatches);
                track.dispatches += u64::from(burst.count);
            }
            cycle += entry.length().0;
        }
        track
    }

    fn place(&self, burst: usize, iteration: u32) -> Place {
        let cycle = self.starts[burst] + u64::from(iteration) * u64::from(self.bursts[burst].interval);
        Place { burst, iteration, cycle }
    }

    /// What is issued in `cycle`.
    pub(crate) fn at(&self, cycle: u64) -> Option<Place> {
        self.first_from(cycle).filter(|place| place.cycle == cycle)
    }

    /// The first issue in `cycle` or later.
    pub(crate) fn first_from(&self, cycle: u64) -> Option<Place> {
        let after = self.starts.partition_point(|&start| start < cycle);
        if let Some(burst) = after.checked_sub(1) {
            let interval = u64::from(self.bursts[burst].interval.max(1));
            let iteration = (cycle - self.starts[burst]).div_ceil(interval);
            if iteration < u64::from(self.bursts[burst].count) {
                return Some(self.place(burst, iteration as u32));
            }
        }
        (after < self.starts.len()).then(|| self.place(after, 0))
    }

    /// The last issue before `cycle`.
    pub(crate) fn last_before(&self, cycle: u64) -> Option<Place> {
        let burst = self.starts.partition_point(|&start| start < cycle).checked_sub(1)?;
        let interval = u64::from(self.bursts[burst].interval.max(1));
        let iteration = (cycle - 1 - self.starts[burst]) / interval;
        let last = self.bursts[burst].count.saturating_sub(1);
        Some(self.place(burst, last.min(u32::try_from(iteration).unwrap_or(last))))
    }

    /// The issue after `place`.
    pub(crate) fn after(&self, place: Place) -> Option<Place> {
        if place.iteration + 1 < self.bursts[place.burst].count {
            return Some(self.place(place.burst, place.iteration + 1));
        }
        (place.burst + 1 < self.starts.len()).then(|| self.place(place.burst + 1, 0))
    }

    /// Issues in `from .. to`, in order.
    pub(crate) fn between(&self, from: u64, to: u64) -> impl Iterator<Item = Place> + '_ {
        let first = self.first_from(from);
        std::iter::successors(first, |place| self.after(*place)).take_while(move |place| place.cycle < to)
    }

    /// Bursts that issue in `from .. to`, by their places in the arrays, which rise.
    pub(crate) fn bursts_between(&self, from: u64, to: u64) -> std::ops::Range<usize> {
        let end = self.starts.partition_point(|&start| start < to);
        let started = self.starts.partition_point(|&start| start < from);
        let runs_on = started.checked_sub(1).filter(|&burst| from <= self.last_cycle(burst));
        runs_on.unwrap_or(started).min(end)..end
    }

    /// Cycle of a burst's last issue.
    pub(crate) fn last_cycle(&self, burst: usize) -> u64 {
        self.starts[burst] + self.bursts[burst].length().0.saturating_sub(1)
    }

    /// Issues before `cycle`.
    pub(crate) fn count_before(&self, cycle: u64) -> u64 {
        match self.last_before(cycle) {
            Some(place) => self.before[place.burst] + u64::from(place.iteration) + 1,
            None => 0,
        }
    }

    /// The place of the burst that stands at `entry` of the queue.
    pub(crate) fn burst_at(&self, entry: u32) -> Option<usize> {
        self.entries.binary_search(&entry).ok()
    }

    /// Iteration of a burst as a place.
    pub(crate) fn issue(&self, burst: usize, iteration: u32) -> Option<Place> {
        (iteration < self.bursts.get(burst)?.count).then(|| self.place(burst, iteration))
    }
}

/// The label that the witness gives to an entry.
fn label(claims: Option<&TemplateWitness>, queue: u32, entry: u32) -> u16 {
    let Some(claims) = claims else { return u16::MAX };
    let found = claims.entries.binary_search_by_key(&(queue, entry), |claim| (claim.queue, claim.entry));
    found.map_or(u16::MAX, |index| claims.entries[index].label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arch::{Hemisphere, SliceId};
    use program::Instruction;

    fn track() -> Track {
        let burst = |count, interval| Entry::Issue(Burst { instruction: Instruction::Install, count, interval });
        let entries = [Entry::Nop(3), burst(3, 4), Entry::Nop(2), burst(1, 1), burst(2, 1)];
        let slice = SliceId { hemisphere: Hemisphere::East, number: 0 };
        Track::new(Queue::MemRead(slice), 0, Station(14), &entries, None)
    }

    #[test]
    fn seeking_agrees_with_walking() {
        let track = track();
        let walked: Vec<u64> = track.between(0, 100).map(|place| place.cycle).collect();
        assert_eq!(walked, [3, 7, 11, 14, 15, 16]);
        for cycle in 0..20 {
            assert_eq!(track.at(cycle).is_some(), walked.contains(&cycle));
            let next = walked.iter().copied().find(|&other| cycle <= other);
            assert_eq!(track.first_from(cycle).map(|place| place.cycle), next);
            let last = walked.iter().rev().copied().find(|&other| other < cycle);
            assert_eq!(track.last_before(cycle).map(|place| place.cycle), last);
            assert_eq!(track.count_before(cycle), walked.iter().filter(|&&other| other < cycle).count() as u64);
        }
    }

    #[test]
    fn bursts_of_a_window_are_those_that_issue_in_it() {
        let track = track();
        assert_eq!(track.bursts_between(0, 3), 0..0);
        assert_eq!(track.bursts_between(8, 14), 0..1);
        assert_eq!(track.bursts_between(12, 14), 1..1);
        assert_eq!(track.bursts_between(12, 16), 1..3);
    }
}

//! The instructions of one instance as a list.
//!
//! In: an instance, perhaps a part of the model.  Out: its bursts in order of cycles.
//! Invariant: each burst of the instance stands in the list exactly once.

use super::{Issue, Place, Timeline};
use arch::{Queue, Unit};
use units::Order;

/// A burst of an instance, by its first dispatch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Listed<'a> {
    /// Its first dispatch.
    pub issue: Issue<'a>,
    /// Cycle of its last dispatch.
    pub last: u64,
}

impl Listed<'_> {
    /// The unit that executes it.
    pub fn unit(&self) -> Unit {
        self.issue.queue.unit()
    }

    /// Key of the part of the model it belongs to, as far as the witness names one.
    pub fn part(&self) -> Option<&str> {
        self.issue.label.map(|label| label.part.as_str())
    }
}

impl Timeline {
    /// The bursts of an instance by cycle and queue; none for an instance that the token does not have.
    pub fn listing(&self, instance: usize) -> Vec<Listed<'_>> {
        let Some(stretch) = self.stretches.get(instance) else { return Vec::new() };
        let mut listed = Vec::new();
        for track in self.tracks(instance) {
            for burst in 0..track.bursts.len() {
                let place = Place { burst, iteration: 0, cycle: track.starts[burst] };
                let last = stretch.start + track.last_cycle(burst);
                listed.push(Listed { issue: self.describe(instance, track, place), last });
            }
        }
        listed.order_by_key(|one| (one.issue.cycle, one.issue.queue));
        listed
    }

    /// Dispatches of a queue between each two of the borders, which rise.
    pub fn counts_between(&self, queue: Queue, borders: &[u64]) -> Vec<u64> {
        let mut before = borders.first().map_or(0, |&cycle| self.count_of(queue, cycle));
        let mut counts = Vec::with_capacity(borders.len().saturating_sub(1));
        for pair in borders.windows(2) {
            let first = self.instance_at(pair[0]);
            let after = match (first, self.instance_at(pair[1])) {
                // Within one instance the difference is that of its own queue.
                (Some(instance), Some(last)) if instance == last => {
                    let start = self.stretches[instance].start;
                    let within = |cycle: u64| {
                        self.track_of(instance, queue).map_or(0, |track| track.count_before(cycle - start))
                    };
                    before + within(pair[1]) - within(pair[0])
                }
                _ => self.count_of(queue, pair[1]),
            };
            counts.push(after - before);
            before = after;
        }
        counts
    }

    /// Dispatches of a queue before `cycle`.
    fn count_of(&self, queue: Queue, cycle: u64) -> u64 {
        let Some(last) = self.instance_at(cycle) else { return 0 };
        let count = |instance: usize| {
            let local = cycle - self.stretches[instance].start;
            self.track_of(instance, queue).map_or(0, |track| track.count_before(local))
        };
        (0..=last).map(count).sum()
    }
}

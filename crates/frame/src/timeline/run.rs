//! Bursts that are under way in a stretch of time.
//!
//! In: a first cycle and an end.  Out: per burst its first and last issue in absolute cycles, and the interval between issues.
//! Invariant: every issue in the stretch belongs to exactly one run.

use super::Timeline;
use crate::selection::IssueId;
use arch::Queue;
use program::Instruction;

/// A burst that issues in a stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BurstRun {
    /// Its queue.
    pub queue: Queue,
    /// Its first dispatch.
    pub id: IssueId,
    /// What it issues.
    pub instruction: Instruction,
    /// Cycle of its first issue, which may lie before the stretch.
    pub first: u64,
    /// Cycle of its last issue, which may lie after the stretch.
    pub last: u64,
    /// Cycles between issues.
    pub interval: u64,
    /// The stretch.
    from: u64,
    to: u64,
    /// First issue of the queue after this burst.
    following: u64,
}

impl BurstRun {
    /// Its issues in the stretch.
    pub fn cycles(&self) -> impl Iterator<Item = u64> + use<> {
        let skipped = self.from.saturating_sub(self.first).div_ceil(self.interval);
        let (start, interval, last, to) = (self.first + skipped * self.interval, self.interval, self.last, self.to);
        (0..).map(move |index| start + index * interval).take_while(move |cycle| *cycle <= last && *cycle < to)
    }

    /// Whether the queue then rests for a few cycles.
    pub(crate) fn is_last_of_queue(&self, cycle: u64) -> bool {
        let next = if cycle < self.last { cycle + self.interval } else { self.following };
        cycle + 3 < next
    }
}

impl Timeline {
    /// Bursts that issue in `from .. to`, by instance and queue.
    pub fn runs(&self, from: u64, to: u64) -> Vec<BurstRun> {
        let mut runs = Vec::new();
        for instance in self.instances_between(from, to) {
            let start = self.stretches[instance].start;
            for track in self.tracks(instance) {
                for burst in track.bursts_between(from.saturating_sub(start), to - start) {
                    let id = IssueId {
                        instance: instance as u32,
                        queue: track.number,
                        entry: track.entries[burst],
                        iteration: 0,
                    };
                    runs.push(BurstRun {
                        queue: track.queue,
                        id,
                        instruction: track.bursts[burst].instruction,
                        first: start + track.starts[burst],
                        last: start + track.last_cycle(burst),
                        interval: u64::from(track.bursts[burst].interval.max(1)),
                        from,
                        to,
                        following: track.starts.get(burst + 1).map_or(u64::MAX, |next| start + next),
                    });
                }
            }
        }
        runs
    }
}

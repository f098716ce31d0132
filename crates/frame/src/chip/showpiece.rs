//! The value that the opening picture follows.
//!
//! In: a cycle.  Out: a value that is worth following then: a word of weights with a long way to the matrix unit, if there is one.
//! Invariant: within a window of cycles the answer is the same, so that the eye can follow one value to its end.
//! Method: time is cut into windows; a window's value is the first one read in it, among those with the longest way.

use crate::selection::ValueId;
use crate::timeline::Timeline;
use arch::{Queue, StreamId};
use program::{Instruction, LabelKind};

/// Cycles of a window: a way across half a chip, the climb through the superlanes, and a moment to see it arrive.
const WINDOW: u64 = 48;
/// Reads of the first cycles of a window are candidates.
const CHOICE: u64 = 8;

pub(crate) fn showpiece(timeline: &Timeline, cycle: u64) -> Option<ValueId> {
    let start = cycle / WINDOW * WINDOW;
    let geometry = timeline.geometry();
    let mut best: Option<((bool, u32, u64), ValueId)> = None;
    for run in timeline.runs(start, start + CHOICE) {
        let (Queue::MemRead(slice), Instruction::Read { to, .. }) = (run.queue, run.instruction) else { continue };
        let Some(cycle) = run.cycles().next() else { continue };
        let id = ValueId { issue: nth(timeline, &run, cycle), stream: to };
        let is_weight = timeline
            .issue(id.issue)
            .and_then(|issue| issue.label)
            .is_some_and(|label| label.kind == LabelKind::Weights);
        let way = way(geometry, to, geometry.slice(slice));
        let rank = (is_weight, way, start + CHOICE - cycle);
        if best.as_ref().is_none_or(|(other, _)| *other < rank)
            && timeline.value(id).is_some_and(|live| live.wanted.is_some())
        {
            best = Some((rank, id));
        }
    }
    best.map(|(_, id)| id)
}

fn nth(timeline: &Timeline, run: &crate::timeline::BurstRun, cycle: u64) -> crate::IssueId {
    debug_assert!(cycle <= timeline.length());
    crate::IssueId { iteration: ((cycle - run.first) / run.interval) as u32, ..run.id }
}

/// Cycles to the edge of the chip.
fn way(geometry: &arch::Geometry, stream: StreamId, from: arch::Station) -> u32 {
    crate::timeline::edge(geometry, stream.direction).saturating_sub(geometry.depart(stream.direction, from))
}

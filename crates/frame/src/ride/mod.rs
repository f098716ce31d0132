//! Ride along: one byte from memory to the logit, meeting by meeting.
//!
//! In: a timeline, a token, where the byte is at first, its lane.  Out: every meeting on its way, in order of time.
//! Invariant: each meeting is a dispatch of the verified schedule that takes this byte's lane where and when it is; the last one writes a
//!     word of the logits. The same index as the spotlight's says who meets it.
//! Method: the nearest meeting first; where that way ends before the logits, the next nearest: a search in depth that visits no byte
//!     twice.

mod follow;
mod lanes;
mod text;

use crate::lang::Text;
use crate::selection::{Cursor, IssueId, Selection};
use crate::timeline::{Issue, Timeline};
use follow::{Byte, Deed, Follower, Place, Step, carrier};
use program::WORD_BYTES;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Meetings that are looked at before the search gives up.
const LOOKED_MOST: usize = 100_000;

/// One meeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Cycle of the dispatch.
    pub cycle: u64,
    /// Which dispatch.
    pub issue: IssueId,
    /// On which chip.
    pub on: u16,
    /// The byte's lane when it comes.
    pub lane: u16,
    /// What brings it there, to be kept in sight on the way.
    pub carrier: Selection,
    /// Layer of the model.
    pub layer: Option<u32>,
    /// What happens, as a sentence.
    pub says: Text,
}

/// The way of the byte in `lane` of a word or a value to a logit; nothing where there is none, as for a byte that the token never reads.
/// Words are followed from the token's first cycle on.
pub fn ride(timeline: &Timeline, token: u32, start: Selection, lane: u16) -> Vec<Stop> {
    let (place, since) = match start {
        Selection::Sram { slice, address } => (Place::Word { slice, address }, 0),
        Selection::Value(id) => match timeline.issue(id.issue) {
            Some(issue) => (Place::Stream(id), issue.cycle),
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    if WORD_BYTES <= usize::from(lane) {
        return Vec::new();
    }
    let follower = Follower { timeline, token };
    let byte = Byte { on: 0, lane, place, since };
    let way = search(&follower, byte);
    let mut stops: Vec<Stop> = Vec::new();
    if let (Selection::Value(id), false) = (start, way.is_empty()) {
        stops.extend(timeline.issue(id.issue).map(|issue| stop(timeline, &byte, &issue, Deed::SetOut)));
    }
    let mut before = byte;
    let mut rest = way.as_slice();
    while let Some(step) = rest.first() {
        // From its streams to its streams the vector unit is one meeting, however many of its ALUs take part.
        let inside = rest.iter().skip(1).take_while(|next| is_inside(next)).count();
        let together = &rest[..=inside];
        stops.push(stop(timeline, &before, &step.issue, step.deed));
        if step.deed == Deed::Compute
            && let Some(stop) = stops.last_mut()
        {
            stop.says = text::computes(together);
        }
        before = together[inside].after;
        rest = &rest[together.len()..];
    }
    if let (Some(last), Place::Word { slice, address }) = (stops.last_mut(), before.place) {
        last.says = text::arrival(timeline, &before, slice, address);
    }
    stops
}

/// Whether a step takes its operand from another ALU, never from a stream.
fn is_inside(step: &Step) -> bool {
    step.deed == Deed::Compute && step.from_alu
}

/// The first way to a word of the logits, nearest meetings first.
fn search<'a>(follower: &Follower<'a>, byte: Byte) -> Vec<Step<'a>> {
    let mut seen = BTreeSet::new();
    // What is still to be tried, per meeting of the way.
    let mut open = vec![follower.steps(byte).into_iter()];
    let mut way: Vec<Step<'a>> = Vec::new();
    while let (Some(steps), true) = (open.last_mut(), seen.len() < LOOKED_MOST) {
        let Some(step) = steps.next() else {
            open.pop();
            way.pop();
            continue;
        };
        if !seen.insert(step.after) {
            continue;
        }
        way.push(step);
        if is_logit(follower.timeline, &step.after) {
            return way;
        }
        open.push(follower.steps(step.after).into_iter());
    }
    Vec::new()
}

/// Whether the byte lies in a word that the host reads.
fn is_logit(timeline: &Timeline, byte: &Byte) -> bool {
    let Place::Word { slice, address } = byte.place else { return false };
    let is_it = |field: &program::OutputField| {
        field.chip == byte.on && field.address == address && field.slices.contains(&slice)
    };
    timeline.executable().outputs.iter().any(is_it)
}

fn stop(timeline: &Timeline, before: &Byte, issue: &Issue, deed: Deed) -> Stop {
    let carrier = carrier(before);
    let says = text::sentence(timeline, before, issue, deed);
    Stop { cycle: issue.cycle, issue: issue.id, on: before.on, lane: before.lane, carrier, layer: issue.layer, says }
}

impl Stop {
    /// Where it is in the run.
    pub fn cursor(&self, token: u32) -> Cursor {
        Cursor { token, cycle: self.cycle }
    }
}

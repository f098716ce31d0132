//! The value that the opening picture follows.
//!
//! In: a cycle.  Out: a value that is worth following then: one with a long way to whoever samples it, weights preferred.
//! Invariant: within a window of cycles the answer is the same, so that the eye can follow one value to its end.
//! Method: time is cut into windows; a window's value is chosen among those that depart at its beginning.

use crate::selection::ValueId;
use crate::timeline::{Live, Timeline};
use program::LabelKind;

/// Cycles of a window: a way across half a chip, the climb through the superlanes, and a moment to see it arrive.
const WINDOW: u64 = 44;
/// Values that depart in the first cycles of a window are candidates.
const CHOICE: u64 = 6;
/// A word of weights may have a way this much shorter than another value and still be chosen.
const WEIGHTS_BONUS: u32 = 12;

pub(crate) fn showpiece(timeline: &Timeline, cycle: u64) -> Option<ValueId> {
    let start = cycle / WINDOW * WINDOW;
    let departs = |live: &&Live| {
        let since = live.departed() - start as i64;
        (0..CHOICE as i64).contains(&since)
    };
    let live = timeline.live(start + CHOICE);
    let rank = |live: &Live| {
        let label = timeline.issue(live.id.issue).and_then(|issue| issue.label);
        let is_weight = label.is_some_and(|label| label.kind == LabelKind::Weights);
        let way = live.wanted.map(|wanted| wanted.saturating_sub(live.from))?;
        Some(way + if is_weight { WEIGHTS_BONUS } else { 0 })
    };
    let ranked = live.iter().filter(departs).filter_map(|live| Some((rank(live)?, std::cmp::Reverse(live.id))));
    ranked.max().map(|(_, id)| id.0)
}

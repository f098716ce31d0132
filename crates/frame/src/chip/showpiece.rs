//! The value that the opening picture follows.
//!
//! In: a cycle.  Out: a value that is worth following then: one with a long way to whoever samples it, weights preferred.
//! Invariant: within a window of cycles the answer is the same where it can be, so that the eye can follow one value to its end.
//! Method: time is cut into windows; a window's value is chosen among those that depart at its beginning; a window without such a
//!     value follows whatever has the longest way.

use crate::contents::{Class, Run};
use crate::selection::{IssueId, ValueId};
use crate::timeline::{Live, Timeline};
use arch::Queue;

/// Cycles of a window: a way across half a chip, and most of the climb through the superlanes.
const WINDOW: u64 = 32;
/// Values that depart in the first cycles of a window are candidates.
const CHOICE: u64 = 6;
/// A word of weights may have a way this much shorter than another value and still be chosen.
const WEIGHTS_BONUS: u32 = 12;

/// How worth following a value is, and whether it is a word of weights.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Worth {
    rank: u32,
    is_weight: bool,
}

/// The value to follow in `cycle`: that of its window while it is on its way, else that of the window before, else the one with the
/// longest way.
pub(crate) fn showpiece(timeline: &Timeline, cycle: u64) -> Option<ValueId> {
    let start = cycle / WINDOW * WINDOW;
    let is_on_its_way = |live: &Live| live.delay(cycle, 0).is_some();
    let of_window = |start: u64| {
        let (_, id) = best(timeline, start)?;
        timeline.value(id).filter(is_on_its_way).map(|_| id)
    };
    of_window(start).or_else(|| of_window(start.saturating_sub(WINDOW))).or_else(|| {
        let way = |live: &Live| live.wanted.map_or(0, |wanted| wanted.saturating_sub(live.from));
        let here = timeline.live(cycle).into_iter().filter(is_on_its_way);
        here.max_by_key(|live| (way(live), std::cmp::Reverse(live.id))).map(|live| live.id)
    })
}

/// The cycle at which to begin: the first window whose value is a word of weights with the longest way.
pub(crate) fn opening(timeline: &Timeline) -> u64 {
    let reads_weights =
        |start: &u64| timeline.runs(*start, start + CHOICE).iter().any(|run| is_weight(timeline, run.id));
    // The stages before the first layer, and that layer.
    let until =
        timeline.stretches().iter().find(|stretch| stretch.layer.is_some()).map_or(timeline.length(), |one| one.end);
    let windows = (0..until).step_by(WINDOW as usize).filter(reads_weights);
    let worth = |start: u64| Some((best(timeline, start)?.0, std::cmp::Reverse(start)));
    let weights = windows.filter_map(worth).filter(|(worth, _)| worth.is_weight);
    weights.max().map_or(0, |(_, start)| start.0)
}

fn best(timeline: &Timeline, start: u64) -> Option<(Worth, ValueId)> {
    let departs = |live: &&Live| {
        let since = live.departed() - start as i64;
        (0..CHOICE as i64).contains(&since)
    };
    let worth = |live: &Live| {
        let is_weight = is_weight(timeline, live.id.issue);
        let way = live.wanted.map(|wanted| wanted.saturating_sub(live.from))?;
        Some(Worth { rank: way + if is_weight { WEIGHTS_BONUS } else { 0 }, is_weight })
    };
    let live = timeline.live(start + CHOICE);
    let ranked = live.iter().filter(departs).filter_map(|live| Some((worth(live)?, std::cmp::Reverse(live.id))));
    ranked.max().map(|(worth, id)| (worth, id.0))
}

/// Whether a dispatch reads a word of the model's matrices.
fn is_weight(timeline: &Timeline, id: IssueId) -> bool {
    let Some(issue) = timeline.issue(id) else { return false };
    let (Queue::MemRead(slice), Some(address)) = (issue.queue, timeline.address(&issue)) else { return false };
    let class = timeline.contents().find(slice, address).map(Run::class);
    class.is_some_and(|class| [Class::Attention, Class::FeedForward, Class::Embedding].contains(&class))
}

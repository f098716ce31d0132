//! Where a broken run differs from the verified one.
//!
//! In: the same cycle of both runs.  Out: the cells of the streams whose values differ.
//! Invariant: a value is called damaged only if its bytes differ, or one of the two is there and the other is not, or it is poisoned.
//! Method: both lists of live words come sorted by cell; superlanes behind superlane 0 need a second pair of moments, some cycles back.

use arch::StreamId;
use sim::{LiveWord, Moment, WordView};
use std::collections::BTreeSet;
use units::gathered;

/// Damaged cells: stream and diagonal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    cells: BTreeSet<(StreamId, i64)>,
}

impl Damage {
    /// Cells that differ between the verified and the broken run in one cycle.
    pub fn between(verified: &Moment, broken: &Moment) -> Self {
        let (good, bad) = (verified.live(), broken.live());
        let key = |word: &LiveWord| (word.stream, word.diagonal);
        let holds = |word: &LiveWord, others: &[LiveWord]| {
            let same = others.binary_search_by_key(&key(word), key).ok().map(|place| others[place].word);
            matches!((word.word, same), (WordView::Bytes(a), Some(WordView::Bytes(b))) if a == b)
        };
        let differing = |words: &[LiveWord], others: &[LiveWord]| -> Vec<(StreamId, i64)> {
            words.iter().filter(|word| !holds(word, others)).map(key).collect()
        };
        let cells = differing(&bad, &good).into_iter().chain(differing(&good, &bad));
        Damage { cells: gathered(cells) }
    }

    /// This damage and that of another cycle.
    pub fn and(mut self, other: Damage) -> Self {
        self.cells.extend(other.cells);
        self
    }

    /// Whether a cell is damaged.
    pub fn hits(&self, stream: StreamId, diagonal: i64) -> bool {
        self.cells.contains(&(stream, diagonal))
    }

    /// Number of damaged cells.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }
}

//! The time deck: a token's cycles as a strip.
//!
//! In: a timeline.  Out: dispatches per unit and column, instances and parts as named spans.
//! Invariant: the same for every token of a program: only values differ from token to token, never cycles.

use crate::lang::Text;
use crate::timeline::{Activity, Column, Timeline};
use serde::{Deserialize, Serialize};

/// An instance on the strip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeckSpan {
    /// First cycle.
    pub from: u64,
    /// Cycle after the last.
    pub to: u64,
    /// Its name: a layer, or the stage before or after the layers.
    pub name: Text,
    /// Layer of the model.
    pub layer: Option<u32>,
}

/// The strip of one token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deck {
    /// Cycles of the token.
    pub length: u64,
    /// Clock rate of the chip.
    pub hertz: u64,
    /// Columns of the strip.
    pub columns: Vec<Column>,
    /// The greatest count of each unit in a column: memory, vector, matrix, switch unit.
    pub greatest: [u32; 4],
    /// Instances in order of time.
    pub spans: Vec<DeckSpan>,
    /// Where the cycles went.
    pub parts: Vec<Activity>,
}

/// The strip of a token in `columns` columns.
pub fn deck(timeline: &Timeline, columns: u32) -> Deck {
    let columns = timeline.columns(columns);
    let greatest = std::array::from_fn(|unit| columns.iter().map(|column| column.dispatches[unit]).max().unwrap_or(0));
    Deck {
        length: timeline.length(),
        hertz: timeline.chip().clock.0,
        columns,
        greatest,
        spans: spans(timeline),
        parts: timeline.parts(),
    }
}

/// The instances of a token.
pub(crate) fn spans(timeline: &Timeline) -> Vec<DeckSpan> {
    let span = |stretch: &crate::Stretch| DeckSpan {
        from: stretch.start,
        to: stretch.end,
        name: timeline.stretch_name(stretch),
        layer: stretch.layer,
    };
    timeline.stretches().iter().map(span).collect()
}

//! How busy the units are in the stretch that is shown.
//!
//! In: a timeline, a cursor, how near.  Out: the stretch; per unit its dispatches and their share of what it could dispatch.
//! Invariant: a share is dispatches over queues times cycles, so at most one.

use super::cells::{Window, counts, rows, window, zoom_most};
use super::grid::Grid;
use crate::lang::Text;
use crate::selection::{Cursor, Selection};
use crate::timeline::Timeline;
use crate::words;
use arch::Unit;
use serde::{Deserialize, Serialize};
use study::Steps;

/// How busy a unit is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Busy {
    /// The unit.
    pub unit: Unit,
    /// Its name.
    pub name: Text,
    /// Its queues that this program uses.
    pub queues: u32,
    /// Instructions they dispatch in the stretch.
    pub dispatches: u64,
    /// Share of the cycles of those queues.
    pub share: f64,
}

/// What stands beside the schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduleFacts {
    /// First cycle that is shown.
    pub from: u64,
    /// Cycle after the last.
    pub to: u64,
    /// Cycles of a cell.
    pub cell: u64,
    /// Rows of queues.
    pub rows: u32,
    /// How near the picture can be.
    pub zoom_most: u8,
    /// Units in the order of the picture.
    pub busy: Vec<Busy>,
    /// Cycles of the stretch that belong to the binding path of their stage.
    pub on_path: u64,
    /// The chosen instruction and what it is for.
    pub chosen: Option<(String, Text)>,
}

impl ScheduleFacts {
    /// Where the cells are in the picture.
    pub fn grid(&self) -> Grid {
        Grid::new(Window { from: self.from, to: self.to, cell: self.cell }, self.rows as usize)
    }
}

/// What stands beside the schedule at a cursor.
pub fn schedule_facts(
    timeline: &Timeline,
    steps: &Steps,
    (cursor, selection): (Cursor, Option<Selection>),
    zoom: u8,
) -> ScheduleFacts {
    let window = window(timeline, cursor.cycle, zoom);
    let span = window.to - window.from;
    let rows = rows(timeline);
    let mut busy: Vec<Busy> = Vec::new();
    for row in &rows {
        let dispatches: u64 = counts(timeline, row, &[window.from, window.to]).into_iter().sum();
        let queues = row.queues.len() as u32;
        match busy.iter_mut().find(|known| known.unit == row.unit) {
            Some(known) => (known.queues, known.dispatches) = (known.queues + queues, known.dispatches + dispatches),
            None => busy.push(Busy { unit: row.unit, name: words::unit(row.unit), queues, dispatches, share: 0.0 }),
        }
    }
    for one in &mut busy {
        one.share = one.dispatches as f64 / (u64::from(one.queues) * span) as f64;
    }
    let issue = match selection {
        Some(Selection::Issue(id)) => timeline.issue(id),
        Some(Selection::Value(value)) => timeline.issue(value.issue),
        _ => None,
    };
    let chosen = issue.map(|issue| {
        let cycle = crate::lang::grouped(issue.cycle);
        (format!("{cycle} · {} · {}", issue.queue, timeline.instruction_text(&issue)), timeline.meaning(&issue))
    });
    let on_path = super::draw::path(timeline, steps, window).into_iter().map(|step| step.1 - step.0).sum();
    let (Window { from, to, cell }, rows) = (window, rows.len() as u32);
    ScheduleFacts { from, to, cell, rows, zoom_most: zoom_most(timeline), busy, on_path, chosen }
}

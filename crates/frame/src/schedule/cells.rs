//! Rows of queues, and how often each dispatches in each cell of a stretch of time.
//!
//! In: a timeline, a cursor, how near.  Out: the stretch, its rows, exact counts.
//! Invariant: the counts of a row add up to the dispatches of its queues in the stretch, however near.

use crate::lang::Text;
use crate::timeline::Timeline;
use crate::words;
use arch::{Queue, Unit};
use std::collections::BTreeSet;
use units::gathered;

/// Slices of memory that share a row.
const GROUP: u8 = 4;
/// Fewest cycles that are shown.
const LEAST: u64 = 32;
/// Most cells of a row.
const CELLS: u64 = 304;

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First cycle.
    pub from: u64,
    /// Cycle after the last.
    pub to: u64,
    /// Cycles of a cell; the last one may have fewer.
    pub cell: u64,
}

/// Queues that are drawn together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) name: Text,
    pub(super) unit: Unit,
    pub(super) queues: Vec<Queue>,
}

/// The nearest step there is.
pub fn zoom_most(timeline: &Timeline) -> u8 {
    (0..63).take_while(|step| LEAST < timeline.length() >> step).count() as u8
}

/// The stretch around a cursor: the whole token, halved `zoom` times.
pub fn window(timeline: &Timeline, cycle: u64, zoom: u8) -> Window {
    let length = timeline.length().max(1);
    let zoom = zoom.min(zoom_most(timeline));
    let span = (length >> zoom).max(LEAST).min(length);
    let half = (span / 2).max(1);
    let from = (cycle / half * half).saturating_sub(span / 4).min(length - span);
    Window { from, to: from + span, cell: span.div_ceil(CELLS) }
}

impl Window {
    /// Number of cells.
    pub(super) fn cells(&self) -> u64 {
        (self.to - self.from).div_ceil(self.cell)
    }

    /// Borders of the cells, one more than there are cells.
    pub(super) fn borders(&self) -> Vec<u64> {
        (0..=self.cells()).map(|cell| (self.from + cell * self.cell).min(self.to)).collect()
    }
}

/// The program's queues in rows: planes, ALUs and switches one by one, memory by groups of four slices, links last.
pub(super) fn rows(timeline: &Timeline) -> Vec<Row> {
    let templates = timeline.executable().templates.iter();
    let queues: BTreeSet<Queue> =
        gathered(templates.flat_map(|(_, template)| template.queues.iter().map(|(queue, _)| *queue)));
    let mut rows: Vec<Row> = Vec::new();
    for unit in [Unit::Mxm, Unit::Vxm, Unit::Sxm, Unit::Mem, Unit::C2c] {
        for &queue in queues.iter().filter(|queue| queue.unit() == unit) {
            let name = name(queue);
            match rows.iter_mut().find(|row| row.unit == unit && row.name == name) {
                Some(row) => row.queues.push(queue),
                None => rows.push(Row { name, unit, queues: vec![queue] }),
            }
        }
    }
    rows
}

fn name(queue: Queue) -> Text {
    match queue {
        Queue::MemRead(slice) | Queue::MemWrite(slice) => {
            let first = slice.number / GROUP * GROUP;
            Text::same(format!("MEM {}{first}–{}", slice.hemisphere.letter(), first + GROUP - 1))
        }
        Queue::LinkSend(_) => Text::new("連線送出", "links, sending"),
        Queue::LinkReceive(_) => Text::new("連線接收", "links, receiving"),
        Queue::MxmWeights(half, plane) | Queue::MxmActivate(half, plane) | Queue::MxmAccumulate(half, plane) => {
            Text::same(format!("MXM {}{plane}", half.letter()))
        }
        Queue::Alu(number) => Text::same(format!("ALU {number}")),
        queue => Text::same(format!("{} {queue}", words::letters(queue.unit()))),
    }
}

/// Dispatches of a row between each two borders.
pub(super) fn counts(timeline: &Timeline, row: &Row, borders: &[u64]) -> Vec<u64> {
    let mut counts = vec![0; borders.len().saturating_sub(1)];
    for &queue in &row.queues {
        for (count, of_queue) in counts.iter_mut().zip(timeline.counts_between(queue, borders)) {
            *count += of_queue;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_cover_the_stretch_and_meet() {
        for (from, to, cell) in [(0, 1, 1), (5, 37, 1), (0, 2309, 8), (7, 911, 3)] {
            let borders = Window { from, to, cell }.borders();
            assert_eq!((borders[0], *borders.last().expect("two")), (from, to));
            assert!(borders.windows(2).all(|pair| pair[0] < pair[1] && pair[1] - pair[0] <= cell));
        }
    }
}

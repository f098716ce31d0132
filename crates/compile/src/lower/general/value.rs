//! Values of an arbitrary graph as rows of words, wherever those lie.
//!
//! In: shapes and rows of lowered nodes.  Out: for each tile of 320 lanes a list of rows, and the runs in which lists go along together.
//! Invariant: every lowered node is `[rows, 320]`; what its lanes hold past the value's own is anything, unless the value is `clean`.
//! Method: a row is named by its node and its number, so that whatever moves whole rows is a new list and no work.

use crate::tables::LANES;
use graph::{DType, NodeId, Shape};

/// Most rows of one chain of instructions.
const RUN_ROWS_MAX: usize = 512;

/// A row of a lowered node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The node, `[rows, 320]`.
    pub node: NodeId,
    /// Which of its rows.
    pub row: u32,
}

/// A value of the graph.
#[derive(Clone, Debug)]
pub struct Value {
    /// Element type.
    pub dtype: DType,
    /// Its shape in the graph.
    pub shape: Shape,
    /// By tile of 320 lanes: all rows.
    pub tiles: Vec<Vec<Row>>,
    /// Whether lanes past the last one are zero.
    pub clean: bool,
}

/// Rows that lists go along together: in each list they follow one another in one node, or are one row again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Place of the first one in the lists.
    pub first: usize,
    /// How many.
    pub count: usize,
    /// Whether every list stands still: one row says what all are.
    pub is_steady: bool,
}

impl Row {
    /// The row `count` rows after it.
    pub fn after(self, count: usize) -> Row {
        Row { row: self.row + count as u32, ..self }
    }
}

impl Value {
    /// Tiles of a shape.
    pub fn tiles_of(shape: &Shape) -> usize {
        (shape.lanes() as usize).div_ceil(LANES)
    }

    /// Row and lane of an element, counted in row-major order.
    pub fn element(&self, index: usize) -> (Row, usize) {
        let lanes = self.shape.lanes() as usize;
        let (row, lane) = (index / lanes, index % lanes);
        (self.tiles[lane / LANES][row], lane % LANES)
    }
}

/// Lanes of tile `tile` of a shape.
pub fn lanes_of(shape: &Shape, tile: usize) -> usize {
    (shape.lanes() as usize - tile * LANES).min(LANES)
}

/// Whether a list stands still over a run.
pub fn stands(list: &[Row], run: Run) -> bool {
    1 < run.count && list[run.first] == list[run.first + 1]
}

/// The runs of lists of equal length.
pub fn runs(lists: &[&[Row]]) -> Vec<Run> {
    let count = lists.first().map_or(0, |list| list.len());
    let (mut runs, mut first) = (Vec::new(), 0);
    while first < count {
        let step = |list: &&[Row]| list.get(first + 1).map(|next| *next == list[first]);
        let still: Vec<Option<bool>> = lists.iter().map(step).collect();
        let is_steady = still.iter().all(|still| *still == Some(true));
        let fits = |at: usize| {
            let mut each = lists.iter().zip(&still);
            each.all(|(list, still)| match still {
                Some(true) => list[at] == list[first],
                _ => list[at] == list[first].after(at - first),
            })
        };
        let most = if is_steady { count } else { count.min(first + RUN_ROWS_MAX) };
        let end = (first + 1..most).find(|&at| !fits(at)).unwrap_or(most);
        runs.push(Run { first, count: end - first, is_steady: is_steady && first + 1 < end });
        first = end;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(rows: &[(usize, u32)]) -> Vec<Row> {
        rows.iter().map(|&(node, row)| Row { node: NodeId::new(node), row }).collect()
    }

    #[test]
    fn lists_go_along_as_long_as_each_keeps_its_way() {
        let (one, other) = (list(&[(0, 0), (0, 1), (0, 2), (1, 0)]), list(&[(2, 5), (2, 5), (2, 5), (2, 5)]));
        let run = |first, count, is_steady| Run { first, count, is_steady };
        assert_eq!(runs(&[&one, &other]), [run(0, 3, false), run(3, 1, false)]);
        assert_eq!(runs(&[&other]), [run(0, 4, true)]);
        assert!(stands(&other, run(0, 3, false)) && !stands(&one, run(0, 3, false)));
    }
}

//! Where the schedule's rows and cells are in its picture.
//!
//! In: a stretch of time, how many rows.  Out: x of a cycle, edges of a row; the cell under a point, and its area.
//! Invariant: the area of the cell under a point contains the point.
//! Method: rows are equally high, cycles equally wide.

use super::cells::Window;
use crate::shape::Area;

/// Edges of the cells.
pub(super) const LEFT: f32 = 130.0;
pub(super) const RIGHT: f32 = 1510.0;
pub(super) const TOP: f32 = 80.0;
pub(super) const BOTTOM: f32 = 695.0;
/// Greatest height of a row.
const ROW: f32 = 22.0;
/// Part of a row's height that its cells take.
const FILLED: f32 = 0.82;

/// Where things are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// The stretch that is shown.
    pub window: Window,
    /// From the top of one row to that of the next.
    pub(super) pitch: f32,
    /// Number of rows.
    rows: usize,
}

impl Grid {
    pub(super) fn new(window: Window, rows: usize) -> Self {
        Grid { window, pitch: ((BOTTOM - TOP) / rows.max(1) as f32).min(ROW), rows }
    }

    pub(super) fn x(&self, cycle: u64) -> f32 {
        let part = (cycle.max(self.window.from) - self.window.from) as f32 / (self.window.to - self.window.from) as f32;
        LEFT + part.min(1.0) * (RIGHT - LEFT)
    }

    /// Top and bottom of a row's cells.
    pub(super) fn row(&self, number: usize) -> (f32, f32) {
        let top = TOP + number as f32 * self.pitch;
        (top, top + self.pitch * FILLED)
    }

    /// Row of the cell under a point, its first cycle and the one after its last.
    pub(super) fn cell(&self, (x, y): (f32, f32)) -> Option<(usize, u64, u64)> {
        let (part, row) = ((x - LEFT) / (RIGHT - LEFT), ((y - TOP) / self.pitch) as usize);
        if y < TOP || !(0.0..1.0).contains(&part) || self.rows <= row {
            return None;
        }
        let Window { from, to, cell } = self.window;
        let first = from + (f64::from(part) * (to - from) as f64) as u64 / cell * cell;
        Some((row, first, (first + cell).min(to)))
    }

    /// The area of the cell under a point.
    pub fn area(&self, at: (f32, f32)) -> Option<Area> {
        let (row, from, to) = self.cell(at)?;
        let top = self.row(row).0;
        Some(Area::new(self.x(from), top, self.x(to), top + self.pitch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cell_under_a_point_contains_it() {
        let grid = Grid::new(Window { from: 1000, to: 2247, cell: 5 }, 40);
        for step in 0..200 {
            let at = (LEFT + 6.89 * step as f32, TOP + 2.9 * step as f32);
            let area = grid.area(at).expect("it is within the rows");
            let near = Area::new(area.x0 - 0.01, area.y0 - 0.01, area.x1 + 0.01, area.y1 + 0.01);
            assert!(near.contains(at.0, at.1), "{at:?} in {area:?}");
        }
        assert_eq!(grid.cell((RIGHT - 0.1, TOP)), Some((0, 2245, 2247)), "the last cell has two cycles");
        for outside in [(LEFT - 1.0, 300.0), (RIGHT + 1.0, 300.0), (500.0, TOP - 1.0), (500.0, BOTTOM + 1.0)] {
            assert_eq!(grid.area(outside), None);
        }
    }
}

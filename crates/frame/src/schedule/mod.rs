//! The schedule's view: every queue by cycles, from the whole token down to one cycle.
//!
//! In: a timeline, what binds each stage, a cursor, a selection, how near.  Out: a scene; what lies under a point; how busy the units are.
//! Invariant: every dispatch of the stretch is counted in exactly one cell, that of its row and cycle, and a cell with any is seen.
//! Method: the stretch halves with each step nearer and moves by half its width, so that the picture rests while the cursor steps. A
//!     cell is a few cycles of a row; where cells are wide, instructions are named.

mod cells;
mod draw;
mod facts;
mod grid;

pub use cells::{Window, window, zoom_most};
pub use draw::{pick_schedule, schedule};
pub use facts::{Busy, ScheduleFacts, schedule_facts};
pub use grid::Grid;

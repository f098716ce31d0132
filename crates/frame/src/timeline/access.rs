//! Who reads a word next, and who wrote it last.
//!
//! In: a word of SRAM, a cursor.  Out: the nearest dispatch of the token beyond the cursor that touches it.
//! Invariant: where an address comes from a map, it is that of the cursor's position.
//! Method: from event to event of the slice (`event`) until one touches the word.

use super::{Direction, Issue, Timeline, Watch};
use crate::selection::{Cursor, Selection};
use arch::{Queue, SliceId};

impl Timeline {
    /// The word that a read or a write touches, by its address or by its map.
    pub fn word_of(&self, issue: &Issue, position: u32) -> Option<u16> {
        self.address(issue).or_else(|| self.mapped(issue, position))
    }

    /// The first dispatch of this token after the cursor that reads a word.
    pub fn next_read(&self, slice: SliceId, address: u16, cursor: Cursor) -> Option<Issue<'_>> {
        self.nearest(Queue::MemRead(slice), (slice, address), cursor, Direction::Forward)
    }

    /// The last dispatch of this token before the cursor that wrote a word.
    pub fn last_write(&self, slice: SliceId, address: u16, cursor: Cursor) -> Option<Issue<'_>> {
        self.nearest(Queue::MemWrite(slice), (slice, address), cursor, Direction::Backward)
    }

    /// The nearest dispatch of a queue beyond the cursor that touches a word.
    fn nearest(
        &self,
        queue: Queue,
        (slice, address): (SliceId, u16),
        cursor: Cursor,
        direction: Direction,
    ) -> Option<Issue<'_>> {
        let watch = Watch::Selection(Selection::Sram { slice, address });
        let mut cycle = cursor.cycle;
        loop {
            cycle = self.next_event(cycle, watch, direction)?;
            let issues = self.issues_of(queue, cycle, cycle + 1);
            let touches = |issue: &&Issue| self.word_of(issue, cursor.token) == Some(address);
            if let Some(issue) = issues.iter().find(touches) {
                return Some(*issue);
            }
        }
    }
}

//! To the next event: what is looked for, and where the cursor goes when it is found.
//!
//! In: what counts as an event, the worker's answers.  Out: questions to the worker; the cursor in its place.
//! Invariant: an answer to a question from elsewhere moves nothing; the end of a token leads into the next one.
//! Method: while time runs, a stretch in which nothing moves is passed over in the same way.

use crate::play::{self, Motion};
use crate::protocol::Request;
use crate::state::{Effect, Skipped, Skipping, State};
use frame::{Cursor, Direction, Selection, Watch};

/// Cycles before an event at which time goes on after a stretch in which nothing moved.
const LEAD: u64 = 2;

impl State {
    pub(crate) fn watch(&self) -> Watch {
        self.selection.map_or(Watch::Everything, Watch::Selection)
    }

    pub(crate) fn seek(&mut self, watch: Watch, direction: Direction) -> Vec<Effect> {
        self.playback.stop();
        self.skipping = Skipping::No;
        vec![self.ask_event(watch, direction)]
    }

    pub(crate) fn ask_event(&self, watch: Watch, direction: Direction) -> Effect {
        Effect::Ask(Request::Event { cursor: self.cursor, watch, direction })
    }

    /// Time goes on shortly before the next event of the token, or at its end.
    fn skip(&mut self, from: Cursor, found: Option<u64>) {
        let length = self.lengths().get(from.token as usize).copied().unwrap_or(0);
        let goal = found.unwrap_or(length).saturating_sub(LEAD);
        let is_there = self.playback.motion == Motion::Playing && self.cursor.token == from.token;
        if is_there && self.cursor.cycle < goal {
            let cursor = Cursor { cycle: goal, ..from };
            self.skipped = Some((Skipped::Quiet(goal - self.cursor.cycle), cursor));
            self.cursor = cursor;
        }
    }

    /// The next event was found, or there is none left in this token.
    pub(crate) fn arrive(&mut self, from: Cursor, direction: Direction, found: Option<u64>) -> Vec<Effect> {
        if std::mem::replace(&mut self.skipping, Skipping::No) == Skipping::Asked {
            self.skip(from, found);
            return Vec::new();
        }
        if from != self.cursor {
            return Vec::new();
        }
        let lengths = self.lengths();
        match (found, direction) {
            (Some(cycle), _) => self.jump(Cursor { cycle, ..from }),
            (None, _) if matches!(self.selection, Some(Selection::Value(_))) => {
                vec![Effect::Ask(Request::Event { cursor: from, watch: Watch::Everything, direction })]
            }
            (None, Direction::Forward) => {
                let left = lengths.get(from.token as usize).map_or(0, |length| length - from.cycle.min(*length));
                self.jump(play::forward(from, left, &lengths).0)
            }
            (None, Direction::Backward) => self.jump(play::backward(from, from.cycle + 1, &lengths).0),
        }
    }
}

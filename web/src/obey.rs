//! What a key does: first what it means to whatever lies over the view, then what it means everywhere.
//!
//! In: a command of the table of keys.  Out: the new state and its effects.
//! Invariant: the sheet of keys, the tour, the levels, the fleet and the ride are asked in this order, and the first that knows the key has it.

use crate::compiling::Nearer;
use crate::keys::Command;
use crate::link::View;
use crate::play;
use crate::state::{Action, Effect, Following, State};
use frame::{Cursor, Direction};

/// What time is stepped by, between a token and an event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grain {
    Layer,
    Op,
}

impl State {
    /// Does what a key of the table asks for.
    pub(crate) fn obey(&mut self, command: Command) -> Vec<Effect> {
        if let Some(effects) = self.sheet_key(command) {
            return effects;
        }
        if let Some(act) = self.tour.meaning(command) {
            return self.conduct(act);
        }
        if let Some(ask) = self.scale_key(command) {
            return self.take_scale(ask);
        }
        if let Some(effects) = self.fleet_key(command) {
            return effects;
        }
        if let Some(ask) = self.ride_key(command) {
            return self.take_ride(ask);
        }
        let lengths = self.lengths();
        let last = lengths.len().saturating_sub(1) as u32;
        let token = |token: u32| Cursor { token, cycle: 0 };
        match command {
            Command::Tab(index) => {
                return View::TABS.get(index).map_or(Vec::new(), |view| self.reduce(Action::Show(*view)));
            }
            Command::Space | Command::TogglePlay => {
                self.playback.toggle();
                self.following = Following::Nothing;
                return self.settle();
            }
            Command::Nearer => return self.zoomed(Nearer::Yes),
            Command::Farther => return self.zoomed(Nearer::No),
            Command::Faster => self.playback.faster(),
            Command::Slower => self.playback.slower(),
            Command::Release => return self.reduce(Action::Select(None)),
            Command::On | Command::EventOn => return self.seek(self.watch(), Direction::Forward),
            Command::Back | Command::EventBack => return self.seek(self.watch(), Direction::Backward),
            Command::CycleOn => return self.jump(play::forward(self.cursor, 1, &lengths).0),
            Command::CycleBack => return self.jump(play::backward(self.cursor, 1, &lengths).0),
            Command::OpOn => return self.ask_start(Grain::Op, Direction::Forward),
            Command::OpBack => return self.ask_start(Grain::Op, Direction::Backward),
            Command::LayerOn => return self.ask_start(Grain::Layer, Direction::Forward),
            Command::LayerBack => return self.ask_start(Grain::Layer, Direction::Backward),
            Command::TokenOn => return self.jump(token((self.cursor.token + 1).min(last))),
            Command::TokenBack => return self.jump(token(self.cursor.token.saturating_sub(1))),
            Command::First => return self.jump(token(0)),
            Command::Last => return self.jump(token(last)),
            Command::Answer(_) | Command::Tour | Command::Ride | Command::Scale | Command::Sheet => {}
        }
        Vec::new()
    }

    /// To where the next or the previous one begins; past the last one of a token to the next token, before its first to the one before.
    fn ask_start(&mut self, grain: Grain, direction: Direction) -> Vec<Effect> {
        let Some(opened) = self.opened.as_ref() else { return Vec::new() };
        let (spans, parts) = (&opened.deck.spans, &opened.deck.parts);
        let starts: Vec<u64> = match grain {
            Grain::Layer => spans.iter().map(|span| span.from).collect(),
            Grain::Op => parts.iter().flat_map(|part| &part.segments).map(|segment| segment.from).collect(),
        };
        let (Cursor { token, cycle }, lengths) = (self.cursor, self.lengths());
        let before = token.checked_sub(1).map(|token| (token, starts.iter().max().copied().unwrap_or(0)));
        let found = match direction {
            Direction::Forward => {
                let next = starts.iter().filter(|start| cycle < **start).min().map(|&start| (token, start));
                next.or(Some((token + 1, 0)))
            }
            Direction::Backward => {
                starts.iter().filter(|start| **start < cycle).max().map(|&start| (token, start)).or(before)
            }
        };
        let there = found.filter(|&(token, cycle)| lengths.get(token as usize).is_some_and(|length| cycle < *length));
        there.map_or(Vec::new(), |(token, cycle)| self.jump(Cursor { token, cycle }))
    }
}

//! How the tour leads: each step becomes the actions that a viewer's own clicks would be.
//!
//! In: what the viewer asks of the tour; what the worker has reported.  Out: the new state and its effects.
//! Invariant: the engine is reached only through the page's own actions; what the viewer looked at before stays in the history.
//! Method: a step is entered like an address that was typed; once the model it needs is there, the cursor is put in its place.

use super::{Cycle, Deed, Landing, Place, Step, Token, Told, Tour};
use crate::keys::Command;
use crate::link::{Link, View};
use crate::play::Motion;
use crate::protocol::Request;
use crate::rush;
use crate::state::{Action, Effect, Following, State};
use frame::{Cursor, Deck};
use study::cases::Lateness;

/// Seeds of the cars that the tour makes late, one after the other until one changes the words. With the page's own texts the first
/// two find theirs within a second or two, seed 1 none at all with the Chinese ones.
const SEEDS: [u64; 4] = [7, 4, 3, 1];
/// The tour asks the schedule about moments this far through a token, in thousandths.
const AHEAD: [u64; 2] = [830, 640];

/// Cycles after which a value that was read is well on its way.
const ON_ITS_WAY: u64 = 14;

/// What the viewer asks of the tour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Begin, or come back to where it was left.
    Resume,
    /// Another step.
    Go(Place),
    /// The next step.
    On,
    /// The step before.
    Back,
    /// What the step is there for; then the next step.
    Perform,
    /// A prediction.
    Answer(usize),
    /// Look around freely from here.
    Leave,
}

impl Tour {
    /// What a key means in the tour, if it means something else there.
    pub fn meaning(&self, command: Command) -> Option<Act> {
        let touring = self.here().is_some();
        match command {
            Command::Space if touring => Some(Act::Perform),
            Command::On if touring => Some(Act::On),
            Command::Back if touring => Some(Act::Back),
            Command::Release if touring => Some(Act::Leave),
            Command::Answer(index) if touring => Some(Act::Answer(index)),
            Command::Tour if touring => Some(Act::Leave),
            Command::Tour => Some(Act::Resume),
            _ => None,
        }
    }

    /// The viewer may do himself what the step would do.
    pub fn witness(&mut self, action: &Action) {
        let Some(step) = self.here().map(Place::step) else { return };
        let done = match (step.deed, action) {
            (Deed::Token, Action::Command(Command::TokenOn))
            | (Deed::Cycle, Action::Command(Command::CycleOn | Command::CycleBack))
            | (Deed::Event, Action::Command(Command::EventOn))
            | (Deed::Stop, Action::StopTime(_) | Action::Command(Command::EventOn))
            | (Deed::Ahead, Action::Jump(_))
            | (Deed::Break, Action::Break(_))
            | (Deed::Undo, Action::Send(Request::Undo))
            | (Deed::Crowd, Action::Rush(rush::Ask::Show(rush::Set::Inside(Lateness::One)))) => true,
            (Deed::Chips(wanted), Action::Chips(chips)) => *chips == wanted,
            _ => false,
        };
        if done && self.landing == Landing::There {
            self.told = Told::All;
        }
    }
}

/// Shortly after the first layer begins: its weights are on their way.
fn weights_travel(deck: &Deck) -> u64 {
    let begins = deck.spans.iter().find(|span| span.layer.is_some()).map_or(0, |span| span.from);
    (begins + ON_ITS_WAY).min(deck.length.saturating_sub(1))
}

impl State {
    /// Does what the viewer asks of the tour.
    pub fn conduct(&mut self, act: Act) -> Vec<Effect> {
        let here = self.tour.here();
        match act {
            Act::Resume => self.enter(self.tour.place.unwrap_or_default()),
            Act::Go(place) => self.enter(place),
            Act::On => match here.map(Place::next) {
                Some(Some(next)) => self.enter(next),
                Some(None) => self.leave(),
                None => Vec::new(),
            },
            Act::Back => here.and_then(Place::back).map_or(Vec::new(), |back| self.enter(back)),
            Act::Perform => match here.map(Place::step) {
                // Nothing is done to a model that is not there yet; the step says that it is on its way.
                Some(step) if step.has_deed() && self.tour.told == Told::Asking && self.tour_waits() => Vec::new(),
                Some(step) if step.has_deed() && self.tour.told == Told::Asking => self.perform(step),
                _ => self.conduct(Act::On),
            },
            Act::Answer(index) => {
                let answers = here.and_then(|place| place.step().ask).map_or(0, |ask| ask.answers.len());
                if index < answers && self.tour.told == Told::Asking {
                    self.tour.answer = Some(index);
                }
                Vec::new()
            }
            Act::Leave => self.leave(),
        }
    }

    fn enter(&mut self, place: Place) -> Vec<Effect> {
        let target = place.step().target();
        // Where the viewer was is kept as it is now, not as it was when time last stood still.
        let mut effects = vec![Effect::Replace(self.link())];
        if self.opened.is_none() {
            self.chips = target.chips.unwrap_or(1);
            self.turns.wanted = target.programs.unwrap_or_default();
        }
        let keeps_selection = place.step().cycle == Cycle::Same;
        // A late car of the viewer's own is as good as the tour's.
        let is_here = target.chips.unwrap_or(1) == self.chips;
        let late = target.late.and(self.broken.as_ref().map(|broken| broken.seed)).filter(|_| is_here);
        let link = Link { tour: Some(place), cursor: None, late, ..target };
        let asked = self.reduce(Action::Followed(link));
        if !keeps_selection {
            self.selection = None;
        }
        self.tour.landing = Landing::Pending;
        effects.push(Effect::Push(self.link()));
        effects.extend(asked);
        effects.extend(self.arrived());
        effects
    }

    fn leave(&mut self) -> Vec<Effect> {
        self.tour.leave();
        vec![Effect::Push(self.link())]
    }

    fn perform(&mut self, step: &Step) -> Vec<Effect> {
        let effects = match step.deed {
            Deed::Nothing | Deed::Tell | Deed::Race => Vec::new(),
            Deed::Token => self.reduce(Action::Command(Command::TokenOn)),
            Deed::Cycle => self.reduce(Action::Command(Command::CycleOn)),
            Deed::Stop | Deed::Event if self.selection.is_none() => vec![Effect::Spotlight],
            Deed::Stop | Deed::Event => self.reduce(Action::Command(Command::EventOn)),
            Deed::Ahead => self.reduce(Action::Jump(self.ahead())),
            Deed::Break => self.reduce(Action::Break(SEEDS[0])),
            Deed::Undo => self.reduce(Action::Send(Request::Undo)),
            Deed::Crowd => self.reduce(Action::Rush(rush::Ask::Show(rush::Set::Inside(Lateness::One)))),
            Deed::Chips(chips) => self.reduce(Action::Chips(chips)),
        };
        self.tour.told = Told::All;
        effects
    }

    fn ahead(&self) -> Cursor {
        let length = self.opened.as_ref().map_or(0, |opened| opened.deck.length);
        let moments = AHEAD.map(|share| length * share / 1000);
        let cycle = moments.into_iter().find(|moment| *moment != self.cursor.cycle).unwrap_or(0);
        Cursor { cycle, ..self.cursor }
    }

    /// Puts the cursor where the step wants it, once the model it needs has run.
    pub(crate) fn arrived(&mut self) -> Vec<Effect> {
        let Some(step) = self.tour.here().map(Place::step) else { return Vec::new() };
        if self.tour.landing == Landing::There {
            return self.another_car(step);
        }
        let (Some(opened), Some(run)) = (&self.opened, &self.run) else { return Vec::new() };
        let is_other = opened.chips != step.target().chips.unwrap_or(1) || !self.turns_are_those_of(step);
        if is_other || run.tokens.is_empty() {
            return Vec::new();
        }
        let prompt = run.tokens.iter().filter(|token| token.is_prompt).count();
        let token = match step.token {
            Token::Same => self.cursor.token,
            Token::Fresh => prompt.saturating_sub(1) as u32,
        };
        let cycle = match step.cycle {
            Cycle::Same => self.cursor.cycle,
            Cycle::Opening => opened.opening,
            Cycle::Weights => weights_travel(&opened.deck),
            Cycle::Traffic => opened.traffic.unwrap_or(opened.opening),
            Cycle::Share(share) => opened.deck.length * share / 1000,
        };
        let effects = match step.motion {
            Motion::Stopped => self.reduce(Action::Jump(Cursor { token, cycle })),
            Motion::Playing => {
                self.run_from(Cursor { token, cycle }, step.cycle);
                Vec::new()
            }
        };
        self.tour.landing = Landing::There;
        let late = step.target().late.filter(|_| self.broken.is_none());
        effects.into_iter().chain(late.map(|seed| self.reduce(Action::Break(seed))).into_iter().flatten()).collect()
    }

    /// Whether the model takes turns as the step shows it.
    fn turns_are_those_of(&self, step: &Step) -> bool {
        self.turns.are_several() == step.is_in_turns()
    }

    /// Whether the step's model is not there yet, or the worker is busy with it.
    pub fn tour_waits(&self) -> bool {
        let is_on_chips = self.opened.as_ref().is_some_and(|opened| opened.chips == self.chips);
        let is_in_turns = self.tour.here().is_some_and(|place| self.turns_are_those_of(place.step()));
        let is_there = is_on_chips && is_in_turns && self.run.is_some();
        let is_due =
            (self.view == View::Numbers && self.numbers.is_due()) || (self.is_inside() && self.rush_shown().is_none());
        !is_there || self.work.is_some() || self.tour.landing == Landing::Pending || is_due
    }

    /// Some cars are late and nothing comes of it; then the next one is tried.
    fn another_car(&mut self, step: &Step) -> Vec<Effect> {
        let wants = step.deed == Deed::Break && self.tour.told == Told::All || step.target().late.is_some();
        let failed = self.trouble.is_some() && self.broken.is_none() && self.work.is_none();
        let Some(seed) = SEEDS.get(self.tour.tried + 1).filter(|_| wants && failed) else { return Vec::new() };
        self.tour.tried += 1;
        self.trouble = None;
        self.reduce(Action::Break(*seed))
    }

    /// Time runs from here, in the opening round by round with the text.
    fn run_from(&mut self, cursor: Cursor, wanted: Cycle) {
        let is_round = self.view == View::Opening && wanted == Cycle::Opening;
        self.following = if is_round { Following::Text } else { Following::Nothing };
        self.move_to(cursor);
        if self.playback.motion == Motion::Stopped {
            self.playback.toggle();
        }
    }
}

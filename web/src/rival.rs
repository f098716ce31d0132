//! The second worker: the rival and the bill, fetched only when somebody looks at them.
//!
//! In: what the viewer asks, what the first worker made of its model.  Out: messages to and from that worker; where it stands.
//! Invariant: nothing of it is in the first load; until it answers, the page says how much has come, or why nothing comes.
//! Method: it starts with the first view that needs it and stays; like the first worker it speaks first and says its version.

use crate::link::View;
use crate::numbers::{Ask, Shown, Wanted};
use crate::protocol::{self, Done, Epoch, PROTOCOL};
use crate::rush;
use crate::state::{Effect, State};
use frame::Text;
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use study::cases::{Compiled, LpuFabric};

/// What the page asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// The model on the chip, for cases that are about it.
    Line(Line),
    /// Figures of the rival and the bill.
    Numbers(Wanted),
    /// A moment of the scene inside a chip.
    Moment(rush::Wanted),
}

/// What the second worker tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Report {
    /// Its first message.
    Hello {
        /// Its [`PROTOCOL`].
        protocol: u32,
    },
    /// Figures of the rival and the bill.
    Numbers(Box<Shown>),
    /// A moment inside a chip, or why there is none.
    Moment(Result<Box<rush::Shown>, Text>),
}

/// What the first worker made of the model on the chip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// As a contestant, if it is the page's own model on one chip.
    pub contestant: Option<Compiled>,
    /// What the fabric's meter reads.
    pub fabric: LpuFabric,
}

/// Where the second worker stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stand {
    /// Nobody has needed it yet.
    #[default]
    Absent,
    /// It is on its way; so many bytes have come.
    Coming(u32),
    /// It answers.
    Ready,
    /// It speaks another version.
    Stale,
    /// It did not come, or stopped; the browser says why.
    Failed(String),
}

/// What is heard of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// So many bytes have come.
    Coming(u32),
    /// It said something; `None` for bytes that are no message of this version.
    Said(Option<Report>),
    /// It did not come, or stopped, with this message.
    Failed(String),
    /// The viewer wants it fetched again.
    Again,
    /// The viewer no longer waits for what it compiles.
    Cancelled,
}

/// The page's end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rival {
    /// Where it stands.
    pub stand: Stand,
    /// What it is to know of the model on the chip.
    line: Option<Rc<Line>>,
    /// Of which run, and how much of it, the first worker was asked last.
    asked: Option<(Epoch, usize)>,
}

impl State {
    /// Whether the view shown needs the second worker.
    fn wants_rival(&self) -> bool {
        self.view == View::Numbers || self.is_inside()
    }

    /// The numbers stand still: so does time.
    pub(crate) fn arrive_at_numbers(&mut self) -> Vec<Effect> {
        if self.view == View::Numbers {
            self.playback.stop();
        }
        self.ask_rival()
    }

    pub(crate) fn take_numbers(&mut self, ask: Ask) -> Vec<Effect> {
        self.numbers.take(ask);
        let asked = self.ask_rival();
        asked.into_iter().chain([Effect::Replace(self.link())]).collect()
    }

    /// Starts the second worker where it is needed, and asks for what is wanted and not there.
    pub(crate) fn ask_rival(&mut self) -> Vec<Effect> {
        if !self.wants_rival() {
            return Vec::new();
        }
        let mut effects = self.ask_line();
        match self.rival.stand {
            Stand::Absent => {
                self.rival.stand = Stand::Coming(0);
                effects.push(Effect::StartRival);
            }
            Stand::Ready if self.view == View::Numbers && self.numbers.is_due() => effects.push(self.numbers_wanted()),
            Stand::Coming(_) | Stand::Ready | Stand::Stale | Stand::Failed(_) => {}
        }
        effects
    }

    fn numbers_wanted(&self) -> Effect {
        Effect::AskRival(Request::Numbers(self.numbers.wanted.clone()))
    }

    /// The first worker is asked once for what there is of a run, and once more when the run is complete.
    fn ask_line(&mut self) -> Vec<Effect> {
        let there = self.run.as_ref().map(|run| (run.epoch, run.tokens.len()));
        if there.is_none_or(|(_, tokens)| tokens == 0) || there == self.rival.asked {
            return Vec::new();
        }
        self.rival.asked = there;
        vec![Effect::Ask(protocol::Request::Line)]
    }

    /// A run has become longer.
    pub(crate) fn ran_for_rival(&mut self) -> Vec<Effect> {
        let is_new = self.run.as_ref().is_some_and(|run| self.rival.asked.is_none_or(|(of, _)| of != run.epoch));
        let is_done = self.run.as_ref().is_some_and(|run| run.done == Done::Yes);
        if self.wants_rival() && (is_new || is_done) { self.ask_line() } else { Vec::new() }
    }

    /// The first worker tells of its model.
    pub(crate) fn told_line(&mut self, line: Option<Line>) -> Vec<Effect> {
        self.rival.line = line.map(Rc::new);
        if self.rival.stand == Stand::Ready { self.tell_rival() } else { Vec::new() }
    }

    /// What it is to know first, then what is wanted of it.
    fn tell_rival(&self) -> Vec<Effect> {
        let line = self.rival.line.as_ref().map(|line| Effect::AskRival(Request::Line(Line::clone(line))));
        let numbers = (self.view == View::Numbers).then(|| self.numbers_wanted());
        line.into_iter().chain(numbers).collect()
    }

    /// Something was heard of the second worker.
    pub(crate) fn hear(&mut self, heard: Heard) -> Vec<Effect> {
        match heard {
            Heard::Coming(bytes) => self.rival.stand = Stand::Coming(bytes),
            Heard::Said(Some(Report::Hello { protocol: PROTOCOL })) => {
                self.rival.stand = Stand::Ready;
                return self.tell_rival();
            }
            Heard::Said(Some(Report::Hello { .. }) | None) => self.rival.stand = Stand::Stale,
            Heard::Said(Some(Report::Moment(shown))) => self.show_moment(shown.map(|shown| *shown)),
            Heard::Said(Some(Report::Numbers(shown))) => self.numbers.shown = Some(Rc::new(*shown)),
            Heard::Failed(message) => self.rival.stand = Stand::Failed(message),
            Heard::Again => {
                self.rival.stand = Stand::Absent;
                self.forget_moment();
                return self.ask_rival();
            }
            Heard::Cancelled => {
                self.rival = Rival::default();
                self.forget_moment();
                let between = self.take_rush(rush::Ask::Between);
                return std::iter::once(Effect::EndRival).chain(between).collect();
            }
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;
    use crate::protocol::{Run, TokenLine, decode, encode};
    use crate::state::Action;

    fn page() -> State {
        State::open(&crate::link::parse("#v=token"), Lang::En)
    }

    fn hello() -> Action {
        Action::Rival(Heard::Said(Some(Report::Hello { protocol: PROTOCOL })))
    }

    fn numbers(state: &State) -> Effect {
        Effect::AskRival(Request::Numbers(state.numbers.wanted.clone()))
    }

    fn run(tokens: usize, done: Done) -> Action {
        let line = TokenLine {
            text: "x".to_owned(),
            share: None,
            is_prompt: true,
            is_special: false,
            cycles: 5,
            candidates: vec![],
            next: 1,
            millis: 0.0,
        };
        let run = Run { epoch: Epoch(1), tokens: vec![line; tokens], next: String::new(), done };
        Action::Reported(Some(protocol::Report::Run(run)))
    }

    fn line(tokens: u32) -> Line {
        Line { contestant: None, fabric: LpuFabric { model: "x".to_owned(), tokens, cycles: 5, spread: 0 } }
    }

    #[test]
    fn it_is_fetched_once_and_only_where_it_is_needed() {
        let mut state = page();
        assert!(!state.reduce(Action::Show(View::Chip)).contains(&Effect::StartRival));
        assert!(state.reduce(Action::Show(View::Numbers)).contains(&Effect::StartRival));
        state.reduce(Action::Rival(Heard::Coming(4_000)));
        assert_eq!(state.rival.stand, Stand::Coming(4_000));
        state.reduce(Action::Show(View::Token));
        assert!(!state.reduce(Action::Show(View::Numbers)).contains(&Effect::StartRival));
        assert_eq!(state.reduce(hello()), [numbers(&state)]);
    }

    #[test]
    fn an_edit_that_comes_before_it_is_asked_when_it_comes() {
        let mut state = page();
        state.reduce(Action::Show(View::Numbers));
        state.reduce(Action::Numbers(Ask::Users(64)));
        let asked = state.reduce(hello());
        assert_eq!(asked, [numbers(&state)]);
        assert!(matches!(&asked[0], Effect::AskRival(Request::Numbers(wanted)) if wanted.setting.users == Some(64)));
    }

    #[test]
    fn one_that_does_not_come_says_why_and_is_fetched_again() {
        let mut state = page();
        state.reduce(Action::Show(View::Numbers));
        state.reduce(Action::Rival(Heard::Failed("HTTP 404".to_owned())));
        assert_eq!(state.rival.stand, Stand::Failed("HTTP 404".to_owned()));
        assert_eq!(state.reduce(Action::Rival(Heard::Again)), [Effect::StartRival]);
        assert_eq!(state.reduce(Action::Rival(Heard::Said(None))), []);
        assert_eq!(state.rival.stand, Stand::Stale);
    }

    #[test]
    fn a_scene_that_is_being_compiled_is_cancelled_and_can_be_asked_for_again() {
        let mut state = page();
        state.reduce(Action::Show(View::Traffic));
        let inside = Action::Rush(rush::Ask::Show(rush::Set::Inside(study::cases::Lateness::Nobody)));
        assert!(state.reduce(inside.clone()).contains(&Effect::StartRival));
        state.reduce(hello());
        assert!(state.reduce(Action::Rival(Heard::Cancelled)).contains(&Effect::EndRival));
        assert_eq!((state.rival.stand.clone(), state.is_inside()), (Stand::Absent, false));
        assert!(state.reduce(inside).contains(&Effect::StartRival));
    }

    #[test]
    fn it_is_told_of_the_model_on_the_chip_at_first_and_when_the_text_is_complete() {
        let mut state = page();
        let asks = |effects: &[Effect]| effects.contains(&Effect::Ask(protocol::Request::Line));
        assert!(!asks(&state.reduce(run(3, Done::No))), "nobody looks at the numbers");
        assert!(asks(&state.reduce(Action::Show(View::Numbers))));
        assert!(!asks(&state.reduce(run(4, Done::No))) && asks(&state.reduce(run(5, Done::Yes))));
        state.reduce(hello());
        let told = state.reduce(Action::Reported(Some(protocol::Report::Line(Some(Box::new(line(5)))))));
        assert_eq!(told, [Effect::AskRival(Request::Line(line(5))), numbers(&state)]);
    }

    #[test]
    fn a_message_survives_its_bytes() {
        let message = Request::Line(line(3));
        assert_eq!(decode::<Request>(&encode(&message)), Some(message));
    }
}

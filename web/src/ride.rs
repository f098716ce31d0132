//! Ride along: which byte, at which of its meetings, and the way there.
//!
//! In: what the viewer asks, the way that the worker found, time.  Out: the cursor and the selection at each meeting; questions to the worker.
//! Invariant: every meeting is a state of the page like any other; time between two runs as it always does and ends on the meeting's cycle.
//! Method: one part of the address, `ride=PLACE.LANE.STOP`; a rest in memory is passed over until shortly before it ends.

use crate::i18n::Lang;
use crate::keys::Command;
use crate::link::View;
use crate::play::Motion;
use crate::protocol::{Epoch, Request};
use crate::state::{Effect, Following, State};
use frame::{Cursor, Selection, Stop};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Cycles before a meeting from which on the way to it is shown.
const SHOWN: u64 = 60;
/// Cycles per second of the viewer on the way.
const RATE: u64 = 90;

/// How many times nearer the camera is that goes along.
const CLOSE_UP: f32 = 2.0;

/// Which ride, and where on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The word or the value that the byte is in at first.
    pub start: Selection,
    /// The byte.
    pub lane: u16,
    /// The meeting.
    pub stop: u32,
}

/// The way of one byte.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Way {
    /// Of which program.
    pub epoch: Epoch,
    /// In which token.
    pub token: u32,
    /// Where it was at first.
    pub start: Selection,
    /// Its lane there.
    pub lane: u16,
    /// Its meetings.
    pub stops: Vec<Stop>,
}

/// The page's side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ride {
    /// Where on it; nothing while nobody rides.
    pub wanted: Option<Wanted>,
    /// The way, once it was found.
    pub way: Option<Rc<Way>>,
    /// The meeting that time is running to.
    goal: Option<u32>,
}

/// What the viewer asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Ride with what is selected, or with a word of weights.
    Begin,
    /// To this meeting.
    Go(u32),
    /// On to the next meeting.
    On,
    /// Back to the one before.
    Back,
    /// Get off.
    Leave,
}

impl Ride {
    /// The meeting that is shown, if the viewer rides.
    pub fn stop(&self) -> Option<&Stop> {
        let wanted = self.wanted?;
        self.way.as_ref()?.stops.get(wanted.stop as usize)
    }

    /// The address says which ride, or that there is none.
    pub(crate) fn follow(&mut self, wanted: Option<Wanted>) {
        (self.wanted, self.goal) = (wanted, None);
    }

    /// Whether time is running to a meeting.
    pub fn is_on_its_way(&self) -> bool {
        self.goal.is_some()
    }
}

impl State {
    /// Applies what the viewer asks.
    pub(crate) fn take_ride(&mut self, ask: Ask) -> Vec<Effect> {
        let stop = self.ride.wanted.map_or(0, |wanted| wanted.stop);
        match ask {
            Ask::Begin => self.begin_ride(),
            Ask::Go(stop) => self.ride_to(stop),
            Ask::On => match self.ride.goal {
                Some(goal) => self.ride_to(goal),
                None => self.ride_on(stop + 1),
            },
            Ask::Back => self.ride_to(stop.saturating_sub(1)),
            Ask::Leave => {
                self.ride = Ride::default();
                self.playback.stop();
                vec![Effect::Push(self.link())]
            }
        }
    }

    /// How near the chip is looked at, if not as a whole.
    pub fn nearer(&self) -> Option<f32> {
        let rides = self.ride.stop().filter(|_| self.view == View::Chip);
        self.scale_nearer().or(rides.map(|_| CLOSE_UP))
    }

    /// What a key means to the ride; nothing if it means something else.
    pub(crate) fn ride_key(&self, command: Command) -> Option<Ask> {
        let rides = self.ride.wanted.is_some();
        match command {
            Command::Ride if rides => Some(Ask::Leave),
            Command::Ride => Some(Ask::Begin),
            Command::Space | Command::On if rides => Some(Ask::On),
            Command::Back if rides => Some(Ask::Back),
            Command::Release if rides => Some(Ask::Leave),
            _ => None,
        }
    }

    /// What carries a byte: a value or a word.
    fn carrier(&self) -> Option<Selection> {
        self.selection.filter(|one| matches!(one, Selection::Value(_) | Selection::Sram { .. }))
    }

    fn begin_ride(&mut self) -> Vec<Effect> {
        if self.opened.is_none() || self.broken.is_some() {
            return Vec::new();
        }
        // Where the viewer was is kept as it is now.
        let here = Effect::Replace(self.link());
        self.tour.leave();
        self.playback.stop();
        (self.view, self.following, self.ride) = (View::Chip, Following::Nothing, Ride::default());
        let ask = Request::Ride { token: self.cursor.token, start: self.carrier(), lane: 0 };
        vec![here, Effect::Push(self.link()), Effect::Ask(ask)]
    }

    /// The way that the address wants, unless it is there.
    pub(crate) fn ask_ride(&mut self) -> Option<Effect> {
        let Wanted { start, lane, .. } = self.ride.wanted.filter(|_| self.opened.is_some())?;
        let is_there = self.ride.way.as_ref().is_some_and(|way| {
            (way.start, way.lane, way.epoch) == (start, lane, self.epoch) && way.token == self.cursor.token
        });
        (!is_there).then_some(Effect::Ask(Request::Ride { token: self.cursor.token, start: Some(start), lane }))
    }

    /// The worker found a way.
    pub(crate) fn found_way(&mut self, way: Way) -> Vec<Effect> {
        let known = self.ride.wanted.filter(|wanted| (wanted.start, wanted.lane) == (way.start, way.lane));
        let stop = known.map_or(0, |wanted| wanted.stop);
        self.ride.wanted = Some(Wanted { start: way.start, lane: way.lane, stop });
        self.ride.way = Some(Rc::new(way));
        self.ride_to(stop)
    }

    /// Time stands at a meeting; past the last one, at that.
    fn ride_to(&mut self, stop: u32) -> Vec<Effect> {
        self.ride.goal = None;
        let (Some(wanted), Some(way)) = (self.ride.wanted, self.ride.way.clone()) else { return Vec::new() };
        let stop = stop.min(way.stops.len().saturating_sub(1) as u32);
        let Some(there) = way.stops.get(stop as usize) else { return Vec::new() };
        self.ride.wanted = Some(Wanted { stop, ..wanted });
        (self.selection, self.on) = (Some(there.carrier), there.on);
        self.jump(there.cursor(way.token))
    }

    /// Time runs to a meeting, what carries the byte in sight.
    fn ride_on(&mut self, stop: u32) -> Vec<Effect> {
        let Some(way) = self.ride.way.clone() else { return Vec::new() };
        let Some(there) = way.stops.get(stop as usize) else { return Vec::new() };
        let from = self.cursor.cycle.max(there.cycle.saturating_sub(SHOWN));
        (self.selection, self.on) = (Some(there.carrier), there.on);
        self.cursor = Cursor { token: way.token, cycle: from };
        self.ride.goal = Some(stop);
        self.playback.at_least(RATE);
        if self.playback.motion == Motion::Stopped {
            self.playback.toggle();
        }
        Vec::new()
    }

    /// Time went on: at the meeting it stops; elsewhere than on the way nobody rides on.
    pub(crate) fn ride_along(&mut self) -> Vec<Effect> {
        let (Some(goal), Some(way)) = (self.ride.goal, self.ride.way.as_ref()) else { return Vec::new() };
        let there = way.stops.get(goal as usize).map(|stop| stop.cursor(way.token));
        if there.is_some_and(|there| there <= self.cursor) { self.ride_to(goal) } else { Vec::new() }
    }
}

impl Lang {
    /// `meeting 5 of 143 · layer 2 · superlane 3, lane 7`
    pub fn meeting(self, stop: u32, last: u32, layer: Option<u32>, lane: u16) -> String {
        let (superlane, within) = (lane / 16, lane % 16);
        match (self, layer) {
            (Lang::Zh, Some(layer)) => {
                format!("第 {} / {} 次相遇 · 第 {layer} 層 · 超級通道 {superlane} 的通道 {within}", stop + 1, last + 1)
            }
            (Lang::Zh, None) => {
                format!("第 {} / {} 次相遇 · 超級通道 {superlane} 的通道 {within}", stop + 1, last + 1)
            }
            (Lang::En, Some(layer)) => {
                format!("meeting {} of {} · layer {layer} · superlane {superlane}, lane {within}", stop + 1, last + 1)
            }
            (Lang::En, None) => {
                format!("meeting {} of {} · superlane {superlane}, lane {within}", stop + 1, last + 1)
            }
        }
    }
}

/// Reads a part of an address.
pub fn parse(text: &str) -> Option<Wanted> {
    let mut parts = text.rsplitn(3, '.');
    let (stop, lane) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let start = frame::parse_selection(parts.next()?, &study::Options::default().chip).ok()?;
    Some(Wanted { start, lane, stop })
}

/// The part of an address.
pub fn print(wanted: Wanted) -> String {
    format!("{}.{}.{}", frame::selection(wanted.start), wanted.lane, wanted.stop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Done, Report, Run, TokenLine};
    use crate::state::Action;
    use frame::{IssueId, Text};

    fn start() -> Selection {
        frame::parse_selection("W12+200", &study::Options::default().chip).expect("a word")
    }

    fn stop(cycle: u64, on: u16) -> Stop {
        let says = Text::new("到了", "there");
        Stop { cycle, issue: IssueId::default(), on, lane: 7, carrier: start(), layer: Some(1), says }
    }

    /// A page on which a token of 500 cycles was run.
    fn page(address: &str) -> State {
        let mut state = crate::state::tests::opened(address);
        state.reduce(Action::Reported(Some(crate::state::tests::model(40))));
        let line = TokenLine {
            text: "x".to_owned(),
            share: None,
            is_prompt: true,
            is_special: false,
            cycles: 500,
            candidates: vec![],
            next: 1,
            millis: 0.0,
        };
        let run = Run { epoch: Epoch(1), tokens: vec![line], next: String::new(), done: Done::Yes };
        state.reduce(Action::Reported(Some(Report::Run(run))));
        state
    }

    fn found(state: &mut State) {
        let stops = vec![stop(20, 0), stop(50, 0), stop(400, 3)];
        let way = Way { epoch: Epoch(1), token: 0, start: start(), lane: 7, stops };
        state.reduce(Action::Reported(Some(Report::Ride(Box::new(way)))));
    }

    #[test]
    fn a_ride_begins_with_what_is_selected_and_stands_at_its_first_meeting() {
        let mut state = page("#v=token&t=0&c=5&sel=W12+200");
        let effects = state.reduce(Action::Command(Command::Ride));
        assert!(
            effects.contains(&Effect::Ask(Request::Ride { token: 0, start: Some(start()), lane: 0 })),
            "{effects:?}"
        );
        found(&mut state);
        assert_eq!((state.view, state.cursor.cycle, state.nearer()), (View::Chip, 20, Some(CLOSE_UP)));
        assert_eq!(state.link().ride, Some(Wanted { start: start(), lane: 7, stop: 0 }));
        state.reduce(Action::Command(Command::Release));
        assert_eq!((state.link().ride, state.nearer()), (None, None));
    }

    #[test]
    fn space_lets_time_run_to_the_next_meeting_and_a_rest_is_passed_over() {
        let mut state = page("#v=token&t=0&c=5&sel=W12+200");
        state.reduce(Action::Command(Command::Ride));
        found(&mut state);
        state.reduce(Action::Command(Command::Space));
        assert!(state.moves() && state.cursor.cycle == 20 && state.ride.is_on_its_way());
        for _ in 0..10 {
            state.reduce(Action::Tick(100.0));
        }
        assert!(!state.moves(), "it stops");
        assert_eq!((state.cursor.cycle, state.ride.stop().map(|stop| stop.cycle)), (50, Some(50)));
        state.reduce(Action::Command(Command::Space));
        assert_eq!((state.cursor.cycle, state.on), (400 - SHOWN, 3), "the rest is not shown");
        state.reduce(Action::Command(Command::Space));
        assert_eq!(state.cursor.cycle, 400, "who does not want to wait is there at once");
        state.reduce(Action::Command(Command::Space));
        assert_eq!(state.cursor.cycle, 400, "the last one");
        state.reduce(Action::Command(Command::Back));
        assert_eq!((state.cursor.cycle, state.on), (50, 0));
    }

    #[test]
    fn an_address_asks_for_its_way_and_comes_back_to_its_meeting() {
        let mut state = State::open(&crate::link::parse("#v=chip&t=0&c=50&sel=W12+200&ride=W12+200.7.1"), Lang::En);
        let asks = |effect: &Effect| *effect == Effect::Ask(Request::Ride { token: 0, start: Some(start()), lane: 7 });
        let effects = state.reduce(Action::Reported(Some(crate::state::tests::model(40))));
        assert!(effects.iter().any(asks), "{effects:?}");
        found(&mut state);
        assert_eq!(state.cursor.cycle, 50);
        let link = crate::link::parse("#v=chip&t=0&c=20&sel=W12+200");
        state.reduce(Action::Followed(link));
        assert_eq!(state.link().ride, None, "Back to before the ride");
    }

    #[test]
    fn a_place_on_the_way_survives_the_address() {
        for place in ["W12+200", "E7:3.4.5.6"] {
            let start = frame::parse_selection(place, &study::Options::default().chip).expect("a place");
            let wanted = Wanted { start, lane: 319, stop: 40 };
            assert_eq!(parse(&print(wanted)), Some(wanted));
        }
        for text in ["", "W12+200", "W12+200.1", "W12+200.x.1", "W99+1.0.0"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

//! What the page knows, and how each event changes it.
//!
//! In: actions, one at a time.  Out: the new state and the effects to perform.
//! Invariant: names no browser; the same actions give the same state and effects.
//! Method: one `reduce`; effects are data that `services` perform.

use crate::i18n::Lang;
use crate::keys::Command;
use crate::link::{Cursor, Link, View};
use crate::play::{self, Motion, Playback};
use crate::protocol::{PROTOCOL, Report, Request, Run};

/// Where the worker stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Engine {
    /// Not yet heard of, or not yet agreed on the version.
    Starting,
    /// It answers.
    Ready,
    /// It speaks another version of the protocol.
    Stale,
    /// It stopped, with this message.
    Failed(String),
}

/// Everything the page knows.
#[derive(Clone, PartialEq, Debug)]
pub struct State {
    /// The language of all texts.
    pub lang: Lang,
    /// The view shown.
    pub view: View,
    /// The place in the run that every view shows.
    pub cursor: Cursor,
    /// Where the worker stands.
    pub engine: Engine,
    /// The run that the cursor moves in, once there is one.
    pub run: Option<Run>,
    /// Whether and how fast time runs.
    pub playback: Playback,
}

/// Something that happened.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// The worker said something; `None` for bytes that are no message of this version.
    Reported(Option<Report>),
    /// The worker stopped.
    WorkerFailed(String),
    /// The viewer asked for a view.
    Show(View),
    /// The viewer pressed a key of the table, or the button that stands for it.
    Command(Command),
    /// A frame of the screen came, this many milliseconds after the last.
    Tick(f64),
    /// The viewer jumped to a place in the run.
    Jump(Cursor),
    /// The viewer asked for the other language.
    SwitchLanguage,
    /// The address changed under the page: Back, Forward, or typed.
    Followed(Link),
}

/// Something to do outside.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Send this to the worker.
    Ask(Request),
    /// Put this link into the address as a new entry of the history.
    Push(Link),
    /// Put this link into the address in place of the present entry.
    Replace(Link),
}

impl State {
    /// The state of a page opened at `link` in a browser set to `lang`.
    pub fn open(link: &Link, lang: Lang) -> Self {
        let mut state = State {
            lang,
            view: View::Opening,
            cursor: Cursor::default(),
            engine: Engine::Starting,
            run: None,
            playback: Playback::default(),
        };
        state.follow(link);
        state
    }

    /// Applies one action.
    pub fn reduce(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Reported(report) => self.report(report),
            Action::WorkerFailed(message) => {
                self.engine = Engine::Failed(message);
                Vec::new()
            }
            Action::Show(view) if view == self.view => Vec::new(),
            Action::Show(view) => {
                self.view = view;
                vec![Effect::Push(self.link())]
            }
            Action::Command(command) => self.obey(command),
            Action::Tick(millis) => {
                self.cursor = self.playback.advance(self.cursor, millis, &self.lengths());
                Vec::new()
            }
            Action::Jump(cursor) => self.jump(cursor),
            Action::SwitchLanguage => {
                self.lang = self.lang.other();
                vec![Effect::Replace(self.link())]
            }
            Action::Followed(link) => {
                self.follow(&link);
                Vec::new()
            }
        }
    }

    /// Whether a frame of the screen would change anything.
    pub fn moves(&self) -> bool {
        self.playback.motion == Motion::Playing && self.run.is_some()
    }

    /// The link that leads back here.
    pub fn link(&self) -> Link {
        Link { view: Some(self.view), cursor: Some(self.cursor), lang: Some(self.lang) }
    }

    /// Cycles of each token of the run; none before there is one.
    fn lengths(&self) -> Vec<u64> {
        self.run.iter().flat_map(|run| run.tokens.iter().map(|token| token.cycles)).collect()
    }

    fn obey(&mut self, command: Command) -> Vec<Effect> {
        let lengths = self.lengths();
        let last = lengths.len().saturating_sub(1) as u32;
        let token = |token: u32| Cursor { token, cycle: 0 };
        match command {
            Command::Tab(index) => {
                return View::TABS.get(index).map_or(Vec::new(), |view| self.reduce(Action::Show(*view)));
            }
            Command::TogglePlay => {
                self.playback.toggle();
                return self.settle();
            }
            Command::Faster => self.playback.faster(),
            Command::Slower => self.playback.slower(),
            Command::CycleOn => return self.jump(play::forward(self.cursor, 1, &lengths).0),
            Command::CycleBack => return self.jump(play::backward(self.cursor, 1, &lengths).0),
            Command::TokenOn => return self.jump(token((self.cursor.token + 1).min(last))),
            Command::TokenBack => return self.jump(token(self.cursor.token.saturating_sub(1))),
            Command::First => return self.jump(token(0)),
            Command::Last => return self.jump(token(last)),
        }
        Vec::new()
    }

    /// Moves the cursor and stops time there.
    fn jump(&mut self, cursor: Cursor) -> Vec<Effect> {
        self.playback.stop();
        self.cursor = cursor;
        self.settle()
    }

    /// Puts the place into the address once time stands still.
    fn settle(&self) -> Vec<Effect> {
        match self.playback.motion {
            Motion::Playing => Vec::new(),
            Motion::Stopped => vec![Effect::Replace(self.link())],
        }
    }

    fn follow(&mut self, link: &Link) {
        self.view = link.view.unwrap_or(self.view);
        self.cursor = link.cursor.unwrap_or(self.cursor);
        self.lang = link.lang.unwrap_or(self.lang);
    }

    fn report(&mut self, report: Option<Report>) -> Vec<Effect> {
        match report {
            Some(Report::Hello { protocol: PROTOCOL }) if self.engine == Engine::Starting => {
                return vec![Effect::Ask(Request::Hello { protocol: PROTOCOL })];
            }
            Some(Report::Hello { .. }) | None => self.engine = Engine::Stale,
            Some(Report::Ready) => self.engine = Engine::Ready,
            Some(Report::Run(run)) => self.run = Some(run),
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::TokenLine;

    fn opened(fragment: &str) -> State {
        State::open(&crate::link::parse(fragment), Lang::En)
    }

    #[test]
    fn the_worker_is_ready_only_when_it_speaks_our_version() {
        let cases = [
            (vec![Some(Report::Hello { protocol: PROTOCOL })], Engine::Starting),
            (vec![Some(Report::Hello { protocol: PROTOCOL }), Some(Report::Ready)], Engine::Ready),
            (vec![Some(Report::Hello { protocol: PROTOCOL + 1 })], Engine::Stale),
            (vec![None], Engine::Stale),
        ];
        for (reports, expected) in cases {
            let mut state = opened("");
            for report in reports {
                state.reduce(Action::Reported(report));
            }
            assert_eq!(state.engine, expected);
        }
    }

    #[test]
    fn a_view_enters_the_history_once() {
        let mut state = opened("");
        assert_eq!(state.view, View::Opening);
        assert_eq!(state.reduce(Action::Show(View::Chip)), [Effect::Push(state.link())]);
        assert_eq!(state.reduce(Action::Show(View::Chip)), []);
    }

    #[test]
    fn an_address_overrides_the_browser_setting() {
        let state = opened("#v=chip&t=2&c=9&lang=zh");
        assert_eq!((state.view, state.lang), (View::Chip, Lang::Zh));
        assert_eq!(state.cursor, Cursor { token: 2, cycle: 9 });
        assert_eq!(opened("").lang, Lang::En);
    }

    fn running() -> State {
        let mut state = opened("");
        let tokens = [5, 7].map(|cycles| TokenLine { text: "x".to_owned(), cycles }).to_vec();
        let run = Run { model: "m".to_owned(), hertz: 900_000_000, prompt_tokens: 1, tokens };
        state.reduce(Action::Reported(Some(Report::Run(run))));
        state
    }

    #[test]
    fn steps_cross_tokens_and_stop_time() {
        let mut state = running();
        assert_eq!(state.playback.motion, Motion::Playing);
        for _ in 0..5 {
            state.reduce(Action::Command(Command::CycleOn));
        }
        assert_eq!(state.playback.motion, Motion::Stopped);
        assert_eq!(state.cursor, Cursor { token: 1, cycle: 0 });
        state.reduce(Action::Command(Command::CycleBack));
        assert_eq!(state.cursor, Cursor { token: 0, cycle: 4 });
        state.reduce(Action::Command(Command::Last));
        state.reduce(Action::Command(Command::TokenOn));
        assert_eq!(state.cursor, Cursor { token: 1, cycle: 0 });
    }

    #[test]
    fn the_address_rests_while_time_runs() {
        let mut state = running();
        assert_eq!(state.reduce(Action::Tick(16.0)), []);
        assert_eq!(state.reduce(Action::Command(Command::TogglePlay)), [Effect::Replace(state.link())]);
    }

    #[test]
    fn switching_the_language_twice_changes_nothing() {
        let mut state = opened("");
        let before = state.clone();
        state.reduce(Action::SwitchLanguage);
        assert_ne!(state, before);
        state.reduce(Action::SwitchLanguage);
        assert_eq!(state, before);
    }
}

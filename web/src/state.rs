//! What the page knows, and how each event changes it.
//!
//! In: actions, one at a time.  Out: the new state and the effects to perform.
//! Invariant: names no browser; the same actions give the same state and effects.
//! Method: one `reduce`; effects are data that `services` perform.

use crate::i18n::Lang;
use crate::link::{Cursor, Link, View};
use crate::protocol::{PROTOCOL, Report, Request};

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
        let mut state = State { lang, view: View::Opening, cursor: Cursor::default(), engine: Engine::Starting };
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

    /// The link that leads back here.
    pub fn link(&self) -> Link {
        Link { view: Some(self.view), cursor: Some(self.cursor), lang: Some(self.lang) }
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
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

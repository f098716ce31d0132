//! Which model writes which text: asked for by the viewer, kept as entries of the history.
//!
//! In: what the viewer asks for.  Out: requests to the worker; the address.
//! Invariant: Back leads to the model, the chips and the text of before; an entry never claims a late car that it had not.

use crate::link::Link;
use crate::protocol::Request;
use crate::state::{Effect, State};
use study::Sampling;

/// Where a model comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// The page's own.
    Own,
    /// A file beside the page.
    Offered(String),
    /// A file of the viewer's.
    Given,
}

impl Source {
    pub(crate) fn of_link(model: Option<String>) -> Self {
        model.map_or(Source::Own, Source::Offered)
    }

    pub(crate) fn link(&self) -> Option<String> {
        match self {
            Source::Offered(name) => Some(name.clone()),
            Source::Own | Source::Given => None,
        }
    }
}

impl State {
    /// The viewer wants another model; a file of his own is on its way already.
    pub(crate) fn take_model(&mut self, source: Source) -> Vec<Effect> {
        let before = self.link();
        let ask = (source != Source::Given).then(|| State::ask_model(&source));
        (self.source_wanted, self.trouble) = (source, None);
        ask.into_iter().chain(self.kept(before)).collect()
    }

    pub(crate) fn ask_model(source: &Source) -> Effect {
        match source {
            Source::Own => Effect::Ask(Request::OpenOwn),
            Source::Offered(name) => Effect::Ask(Request::OpenOffered(name.clone())),
            Source::Given => Effect::GiveAgain,
        }
    }

    /// The viewer wants another text, or the same one drawn otherwise.
    pub(crate) fn write(&mut self, prompt: Option<String>, seed: Option<u64>) -> Vec<Effect> {
        let before = self.link();
        (self.prompt, self.seed, self.trouble) = (prompt, seed, None);
        self.kept(before).into_iter().chain([self.ask_text()]).collect()
    }

    /// Asks for the text that was typed, or the page's own.
    pub(crate) fn ask_text(&self) -> Effect {
        let prompt = self.prompt.clone().unwrap_or_else(|| self.lang.texts().prompts()[0].to_owned());
        let sampling = self.seed.map_or(Sampling::Greedy, |seed| Sampling::Seeded { seed });
        Effect::Ask(Request::Prompt(prompt, sampling))
    }

    /// Text and seed that are wanted.
    pub(crate) fn wish(&self) -> (Option<String>, Option<u64>) {
        (self.prompt.clone(), self.seed)
    }

    /// The address of what is wanted now: an entry of its own, if it is something else than what there was before.
    pub(crate) fn kept(&self, before: Link) -> Vec<Effect> {
        let mut now = Link { late: None, ..self.link() };
        let is_same_model = before.model == now.model;
        // What is pointed at stays until the other model is there, and is none of it.
        now.selection = now.selection.filter(|_| is_same_model);
        let is_same = is_same_model
            && (before.chips, before.programs, before.seed) == (now.chips, now.programs, now.seed)
            && before.prompt == now.prompt;
        if is_same { vec![Effect::Replace(now)] } else { vec![Effect::Replace(before), Effect::Push(now)] }
    }
}

//! Where the viewer is, as an address and back.
//!
//! In: the state; a link.  Out: the link that leads back here; the state that a link asks for.
//! Invariant: following the link of a state changes nothing that the link speaks of.

use crate::link::{Link, View};
use crate::machine;
use crate::protocol::{Done, Programs, Request};
use crate::source::Source;
use crate::state::{Effect, Engine, Following, State};
use crate::tour;
use frame::{Cursor, Text};

/// What is said of parts of an address that mean nothing.
fn unread(parts: &[String]) -> Option<Text> {
    let zh = || format!("網址裡有看不懂的部分，已略過：{}。", parts.join("、"));
    let en = || format!("these parts of the address mean nothing here and were left out: {}", parts.join(", "));
    (!parts.is_empty()).then(|| Text::new(zh(), en()))
}

/// What is said of a place that is not there.
fn beyond() -> Text {
    Text::new(
        "網址說的地方不在這裡，改到最近的地方。",
        "there is no such place as the address names; this is the nearest",
    )
}

impl State {
    /// The link that leads back here.
    pub fn link(&self) -> Link {
        Link {
            view: Some(self.view),
            cursor: Some(self.cursor),
            selection: self.selection,
            prompt: self.prompt.clone(),
            seed: self.seed,
            model: self.source_wanted.link(),
            late: self.broken.as_ref().map(|broken| broken.seed),
            chips: (self.chips != 1).then_some(self.chips),
            programs: (self.turns.wanted != Programs::One).then_some(self.turns.wanted),
            on: (self.on != 0).then_some(self.on),
            machine: (!self.machine.is_empty()).then(|| self.machine.clone()),
            ride: self.ride.wanted,
            scale: self.scale,
            tour: self.tour.here(),
            inside: self.rush.inside.filter(|_| self.view == View::Traffic),
            numbers: (self.view == View::Numbers).then(|| self.numbers.wanted.clone()),
            versus: self.versus.filter(|_| self.view == View::Memory),
            compiling: matches!(self.view, View::Compiler | View::Schedule).then(|| self.compiling.wanted.clone()),
            fleet: self.fleet.wanted.clone().filter(|_| self.view == View::Traffic),
            lang: Some(self.lang),
            unread: Vec::new(),
        }
    }

    /// Shows what a link says, as far as it says anything.
    pub(crate) fn follow(&mut self, link: &Link) {
        self.trouble = unread(&link.unread).or(self.trouble.take());
        self.view = link.view.unwrap_or(self.view);
        self.on = link.on.unwrap_or(0);
        self.rush.inside = link.inside;
        self.versus = link.versus;
        self.ride.follow(link.ride);
        self.scale = link.scale;
        self.lang = link.lang.unwrap_or(self.lang);
        if let Some(wanted) = &link.numbers {
            self.numbers.wanted = wanted.clone();
        }
        self.compiling.wanted = link.compiling.clone().unwrap_or_default();
        if self.view == View::Traffic {
            self.fleet.wanted = link.fleet.clone();
        }
        if let Some(cursor) = link.cursor {
            (self.cursor, self.wanted_place) = (cursor, Some(cursor));
            self.selection = link.selection;
            self.following = Following::Nothing;
            self.playback.stop();
            self.take_turn();
        }
    }

    /// An address may name a chip that is not there.
    pub(crate) fn stay_on_chips(&mut self, chips: u16) {
        let last = chips.saturating_sub(1);
        if last < self.on {
            self.on = last;
            self.trouble.get_or_insert_with(beyond);
        }
    }

    /// An address may name a token or a cycle that is not there: known once the text is written as far, or is complete.
    pub(crate) fn stay_in_text(&mut self) {
        let (Some(wanted), Some(run)) = (self.wanted_place, self.shown_run()) else { return };
        let (lengths, is_done) = (self.lengths(), run.done == Done::Yes);
        let there = lengths.get(wanted.token as usize);
        if there.is_none() && !is_done {
            return;
        }
        self.wanted_place = None;
        let is_there = there.is_some_and(|cycles| wanted.cycle < *cycles);
        // Who has moved on meanwhile stays there.
        if is_there || self.cursor.cycle != wanted.cycle || lengths.is_empty() {
            return;
        }
        let token = (wanted.token as usize).min(lengths.len() - 1);
        self.cursor = Cursor { token: token as u32, cycle: wanted.cycle.min(lengths[token].saturating_sub(1)) };
        self.take_turn();
        self.trouble.get_or_insert_with(beyond);
    }

    /// The address changed: the page shows what it says.
    pub(crate) fn followed(&mut self, link: &Link) -> Vec<Effect> {
        let link = tour::complete(link);
        let known = self.wish();
        self.trouble = None;
        self.follow(&link);
        self.tour.follow(&link);
        self.wanted_late = link.late;
        // An address that names no place is not one that the page has left: model and text stay.
        let model = if link.cursor.is_some() { link.model.clone() } else { self.source_wanted.link() };
        if link.cursor.is_some() {
            (self.prompt, self.seed) = (link.prompt.clone(), link.seed);
        }
        let reopened = self.reopen(&link, model);
        if self.opened.is_none() && self.engine != Engine::Ready {
            // All that is wanted is asked for once the worker is there.
            return self.ask_views();
        }
        if let Some(reopened) = reopened {
            return reopened.into_iter().chain(self.ask_rival()).chain(self.ask_fleet()).collect();
        }
        if self.opened.is_none() {
            return self.ask_views();
        }
        if known != self.wish() {
            return std::iter::once(self.ask_text()).chain(self.ask_views()).collect();
        }
        self.wanted_late = None;
        self.stay_in_text();
        self.name_the_word();
        self.agree(link.late).into_iter().chain(self.look()).chain(self.ask_views()).collect()
    }

    /// What has to be compiled anew, if model, machine, chips or programs of the link are others than those wanted last.
    fn reopen(&mut self, link: &Link, model: Option<String>) -> Option<Vec<Effect>> {
        if self.source_wanted == Source::Given {
            // A file that is still being read is given up.
            self.source_wanted = self.source.clone();
        }
        let (chips, programs) = (link.chips.unwrap_or(1), link.programs.unwrap_or_default());
        let machine = link.machine.clone().unwrap_or_default();
        let is_same_model = model == self.source_wanted.link();
        let is_same_machine = machine == self.machine;
        if is_same_model && is_same_machine && (chips, programs) == (self.chips, self.turns.wanted) {
            return None;
        }
        if !is_same_model {
            self.source_wanted = Source::of_link(model);
        }
        self.machine.clone_from(&machine);
        let model = if is_same_machine { State::ask_model(&self.source_wanted) } else { machine::wanted(machine) };
        Some(self.ask_place(chips, programs).into_iter().chain([model]).collect())
    }

    /// What the views that the link opens have to ask.
    fn ask_views(&mut self) -> Vec<Effect> {
        let asked = self.ask_rival();
        asked.into_iter().chain(self.ask_compiling()).chain(self.ask_fleet()).chain(self.ask_ride()).collect()
    }

    /// The late car of an address, or that there is none, is what the page shows.
    fn agree(&self, late: Option<u64>) -> Vec<Effect> {
        match (late, self.broken.as_ref().map(|broken| broken.seed)) {
            (None, Some(_)) => vec![Effect::Ask(Request::Undo)],
            (Some(seed), shown) if shown != late => vec![Effect::Ask(Request::Break { seed })],
            _ => Vec::new(),
        }
    }
}

//! How the program came about, as the viewer steps through it: which pass is looked at, which option is changed, how near the schedule is.
//!
//! In: what the viewer asks, what the worker answers.  Out: the state of both views; questions to the worker.
//! Invariant: an answer names what was asked, so that a late one is known; nothing is compiled unless the viewer asks.
//! Method: three parts of the address: `pass`, `ab`, `z`.

use crate::link::View;
use crate::protocol::{Machine, Request};
use crate::state::{Effect, State};
use frame::Text;
use std::rc::Rc;
use study::{AfterPass, Change, Noted};

/// Steps nearer that an address may ask for; the picture takes as many as there are.
const NEAREST: u8 = 40;

/// In place of a pass: the machine's file, to change it.
pub const MACHINE: &str = "machine";

/// What is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The state after this pass, in place of the columns.
    pub pass: Option<String>,
    /// The option that is compared.
    pub change: Option<Change>,
    /// How near the schedule is: the token's cycles, halved so often.
    pub zoom: u8,
}

/// The page's side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compiling {
    /// What is looked at.
    pub wanted: Wanted,
    /// The state that came last.
    pub after: Option<Rc<AfterPass>>,
    /// The comparison that came last.
    pub noted: Option<Rc<Noted>>,
}

/// What the viewer asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The state after a pass, or the columns.
    Pass(Option<String>),
    /// What this option would give, or no comparison.
    Change(Option<Change>),
    /// The schedule this near.
    Zoom(u8),
}

impl Compiling {
    /// The state after the pass that is wanted, once it is there.
    pub fn shown(&self) -> Option<&AfterPass> {
        self.after.as_deref().filter(|after| Some(&after.name) == self.wanted.pass.as_ref())
    }

    /// What the change that is wanted gives, once it is there.
    pub fn compared(&self) -> Option<&Noted> {
        self.noted.as_deref().filter(|noted| Some(noted.change) == self.wanted.change)
    }

    /// Another model is on the chip: what came of the one before is forgotten.
    pub fn forget(&mut self) {
        (self.after, self.noted) = (None, None);
    }

    fn due(&self) -> impl Iterator<Item = Request> + use<> {
        let pass = self.wanted.pass.clone().filter(|pass| pass != MACHINE && self.shown().is_none());
        let pass = pass.map(Request::After);
        let change = self.wanted.change.filter(|_| self.compared().is_none()).map(Request::Change);
        pass.into_iter().chain(change)
    }
}

impl State {
    /// Applies what the viewer asks.
    pub(crate) fn take_compiling(&mut self, ask: Ask) -> Vec<Effect> {
        let wanted = &mut self.compiling.wanted;
        match ask {
            Ask::Pass(pass) => wanted.pass = pass,
            Ask::Change(change) => wanted.change = change,
            Ask::Zoom(zoom) => wanted.zoom = zoom.min(NEAREST),
        }
        std::iter::once(Effect::Replace(self.link())).chain(self.ask_compiling()).collect()
    }

    /// Asks for what is wanted of the compiler and not there.
    pub(crate) fn ask_compiling(&self) -> Vec<Effect> {
        if self.view != View::Compiler || self.opened.is_none() {
            return Vec::new();
        }
        let is_machine = self.compiling.wanted.pass.as_deref() == Some(MACHINE) && self.machine_file().is_none();
        let file = is_machine.then_some(Request::Machine(Machine::Published));
        self.compiling.due().chain(file).map(Effect::Ask).collect()
    }

    /// The schedule one step nearer or farther.
    pub(crate) fn zoomed(&mut self, nearer: Nearer) -> Vec<Effect> {
        let zoom = self.compiling.wanted.zoom;
        self.take_compiling(Ask::Zoom(match nearer {
            Nearer::Yes => zoom + 1,
            Nearer::No => zoom.saturating_sub(1),
        }))
    }

    /// The comparison came, or why there is none.
    pub(crate) fn compared(&mut self, outcome: Result<Noted, Text>) {
        self.work = None;
        match outcome {
            Ok(noted) => self.compiling.noted = Some(Rc::new(noted)),
            Err(text) => (self.trouble, self.compiling.wanted.change) = (Some(text), None),
        }
    }
}

/// Which way the schedule goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nearer {
    /// Fewer cycles.
    Yes,
    /// More of them.
    No,
}

/// Reads one part of an address.
pub fn parse(wanted: &mut Option<Wanted>, key: &str, value: &str) {
    let mut known = wanted.clone().unwrap_or_default();
    match key {
        "pass" if value == MACHINE => known.pass = Some(value.to_owned()),
        "pass" => match study::pass_named(value) {
            Ok(_) => known.pass = Some(value.to_owned()),
            Err(_) => return,
        },
        "ab" => match value.split_at_checked(1).map(|(what, number)| (what, number.parse::<u16>())) {
            Some(("n", Ok(chips))) => known.change = Some(Change::Chips(chips)),
            Some(("c", Ok(context))) => known.change = Some(Change::Context(context.into())),
            _ => return,
        },
        _ => match value.parse::<u8>() {
            Ok(zoom) => known.zoom = zoom.min(NEAREST),
            Err(_) => return,
        },
    }
    *wanted = Some(known);
}

/// The parts of an address.
pub fn print(wanted: &Wanted) -> Vec<String> {
    let pass = wanted.pass.as_ref().map(|pass| format!("pass={pass}"));
    let change = wanted.change.map(|change| match change {
        Change::Chips(chips) => format!("ab=n{chips}"),
        Change::Context(context) => format!("ab=c{context}"),
    });
    let zoom = (wanted.zoom != 0).then(|| format!("z={}", wanted.zoom));
    pass.into_iter().chain(change).chain(zoom).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_survives_the_address() {
        for pass in [None, Some("lower".to_owned()), Some(MACHINE.to_owned())] {
            for change in [None, Some(Change::Chips(8)), Some(Change::Context(256))] {
                for zoom in [0, 7] {
                    let wanted = Wanted { pass: pass.clone(), change, zoom };
                    let mut read = None;
                    for part in print(&wanted) {
                        let (key, value) = part.split_once('=').expect("a pair");
                        parse(&mut read, key, value);
                    }
                    assert_eq!(read.unwrap_or_default(), wanted);
                }
            }
        }
        let mut read = None;
        [("pass", "nonsense"), ("ab", "x8"), ("ab", ""), ("ab", "n"), ("z", "-1")]
            .into_iter()
            .for_each(|(key, value)| parse(&mut read, key, value));
        assert_eq!(read, None);
    }
}

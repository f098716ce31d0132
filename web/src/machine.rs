//! Another machine under the model: asked for, accepted or refused.
//!
//! In: what an address or the viewer wants, what the worker says.  Out: the state; the model opened again.
//! Invariant: the machine of the state is one that the worker accepted, except before anything is open: then it is what the address named.

use crate::protocol::{Machine, MachineNote, MachineRead, MachineReport, Programs, Request};
use crate::source::Source;
use crate::state::{Effect, State};
use study::Chip;

/// The published machine with these differences is wanted.
pub fn wanted(differences: String) -> Effect {
    Effect::Ask(Request::Machine(Machine::Differences(differences)))
}

/// Reads a machine: what the worker for that does.
pub fn read(wanted: &Machine) -> MachineReport {
    let read = match wanted {
        Machine::File(text) => study::machine(text),
        Machine::Differences(text) => study::machine_that_differs(text),
        Machine::Published => return MachineReport::Published(Chip::lpu_14nm().to_json()),
    };
    MachineReport::Read(read.map(|chip| {
        let note = MachineNote { name: chip.name.clone(), file: chip.to_json(), differences: chip.differences() };
        // The published machine's file is asked for where it is shown.
        let file = if note.differences.is_empty() { String::new() } else { note.file };
        Box::new(MachineRead { note: MachineNote { file, ..note }, chip })
    }))
}

impl State {
    /// The file of the machine that is shown, once it is there.
    pub fn machine_file(&self) -> Option<&str> {
        let note = &self.opened.as_ref()?.machine;
        if note.differences.is_empty() { self.published.as_deref() } else { Some(&note.file) }
    }

    /// What is asked first: the machine of the address, then the model; on the published machine the model at once.
    pub(crate) fn first_machine(&self) -> Effect {
        match self.machine.as_str() {
            "" => State::ask_model(&self.source_wanted),
            machine => wanted(machine.to_owned()),
        }
    }

    /// The machine is possible: the model is compiled for it.
    pub(crate) fn took_machine(&mut self, note: MachineNote) -> Vec<Effect> {
        let is_new = note.differences != self.machine;
        self.machine = note.differences;
        self.trouble = None;
        let keep = is_new.then(|| Effect::Push(self.link()));
        keep.into_iter().chain([State::ask_model(&self.source_wanted)]).collect()
    }

    /// Something was refused: what is shown stays; before anything is, the page opens without what the address wanted, first without its
    /// machine, then as it opens for everybody.
    pub(crate) fn refused(&mut self) -> Vec<Effect> {
        if let Some(opened) = &self.opened {
            (self.source_wanted, self.machine) = (self.source.clone(), opened.machine.differences.clone());
            if self.run.is_some() {
                (self.prompt, self.seed) = self.written.clone();
            }
            let prompt = self.run.is_none().then(|| self.prompt.take()).flatten();
            let own = prompt.map(|_| self.ask_text());
            return self.stay_in_place().into_iter().chain(own).collect();
        }
        if !std::mem::take(&mut self.machine).is_empty() {
            return vec![State::ask_model(&self.source_wanted)];
        }
        let wanted = std::mem::replace(&mut self.source_wanted, Source::Own);
        if (&wanted, self.chips, self.turns.wanted) == (&Source::Own, 1, Programs::One) {
            return Vec::new();
        }
        let place = self.ask_place(1, Programs::One);
        place.into_iter().chain([State::ask_model(&Source::Own)]).collect()
    }
}

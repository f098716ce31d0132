//! The page's end of the worker that reads machines: fetched when the first one is asked for.
//!
//! In: machines to read.  Out: what the worker says, or that it failed.
//! Invariant: nothing is sent before the worker can hear; only the machine that was asked for last is read.

use super::engine::{Engine, Heard, MACHINE};
use crate::protocol::{Machine, MachineReport, PROTOCOL, decode};

/// The worker, once it was needed.
#[derive(Default)]
pub struct Smith {
    engine: Option<Engine>,
    /// What is to be read once it can hear.
    waiting: Option<Machine>,
    can_hear: bool,
}

impl Smith {
    /// Has a machine read; `call` gets everything that is heard.
    ///
    /// Errors: what the browser says.
    pub fn ask(&mut self, wanted: Machine, call: impl Fn(Heard) + Clone + 'static) -> Result<(), String> {
        match &self.engine {
            Some(engine) if self.can_hear => return engine.ask(&wanted),
            Some(_) => {}
            None => self.engine = Some(Engine::start(MACHINE, call)?),
        }
        self.waiting = Some(wanted);
        Ok(())
    }

    /// What was heard, if it is an answer.
    ///
    /// Errors: it stopped, or is of another version; it is fetched again when the next machine is asked for.
    pub fn hear(&mut self, heard: Heard) -> Result<Option<MachineReport>, String> {
        let failure = match heard {
            Heard::Message(bytes) => match decode(&bytes) {
                Some(MachineReport::Hello { protocol: PROTOCOL }) => {
                    self.can_hear = true;
                    let asked =
                        self.waiting.take().zip(self.engine.as_ref()).map(|(wanted, engine)| engine.ask(&wanted));
                    return asked.unwrap_or(Ok(())).map(|()| None);
                }
                Some(MachineReport::Hello { .. }) | None => String::new(),
                Some(report) => return Ok(Some(report)),
            },
            Heard::Failed(message) => message,
            Heard::Coming(_) => return Ok(None),
        };
        *self = Smith::default();
        Err(failure)
    }
}

//! The end of the worker that reads machines: their files are JSON, and its reader is nothing that the first load needs.
//!
//! In: machines as files or differences.  Out: the machine, what the page says of it, or why it cannot be.
//! Invariant: its first message is its version, sent once it can hear; a message of another version is answered with it.

use super::port::{self, Sent};
use crate::machine;
use crate::protocol::{MachineReport, PROTOCOL, decode};

/// Answers until the page ends the worker.
pub fn serve() {
    let hello = || port::send(&MachineReport::Hello { protocol: PROTOCOL });
    port::listen(move |sent| {
        let Sent::Message(bytes) = sent else { return };
        match decode(&bytes) {
            Some(wanted) => port::send(&machine::read(&wanted)),
            None => hello(),
        }
    });
    hello();
}

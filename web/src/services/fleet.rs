//! The other end of the worker for hundreds of chips.
//!
//! In: requests.  Out: reports.
//! Invariant: its first message is its version, sent once it can hear.
//! Method: one request at a time; who no longer wants an answer ends the worker.

use super::port::{self, Sent};
use crate::fleet::Report;
use crate::fleet_desk::FleetDesk;
use crate::protocol::{PROTOCOL, decode};
use std::cell::RefCell;

/// Answers until the page ends the worker.
pub fn serve() {
    let desk = RefCell::new(FleetDesk::default());
    port::listen(move |sent| {
        let Sent::Message(bytes) = sent else { return };
        match decode(&bytes) {
            Some(request) => {
                port::send(&desk.borrow_mut().answer(request, port::now, &mut |report| port::send(&report)));
            }
            None => port::send(&Report::Hello { protocol: PROTOCOL }),
        }
    });
    port::send(&Report::Hello { protocol: PROTOCOL });
}

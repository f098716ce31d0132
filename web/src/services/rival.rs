//! The second worker's end: the rival and the bill.
//!
//! In: requests.  Out: reports.
//! Invariant: its first message is its version, sent once it can hear; a message of another version is answered with it.

use super::port::{self, Sent};
use crate::numbers::Ledger;
use crate::protocol::{PROTOCOL, decode};
use crate::rival::{Report, Request};
use crate::scenes::Stage;
use std::cell::RefCell;

/// Answers until the page ends the worker.
pub fn serve() {
    let ledger = RefCell::new(Ledger::default());
    let stage = RefCell::new(Stage::default());
    port::listen(move |sent| {
        let Sent::Message(bytes) = sent else { return };
        match decode(&bytes) {
            Some(Request::Line(line)) => ledger.borrow_mut().learn(line),
            Some(Request::Numbers(wanted)) => {
                port::send(&Report::Numbers(Box::new(ledger.borrow_mut().answer(wanted, port::now))));
            }
            Some(Request::Moment(wanted)) => {
                port::send(&Report::Moment(stage.borrow_mut().moment(wanted).map(Box::new)));
            }
            None => port::send(&Report::Hello { protocol: PROTOCOL }),
        }
    });
    port::send(&Report::Hello { protocol: PROTOCOL });
}

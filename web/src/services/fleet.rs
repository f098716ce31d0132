//! The other end of the worker for hundreds of chips.
//!
//! In: requests.  Out: reports.
//! Invariant: its first message is its version, sent once it can hear.
//! Method: one request at a time; who no longer wants an answer ends the worker.

use crate::fleet::Report;
use crate::fleet_desk::FleetDesk;
use crate::protocol::{PROTOCOL, decode, encode};
use gloo_events::EventListener;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn now() -> f64 {
    scope().performance().map_or(0.0, |performance| performance.now())
}

fn send(report: &Report) {
    let buffer = Uint8Array::from(encode(report).as_slice()).buffer();
    let sent = scope().post_message_with_transfer(&buffer, &Array::of1(&buffer));
    sent.expect("a buffer made here can be transferred");
}

/// Answers until the page ends the worker.
pub fn serve() {
    let desk = RefCell::new(FleetDesk::default());
    let listener = EventListener::new(&scope(), "message", move |event| {
        let data = event.unchecked_ref::<MessageEvent>().data();
        let Ok(buffer) = data.dyn_into::<ArrayBuffer>() else { return };
        match decode(&Uint8Array::new(&buffer).to_vec()) {
            Some(request) => send(&desk.borrow_mut().answer(request, now, &mut |report| send(&report))),
            None => send(&Report::Hello { protocol: PROTOCOL }),
        }
    });
    listener.forget();
    send(&Report::Hello { protocol: PROTOCOL });
}

//! The worker's end: receives requests, sends reports.
//!
//! In: messages.  Out: messages.
//! Invariant: its first message is its version, sent once it can hear: what reached it earlier would be lost.
//! Method: one handler on the worker's global scope, alive as long as the worker is.

use crate::protocol::{PROTOCOL, Report, Request, decode, encode};
use gloo_events::EventListener;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// Answers until the page ends the worker.
pub fn serve() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let answering = scope.clone();
    let listener = EventListener::new(&scope, "message", move |event| {
        let event = event.unchecked_ref::<MessageEvent>();
        let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() else { return };
        for report in answer(decode(&Uint8Array::new(&buffer).to_vec())) {
            send(&answering, &report);
        }
    });
    listener.forget();
    send(&scope, &Report::Hello { protocol: PROTOCOL });
}

fn answer(request: Option<Request>) -> Vec<Report> {
    match request {
        Some(Request::Hello { protocol: PROTOCOL }) => vec![Report::Ready],
        Some(Request::Hello { .. }) | None => vec![Report::Hello { protocol: PROTOCOL }],
    }
}

fn send(scope: &DedicatedWorkerGlobalScope, report: &Report) {
    let buffer = Uint8Array::from(encode(report).as_slice()).buffer();
    scope.post_message_with_transfer(&buffer, &Array::of1(&buffer)).expect("a buffer made here can be transferred");
}

//! A worker's own end of its messages.
//!
//! In: values to say; what the page sends.  Out: transferred buffers; bytes, or a file's handle.
//! Invariant: nothing is copied twice; whoever listens does so as long as the worker lives.

use crate::protocol::encode;
use gloo_events::EventListener;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// The worker's global scope.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Sends a message to the page.
pub fn send<T: Serialize>(message: &T) {
    let buffer = Uint8Array::from(encode(message).as_slice()).buffer();
    let sent = scope().post_message_with_transfer(&buffer, &Array::of1(&buffer));
    sent.expect("a buffer made here can be transferred");
}

/// What the page sent.
pub enum Sent {
    /// A message.
    Message(Vec<u8>),
    /// Something of the browser's own.
    Object(JsValue),
}

/// Calls back with all that the page sends.
pub fn listen(call: impl Fn(Sent) + 'static) {
    let listener = EventListener::new(&scope(), "message", move |event| {
        let data = event.unchecked_ref::<MessageEvent>().data();
        call(match data.dyn_into::<ArrayBuffer>() {
            Ok(buffer) => Sent::Message(Uint8Array::new(&buffer).to_vec()),
            Err(object) => Sent::Object(object),
        });
    });
    listener.forget();
}

/// Milliseconds since the worker began.
pub fn now() -> f64 {
    scope().performance().map_or(0.0, |performance| performance.now())
}

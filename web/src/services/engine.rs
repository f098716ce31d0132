//! The page's end of the worker.
//!
//! In: requests.  Out: actions, one per message or failure.
//! Invariant: messages cross as transferred buffers, never copied twice.
//! Method: a classic worker started from a file of its own, as the page's policy asks.

use crate::protocol::{Request, decode, encode};
use crate::state::Action;
use gloo_events::EventListener;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{ErrorEvent, File, MessageEvent, Worker};

const SCRIPT: &str = "static/engine.js";

/// A running worker; it ends when dropped.
pub struct Engine {
    worker: Worker,
    _message: EventListener,
    _error: EventListener,
}

impl Engine {
    /// Starts the worker; `call` gets everything it says.
    pub fn start(call: impl Fn(Action) + Clone + 'static) -> Result<Self, String> {
        let worker = Worker::new(SCRIPT).map_err(|error| format!("{error:?}"))?;
        let report = call.clone();
        let message = EventListener::new(&worker, "message", move |event| {
            let event = event.unchecked_ref::<MessageEvent>();
            if let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() {
                report(Action::Reported(decode(&Uint8Array::new(&buffer).to_vec())));
            }
        });
        let error = EventListener::new(&worker, "error", move |event| {
            let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).unwrap_or_default();
            call(Action::WorkerFailed(message));
        });
        Ok(Engine { worker, _message: message, _error: error })
    }

    /// Hands over a file; only its handle crosses, the worker reads it.
    pub fn give(&self, file: &File) -> Result<(), String> {
        self.worker.post_message(file).map_err(|error| format!("{error:?}"))
    }

    /// Sends a request.
    pub fn ask(&self, request: &Request) -> Result<(), String> {
        let buffer = Uint8Array::from(encode(request).as_slice()).buffer();
        let transfer = Array::of1(&buffer);
        self.worker.post_message_with_transfer(&buffer, &transfer).map_err(|error| format!("{error:?}"))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

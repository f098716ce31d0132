//! The page's end of a worker.
//!
//! In: requests.  Out: what the worker says, or that it failed.
//! Invariant: messages cross as transferred buffers, never copied twice.
//! Method: a classic worker started from a file of its own, as the page's policy asks.

use crate::protocol::encode;
use gloo_events::EventListener;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use serde::Serialize;
use wasm_bindgen::JsCast;
use web_sys::{ErrorEvent, File, MessageEvent, Worker};

/// The script that starts the compiler and the simulator.
pub const ENGINE: &str = "static/engine.js";
/// The script that starts the worker for hundreds of chips.
pub const FLEET: &str = "static/fleet.js";
/// The script that starts the worker that reads machines.
pub const MACHINE: &str = "static/machine.js";
/// The script that starts the rival and the bill.
pub const RIVAL: &str = "static/rival.js";

/// What is heard of a worker.
pub enum Heard {
    /// A message.
    Message(Vec<u8>),
    /// So many bytes of it have come.
    Coming(u32),
    /// It did not come, or stopped; what the browser says of it.
    Failed(String),
}

/// A running worker; it ends when dropped.
pub struct Engine {
    worker: Worker,
    _message: EventListener,
    _error: EventListener,
}

impl Engine {
    /// Starts a worker; `call` gets everything it says.
    pub fn start(script: &str, call: impl Fn(Heard) + Clone + 'static) -> Result<Self, String> {
        let worker = Worker::new(script).map_err(|error| format!("{error:?}"))?;
        let heard = call.clone();
        let message = EventListener::new(&worker, "message", move |event| {
            let data = event.unchecked_ref::<MessageEvent>().data();
            if let Some(bytes) = data.as_f64() {
                heard(Heard::Coming(bytes as u32));
            } else if let Some(failure) = data.as_string() {
                heard(Heard::Failed(failure));
            } else if let Ok(buffer) = data.dyn_into::<ArrayBuffer>() {
                heard(Heard::Message(Uint8Array::new(&buffer).to_vec()));
            }
        });
        let error = EventListener::new(&worker, "error", move |event| {
            let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).unwrap_or_default();
            call(Heard::Failed(message));
        });
        Ok(Engine { worker, _message: message, _error: error })
    }

    /// Hands over a file; only its handle crosses, the worker reads it.
    pub fn give(&self, file: &File) -> Result<(), String> {
        self.worker.post_message(file).map_err(|error| format!("{error:?}"))
    }

    /// Sends a request.
    pub fn ask<T: Serialize>(&self, request: &T) -> Result<(), String> {
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

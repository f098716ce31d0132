//! Files that the viewer drops on the page.
//!
//! In: drag and drop events.  Out: the first file of each.
//! Invariant: the browser never leaves the page to show a dropped file.
//! Method: listeners on the window; the document says with an attribute that something is held over it.

use super::address::window;
use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, File};

/// The listeners; they end when dropped.
pub struct Drop {
    _over: EventListener,
    _leave: EventListener,
    _drop: EventListener,
}

fn held(now: &str) {
    if let Some(root) = window().document().and_then(|document| document.document_element()) {
        // The name is valid, which is all that can go wrong.
        let _ = root.set_attribute("data-held", now);
    }
}

impl Drop {
    /// Calls back with every file.
    pub fn listen(call: impl Fn(File) + 'static) -> Self {
        let taking = EventListenerOptions::enable_prevent_default();
        let over = EventListener::new_with_options(&window(), "dragover", taking, |event| {
            event.prevent_default();
            held("yes");
        });
        let leave = EventListener::new(&window(), "dragleave", |_| held("no"));
        let drop = EventListener::new_with_options(&window(), "drop", taking, move |event| {
            event.prevent_default();
            held("no");
            let transfer = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer);
            let file = transfer.and_then(|transfer| transfer.files()).and_then(|files| files.get(0));
            if let Some(file) = file {
                call(file);
            }
        });
        Drop { _over: over, _leave: leave, _drop: drop }
    }
}

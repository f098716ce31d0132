//! The address bar and the history behind it, and what the document says about the page as a whole.
//!
//! In: links and states.  Out: the fragment now, and an event when it changes from outside.
//! Invariant: writing a link never triggers an event; only the viewer's Back, Forward or typing does.
//! Method: the History interface, which is silent for changes made by the page itself.

use crate::i18n::Lang;
use crate::link::{self, Link};
use crate::state::{Engine, State};
use gloo_events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::Window;

/// The window; a page always has one.
pub fn window() -> Window {
    web_sys::window().expect("the app runs in a page, never in a worker")
}

/// The link in the address.
pub fn current() -> Link {
    link::parse(&window().location().hash().unwrap_or_default())
}

/// The browser's preferred language.
pub fn preferred() -> Lang {
    Lang::from_tag(&window().navigator().language().unwrap_or_default())
}

/// Adds a history entry.
pub fn push(link: &Link) {
    let history = window().history().expect("a page has a history");
    // Browsers refuse more than a hundred entries in half a minute; the page works without the entry.
    let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&link::print(link)));
}

/// Replaces the present history entry.
pub fn replace(link: &Link) {
    let history = window().history().expect("a page has a history");
    // As above.
    let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&link::print(link)));
}

/// Calls back when the viewer changes the address; ends when dropped.
pub fn listen(call: impl Fn(Link) + 'static) -> EventListener {
    EventListener::new(&window(), "popstate", move |_| {
        if link::is_link(&window().location().hash().unwrap_or_default()) {
            call(current());
        }
    })
}

/// Sets what the document says about the page as a whole: its language, its title, where the worker stands, how many
/// clicks were answered.
pub fn announce(state: &State) {
    let document = window().document().expect("a page has a document");
    document.set_title(state.lang.texts().title);
    let Some(root) = document.document_element() else { return };
    let worker = match state.engine {
        Engine::Starting => "starting",
        Engine::Ready => "ready",
        Engine::Stale => "stale",
        Engine::Failed(_) => "failed",
    };
    let picks = state.picks.to_string();
    let theme = state.theme.word();
    for (name, value) in
        [("lang", state.lang.tag()), ("data-worker", worker), ("data-picks", &picks), ("data-theme", theme)]
    {
        // These names are valid, which is all that can go wrong.
        let _ = root.set_attribute(name, value);
    }
}

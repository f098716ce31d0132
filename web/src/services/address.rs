//! The address bar and the history behind it, and what the document says about the page as a whole.
//!
//! In: links and states.  Out: the fragment now, and an event when it changes from outside.
//! Invariant: writing a link never triggers an event; only the viewer's Back, Forward or typing does. The last link is written.
//! Method: the History interface, which is silent for changes made by the page itself; an allowance that time refills.

use crate::i18n::Lang;
use crate::link::{self, Link};
use crate::state::{Engine, State};
use gloo_events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::{History, Window};

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

/// The writer of the address. Chromium drops, without a word, what goes beyond 200 changes in ten seconds, so a key that
/// is held down could leave an old cycle there: links in excess wait, and the newest of them is written.
pub struct Writer {
    /// Changes that may be made at once.
    allowance: f64,
    waiting: Option<Link>,
}

/// Changes at once, and those that each millisecond adds: at most 100 in ten seconds, which leaves as many to the viewer.
const AT_ONCE: f64 = 50.0;
const PER_MILLI: f64 = 0.005;

impl Writer {
    /// Nothing waits.
    pub fn new() -> Self {
        Writer { allowance: AT_ONCE, waiting: None }
    }

    /// Adds a history entry, after what waits for the present one.
    pub fn push(&mut self, link: &Link) {
        if let Some(waiting) = self.waiting.take() {
            self.write(waiting);
        }
        self.allowance -= 1.0;
        // A browser may refuse; the page works without the entry.
        let _ = history().push_state_with_url(&JsValue::NULL, "", Some(&link::print(link)));
    }

    /// Replaces the present history entry, now or a little later.
    pub fn replace(&mut self, link: Link) {
        self.waiting = Some(link);
        self.pass(0.0);
    }

    /// Lets so many milliseconds pass.
    pub fn pass(&mut self, millis: f64) {
        self.allowance = AT_ONCE.min(self.allowance + millis * PER_MILLI);
        if 1.0 <= self.allowance
            && let Some(link) = self.waiting.take()
        {
            self.write(link);
        }
    }

    /// Another entry is the present one: what waits belonged to the last.
    pub fn forget(&mut self) {
        self.waiting = None;
    }

    fn write(&mut self, link: Link) {
        self.allowance -= 1.0;
        // Safari refuses more than a hundred in half a minute: then it is tried again.
        if history().replace_state_with_url(&JsValue::NULL, "", Some(&link::print(&link))).is_err() {
            self.waiting = Some(link);
        }
    }
}

fn history() -> History {
    window().history().expect("a page has a history")
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

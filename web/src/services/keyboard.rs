//! The keyboard of the whole page.
//!
//! In: key presses.  Out: commands.
//! Invariant: nothing is taken from a text field, from an input method that is composing, or from the browser's own shortcuts.
//! Method: a listener on the document; `keyup` decides where an input method swallowed the `keydown`'s place.

use super::address::window;
use crate::keys::{Command, Held, command};
use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, KeyboardEvent};

const SWALLOWED: [&str; 2] = ["Process", "Unidentified"];

/// The page's listeners; they end when dropped.
pub struct Keyboard {
    _down: EventListener,
    _up: EventListener,
}

impl Keyboard {
    /// Calls back with every command.
    pub fn listen(call: impl Fn(Command) + Clone + 'static) -> Self {
        let taking = EventListenerOptions::enable_prevent_default();
        let on_down = call.clone();
        let down = EventListener::new_with_options(&window(), "keydown", taking, move |event| {
            if let Some(command) = meant(event, |key| !SWALLOWED.contains(&key)) {
                event.prevent_default();
                on_down(command);
            }
        });
        let up = EventListener::new(&window(), "keyup", move |event| {
            if let Some(command) = meant(event, |key| SWALLOWED.contains(&key)) {
                call(command);
            }
        });
        Keyboard { _down: down, _up: up }
    }
}

fn meant(event: &Event, decides: impl Fn(&str) -> bool) -> Option<Command> {
    let key = event.dyn_ref::<KeyboardEvent>()?;
    let ours = !key.alt_key() && !key.is_composing();
    let held = match (key.ctrl_key() || key.meta_key(), key.shift_key()) {
        (true, true) => return None,
        (true, false) => Held::Control,
        (false, true) => Held::Shift,
        (false, false) => Held::Nothing,
    };
    (ours && decides(&key.key()) && !is_taken(event, &key.code())).then(|| command(&key.code(), held)).flatten()
}

/// Whether the key belongs to the element it was pressed in: a field takes every key, a button those that press it.
fn is_taken(event: &Event, code: &str) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|element| match element.tag_name().as_str() {
        "INPUT" | "TEXTAREA" | "SELECT" => true,
        name => {
            let is_button =
                ["BUTTON", "SUMMARY"].contains(&name) || element.get_attribute("role").as_deref() == Some("button");
            is_button && ["Space", "Enter", "NumpadEnter"].contains(&code)
        }
    })
}

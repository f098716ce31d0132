//! The tokens of the run in a row; each is a way to its first cycle.
//!
//! In: the state.  Out: a row of buttons; jumps as actions.
//! Invariant: no token is cut off: a row that is too long for the page is scrolled, and the present token is in sight.
//! Method: when the cursor comes to another token, the row is scrolled so that this one stands in its middle.

use crate::protocol::TokenLine;
use crate::state::{Action, State};
use frame::Cursor;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::{Callback, Html, Properties, function_component, html, use_effect_with, use_node_ref};

/// What the row shows.
#[derive(Properties)]
pub struct Props {
    /// The whole state.
    pub state: State,
    /// Receives jumps.
    pub send: Callback<Action>,
}

/// The row.
#[function_component]
pub fn Tokens(Props { state, send }: &Props) -> Html {
    let row = use_node_ref();
    let seen = row.clone();
    let count = state.shown_run().map_or(0, |run| run.tokens.len());
    use_effect_with((state.cursor.token, count), move |(token, _)| {
        let row = seen.cast::<HtmlElement>();
        let present = row.as_ref().and_then(|row| row.children().item(*token)?.dyn_into::<HtmlElement>().ok());
        if let (Some(row), Some(present)) = (row, present) {
            row.set_scroll_left(present.offset_left() + present.offset_width() / 2 - row.client_width() / 2);
        }
    });
    let token = |(index, token): (usize, &TokenLine)| {
        let current = (index == state.cursor.token as usize).then_some("step");
        let jump = send.reform(move |_| Action::Jump(Cursor { token: index as u32, cycle: 0 }));
        let class = if token.is_prompt { "token given" } else { "token" };
        let shown = if token.is_special { "▹".to_owned() } else { token.short() };
        html! { <button {class} title={token.label()} aria-current={current} onclick={jump}>{ shown }</button> }
    };
    let tokens = state.shown_run().into_iter().flat_map(|run| run.tokens.iter().enumerate().map(token));
    html! { <div class="tokens" ref={row}>{ for tokens }</div> }
}

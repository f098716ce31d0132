//! Which of several chips is shown.
//!
//! In: the state.  Out: a row of numbers; the chosen one.
//! Invariant: nothing is shown of a program for one chip.

use crate::state::{Action, State};
use frame::Selection;
use yew::{Callback, Html, html};

/// What the row shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The row.
pub fn view(props: &Props) -> Html {
    let Props { state, send } = props;
    let chips = state.opened.as_ref().map_or(1, |opened| opened.chips);
    if chips == 1 {
        return Html::default();
    }
    let button = |chip: u16| {
        let show = send.reform(move |_| Action::Select(Some(Selection::Chip(chip))));
        let pressed = (state.on == chip).to_string();
        html! {
            <button type="button" class="plain" data-action={format!("on-{chip}")} aria-pressed={pressed} onclick={show}>
                { state.lang.chip_number(chip) }
            </button>
        }
    };
    html! { <p class="chooser" role="group" aria-label={state.lang.texts().which_chip}>{ for (0..chips).map(button) }</p> }
}

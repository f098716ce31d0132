//! Steps in both directions, and the way to break the schedule and to mend it.
//!
//! In: the state.  Out: a row of buttons.
//! Invariant: every button has a key of the table or stands for one action.

use crate::keys::Command;
use crate::protocol::Request;
use crate::state::{Action, State};
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
    let texts = props.state.lang.texts();
    let seed = props.state.broken.as_ref().map_or(1, |broken| broken.seed + 1);
    let late = props.send.reform(move |_| Action::Break(seed));
    html! {
        <div class="stepper">
            { steps(&props.state, &props.send) }
            if props.state.broken.is_none() {
                <button class="late" data-action="break" onclick={late}>{ texts.make_late }</button>
                { super::ride::board(&props.state, &props.send) }
                { super::scale::unfold(&props.state, &props.send) }
                <button class="quiet" data-action="go-on" onclick={props.send.reform(|_| Action::Command(Command::TogglePlay))}>
                    { texts.go_on }
                </button>
            } else {
                <button class="stop small" data-action="undo" onclick={props.send.reform(|_| Action::Send(Request::Undo))}>{ texts.undo }</button>
                <button class="quiet" data-action="break" onclick={late}>{ texts.another_late }</button>
            }
        </div>
    }
}

/// Steps in both directions.
pub fn steps(state: &State, send: &Callback<Action>) -> Html {
    let texts = state.lang.texts();
    let step = |name: &'static str, sign: &str, label: &str, key: &str, command: Command| {
        html! {
            <button class="step" data-action={name} onclick={send.reform(move |_| Action::Command(command))}>
                <b>{ sign.to_owned() }</b><span>{ label.to_owned() }</span><kbd>{ key.to_owned() }</kbd>
            </button>
        }
    };
    html! {
        <>
            { step("event-back", "◂◂", texts.event_back, "[", Command::EventBack) }
            { step("cycle-back", "◂", texts.cycle_back, ",", Command::CycleBack) }
            { step("cycle-on", "▸", texts.cycle_on, ".", Command::CycleOn) }
            { step("event-on", "▸▸", texts.event_on, "]", Command::EventOn) }
        </>
    }
}

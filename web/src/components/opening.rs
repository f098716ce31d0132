//! The opening: one sentence, one chip, one button; then what stopping time shows.
//!
//! In: the state.  Out: the view.
//! Invariant: while time runs there is one button, and beside it the way into the tour; everything else appears when it is stopped.

use super::app::Message;
use super::drawer;
use super::late;
use super::picture;
use super::sentence::{self, Until};
use super::stepper;
use crate::play::Motion;
use crate::state::{Action, State};
use yew::{Callback, Html, NodeRef, html};

/// What the opening shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// Milliseconds since the model was compiled.
    pub age: f64,
    /// The canvas of the chip.
    pub canvas: NodeRef,
    /// Receives what only the root can do.
    pub tell: Callback<Message>,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The opening.
pub fn view(props: &Props) -> Html {
    let Props { state, canvas, tell, send, age } = props;
    let stopped = state.playback.motion == Motion::Stopped;
    html! {
        <section key="opening" class={yew::classes!("opening", stopped.then_some("stopped"), state.broken.as_ref().map(|_| "broken"))}>
            <div class="scene">
                { words(props, *age, stopped) }
                { picture::view(&picture::Props { state: state.clone(), canvas: canvas.clone(), label: state.lang.texts().chip_picture.into(), tell: tell.clone() }) }
                if stopped {
                    { stepper::view(&stepper::Props { state: state.clone(), send: send.clone() }) }
                } else {
                    { one_button(props) }
                }
            </div>
            if stopped {
                { drawer::view(&drawer::Props { state: state.clone(), hint: None }) }
            }
        </section>
    }
}

fn words(props: &Props, age: f64, stopped: bool) -> Html {
    let Props { state, send, .. } = props;
    if state.broken.is_some() {
        return late::view(&late::Props { state: state.clone(), send: send.clone() });
    }
    let compiled = state.opened.as_ref().map(|opened| state.lang.compiled(opened.millis.compile, age));
    html! {
        <>
            { sentence::view(&sentence::Props { run: state.run.as_deref().cloned(), cursor: state.cursor, until: Until::Cursor, send: send.clone(), beside: None }) }
            if !stopped {
                <p class="caption">{ compiled.unwrap_or_default() }</p>
            }
        </>
    }
}

fn one_button(props: &Props) -> Html {
    let Props { state, tell, send, .. } = props;
    let hertz = state.opened.as_ref().map_or(1, |opened| opened.deck.hertz);
    html! {
        <div class="one">
            <button class="stop" data-action="stop" onclick={tell.reform(|_| Message::Stop)}>{ state.lang.texts().stop_time }</button>
            if state.tour.here().is_none() { { super::tour::take(state, send) } }
            <p class="slowdown">{ state.lang.slowdown(state.playback.slowdown(hertz)) }</p>
        </div>
    }
}

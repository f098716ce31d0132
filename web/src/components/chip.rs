//! The chip view: the floor plan with everything that moves on it, and the drawer beside it.
//!
//! In: the state.  Out: the view; clicks on the chip.
//! Invariant: what is broken is marked as broken over the whole picture.

use super::app::Message;
use super::drawer;
use super::front;
use super::late;
use super::picture;
use super::ride;
use super::stepper;
use super::which;
use crate::state::{Action, State};
use yew::{Callback, Html, NodeRef, html};

/// What the view shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// The canvas of the chip.
    pub canvas: NodeRef,
    /// Receives what only the root can do.
    pub tell: Callback<Message>,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The view.
pub fn view(props: &Props) -> Html {
    let Props { state, canvas, tell, send } = props;
    html! {
        <section key="chip" class={yew::classes!("chip-view", state.broken.as_ref().map(|_| "broken"))}>
            <div class="scene">
                if state.broken.is_some() {
                    { late::view(&late::Props { state: state.clone(), send: send.clone() }) }
                }
                { which::view(&which::Props { state: state.clone(), send: send.clone() }) }
                { super::scale::close_up(state).unwrap_or_else(|| html! {
                    { picture::view(&picture::Props { state: state.clone(), canvas: canvas.clone(), label: state.lang.texts().chip_picture.into(), tell: tell.clone() }) }
                }) }
                { stepper::view(&stepper::Props { state: state.clone(), send: send.clone() }) }
            </div>
            <div class="side">
                { ride::view(&ride::Props { state: state.clone(), send: send.clone() }) }
                { front::view(&front::Props { state: state.clone(), send: send.clone() }) }
                { drawer::view(&drawer::Props { state: state.clone(), hint: None }) }
            </div>
        </section>
    }
}

//! The chip view: the floor plan with everything that moves on it, and the drawer beside it.
//!
//! In: the state.  Out: the view; clicks on the chip.
//! Invariant: what is broken is marked as broken over the whole picture.

use super::app::Message;
use super::drawer::Drawer;
use super::front::FrontPanel;
use super::late::Late;
use super::picture::Picture;
use super::stepper::Stepper;
use super::which::Which;
use crate::state::{Action, State};
use yew::{Callback, Html, NodeRef, Properties, function_component, html};

/// What the view shows.
#[derive(Properties, PartialEq)]
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
#[function_component]
pub fn Chip(props: &Props) -> Html {
    let Props { state, canvas, tell, send } = props;
    html! {
        <section class={yew::classes!("chip-view", state.broken.as_ref().map(|_| "broken"))}>
            <div class="scene">
                if state.broken.is_some() {
                    <Late state={state.clone()} send={send.clone()} />
                }
                <Which state={state.clone()} send={send.clone()} />
                <Picture state={state.clone()} canvas={canvas.clone()} label={state.lang.texts().chip_picture} tell={tell.clone()} />
                <Stepper state={state.clone()} send={send.clone()} />
            </div>
            <div class="side">
                <FrontPanel state={state.clone()} send={send.clone()} />
                <Drawer state={state.clone()} send={send.clone()} />
            </div>
        </section>
    }
}

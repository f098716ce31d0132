//! The main part of the page: the view the viewer asked for, or how far the engine has come.
//!
//! In: the state.  Out: the view.
//! Invariant: shows nothing of a chip before there is one.
//! Method: one match on where the engine stands.

use crate::state::{Action, Engine, State};
use yew::{Callback, Html, Properties, function_component, html};

/// What the stage shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The whole state.
    pub state: State,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The stage.
#[function_component]
pub fn Stage(props: &Props) -> Html {
    let texts = props.state.lang.texts();
    let (line, detail) = match &props.state.engine {
        Engine::Starting => (texts.worker_starting, ""),
        Engine::Ready => (texts.worker_ready, ""),
        Engine::Stale => (texts.worker_stale, ""),
        Engine::Failed(message) => (texts.worker_failed, message.as_str()),
    };
    html! {
        <section class="waiting" role="status">
            <p class="headline">{ line }</p>
            <p class="detail">{ detail }</p>
        </section>
    }
}

//! The canvas that the chip or its memory is painted on, and the mark over it when the program is broken.
//!
//! In: the state, the canvas, its description.  Out: the canvas; clicks on it.
//! Invariant: nothing of a broken program is shown without its mark.

use super::app::Message;
use crate::state::State;
use web_sys::MouseEvent;
use yew::{AttrValue, Callback, Html, NodeRef, html};

/// What is laid out.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// The canvas, for whoever paints on it.
    pub canvas: NodeRef,
    /// What it shows, for those who cannot see it.
    pub label: AttrValue,
    /// Receives clicks.
    pub tell: Callback<Message>,
}

/// The canvas.
pub fn view(props: &Props) -> Html {
    let Props { state, canvas, label, tell } = props;
    let point =
        tell.reform(|event: MouseEvent| Message::Point(f64::from(event.offset_x()), f64::from(event.offset_y())));
    html! {
        <div class="picture">
            <canvas class="chip" ref={canvas.clone()} role="img" aria-label={label.clone()} onclick={point} />
            { super::tour::spot(state) }
            if state.broken.is_some() {
                <p class="watermark">{ state.lang.texts().watermark }</p>
            }
        </div>
    }
}

//! The canvas that the chip or its memory is painted on, and the mark over it when the program is broken.
//!
//! In: the state, the canvas, its description.  Out: the canvas; clicks on it, and what the pointer is over in dashes.
//! Invariant: nothing of a broken program is shown without its mark.

use super::app::Message;
use crate::state::{Hovered, State};
use frame::Area;
use web_sys::{MouseEvent, PointerEvent};
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
    let at = |event: &MouseEvent| (f64::from(event.offset_x()), f64::from(event.offset_y()));
    let point = tell.reform(move |event: MouseEvent| Message::Point(at(&event)));
    let hover = tell.reform(move |event: PointerEvent| Message::Hover(Some(at(&event))));
    let leave = tell.reform(|_: PointerEvent| Message::Hover(None));
    html! {
        <div class="picture">
            <canvas class="chip" ref={canvas.clone()} role="img" aria-label={label.clone()} onclick={point} onpointermove={hover} onpointerleave={leave} />
            { hovered(state) }
            { super::tour::spot(state) }
            if state.broken.is_some() {
                <p class="watermark">{ state.lang.texts().watermark }</p>
            }
        </div>
    }
}

/// An outline around what the pointer is over.
fn hovered(state: &State) -> Html {
    let Some(Hovered { size: (width, height), areas }) = &state.hovered else { return Html::default() };
    // Fractions of a unit are not seen.
    let unit = |value: f32| (value as i32).to_string();
    let outline = |area: &Area| {
        html! { <rect x={unit(area.x0)} y={unit(area.y0)} width={unit(area.width())} height={unit(area.height())} /> }
    };
    html! {
        <svg class="spot hovered" viewBox={format!("0 0 {} {}", unit(*width), unit(*height))} aria-hidden="true">{ for areas.iter().map(outline) }</svg>
    }
}

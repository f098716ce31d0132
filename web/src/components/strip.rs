//! The strip: what each unit dispatches over a token's cycles, with the cursor; a place on it is a cycle.
//!
//! In: the deck, the cursor.  Out: a painted strip; dragging as jumps.
//! Invariant: the cycle under the pointer is the cycle jumped to.
//! Method: the bands are painted once per program and size; the cursor is a line above them.

use crate::i18n::Lang;
use crate::paint::paint_strip;
use crate::protocol::Opened;
use crate::state::Action;
use crate::theme::Theme;
use frame::Cursor;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlCanvasElement, PointerEvent};
use yew::{Callback, Html, Properties, function_component, html, use_effect_with, use_node_ref};

/// What the strip shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The model on the chip.
    pub deck: Rc<Opened>,
    /// The cursor's cycle.
    pub cycle: u64,
    /// The cursor's token.
    pub token: u32,
    /// Language of the spans.
    pub lang: Lang,
    /// Whose colours it has.
    pub theme: Theme,
    /// Receives jumps.
    pub send: Callback<Action>,
}

/// The strip.
#[function_component]
pub fn Strip(props: &Props) -> Html {
    let canvas = use_node_ref();
    let painted = canvas.clone();
    let width = painted.cast::<HtmlCanvasElement>().map_or(0, |canvas| canvas.client_width());
    use_effect_with((Rc::clone(&props.deck), width, props.theme), move |(opened, ..)| {
        if let Some(canvas) = painted.cast::<HtmlCanvasElement>() {
            paint_strip(&canvas, &opened.deck);
        }
    });
    let length = props.deck.deck.length.max(1);
    let token = props.token;
    let seek =
        props.send.reform(move |event: PointerEvent| Action::Jump(Cursor { token, cycle: place(&event, length) }));
    let held = seek.clone();
    let drag = Callback::from(move |event: PointerEvent| {
        if event.buttons() & 1 == 1 {
            held.emit(event);
        }
    });
    let at = (props.cycle as f64 + 0.5) / length as f64 * 1000.0;
    let spans = props.deck.deck.spans.iter().map(|span| {
        let share = |cycle: u64| cycle as f64 / length as f64 * 1000.0;
        html! { <line class="span" x1={share(span.to).to_string()} x2={share(span.to).to_string()} y1="0" y2="100" /> }
    });
    html! {
        <div class="strip" role="slider" tabindex="0" aria-label={props.lang.texts().deck} aria-valuemin="0" aria-valuemax={(length - 1).to_string()}
            aria-valuenow={props.cycle.to_string()} data-length={length.to_string()} onpointerdown={seek} onpointermove={drag}>
            <canvas ref={canvas} />
            <svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
                { for spans }
                <line class="cursor" x1={at.to_string()} x2={at.to_string()} y1="0" y2="100" />
            </svg>
        </div>
    }
}

fn place(event: &PointerEvent, length: u64) -> u64 {
    let Some(strip) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) else { return 0 };
    let area = strip.get_bounding_client_rect();
    let share = ((f64::from(event.client_x()) - area.left()) / area.width().max(1.0)).clamp(0.0, 1.0);
    ((share * length as f64) as u64).min(length - 1)
}

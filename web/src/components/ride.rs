//! Ride along: the meeting that is shown, how far the byte has come, and the ways on.
//!
//! In: the state.  Out: a panel beside the chip; the button that begins a ride.
//! Invariant: everything a button does here has a key; the sentence is a live region, read when another meeting is shown.

use crate::i18n::Lang;
use crate::ride::Ask;
use crate::state::{Action, State};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, InputEvent};
use yew::{Callback, Html, html};

/// What the panel shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The panel; nothing while nobody rides.
pub fn view(props: &Props) -> Html {
    let Props { state, send } = props;
    let (lang, texts) = (state.lang, state.lang.texts());
    let (Some(wanted), Some(way), Some(stop)) = (state.ride.wanted, &state.ride.way, state.ride.stop()) else {
        return Html::default();
    };
    let last = way.stops.len().saturating_sub(1) as u32;
    let slide = send.reform(|event: InputEvent| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        Action::Ride(Ask::Go(input.map_or(0, |input| input.value_as_number() as u32)))
    });
    let button = |name: &'static str, ask: Ask, label: &'static str, key: &'static str, disabled: bool| {
        html! { <button type="button" class="plain" data-action={name} {disabled} onclick={send.reform(move |_| Action::Ride(ask))}>{ label }<kbd>{ key }</kbd></button> }
    };
    let space = if lang == Lang::Zh { "空白鍵" } else { "Space" };
    html! {
        <section class="ride" aria-label={texts.ride} data-stop={wanted.stop.to_string()} data-moving={state.ride.is_on_its_way().to_string()}>
            <h2>{ texts.ride }</h2>
            <p class="where">{ lang.meeting(wanted.stop, last, stop.layer, stop.lane) }</p>
            <p class="says" aria-live="polite">{ lang.pick(&stop.says) }</p>
            <input type="range" min="0" max={last.to_string()} value={wanted.stop.to_string()} aria-label={texts.ride_way} oninput={slide} />
            <p class="chooser">
                { button("ride-on", Ask::On, texts.ride_on, space, wanted.stop == last) }
                { button("ride-back", Ask::Back, texts.ride_back, "←", wanted.stop == 0) }
                { button("ride-leave", Ask::Leave, texts.ride_leave, "Esc", false) }
            </p>
        </section>
    }
}

/// The button that begins a ride with what is selected.
pub fn board(state: &State, send: &Callback<Action>) -> Html {
    if state.broken.is_some() || state.ride.wanted.is_some() {
        return Html::default();
    }
    html! {
        <button class="quiet" data-action="ride" onclick={send.reform(|_| Action::Ride(Ask::Begin))}>
            { state.lang.texts().ride }<kbd>{ "R" }</kbd>
        </button>
    }
}

//! Powers of ten: the level that is shown, its width and its time, and the way nearer and farther.
//!
//! In: the state.  Out: a bar above the view; the button that opens it.
//! Invariant: a width stands beside where it is from; a time that the state does not hold is a gap.

use super::bytes::Bytes;
use crate::scale::{Ask, Level, duration};
use crate::state::{Action, State};
use frame::Holding;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, InputEvent};
use yew::{Callback, Html, html};

/// What the bar shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The bar; nothing while nobody is on the way.
pub fn view(props: &Props) -> Html {
    let Props { state, send } = props;
    let Some(level) = state.scale else { return Html::default() };
    let (lang, texts) = (state.lang, state.lang.texts());
    let card = level.card();
    let slide = send.reform(|event: InputEvent| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let number = input.map_or(0, |input| input.value_as_number() as usize).min(Level::ALL.len() - 1);
        Action::Scale(Ask::Go(Level::ALL[number]))
    });
    let time = state.level_time().map(|(seconds, of)| format!("{} · {}", duration(seconds, lang), of.of(lang)));
    let step = |name: &'static str, by: isize, sign: &'static str, key: &'static str, label: &'static str| {
        let to = level.number().checked_add_signed(by).and_then(|number| Level::ALL.get(number)).copied();
        let go = send.reform(move |_| Action::Scale(Ask::Go(to.unwrap_or(level))));
        html! { <button type="button" class="plain" data-action={name} disabled={to.is_none()} aria-label={label} title={label} onclick={go}>{ sign }<kbd>{ key }</kbd></button> }
    };
    html! {
        <nav class="scale" aria-label={texts.scale} data-level={crate::scale::print(level)}>
            { step("scale-farther", -1, "−", "S", texts.scale_farther) }
            <input type="range" min="0" max={(Level::ALL.len() - 1).to_string()} value={level.number().to_string()} aria-label={texts.scale} aria-valuetext={card.name.of(lang)} oninput={slide} />
            { step("scale-nearer", 1, "+", "W", texts.scale_nearer) }
            <strong aria-live="polite">{ card.name.of(lang) }</strong>
            <span class="measure" title={card.from.of(lang)}><b>{ card.length.of(lang) }</b>{ " " }<small>{ card.from.of(lang) }</small></span>
            <span class="measure"><b>{ time.unwrap_or_else(|| "…".to_owned()) }</b></span>
            <span class="note">{ card.says.of(lang) }</span>
            <button type="button" class="plain" data-action="scale-leave" onclick={send.reform(|_| Action::Scale(Ask::Leave))}>{ texts.close }<kbd>{ "Esc" }</kbd></button>
        </nav>
    }
}

/// The word or the byte in place of the chip, on the two nearest levels.
pub fn close_up(state: &State) -> Option<Html> {
    let level = state.scale.filter(|level| [Level::Word, Level::Byte].contains(level))?;
    let looked = state.looked.as_ref().filter(|looked| Some(looked.selection) == state.selection);
    let Some(Holding::Bytes(bytes)) = looked.map(|looked| &looked.inspection.holding) else {
        return Some(html! { <div class="close-up"><p class="hint">{ state.lang.texts().looking }</p></div> });
    };
    let content = match (level, bytes.first()) {
        (Level::Byte, Some(byte)) => {
            let bit = |place: u32| {
                let is_set = byte >> place & 1 == 1;
                html! { <i class={if is_set { "bit set" } else { "bit" }}>{ u8::from(is_set) }</i> }
            };
            html! {
                <>
                    <p class="bits" data-byte={byte.to_string()}>{ for (0..8).rev().map(bit) }</p>
                    <p class="number">{ (*byte as i8).to_string() }</p>
                    <p class="where">{ format!("int8 · 0x{byte:02x} · {}", state.lang.texts().scale_lane) }</p>
                </>
            }
        }
        _ => html! { <Bytes bytes={bytes.clone()} /> },
    };
    Some(html! { <div class="close-up">{ content }</div> })
}

/// The button that opens the bar.
pub fn unfold(state: &State, send: &Callback<Action>) -> Html {
    if state.scale.is_some() || state.broken.is_some() {
        return Html::default();
    }
    html! {
        <button class="quiet" data-action="scale" onclick={send.reform(|_| Action::Command(crate::keys::Command::Scale))}>
            { state.lang.texts().scale }<kbd>{ "Z" }</kbd>
        </button>
    }
}

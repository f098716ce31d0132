//! A text to go on from: typed, or one of three examples; or another model.
//!
//! In: the state.  Out: a form; prompts and files.
//! Invariant: what is typed stays in the field until it is run.

use super::app::Message;
use crate::source::Source;
use crate::state::{Action, State};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement, SubmitEvent};
use yew::{Callback, Html, Properties, function_component, html, use_node_ref};

/// What the form shows.
#[derive(Properties)]
pub struct Props {
    /// The whole state.
    pub state: State,
    /// Receives what only the root can do.
    pub tell: Callback<Message>,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The form.
#[function_component]
pub fn Prompt(props: &Props) -> Html {
    let Props { state, tell, send } = props;
    let texts = state.lang.texts();
    let field = use_node_ref();
    let typed = field.clone();
    let run = send.clone();
    let submit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(field) = typed.cast::<HtmlInputElement>() {
            run.emit(Action::Prompt(field.value()));
        }
    });
    let example = |text: &&'static str| {
        let text: &'static str = text;
        let run = send.reform(move |_| Action::Prompt(text.to_owned()));
        html! { <button type="button" class="example" onclick={run}>{ text }</button> }
    };
    let open = tell.clone();
    let chosen = Callback::from(move |event: Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(file) = input.and_then(|input| input.files()).and_then(|files| files.get(0)) {
            open.emit(Message::Open(file));
        }
    });
    let offers = state.offers.iter().filter(|offer| state.source != Source::Offered(offer.name.clone())).map(|offer| {
        let name = offer.name.clone();
        let open = send.reform(move |_| Action::Model(Source::Offered(name.clone())));
        html! { <button type="button" class="offer" data-action="offer" onclick={open}>{ state.lang.offer(&offer.name, offer.bytes) }</button> }
    });
    html! {
        <form class="prompt" onsubmit={submit}>
            <input ref={field} type="text" aria-label={texts.type_here} placeholder={texts.type_here} data-action="prompt" />
            <button class="run" type="submit" data-action="run">{ texts.run_it }</button>
            <p class="examples"><span>{ texts.or_try }</span>{ for texts.prompts().iter().map(example) }</p>
            { for offers }
            if state.source != Source::Own {
                <button type="button" class="offer" data-action="own" onclick={send.reform(|_| Action::Model(Source::Own))}>{ texts.own_model }</button>
            }
            <label class="file">{ texts.open_file }<input type="file" accept=".gguf" onchange={chosen} data-action="file" /></label>
        </form>
    }
}

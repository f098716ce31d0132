//! The memory view: where everything lives, to scale; what each colour is and how much of it there is; the word that is pointed at.
//!
//! In: the state, the facts beside the picture.  Out: the view; clicks on words.
//! Invariant: sizes are those of the program that is shown; the same columns stand in the same order as on the floor plan.

use super::app::Message;
use super::drawer;
use super::picture;
use super::which;
use crate::i18n::Lang;
use crate::protocol::TokenLine;
use crate::state::{Action, State};
use crate::versus;
use frame::{Changed, Class, Difference, Legend, MemoryFacts, RowWritten, Selection};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlSelectElement};
use yew::{Callback, Html, NodeRef, html};

/// What the view shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// The canvas of the picture.
    pub canvas: NodeRef,
    /// What stands beside the picture.
    pub facts: Option<MemoryFacts>,
    /// Receives what only the root can do.
    pub tell: Callback<Message>,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// Rows of the cache that are listed.
const ROWS: usize = 6;

/// The view.
pub fn view(props: &Props) -> Html {
    let Props { state, canvas, tell, send, facts } = props;
    let (lang, texts) = (state.lang, state.lang.texts());
    let size = facts.as_ref().map(|facts| lang.memory_size(facts.bytes)).unwrap_or_default();
    html! {
        <section key="memory" class={yew::classes!("memory-view", state.broken.as_ref().map(|_| "broken"))}>
            <div class="scene">
                <h2>{ texts.memory_title }</h2>
                <p class="where">{ size }</p>
                { which::view(&which::Props { state: state.clone(), send: send.clone() }) }
                { picture::view(&picture::Props { state: state.clone(), canvas: canvas.clone(), label: texts.memory_picture.into(), tell: tell.clone() }) }
                { for facts.iter().map(|facts| legend(lang, facts)) }
                { choice(state, send) }
                if state.versus.is_some() {
                    { for facts.iter().filter_map(|facts| facts.difference.as_ref()).map(|difference| changed(lang, difference)) }
                } else {
                    <p class="where">{ texts.memory_hint }</p>
                    { for facts.iter().map(|facts| written(lang, facts, send)) }
                }
            </div>
            { drawer::view(&drawer::Props { state: state.clone(), hint: None }) }
        </section>
    }
}

/// The class of the style sheet that has a class's colour.
fn swatch(class: Class) -> &'static str {
    match class {
        Class::Embedding => "swatch embedding",
        Class::Attention => "swatch attention",
        Class::FeedForward => "swatch feed-forward",
        Class::Constant => "swatch constant",
        Class::Cache => "swatch cache",
        Class::Scratch => "swatch scratch",
        Class::Record => "swatch record",
        Class::Instructions => "swatch instructions",
        Class::Free => "swatch free",
    }
}

fn legend(lang: Lang, facts: &MemoryFacts) -> Html {
    let texts = lang.texts();
    let line = |line: &Legend| {
        let class = swatch(line.class);
        html! { <li><i {class}></i><span>{ lang.pick(&line.name) }</span><b>{ lang.size(line.bytes) }</b></li> }
    };
    html! {
        <ul class="classes">
            { for facts.legend.iter().map(line) }
            <li class="fact-of-cache">{ format!("{} {}", texts.per_token, lang.size(facts.bytes_per_token)) }</li>
            <li class="fact-of-cache">{ format!("{} {}", texts.room_left, lang.more_tokens(facts.room)) }</li>
        </ul>
    }
}

/// Which token the present one is compared with.
fn choice(state: &State, send: &Callback<Action>) -> Html {
    let words = versus::words(state.lang);
    let tokens = state.shown_run().map(|run| run.tokens.as_slice()).unwrap_or_default();
    let option = |(number, token): (usize, &TokenLine)| {
        let is_it = state.versus == Some(number as u32);
        let name = state.lang.token_named(number, &token.short());
        html! { <option value={number.to_string()} selected={is_it}>{ name }</option> }
    };
    let chosen = send.reform(|event: Event| {
        let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        Action::Versus(select.and_then(|select| select.value().parse().ok()))
    });
    let others = tokens.iter().enumerate().filter(|(number, _)| *number as u32 != state.cursor.token);
    html! {
        <p class="versus">
            <select class="plain" data-action="versus" aria-label={words.with} onchange={chosen}>
                <option value="" selected={state.versus.is_none()}>{ words.choose }</option>
                { for others.map(option) }
            </select>
            if state.versus.is_some() { <span class="where">{ words.same }</span> }
        </p>
    }
}

/// What differs, by class.
fn changed(lang: Lang, difference: &Difference) -> Html {
    let words = versus::words(lang);
    let line = |line: &Changed| {
        html! {
            <tr data-words={line.words.to_string()}>
                <th scope="row"><i class={swatch(line.class)}></i>{ lang.pick(&line.name) }</th>
                <td>{ lang.words_of(line) }</td>
                <td>{ lang.bytes_counted(line.bytes) }</td>
            </tr>
        }
    };
    html! {
        <table class="compared changed">
            <caption class="unseen">{ words.what }</caption>
            <thead><tr><th scope="col">{ words.class }</th><th scope="col">{ words.words }</th><th scope="col">{ words.bytes }</th></tr></thead>
            <tbody>{ for difference.classes.iter().map(line) }</tbody>
        </table>
    }
}

fn written(lang: Lang, facts: &MemoryFacts, send: &Callback<Action>) -> Html {
    let texts = lang.texts();
    let row = |row: &RowWritten| {
        let target = Selection::Sram { slice: row.slice, address: row.address };
        let select = send.reform(move |_| Action::Select(Some(target)));
        html! {
            <li><button class="named" onclick={select}>{ lang.pick(&row.name) }</button>{ format!(" · {}", lang.cycle(row.cycle)) }</li>
        }
    };
    html! {
        <div class="written">
            <span>{ texts.written_now }{ facts.written.len() }</span>
            if facts.written.is_empty() { <span>{ texts.none_written }</span> }
            <ul>{ for facts.written.iter().rev().take(ROWS).map(row) }</ul>
        </div>
    }
}

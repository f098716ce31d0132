//! The sheet of keys over the page: a field to type in, below it every key, or what was found.
//!
//! In: the state.  Out: a dialog; what is chosen as actions.
//! Invariant: the browser's own dialog keeps the focus inside while it is there and gives it back afterwards.
//! Method: what is typed and which line is marked live in the dialog alone; the arrow keys move the mark, Enter does what the line says.

use crate::i18n::Lang;
use crate::sheet::{Ask, Group, Line, MOST, commands, found, words};
use crate::state::{Action, State};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlDialogElement, HtmlInputElement, InputEvent, KeyboardEvent};
use yew::{Callback, Html, Properties, function_component, html, use_effect_with, use_node_ref, use_state_eq};

/// What the sheet shows.
#[derive(Properties)]
pub struct Props {
    /// The whole state.
    pub state: State,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

fn choose(send: &Callback<Action>, line: &Line) {
    send.emit(Action::Sheet(Ask::Do(line.goal.clone())));
}

/// The dialog.
#[function_component]
pub fn KeySheet(Props { state, send }: &Props) -> Html {
    let (dialog, typed, marked) = (use_node_ref(), use_state_eq(String::new), use_state_eq(|| 0));
    let opened = dialog.clone();
    use_effect_with((), move |()| {
        if let Some(dialog) = opened.cast::<HtmlDialogElement>() {
            // Only a dialog that is open already would refuse, and this one was just made.
            let _ = dialog.show_modal();
        }
    });
    let (lang, texts) = (state.lang, words(state.lang));
    let lines = if typed.trim().is_empty() { Vec::new() } else { found(state, &typed) };
    let shown = &lines[..lines.len().min(MOST)];
    let (text, mark) = (typed.clone(), marked.clone());
    let input = Callback::from(move |event: InputEvent| {
        let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        text.set(field.map(|field| field.value()).unwrap_or_default());
        mark.set(0);
    });
    let (last, chosen, mark, sent) =
        (shown.len().saturating_sub(1), shown.get(*marked).cloned(), marked.clone(), send.clone());
    let pressed = Callback::from(move |event: KeyboardEvent| {
        match event.code().as_str() {
            _ if event.is_composing() => return,
            "ArrowDown" => mark.set((*mark + 1).min(last)),
            "ArrowUp" => mark.set(mark.saturating_sub(1)),
            // The browser would empty the field first.
            "Escape" => sent.emit(Action::Sheet(Ask::Close)),
            "Enter" | "NumpadEnter" => chosen.iter().for_each(|line| choose(&sent, line)),
            _ => return,
        }
        event.prevent_default();
    });
    let cancel = send.reform(|event: Event| {
        event.prevent_default();
        Action::Sheet(Ask::Close)
    });
    html! {
        <dialog class="sheet-of-keys" ref={dialog} aria-label={texts.title} oncancel={cancel}>
            <p class="find">
                <input type="search" placeholder={texts.typing} aria-label={texts.typing} value={(*typed).clone()} oninput={input} onkeydown={pressed} />
                <button type="button" class="plain" data-action="sheet-close" onclick={send.reform(|_| Action::Sheet(Ask::Close))}>{ lang.texts().close }<kbd>{ "Esc" }</kbd></button>
            </p>
            if typed.trim().is_empty() {
                <div class="keys">{ for Group::OF_KEYS.into_iter().map(|group| keys(lang, group, send)) }</div>
            } else {
                <ol class="found" aria-live="polite">{ for shown.iter().enumerate().map(|(index, line)| row(lang, line, index == *marked, send)) }</ol>
                if lines.is_empty() { <p class="hint">{ texts.nothing }</p> }
                if shown.len() < lines.len() { <p class="hint">{ texts.more }</p> }
            }
        </dialog>
    }
}

/// A group of keys, each a button that does what the key does.
fn keys(lang: Lang, group: Group, send: &Callback<Action>) -> Html {
    let lines = commands().into_iter().filter(|line| line.group == group);
    html! { <section><h2>{ group.name().of(lang) }</h2><ol>{ for lines.map(|line| row(lang, &line, false, send)) }</ol></section> }
}

fn row(lang: Lang, line: &Line, is_marked: bool, send: &Callback<Action>) -> Html {
    let (sent, chosen) = (send.clone(), line.clone());
    let key = |key: &&'static str| html! { <kbd>{ *key }</kbd> };
    let kind = line.keys.is_empty().then(|| line.group.name().of(lang));
    html! {
        <li>
            <button type="button" aria-current={is_marked.then_some("true")} onclick={move |_| choose(&sent, &chosen)}>
                <span>{ lang.pick(&line.name) }</span>{ for line.keys.iter().map(key) }<small>{ kind }</small>
            </button>
        </li>
    }
}

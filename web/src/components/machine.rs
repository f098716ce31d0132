//! The machine's file, to change it: what is not possible is refused with the field, the rest is compiled for at once.
//!
//! In: the state.  Out: a text to edit; the wish for another machine.
//! Invariant: the text is the file that `greenwave chip --machine` writes and `--chip` reads; the machine that is shown stays until another
//!     one was accepted.

use crate::protocol::{Machine, Request};
use crate::state::{Action, State};
use web_sys::HtmlTextAreaElement;
use yew::{Callback, Html, Properties, function_component, html, use_node_ref};

/// What is shown.
#[derive(Properties)]
pub struct Props {
    /// The whole state.
    pub state: State,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The editor.
#[function_component]
pub fn MachineEditor(props: &Props) -> Html {
    let Props { state, send } = props;
    let texts = state.lang.texts();
    let area = use_node_ref();
    let Some(opened) = state.opened.as_ref() else { return Html::default() };
    let written = area.clone();
    let compile = send.reform(move |_| {
        let text = written.cast::<HtmlTextAreaElement>().map(|area| area.value()).unwrap_or_default();
        Action::Send(Request::Machine(Machine::File(text)))
    });
    let publish = send.reform(|_| Action::Send(Request::Machine(Machine::Differences(String::new()))));
    let differences =
        opened.machine.differences.lines().map(|line| html! { <li><code>{ line.to_owned() }</code></li> });
    html! {
        <div class="machine">
            <p class="where">{ texts.machine_hint }</p>
            // What is typed stays when the page is laid out anew; another machine is another text, for which the key makes the area anew.
            { match state.machine_file() {
                Some(file) => html! { <textarea key={opened.machine.name.clone()} ref={area} spellcheck="false" aria-label={texts.machine_file} defaultvalue={file.to_owned()} /> },
                None => html! { <p class="hint" role="status">{ texts.looking }</p> },
            } }
            <div class="machine-side">
                <p>{ texts.machine_now }{ " " }<b data-machine={opened.machine.name.clone()}>{ opened.machine.name.clone() }</b></p>
                if !opened.machine.differences.is_empty() {
                    <p class="where">{ texts.machine_differs }</p>
                    <ul>{ for differences }</ul>
                }
                <button type="button" class="stop small" data-action="machine-compile" onclick={compile}>{ texts.machine_compile }</button>
                if !opened.machine.differences.is_empty() {
                    <button type="button" class="plain" data-action="machine-published" onclick={publish}>{ texts.machine_published }</button>
                }
                <p class="where">{ texts.machine_name }</p>
            </div>
        </div>
    }
}

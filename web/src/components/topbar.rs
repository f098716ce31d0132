//! The top bar: name, views, language.
//!
//! In: the state.  Out: the bar; clicks as actions.
//! Invariant: the opening shows no tabs, only the way to them.
//! Method: plain buttons with `data-action` names.

use crate::i18n::Texts;
use crate::link::View;
use crate::sheet::{self, Ask};
use crate::state::{Action, State};
use yew::{Callback, Html, html};

/// What the bar shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The bar.
pub fn view(props: &Props) -> Html {
    let (lang, texts) = (props.state.lang, props.state.lang.texts());
    let sheet = sheet::words(lang).open;
    let language = props.send.reform(|_| Action::SwitchLanguage);
    html! {
        <header class="topbar">
            <h1>
                <button class="brand" data-action="opening" aria-label="Greenwave" onclick={props.send.reform(|_| Action::Show(View::Opening))}>
                    <img src="static/logo.svg" alt="" width="28" height="28" />
                    <span>{ "Greenwave" }</span>
                </button>
            </h1>
            { model(props, texts) }
            { tabs(props, texts) }
            { super::tour::resume(&props.state, &props.send) }
            <button class="quiet" data-action="sheet" title={sheet} aria-label={sheet} onclick={props.send.reform(|_| Action::Sheet(Ask::Open))}>{ "?" }</button>
            <button class="quiet" data-action="theme" title={texts.switch_theme} aria-label={texts.switch_theme} onclick={props.send.reform(|_| Action::SwitchTheme)}>
                { texts.theme(props.state.theme) }
            </button>
            <button class="quiet" data-action="language" title={texts.switch_language_hint} lang={lang.other().tag()} onclick={language}>
                { texts.switch_language }
            </button>
        </header>
    }
}

/// The model, its chips, and whether what is shown is verified.
fn model(props: &Props, texts: &Texts) -> Html {
    let Some(opened) = &props.state.opened else { return Html::default() };
    let (class, mark) = match props.state.broken {
        None => ("good", texts.verified),
        Some(_) => ("bad", texts.not_verified),
    };
    // Only a machine that is not the published one is named: its name ends with the checksum of its constants.
    let machine =
        if opened.machine.differences.is_empty() { String::new() } else { format!(" · {}", opened.machine.name) };
    html! { <p class="model"><span>{ format!("{} · int8 · {}{machine}", opened.model, props.state.lang.chips(opened.chips)) }</span><strong class={class}>{ mark }</strong></p> }
}

fn tabs(props: &Props, texts: &'static Texts) -> Html {
    let here = props.state.tour.here();
    if here.is_none() && props.state.view == View::Opening {
        let explore = props.send.reform(|_| Action::Show(View::Token));
        return html! { <nav class="tabs"><button class="quiet" data-action="explore" onclick={explore}>{ texts.explore }</button></nav> };
    }
    let tab = |(index, view): (usize, View)| {
        let show = props.send.reform(move |_| Action::Show(view));
        let current = (view == props.state.view).then_some("page");
        html! {
            <button class="tab" data-action={format!("view-{}", index + 1)} aria-current={current} onclick={show}>
                <kbd>{ index + 1 }</kbd>{ view.name(texts) }
            </button>
        }
    };
    // In the story a tab appears once the story has used its view.
    let used = |(_, view): &(usize, View)| here.is_none_or(|place| place.has_shown(*view));
    html! { <nav class="tabs" aria-label={texts.views}>{ for View::TABS.into_iter().enumerate().filter(used).map(tab) }</nav> }
}

//! The time deck: this moment's sentence, the tokens of the run, and the strip of a token's cycles.
//!
//! In: the state, this moment's sentence.  Out: the deck; jumps as actions.
//! Invariant: always there, so that the page does not jump when a run arrives.

use super::strip::Strip;
use super::tokens::Tokens;
use crate::i18n::Lang;
use crate::keys::Command;
use crate::link::View;
use crate::play::Motion;
use crate::state::{Action, Skipped, State};
use frame::{Cursor, Sentence};
use yew::{Callback, Html, html};

/// What the deck shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// What happens in this moment.
    pub sentence: Option<Sentence>,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The deck.
pub fn view(props: &Props) -> Html {
    let Props { state, send, .. } = props;
    let texts = state.lang.texts();
    let Some(opened) = &state.opened else {
        return html! { <footer class="deck" aria-label={texts.deck}><p class="hint">{ texts.nothing_yet }</p></footer> };
    };
    let is_hidden = state.view == View::Opening && state.playback.motion == Motion::Playing;
    if is_hidden || state.view == View::Numbers || state.is_inside() {
        return Html::default();
    }
    html! {
        <footer class="deck" aria-label={texts.deck}>
            <div class="moment">
                <strong class="cycle">{ state.lang.cycle(state.cursor.cycle) }</strong>
                <p class="happening" aria-live={live(state)}>{ for props.sentence.iter().map(|sentence| pieces(state.lang, sentence, send)) }</p>
                { transport(props, opened.deck.hertz) }
            </div>
            <Tokens state={state.clone()} send={send.clone()} />
            <Strip deck={opened.clone()} cycle={state.cursor.cycle} token={state.cursor.token} lang={state.lang} theme={state.theme} send={send.clone()} />
        </footer>
    }
}

/// While time runs, a reader would never stop talking.
fn live(state: &State) -> &'static str {
    if state.playback.motion == Motion::Playing { "off" } else { "polite" }
}

fn pieces(lang: Lang, sentence: &Sentence, send: &Callback<Action>) -> Html {
    let piece = |piece: &frame::Piece| {
        let text = lang.pick(&piece.text);
        match piece.target {
            Some(target) => {
                let select = send.reform(move |_| Action::Select(Some(target)));
                html! { <button class="named" onclick={select}>{ text }</button> }
            }
            None => html! { { text } },
        }
    };
    sentence.pieces.iter().map(piece).collect()
}

fn transport(props: &Props, hertz: u64) -> Html {
    let Props { state, send, .. } = props;
    let texts = state.lang.texts();
    let button = |name: &'static str, sign: &'static str, label: &'static str, command: Command| {
        let act = send.reform(move |_| Action::Command(command));
        html! { <button class="transport" data-action={name} title={label} aria-label={label} onclick={act}>{ sign }</button> }
    };
    let (sign, label) = match state.playback.motion {
        Motion::Playing => ("❙❙", texts.stop_time),
        Motion::Stopped => ("▶", texts.go_on),
    };
    html! {
        <div class="playing">
            { button("slower", "−", texts.slower, Command::Slower) }
            { button("play", sign, label, Command::TogglePlay) }
            { button("faster", "+", texts.faster, Command::Faster) }
            <span class="slowdown">{ skipped(state) }{ state.lang.slowdown(state.playback.slowdown(hertz)) }</span>
        </div>
    }
}

/// Says for a second of the viewer's time that a stretch was passed over.
fn skipped(state: &State) -> String {
    let recent = |(_, at): &(Skipped, Cursor)| {
        let since = state.cursor.cycle.checked_sub(at.cycle);
        at.token == state.cursor.token && since.is_some_and(|since| since <= state.playback.cycles_per_second())
    };
    state.skipped.filter(recent).map(|(skipped, _)| state.lang.skipped(skipped)).unwrap_or_default()
}

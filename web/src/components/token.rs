//! The token view: what word comes next, and what it cost.
//!
//! In: the state.  Out: the text, the most probable next tokens, where the cycles went, the chip now.
//! Invariant: every number is the run's or the schedule's; what this browser took and what the chip takes are never mixed.

use super::app::Message;
use super::cost;
use super::late;
use super::picture;
use super::prompt::Prompt;
use super::sentence::{self, Until};
use super::spans;
use crate::i18n::Lang;
use crate::protocol::{Request, TokenLine};
use crate::spelling;
use crate::state::{Action, State};
use frame::Unit;
use study::Candidate;
use yew::{Callback, Html, NodeRef, html};

/// Width of the longest bar, in the picture's own units.
const BAR: f64 = 400.0;

/// Units that blocks have the colours of.
const UNITS: [(Unit, &str); 4] = [(Unit::Mem, "mem"), (Unit::Vxm, "vxm"), (Unit::Mxm, "mxm"), (Unit::Sxm, "sxm")];

/// What the view shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// The canvas of the chip.
    pub canvas: NodeRef,
    /// Receives what only the root can do.
    pub tell: Callback<Message>,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The view.
pub fn view(props: &Props) -> Html {
    let Props { state, canvas, tell, send } = props;
    let (lang, texts) = (state.lang, state.lang.texts());
    let run = state.shown_run();
    let token = run.and_then(|run| run.tokens.get(state.cursor.token as usize));
    let hertz = state.opened.as_ref().map_or(1, |opened| opened.deck.hertz);
    let cost = token.map(|token| lang.token_cost(token.cycles, hertz, token.millis));
    html! {
        <section key="token" class="token-view">
            <div class="text">
                <Prompt state={state.clone()} tell={tell.clone()} send={send.clone()} />
                if state.broken.is_some() {
                    { late::view(&late::Props { state: state.clone(), send: send.clone() }) }
                } else {
                    { sentence::view(&sentence::Props { run: run.cloned(), cursor: state.cursor, until: Until::End, send: send.clone(), beside: None }) }
                }
                <p class="legend"><span class="given">{ texts.from_prompt }</span><span class="made">{ texts.made_here }</span><span>{ texts.wit }</span></p>
            </div>
            <div class="next">
                { next(state, send) }
                { for token.map(|token| candidates(state, token)) }
            </div>
            <div class="went">
                <h2>{ texts.where_went }</h2>
                <p class="where">{ cost.unwrap_or_default() }{ units(state.lang) }</p>
                { for state.opened.iter().map(|opened| html! {
                    { spans::view(&spans::Props { opened: opened.clone(), lang, theme: state.theme, cursor: state.cursor, send: send.clone() }) }
                }) }
            </div>
            <div class="chip-now">
                <h2>{ texts.chip_now }</h2>
                { picture::view(&picture::Props { state: state.clone(), canvas: canvas.clone(), label: texts.chip_picture.into(), tell: tell.clone() }) }
            </div>
            <div class="cost">
                <h2>{ texts.cost_title }</h2>
                { cost::view(&cost::Props { run: run.cloned(), stairs: state.turns.stairs(), cursor: state.cursor, lang, send: send.clone() }) }
                <p class="check">
                    <button class="plain" data-action="fingerprint" title={texts.fingerprint_hint} onclick={send.reform(|_| Action::Send(Request::Fingerprint))}>
                        { texts.fingerprint }
                    </button>
                    { for state.fingerprint.iter().map(|lines| html! { <code class="fingerprint">{ lines.join("\n") }</code> }) }
                </p>
            </div>
        </section>
    }
}

/// The units by their colours, as the blocks and the strip of the deck have them.
fn units(lang: Lang) -> Html {
    let unit = |(unit, class): (Unit, &'static str)| {
        html! { <span class={class}>{ format!("{} {}", frame::words::letters(unit), lang.pick(&frame::words::unit(unit))) }</span> }
    };
    html! { <span class="units" role="group" aria-label={lang.texts().units}>{ for UNITS.map(unit) }</span> }
}

/// The heading, and how the next token is chosen.
fn next(state: &State, send: &Callback<Action>) -> Html {
    let texts = state.lang.texts();
    let seed = state.seed.map_or(1, |seed| seed.wrapping_add(1));
    html! {
        <div class="draw">
            <h2>{ texts.comes_next }</h2>
            <button class="plain" data-action="draw" onclick={send.reform(move |_| Action::Draw(Some(seed)))}>{ texts.draw }</button>
            if state.seed.is_some() {
                <button class="plain" data-action="greedy" onclick={send.reform(|_| Action::Draw(None))}>{ texts.take_first }</button>
            }
        </div>
    }
}

fn candidates(state: &State, token: &TokenLine) -> Html {
    let row = |candidate: &Candidate| {
        let percent = f64::from(candidate.probability) * 100.0;
        let class = if candidate.id == token.next { "candidate taken" } else { "candidate" };
        html! {
            <li {class}>
                <span class="word">{ spelling::visible(&candidate.text) }</span>
                <svg viewBox="0 0 400 18" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="rail" width="400" height="18" rx="3" />
                    <rect class="bar" width={(percent / 100.0 * BAR).max(1.0).to_string()} height="18" rx="3" />
                </svg>
                <span class="percent">{ spelling::chance(percent) }</span>
            </li>
        }
    };
    html! {
        <>
            <p class="where">{ state.lang.chosen_of(token.candidates.len(), state.seed) }</p>
            <ol class="candidates">{ for token.candidates.iter().map(row) }</ol>
            if token.candidates.iter().any(|candidate| spelling::has_byte(&candidate.text)) {
                <p class="where byte-alone">{ state.lang.texts().byte_alone }</p>
            }
        </>
    }
}

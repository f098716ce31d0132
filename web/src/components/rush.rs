//! The scene inside a chip: the switch between scenes, the picture, and the figures of both sides.
//!
//! In: the state.  Out: the view; who is late as an action.
//! Invariant: each side's figures stand on its side; what is not there yet is not shown as if it were.

use super::app::Message;
use super::picture;
use crate::keys::Command;
use crate::numbers::digits;
use crate::play::Motion;
use crate::rival::{Heard, Stand};
use crate::rush::{Ask, Shown, Texts, words};
use crate::state::{Action, State};
use frame::{RoutedFacts, grouped};
use study::cases::Lateness;
use web_sys::HtmlInputElement;
use yew::{Callback, Html, InputEvent, NodeRef, TargetCast, html};

/// What the scene shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// The canvas of the picture.
    pub canvas: NodeRef,
    /// Receives what only the root can do.
    pub tell: Callback<Message>,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The switch between the scenes of the traffic.
pub fn scenes(state: &State, send: &Callback<Action>) -> Html {
    let words = words(state.lang);
    let button = |name: &'static str, action: &'static str, ask: Ask| {
        let pressed = (state.rush.inside.is_some() == matches!(ask, Ask::Inside(_))).to_string();
        let ask = send.reform(move |_| Action::Rush(ask));
        html! { <button type="button" class="plain" data-action={action} aria-pressed={pressed} onclick={ask}>{ name }</button> }
    };
    html! {
        <p class="chooser" role="group" aria-label={words.scenes}>
            { button(words.inside, "scene-inside", Ask::Inside(Lateness::Nobody)) }
            { button(words.between, "scene-between", Ask::Between) }
        </p>
    }
}

/// The scene.
pub fn view(props: &Props) -> Html {
    let Props { state, canvas, tell, send } = props;
    let words = words(state.lang);
    let shown = state.rush_shown();
    html! {
        <section key="rush" class="traffic-view rush-view" data-late={shown.map(|shown| format!("{:?}", shown.wanted.lateness))}>
            <div class="scene">
                <h2>{ words.title }</h2>
                <div class="scenes">{ scenes(state, send) }{ late(state, send) }</div>
                <p class="where">{ words.same }</p>
                { picture::view(&picture::Props { state: state.clone(), canvas: canvas.clone(), label: words.picture, tell: tell.clone() }) }
                { clock(state, send) }
            </div>
            <div class="side">{ side(state, send) }</div>
        </section>
    }
}

fn late(state: &State, send: &Callback<Action>) -> Html {
    let words = words(state.lang);
    let is_late = state.rush.inside.is_some_and(|wanted| wanted.lateness == Lateness::One);
    let (name, next) = if is_late { (words.punctual, Lateness::Nobody) } else { (words.make_late, Lateness::One) };
    let ask = send.reform(move |_| Action::Rush(Ask::Inside(next)));
    html! { <button type="button" class="plain" data-action="crowd-late" aria-pressed={is_late.to_string()} onclick={ask}>{ name }</button> }
}

fn side(state: &State, send: &Callback<Action>) -> Html {
    let failure = match (&state.rival.stand, &state.rush.shown) {
        (Stand::Failed(message), _) => Some((crate::numbers::words(state.lang).not_come, message.clone())),
        (Stand::Stale, _) => Some((state.lang.texts().worker_stale, String::new())),
        (_, Some(Err(text))) => Some(("", state.lang.pick(text))),
        _ => None,
    };
    if let Some((what, why)) = failure {
        let again = send.reform(|_| Action::Rival(Heard::Again));
        let label = crate::numbers::words(state.lang).again;
        return html! {
            <p class="trouble" role="alert"><span>{ what }{ " " }<code>{ why }</code></span>
                <button class="plain" data-action="rival-again" onclick={again}>{ label }</button></p>
        };
    }
    match (state.rush_shown(), &state.rival.stand) {
        (Some(shown), _) => figures(state, shown),
        (None, Stand::Ready) => waiting(state, send, words(state.lang).compiling),
        (None, _) => waiting(state, send, crate::numbers::words(state.lang).coming),
    }
}

/// What is being done, and the way out of it.
fn waiting(state: &State, send: &Callback<Action>, what: &'static str) -> Html {
    let cancel = send.reform(|_| Action::Rival(Heard::Cancelled));
    html! {
        <p class="hint" role="status">
            { what }{ " " }
            <button type="button" class="plain" data-action="rush-cancel" onclick={cancel}>{ state.lang.texts().cancel }</button>
        </p>
    }
}

/// The scene's own time, to be dragged or stepped with the arrows; the space bar stops it and lets it go on.
fn clock(state: &State, send: &Callback<Action>) -> Html {
    let words = words(state.lang);
    let Some(shown) = state.rush_shown() else { return Html::default() };
    let to = send.reform(|event: InputEvent| {
        let field: HtmlInputElement = event.target_unchecked_into();
        Action::Rush(Ask::At(field.value().parse().unwrap_or(0)))
    });
    let play = send.reform(|_| Action::Command(Command::TogglePlay));
    let texts = state.lang.texts();
    let label = if state.playback.motion == Motion::Playing { texts.stop_time } else { texts.go_on };
    html! {
        <p class="rush-clock">
            <button type="button" class="plain" data-action="rush-play" onclick={play}>{ label }</button>
            <input type="range" min="0" max={shown.end().to_string()} value={shown.wanted.ns.to_string()} aria-label={words.clock} oninput={to} />
            <b>{ ns(f64::from(shown.wanted.ns)) }</b>
        </p>
    }
}

fn ns(value: f64) -> String {
    format!("{} ns", digits(value))
}

fn figure(name: &str, value: String) -> Html {
    html! { <div><dt>{ name.to_owned() }</dt><dd>{ value }</dd></div> }
}

fn figures(state: &State, shown: &Shown) -> Html {
    let words = words(state.lang);
    let crowd = &shown.crowd;
    html! {
        <>
            <h3>{ format!("{} · 1 / {} × {} · {}", words.gpu, crowd.gpus, crowd.gpu, crowd.format) }</h3>
            { gpu(state, shown, words) }
            <h3>{ format!("{} · 1 / {} · int8", words.lpu, study::NODE) }</h3>
            { lpu(state, &shown.routed, words) }
            <p class="where">{ words.note }</p>
        </>
    }
}

fn lpu(state: &State, routed: &RoutedFacts, words: &Texts) -> Html {
    html! {
        <dl class="figures" data-side="lpu">
            { figure(words.arrives, ns(routed.length())) }
            { figure(words.appointments, format!("{} / {}", grouped(routed.ways - routed.unmet), grouped(routed.ways))) }
            { figure(words.spread, words.no_seed.to_owned()) }
            { figure(words.full, format!("{} / {}", routed.busiest, routed.streams)) }
            { figure(words.carries, state.lang.size(routed.bytes)) }
        </dl>
    }
}

fn gpu(state: &State, shown: &Shown, words: &Texts) -> Html {
    let crowd = &shown.crowd;
    let is_late = shown.wanted.lateness == Lateness::One;
    html! {
        <>
            <dl class="figures" data-side="gpu">
                { figure(words.arrives, ns(crowd.length)) }
                if is_late { { figure(words.later, format!("+{}", ns(crowd.length - crowd.punctual))) } }
                { figure(words.waits, format!("{:.0} %", 100.0 * crowd.waiting)) }
                { figure(words.refreshes, crowd.refreshes.to_string()) }
                { figure(words.others, format!("{} – {} ({})", digits(crowd.range.0), ns(crowd.range.1), crowd.seeds)) }
                { figure(words.seed, crowd.seed.to_string()) }
                { figure(words.reads, state.lang.size(crowd.bytes as u64)) }
                { figure(words.before, ns(crowd.before)) }
            </dl>
            if is_late { <p class="verdict-line" data-still="right">{ words.right }</p> }
        </>
    }
}

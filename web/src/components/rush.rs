//! The scenes with the rival: the switch between scenes, the picture, and the figures of both sides.
//!
//! In: the state.  Out: the view; how the scene is set as an action.
//! Invariant: each side's figures stand on its side and came with the picture; what is not there yet is not shown as if it were.

use super::app::Message;
use super::picture;
use crate::keys::Command;
use crate::play::Motion;
use crate::rival::{Heard, Stand};
use crate::rush::{Ask, Set, Shown, words};
use crate::state::{Action, State};
use study::cases::{Crowding, Lateness};
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

/// A button that asks for something of the scenes.
fn button(send: &Callback<Action>, name: &'static str, action: &'static str, (pressed, ask): (bool, Ask)) -> Html {
    let ask = send.reform(move |_| Action::Rush(ask));
    html! { <button type="button" class="plain" data-action={action} aria-pressed={pressed.to_string()} onclick={ask}>{ name }</button> }
}

/// The switch between the scenes of the traffic.
pub fn scenes(state: &State, send: &Callback<Action>) -> Html {
    let words = words(state.lang);
    let now = state.rush.inside.map(|wanted| wanted.set);
    let scene = |name: &'static str, action: &'static str, set: Set| {
        button(send, name, action, (now.is_some_and(|now| now.is_like(set)), Ask::Show(set)))
    };
    html! {
        <p class="chooser" role="group" aria-label={words.scenes}>
            { scene(words.inside, "scene-inside", Set::Inside(Lateness::Nobody)) }
            { button(send, words.between, "scene-between", (now.is_none(), Ask::Between)) }
            { scene(words.server, "scene-server", Set::Server(Crowding::Busy)) }
        </p>
    }
}

/// The scene.
pub fn view(props: &Props) -> Html {
    let Props { state, canvas, tell, send } = props;
    let shown = state.rush_shown();
    let pick = |index: usize| shown.map(|shown| state.lang.pick(&shown.words[index])).unwrap_or_default();
    html! {
        <section key="rush" class="traffic-view rush-view" data-set={shown.map(|shown| shown.wanted.set.word())}>
            <div class="scene">
                <h2>{ pick(0) }</h2>
                <div class="scenes">{ scenes(state, send) }{ setting(state, send) }</div>
                <p class="where">{ pick(1) }</p>
                { picture::view(&picture::Props { state: state.clone(), canvas: canvas.clone(), label: pick(2).into(), tell: tell.clone() }) }
                { clock(state, send) }
                if let Some(what) = coming(state) { <p class="coming" aria-hidden="true">{ what }</p> }
            </div>
            <div class="side">{ side(state, send) }</div>
        </section>
    }
}

/// How the scene is set: who is late, or how many come.
fn setting(state: &State, send: &Callback<Action>) -> Html {
    let words = words(state.lang);
    match state.rush.inside.map(|wanted| wanted.set) {
        None => Html::default(),
        Some(Set::Inside(Lateness::Nobody)) => {
            button(send, words.make_late, "crowd-late", (false, Ask::Show(Set::Inside(Lateness::One))))
        }
        Some(Set::Inside(Lateness::One)) => {
            button(send, words.punctual, "crowd-late", (true, Ask::Show(Set::Inside(Lateness::Nobody))))
        }
        Some(Set::Server(now)) => {
            let names = [words.quiet, words.busy, words.full];
            let one = |(name, crowding): (&'static str, Crowding)| {
                let set = Set::Server(crowding);
                button(send, name, set.word(), (now == crowding, Ask::Show(set)))
            };
            html! { <p class="chooser" role="group">{ for names.into_iter().zip(Crowding::ALL).map(one) }</p> }
        }
    }
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
    match (state.rush_shown(), coming(state)) {
        (Some(shown), _) => figures(state, shown),
        (None, what) => waiting(state, send, what.unwrap_or_default()),
    }
}

/// What the scene waits for, if it is neither there nor has failed.
fn coming(state: &State) -> Option<&'static str> {
    match (state.rush_shown(), &state.rival.stand) {
        (Some(_), _) | (None, Stand::Failed(_) | Stand::Stale) => None,
        (None, Stand::Ready) => (!matches!(state.rush.shown, Some(Err(_)))).then_some(words(state.lang).compiling),
        (None, _) => Some(crate::numbers::words(state.lang).coming),
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
            <input type="range" min="0" max={shown.end.to_string()} value={shown.wanted.at.to_string()} aria-label={words.clock} oninput={to} />
            <b>{ shown.clock.clone() }</b>
        </p>
    }
}

fn figures(state: &State, shown: &Shown) -> Html {
    let pick = |text| state.lang.pick(text);
    let sides = shown.sides.iter().map(|side| {
        let figures = side.figures.iter().map(|(name, value)| html! { <div><dt>{ pick(name) }</dt><dd>{ pick(value) }</dd></div> });
        html! {
            <>
                <h3>{ pick(&side.title) }</h3>
                <dl class="figures" data-side={side.key.clone()}>{ for figures }</dl>
                { for side.verdict.as_ref().map(|verdict| html! { <p class="verdict-line" data-still="right">{ pick(verdict) }</p> }) }
            </>
        }
    });
    html! { <>{ for sides }<p class="where">{ pick(&shown.note) }</p></> }
}

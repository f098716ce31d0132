//! Hundreds of chips in the traffic view: what was compiled, the picture at its level, the way up, and the steps through one token.
//!
//! In: the state.  Out: the scene; clicks as places and cycles.
//! Invariant: while the worker compiles, the view says what it does and offers the way out; the picture is that of the last answer.
//! Method: a canvas of its own, painted when another answer has come; what lies under a point is looked up in the answer itself.

use super::fleet_side::side;
use super::stepper::steps;
use crate::fleet::{Ask, CHIPS, MODELS, Shown, Stand, Users, above};
use crate::i18n::Lang;
use crate::paint::{Painter, Picture, place};
use crate::state::{Action, State};
use frame::Place;
use std::rc::Rc;
use study::Progress;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlCanvasElement, HtmlSelectElement, MouseEvent};
use yew::{Callback, Html, Properties, function_component, html, use_effect_with, use_node_ref};

/// What the view shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The view.
pub fn view(props: &Props) -> Html {
    let Props { state, send } = props;
    let texts = state.lang.texts();
    let picture = state.fleet.shown.as_ref().map(|shown| {
        html! { <City shown={shown.clone()} lang={state.lang} send={send.clone()} /> }
    });
    html! {
        <section key="fleet" class="traffic-view fleet-view" data-stand={stand(state)}>
            <div class="scene">
                <h2>{ texts.fleet_title }</h2>
                <p class="chooser">
                    <button type="button" class="plain" data-action="fleet-close" onclick={send.reform(|_| Action::Fleet(Ask::Open(None)))}>{ texts.fleet_close }</button>
                    { picker(state, send) }
                    { users(state, send) }
                </p>
                { way(state, send) }
                { working(state, send) }
                { picture.unwrap_or_else(|| html! { <div class="picture" /> }) }
                <div class="stepper">{ steps(state, send) }</div>
            </div>
            <div class="side">{ side(state, send) }</div>
        </section>
    }
}

fn stand(state: &State) -> &'static str {
    match state.fleet.stand {
        Stand::Absent => "absent",
        Stand::Coming => "coming",
        Stand::Ready(None) => "ready",
        Stand::Ready(Some(_)) => "working",
        Stand::Failed(_) => "failed",
    }
}

/// A model on so many chips.
pub fn picker(state: &State, send: &Callback<Action>) -> Html {
    let wanted = state.fleet.wanted.as_ref();
    let choices = MODELS.into_iter().flat_map(|model| CHIPS.map(|chips| (model, chips)));
    let option = |(model, chips): (&'static str, u32)| {
        let is_it = wanted.is_some_and(|wanted| (wanted.model.as_str(), wanted.chips) == (model, chips));
        html! { <option value={format!("{model}.{chips}")} selected={is_it}>{ state.lang.fleet(model, chips) }</option> }
    };
    let chosen = send.reform(|event: Event| {
        let value =
            event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok()).map(|select| select.value());
        let wanted = value.as_deref().and_then(|value| value.rsplit_once('.'));
        Action::Fleet(Ask::Open(wanted.and_then(|(model, chips)| Some((model.to_owned(), chips.parse().ok()?)))))
    });
    html! {
        <select class="plain" data-action="fleet" aria-label={state.lang.texts().fleet_choose} onchange={chosen}>
            <option value="" selected={wanted.is_none()}>{ state.lang.texts().fleet_choose }</option>
            { for choices.map(option) }
        </select>
    }
}

fn users(state: &State, send: &Callback<Action>) -> Html {
    let (Some(wanted), Some(note)) = (&state.fleet.wanted, &state.fleet.note) else { return Html::default() };
    let button = |users: Users, action: &'static str, label: String| {
        let put = send.reform(move |_| Action::Fleet(Ask::Users(users)));
        html! { <button type="button" class="plain" data-action={action} aria-pressed={(wanted.users == users).to_string()} onclick={put}>{ label }</button> }
    };
    html! {
        <>
            { button(Users::One, "users-one", state.lang.users(1)) }
            { button(Users::All, "users-all", state.lang.users(note.users)) }
        </>
    }
}

/// The levels above the one that is shown, and itself.
fn way(state: &State, send: &Callback<Action>) -> Html {
    let Some(wanted) = &state.fleet.wanted else { return Html::default() };
    let mut levels = vec![wanted.place];
    while let Some(place) = levels.last().copied().and_then(above) {
        levels.push(place);
    }
    let level = |place: Place| {
        let is_here = place == wanted.place;
        let look = send.reform(move |_| Action::Fleet(Ask::Look(place)));
        html! { <button type="button" class="quiet" disabled={is_here} aria-current={is_here.then_some("location")} onclick={look}>{ state.lang.place(place) }</button> }
    };
    html! { <nav class="way" aria-label={state.lang.texts().fleet_way}>{ for levels.into_iter().rev().map(level) }</nav> }
}

/// What the worker does, and the way out.
fn working(state: &State, send: &Callback<Action>) -> Html {
    let texts = state.lang.texts();
    let again = || {
        let place = state.fleet.wanted.as_ref().map_or(Place::All, |wanted| wanted.place);
        let again = send.reform(move |_| Action::Fleet(Ask::Look(place)));
        html! { <button type="button" class="plain" data-action="fleet-again" onclick={again}>{ texts.worker_again }</button> }
    };
    let line = |text: &str, bar: Html| {
        let cancel = send.reform(|_| Action::Fleet(Ask::Open(None)));
        html! {
            <p class="fleet-working" role="status">
                <span>{ text.to_owned() }</span>
                { bar }
                <button type="button" class="plain" data-action="fleet-cancel" onclick={cancel}>{ texts.cancel }</button>
            </p>
        }
    };
    match &state.fleet.stand {
        Stand::Coming => line(texts.fleet_coming, html! { <progress /> }),
        Stand::Ready(Some(progress)) => {
            let Progress { stage, done, of } = *progress;
            let bar = html! {
                <>
                    <progress value={done.to_string()} max={of.max(1).to_string()} />
                    <b data-done={done.to_string()}>{ state.lang.fleet_done(stage, done, of) }</b>
                </>
            };
            line(super::waiting::stage(texts, stage), bar)
        }
        Stand::Failed(message) => line(&format!("{} {message}", texts.worker_failed), again()),
        Stand::Absent | Stand::Ready(None) => Html::default(),
    }
}

#[derive(Properties, PartialEq)]
struct CityProps {
    shown: Rc<Shown>,
    lang: Lang,
    send: Callback<Action>,
}

#[function_component]
fn City(CityProps { shown, lang, send }: &CityProps) -> Html {
    let canvas = use_node_ref();
    let (painted, lang) = (canvas.clone(), *lang);
    let size =
        painted.cast::<HtmlCanvasElement>().map_or((0, 0), |canvas| (canvas.client_width(), canvas.client_height()));
    use_effect_with((Rc::clone(shown), lang, size), move |(shown, ..)| {
        if let Some(canvas) = painted.cast::<HtmlCanvasElement>() {
            let picture =
                Picture { floor: None, scene: &shown.scene.scene, fraction: 0.0, lang: lang.of_frame(), look: None };
            Painter::new().paint(&canvas, &picture);
        }
    });
    let (pointed, seen, send) = (canvas.clone(), Rc::clone(shown), send.clone());
    let click = Callback::from(move |event: MouseEvent| {
        let Some(canvas) = pointed.cast::<HtmlCanvasElement>() else { return };
        let at = place(&canvas, &seen.scene.scene, None, (f64::from(event.offset_x()), f64::from(event.offset_y())));
        if let Some(ask) = at.and_then(|(x, y)| seen.click(x, y)) {
            send.emit(Action::Fleet(ask));
        }
    });
    html! { <div class="picture"><canvas class="chip" ref={canvas} role="img" aria-label={lang.texts().fleet_picture} onclick={click} /></div> }
}

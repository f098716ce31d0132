//! The traffic view: the chips of a node and what travels between them, as cars on roads and as place against time.
//!
//! In: the state, the facts beside the picture.  Out: the view; clicks on cars and chips; the number of chips.
//! Invariant: figures are counted from the program that is shown; where more chips make a token slower, that stands here.

use super::app::Message;
use super::drawer;
use super::fleet::{self, picker};
use super::front;
use super::late;
use super::picture;
use super::rush::{self, scenes};
use super::stepper;
use crate::state::{Action, State};
use frame::TrafficFacts;
use yew::{Callback, Html, NodeRef, html};

/// Numbers of chips that can be chosen.
const CHIPS: [u16; 4] = [1, 2, 4, 8];

/// What the view shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// The canvas of the picture.
    pub canvas: NodeRef,
    /// What stands beside the picture.
    pub facts: Option<TrafficFacts>,
    /// Receives what only the root can do.
    pub tell: Callback<Message>,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The view.
pub fn view(props: &Props) -> Html {
    let Props { state, canvas, facts, tell, send } = props;
    let texts = state.lang.texts();
    if state.fleet.wanted.is_some() {
        return fleet::view(&fleet::Props { state: state.clone(), send: send.clone() });
    }
    if state.is_inside() {
        return rush::view(&rush::Props {
            state: state.clone(),
            canvas: canvas.clone(),
            tell: tell.clone(),
            send: send.clone(),
        });
    }
    html! {
        <section key="traffic" class={yew::classes!("traffic-view", state.broken.as_ref().map(|_| "broken"))}>
            <div class="scene">
                <h2>{ texts.traffic_title }</h2>
                { scenes(state, send) }
                <p class="where">{ texts.traffic_where }</p>
                if state.broken.is_some() {
                    { late::view(&late::Props { state: state.clone(), send: send.clone() }) }
                } else {
                    { chooser(props) }
                }
                { picture::view(&picture::Props { state: state.clone(), canvas: canvas.clone(), label: texts.traffic_picture.into(), tell: tell.clone() }) }
                { stepper::view(&stepper::Props { state: state.clone(), send: send.clone() }) }
            </div>
            <div class="side">
                { front::view(&front::Props { state: state.clone(), send: send.clone() }) }
                if state.selection.is_none() {
                    { for facts.iter().map(|facts| figures(state, facts)) }
                }
                { drawer::view(&drawer::Props { state: state.clone(), hint: Some(texts.traffic_hint) }) }
            </div>
        </section>
    }
}

/// How many chips.
fn chooser(props: &Props) -> Html {
    let state = &props.state;
    let button = |chips: u16| {
        let put = props.send.reform(move |_| Action::Chips(chips));
        let pressed = (state.chips == chips).to_string();
        html! {
            <button type="button" class="plain" data-action={format!("chips-{chips}")} aria-pressed={pressed} onclick={put}>
                { state.lang.chips(chips) }
            </button>
        }
    };
    html! {
        <p class="chooser" role="group" aria-label={state.lang.texts().how_many_chips}>
            { for CHIPS.into_iter().map(button) }
            { picker(state, &props.send) }
        </p>
    }
}

fn figures(state: &State, facts: &TrafficFacts) -> Html {
    let (lang, texts) = (state.lang, state.lang.texts());
    if facts.chips == 1 {
        return html! { <p class="where">{ texts.traffic_alone }</p> };
    }
    let figure = |name: &str, value: String| html! { <div><dt>{ name.to_owned() }</dt><dd>{ value }</dd></div> };
    let share = |part: u64| 100.0 * part as f64 / facts.cycles.max(1) as f64;
    html! {
        <>
        <dl class="figures">
            { figure(texts.traffic_now, frame::grouped(facts.now.into())) }
            { figure(texts.traffic_crossing, lang.crossing(facts.crossing, facts.nanoseconds)) }
            { figure(texts.traffic_spread, lang.cycles(facts.spread)) }
            { figure(texts.traffic_waited, frame::grouped(facts.waited)) }
            { figure(texts.traffic_vectors, lang.vectors(facts.vectors, facts.bytes)) }
            { figure(texts.traffic_token, lang.cycles(facts.cycles)) }
            { for state.alone.map(|cycles| figure(texts.traffic_on_one, lang.cycles(cycles))) }
            { figure(texts.traffic_travelling, format!("{:.0} %", share(facts.travelling))) }
            { figure(texts.traffic_busy, format!("{:.1} %", 100.0 * facts.busy)) }
        </dl>
        if state.alone.is_some_and(|alone| alone < facts.cycles) {
            <p class="where">{ texts.traffic_slower }</p>
        }
        </>
    }
}

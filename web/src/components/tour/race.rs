//! The race over the view: five lanes write the viewer's own text at rates that others published.
//!
//! In: the state.  Out: the lanes as far as they have come.
//! Invariant: says above the lanes that this is a playback at cited rates, and how much it is slowed.
//! Method: the screen's clock since the race began; where motion is unwanted, the finish is shown at once.

use crate::services::address::window;
use crate::services::clock::Clock;
use crate::state::State;
use crate::tour::race::{LANES, Lane, is_over};
use crate::tour::{Beside, Told, words};
use std::cell::Cell;
use yew::{Html, Properties, UseStateHandle, function_component, html, use_effect_with, use_state};

/// What the race shows.
#[derive(Properties)]
pub struct Props {
    /// The whole state.
    pub state: State,
}

/// The race, in the step that has it.
#[function_component]
pub fn Exhibit(props: &Props) -> Html {
    let state = &props.state;
    let racing = state.tour.here().is_some_and(|place| place.step().beside == Beside::Race);
    if !racing {
        return Html::default();
    }
    let tokens: Vec<String> = state
        .run
        .iter()
        .flat_map(|run| run.tokens.iter().filter(|token| !token.is_special).map(|token| token.adds().to_owned()))
        .collect();
    html! { <Race {tokens} lang={state.lang} begun={state.tour.told() == Told::All} /> }
}

/// What the lanes show.
#[derive(Properties, PartialEq)]
struct RaceProps {
    tokens: Vec<String>,
    lang: crate::i18n::Lang,
    begun: bool,
}

/// Whether the viewer asked for less motion.
fn is_still() -> bool {
    let query = window().match_media("(prefers-reduced-motion: reduce)");
    query.ok().flatten().is_some_and(|query| query.matches())
}

/// The clock of a race that runs.
fn run(runs: bool, count: usize, shown: UseStateHandle<f64>) -> Option<Clock> {
    let passed = Cell::new(0.0);
    let tick = move |step: f64| {
        if !is_over(passed.get(), count) {
            passed.set(passed.get() + step);
            shown.set(passed.get());
        }
    };
    runs.then(|| Clock::start(tick))
}

#[function_component]
fn Race(props: &RaceProps) -> Html {
    let millis = use_state(|| 0.0_f64);
    let count = props.tokens.len();
    let shown = millis.clone();
    use_effect_with((props.begun, count), move |(begun, count)| {
        let running = run(*begun && !is_still(), *count, shown.clone());
        if running.is_none() {
            shown.set(if *begun { f64::MAX } else { 0.0 });
        }
        move || drop(running)
    });
    let lane = |lane: &Lane| {
        let written = lane.written(*millis, count);
        let share = written as f64 / count.max(1) as f64 * 100.0;
        let finish =
            if written == count && 0 < count { words::finish(props.lang, lane.seconds(count)) } else { String::new() };
        html! {
            <li class="lane" data-rate={lane.rate.to_string()} data-written={written.to_string()}>
                <b>{ lane.rate }</b>
                <span class="who">{ lane.who.of(props.lang) }<small>{ lane.source.of(props.lang) }</small></span>
                <span class="track">
                    <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                        <rect class="rail" width="100" height="4" /><rect class="bar" width={share.to_string()} height="4" />
                    </svg>
                    <span class="text">{ props.tokens[..written].concat() }</span>
                </span>
                <i>{ finish }</i>
            </li>
        }
    };
    html! {
        <section class="race">
            <h2>{ words::RACE.of(props.lang) }</h2>
            <p class="where">{ words::slowed(props.lang) }{ " · " }{ words::PER_SECOND.of(props.lang) }</p>
            <ol>{ for LANES.iter().rev().map(lane) }</ol>
        </section>
    }
}

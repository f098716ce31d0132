//! The numbers view: the rival and the bill, one question at a time.
//!
//! In: the state.  Out: the view; topics, cases, users and edits as actions.
//! Invariant: figures are the worker's; what is not there yet is not shown as if it were.
//! Method: one file per topic; every number opens what it rests on.

mod bill;
mod chart;
mod claims;
mod curves;
mod jitter;
mod node;
mod number;
mod plans;
mod waterfall;

use crate::i18n::Lang;
use crate::numbers::{Ask, Shown, Texts, is_file, word, words};
use crate::rival::{Heard, Stand};
use crate::state::{Action, State};
use crate::tour::{Place, Told};
use study::cases::{Topic, View};
use waterfall::Bars;
use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::{Callback, Event, Html, TargetCast, html};

/// What the view shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// What a topic draws with.
#[derive(Clone, PartialEq)]
pub(crate) struct Desk {
    pub lang: Lang,
    pub edits: std::collections::BTreeMap<String, String>,
    pub ask: Callback<Ask>,
}

impl Desk {
    pub fn words(&self) -> &'static Texts {
        words(self.lang)
    }

    pub fn pick(&self, text: &frame::Text) -> String {
        self.lang.pick(text)
    }
}

/// The view.
pub fn view(props: &Props) -> Html {
    let Props { state, send } = props;
    let numbers = &state.numbers;
    let ask = send.reform(Action::Numbers);
    let desk = Desk { lang: state.lang, edits: numbers.wanted.setting.edits.clone(), ask };
    let shown = numbers.shown.as_ref().filter(|shown| shown.wanted.topic == numbers.wanted.topic);
    let is_older = numbers.is_due() && shown.is_some();
    let class = yew::classes!("numbers-view", is_older.then_some("due"));
    html! {
        <section {class} data-topic={shown.map(|shown| word(shown.wanted.topic))} data-hash={shown.map(|shown| format!("{:016x}", shown.hash))}>
            <h2 class="unseen">{ desk.words().title }</h2>
            { topics(&desk, numbers.wanted.topic) }
            { for numbers.shown.iter().map(|shown| question(&desk, shown)) }
            <div class="sheet">
                { match shown { Some(shown) => body(state, &desk, shown), None => waiting(state, &desk, send) } }
                { for shown.filter(|shown| has_case(shown.wanted.topic)).map(|shown| file(&desk, shown)) }
            </div>
        </section>
    }
}

/// How far the second worker is, or why it does not come.
fn waiting(state: &State, desk: &Desk, send: &Callback<Action>) -> Html {
    let words = desk.words();
    let again = send.reform(|_| Action::Rival(Heard::Again));
    match &state.rival.stand {
        Stand::Absent | Stand::Coming(0) => html! { <p class="hint" role="status">{ words.coming }</p> },
        Stand::Coming(bytes) => {
            let bytes = state.lang.size(u64::from(*bytes));
            html! { <p class="hint" role="status">{ format!("{} {bytes}", words.coming) }</p> }
        }
        Stand::Ready => html! { <p class="hint" role="status">{ words.computing }</p> },
        Stand::Stale => html! { <p class="trouble" role="alert">{ state.lang.texts().worker_stale }</p> },
        Stand::Failed(message) => html! {
            <p class="trouble" role="alert">
                <span>{ words.not_come }{ " " }<code>{ message.clone() }</code></span>
                <button class="plain" data-action="rival-again" onclick={again}>{ words.again }</button>
            </p>
        },
    }
}

fn topics(desk: &Desk, current: Topic) -> Html {
    let words = desk.words();
    let tab = |topic: Topic| {
        let label = match topic {
            Topic::Waterfall => words.waterfall,
            Topic::Frontier => words.frontier,
            Topic::Bill => words.bill,
            Topic::Joules => words.joules,
            Topic::Jitter => words.jitter,
            Topic::Plans => words.plans,
            Topic::Node => words.node,
            Topic::Claims => words.claims,
        };
        let ask = desk.ask.reform(move |_| Ask::Topic(topic));
        let pressed = (topic == current).to_string();
        html! { <button class="plain" data-action={format!("topic-{}", word(topic))} aria-pressed={pressed} onclick={ask}>{ label }</button> }
    };
    html! { <p class="chooser" role="group" aria-label={words.topics}>{ for Topic::ALL.into_iter().map(tab) }</p> }
}

/// Whether a topic is about the case; the others are about inputs alone.
fn has_case(topic: Topic) -> bool {
    !matches!(topic, Topic::Plans | Topic::Node | Topic::Claims)
}

/// The case, the users, and the way back to the defaults.
fn question(desk: &Desk, shown: &Shown) -> Html {
    let words = desk.words();
    let wanted = &shown.wanted;
    if !has_case(wanted.topic) {
        return reset(desk, shown);
    }
    let choose = desk.ask.reform(|event: Event| Ask::Case(event.target_unchecked_into::<HtmlSelectElement>().value()));
    let count = desk.ask.reform(|event: Event| {
        let field: HtmlInputElement = event.target_unchecked_into();
        // Whatever was typed is asked; what cannot be is refused with its reason. Reading an f64 would bring ten kilobytes of tables.
        Ask::Users(field.value().parse().map_or(0, |users: i64| u32::try_from(users.max(0)).unwrap_or(u32::MAX)))
    });
    let option = |(id, question): &(String, frame::Text)| {
        html! { <option value={id.clone()} selected={*id == wanted.case}>{ desk.pick(question) }</option> }
    };
    let users = wanted.setting.users.unwrap_or(shown.users);
    html! {
        <p class="question">
            <select aria-label={words.case} data-action="case" onchange={choose}>
                { for shown.cases.iter().map(option) }
                if is_file(&wanted.case) { <option selected={true} value={wanted.case.clone()}>{ words.own_case }</option> }
            </select>
            if matches!(wanted.topic, Topic::Frontier | Topic::Joules | Topic::Bill) {
                <label>
                    <input type="number" min="1" max="4096" data-action="users" value={users.to_string()} onchange={count} />
                    { words.users }
                </label>
            }
            { reset(desk, shown) }
        </p>
    }
}

/// The case as a file, to be read, changed and saved.
fn file(desk: &Desk, shown: &Shown) -> Html {
    let words = desk.words();
    let change =
        desk.ask.reform(|event: Event| Ask::Case(event.target_unchecked_into::<HtmlTextAreaElement>().value()));
    let address = format!("data:application/json;charset=utf-8,{}", js_sys::encode_uri_component(&shown.file));
    html! {
        <details class="number file">
            <summary><span>{ words.file }</span></summary>
            <textarea data-action="case-file" aria-label={words.file} spellcheck="false" rows="18" value={shown.file.clone()} onchange={change} />
            <a class="plain" download="case.json" href={address}>{ words.save }</a>
        </details>
    }
}

fn reset(desk: &Desk, shown: &Shown) -> Html {
    let is_changed = !shown.wanted.setting.edits.is_empty() || shown.wanted.setting.users.is_some();
    let ask = desk.ask.reform(|_| Ask::Reset);
    if !is_changed {
        return Html::default();
    }
    html! { <button class="plain" data-action="reset-numbers" onclick={ask}>{ desk.words().reset }</button> }
}

/// In the tour the bars come when its step has told, and stay.
fn bars(state: &State) -> Bars {
    match state.tour.here().map(Place::step) {
        None => Bars::Asked,
        Some(step) if step.ask.is_some() && state.tour.told() == Told::Asking => Bars::Hidden,
        Some(_) => Bars::Shown,
    }
}

fn body(state: &State, desk: &Desk, shown: &Shown) -> Html {
    let desk = desk.clone();
    match &shown.view {
        Err(text) => html! { <p class="trouble" role="alert">{ desk.pick(text) }</p> },
        Ok(View::Waterfall(fall)) => {
            html! { <waterfall::Falling {desk} fall={fall.clone()} refused={shown.refused.clone()} bars={bars(state)} /> }
        }
        Ok(View::Curves(curves)) => {
            html! { <curves::Drawn {desk} curves={curves.clone()} topic={shown.wanted.topic} /> }
        }
        Ok(View::Bill(ledgers)) => bill::bills(&desk, ledgers),
        Ok(View::Jitter(jitter)) => {
            html! { <jitter::Meters {desk} jitter={jitter.clone()} step={shown.step_millis} /> }
        }
        Ok(View::Plans(plans)) => plans::planner(&desk, plans),
        Ok(View::Node(scaled)) => node::table(&desk, scaled),
        Ok(View::Claims(judged)) => claims::table(&desk, judged),
    }
}

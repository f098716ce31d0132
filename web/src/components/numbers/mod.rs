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
mod number;
mod plans;
mod waterfall;

use crate::i18n::Lang;
use crate::numbers::{Ask, Shown, Texts, word, words};
use crate::state::{Action, State};
use study::cases::{Topic, View};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::{Callback, Event, Html, Properties, TargetCast, function_component, html};

/// What the view shows.
#[derive(Properties, PartialEq)]
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
#[function_component]
pub fn NumbersView(props: &Props) -> Html {
    let Props { state, send } = props;
    let numbers = &state.numbers;
    let ask = send.reform(Action::Numbers);
    let desk = Desk { lang: state.lang, edits: numbers.wanted.setting.edits.clone(), ask };
    let shown = numbers.shown.as_ref().filter(|shown| shown.wanted.topic == numbers.wanted.topic);
    let class = yew::classes!("numbers-view", numbers.is_due().then_some("due"));
    html! {
        <section {class} data-topic={shown.map(|shown| word(shown.wanted.topic))}>
            <h2 class="unseen">{ desk.words().title }</h2>
            { topics(&desk, numbers.wanted.topic) }
            { for numbers.shown.iter().map(|shown| question(&desk, shown)) }
            <div class="sheet">
                { match shown { Some(shown) => body(&desk, shown), None => html! { <p class="hint">{ desk.words().computing }</p> } } }
            </div>
        </section>
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
            Topic::Claims => words.claims,
        };
        let ask = desk.ask.reform(move |_| Ask::Topic(topic));
        let pressed = (topic == current).to_string();
        html! { <button class="plain" data-action={format!("topic-{}", word(topic))} aria-pressed={pressed} onclick={ask}>{ label }</button> }
    };
    html! { <p class="chooser" role="group" aria-label={words.topics}>{ for Topic::ALL.into_iter().map(tab) }</p> }
}

/// The case, the users, and the way back to the defaults.
fn question(desk: &Desk, shown: &Shown) -> Html {
    let words = desk.words();
    let wanted = &shown.wanted;
    if matches!(wanted.topic, Topic::Plans | Topic::Claims) {
        return reset(desk, shown);
    }
    let choose = desk.ask.reform(|event: Event| Ask::Case(event.target_unchecked_into::<HtmlSelectElement>().value()));
    let count = desk.ask.reform(|event: Event| {
        let field: HtmlInputElement = event.target_unchecked_into();
        Ask::Users(field.value().parse().unwrap_or(1).clamp(1, 4096))
    });
    let option = |(id, question): &(String, frame::Text)| {
        html! { <option value={id.clone()} selected={*id == wanted.case}>{ desk.pick(question) }</option> }
    };
    let users = wanted.setting.users.unwrap_or(shown.users);
    html! {
        <p class="question">
            <select aria-label={words.case} data-action="case" onchange={choose}>{ for shown.cases.iter().map(option) }</select>
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

fn reset(desk: &Desk, shown: &Shown) -> Html {
    let is_changed = !shown.wanted.setting.edits.is_empty() || shown.wanted.setting.users.is_some();
    let ask = desk.ask.reform(|_| Ask::Reset);
    if !is_changed {
        return Html::default();
    }
    html! { <button class="plain" data-action="reset-numbers" onclick={ask}>{ desk.words().reset }</button> }
}

fn body(desk: &Desk, shown: &Shown) -> Html {
    let desk = desk.clone();
    match &shown.view {
        Err(text) => html! { <p class="trouble" role="alert">{ desk.pick(text) }</p> },
        Ok(View::Waterfall(fall)) => html! { <waterfall::Falling {desk} fall={fall.clone()} /> },
        Ok(View::Curves(curves)) => {
            html! { <curves::Drawn {desk} curves={curves.clone()} topic={shown.wanted.topic} /> }
        }
        Ok(View::Bill(ledgers)) => bill::bills(&desk, ledgers),
        Ok(View::Jitter(jitter)) => html! { <jitter::Meters {desk} jitter={jitter.clone()} /> },
        Ok(View::Plans(plans)) => plans::planner(&desk, plans),
        Ok(View::Claims(judged)) => claims::table(&desk, judged),
    }
}

//! The tour beside the page: what the present step says, asks and does, and the bar of all steps.
//!
//! In: the state, the figures beside the picture.  Out: a panel, a bar, the way into the tour and back to it; acts.
//! Invariant: everything a button does here has a key; what is pointed at is marked by an attribute, so no other component knows of it.
//! Method: the panel is a live region of its own, read as a whole when the step changes, not when a number does.

pub(super) mod race;

use crate::numbers::always;
use crate::protocol::Facts;
use crate::services::address::window;
use crate::state::{Action, State};
use crate::tour::fill::{Piece, fill};
use crate::tour::words;
use crate::tour::{Act, Ask, Beside, Both, CHAPTERS, Chapter, Mark, Place, Right, Told};
use yew::{AttrValue, Callback, Html, Properties, classes, function_component, html, use_effect, use_effect_with};

pub use race::Exhibit;

/// What the panel shows.
#[derive(Properties)]
pub struct Props {
    /// The whole state.
    pub state: State,
    /// What stands beside the picture of a plan.
    pub facts: Option<Facts>,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

fn act(send: &Callback<Action>, act: Act) -> Callback<yew::MouseEvent> {
    send.reform(move |_| Action::Tour(act))
}

/// The panel and the bar; nothing while the viewer looks around freely.
#[function_component]
pub fn Tour(props: &Props) -> Html {
    let here = props.state.tour.here();
    let mark = here.map(|place| place.step().mark);
    use_effect(move || point_at(mark));
    use_effect_with((here, props.state.tour.told()), |_| show_answer());
    let Some(place) = here else { return Html::default() };
    let beside = match place.step().beside {
        Beside::Drawer => "drawer",
        Beside::Race => "race",
        Beside::Nothing => "nothing",
    };
    let told = if props.state.tour.told() == Told::All { "all" } else { "asking" };
    let lang = props.state.lang;
    html! {
        <>
            <aside class="tour" aria-label={words::TOUR.of(lang)} data-step={place.print()} data-beside={beside} data-told={told}>
                <div class="told" aria-live="polite">{ step(props, place) }</div>
                { buttons(props, place) }
            </aside>
            <nav class="scrub" aria-label={words::STEPS.of(lang)}>
                { for CHAPTERS.iter().map(|chapter| ticks(props, chapter, place)) }
            </nav>
        </>
    }
}

/// The mark moves to the first element that matches.
fn point_at(mark: Option<Mark>) {
    const LIT: &str = "data-lit";
    let Some(document) = window().document() else { return };
    let wanted = match mark {
        Some(Mark::Part(selector)) => document.query_selector(selector).ok().flatten(),
        _ => None,
    };
    while let Ok(Some(old)) = document.query_selector("[data-lit]") {
        // The name is valid, which is all that can go wrong.
        let _ = old.remove_attribute(LIT);
    }
    if let Some(element) = wanted {
        let _ = element.set_attribute(LIT, "yes");
    }
}

/// On a small screen the answer may lie below the panel's edge.
fn show_answer() {
    let answer = window().document().and_then(|document| document.query_selector(".tour .reveal").ok().flatten());
    if let Some(answer) = answer {
        answer.scroll_into_view_with_bool(false);
    }
}

fn pieces(props: &Props, text: Both) -> Html {
    let piece = |piece: Piece| match piece {
        Piece::Words(words) => html! { { words } },
        Piece::Term(term) => html! { <dfn>{ term }</dfn> },
        Piece::Live(value) => html! { <b class="live">{ value }</b> },
        Piece::Gap => html! { <b class="gap">{ "…" }</b> },
    };
    fill(text.of(props.state.lang), &props.state, props.facts.as_ref()).into_iter().map(piece).collect()
}

fn step(props: &Props, place: Place) -> Html {
    let (state, step) = (&props.state, place.step());
    let lang = state.lang;
    let (number, count) = place.count();
    let told = state.tour.told() == Told::All;
    let busy = if state.tour.told() == Told::All && state.broken.is_none() { words::BREAKING } else { words::BUSY };
    let busy = if step.deed == crate::tour::Deed::Break { busy } else { words::BUSY };
    html! {
        <>
            <p class="where">{ format!("{} · {number}/{count}", place.chapter().name.of(lang)) }</p>
            <p class="says" key={place.print()}>{ pieces(props, step.text) }</p>
            { for step.ask.iter().map(|ask| question(props, ask)) }
            if told && !step.reveal.of(lang).is_empty() {
                <p class="reveal">{ pieces(props, step.reveal) }</p>
            }
            if state.tour_waits() {
                <p class="busy">{ busy.of(lang) }</p>
            }
            if !step.source.of(lang).is_empty() {
                <p class="source">{ format!("{}{}", words::SOURCE.of(lang), step.source.of(lang)) }</p>
            }
        </>
    }
}

/// Which answer is right, as far as the state says.
fn right(state: &State, ask: &Ask) -> Option<usize> {
    match ask.right {
        Right::Fixed(index) => Some(index),
        Right::Ratio => {
            let opened = state.opened.as_ref().filter(|opened| opened.chips != 1)?;
            Some(words::gain(state.alone?, opened.deck.length))
        }
        Right::Saving => state.numbers.waterfall().and_then(always),
    }
}

fn question(props: &Props, ask: &Ask) -> Html {
    let Props { state, send, .. } = props;
    let (lang, told) = (state.lang, state.tour.told() == Told::All);
    let answer = |(index, answer): (usize, &Both)| {
        let chosen = state.tour.answer() == Some(index);
        let correct = told && right(state, ask) == Some(index);
        let class = classes!("answer", chosen.then_some("chosen"), correct.then_some("correct"));
        let note = match (correct, chosen && told) {
            (true, _) => format!(" ✓ {}", words::RIGHT.of(lang)),
            (false, true) => format!(" · {}", words::YOURS.of(lang)),
            (false, false) => String::new(),
        };
        let letter = ["A", "B", "C", "D"][index];
        html! {
            <li>
                <button {class} data-action={format!("answer-{letter}")} aria-pressed={chosen.to_string()} onclick={act(send, Act::Answer(index))}>
                    <kbd>{ letter }</kbd><span>{ answer.of(lang) }</span><em>{ note }</em>
                </button>
            </li>
        }
    };
    html! {
        <div class="ask">
            <p class="question">{ pieces(props, ask.question) }</p>
            <ol>{ for ask.answers.iter().enumerate().map(answer) }</ol>
            if !told && state.tour.answer().is_none() { <p class="where">{ words::PREDICT.of(lang) }</p> }
        </div>
    }
}

fn buttons(props: &Props, place: Place) -> Html {
    let Props { state, send, .. } = props;
    let lang = state.lang;
    let step = place.step();
    let next = match (step.has_deed() && state.tour.told() == Told::Asking, place.next()) {
        (true, _) => words::label(step.deed),
        (false, Some(_)) => words::ON,
        (false, None) => words::END,
    };
    html! {
        <div class="paces">
            <button class="pace main" data-action="tour-perform" onclick={act(send, Act::Perform)}>
                { next.of(lang) }<kbd>{ if lang == crate::i18n::Lang::Zh { "空白鍵" } else { "Space" } }</kbd>
            </button>
            <button class="pace" data-action="tour-back" disabled={place.back().is_none()} onclick={act(send, Act::Back)}>
                <kbd>{ "←" }</kbd>{ words::BACK.of(lang) }
            </button>
            <button class="pace" data-action="tour-leave" onclick={act(send, Act::Leave)}>{ words::LEAVE.of(lang) }<kbd>{ "Esc" }</kbd></button>
        </div>
    }
}

fn ticks(props: &Props, chapter: &'static Chapter, here: Place) -> Html {
    let Props { state, send, .. } = props;
    let places: Vec<Place> = Place::all().filter(|place| std::ptr::eq(place.chapter(), chapter)).collect();
    let name = format!("{} {}", chapter.number, chapter.name.of(state.lang));
    let tick = |place: &Place| {
        let current: Option<AttrValue> = (*place == here).then_some("step".into());
        let class = classes!("tick", (*place < here).then_some("past"));
        let label = format!("{name} · {}", place.count().0);
        html! {
            <button {class} data-action={format!("tour-{}", place.print())} title={label.clone()} aria-label={label} aria-current={current} onclick={act(send, Act::Go(*place))}></button>
        }
    };
    let open = std::ptr::eq(here.chapter(), chapter).then_some("open");
    html! {
        <div class={classes!("chapter", open)} role="group" aria-label={name.clone()}>
            <span>{ &name }</span>
            <div class="ticks">{ for places.iter().map(tick) }</div>
        </div>
    }
}

/// The opening's way into the tour.
pub fn take(state: &State, send: &Callback<Action>) -> Html {
    html! {
        <button class="take" data-action="tour" onclick={act(send, Act::Resume)}>{ words::TAKE.of(state.lang) }<kbd>{ "T" }</kbd></button>
    }
}

/// The way back to the tour, from wherever the viewer went.
pub fn resume(state: &State, send: &Callback<Action>) -> Html {
    if state.tour.here().is_some() {
        return Html::default();
    }
    let label = match state.tour.left_at() {
        Some(place) => format!("{} {}", words::RESUME.of(state.lang), place.print()),
        None if state.view == crate::link::View::Opening => return Html::default(),
        None => words::TAKE.of(state.lang).to_owned(),
    };
    html! { <button class="quiet resume" data-action="resume" title="T" onclick={act(send, Act::Resume)}>{ label }</button> }
}

/// A rectangle of the picture that the present step points at.
pub fn spot(state: &State) -> Html {
    let Some(Mark::Place((width, height), [left, top, right, bottom])) =
        state.tour.here().map(|place| place.step().mark)
    else {
        return Html::default();
    };
    html! {
        <svg class="spot" viewBox={format!("0 0 {width} {height}")} aria-hidden="true">
            <rect x={left.to_string()} y={top.to_string()} width={(right - left).to_string()} height={(bottom - top).to_string()} rx="16" />
        </svg>
    }
}

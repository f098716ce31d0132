//! The schedule view: every queue from the whole token down to a few cycles, and how busy the units are in what is shown.
//!
//! In: the state, the facts beside the picture.  Out: the view; clicks on cells; nearer and farther.
//! Invariant: the figures are of the stretch that the picture shows.

use super::app::Message;
use super::picture;
use super::stepper;
use crate::compiling::Ask;
use crate::state::{Action, State};
use frame::{Busy, ScheduleFacts, grouped};
use yew::{Callback, Html, NodeRef, html};

/// What the view shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// The canvas of the picture.
    pub canvas: NodeRef,
    /// What stands beside the picture.
    pub facts: Option<ScheduleFacts>,
    /// Receives what only the root can do.
    pub tell: Callback<Message>,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The view.
pub fn view(props: &Props) -> Html {
    let Props { state, canvas, facts, tell, send } = props;
    let texts = state.lang.texts();
    let stretch = facts.as_ref().map(|facts| state.lang.stretch(facts.from, facts.to)).unwrap_or_default();
    html! {
        <section key="schedule" class={yew::classes!("schedule-view", state.broken.as_ref().map(|_| "broken"))}>
            <div class="scene">
                <h2>{ texts.schedule_title }</h2>
                <p class="where">{ stretch }{ " " }{ for facts.iter().map(|facts| zoom(props, facts)) }</p>
                { picture::view(&picture::Props { state: state.clone(), canvas: canvas.clone(), label: texts.schedule_picture.into(), tell: tell.clone() }) }
                { stepper::view(&stepper::Props { state: state.clone(), send: send.clone() }) }
            </div>
            <div class="side">{ for facts.iter().map(|facts| side(state, facts)) }</div>
        </section>
    }
}

fn zoom(props: &Props, facts: &ScheduleFacts) -> Html {
    let texts = props.state.lang.texts();
    let zoom = props.state.compiling.wanted.zoom.min(facts.zoom_most);
    let button = |action: &'static str, label: &'static str, to: u8| {
        let ask = props.send.reform(move |_| Action::Compiling(Ask::Zoom(to)));
        html! { <button type="button" class="plain" data-action={action} disabled={to == zoom} onclick={ask}>{ label }</button> }
    };
    html! {
        <>
            { button("nearer", texts.schedule_nearer, (zoom + 1).min(facts.zoom_most)) }
            { button("farther", texts.schedule_farther, zoom.saturating_sub(1)) }
        </>
    }
}

fn side(state: &State, facts: &ScheduleFacts) -> Html {
    let (lang, texts) = (state.lang, state.lang.texts());
    let row = |busy: &Busy| {
        html! {
            <tr>
                <th scope="row">{ lang.pick(&busy.name) }</th>
                <td>{ busy.queues }</td>
                <td>{ grouped(busy.dispatches) }</td>
                <td>{ format!("{:.1} %", 100.0 * busy.share) }</td>
            </tr>
        }
    };
    let chosen = facts.chosen.as_ref().map(|(line, meaning)| {
        html! { <div class="here"><p><code>{ line.clone() }</code></p><p class="where">{ lang.pick(meaning) }</p></div> }
    });
    let span = facts.to - facts.from;
    let heads = [texts.schedule_unit, texts.schedule_queues, texts.schedule_dispatched, texts.schedule_share];
    html! {
        <>
            { chosen.unwrap_or_else(|| html! { <p class="where">{ texts.schedule_hint }</p> }) }
            <h3>{ texts.schedule_busy }</h3>
            <table class="compared">
                <thead><tr>{ for heads.map(|head| html! { <th scope="col">{ head }</th> }) }</tr></thead>
                <tbody>{ for facts.busy.iter().map(row) }</tbody>
            </table>
            <p>{ format!("{}{} / {}", texts.schedule_path, grouped(facts.on_path), grouped(span)) }</p>
        </>
    }
}

//! The main part of the page: the view the viewer asked for, or how far the engine has come.
//!
//! In: the state.  Out: the view.
//! Invariant: shows nothing of a chip before there is one; a refusal stands above what was there before.
//! Method: one match on where the engine stands.

use super::app::Message;
use super::chip;
use super::compiler;
use super::memory;
use super::numbers;
use super::opening;
use super::scale;
use super::schedule;
use super::token;
use super::traffic;
use super::waiting;
use crate::link::View;
use crate::protocol::Facts;
use crate::state::{Action, State};
use frame::{CompilerFacts, MemoryFacts, ScheduleFacts, TrafficFacts};
use yew::{Callback, Html, NodeRef, html};

/// What the stage shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// Milliseconds since the model was compiled.
    pub age: f64,
    /// The canvas that the chip is painted on.
    pub canvas: NodeRef,
    /// What stands beside the picture of a plan.
    pub facts: Option<Facts>,
    /// Receives what only the root can do.
    pub tell: Callback<Message>,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The stage.
pub fn view(props: &Props) -> Html {
    let Props { state, canvas, tell, send, age, facts } = props;
    let (memory, traffic, compiler, schedule) = apart(facts.clone());
    let view = match (&state.opened, state.view) {
        (_, View::Numbers) => numbers::view(&numbers::Props { state: state.clone(), send: send.clone() }),
        (None, _) => waiting::view(&waiting::Props { state: state.clone(), tell: tell.clone() }),
        (_, View::Opening) => opening::view(&opening::Props {
            state: state.clone(),
            age: *age,
            canvas: canvas.clone(),
            tell: tell.clone(),
            send: send.clone(),
        }),
        (_, View::Token) => token::view(&token::Props {
            state: state.clone(),
            canvas: canvas.clone(),
            tell: tell.clone(),
            send: send.clone(),
        }),
        (_, View::Chip) => chip::view(&chip::Props {
            state: state.clone(),
            canvas: canvas.clone(),
            tell: tell.clone(),
            send: send.clone(),
        }),
        (_, View::Memory) => memory::view(&memory::Props {
            state: state.clone(),
            canvas: canvas.clone(),
            facts: memory,
            tell: tell.clone(),
            send: send.clone(),
        }),
        (_, View::Traffic) => traffic::view(&traffic::Props {
            state: state.clone(),
            canvas: canvas.clone(),
            facts: traffic,
            tell: tell.clone(),
            send: send.clone(),
        }),
        (_, View::Compiler) => compiler::view(&compiler::Props {
            state: state.clone(),
            canvas: canvas.clone(),
            facts: compiler,
            tell: tell.clone(),
            send: send.clone(),
        }),
        (_, View::Schedule) => schedule::view(&schedule::Props {
            state: state.clone(),
            canvas: canvas.clone(),
            facts: schedule,
            tell: tell.clone(),
            send: send.clone(),
        }),
    };
    html! {
        <>
            <p class="cramped">{ state.lang.texts().small }</p>
            { trouble(props) }
            { scale::view(&scale::Props { state: state.clone(), send: send.clone() }) }
            { waiting::line(&waiting::LineProps { state: state.clone(), tell: tell.clone() }) }
            { view }
            <p class="drop" aria-hidden="true">{ state.lang.texts().drop_here }</p>
        </>
    }
}

/// The figures of the plan that is shown, for its view alone.
fn apart(
    facts: Option<Facts>,
) -> (Option<MemoryFacts>, Option<TrafficFacts>, Option<CompilerFacts>, Option<ScheduleFacts>) {
    match facts {
        Some(Facts::Memory(facts)) => (Some(facts), None, None, None),
        Some(Facts::Traffic(facts)) => (None, Some(facts), None, None),
        Some(Facts::Compiler(facts)) => (None, None, Some(*facts), None),
        Some(Facts::Schedule(facts)) => (None, None, None, Some(facts)),
        None => (None, None, None, None),
    }
}

fn trouble(props: &Props) -> Html {
    let Some(trouble) = &props.state.trouble else { return Html::default() };
    let texts = props.state.lang.texts();
    html! {
        <div class="trouble" role="alert">
            <strong>{ texts.refused }</strong>
            <span>{ props.state.lang.pick(trouble) }</span>
            <button class="plain" data-action="dismiss" onclick={props.send.reform(|_| Action::Dismiss)}>{ texts.close }</button>
        </div>
    }
}

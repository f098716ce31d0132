//! How far the worker is: the whole stage before there is a chip, a line above it later.
//!
//! In: the state.  Out: a headline with a bar; a line that can be cancelled.
//! Invariant: says what is being done, never only that one has to wait.

use super::app::Message;
use crate::i18n::Texts;
use crate::state::{Engine, State, Work};
use study::Stage;
use yew::{Callback, Html, html};

/// What the headline shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// Receives what only the root can do.
    pub tell: Callback<Message>,
}

/// The stage before there is a chip.
pub fn view(props: &Props) -> Html {
    let texts = props.state.lang.texts();
    let (line, detail) = match &props.state.engine {
        Engine::Starting => (texts.worker_starting, ""),
        Engine::Ready => (props.state.work.map_or(texts.stage_import, |work| stage(texts, work.stage)), ""),
        Engine::Stale => (texts.worker_stale, ""),
        Engine::Failed(message) => (texts.worker_failed, message.as_str()),
    };
    html! {
        <section key="waiting" class="waiting" role="status">
            <p class="headline">{ line }</p>
            <p class="detail">{ detail }</p>
            if matches!(props.state.engine, Engine::Failed(_)) { { again(texts, &props.tell) } }
        </section>
    }
}

/// What the line shows.
pub struct LineProps {
    /// The whole state.
    pub state: State,
    /// Receives what only the root can do.
    pub tell: Callback<Message>,
}

/// A line about work beside a chip.
pub fn line(props: &LineProps) -> Html {
    let texts = props.state.lang.texts();
    let line = |text: &str, work: Option<Work>, button: Html| {
        let bar =
            work.map(|work| html! { <progress value={work.done.to_string()} max={work.of.max(1).to_string()} /> });
        html! { <div class="working" role="status"><span>{ text.to_owned() }</span>{ for bar }{ button }</div> }
    };
    let cancel = || {
        let cancel = props.tell.reform(|_| Message::Restart);
        html! { <button class="plain" data-action="cancel" onclick={cancel}>{ texts.cancel }</button> }
    };
    match (&props.state.opened, &props.state.engine, props.state.work) {
        (Some(_), Engine::Failed(message), _) => {
            line(&format!("{} {message}", texts.worker_failed), None, again(texts, &props.tell))
        }
        (Some(_), Engine::Stale, _) => line(texts.worker_stale, None, Html::default()),
        (Some(_), Engine::Starting, _) => line(texts.worker_starting, None, cancel()),
        (Some(_), _, Some(work)) => line(stage(texts, work.stage), Some(work), cancel()),
        _ => Html::default(),
    }
}

/// Another worker in place of one that stopped.
fn again(texts: &Texts, tell: &Callback<Message>) -> Html {
    let restart = tell.reform(|_| Message::Restart);
    html! { <button class="plain" data-action="worker-again" onclick={restart}>{ texts.worker_again }</button> }
}

/// What is being done, in words.
pub fn stage(texts: &Texts, stage: Stage) -> &'static str {
    match stage {
        Stage::Import => texts.stage_import,
        Stage::Compile => texts.stage_compile,
        Stage::Verify => texts.stage_verify,
        Stage::Load => texts.stage_load,
        Stage::Run => texts.stage_run,
        Stage::Break => texts.stage_break,
    }
}

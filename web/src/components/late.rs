//! One car is late: the words before and after, what was changed, and the judge's sentence.
//!
//! In: the state with a broken run.  Out: two paragraphs and a verdict.
//! Invariant: the broken words never stand alone: what they were stands above them.

use super::sentence::{self, Until};
use crate::i18n::Damage;
use crate::protocol::{BrokenText, Run};
use crate::state::{Action, State};
use yew::{Callback, Html, html};

/// What is shown.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// Tokens that differ between the two runs.
fn damage(whole: &Run, broken: &BrokenText) -> Damage {
    let length = whole.tokens.len().max(broken.run.tokens.len());
    let text = |run: &Run, index: usize| run.tokens.get(index).map(|token| token.text.clone());
    let words = (0..length).filter(|&index| text(whole, index) != text(&broken.run, index)).count();
    Damage { words, violations: broken.total, misses: broken.misses }
}

/// The two texts and the verdict.
pub fn view(props: &Props) -> Html {
    let Props { state, send } = props;
    let (Some(broken), Some(run)) = (&state.broken, &state.run) else { return Html::default() };
    let (lang, texts) = (state.lang, state.lang.texts());
    let first = broken.verdicts.first();
    html! {
        <div class="damage-report">
            <h2>{ texts.without }</h2>
            { sentence::view(&sentence::Props { run: Some((**run).clone()), cursor: state.cursor, until: Until::End, send: send.clone(), beside: None }) }
            <h2 class="bad">{ texts.with_late }</h2>
            { sentence::view(&sentence::Props { run: Some(broken.run.clone()), beside: Some((**run).clone()), cursor: state.cursor, until: Until::End, send: send.clone() }) }
            <p class="change">{ lang.pick(&broken.change) }</p>
            <p class="verdict" role="status">
                <strong>{ texts.judge_says }</strong>{ " " }
                <span>{ first.map(|verdict| lang.pick(&verdict.sentence)).unwrap_or_default() }</span>{ " " }
                <em>{ first.map(|verdict| lang.pick(&verdict.rule)).unwrap_or_default() }</em>
            </p>
            <p class="count">{ lang.damage(&damage(run, broken)) }</p>
        </div>
    }
}

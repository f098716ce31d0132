//! The text, token by token, with the present one boxed.
//!
//! In: a run, the cursor.  Out: a paragraph.
//! Invariant: the tokens joined are the text; nothing is inserted between them; marks of the model's own are left out. A character that
//!     several tokens share is boxed as long as the cursor is at one of them.

use crate::protocol::{Run, TokenLine};
use crate::state::Action;
use frame::Cursor;
use yew::{Callback, Html, html};

/// Which tokens are shown.
#[derive(Clone, Copy, PartialEq)]
pub enum Until {
    /// Those up to the cursor.
    Cursor,
    /// All, those after the cursor dim.
    End,
}

/// What the paragraph shows.
pub struct Props {
    /// The run.
    pub run: Option<Run>,
    /// The run beside it, if there is one: where they differ, a token is marked.
    pub beside: Option<Run>,
    /// The cursor.
    pub cursor: Cursor,
    /// Which tokens.
    pub until: Until,
    /// Receives jumps.
    pub send: Callback<Action>,
}

/// Whether the cursor is at this token, or at one that shares its characters.
fn is_now(index: usize, token: &TokenLine, cursor: usize) -> bool {
    let shared = token.share.as_ref().map_or(1, |share| share.of.unwrap_or(1) as usize);
    (index..index + shared).contains(&cursor)
}

/// The paragraph.
pub fn view(props: &Props) -> Html {
    let Some(run) = &props.run else { return html! { <p class="sentence"></p> } };
    let cursor = props.cursor.token as usize;
    let shown = match props.until {
        Until::Cursor => run.tokens.len().min(cursor + 1),
        Until::End => run.tokens.len(),
    };
    let differs = |index: usize, token: &TokenLine| {
        props
            .beside
            .as_ref()
            .is_some_and(|beside| beside.tokens.get(index).is_none_or(|other| other.text != token.text))
    };
    let word = |(index, token): (usize, &TokenLine)| {
        let class = yew::classes!(
            if token.is_prompt { "given" } else { "made" },
            is_now(index, token, cursor).then_some("now"),
            (cursor < index).then_some("later"),
            differs(index, token).then_some("damaged"),
        );
        let jump = props.send.reform(move |_| Action::Jump(Cursor { token: index as u32, cycle: 0 }));
        html! { if !token.is_special { <span {class} onclick={jump}>{ token.adds().to_owned() }</span> } }
    };
    html! {
        <p class="sentence">
            { for run.tokens.iter().take(shown).enumerate().map(word) }
            if props.until == Until::End && run.tokens.len() == shown {
                <span class="made later">{ &run.next }</span>
            }
        </p>
    }
}

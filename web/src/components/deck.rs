//! The time deck: the tokens of the run and where the cursor stands.
//!
//! In: the state.  Out: the deck.
//! Invariant: always there, so that the page does not jump when a run arrives.
//! Method: a line of text until there is a run.

use crate::state::State;
use yew::{Html, Properties, function_component, html};

/// What the deck shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The whole state.
    pub state: State,
}

/// The deck.
#[function_component]
pub fn Deck(props: &Props) -> Html {
    let texts = props.state.lang.texts();
    html! {
        <footer class="deck" aria-label={texts.deck}><p>{ texts.nothing_yet }</p></footer>
    }
}

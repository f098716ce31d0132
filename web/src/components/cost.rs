//! Cycles of each token of the run, as a plot with the numbers behind it.
//!
//! In: a run, the cursor.  Out: a chart; the same as a table for readers and tools.
//! Invariant: one bar per token, its height the simulated cycles; the axis starts at zero.

use crate::i18n::Lang;
use crate::paint::plot_cycles;
use crate::protocol::{Run, TokenLine};
use frame::Cursor;
use web_sys::HtmlCanvasElement;
use yew::{Html, Properties, function_component, html, use_effect_with, use_node_ref};

/// What the chart shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The run.
    pub run: Option<Run>,
    /// The cursor.
    pub cursor: Cursor,
    /// Language of the axes.
    pub lang: Lang,
}

/// The chart.
#[function_component]
pub fn Cost(props: &Props) -> Html {
    let canvas = use_node_ref();
    let texts = props.lang.texts();
    let cycles: Vec<u64> = props.run.iter().flat_map(|run| run.tokens.iter().map(|token| token.cycles)).collect();
    let painted = canvas.clone();
    let size = canvas.cast::<HtmlCanvasElement>().map(|canvas| (canvas.client_width(), canvas.client_height()));
    use_effect_with((cycles.clone(), props.cursor.token, props.lang, size), move |(cycles, token, lang, _)| {
        if let Some(canvas) = painted.cast::<HtmlCanvasElement>() {
            plot_cycles(&canvas, cycles, *token as usize, *lang);
        }
    });
    let equal = cycles.windows(2).all(|pair| pair[0] == pair[1]);
    let row = |(index, token): (usize, &TokenLine)| {
        html! { <tr><td>{ index }</td><td>{ token.label() }</td><td>{ token.cycles }</td></tr> }
    };
    html! {
        <>
            <p class="where">{ if equal { texts.cost_note } else { "" } }</p>
            <div class="plot">
                <canvas ref={canvas} role="img" aria-label={texts.cost_title} />
            </div>
            <table class="unseen" data-plot="cycles">
                <tbody>{ for props.run.iter().flat_map(|run| run.tokens.iter().enumerate().map(row)) }</tbody>
            </table>
        </>
    }
}

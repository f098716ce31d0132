//! Cycles of each token against its position: the staircase of the programs, filled as far as the text has come.
//!
//! In: a run, the programs, the cursor.  Out: a picture, a row for each program; the same numbers as a table for readers and tools.
//! Invariant: one bar per token, its height the simulated cycles; the staircase is what the programs take; both begin at zero.
//! Method: SVG in positions and cycles, stretched over its place; every letter stands beside it, so that none is stretched.

use crate::i18n::Lang;
use crate::protocol::{Run, TokenLine};
use crate::state::Action;
use crate::turns;
use frame::{Cursor, grouped};
use study::Stair;
use yew::{Callback, Html, html};

/// What the chart shows.
pub struct Props {
    /// The run.
    pub run: Option<Run>,
    /// The programs, the smallest first.
    pub stairs: Vec<Stair>,
    /// The cursor.
    pub cursor: Cursor,
    /// Language of the texts.
    pub lang: Lang,
    /// Receives jumps.
    pub send: Callback<Action>,
}

/// The chart.
pub fn view(props: &Props) -> Html {
    let Props { run, stairs, cursor, lang, .. } = props;
    let tokens = run.as_ref().map_or(&[][..], |run| &run.tokens);
    let row = |(index, token): (usize, &TokenLine)| {
        html! { <tr><td>{ index }</td><td>{ token.label() }</td><td>{ token.cycles }</td></tr> }
    };
    let present = cursor.token as usize;
    let are_equal = stairs.len() == 1 && tokens.windows(2).all(|pair| pair[0].cycles == pair[1].cycles);
    let said = tokens.get(present).map(|token| {
        let before = present.checked_sub(1).and_then(|before| tokens.get(before));
        let next = stairs.iter().map(|stair| stair.from).find(|from| cursor.token < *from);
        lang.step_of(present, token.cycles, before.map(|token| token.cycles), next)
    });
    html! {
        <>
            <p class="where" data-step={cursor.token.to_string()}>
                { said.unwrap_or_default() }
                if are_equal { { " " }{ lang.texts().cost_note } }
            </p>
            { picture(props, tokens) }
            if 1 < stairs.len() { <ul class="stairs">{ for stairs.iter().map(|stair| line(props, stair, tokens.len())) }</ul> }
            <table class="unseen" data-plot="cycles"><tbody>{ for tokens.iter().enumerate().map(row) }</tbody></table>
        </>
    }
}

fn picture(props: &Props, tokens: &[TokenLine]) -> Html {
    let positions = props.stairs.last().map_or(1, |stair| stair.to).max(1);
    let taken = tokens.iter().map(|token| token.cycles).chain(props.stairs.iter().map(|stair| stair.cycles));
    let most = taken.max().unwrap_or(1).max(1);
    let bar = |class: &'static str, (from, to): (f64, f64), cycles: u64| {
        let y = most - cycles;
        html! { <rect {class} x={from.to_string()} y={y.to_string()} width={(to - from).to_string()} height={cycles.to_string()} /> }
    };
    let token = |(index, token): (usize, &TokenLine)| {
        let class = if index == props.cursor.token as usize { "ran present" } else { "ran" };
        bar(class, (index as f64 + 0.08, index as f64 + 0.92), token.cycles)
    };
    let stair = |stair: &Stair| bar("stair", (stair.from.into(), stair.to.into()), stair.cycles);
    let view_box = format!("0 0 {positions} {most}");
    html! {
        <div class="staircase">
            <b>{ grouped(most) }</b>
            <svg viewBox={view_box} preserveAspectRatio="none" role="img" aria-label={turns::words(props.lang).picture} data-stairs={props.stairs.len().to_string()}>
                { for props.stairs.iter().map(stair) }
                { for tokens.iter().enumerate().map(token) }
            </svg>
            <b>{ "0" }</b>
            <p><span>{ "0" }</span><span>{ turns::words(props.lang).positions }</span><span>{ positions }</span></p>
        </div>
    }
}

/// A program: its positions, its cycles; a way to its first token once that was run.
fn line(props: &Props, stair: &Stair, ran: usize) -> Html {
    let token = stair.from;
    let jump = props.send.reform(move |_| Action::Jump(Cursor { token, cycle: 0 }));
    let is_here = (stair.from..stair.to).contains(&props.cursor.token);
    html! {
        <li>
            <button type="button" class="plain" data-action={format!("stair-{token}")} disabled={ran <= token as usize}
                aria-current={is_here.then_some("step")} onclick={jump}>
                <span>{ format!("{}–{}", stair.from, stair.to - 1) }</span><b>{ props.lang.cycles(stair.cycles) }</b>
            </button>
        </li>
    }
}

//! What makes it fast: predicted first, then bar by bar from the GPU box to the LPU system.
//!
//! In: a waterfall.  Out: a table whose rows are bars and open.
//! Invariant: a bar's length is its time; where the published rate stands, and what nobody explains, is drawn as such.
//! Method: the bars are SVG in the rows of a table, so that picture and numbers are one.

use super::{Desk, number};
use crate::i18n::Lang;
use crate::numbers::{GUESSES, Guess, best_guess, digits, time};
use study::Standing;
use study::cases::{Noise, Step, Switch, Waterfall};
use study::cost::{Input, Refusal};
use yew::{Callback, Html, Properties, UseStateHandle, function_component, html, use_state};

/// What is drawn.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Language and actions.
    pub desk: Desk,
    /// The waterfall.
    pub fall: Waterfall,
    /// What was refused of the viewer's changes.
    pub refused: Vec<Refusal>,
    /// Who asks before the bars are shown.
    pub bars: Bars,
}

/// Who asks before the bars are shown.
#[derive(Clone, Copy, PartialEq)]
pub enum Bars {
    /// The view itself.
    Asked,
    /// The tour, and it has not told yet.
    Hidden,
    /// The tour has told.
    Shown,
}

/// The waterfall.
#[function_component]
pub fn Falling(props: &Props) -> Html {
    let Props { desk, fall, refused, bars: shown } = props;
    let guess = use_state(|| None::<usize>);
    let is_shown = *shown == Bars::Shown || (*shown == Bars::Asked && guess.is_some());
    html! {
        <div class="fall">
            if *shown == Bars::Asked { { prediction(desk, fall, &guess) } }
            if is_shown { { bars(desk, fall) } }
            if is_shown && *shown == Bars::Asked { { fields(desk, fall, refused) } }
        </div>
    }
}

/// Every input that a bar rests on and that has a range; what others recorded is only looked up.
fn fields(desk: &Desk, fall: &Waterfall, refused: &[Refusal]) -> Html {
    let has_range = |input: &&Input| input.low < input.high && !input.id.starts_with("record.");
    let inputs = fall.steps.iter().flat_map(|step| step.inputs.iter().filter(has_range).cloned());
    number::fields(desk, &number::each_once(inputs.collect()), refused)
}

fn prediction(desk: &Desk, fall: &Waterfall, guess: &UseStateHandle<Option<usize>>) -> Html {
    let words = desk.words();
    let best = best_guess(fall);
    let button = |(index, one): (usize, &Guess)| {
        let take = {
            let guess = guess.clone();
            Callback::from(move |_| guess.set(Some(index)))
        };
        let pressed = (**guess == Some(index)).to_string();
        let share = guess.map(|_| format!(" · {:.0} %", 100.0 * one.share(fall)));
        let name = if desk.lang == Lang::Zh { one.zh } else { one.en };
        html! { <button class="plain" data-action={format!("guess-{index}")} aria-pressed={pressed} onclick={take}>{ name }{ share }</button> }
    };
    let verdict = guess.map(|index| if index == best { words.right } else { words.not_quite });
    html! {
        <div class="predict">
            <p>{ words.predict }</p>
            <p class="chooser" role="group">{ for GUESSES.iter().enumerate().map(button) }<strong role="status">{ verdict }</strong></p>
        </div>
    }
}

fn bars(desk: &Desk, fall: &Waterfall) -> Html {
    let words = desk.words();
    let goal = fall.goal.as_ref().map_or(0, |goal| goal.ns);
    let width = |ns: i64| (100.0 * ns as f64 / fall.whole_ns.max(goal).max(1) as f64).to_string();
    let bar = |class: &'static str, from: i64, to: i64| {
        html! {
            <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                <rect {class} x={width(from)} width={width(to - from)} height="10" />
            </svg>
        }
    };
    let rate = |ns: i64| format!("{} token/s", digits(1e9 / ns.max(1) as f64));
    let step = |step: &Step| {
        let share = 100.0 * step.saves_ns as f64 / fall.whole_ns as f64;
        html! {
            <details class="number" data-row={format!("{:?}", step.switch)}>
                <summary>
                    <span>{ desk.pick(&step.label) }</span>
                    { bar("saved", step.left_ns, step.left_ns + step.saves_ns) }
                    <b>{ time(-step.saves_ns) }</b>
                    <i class="share">{ format!("{share:.1} %") }</i>
                </summary>
                <div class="rests">
                    <p>{ desk.pick(&step.says) }</p>
                    <p>{ format!("{}: {} · {}: {} ({})", words.alone, time(step.alone_ns), words.left, time(step.left_ns), rate(step.left_ns)) }</p>
                </div>
                if step.switch == Switch::Noise { { noises(desk, fall) } }
                { number::opened(desk, &step.formula, &step.inputs) }
            </details>
        }
    };
    html! {
        <div class="bars">
            <div class="number whole">
                <p class="line"><span>{ words.whole }{ ": " }{ desk.pick(&fall.box_name) }</span>{ bar("whole", 0, fall.whole_ns) }<b>{ time(fall.whole_ns) }</b><i class="share">{ rate(fall.whole_ns) }</i></p>
            </div>
            { for fall.steps.iter().map(step) }
            <div class="number">
                <p class="line"><span>{ words.bound }</span>{ bar("bound", 0, fall.bound_ns) }<b>{ time(fall.bound_ns) }</b><i class="share">{ format!("{} LPU", fall.chips) }</i></p>
            </div>
            { stands(desk, fall, &bar) }
            <p class="where">{ format!("{} {} · {} {}", words.seed, fall.seed, fall.boxes, words.boxes) }</p>
        </div>
    }
}

/// What each source of noise costs by itself.
fn noises(desk: &Desk, fall: &Waterfall) -> Html {
    let line = |noise: &Noise| {
        let share = 100.0 * noise.alone_ns as f64 / fall.whole_ns.max(1) as f64;
        html! {
            <tr data-noise={format!("{:?}", noise.source)}><td>{ desk.pick(&noise.label) }</td>
                <td class="amount">{ time(-noise.alone_ns) }</td><td class="amount">{ format!("{share:.2} %") }</td></tr>
        }
    };
    html! {
        <table><caption>{ desk.words().each_noise }</caption><tbody>{ for fall.noises.iter().map(line) }</tbody></table>
    }
}

/// Where the LPU stands, and what nobody explains of it.
fn stands(desk: &Desk, fall: &Waterfall, bar: &dyn Fn(&'static str, i64, i64) -> Html) -> Html {
    let words = desk.words();
    let (Some(goal), Some(unknown)) = (&fall.goal, fall.unknown_ns) else {
        return html! { <p class="where">{ words.no_rate }</p> };
    };
    let is_published = goal.standing <= Standing::Measured;
    let (name, says) =
        if is_published { (words.unknown, words.unknown_says) } else { (words.program, words.program_says) };
    html! {
        <>
            <div class="number unknown" data-row="unknown">
                <p class="line"><span>{ name }</span>{ bar("unknown", fall.bound_ns, goal.ns) }<b>{ format!("+{}", time(unknown)) }</b><i class="share"></i></p>
                <p class="where">{ says }</p>
            </div>
            <div class="number" data-row="goal">
                <p class="line"><span>{ words.lpu_stands }</span>{ bar("goal", 0, goal.ns) }<b>{ time(goal.ns) }</b><i class="share">{ format!("{} token/s", digits(goal.per_second)) }</i></p>
                <p class="where">{ number::standing(desk, goal.standing) }{ " " }{ desk.pick(&goal.source) }{ " · " }if is_published { { words.not_compiled } }</p>
            </div>
        </>
    }
}

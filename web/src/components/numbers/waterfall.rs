//! What makes it fast: predicted first, then bar by bar from the GPU box to the LPU system.
//!
//! In: a waterfall.  Out: a table whose rows are bars and open.
//! Invariant: a bar's length is its time; where the published rate stands, and what nobody explains, is drawn as such.
//! Method: the bars are SVG in the rows of a table, so that picture and numbers are one.

use super::{Desk, number};
use crate::numbers::{digits, time};
use study::Standing;
use study::cases::{Step, Switch, Waterfall};
use yew::{Callback, Html, Properties, UseStateHandle, function_component, html, use_state};

/// What is drawn.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Language and actions.
    pub desk: Desk,
    /// The waterfall.
    pub fall: Waterfall,
}

/// What the viewer predicts; planning is two switches.
const GUESSES: [&[Switch]; 4] =
    [&[Switch::Noise], &[Switch::Gaps, Switch::Barriers], &[Switch::Sram], &[Switch::Chips]];

/// The waterfall.
#[function_component]
pub fn Falling(props: &Props) -> Html {
    let Props { desk, fall } = props;
    let guess = use_state(|| None::<usize>);
    html! {
        <div class="fall">
            { prediction(desk, fall, &guess) }
            if guess.is_some() { { bars(desk, fall) } }
        </div>
    }
}

fn saved(fall: &Waterfall, switches: &[Switch]) -> i64 {
    fall.steps.iter().filter(|step| switches.contains(&step.switch)).map(|step| step.saves_ns).sum()
}

fn prediction(desk: &Desk, fall: &Waterfall, guess: &UseStateHandle<Option<usize>>) -> Html {
    let words = desk.words();
    let names = [words.guess_noise, words.guess_plan, words.guess_sram, words.guess_chips];
    let savings = GUESSES.map(|switches| saved(fall, switches));
    let best = savings.iter().copied().max().unwrap_or_default();
    let button = |(index, name): (usize, &str)| {
        let take = {
            let guess = guess.clone();
            Callback::from(move |_| guess.set(Some(index)))
        };
        let pressed = (**guess == Some(index)).to_string();
        let share = guess.map(|_| format!(" · {:.0} %", 100.0 * savings[index] as f64 / fall.whole_ns as f64));
        html! { <button class="plain" data-action={format!("guess-{index}")} aria-pressed={pressed} onclick={take}>{ name }{ share }</button> }
    };
    let verdict = guess.map(|index| if savings[index] == best { words.right } else { words.not_quite });
    html! {
        <div class="predict">
            <p>{ words.predict }</p>
            <p class="chooser" role="group">{ for names.into_iter().enumerate().map(button) }<strong role="status">{ verdict }</strong></p>
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

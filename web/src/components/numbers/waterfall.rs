//! What makes it fast: predicted first, then bar by bar from the GPU box to the LPU system.
//!
//! In: a waterfall.  Out: a table whose rows are bars and open.
//! Invariant: a bar's length is its time; the program that was compiled stands by name, the published figure after it, and what lies between
//!     the two has none. No cause is called the answer that is not it in every order.
//! Method: the bars are SVG in the rows of a table, so that picture and numbers are one.

use super::{Desk, number};
use crate::i18n::Lang;
use crate::numbers::{GUESSES, Guess, always, between, digits, percent, span, time};
use study::cases::{Cause, Noise, Ramp, Reading, Step, Switch, Waterfall};
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
    let button = |(index, one): (usize, &Guess)| {
        let take = {
            let guess = guess.clone();
            Callback::from(move |_| guess.set(Some(index)))
        };
        let pressed = (**guess == Some(index)).to_string();
        let share = guess.map(|_| format!(" · {}", between(fall, index)));
        let name = if desk.lang == Lang::Zh { one.zh } else { one.en };
        html! { <button class="plain" data-action={format!("guess-{index}")} aria-pressed={pressed} onclick={take}>{ name }{ share }</button> }
    };
    let verdict = guess.map(|index| {
        let wins = fall.orders.readings.each_ref().map(|reading| reading.causes[index].wins);
        match (always(fall), wins) {
            (Some(right), _) if right == index => words.right.to_owned(),
            (Some(_), _) | (None, [0, 0]) => words.not_quite.to_owned(),
            (None, [planning, memory]) => {
                format!("{} {planning} / {} · {memory} / {}", words.in_some, fall.orders.count, fall.orders.count)
            }
        }
    });
    html! {
        <div class="predict">
            <p>{ words.predict }</p>
            <p class="chooser" role="group">{ for GUESSES.iter().enumerate().map(button) }<strong role="status">{ verdict }</strong></p>
        </div>
    }
}

fn bars(desk: &Desk, fall: &Waterfall) -> Html {
    let (words, colon) = (desk.words(), desk.lang.colon());
    let goal = fall.goal.as_ref().map_or(0, |goal| goal.ns);
    let longest = fall.steps.iter().map(|step| step.left_ns).fold(fall.whole_ns.max(goal).max(1), i64::max);
    let width = |ns: i64| (100.0 * ns as f64 / longest as f64).to_string();
    let bar = |class: &'static str, from: i64, to: i64| {
        html! {
            <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                <rect {class} x={width(from)} width={width(to - from)} height="10" />
            </svg>
        }
    };
    let rate = |ns: i64| format!("{} token/s", digits(1e9 / ns.max(1) as f64));
    let step = |step: &Step| {
        let before = step.left_ns + step.saves_ns;
        let class = if step.saves_ns < 0 { "unknown" } else { "saved" };
        html! {
            <details class="number" data-row={format!("{:?}", step.switch)}>
                <summary>
                    <span>{ desk.pick(&step.label) }</span>
                    { bar(class, before.min(step.left_ns), before.max(step.left_ns)) }
                    <b>{ signed(-step.saves_ns) }</b>
                    <i class="share">{ percent(fall, step.saves_ns) }</i>
                </summary>
                <div class="rests">
                    <p>{ desk.pick(&step.says) }</p>
                    { for step.range.map(|range| html! {
                        <p>{ format!("{}{colon}{} · {}{colon}{} · {}{colon}{} – {}", words.as_first, time(range.first_ns), words.as_last, time(range.last_ns), words.least_most, time(range.least_ns), time(range.most_ns)) }</p>
                    }) }
                    <p>{ format!("{}{colon}{} ({})", words.left, time(step.left_ns), rate(step.left_ns)) }</p>
                </div>
                if step.switch == Switch::Noise { { noises(desk, fall) } }
                { number::opened(desk, &step.formula, &step.inputs) }
            </details>
        }
    };
    let (falls, rises): (Vec<&Step>, Vec<&Step>) = fall.steps.iter().partition(|step| step.range.is_some());
    html! {
        <div class="bars">
            <div class="number whole">
                <p class="line"><span>{ words.whole }{ ": " }{ desk.pick(&fall.box_name) }</span>{ bar("whole", 0, fall.whole_ns) }<b>{ time(fall.whole_ns) }</b><i class="share">{ rate(fall.whole_ns) }</i></p>
            </div>
            { for falls.into_iter().map(step) }
            <div class="number" data-row="bound">
                <p class="line"><span>{ words.bound }</span>{ bar("bound", 0, fall.bound_ns) }<b>{ time(fall.bound_ns) }</b><i class="share">{ format!("{} LPU", fall.chips) }</i></p>
            </div>
            { for rises.into_iter().map(step) }
            { compiled(desk, fall, &bar) }
            { stands(desk, fall, &bar) }
            { causes(desk, fall) }
            <p class="where">{ format!("{} {} · {} {}", words.seed, fall.seed, fall.boxes, words.boxes) }</p>
        </div>
    }
}

/// A time with its sign.
fn signed(ns: i64) -> String {
    if 0 < ns { format!("+{}", time(ns)) } else { time(ns) }
}

/// The program that this build compiled, or why there is none.
fn compiled(desk: &Desk, fall: &Waterfall, bar: &dyn Fn(&'static str, i64, i64) -> Html) -> Html {
    let words = desk.words();
    let Some(ns) = fall.compiled_ns else {
        return html! {
            <p class="where" data-row="absent">{ words.absent }{ " " }{ for fall.absent.iter().map(|why| desk.pick(why)) }</p>
        };
    };
    html! {
        <div class="number" data-row="compiled">
            <p class="line"><span>{ words.compiled }</span>{ bar("goal", 0, ns) }<b>{ time(ns) }</b><i class="share">{ format!("{} token/s", digits(1e9 / ns.max(1) as f64)) }</i></p>
            { for fall.ours.iter().map(|ours| html! {
                <p class="where">{ number::standing(desk, study::Standing::Measured) }{ " " }{ words.compiled_says }{ " " }<code>{ &ours.command }</code>
                    { format!(" · {} · {} {}", ours.date, words.own_users, ours.users) }</p>
            }) }
        </div>
    }
}

/// Each cause in every order, the ramp counted in both ways, and what can be said of all of them.
fn causes(desk: &Desk, fall: &Waterfall) -> Html {
    let words = desk.words();
    let line = |cause: &Cause| {
        let range = cause.range;
        html! {
            <tr data-cause={format!("{:?}", cause.reason)}>
                <td>{ desk.pick(&cause.label) }</td>
                <td class="amount">{ percent(fall, cause.in_turn_ns) }</td>
                <td class="amount">{ percent(fall, range.first_ns) }</td>
                <td class="amount">{ percent(fall, range.last_ns) }</td>
                <td class="amount">{ span(fall, range.least_ns, range.most_ns) }</td>
                <td class="amount">{ format!("{} / {}", cause.wins, fall.orders.count) }</td>
            </tr>
        }
    };
    let table = |reading: &Reading| {
        let caption = match reading.ramp {
            Ramp::Planning => words.causes_plan,
            Ramp::Memory => words.causes_memory,
        };
        html! {
            <table class="causes" data-ramp={format!("{:?}", reading.ramp)}>
                <caption>{ caption }</caption>
                <thead><tr><th></th><th>{ words.in_turn }</th><th>{ words.as_first }</th><th>{ words.as_last }</th><th>{ words.least_most }</th><th>{ words.saves_most }</th></tr></thead>
                <tbody>{ for reading.causes.iter().map(line) }</tbody>
            </table>
        }
    };
    html! {
        <>
            { for fall.orders.readings.iter().map(table) }
            <p class="verdict-line" data-row="verdict">{ desk.pick(&fall.orders.verdict) }</p>
        </>
    }
}

/// What each source of noise costs by itself.
fn noises(desk: &Desk, fall: &Waterfall) -> Html {
    let line = |noise: &Noise| {
        let share = format!("{:.2} %", 100.0 * noise.alone_ns as f64 / fall.whole_ns.max(1) as f64);
        html! {
            <tr data-noise={format!("{:?}", noise.source)}><td>{ desk.pick(&noise.label) }</td>
                <td class="amount">{ time(-noise.alone_ns) }</td><td class="amount">{ share.replace('-', "−") }</td></tr>
        }
    };
    html! {
        <table><caption>{ desk.words().each_noise }</caption><tbody>{ for fall.noises.iter().map(line) }</tbody></table>
    }
}

/// Where the published LPU stands, and the difference that nobody explains.
fn stands(desk: &Desk, fall: &Waterfall, bar: &dyn Fn(&'static str, i64, i64) -> Html) -> Html {
    let words = desk.words();
    let (Some(goal), Some(unknown)) = (&fall.goal, fall.unknown_ns) else {
        return if fall.goal.is_none() {
            html! { <p class="where">{ words.no_rate }</p> }
        } else {
            Html::default()
        };
    };
    let from = goal.ns - unknown;
    html! {
        <>
            <div class="number unknown" data-row="unknown">
                <p class="line"><span>{ words.unknown }</span>{ bar("unknown", from.min(goal.ns), from.max(goal.ns)) }<b>{ signed(unknown) }</b><i class="share"></i></p>
                <p class="where">{ words.unknown_says }</p>
            </div>
            <div class="number" data-row="goal">
                <p class="line"><span>{ words.lpu_stands }</span>{ bar("goal", 0, goal.ns) }<b>{ time(goal.ns) }</b><i class="share">{ format!("{} token/s", digits(goal.per_second)) }</i></p>
                <p class="where">{ number::standing(desk, goal.standing) }{ " " }{ desk.pick(&goal.source) }{ " · " }{ words.not_compiled }</p>
            </div>
        </>
    }
}

//! Calls in a row: how long a task takes with each service, and what a faster model cannot shorten.
//!
//! In: plans.  Out: a table with bars; fields of the tasks' inputs.
//! Invariant: seconds are bills that open; services are as published.

use super::{Desk, number};
use crate::numbers::digits;
use study::cases::{PlanLine, Plans};
use study::cost::scenario::{Deadline, Plan};
use yew::{Html, html};

/// The planner.
pub fn planner(desk: &Desk, plans: &Plans) -> Html {
    let words = desk.words();
    let all = plans.lines.iter().flat_map(|line| line.plans.iter().flat_map(|plan| plan.bill.inputs()));
    let tails = plans.lines.iter().flat_map(|line| line.plans.iter().flat_map(|plan| &plan.tail.variance.inputs));
    let inputs = number::each_once(all.chain(tails).chain(&plans.assumes).cloned().collect());
    html! {
        <>
            <table class="plans">
                <thead><tr><th>{ words.task }</th>{ for plans.services.iter().map(|name| html! { <th>{ desk.pick(name) }</th> }) }</tr></thead>
                <tbody>{ for plans.lines.iter().map(|line| task(desk, line)) }</tbody>
            </table>
            <p class="where">{ words.tail_says }</p>
            { number::fields(desk, &inputs, &plans.refused) }
        </>
    }
}

fn task(desk: &Desk, line: &PlanLine) -> Html {
    let (words, colon) = (desk.words(), desk.lang.colon());
    let slowest = line.plans.iter().map(|plan| plan.bill.total).fold(0.0, f64::max);
    let calls = line.plans.first().map_or(0.0, |plan| plan.calls);
    let spared = line.plans.first().map_or(1.0, |plan| plan.tail.spared);
    html! {
        <tr data-plan={line.id.clone()}>
            <td>{ desk.pick(&line.name) }<p class="where">{ format!("{}{colon}{} · {}{colon}{:.0} %", words.calls, digits(calls), words.spared, 100.0 * spared) }</p></td>
            { for line.plans.iter().map(|plan| html! { <td>{ seconds(desk, plan, slowest) }</td> }) }
        </tr>
    }
}

fn seconds(desk: &Desk, plan: &Plan, slowest: f64) -> Html {
    let (words, colon) = (desk.words(), desk.lang.colon());
    let part = |seconds: f64| (100.0 * seconds / slowest.max(f64::MIN_POSITIVE)).to_string();
    let deadline = match plan.deadline {
        Deadline::None => None,
        Deadline::Met(_) => Some(html! { <i class="good">{ words.in_time }</i> }),
        Deadline::Missed(_) => Some(html! { <i class="bad">{ words.too_late }</i> }),
    };
    html! {
        <details class="number">
            <summary>
                <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="saved" width={part(plan.model_s)} height="10" />
                    <rect class="unknown" x={part(plan.model_s)} width={part(plan.other_s)} height="10" />
                </svg>
                <b>{ format!("{} s", digits(plan.bill.total)) }</b>{ for deadline }
            </summary>
            <p class="where">{ format!("{} s {}", digits(plan.other_s), words.not_model) }</p>
            <p class="where">{ format!("{}{colon}{} s ({}{colon}{} s · {}{colon}{} s)", words.tail, digits(plan.tail.p99_s), words.tail_apart, digits(plan.tail.p99_independent_s), words.tail_together, digits(plan.tail.p99_together_s)) }</p>
            { number::opened(desk, &plan.tail.variance.formula, &plan.tail.variance.inputs) }
            { for plan.bill.rows.iter().map(|row| number::opened(desk, &row.formula, &row.inputs)) }
        </details>
    }
}

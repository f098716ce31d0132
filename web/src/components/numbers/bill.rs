//! The bill of both contestants: rows that open, sensitivities, what must be true, and the fields.
//!
//! In: ledgers.  Out: two columns of rows; fields; edits as actions.
//! Invariant: what the bill leaves out stands on it; a standing is shown beside every number.

use super::{Desk, number};
use crate::numbers::{digits, people};
use study::cases::{Ledger, Ledgers, Must, Who};
use study::cost::{Bar, Bill, BreakEven, Input};
use yew::{Html, html};

/// Both bills.
pub fn bills(desk: &Desk, ledgers: &Ledgers) -> Html {
    let words = desk.words();
    let [gpu, lpu] = Who::ALL.map(|who| of_side(ledgers, who));
    let is_both = |input: &&Input| gpu.iter().chain(&lpu).filter(|other| other.id == input.id).count() == 2;
    let (both, gpu): (Vec<_>, Vec<_>) = gpu.iter().cloned().partition(|input| is_both(&input));
    let lpu: Vec<Input> = lpu.iter().filter(|input| !both.iter().any(|other| other.id == input.id)).cloned().collect();
    let group = |title: &'static str, inputs: &[Input]| {
        html! { <><h4>{ title }</h4>{ number::fields(desk, inputs, &ledgers.refused) }</> }
    };
    html! {
        <>
            <div class="ledgers">{ for ledgers.ledgers.iter().map(|ledger| column(desk, ledger)) }</div>
            { group(words.inputs_both, &both) }
            { group(words.inputs_gpu, &gpu) }
            if !lpu.is_empty() { { group(words.inputs_lpu, &lpu) } }
        </>
    }
}

/// Inputs of one side's bills, each once, by the names under which they are changed.
fn of_side(ledgers: &Ledgers, who: Who) -> Vec<Input> {
    let ledgers = ledgers.ledgers.iter().filter(|ledger| ledger.who == who);
    let named = |input: &Input| Input { id: who.field(&input.id), ..input.clone() };
    number::each_once(ledgers.flat_map(every).map(named).collect())
}

fn every(ledger: &Ledger) -> Vec<&Input> {
    let bills = [Some(&ledger.joules), ledger.owned.as_ref(), ledger.rented.as_ref()];
    bills.into_iter().flatten().flat_map(Bill::inputs).collect()
}

fn column(desk: &Desk, ledger: &Ledger) -> Html {
    let words = desk.words();
    let who = if ledger.who == Who::Gpu { words.gpu } else { words.lpu };
    let bill = |title: &'static str, name: &'static str, bill: &Option<Bill>| match bill {
        Some(bill) => written(desk, title, name, bill),
        None => html! { <><h4>{ title }</h4><p class="where">{ words.no_price }</p></> },
    };
    html! {
        <article class="ledger" data-who={who}>
            <h3>{ desk.pick(&ledger.name) }</h3>
            <p class="where">{ format!("{} · {} token/s", people(desk.lang, ledger.users), digits(ledger.per_user)) }
                { " · " }{ desk.pick(&ledger.basis) }
            </p>
            { for ledger.notes.iter().map(|note| html! { <p class="where" data-row="note">{ desk.pick(note) }</p> }) }
            { bill(words.owned, "owned", &ledger.owned) }
            if ledger.who == Who::Gpu { { bill(words.rented, "rented", &ledger.rented) } }
            { written(desk, words.joules_bill, "joules", &ledger.joules) }
            <div class="bill" data-bill="memory">
                <h4>{ words.memory_bill }</h4>
                { for [&ledger.most, &ledger.needed, &ledger.power].map(|row| number::row(desk, row, 0.0)) }
            </div>
            <h4>{ words.rests_on }</h4>
            { number::shares(desk, &ledger.shares) }
            <h4>{ words.moves }</h4>
            { tornado(ledger.who, &ledger.bars) }
            { must(desk, ledger) }
        </article>
    }
}

fn written(desk: &Desk, title: &'static str, name: &'static str, bill: &Bill) -> Html {
    html! {
        <div class="bill" data-bill={name}>
            <h4>{ title }<b class="total">{ digits(bill.total) }</b>{ number::standing(desk, bill.standing) }</h4>
            { for bill.rows.iter().map(|row| number::row(desk, row, bill.total)) }
            <p class="where">{ desk.pick(&bill.leaves_out) }</p>
        </div>
    }
}

fn tornado(who: Who, bars: &[Bar]) -> Html {
    let most = bars.iter().map(|bar| bar.at_low.max(bar.at_high)).fold(0.0, f64::max);
    let line = |bar: &Bar| {
        let (from, to) = (bar.at_low.min(bar.at_high), bar.at_low.max(bar.at_high));
        let part = |value: f64| (100.0 * value / most.max(f64::MIN_POSITIVE)).to_string();
        html! {
            <p class="line"><code>{ who.field(&bar.id) }</code>
                <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="saved" x={part(from)} width={part(to - from)} height="10" /></svg>
                <b>{ format!("{} – {}", digits(from), digits(to)) }</b></p>
        }
    };
    html! { <div class="tornado">{ for bars.iter().map(line) }</div> }
}

fn must(desk: &Desk, ledger: &Ledger) -> Html {
    let words = desk.words();
    let Some(asked) = ledger.asked else { return Html::default() };
    let line = |must: &Must| {
        let needed = match must.must {
            BreakEven::At(value) => format!("{} {}", digits(value), must.unit),
            BreakEven::Never { at_least, at_most } => {
                format!("{} ({} – {} $)", words.never, digits(at_least), digits(at_most))
            }
        };
        html! { <li data-must={must.id.clone()}><code>{ &must.id }</code>{ " = " }<b>{ needed }</b>{ format!(" ({} {})", words.now, digits(must.now)) }</li> }
    };
    html! {
        <>
            <h4>{ format!("{} · $ {}", words.must, digits(asked)) }</h4>
            <ul class="must">{ for ledger.must.iter().map(line) }</ul>
        </>
    }
}

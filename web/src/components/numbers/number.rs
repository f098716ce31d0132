//! A number that opens: its formula, its inputs, their values, standings and sources; and the fields in which they are changed.
//!
//! In: rows and inputs of a bill.  Out: elements that open with mouse and keyboard; edits as actions.
//! Invariant: a refusal stands at its field; what is computed from other inputs, or follows from the case, is not typed over.
//! Method: the browser's own `details`.

use super::Desk;
use crate::numbers::{Ask, digits, inputs};
use study::Standing;
use study::cost::{Input, Refusal, Row, Share, Supplier};
use units::Order;
use web_sys::HtmlInputElement;
use yew::{Event, Html, TargetCast, html};

/// The word of a standing, marked.
pub fn standing(desk: &Desk, standing: Standing) -> Html {
    let words = desk.words();
    let (word, class) = match standing {
        Standing::Published => (words.published, "standing published"),
        Standing::Measured => (words.measured, "standing measured"),
        Standing::Derived => (words.derived, "standing derived"),
        Standing::Assumed => (words.assumed, "standing assumed"),
    };
    html! { <i {class}>{ word }</i> }
}

/// A row of a bill: closed its value, open its formula and inputs.
pub fn row(desk: &Desk, row: &Row, whole: f64) -> Html {
    let share = if whole == 0.0 { 0.0 } else { 100.0 * row.value / whole };
    html! {
        <details class="number" data-row={row.id.clone()}>
            <summary>
                <span>{ desk.pick(&row.label) }</span>
                <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="bar" width={share.max(0.0).to_string()} height="10" /></svg>
                <b>{ digits(row.value) }</b>
                { standing(desk, row.standing) }
            </summary>
            { opened(desk, &row.formula, &row.inputs) }
        </details>
    }
}

/// What a number rests on.
pub fn opened(desk: &Desk, formula: &str, inputs: &[Input]) -> Html {
    let words = desk.words();
    let line = |input: &Input| {
        html! {
            <tr>
                <td><code>{ &input.id }</code></td>
                <td class="amount">{ digits(input.value) }{ " " }{ &input.unit }</td>
                <td>{ standing(desk, input.standing) }</td>
                <td class="source">{ &input.source }</td>
            </tr>
        }
    };
    html! {
        <div class="rests">
            <p>{ words.formula }{ ": " }<code>{ formula.to_owned() }</code></p>
            <table>
                <thead><tr><th>{ words.input }</th><th>{ words.value }</th><th>{ words.standing }</th><th>{ words.source }</th></tr></thead>
                <tbody>{ for inputs.iter().map(line) }</tbody>
            </table>
        </div>
    }
}

/// The bar with the share of each standing in the figure: of its rows, each as weak as its weakest input.
pub fn shares(desk: &Desk, shares: &[Share]) -> Html {
    let mut x = 0.0;
    let part = |share: &Share| {
        let width = 100.0 * share.of_total;
        let from = x;
        x += width;
        let class = match share.standing {
            Standing::Published => "published",
            Standing::Measured => "measured",
            Standing::Derived => "derived",
            Standing::Assumed => "assumed",
        };
        html! { <rect {class} x={from.to_string()} width={width.to_string()} height="10" /> }
    };
    let parts: Html = shares.iter().map(part).collect();
    let line = |share: &Share| {
        html! { <span>{ standing(desk, share.standing) }{ format!(" {:.0} % · {}", 100.0 * share.of_total, inputs(desk.lang, share.inputs)) }</span> }
    };
    html! {
        <div class="shares">
            <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">{ parts }</svg>
            <p>{ for shares.iter().map(line) }</p>
        </div>
    }
}

/// Inputs by their ids, each once.
pub fn each_once(mut inputs: Vec<Input>) -> Vec<Input> {
    inputs.order_by(|a, b| a.id.cmp(&b.id));
    inputs.dedup_by(|a, b| a.id == b.id);
    inputs
}

/// The fields of inputs that a viewer may change.
pub fn fields(desk: &Desk, inputs: &[Input], refused: &[Refusal]) -> Html {
    let words = desk.words();
    let is_open = |input: &&Input| {
        input.supplier != Supplier::Formula && !input.id.starts_with("use.") && !input.id.starts_with("hardware.")
    };
    let field = |input: &Input| {
        let id = input.id.clone();
        let edit = desk.ask.reform(move |event: Event| {
            Ask::Edit(id.clone(), event.target_unchecked_into::<HtmlInputElement>().value())
        });
        let typed = desk.edits.get(&input.id).cloned().unwrap_or_else(|| input.value.to_string());
        let refusal = refused.iter().find(|refusal| refusal.id == input.id);
        let is_typed = refusal.is_none() && desk.edits.contains_key(&input.id);
        let invalid = refusal.map(|_| "true");
        html! {
            <tr class={(input.supplier == Supplier::Viewer || is_typed).then_some("changed")}>
                <td><label for={format!("field-{}", input.id)}><code>{ &input.id }</code></label></td>
                <td>
                    <input id={format!("field-{}", input.id)} inputmode="decimal" autocomplete="off" aria-invalid={invalid} value={typed} onchange={edit} />
                    { " " }{ &input.unit }
                    { for refusal.map(|refusal| html! { <p class="bad" role="alert">{ desk.pick(&refusal.text()) }</p> }) }
                </td>
                <td class="amount">{ format!("{} – {}", digits(input.low), digits(input.high)) }</td>
                <td>{ standing(desk, input.standing) }</td>
                <td class="source">{ &input.source }</td>
            </tr>
        }
    };
    html! {
        <table class="fields">
            <caption>{ words.inputs }</caption>
            <thead><tr><th>{ words.input }</th><th>{ words.value }</th><th>{ words.range }</th><th>{ words.standing }</th><th>{ words.source }</th></tr></thead>
            <tbody>{ for inputs.iter().filter(is_open).map(field) }</tbody>
        </table>
    }
}

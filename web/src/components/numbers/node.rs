//! 14 nm now, 4 nm next: what was to be expected, beside the successor that shipped.
//!
//! In: quantities with their factors.  Out: a table; the score of what could have been predicted.
//! Invariant: a factor that was read off the successor scores nothing.

use super::Desk;
use crate::numbers::digits;
use study::cost::what_if::{Origin, Scaled, Verdict};
use yew::{Html, html};

/// The table.
pub fn table(desk: &Desk, scaled: &[Scaled]) -> Html {
    let words = desk.words();
    let fair = || scaled.iter().filter(|one| one.origin == Origin::Process && one.shipped.is_some());
    let hits = fair().filter(|one| one.verdict == Verdict::Hit).count();
    let row = |one: &Scaled| {
        let [value, low, high] = one.predicted;
        let (class, verdict) = match one.verdict {
            Verdict::Hit => ("holds", words.hit),
            Verdict::TooHigh => ("differs", words.too_high),
            Verdict::TooLow => ("differs", words.too_low),
            Verdict::Fitted => ("where", words.fitted),
            Verdict::Open => ("where", words.open),
        };
        html! {
            <tr data-factor={one.factor_id.clone()}>
                <td>{ desk.pick(&one.label) }{ " " }<code>{ &one.factor_id }</code></td>
                <td class="amount">{ digits(one.today) }{ " " }{ &one.unit }</td>
                <td class="amount">{ format!("{} ({} – {})", digits(value), digits(low), digits(high)) }</td>
                <td class="amount">{ one.shipped.map_or("–".to_owned(), digits) }</td>
                <td><span {class}>{ verdict }</span></td>
            </tr>
        }
    };
    html! {
        <>
            <p>{ words.node_says }</p>
            <table class="nodes">
                <thead><tr><th>{ words.quantity }</th><th>{ words.today }</th><th>{ words.predicted }</th><th>{ words.shipped }</th><th>{ words.verdict }</th></tr></thead>
                <tbody>{ for scaled.iter().map(row) }</tbody>
            </table>
            <p class="verdict-line" data-score={hits.to_string()}>{ format!("{}: {hits} / {}", words.score, fair().count()) }</p>
        </>
    }
}

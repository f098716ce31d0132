//! The claims table: as told, as it stands, and what that rests on.
//!
//! In: judged claims.  Out: a table; each computed number opens.
//! Invariant: nothing is said without computation, source, run, or the words that nobody outside knows.

use super::{Desk, number};
use crate::numbers::digits;
use study::cost::claims::{Agreement, Case, Judged, OUTSIDE, Supported};
use yew::{Html, html};

/// The table.
pub fn table(desk: &Desk, judged: &[Judged]) -> Html {
    let words = desk.words();
    let claim = |claim: &Judged| {
        html! {
            <tr data-claim={claim.id.clone()}>
                <td><span class="where">{ &claim.minutes }{ "′" }</span><p>{ desk.pick(&claim.told) }</p></td>
                <td>{ desk.pick(&claim.stands) }</td>
                <td>{ for claim.supports.iter().map(|support| rests(desk, support)) }</td>
            </tr>
        }
    };
    html! {
        <>
            <table class="claims">
                <thead><tr><th>{ words.told }</th><th>{ words.stands }</th><th>{ words.rests }</th></tr></thead>
                <tbody>{ for judged.iter().map(claim) }</tbody>
            </table>
            <details class="number"><summary><span>{ words.outside }</span></summary>
                <ul class="must">{ for OUTSIDE.iter().map(|text| html! { <li>{ desk.pick(text) }</li> }) }</ul>
            </details>
        </>
    }
}

fn rests(desk: &Desk, support: &Supported) -> Html {
    let words = desk.words();
    match support {
        Supported::Computed { printed, formula, value, agreement, standing, inputs } => {
            let (class, says) = match agreement {
                Agreement::Holds => ("holds", words.holds),
                Agreement::Differs => ("differs", words.differs),
            };
            html! {
                <details class="number">
                    <summary><b class={class}>{ printed }</b><span>{ says }{ " · " }{ digits(*value) }</span>{ number::standing(desk, *standing) }</summary>
                    { number::opened(desk, formula, inputs) }
                </details>
            }
        }
        Supported::Cited { work, section } => {
            html! { <p class="cited">{ words.cited }{ ": " }{ work }{ " · " }{ section }</p> }
        }
        Supported::NobodyKnows { what } => html! { <p class="nobody">{ words.nobody }{ ": " }{ desk.pick(what) }</p> },
        Supported::Run { case } => {
            let place = place(*case);
            html! { <p class="cited"><a href={format!("#{place}&lang={}", desk.lang.tag())}>{ words.run_it }</a></p> }
        }
    }
}

/// Where in the page a claim is seen to hold.
fn place(case: Case) -> &'static str {
    match case {
        Case::FabricJitter | Case::QuietBox => "v=numbers&num=jitter",
        Case::RushHour => "v=traffic&in=busy",
        Case::JoulesOverUsers => "v=numbers&num=joules",
        Case::DollarsOverSpeed => "v=numbers&num=frontier",
        Case::WhatFits => "v=memory",
        Case::Utilisation => "v=chip",
        Case::TokensPerCharacter | Case::SameWords | Case::TenOperations => "v=token",
    }
}

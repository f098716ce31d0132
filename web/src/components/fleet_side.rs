//! Beside hundreds of chips: who has the token, who travels and why, what was counted, and what each kind of chip holds.
//!
//! In: the state.  Out: figures, rides, a table.
//! Invariant: every figure belongs to the picture that is shown; time is of the chip, milliseconds of this browser, and both say so.

use super::routing;
use crate::fleet::{Ask, Beside, Kind, Note, Shown};
use crate::i18n::Lang;
use crate::routing::words;
use crate::state::{Action, State};
use frame::{TripLine, grouped};
use yew::{Callback, Html, html};

/// The panel.
pub fn side(state: &State, send: &Callback<Action>) -> Html {
    let texts = state.lang.texts();
    html! {
        <>
            { for state.fleet.shown.as_ref().map(|shown| moment(state.lang, shown)) }
            { for state.fleet.note.as_ref().map(|note| html! { <>{ choice(state, send) }{ beside(state, note) }</> }) }
            if state.fleet.note.is_none() {
                <p class="where">{ texts.fleet_what }</p>
            }
        </>
    }
}

/// What is to stand beside the picture.
fn choice(state: &State, send: &Callback<Action>) -> Html {
    let texts = words(state.lang);
    let wanted = state.fleet.wanted.as_ref().map(|wanted| wanted.beside);
    let button = |beside: Beside, action: &'static str, label: &'static str| {
        let put = send.reform(move |_| Action::Fleet(Ask::Beside(beside)));
        html! { <button type="button" class="plain" data-action={action} aria-pressed={(wanted == Some(beside)).to_string()} onclick={put}>{ label }</button> }
    };
    html! {
        <p class="chooser">
            { button(Beside::Holds, "beside-holds", texts.holds) }
            { button(Beside::Routing, "beside-routing", texts.compare) }
        </p>
    }
}

fn beside(state: &State, note: &Note) -> Html {
    match state.fleet.wanted.as_ref().map(|wanted| wanted.beside) {
        Some(Beside::Routing) => routing::view(state),
        _ => compiled(state.lang, note),
    }
}

fn figure(name: &str, value: String) -> Html {
    html! { <div><dt>{ name.to_owned() }</dt><dd>{ value }</dd></div> }
}

fn moment(lang: Lang, shown: &Shown) -> Html {
    let (texts, facts) = (lang.texts(), &shown.facts);
    let working = facts.working.as_ref().map(|(seat, node, what)| {
        html! { <p class="now" data-node={node.to_string()}>{ lang.has_token(*seat, facts.seats, *node) }{ lang.pick(what) }</p> }
    });
    let part = |(so_far, all): (u64, u64)| format!("{} / {}", grouped(so_far), grouped(all));
    html! {
        <div class="fleet-moment" data-cycle={shown.wanted.cycle.to_string()}>
            <h3>{ lang.moment(shown.wanted.cycle, facts.cycles, facts.hertz) }</h3>
            { for working }
            <dl class="figures">
                { figure(texts.fleet_busy, format!("{} / {}", facts.busy, facts.seats)) }
                { figure(texts.traffic_now, grouped(facts.now.into())) }
                { figure(texts.fleet_sent, part(facts.sent)) }
                if facts.here != facts.sent {
                    { figure(texts.fleet_here, part(facts.here)) }
                }
            </dl>
            if !facts.rides.is_empty() {
                <h4>{ texts.fleet_rides }</h4>
                <ul class="rides">{ for facts.rides.iter().map(|ride| html! { <li>{ line(lang, ride) }</li> }) }</ul>
            }
        </div>
    }
}

fn line(lang: Lang, ride: &TripLine) -> Html {
    html! {
        <>
            <b>{ lang.ride(ride.from, ride.to) }</b>
            <span>{ lang.pick(&ride.why) }</span>
            <small>{ format!("{} → {}", grouped(ride.sent), grouped(ride.lands)) }</small>
        </>
    }
}

fn compiled(lang: Lang, note: &Note) -> Html {
    let texts = lang.texts();
    let heads = [
        texts.fleet_parts,
        texts.fleet_nodes,
        texts.fleet_weights,
        texts.fleet_cache,
        texts.fleet_code,
        texts.fleet_other,
        texts.fleet_free,
    ];
    let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
    let row = |kind: &Kind| {
        html! {
            <tr>
                <th scope="row">{ kind.parts.clone() }</th>
                <td>{ kind.nodes }</td>
                <td>{ megabytes(kind.weights) }</td>
                <td>{ megabytes(kind.caches) }</td>
                <td>{ megabytes(kind.instructions) }</td>
                <td>{ megabytes(kind.other) }</td>
                <td>{ megabytes(kind.free) }</td>
            </tr>
        }
    };
    html! {
        <div class="fleet-note">
            <h3>{ lang.fleet(&note.model, note.chips) }</h3>
            <p class="where good">{ lang.fleet_judged(note) }</p>
            <p class="where">{ lang.fleet_rate(note) }</p>
            <h4>{ texts.fleet_holds }</h4>
            <table class="compared">
                <thead><tr>{ for heads.map(|head| html! { <th scope="col">{ head }</th> }) }</tr></thead>
                <tbody>{ for note.kinds.iter().map(row) }</tbody>
            </table>
            <p class="where">{ texts.fleet_shapes }</p>
        </div>
    }
}

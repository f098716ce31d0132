//! Beside hundreds of chips: the same vectors in our slots and on a network that decides as it goes, load by load.
//!
//! In: the state.  Out: for each demand a plot, a table, and how often the others tie.
//! Invariant: a tie is marked wherever there is one; nothing is said of loads that were not tried yet.
//! Method: SVG in loads and cycles, stretched over its place; the table is the plot's numbers.

use crate::routing::{Demand, Row, Texts, Tried, ties, words};
use crate::state::State;
use frame::grouped;
use study::routing::{LOADS, Verdict};
use yew::{Html, html};

/// Looks of the lines, by way.
const LINES: [&str; 3] = ["minimal", "ugal", "first"];

/// The comparison.
pub fn view(state: &State) -> Html {
    let (lang, texts) = (state.lang, words(state.lang));
    let rows = state.fleet.rows();
    let demands = rows.first().map_or(0, |row| row.demands.len());
    html! {
        <div class="fleet-note routing" data-loads={rows.len().to_string()}>
            <h3>{ texts.title }</h3>
            <p class="where">{ texts.what }</p>
            if rows.len() < LOADS.len() {
                <p class="fleet-working" role="status"><span>{ format!("{} / {}", rows.len(), LOADS.len()) }</span><progress /></p>
            }
            { for (0..demands).filter_map(|demand| one(state, rows, demand)) }
            if 0 < demands {
                <p class="where">{ texts.legend }</p>
                { for rows.last().iter().flat_map(|row| row.demands.last().map(|demand| html! { <p class="where">{ lang.routing_late(row.load, demand) }</p> })) }
            }
        </div>
    }
}

fn one(state: &State, rows: &[Row], number: usize) -> Option<Html> {
    let (lang, texts) = (state.lang, words(state.lang));
    let demand = rows.last()?.demands.get(number)?;
    let heads = [texts.load, texts.ours, texts.minimal, texts.ugal, texts.first];
    let ties = [0, 1, 2].map(|way| ties(rows, number, way));
    Some(html! {
        <>
            <h4>{ lang.pick(&demand.name) }</h4>
            <p class="where">{ lang.routing_demand(demand) }</p>
            { plot(texts, rows, number) }
            <table class="compared">
                <thead><tr>{ for heads.into_iter().zip(["", "ours"].into_iter().chain(LINES)).map(|(head, class)| html! { <th scope="col" {class}>{ head }</th> }) }</tr></thead>
                <tbody>{ for rows.iter().filter_map(|row| Some(line(texts, row.load, row.demands.get(number)?))) }</tbody>
            </table>
            <p class="verdict" data-ties={format!("{} {} {}", ties[0], ties[1], ties[2])}>{ lang.routing_ties(ties, rows.len()) }</p>
        </>
    })
}

fn line(texts: &Texts, load: u32, demand: &Demand) -> Html {
    let cell = |tried: &Tried| {
        let sign = match tried.verdict {
            None => return html! { <td>{ texts.no_end }</td> },
            Some(Verdict::Ties) => "＝",
            Some(Verdict::TiesInTheMedian) => "≈",
            Some(Verdict::Quicker) => "＜",
            Some(Verdict::Slower) => "",
        };
        let class = tried.ties().then_some("good");
        html! { <td {class} title={grouped(tried.most)}>{ format!("{sign}{}", grouped(tried.median)) }</td> }
    };
    html! {
        <tr><th scope="row">{ format!("{load} %") }</th><td>{ grouped(demand.planned) }</td>{ for demand.tried.iter().map(cell) }</tr>
    }
}

/// Median cycles against the load, from zero on; ours is the level line.
fn plot(texts: &Texts, rows: &[Row], number: usize) -> Html {
    let demands: Vec<(u32, &Demand)> =
        rows.iter().filter_map(|row| Some((row.load, row.demands.get(number)?))).collect();
    let taken = demands.iter().flat_map(|(_, demand)| demand.tried.iter().map(|tried| tried.median));
    let planned = demands.first().map_or(1, |(_, demand)| demand.planned);
    let most = taken.max().unwrap_or(1).max(planned).max(1);
    let last = LOADS.last().copied().unwrap_or(1);
    let way = |(way, class): (usize, &'static str)| {
        let point = |(load, demand): &(u32, &Demand)| {
            demand.tried.get(way).map(|tried| format!("{load},{}", most - tried.median))
        };
        let points: Vec<String> = demands.iter().filter_map(point).collect();
        html! { <polyline {class} points={points.join(" ")} /> }
    };
    let ours = format!("0,{0} {last},{0}", most - planned);
    html! {
        <svg viewBox={format!("0 0 {last} {most}")} preserveAspectRatio="none" role="img" aria-label={texts.plot}>
            <polyline class="ours" points={ours} />
            { for LINES.into_iter().enumerate().map(way) }
        </svg>
    }
}

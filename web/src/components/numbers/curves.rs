//! Dollars against speed, and joules against users: both machines, claims as pins, the viewer's setting as the dot.
//!
//! In: curves.  Out: a plot with its table, a legend with the standing of each line.
//! Invariant: a line at a published rate is dashed and says so; the verdict is the worker's.

use super::chart::{Chart, Dot, Ink, Line, Plot};
use super::{Desk, number};
use crate::numbers::{digits, people};
use study::cases::{Curve, CurvePoint, Curves, Topic, Who};
use yew::{Html, Properties, function_component, html};

/// What is drawn.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Language and actions.
    pub desk: Desk,
    /// The curves.
    pub curves: Curves,
    /// Which of the two plots.
    pub topic: Topic,
}

/// The plot.
#[function_component]
pub fn Drawn(props: &Props) -> Html {
    let Props { desk, curves, topic } = props;
    let words = desk.words();
    let chart = if *topic == Topic::Frontier { dollars(desk, curves) } else { joules(desk, curves) };
    let label = format!("{} / {}", chart.y, chart.x);
    let legend = |curve: &Curve| {
        let class = if curve.who == Who::Gpu { "swatch gpu" } else { "swatch lpu" };
        html! {
            <li><i {class}></i><b>{ desk.pick(&curve.name) }</b>{ number::standing(desk, curve.standing) }
                <span class="where">{ desk.pick(&curve.basis) }{ " · " }{ desk.pick(&curve.ends) }</span></li>
        }
    };
    html! {
        <div class="curves">
            <ul class="legend-lines">{ for curves.curves.iter().map(legend) }</ul>
            if *topic == Topic::Joules { <p class="verdict-line">{ desk.pick(&curves.verdict) }</p> }
            <Plot desk={desk.clone()} {chart} {label} />
            if *topic == Topic::Frontier {
                { for curves.pins.iter().map(|pin| html! {
                    <p class="where">{ number::standing(desk, pin.standing) }{ " " }{ desk.pick(&pin.label) }{ " · " }{ &pin.source }</p>
                }) }
            }
            <dl class="figures">{ for curves.dots.iter().zip(&curves.curves).map(|(dot, curve)| {
                let dollars = dot.dollars.map_or(words.no_price.to_owned(), digits);
                html! {
                    <div data-dot={if curve.who == Who::Gpu { "gpu" } else { "lpu" }}><dt>{ desk.pick(&curve.name) }{ format!(" · {}", people(desk.lang, dot.users)) }</dt>
                    <dd>{ format!("{} token/s · $ {dollars} · {} J", digits(dot.per_user), digits(dot.joules)) }</dd></div>
                }
            }) }</dl>
        </div>
    }
}

fn ink(who: Who) -> Ink {
    if who == Who::Gpu { Ink::Gpu } else { Ink::Lpu }
}

fn line(desk: &Desk, curve: &Curve, place: impl Fn(&CurvePoint) -> Option<(f64, f64)>) -> Line {
    Line { name: desk.pick(&curve.name), ink: ink(curve.who), places: curve.points.iter().filter_map(place).collect() }
}

fn you(desk: &Desk, curves: &Curves, place: impl Fn(&CurvePoint) -> Option<(f64, f64)>) -> Vec<Dot> {
    let dots = curves.dots.iter().zip(&curves.curves);
    let dot = |(point, curve): (&CurvePoint, &Curve)| {
        let colon = desk.lang.colon();
        let name = format!("{}{colon}{}", desk.words().you, desk.pick(&curve.name));
        place(point).map(|at| Dot { name, ink: Ink::Viewer, at })
    };
    dots.filter_map(dot).collect()
}

fn dollars(desk: &Desk, curves: &Curves) -> Chart {
    let words = desk.words();
    let place = |point: &CurvePoint| point.dollars.map(|dollars| (point.per_user, dollars));
    let pins = curves.pins.iter().map(|pin| Dot {
        name: desk.pick(&pin.label),
        ink: Ink::Claim,
        at: (pin.per_user, pin.dollars),
    });
    Chart {
        x: words.speed_axis.to_owned(),
        y: words.dollars_axis.to_owned(),
        lines: curves.curves.iter().map(|curve| line(desk, curve, place)).collect(),
        dots: you(desk, curves, place).into_iter().chain(pins).collect(),
    }
}

fn joules(desk: &Desk, curves: &Curves) -> Chart {
    let words = desk.words();
    let place = |point: &CurvePoint| Some((point.users, point.joules));
    let marks = curves.markers.iter().map(|marker| Dot {
        name: desk.pick(&marker.label),
        ink: Ink::Claim,
        at: (marker.users, marker.joules),
    });
    Chart {
        x: words.users_axis.to_owned(),
        y: words.joules_axis.to_owned(),
        lines: curves.curves.iter().map(|curve| line(desk, curve, place)).collect(),
        dots: you(desk, curves, place).into_iter().chain(marks).collect(),
    }
}

//! Two meters side by side, and the rush hour.
//!
//! In: what the meters read.  Out: two panels that are never mixed; a plot of the load with its table; how far the rival's model is from
//!     what was published.
//! Invariant: a figure of the fabric stands on the fabric's panel, one of the API on the API's.

use super::chart::{Chart, Dot, Ink, Line, Plot};
use super::{Desk, number};
use crate::numbers::digits;
use study::cases::{ApiMeter, GateLine, Jitter, Rush};
use yew::{Html, Properties, function_component, html};

/// What is shown.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Language and actions.
    pub desk: Desk,
    /// What the meters read.
    pub jitter: Jitter,
    /// Milliseconds that one step took to compute here.
    pub step: Option<f64>,
}

fn percent(share: f64) -> String {
    format!("{} %", digits(100.0 * share))
}

/// Both meters.
#[function_component]
pub fn Meters(props: &Props) -> Html {
    let Props { desk, jitter, step } = props;
    let words = desk.words();
    html! {
        <>
            <div class="ledgers">
                <article class="ledger" data-meter="fabric">
                    <h3>{ words.fabric }</h3>
                    <p class="where">{ words.fabric_says }</p>
                    { fabric(desk, jitter, *step) }
                </article>
                <article class="ledger" data-meter="api">
                    <h3>{ words.api }</h3>
                    <p class="where">{ words.api_says }</p>
                    { for jitter.api.iter().map(|meter| api(desk, meter)) }
                </article>
            </div>
            { rush(desk, &jitter.rush) }
            { gates(desk, &jitter.gates) }
        </>
    }
}

fn figure(name: &str, value: String) -> Html {
    html! { <div><dt>{ name.to_owned() }</dt><dd>{ value }</dd></div> }
}

fn fabric(desk: &Desk, jitter: &Jitter, step: Option<f64>) -> Html {
    let (words, colon) = (desk.words(), desk.lang.colon());
    let gpu = &jitter.gpu;
    html! {
        <>
            <h4>{ desk.pick(&gpu.name) }</h4>
            <dl class="figures" data-fabric="gpu">
                { figure(words.variation, percent(gpu.step.variation)) }
                { figure(words.median, format!("{} ms", digits(gpu.step.p50))) }
                { figure("p99", format!("{} ms", digits(gpu.step.p99))) }
                { figure(words.waiting, percent(gpu.waiting)) }
                { for step.map(|millis| figure(words.step_here, format!("{} ms", digits(millis)))) }
            </dl>
            <p class="where">{ format!("n = {} · seed {}", gpu.step.count, gpu.seed) }</p>
            <h4>{ "LPU" }</h4>
            { match &jitter.lpu {
                Some(lpu) => html! {
                    <>
                        <dl class="figures" data-fabric="lpu">
                            { figure(words.spread, desk.lang.cycles(lpu.spread)) }
                            { figure(words.per_token, desk.lang.cycles(lpu.cycles)) }
                        </dl>
                        <p class="where">{ format!("n = {} · {}{colon}{}", lpu.tokens, words.model_on_chip, lpu.model) }</p>
                    </>
                },
                None => html! { <p class="where">{ words.nothing_on_chip }</p> },
            } }
        </>
    }
}

fn api(desk: &Desk, meter: &ApiMeter) -> Html {
    let words = desk.words();
    html! {
        <>
            <h4>{ desk.pick(&meter.name) }</h4>
            <dl class="figures">
                { figure(words.variation, percent(meter.per_request.variation)) }
                { figure(words.median, format!("{} ms", digits(meter.per_request.p50))) }
                { figure("p99", format!("{} ms", digits(meter.per_request.p99))) }
                { figure(words.first_token, format!("{} / {} ms", digits(meter.first_token.p50), digits(meter.first_token.p99))) }
                { figure(words.reported, percent(meter.published)) }
            </dl>
            <p class="where">{ number::standing(desk, meter.standing) }{ " " }{ &meter.source }</p>
        </>
    }
}

fn rush(desk: &Desk, rush: &[Rush]) -> Html {
    let words = desk.words();
    let line = |name: &str, ink: Ink, value: fn(&Rush) -> f64| Line {
        name: format!("{} · {name}", words.gap),
        ink,
        places: rush.iter().map(|load| (load.arrivals, value(load))).collect(),
    };
    let ends = |load: &Rush| {
        let dot = |name: &str, ink: Ink, ms: f64| Dot { name: name.to_owned(), ink, at: (load.arrivals, ms) };
        vec![dot(words.median, Ink::Gpu, load.gap.p50), dot("p99", Ink::Claim, load.gap.p99)]
    };
    let chart = Chart {
        x: words.arrivals.to_owned(),
        y: format!("{} (ms)", words.gap),
        lines: vec![line(words.median, Ink::Gpu, |load| load.gap.p50), line("p99", Ink::Claim, |load| load.gap.p99)],
        dots: rush.last().map(ends).unwrap_or_default(),
    };
    let row = |load: &Rush| {
        html! {
            <tr><td>{ digits(load.arrivals) }</td><td>{ digits(load.tokens_per_second) }</td><td>{ digits(load.gap.p50) }</td>
                <td>{ digits(load.gap.p99) }</td><td>{ format!("{} / {}", digits(load.first_token.p50), digits(load.first_token.p99)) }</td></tr>
        }
    };
    html! {
        <div class="rush">
            <h3>{ words.rush }</h3>
            <p class="where">{ words.rush_says }</p>
            <div class="rush-both">
                <Plot desk={desk.clone()} {chart} label={words.rush} />
                <table>
                    <thead><tr><th>{ words.arrivals }</th><th>{ words.tokens_second }</th><th>{ words.median }{ " ms" }</th><th>{ "p99 ms" }</th><th>{ words.first_token }{ " p50 / p99 ms" }</th></tr></thead>
                    <tbody>{ for rush.iter().map(row) }</tbody>
                </table>
            </div>
        </div>
    }
}

/// Every published figure beside the model's, those that are missed first.
fn gates(desk: &Desk, gates: &[GateLine]) -> Html {
    let (words, colon) = (desk.words(), desk.lang.colon());
    let line = |gate: &GateLine| {
        let (class, says) = if gate.is_met { ("good", words.met) } else { ("bad", words.missed) };
        html! {
            <tr data-gate={class}>
                <td>{ desk.pick(&gate.what) }{ for gate.missed.iter().map(|why| html! { <p class="where">{ desk.pick(why) }</p> }) }</td>
                <td class="amount">{ format!("{} {}", digits(gate.published), gate.unit) }</td>
                <td class="amount">{ digits(gate.found) }</td>
                <td class="amount">{ format!("{:+.1} %", gate.off) }</td>
                <td class="amount">{ &gate.allowed }</td>
                <td><i {class}>{ says }</i></td>
                <td class="source">{ number::standing(desk, gate.standing) }{ " " }{ &gate.source }</td>
            </tr>
        }
    };
    let (met, missed): (Vec<&GateLine>, Vec<&GateLine>) = gates.iter().partition(|gate| gate.is_met);
    html! {
        <div class="gates">
            <h3>{ words.gates }</h3>
            <p class="where">{ words.gates_says }{ " " }{ format!("{}{colon}{} · {}{colon}{}", words.met, met.len(), words.missed, missed.len()) }</p>
            <table>
                <thead><tr><th>{ words.gate }</th><th>{ words.published }</th><th>{ words.model }</th><th>{ words.off }</th><th>{ words.allowed }</th><th></th><th>{ words.source }</th></tr></thead>
                <tbody>{ for missed.into_iter().chain(met).map(line) }</tbody>
            </table>
        </div>
    }
}

//! Properties of sharing: nothing idles while it could work, order does not matter, more load never helps, peaks are never beaten.
//!
//! In: random networks and cases.  Out: the seed and numbers of a violation.

use crate::common::rival;
use gpu::share::{Drained, Flow, drain, fair_rates};
use gpu::{At, Case, Format, Gpu, Tensor};
use units::Rng;

const CLOSE: f64 = 1e-9;

struct Network {
    capacities: Vec<f64>,
    flows: Vec<Flow>,
}

/// A random network: 2 to 12 links, 1 to 30 flows over 1 to 3 of them, half of the flows starting later.
fn network(rng: &mut Rng) -> Network {
    let links = 2 + rng.below(11) as usize;
    let capacities = (0..links).map(|_| 0.5 + 10.0 * rng.unit()).collect();
    let flow = |rng: &mut Rng| {
        let mut way: Vec<usize> = (0..1 + rng.below(3)).map(|_| rng.below(links as u64) as usize).collect();
        way.sort_unstable();
        way.dedup();
        let from = if rng.below(2) == 0 { 0.0 } else { 5.0 * rng.unit() };
        Flow { size: 0.1 + 20.0 * rng.unit(), way, from: At(from), weight: 1 + rng.below(3) as u32 }
    };
    let flows = (0..1 + rng.below(30)).map(|_| flow(rng)).collect();
    Network { capacities, flows }
}

fn loads(network: &Network, rates: &[f64]) -> Vec<f64> {
    let mut loads = vec![0.0; network.capacities.len()];
    for (flow, rate) in network.flows.iter().zip(rates) {
        flow.way.iter().for_each(|&link| loads[link] += rate);
    }
    loads
}

#[test]
fn every_flow_has_a_full_link_on_which_nobody_is_faster_and_no_link_is_overfull() {
    for seed in 0..500 {
        let network = network(&mut Rng::new(seed));
        let rates = fair_rates(&network.capacities, &network.flows.iter().collect::<Vec<_>>());
        let loads = loads(&network, &rates);
        for (link, (load, capacity)) in loads.iter().zip(&network.capacities).enumerate() {
            assert!(*load <= capacity * (1.0 + CLOSE), "seed {seed}: link {link} carries {load} of {capacity}");
        }
        for (flow, rate) in network.flows.iter().zip(&rates) {
            let fastest = |link: usize| {
                let others = network.flows.iter().zip(&rates).filter(|(other, _)| other.way.contains(&link));
                others.map(|(other, rate)| rate / f64::from(other.weight)).fold(0.0, f64::max)
            };
            let is_bottleneck = |link: usize| {
                network.capacities[link] * (1.0 - CLOSE) <= loads[link]
                    && fastest(link) <= rate / f64::from(flow.weight) * (1.0 + CLOSE)
            };
            assert!(
                flow.way.iter().any(|&link| is_bottleneck(link)),
                "seed {seed}: {flow:?} at {rate} could be faster"
            );
        }
    }
}

#[test]
fn the_order_of_flows_changes_nothing() {
    for seed in 0..300 {
        let mut rng = Rng::new(seed);
        let network = network(&mut rng);
        let mut order: Vec<usize> = (0..network.flows.len()).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, rng.below(last as u64 + 1) as usize);
        }
        let shuffled: Vec<Flow> = order.iter().map(|&flow| network.flows[flow].clone()).collect();
        let (plain, other) = (drain(&network.capacities, &network.flows), drain(&network.capacities, &shuffled));
        for (&from, end) in order.iter().zip(&other.ends) {
            let expected = plain.ends[from].0;
            assert!(
                (expected - end.0).abs() <= CLOSE * expected,
                "seed {seed}: flow {from} at {expected} or {}",
                end.0
            );
        }
    }
}

fn last(drained: &Drained) -> f64 {
    drained.ends.iter().fold(0.0, |last, end| end.0.max(last))
}

#[test]
fn everything_is_carried_and_never_faster_than_the_links_can() {
    for seed in 0..300 {
        let network = network(&mut Rng::new(seed));
        let drained = drain(&network.capacities, &network.flows);
        for (flow, end) in network.flows.iter().zip(&drained.ends) {
            let narrowest = flow.way.iter().map(|&link| network.capacities[link]).fold(f64::INFINITY, f64::min);
            let earliest = flow.from.0 + flow.size / narrowest;
            assert!(earliest <= end.0 * (1.0 + CLOSE), "seed {seed}: {flow:?} ended at {end:?}, not before {earliest}");
        }
        for pair in drained.epochs.windows(2).filter(|pair| pair[0].to.0 * (1.0 + CLOSE) < pair[1].from.0) {
            let mut flows = network.flows.iter().zip(&drained.ends);
            let is_idle = flows.all(|(flow, end)| *end <= pair[0].to || pair[1].from <= flow.from);
            assert!(
                is_idle,
                "seed {seed}: nothing moves from {:?} to {:?} and somebody waits",
                pair[0].to, pair[1].from
            );
        }
        for link in 0..network.capacities.len() {
            let carried: f64 = drained.epochs.iter().map(|epoch| epoch.loads[link] * (epoch.to - epoch.from).0).sum();
            let wanted: f64 = network.flows.iter().filter(|flow| flow.way.contains(&link)).map(|flow| flow.size).sum();
            assert!(
                (carried - wanted).abs() <= 1e-7 * wanted.max(1.0),
                "seed {seed}: link {link} {carried} of {wanted}"
            );
            let bound = wanted / network.capacities[link];
            assert!(bound <= last(&drained) * (1.0 + CLOSE), "seed {seed}: {} beats the peak, {bound}", last(&drained));
        }
    }
}

/// Where every flow has one link, as channels do that nothing behind them slows, more load on one delays nobody's end forward.
#[test]
fn more_load_never_ends_anything_earlier() {
    for seed in 0..300 {
        let mut rng = Rng::new(seed);
        let mut network = network(&mut rng);
        network.flows.iter_mut().for_each(|flow| flow.way.truncate(1));
        let before = drain(&network.capacities, &network.flows);
        let grown = rng.below(network.flows.len() as u64) as usize;
        network.flows[grown].size *= 1.5;
        let after = drain(&network.capacities, &network.flows);
        for (flow, (before, after)) in before.ends.iter().zip(&after.ends).enumerate() {
            assert!(
                before.0 <= after.0 * (1.0 + CLOSE),
                "seed {seed}: flow {flow} ended at {before:?}, then {after:?}"
            );
        }
    }
}

#[test]
fn steps_grow_with_batch_and_context_and_never_beat_the_peak() {
    for gpu in [Gpu::a100(), Gpu::h100()] {
        for model in ["7B", "Mixtral", "70B"] {
            let mut before = 0.0;
            for (batch, context) in [(1, 1), (1, 1000), (2, 1000), (8, 1000), (8, 4000), (16, 4000)] {
                let case = Case { batch, context, format: Format::Int8, ..Case::new(gpu.clone(), Tensor::Four) };
                let rival = rival(model, case);
                let quiet = rival.quiet().millis();
                assert!(before < quiet, "{model} on {}: batch {batch}, context {context}: {before}, {quiet}", gpu.name);
                before = quiet;
                for number in 0..4 {
                    let (found, bound) = (rival.step(number).duration().millis(), rival.bound().millis());
                    assert!(bound < found, "{model} on {}, step {number}: {found} ms beat {bound} ms", gpu.name);
                }
            }
        }
    }
}

//! Bandwidth shared fairly: many flows over links, each as fast as the most crowded link on its way lets it be.
//!
//! In: capacities of links; flows with a size, a way and a start.  Out: when each flow ends, and the rates in between.
//! Invariant: work-conserving: as long as a flow runs, some link on its way is full. No flow is faster than any link on its way,
//! no link carries more than its capacity, and the order in which flows are listed changes nothing.
//! Method: max-min fairness by progressive filling, solved anew whenever a flow starts or ends.
//! Source: Bertsekas and Gallager, "Data Networks", 1992, section 6.5.2.

use crate::time::At;

/// Something to be carried.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Bytes, of all equal flows together.
    pub size: f64,
    /// Numbers of the links it uses, each once.
    pub way: Vec<usize>,
    /// When it starts.
    pub from: At,
    /// How many equal flows it stands for: it gets so many shares.
    pub weight: u32,
}

/// A stretch in which no rate changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Epoch {
    /// From when.
    pub from: At,
    /// To when.
    pub to: At,
    /// Bytes per ns over each link.
    pub loads: Vec<f64>,
}

/// What became of the flows.
#[derive(Clone, Debug, PartialEq)]
pub struct Drained {
    /// When each flow ended.
    pub ends: Vec<At>,
    /// Stretches of constant rates, in order.
    pub epochs: Vec<Epoch>,
}

/// Shares of two flows count as equal where they differ by less than this, relatively.
const SAME: f64 = 1e-12;

/// Max-min fair rates of flows that all run, by weight, in bytes per ns.
///
/// Capacities and weights are positive; a flow without links has no bound, and is refused by a panic.
pub fn fair_rates(capacities: &[f64], flows: &[&Flow]) -> Vec<f64> {
    assert!(flows.iter().all(|flow| !flow.way.is_empty()), "a flow uses at least one link");
    let mut left = capacities.to_vec();
    let mut weights = vec![0u32; capacities.len()];
    for flow in flows {
        for &link in &flow.way {
            weights[link] += flow.weight;
        }
    }
    let mut rates = vec![0.0; flows.len()];
    let mut waiting: Vec<usize> = (0..flows.len()).collect();
    while !waiting.is_empty() {
        let share =
            |link: usize| if weights[link] == 0 { f64::INFINITY } else { left[link] / f64::from(weights[link]) };
        let shares: Vec<f64> = (0..left.len()).map(share).collect();
        let offer = |flow: &Flow| flow.way.iter().map(|&link| shares[link]).fold(f64::INFINITY, f64::min);
        // The least that any flow of a link is offered: where it is the link's own share, the link fills first of all its
        // neighbours, and so do others far from it in the same round.
        let mut least = vec![f64::INFINITY; left.len()];
        for &number in &waiting {
            let offered = offer(flows[number]);
            flows[number].way.iter().for_each(|&link| least[link] = least[link].min(offered));
        }
        waiting.retain(|&number| {
            let flow = flows[number];
            if !flow.way.iter().any(|&link| shares[link] * (1.0 - SAME) <= least[link]) {
                return true;
            }
            rates[number] = offer(flow) * f64::from(flow.weight);
            for &link in &flow.way {
                left[link] = (left[link] - rates[number]).max(0.0);
                weights[link] -= flow.weight;
            }
            false
        });
    }
    rates
}

/// Carries all flows to their ends.
pub fn drain(capacities: &[f64], flows: &[Flow]) -> Drained {
    let mut ends: Vec<At> = flows.iter().map(|flow| flow.from).collect();
    let mut left: Vec<f64> = flows.iter().map(|flow| flow.size).collect();
    let mut epochs = Vec::new();
    let first = flows.iter().map(|flow| flow.from).reduce(At::earliest);
    let Some(mut now) = first else { return Drained { ends, epochs } };
    loop {
        let next_start = flows.iter().map(|flow| flow.from).filter(|&from| now < from).reduce(At::earliest);
        let active: Vec<usize> = (0..flows.len()).filter(|&flow| flows[flow].from <= now && 0.0 < left[flow]).collect();
        if active.is_empty() {
            let Some(start) = next_start else { return Drained { ends, epochs } };
            now = start;
            continue;
        }
        let running: Vec<&Flow> = active.iter().map(|&flow| &flows[flow]).collect();
        let rates = fair_rates(capacities, &running);
        let finish = active.iter().zip(&rates).map(|(&flow, rate)| left[flow] / rate).fold(f64::INFINITY, f64::min);
        let until_start = next_start.map_or(f64::INFINITY, |start| (start - now).0);
        let length = finish.min(until_start);
        let to = At(now.0 + length);
        let mut loads = vec![0.0; capacities.len()];
        for (&flow, &rate) in active.iter().zip(&rates) {
            flows[flow].way.iter().for_each(|&link| loads[link] += rate);
            let is_through = left[flow] / rate <= length * (1.0 + SAME);
            left[flow] = if is_through { 0.0 } else { left[flow] - rate * length };
            ends[flow] = to;
        }
        epochs.push(Epoch { from: now, to, loads });
        // Where a start is next, time is that start exactly, so that the flow is seen to have started.
        now = if finish < until_start { to } else { next_start.unwrap_or(to) };
    }
}

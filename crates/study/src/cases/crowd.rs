//! Rush hour: one operator of a layer inside one GPU of eight, on the clock of its data.
//!
//! In: a graph, a layer, whether somebody is late.  Out: who reads from which channel when, who waits for whom, and the same of other seeds.
//! Invariant: the operator is the one whose parts the LPU's side shows; zero is when its data begin to flow; a late group changes times only.
//! Method: the rival's own step with every channel drawn, and its inside; of the seeds tried, the one with the median time is shown.

use super::error::CaseError;
use gpu::{Act, At, Case, Format, Gpu, Inside, Kind, Late, Nanos, Path, Rival, Tensor, Where};
use graph::Graph;
use serde::{Deserialize, Serialize};
use units::Order;

/// The operator: of a layer's, the one that reads most.
const OPERATOR: Kind = Kind::GateUp;
/// Seeds that are tried.
const SEEDS: u64 = 9;
/// The group that is late, of those there are.
const LATE: u32 = 2;
/// Weights take a byte each on both sides.
const FORMAT: Format = Format::Fp8;

/// Whether the viewer made a group late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lateness {
    /// All start together.
    #[default]
    Nobody,
    /// One starts later, by as much as the whole work takes.
    One,
}

/// What a group of multiprocessors or a channel does for a while; times in ns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Stay {
    /// Who, and what.
    pub act: Act,
    /// From when.
    pub from: f64,
    /// To when.
    pub to: f64,
}

/// What stands beside the picture; times in ns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrowdFacts {
    /// The GPU.
    pub gpu: String,
    /// Format of its weights.
    pub format: String,
    /// Bytes that this GPU reads of the operator.
    pub bytes: f64,
    /// Seed that is shown, and how many were tried.
    pub seed: u64,
    /// How many seeds were tried.
    pub seeds: u64,
    /// From the first byte to the last.
    pub length: f64,
    /// The same with nobody late.
    pub punctual: f64,
    /// The shortest and the longest of all seeds, with nobody late.
    pub range: (f64, f64),
    /// Share of the groups' time that they wait, 0 to 1.
    pub waiting: f64,
    /// Times that a channel was refreshed meanwhile.
    pub refreshes: u32,
    /// Channels of the memory.
    pub channels: u32,
    /// Groups of multiprocessors.
    pub groups: u32,
    /// GPUs that share the operator.
    pub gpus: u32,
    /// From the end of the kernel before to the first byte: launch and ramp.
    pub before: f64,
}

/// The operator, solved.
pub struct Crowd {
    inside: Inside,
    facts: CrowdFacts,
    stays: Vec<Stay>,
}

/// Parts of the model that the operator consists of, as origins of the graph name them.
pub fn operator() -> &'static [&'static str] {
    OPERATOR.parts()
}

impl Crowd {
    /// The operator of `layer` of the model.
    ///
    /// Errors: a graph that the rival cannot read; a layer without the operator.
    pub fn of(graph: &Graph, layer: u32, lateness: Lateness) -> Result<Self, CaseError> {
        let case = Case { format: FORMAT, path: Path::Full, ..Case::new(Gpu::h100(), Tensor::Eight) };
        let first = Rival::new(graph, case)?;
        let missing = || CaseError::field("layer", layer as usize, (0, 0), "layer of this model");
        let place = Where { gpu: 0, kernel: first.kernel(Some(layer), OPERATOR).ok_or_else(missing)? };
        let mut times = Vec::new();
        for seed in 1..=SEEDS {
            let rival = first.with(Case { seed, ..first.case().clone() })?;
            let inside = rival.step(0).inside(place, None).ok_or_else(missing)?;
            times.push(((inside.to - inside.from).0, seed));
        }
        // Times are positive: their bits have their order.
        times.order_by_key(|time: &(f64, u64)| (time.0.to_bits(), time.1));
        let (punctual, seed) = times[times.len() / 2];
        let run = first.with(Case { seed, ..first.case().clone() })?.step(0);
        let late = (lateness == Lateness::One).then_some(Late { group: LATE, by: Nanos(punctual) });
        let inside = run.inside(place, late).ok_or_else(missing)?;
        let stays = stays(&inside);
        let facts = CrowdFacts {
            gpu: first.case().gpu.name.clone(),
            format: FORMAT.name().to_owned(),
            bytes: inside.bytes.iter().sum(),
            seed,
            seeds: SEEDS,
            length: (inside.to - inside.from).0,
            punctual,
            range: (times[0].0, times[times.len() - 1].0),
            waiting: waiting(&stays, inside.groups(), (inside.to - inside.from).0),
            refreshes: stays.iter().filter(|stay| matches!(stay.act, Act::Refresh { .. })).count() as u32,
            channels: inside.channels(),
            groups: inside.groups(),
            gpus: first.case().tensor.gpus(),
            before: (inside.from - run.lanes()[0][place.kernel as usize].free).0,
        };
        Ok(Crowd { inside, facts, stays })
    }

    /// What stands beside the picture.
    pub fn facts(&self) -> &CrowdFacts {
        &self.facts
    }

    /// What everybody does, from the first byte to the last.
    pub fn stays(&self) -> &[Stay] {
        &self.stays
    }

    /// The part of its bytes that a channel has delivered after so many ns, 0 to 1.
    pub fn served(&self, channel: u32, ns: f64) -> f64 {
        self.inside.served(channel, self.inside.from + Nanos(ns))
    }

    /// When a channel is through, in ns.
    pub fn end(&self, channel: u32) -> f64 {
        (self.inside.end(channel) - self.inside.from).0
    }

    /// The L2 partition behind which a channel lies.
    pub fn partition(&self, channel: u32) -> u32 {
        self.inside.partition(channel)
    }

    /// The channel that everybody waits for in the end.
    pub fn slowest(&self) -> u32 {
        self.inside.slowest()
    }
}

fn stays(inside: &Inside) -> Vec<Stay> {
    let ns = |at: At| (at - inside.from).0;
    let moments = inside.moments(inside.from, inside.to);
    moments.into_iter().map(|moment| Stay { act: moment.act, from: ns(moment.from), to: ns(moment.to) }).collect()
}

fn waiting(stays: &[Stay], groups: u32, length: f64) -> f64 {
    let starved = stays.iter().filter(|stay| matches!(stay.act, Act::Starve { .. }));
    starved.map(|stay| stay.to - stay.from).sum::<f64>() / (f64::from(groups) * length).max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use import::Builtin;

    fn crowd(lateness: Lateness) -> Crowd {
        let graph = Builtin::find("llama-2-7b").expect("a built-in shape").decode_step(128);
        Crowd::of(&graph, 3, lateness).expect("it has layers")
    }

    #[test]
    fn one_late_group_is_late_and_every_byte_still_comes() {
        let (punctual, late) = (crowd(Lateness::Nobody), crowd(Lateness::One));
        let (before, after) = (punctual.facts(), late.facts());
        assert!((before.length - before.punctual).abs() < 1e-6 && before.length < after.length, "{before:?} {after:?}");
        assert_eq!((before.bytes, before.seed), (after.bytes, after.seed));
        for channel in 0..after.channels {
            assert!(1.0 - 1e-9 < late.served(channel, after.length), "channel {channel}");
        }
        let is_late = |stay: &&Stay| matches!(stay.act, Act::Late { group: LATE });
        let stay = late.stays().iter().find(is_late).expect("it is late");
        assert!((stay.to - stay.from - before.punctual).abs() < 1e-6, "{stay:?}");
        assert!(!punctual.stays().iter().any(|stay| is_late(&stay)));
    }

    #[test]
    fn the_seed_shown_is_the_median_one() {
        let facts = crowd(Lateness::Nobody).facts().clone();
        assert!(facts.range.0 < facts.length && facts.length < facts.range.1, "{facts:?}");
        assert!(0.0 < facts.waiting && facts.waiting < 1.0 && 0.0 < facts.before);
    }

    #[test]
    fn a_layer_that_is_not_there_is_refused() {
        let graph = Builtin::find("llama-2-7b").expect("a built-in shape").decode_step(128);
        assert!(matches!(Crowd::of(&graph, 99, Lateness::Nobody), Err(CaseError::Number { found: 99, .. })));
    }
}

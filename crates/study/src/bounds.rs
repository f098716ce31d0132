//! What binds a token: which resource or which chain, by the model's own bound and by the schedule's.
//!
//! In: what compiling noted, or a model's shape alone.  Out: both bounds, each with what binds it, part by part.
//! Invariant: the first bound holds for every program of the model; the second for every schedule of the lowered one; a schedule is
//!     never shorter than either.
//! Method: `compile::least` and `compile::Why`, added up over the stages of a token.
//! Source: decisions.md 5: what binds differs by model, and nobody may say so in general.

use crate::StudyError;
use arch::Chip;
use compile::least::{self, Binding, Least};
use compile::{Cause, Why, recognise};
use graph::Graph;
use program::Program;
use serde::{Deserialize, Serialize};
use units::Order;

/// A dependent step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Part of the model.
    pub part: String,
    /// Its cycles.
    pub cycles: u64,
}

/// The bound of the model: no program takes fewer cycles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct First {
    /// Chips that share the work.
    pub chips: u32,
    /// The bound.
    pub cycles: u64,
    /// `chain` or `install`.
    pub binds: String,
    /// Cycles of the chain of dependent steps.
    pub chain: u64,
    /// Cycles in which the weights pass the feeding streams.
    pub install: u64,
    /// Weight bytes of each chip, int8.
    pub weight_bytes: u64,
    /// Whether they fit the SRAM of a chip, whatever else it has to hold.
    pub weights_fit: bool,
    /// How often the steps of a layer follow one another.
    pub layers: u32,
    /// The steps of a layer, in order.
    pub layer: Vec<Step>,
    /// The head's step.
    pub head: Step,
}

/// What bounds a stage of the lowered program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageBound {
    /// Name of its template.
    pub stage: String,
    /// How often a token goes through it.
    pub times: u64,
    /// Cycles that it takes.
    pub cycles: u64,
    /// Cycles of its longest path over values and over what queues up before ports and planes.
    pub critical: u64,
    /// The queue that issues most; empty if none does.
    pub busiest: String,
    /// Cycles in which it issues.
    pub busy: u64,
    /// What binds: `chain`, or the name of the queue.
    pub binds: String,
    /// Where the cycles go: the path from the stage's start to its end, by part, the most first.
    pub path: Vec<Step>,
    /// Of these, the cycles before chains that waited for weights rather than for a value.
    pub waits_for_weights: u64,
}

/// The bound of the lowered program: no schedule takes fewer cycles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// The bound.
    pub cycles: u64,
    /// Its stages.
    pub stages: Vec<StageBound>,
}

/// Both bounds of a compiled model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Cycles of a token.
    pub cycles: u64,
    /// Of the model.
    pub first: First,
    /// Of the lowered program.
    pub second: Second,
    /// Share by which the program exceeds the first: 0.1 is 10 %.
    pub first_gap: f64,
    /// Share by which it exceeds the second.
    pub second_gap: f64,
}

impl Bounds {
    /// Both bounds of `program`, from what its compiler noted.
    pub(crate) fn of(program: &Program, whys: &[Why], least: &Least, chip: &Chip) -> Bounds {
        let chips = chips_of(program);
        let stages: Vec<StageBound> = program
            .executable
            .templates
            .iter()
            .map(|(id, _)| {
                let times = program.executable.instances.iter().filter(|instance| instance.template == id).count();
                stage(&whys[id.index()], times as u64)
            })
            .collect();
        let second = stages.iter().map(|stage| stage.times * stage.critical.max(stage.busy)).sum::<u64>();
        let first = first(least, chip, chips);
        let cycles = program.executable.length().0;
        let over = |bound: u64| cycles as f64 / bound.max(1) as f64 - 1.0;
        let (first_gap, second_gap) = (over(first.cycles), over(second));
        Bounds { cycles, first, second: Second { cycles: second, stages }, first_gap, second_gap }
    }
}

/// The first bound of the model in `graph`, of which nobody needs the weights, on several chips that talk in no time.
///
/// Errors: `Compile` where the graph is no decoding step of the Llama family.
pub fn first_bound(graph: &Graph, chip: &Chip, chips: u32) -> Result<First, StudyError> {
    let llama = recognise(graph)?;
    Ok(first(&least::least(&llama, chip, chips), chip, chips))
}

fn chips_of(program: &Program) -> u32 {
    arch::Topology::named(&program.executable.topology).map_or(1, |topology| u32::from(topology.chips))
}

fn first(least: &Least, chip: &Chip, chips: u32) -> First {
    let step = |step: &least::Step| Step { part: step.name.to_owned(), cycles: step.latency.0 };
    First {
        chips,
        cycles: least.cycles().0,
        binds: match least.binding() {
            Binding::Chain => "chain".to_owned(),
            Binding::Install => "install".to_owned(),
        },
        chain: least.chain().0,
        install: least.install.0,
        weight_bytes: least.bytes,
        weights_fit: least.bytes <= chip.sram().0,
        layers: least.layers,
        layer: least.layer.iter().map(step).collect(),
        head: step(&least.head),
    }
}

fn stage(why: &Why, times: u64) -> StageBound {
    let (busiest, busy) = why.busiest.map_or((String::new(), 0), |(queue, issues)| (queue.to_string(), issues.0));
    let binds = if busy <= why.critical.0 { "chain".to_owned() } else { busiest.clone() };
    let (path, waits_for_weights) = path(why);
    let (stage, cycles, critical) = (why.stage.clone(), why.length.0, why.critical.0);
    StageBound { stage, times, cycles, critical, busiest, busy, binds, path, waits_for_weights }
}

/// The binding path by part, and what of it was spent before chains that waited for weights.
fn path(why: &Why) -> (Vec<Step>, u64) {
    let (mut parts, mut waits): (Vec<Step>, u64) = (Vec::new(), 0);
    let mut from = 0;
    for chain in why.path().into_iter().rev() {
        let cycles = chain.end.0.saturating_sub(from);
        from = from.max(chain.end.0);
        match parts.iter_mut().find(|step| step.part == chain.part) {
            Some(step) => step.cycles += cycles,
            None => parts.push(Step { part: chain.part.clone(), cycles }),
        }
        if chain.binding().is_some_and(|need| matches!(need.cause, Cause::Weights(_))) {
            waits += cycles;
        }
    }
    parts.order_by_key(|step| std::cmp::Reverse(step.cycles));
    (parts, waits)
}

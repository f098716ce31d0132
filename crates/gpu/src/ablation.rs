//! What each mechanism costs: the step run again with one thought away.
//!
//! In: a rival.  Out: a bar per mechanism and per random source, and what is left.
//! Invariant: the bars taken in turn and the rest add up to the whole, by construction of the differences.
//! Method: noise, then gaps, ramps and barriers are removed one after the other; beside that each alone, which does not add up.

use crate::case::Mechanism;
use crate::rival::Rival;
use crate::source::Source;
use crate::time::Nanos;
use serde::Serialize;

/// One thing thought away.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// What.
    pub mechanism: Mechanism,
    /// What its removal saves after those before it are removed.
    pub in_turn: Nanos,
    /// What its removal alone saves.
    pub alone: Nanos,
}

/// A step and its parts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ablation {
    /// Mean time of a step with everything.
    pub whole: Nanos,
    /// In the order of [`Mechanism::ALL`].
    pub bars: Vec<Bar>,
    /// What is left: memory and arithmetic.
    pub rest: Nanos,
    /// What each random source alone costs in the mean; negative where it happens to help.
    pub sources: Vec<(Source, Nanos)>,
}

/// Runs the ablation over `steps` steps of the box.
pub fn ablation(rival: &Rival, steps: u32) -> Ablation {
    let without = |removed: &[Mechanism]| {
        let mut case = rival.case().clone();
        case.removed = removed.to_vec();
        rival.with(case).expect("the case ran before; removing a mechanism needs no memory").mean(steps)
    };
    let whole = without(&[]);
    let mut before = whole;
    let mut bars = Vec::new();
    for (count, mechanism) in (1..).zip(Mechanism::ALL) {
        let after = without(&Mechanism::ALL[..count]);
        bars.push(Bar { mechanism, in_turn: before - after, alone: whole - without(&[mechanism]) });
        before = after;
    }
    let quieter = |source: Source| {
        let mut case = rival.case().clone();
        case.sources = case.sources.without(source);
        rival.with(case).expect("the case ran before; a source needs no memory").mean(steps)
    };
    let in_step =
        Source::ALL.into_iter().filter(|source| rival.case().sources.has(*source) && *source < Source::Arrivals);
    let sources = in_step.map(|source| (source, whole - quieter(source))).collect();
    Ablation { whole, bars, rest: before, sources }
}

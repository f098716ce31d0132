//! How fast a server decodes and prefills, as a function of its batch.
//!
//! In: a straight line, or a rival.  Out: time of a step with so many sequences; time of a prefill of so many tokens.
//! Invariant: both grow with what they are asked for.
//! Method: tables; prefill is read between its points, and beyond the last in proportion.

use crate::constants::load;
use crate::error::GpuError;
use crate::rival::Rival;
use crate::time::Nanos;
use serde::{Deserialize, Serialize};

/// The pace of a server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// Time of a step with 1, 2, ... sequences.
    steps: Vec<Nanos>,
    /// Prompt tokens and time of their prefill, increasing.
    prefills: Vec<(f64, Nanos)>,
}

impl Pace {
    /// A step takes `base` and `each` more for every sequence; a prefill is in proportion to its tokens, `prefill` for a mean prompt.
    pub fn line(base: Nanos, each: Each, prefill: Prefill, batch_max: u32) -> Self {
        let steps = (1..=batch_max.max(1)).map(|batch| base + each.0 * f64::from(batch)).collect();
        Pace { steps, prefills: vec![(0.0, Nanos::ZERO), (load::PROMPT.default, prefill.0)] }
    }

    /// The pace of `rival` for batches up to `batch_max`, at its case's context: the same random
    /// step for each batch, so that only the batch differs; prefill is quiet.
    ///
    /// Errors: the first batch that does not fit in memory.
    pub fn of(rival: &Rival, batch_max: u32) -> Result<Self, GpuError> {
        let at = |batch: u32| {
            let mut case = rival.case().clone();
            case.batch = batch;
            rival.with(case)
        };
        let steps =
            (1..=batch_max.max(1)).map(|batch| Ok(at(batch)?.step(0).duration())).collect::<Result<_, GpuError>>()?;
        let alone = at(1)?;
        let prefills =
            [1, 64, 128, 256, 512, 1024, 2048, 4096, 8192].map(|tokens| (f64::from(tokens), alone.prefill(tokens)));
        Ok(Pace { steps, prefills: prefills.to_vec() })
    }

    /// A pace that nothing changes, as of a chip whose schedule is fixed: the same step for every batch, `prefill` for each prompt token.
    pub fn fixed(step: Nanos, prefill: Prefill, batch_max: u32) -> Self {
        let steps = vec![step; batch_max.max(1) as usize];
        Pace { steps, prefills: vec![(0.0, Nanos::ZERO), (1.0, prefill.0)] }
    }

    /// Sequences decoded together at most.
    pub fn batch_max(&self) -> usize {
        self.steps.len()
    }

    /// Time of a step with `batch` sequences, 1 to `batch_max`.
    pub fn step(&self, batch: usize) -> Nanos {
        self.steps[batch - 1]
    }

    /// Time of the prefill of `tokens` tokens.
    pub fn prefill(&self, tokens: f64) -> Nanos {
        let after = self.prefills.partition_point(|(at, _)| *at < tokens).min(self.prefills.len() - 1);
        let (right, high) = self.prefills[after];
        let (left, low) = if after == 0 { (0.0, Nanos::ZERO) } else { self.prefills[after - 1] };
        if right < tokens { high * (tokens / right) } else { low + (high - low) * ((tokens - left) / (right - left)) }
    }
}

/// What each sequence adds to a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Each(pub Nanos);

/// Time of a prefill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prefill(pub Nanos);

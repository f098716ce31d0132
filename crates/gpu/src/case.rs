//! The question put to the rival: which box, which software, which load, which randomness.
//!
//! In: choices.  Out: a value that, with a graph, determines every nanosecond.
//! Invariant: plain data; two equal cases of one graph give the same bytes.
//! Method: public fields with the best case as the start.

use crate::engine::Engine;
use crate::format::Format;
use crate::inputs::Inputs;
use crate::machine::{Gpu, Tensor};
use crate::source::Sources;
use serde::{Deserialize, Serialize};

/// How finely memory is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Path {
    /// The slowest channel of each kernel in one draw.
    Fast,
    /// Every channel.
    Full,
}

/// A mechanism that costs time and can be thought away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Mechanism {
    /// Whatever is random.
    Noise,
    /// The time from one kernel to the start of the next: drain and launch.
    Gaps,
    /// The time from a kernel's start to the full stream of its data.
    Ramp,
    /// Exchanges between GPUs, and waiting for the slowest.
    Barriers,
}

impl Mechanism {
    /// All, in the order in which the story removes them.
    pub const ALL: [Mechanism; 4] = [Mechanism::Noise, Mechanism::Gaps, Mechanism::Ramp, Mechanism::Barriers];
}

/// What runs, on what, how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// The machine, of which there are as many as the degree says.
    pub gpu: Gpu,
    /// How many share each layer.
    pub tensor: Tensor,
    /// Format of the weights.
    pub format: Format,
    /// The software.
    pub engine: Engine,
    /// Sequences decoded together.
    pub batch: u32,
    /// Positions each of them looks back at.
    pub context: u32,
    /// What is random.
    pub sources: Sources,
    /// What is thought away.
    pub removed: Vec<Mechanism>,
    /// How finely memory is drawn.
    pub path: Path,
    /// Inputs beside machine, software and load.
    pub inputs: Inputs,
    /// Power cap of each GPU in watts.
    pub power_cap: Option<f64>,
    /// Seed of everything random; shown beside every result.
    pub seed: u64,
}

impl Case {
    /// One sequence of one token in bf16, the best software, everything random, fast path, seed 1.
    pub fn new(gpu: Gpu, tensor: Tensor) -> Self {
        Case {
            gpu,
            tensor,
            format: Format::Bf16,
            engine: Engine::modern(),
            batch: 1,
            context: 1,
            sources: Sources::all(),
            removed: Vec::new(),
            path: Path::Fast,
            inputs: Inputs::default(),
            power_cap: None,
            seed: 1,
        }
    }

    /// What is random after what is thought away.
    pub(crate) fn active(&self) -> Sources {
        if self.removed.contains(&Mechanism::Noise) { Sources::none() } else { self.sources }
    }
}

//! Software that serves a model on GPUs: how kernels are launched, sums exchanged and the head divided.
//!
//! In: nothing.  Out: profiles.
//! Invariant: the rival is given its best case by default: CUDA graphs, custom all-reduce, batching, a divided head.
//! Method: four profiles; each way is a field of its own.
//! Source: gpt-fast, `tp.py` (layers are divided, the head is not); TensorRT-LLM, docs/source/performance.md, "Reproducing
//! Benchmarked Results" (`--fp8_kv_cache`, no `--use_custom_all_reduce`); NVIDIA, Dec. 2023, for the overhead of that year.

use crate::constants::link;
use crate::error::{GpuError, Named};
use serde::{Deserialize, Serialize};

/// How kernels are launched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Launch {
    /// One CUDA graph for the step.
    Graph,
    /// One by one from the host.
    Eager,
}

/// How the GPUs add up their parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AllReduce {
    /// One kernel over peer memory: what TensorRT-LLM, vLLM and sglang do for small messages.
    Custom,
    /// The general library.
    Nccl,
}

/// Where the matrix of the logits lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeadPlace {
    /// Divided like the layers.
    Split,
    /// Whole on each GPU.
    Replicated,
}

/// How a key or value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cache {
    /// 16 bits.
    Bf16,
    /// 8 bits.
    Fp8,
}

/// A piece of software.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Engine {
    /// Name shown.
    pub name: String,
    /// How kernels are launched.
    pub launch: Launch,
    /// How parts are added up.
    pub all_reduce: AllReduce,
    /// Where the head lies.
    pub head: HeadPlace,
    /// How the cache is stored.
    pub cache: Cache,
    /// What multiplies gaps, ramps and all-reduces; 1 is the software on which the model was calibrated.
    pub overhead: f64,
}

impl Engine {
    /// Names of the profiles.
    pub const NAMES: [&str; 4] = ["modern", "gpt-fast", "TensorRT-LLM v0.5", "eager"];

    /// The profile called `name`. Errors: the names there are.
    pub fn find(name: &str) -> Result<Self, GpuError> {
        let profiles = [Engine::modern(), Engine::gpt_fast(), Engine::of_2023(), Engine::eager()];
        let found = profiles.into_iter().find(|engine| engine.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| GpuError::Unknown { what: Named::Engine, name: name.to_owned() })
    }

    /// The best case: what serving software does since the second half of 2024.
    pub fn modern() -> Self {
        Engine {
            name: Engine::NAMES[0].to_owned(),
            launch: Launch::Graph,
            all_reduce: AllReduce::Custom,
            head: HeadPlace::Split,
            cache: Cache::Bf16,
            overhead: 1.0,
        }
    }

    /// gpt-fast, on whose published points the model is calibrated: the head is not divided.
    pub fn gpt_fast() -> Self {
        Engine { name: Engine::NAMES[1].to_owned(), head: HeadPlace::Replicated, ..Engine::modern() }
    }

    /// TensorRT-LLM v0.5, autumn 2023, as its published commands build it: 8-bit cache, and the general library for sums, because
    /// its custom kernel had to be asked for and was not.
    pub fn of_2023() -> Self {
        Engine {
            name: Engine::NAMES[2].to_owned(),
            cache: Cache::Fp8,
            all_reduce: AllReduce::Nccl,
            overhead: link::SOFTWARE_2023.default,
            ..Engine::modern()
        }
    }

    /// No graphs, the general library: what a first try gets.
    pub fn eager() -> Self {
        Engine {
            name: Engine::NAMES[3].to_owned(),
            launch: Launch::Eager,
            all_reduce: AllReduce::Nccl,
            ..Engine::modern()
        }
    }
}

impl Cache {
    /// Bytes of a key or value element.
    pub fn bytes(self) -> f64 {
        match self {
            Cache::Bf16 => 2.0,
            Cache::Fp8 => 1.0,
        }
    }
}

//! Formats of weights in GPU memory.
//!
//! In: a format.  Out: bits per weight and how fast its kernels read.
//! Invariant: bf16 is the measure: its rate is 1.
//! Method: a table over `constants::memory`.

use crate::constants::memory;
use crate::error::{GpuError, Named};
use crate::inputs::{Input, Inputs};
use serde::{Deserialize, Serialize};

/// How a weight of a matrix is stored. Activations are bf16, and the cache as the engine says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Format {
    /// 16 bits.
    Bf16,
    /// 8 bits, with arithmetic units of its own where the machine has them.
    Fp8,
    /// 8 bits, widened before use, arithmetic in bf16.
    Int8,
    /// 4 bits in groups of 32 with scale and zero, widened before use.
    Int4,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 4] = [Format::Bf16, Format::Fp8, Format::Int8, Format::Int4];

    /// The format called `name`. Errors: the names there are.
    pub fn find(name: &str) -> Result<Self, GpuError> {
        let found = Format::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| GpuError::Unknown { what: Named::Format, name: name.to_owned() })
    }

    /// Bytes per weight, scales included.
    pub fn bytes(self) -> f64 {
        match self {
            Format::Bf16 => 2.0,
            Format::Fp8 | Format::Int8 => 1.0,
            Format::Int4 => memory::INT4_BITS.default / 8.0,
        }
    }

    /// Rate at which kernels read it, relative to bf16.
    pub fn rate(self, inputs: &Inputs) -> f64 {
        match self {
            Format::Bf16 | Format::Fp8 => 1.0,
            Format::Int8 => inputs.get(Input::Int8Rate),
            Format::Int4 => inputs.get(Input::Int4Rate),
        }
    }

    /// Name shown.
    pub fn name(self) -> &'static str {
        match self {
            Format::Bf16 => "bf16",
            Format::Fp8 => "fp8",
            Format::Int8 => "int8",
            Format::Int4 => "int4",
        }
    }
}

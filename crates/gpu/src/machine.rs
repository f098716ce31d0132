//! GPUs as data: another GPU is another value, not another code path.
//!
//! In: a name, or constants.  Out: rates in bytes and operations per nanosecond, latencies, powers.
//! Invariant: every figure starts as the default of a `Constant`; whoever wants another changes the field.
//! Method: one constructor per machine. 1 GB/s is one byte per nanosecond.

use crate::constants::{a100, h100, memory};
use crate::error::{GpuError, Named};
use crate::format::Format;
use crate::time::Nanos;
use serde::{Deserialize, Serialize};
use units::Constant;

/// How many GPUs share each layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tensor {
    /// One.
    One,
    /// Two.
    Two,
    /// Four.
    Four,
    /// Eight.
    Eight,
}

impl Tensor {
    /// All degrees, least first.
    pub const ALL: [Tensor; 4] = [Tensor::One, Tensor::Two, Tensor::Four, Tensor::Eight];

    /// The degree of `gpus` GPUs. Errors: any other number than 1, 2, 4, 8.
    pub fn of(gpus: u32) -> Result<Self, GpuError> {
        Tensor::ALL.into_iter().find(|tensor| tensor.gpus() == gpus).ok_or(GpuError::Degree { found: gpus })
    }

    /// Number of GPUs.
    pub fn gpus(self) -> u32 {
        match self {
            Tensor::One => 1,
            Tensor::Two => 2,
            Tensor::Four => 4,
            Tensor::Eight => 8,
        }
    }

    /// Number of GPUs as a divisor.
    pub(crate) fn ways(self) -> f64 {
        f64::from(self.gpus())
    }
}

/// How long one lonely request takes until its data is there, by where the data is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ladder {
    /// In the multiprocessor's own L1.
    pub l1: Nanos,
    /// In the L2 partition on its side.
    pub l2_near: Nanos,
    /// In the other L2 partition.
    pub l2_far: Nanos,
    /// In HBM.
    pub hbm: Nanos,
}

/// A GPU and the links to its neighbours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gpu {
    /// Name shown.
    pub name: String,
    /// Streaming multiprocessors.
    pub multiprocessors: u32,
    /// Groups of them that share a port to L2.
    pub groups: u32,
    /// Pseudo-channels of the HBM.
    pub channels: u32,
    /// Partitions of L2.
    pub partitions: u32,
    /// Memory in bytes.
    pub memory: f64,
    /// Memory that programs take, in bytes.
    pub reserved: f64,
    /// Peak of the HBM in bytes per ns.
    pub hbm_peak: f64,
    /// Share of the peak that streams.
    pub hbm_share: f64,
    /// Reads from L2 in bytes per ns.
    pub l2_rate: f64,
    /// Latencies; their difference of near and far L2 is random in the ramp of each kernel.
    pub latency: Ladder,
    /// From the start of a kernel to its full stream of data, both partitions averaged.
    pub ramp: Nanos,
    /// Gap between kernels of a graph, in the mean.
    pub gap_graph: Nanos,
    /// All-reduce of a small message by the fast implementation, for 2, 4, 8 GPUs.
    pub all_reduce: [Nanos; 3],
    /// Rate at which an all-reduce moves its bytes, in bytes per ns.
    pub link_rate: f64,
    /// Dense bf16 operations per ns.
    pub math_bf16: f64,
    /// Dense fp8 operations per ns; `None` where there are no such units.
    pub math_fp8: Option<f64>,
    /// Share of the arithmetic peak that matrix products get.
    pub math_share: f64,
    /// Power while decoding, in watts.
    pub power: f64,
    /// Greatest power, in watts.
    pub power_max: f64,
}

fn micros(constant: &Constant) -> Nanos {
    Nanos::from_micros(constant.default)
}

/// Latencies from nearest to farthest.
fn ladder(constants: [&Constant; 4]) -> Ladder {
    let [l1, l2_near, l2_far, hbm] = constants.map(|constant| Nanos(constant.default));
    Ladder { l1, l2_near, l2_far, hbm }
}

impl Gpu {
    /// Names of the machines there are.
    pub const NAMES: [&str; 2] = ["A100-80 SXM", "H100 SXM"];

    /// The machine called `name`; case, punctuation and what follows the number are free: `a100`, `H100-SXM5`.
    ///
    /// Errors: the names there are.
    pub fn find(name: &str) -> Result<Self, GpuError> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        match plain.as_str() {
            "a100" | "a10080" | "a10080gb" | "a10080sxm" | "a100sxm" | "a10080gbsxm" => Ok(Gpu::a100()),
            "h100" | "h100sxm" | "h100sxm5" | "h10080gb" | "h10080gbsxm" => Ok(Gpu::h100()),
            _ => Err(GpuError::Unknown { what: Named::Gpu, name: name.to_owned() }),
        }
    }

    /// A100 with 80 GB, SXM board.
    pub fn a100() -> Self {
        Gpu {
            name: Gpu::NAMES[0].to_owned(),
            multiprocessors: a100::SMS.default as u32,
            groups: a100::GROUPS.default as u32,
            channels: a100::CHANNELS.default as u32,
            partitions: 2,
            memory: 1e9 * a100::MEMORY.default,
            reserved: 1e9 * memory::RESERVED.default,
            hbm_peak: a100::HBM_PEAK.default,
            hbm_share: a100::HBM_EFF.default,
            l2_rate: a100::L2_RATE.default,
            latency: ladder([&a100::L1, &a100::L2_NEAR, &a100::L2_FAR, &a100::DRAM]),
            ramp: micros(&memory::RAMP),
            gap_graph: micros(&a100::GAP_GRAPH),
            all_reduce: [micros(&a100::ALL_REDUCE); 3],
            link_rate: a100::LINK_RATE.default,
            math_bf16: 1e3 * a100::MATH_BF16.default,
            math_fp8: None,
            math_share: a100::MATH_EFF.default,
            power: a100::POWER.default,
            power_max: a100::TDP.default,
        }
    }

    /// H100, SXM5 board.
    pub fn h100() -> Self {
        Gpu {
            name: Gpu::NAMES[1].to_owned(),
            multiprocessors: h100::SMS.default as u32,
            groups: h100::GROUPS.default as u32,
            channels: h100::CHANNELS.default as u32,
            partitions: 2,
            memory: 1e9 * h100::MEMORY.default,
            reserved: 1e9 * memory::RESERVED.default,
            hbm_peak: h100::HBM_PEAK.default,
            hbm_share: h100::HBM_EFF.default,
            l2_rate: h100::L2_RATE.default,
            latency: ladder([&h100::L1, &h100::L2_NEAR, &h100::L2_FAR, &h100::DRAM]),
            ramp: micros(&memory::RAMP) * (h100::DRAM.default / a100::DRAM.default),
            gap_graph: micros(&h100::GAP_GRAPH),
            all_reduce: [micros(&h100::ALL_REDUCE_2), micros(&h100::ALL_REDUCE_4), micros(&h100::ALL_REDUCE_8)],
            link_rate: h100::LINK_RATE.default,
            math_bf16: 1e3 * h100::MATH_BF16.default,
            math_fp8: Some(1e3 * h100::MATH_FP8.default),
            math_share: h100::MATH_EFF.default,
            power: h100::POWER.default,
            power_max: h100::TDP.default,
        }
    }

    /// Bytes per ns that one streaming kernel gets of all channels together.
    pub fn stream_rate(&self) -> f64 {
        self.hbm_peak * self.hbm_share
    }

    /// Operations per ns that a matrix product gets in `format`; `None` where the machine has no units for it.
    pub fn math_rate(&self, format: Format) -> Option<f64> {
        let peak = match format {
            Format::Fp8 => self.math_fp8?,
            Format::Bf16 | Format::Int8 | Format::Int4 => self.math_bf16,
        };
        Some(peak * self.math_share)
    }

    /// The fast all-reduce of a small message among `tensor` GPUs.
    pub(crate) fn all_reduce_custom(&self, tensor: Tensor) -> Nanos {
        match tensor {
            Tensor::One => Nanos::ZERO,
            Tensor::Two => self.all_reduce[0],
            Tensor::Four => self.all_reduce[1],
            Tensor::Eight => self.all_reduce[2],
        }
    }

    /// How the GPU answers to a power cap where it can fall to `clock`: the share of steps that run throttled, and the factor of
    /// their times.
    pub(crate) fn throttled(&self, cap: Option<f64>, clock: f64) -> (f64, f64) {
        let over = cap.map_or(0.0, |cap| self.power - cap);
        let share = if 0.0 < over { (over / (self.power * (1.0 - clock))).min(1.0) } else { 0.0 };
        (share, 1.0 / clock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_found_by_any_spelling_and_unknown_ones_named_with_those_known() {
        assert_eq!(Gpu::find("h100-SXM5").map(|gpu| gpu.name), Ok("H100 SXM".to_owned()));
        assert_eq!(Gpu::find("A100").map(|gpu| gpu.channels), Ok(80));
        let error = Gpu::find("B200").expect_err("not modelled");
        assert_eq!(error.to_string(), "expected a GPU (A100-80 SXM, H100 SXM), found `B200`; name one of them");
        assert!(error.chinese().contains("B200") && error.chinese().contains("H100 SXM"));
    }

    #[test]
    fn a_cap_above_the_power_throttles_nothing() {
        assert_eq!(Gpu::a100().throttled(Some(330.0), 0.93).0, 0.0);
        assert!(0.5 < Gpu::a100().throttled(Some(240.0), 0.93).0);
    }
}

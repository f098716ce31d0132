//! Constants of the A100-80 SXM.
//!
//! In: nothing.  Out: constants with their evidence.

use super::{Bounds, assumed, constant, derived, exactly, fitted, published};
use units::Constant;

const WHITEPAPER: &str = "NVIDIA, A100 Tensor Core GPU Architecture, 2020";
const DATASHEET: &str = "NVIDIA, A100 80GB datasheet, 2021";
const BENCHES: &str = "RRZE-HPC, gpu-benches, repository";
const FIT: &str = "least squares over 7 points of gpt-fast: 7B TP1 TP2 TP8, 70B TP2 TP8, Mixtral TP2 TP8; TP4 held out";

/// Streaming multiprocessors.
pub const SMS: Constant = constant("a100.sms", exactly(108.0), "", published(WHITEPAPER, "table 1"));
/// Processing clusters that carry work.
pub const GROUPS: Constant =
    constant("a100.gpcs", exactly(7.0), "", published(WHITEPAPER, "A100 GPU hardware architecture"));
/// Memory.
pub const MEMORY: Constant = constant("a100.memory", exactly(80.0), "GB", published(DATASHEET, "GPU memory"));
/// Peak of the HBM.
pub const HBM_PEAK: Constant =
    constant("a100.hbm_peak", exactly(2039.0), "GB/s", published(DATASHEET, "GPU memory bandwidth"));
/// Share of the peak that a streaming kernel gets before its slowest channel and refresh take theirs.
pub const HBM_EFF: Constant = constant("a100.hbm_eff", Bounds(0.81, 0.83, 0.93), "", fitted(FIT));
/// Pseudo-channels.
pub const CHANNELS: Constant =
    constant("a100.hbm_channels", exactly(80.0), "", derived("a100.hbm_bus / hbm2.pseudo_channel"));
/// Reads from L2.
pub const L2_RATE: Constant =
    constant("a100.l2_read_bw", exactly(5400.0), "GB/s", published(BENCHES, "gpu-l2-cache, A100-80"));
/// Latency of L1.
pub const L1: Constant =
    constant("a100.l1", Bounds(23.0, 23.4, 27.0), "ns", published(BENCHES, "gpu-latency, A100-80 at 1410 MHz"));
/// Latency of the L2 partition on the same side.
pub const L2_NEAR: Constant =
    constant("a100.l2_near", exactly(146.0), "ns", published(BENCHES, "gpu-latency, A100-80 at 1410 MHz"));
/// Latency of the L2 partition on the other side.
pub const L2_FAR: Constant =
    constant("a100.l2_far", Bounds(278.0, 285.0, 293.0), "ns", published(BENCHES, "gpu-latency, A100-80 at 1410 MHz"));
/// Latency of DRAM.
pub const DRAM: Constant =
    constant("a100.dram", exactly(391.0), "ns", published(BENCHES, "gpu-latency, A100-80 at 1410 MHz"));
/// Dense arithmetic in bf16.
pub const MATH_BF16: Constant =
    constant("a100.bf16", exactly(312.0), "TFLOP/s", published(DATASHEET, "BFLOAT16 tensor core"));
/// Share of the arithmetic peak that large matrix products get.
pub const MATH_EFF: Constant = constant(
    "a100.math_eff",
    Bounds(0.5, 0.65, 0.8),
    "",
    derived("2 * record.llama_7b_matrices * record.prompt / (record.a100_first_token * a100.bf16)"),
);
/// From the end of a kernel to the start of the next in a CUDA graph, drain included.
pub const GAP_GRAPH: Constant = constant("a100.gap_graph", Bounds(1.8, 2.4, 4.0), "us", fitted(FIT));
/// All-reduce of one token's residual, in the software that was fitted.
pub const ALL_REDUCE: Constant = constant("a100.all_reduce", Bounds(5.0, 7.0, 9.0), "us", fitted(FIT));
/// Rate at which an all-reduce moves its bytes.
pub const LINK_RATE: Constant = constant(
    "a100.link_rate",
    Bounds(200.0, 244.0, 300.0),
    "GB/s",
    derived("h100.link_rate * a100.nvlink / h100.nvlink"),
);
/// Power while decoding.
pub const POWER: Constant =
    constant("a100.power_decode", Bounds(220.0, 250.0, 300.0), "W", assumed("55 to 75 % of 400 W"));
/// Greatest power.
pub const TDP: Constant = constant("a100.tdp", exactly(400.0), "W", published(DATASHEET, "max TDP"));

/// All of them.
pub const ALL: &[Constant] = &[
    SMS, GROUPS, MEMORY, HBM_PEAK, HBM_EFF, CHANNELS, L2_RATE, L1, L2_NEAR, L2_FAR, DRAM, MATH_BF16, MATH_EFF,
    GAP_GRAPH, ALL_REDUCE, LINK_RATE, POWER, TDP,
];

//! Constants of the H100 SXM5.
//!
//! In: nothing.  Out: constants with their evidence.

use super::{Bounds, assumed, constant, derived, exactly, published};
use units::Constant;

const WHITEPAPER: &str = "NVIDIA, H100 Tensor Core GPU Architecture, 2022";
const BENCHES: &str = "RRZE-HPC, gpu-benches, repository";
const COLLECTIVES: &str = "sglang, pull request 2904, 2025";

/// Streaming multiprocessors.
pub const SMS: Constant = constant("h100.sms", exactly(132.0), "", published(WHITEPAPER, "H100 SXM5, table 1"));
/// Processing clusters.
pub const GROUPS: Constant =
    constant("h100.gpcs", exactly(8.0), "", published(WHITEPAPER, "H100 GPU hardware architecture"));
/// Memory.
pub const MEMORY: Constant = constant("h100.memory", exactly(80.0), "GB", published(WHITEPAPER, "H100 SXM5, table 1"));
/// Peak of the HBM.
pub const HBM_PEAK: Constant =
    constant("h100.hbm_peak", exactly(3350.0), "GB/s", published(WHITEPAPER, "H100 SXM5, table 1"));
/// Share of the peak that a streaming kernel gets before its slowest channel and refresh take theirs.
pub const HBM_EFF: Constant = constant(
    "h100.hbm_eff",
    Bounds(0.82, 0.85, 0.95),
    "",
    derived(
        "record.h100_pcie_triad / record.h100_pcie_peak * a100.hbm_eff / ((record.a100_read + record.a100_triad) / 2 / a100.hbm_peak)",
    ),
);
/// Pseudo-channels.
pub const CHANNELS: Constant =
    constant("h100.hbm_channels", exactly(160.0), "", derived("h100.hbm_bus / hbm3.pseudo_channel"));
/// Reads from L2.
pub const L2_RATE: Constant =
    constant("h100.l2_read_bw", Bounds(6900.0, 7000.0, 7250.0), "GB/s", published(BENCHES, "gpu-l2-cache, H100 PCIe"));
/// Latency of L1.
pub const L1: Constant =
    constant("h100.l1", Bounds(16.0, 16.2, 23.0), "ns", published(BENCHES, "gpu-latency, GH200 at 1980 MHz"));
/// Latency of the L2 partition on the same side.
pub const L2_NEAR: Constant =
    constant("h100.l2_near", exactly(142.0), "ns", published(BENCHES, "gpu-latency, GH200 at 1980 MHz"));
/// Latency of the L2 partition on the other side.
pub const L2_FAR: Constant =
    constant("h100.l2_far", Bounds(235.0, 245.0, 260.0), "ns", published(BENCHES, "gpu-latency, GH200 at 1980 MHz"));
/// Latency of DRAM.
pub const DRAM: Constant =
    constant("h100.dram", Bounds(344.0, 346.0, 348.0), "ns", published(BENCHES, "gpu-latency, GH200 at 1980 MHz"));
/// Dense arithmetic in bf16.
pub const MATH_BF16: Constant =
    constant("h100.bf16", exactly(989.0), "TFLOP/s", published(WHITEPAPER, "H100 SXM5, table 1"));
/// Dense arithmetic in fp8.
pub const MATH_FP8: Constant =
    constant("h100.fp8", exactly(1979.0), "TFLOP/s", published(WHITEPAPER, "H100 SXM5, table 1"));
/// Share of the arithmetic peak that large matrix products get.
pub const MATH_EFF: Constant = constant(
    "h100.math_eff",
    Bounds(0.35, 0.46, 0.7),
    "",
    derived(
        "2 * record.llama_7b_matrices * record.prompt / ((record.h100_first_token - record.h100_first_launches) * h100.fp8)",
    ),
);
/// From the end of a kernel to the start of the next in a CUDA graph, drain included.
pub const GAP_GRAPH: Constant = constant(
    "h100.gap_graph",
    Bounds(1.5, 2.2, 4.0),
    "us",
    derived("a100.gap_graph * record.hopper_gap_empty / record.a100_gap_empty"),
);
/// Custom all-reduce of 16 KB among 2, 4 and 8.
pub const ALL_REDUCE_2: Constant =
    constant("h100.all_reduce_tp2", Bounds(3.7, 4.2, 8.8), "us", published(COLLECTIVES, "4 to 32 KB, 2 GPUs"));
/// Custom all-reduce of 16 KB among 4.
pub const ALL_REDUCE_4: Constant =
    constant("h100.all_reduce_tp4", Bounds(3.7, 4.8, 9.2), "us", published(COLLECTIVES, "4 to 32 KB, 4 GPUs"));
/// Custom all-reduce of 16 KB among 8.
pub const ALL_REDUCE_8: Constant =
    constant("h100.all_reduce_tp8", Bounds(5.7, 6.8, 11.8), "us", published(COLLECTIVES, "4 to 32 KB, 8 GPUs"));
/// Rate at which an all-reduce moves its bytes.
pub const LINK_RATE: Constant = constant(
    "h100.link_rate",
    Bounds(300.0, 366.0, 450.0),
    "GB/s",
    published("nccl-collectives-bench, repository", "all-reduce bus bandwidth"),
);
/// Power while decoding.
pub const POWER: Constant =
    constant("h100.power_decode", Bounds(400.0, 460.0, 520.0), "W", assumed("45 to 70 % of 700 W"));
/// Greatest power.
pub const TDP: Constant = constant("h100.tdp", exactly(700.0), "W", published(WHITEPAPER, "H100 SXM5, table 1"));

/// All of them.
pub const ALL: &[Constant] = &[
    SMS,
    GROUPS,
    MEMORY,
    HBM_PEAK,
    HBM_EFF,
    CHANNELS,
    L2_RATE,
    L1,
    L2_NEAR,
    L2_FAR,
    DRAM,
    MATH_BF16,
    MATH_FP8,
    MATH_EFF,
    GAP_GRAPH,
    ALL_REDUCE_2,
    ALL_REDUCE_4,
    ALL_REDUCE_8,
    LINK_RATE,
    POWER,
    TDP,
];

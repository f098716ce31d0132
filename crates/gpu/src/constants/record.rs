//! Published figures from which constants of the rival are derived by a formula.
//!
//! In: nothing.  Out: constants with their evidence.
//! Invariant: no model of this crate reads one of them: they stand in formulas only.

use super::{Bounds, assumed, constant, derived, exactly, published};
use units::Constant;

const BENCHES: &str = "RRZE-HPC, gpu-benches, repository";
const GPT_FAST: &str = "pytorch-labs, gpt-fast, README, 2023";
const LOCKWOOD: &str = "G. Lockwood, digital garden, processors";
const TENSORRT: &str = "NVIDIA, TensorRT-LLM v0.5, performance page, 2023";

/// All of them.
pub const ALL: &[Constant] = &[
    constant(
        "a100.hbm_bus",
        exactly(5120.0),
        "bit",
        published("PC2 Paderborn, documentation of its A100", "deviceQuery, Memory Bus Width"),
    ),
    constant(
        "h100.hbm_bus",
        exactly(5120.0),
        "bit",
        published("HPC Technologies, H100 product page", "memory interface, SXM5 and PCIe alike"),
    ),
    constant(
        "hbm2.pseudo_channel",
        exactly(64.0),
        "bit",
        published("gem5, memory.dram_interfaces.hbm", "HBM_1000_4H_1x64: a pseudo channel, half of a channel of 128"),
    ),
    constant(
        "hbm3.pseudo_channel",
        exactly(32.0),
        "bit",
        published("Ramulator 2, HBM3 model after JESD238A", "DQ of a pseudo channel"),
    ),
    constant("a100.nvlink", exactly(600.0), "GB/s", published(LOCKWOOD, "A100: NVLink, 300 GB/s each way")),
    constant("h100.nvlink", exactly(900.0), "GB/s", published(LOCKWOOD, "H100: NVLink, both ways")),
    constant("record.a100_read", exactly(1776.0), "GB/s", published(BENCHES, "gpu-stream, A100-80, read")),
    constant("record.a100_triad", exactly(1794.0), "GB/s", published(BENCHES, "gpu-stream, A100-80, triad")),
    constant("record.h100_pcie_triad", exactly(1832.0), "GB/s", published(BENCHES, "gpu-stream, H100 PCIe, triad")),
    constant(
        "record.h100_pcie_peak",
        exactly(2039.04),
        "GB/s",
        derived("2 * record.h100_pcie_memory_clock * h100.hbm_bus / 8"),
    ),
    constant(
        "record.h100_pcie_memory_clock",
        exactly(1.593),
        "GHz",
        published("cputronic, GPU database, H100 PCIe", "memory clock; NVIDIA's brief PB-11133 says over 2,000 GB/s"),
    ),
    constant(
        "record.a100_gap_empty",
        Bounds(1.34, 1.4, 1.46),
        "us",
        published(BENCHES, "gpu-small-kernels, A100, CUDA graph"),
    ),
    constant("record.hopper_gap_empty", exactly(1.3), "us", published(BENCHES, "gpu-small-kernels, H200, CUDA graph")),
    constant(
        "record.llama_7b_matrices",
        exactly(6.6),
        "G",
        published("Touvron et al., Llama 2, 2023", "table 1, less the embedding"),
    ),
    constant(
        "record.prompt",
        exactly(2048.0),
        "token",
        published(TENSORRT, "first token latency, batch 1, input length"),
    ),
    constant(
        "record.a100_first_token",
        exactly(133.0),
        "ms",
        published(TENSORRT, "first token latency, LLaMA-7B, A100, 2048 in"),
    ),
    constant(
        "record.h100_first_token",
        exactly(36.0),
        "ms",
        published(TENSORRT, "first token latency, LLaMA-7B, H100 FP8, 2048 in"),
    ),
    constant(
        "record.h100_first_launches",
        Bounds(0.0, 6.0, 12.0),
        "ms",
        assumed("launches by the host that a prefill of 30 ms does not hide; no trace of that run is public"),
    ),
    constant("record.int8_70b", exactly(19.13), "1/s", published(GPT_FAST, "Llama-2-70B int8, one A100-80")),
    constant(
        "record.int8_70b_weights",
        exactly(69.0),
        "GB",
        published("Touvron et al., Llama 2, 2023", "table 1, 69 G weights of a byte"),
    ),
    constant("record.kernels_70b", exactly(724.0), "", derived("80 * 9 + 4")),
    constant(
        "record.sustained",
        Bounds(0.9, 0.95, 1.0),
        "",
        assumed("refresh and the slowest channel take about 5 % of a stream, as this model has them"),
    ),
    constant("record.int4_group", exactly(32.0), "weight", published(GPT_FAST, "int4, groups of 32")),
];

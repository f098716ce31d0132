//! Figures that the claims quote, as published.
//!
//! In: nothing.  Out: constants that claims compute with.
//! Invariant: a figure that describes a timing model is not repeated here; these are what was said and printed.
//! Source: facts/gpu_and_economics.md sections 0 to 2, facts/hardware.md sections 2 to 6.

use super::{derived, fixed, measured, read};
use units::Constant;

const LLMPERF: &str = "ray-project/llmperf-leaderboard, January 2024";
const RAW: &str = "llmperf-leaderboard raw files: (end to end - first token) / (tokens - 1) of each request";
const MEDIANS: &str = "README, Llama-2-70B-chat, output tokens throughput, median";
const WIDTHS: &str = "widths of streams and memory slices";

pub(super) const INPUTS: &[Constant] = &[
    fixed("record.h100_memory_gb", 80.0, "GB", read("NVIDIA, H100 SXM5 datasheet", "memory")),
    fixed("record.h100_hbm_tb_s", 3.35, "TB/s", read("NVIDIA, H100 SXM5 datasheet", "memory bandwidth")),
    fixed("record.a100_hbm_tb_s", 2.039, "TB/s", read("NVIDIA, A100 80GB SXM datasheet", "memory bandwidth")),
    fixed("record.h100_nvlink_gb_s", 900.0, "GB/s", read("NVIDIA, H100 SXM5 datasheet", "NVLink, 18 links")),
    fixed("record.nvlinks", 18.0, "links", read("NVIDIA, H100 SXM5 datasheet", "NVLink, 18 links")),
    fixed("record.stream_bytes", 20_480.0, "B/cycle", derived("2 * 32 * 320")),
    fixed("record.sram_bytes", 56_320.0, "B/cycle", derived("2 * 44 * 2 * 320")),
    fixed("record.ghz_low", 0.9, "GHz", read("Abts et al., ISCA 2020", "abstract: nominal 900 MHz")),
    fixed("record.ghz_high", 1.0, "GHz", read("Groq, workshop deck, 2020", WIDTHS)),
    fixed("record.chips", 576.0, "chips", read("The Next Platform, 2023-11-27", "Llama-2-70B on 576 chips")),
    fixed("record.links", 16.0, "links", read("Linley Newsletter, 2020-11-10", "chip-to-chip links of a chip")),
    fixed("record.link_gb_s", 30.0, "GB/s", derived("4 * 30 / 8 * 2")),
    fixed("record.lpu_llama70b", 300.0, "tokens/s", read("TechPowerUp, 2024", "Llama-2-70B, 4,096 context, per user")),
    fixed(
        "record.lpu_llama70b_context",
        4096.0,
        "tokens",
        read("TechPowerUp, 2024", "Llama-2-70B, 4,096 context, per user"),
    ),
    fixed("record.lpu_mixtral", 480.0, "tokens/s", read("TechPowerUp, 2024", "Mixtral-8x7B, per user")),
    fixed(
        "record.a100x8_llama70b",
        62.5,
        "tokens/s",
        read("pytorch-labs/gpt-fast README", "Llama-2-70B bf16 on 8 A100"),
    ),
    fixed("record.llmperf_groq", 185.0, "tokens/s", read(LLMPERF, MEDIANS)),
    fixed("record.llmperf_anyscale", 66.0, "tokens/s", read(LLMPERF, MEDIANS)),
    fixed("record.llmperf_together", 65.0, "tokens/s", read(LLMPERF, MEDIANS)),
    fixed("record.llmperf_slowest", 10.0, "tokens/s", read(LLMPERF, MEDIANS)),
    fixed("record.decode_groq", 267.0, "tokens/s", measured(RAW, "2024-01-09")),
    fixed("record.decode_together", 87.0, "tokens/s", measured(RAW, "2024-01-09")),
    fixed("record.spread_groq", 0.079, "share", measured(RAW, "2024-01-09")),
    fixed("record.spread_fireworks", 0.071, "share", measured(RAW, "2024-01-09")),
    fixed("record.spread_together", 0.132, "share", measured(RAW, "2024-01-09")),
    fixed("record.tile_cycles", 20.0, "cycles", derived("320 * 320 / (16 * 320)")),
];

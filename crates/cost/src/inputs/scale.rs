//! From 14 nm to 4 nm: what each quantity is multiplied by, and what the successor that shipped turned out to be.
//!
//! In: nothing.  Out: factors and published figures.
//! Invariant: a factor that was read off the successor is kept apart from one that was known before it.
//! Source: facts/gpu_and_economics.md section 4, "14 -> 4 nm what-if".

use super::{assumed, derived, fixed, input, read};
use units::Constant;

const LP30: &str = "Groq 3 (LP30, Samsung SF4X), public since March 2026";

pub(super) const INPUTS: &[Constant] = &[
    input("scale.sram", [2.2, 2.0, 2.5], "x", assumed("fitted to the successor: 500-512 MB over 230 MB")),
    input("scale.bitcell", [2.46, 2.4, 2.53], "x", derived("process.bitcell_14 / process.bitcell_4")),
    input("scale.chips", [0.45, 0.4, 0.5], "x", derived("1 / scale.sram")),
    fixed("node14.chips_100gb", 434.8, "chips for 100 GB", derived("100e9 / (lpu.sram_mb * 1e6)")),
    input("shipped.chips_100gb", [200.0, 195.0, 200.0], "chips for 100 GB", derived("100e9 / (shipped.sram_mb * 1e6)")),
    fixed("process.bitcell_14", 0.064, "square um", assumed("recalled: high-density cell of a 14 nm process")),
    fixed("process.bitcell_4", 0.026, "square um", assumed("recalled: high-density cell of a 4 nm process")),
    input("scale.bandwidth", [1.9, 1.5, 2.2], "x", assumed("fitted to the successor: 150 TB/s over the 80 marketed")),
    input("scale.transistors", [3.7, 3.0, 5.0], "x", assumed("fitted to the successor: 98 over 26.8 thousand million")),
    input("scale.link", [5.2, 4.0, 6.0], "x", assumed("fitted to the successor: 2.5 TB/s over 0.48")),
    input("scale.clock", [1.3, 1.1, 1.7], "x", assumed("recalled; SF4X over SF4 alone is +10 %")),
    input(
        "scale.energy",
        [0.3, 0.22, 0.67],
        "x",
        assumed("recalled: 16 to 7 nm -60 %, 7 to 5 nm -30 %; 0.67 is esim's pessimism"),
    ),
    input("scale.sram_energy", [0.45, 0.35, 0.7], "x", assumed("recalled: 45 to 7 nm, a 1 MB array from 100 to 14 pJ")),
    input(
        "scale.wafer",
        [3.5, 2.5, 4.3],
        "x",
        assumed("16 nm at 3,984 $ is read; 14,000-17,000 $ for 4 nm is recalled"),
    ),
    fixed(
        "node14.sram_tb_s",
        80.0,
        "TB/s",
        read("TechPowerUp, 2024", "Groq LPU: on-die memory bandwidth, as marketed"),
    ),
    fixed(
        "node14.link_tb_s",
        0.48,
        "TB/s",
        read("Linley Newsletter, 2020-11-10", "16 links of 4 lanes at 30 Gb/s, both directions"),
    ),
    fixed("node14.transistors_g", 26.8, "thousand million", assumed("recalled: Abts et al., ISCA 2020")),
    fixed("node14.int8_tops", 750.0, "TOPS", read("TechPowerUp, 2024", "Groq LPU: INT8")),
    input("shipped.sram_mb", [500.0, 500.0, 512.0], "MB", read(LP30, "SRAM per chip (500 and 512 are both printed)")),
    fixed("shipped.sram_tb_s", 150.0, "TB/s", read(LP30, "SRAM bandwidth per chip")),
    fixed("shipped.rack_link_tb_s", 640.0, "TB/s", read(LP30, "bandwidth between the 256 chips of a rack")),
    input("shipped.link_tb_s", [2.5, 2.5, 2.5], "TB/s", derived("shipped.rack_link_tb_s / 256")),
    fixed("shipped.transistors_g", 98.0, "thousand million", read(LP30, "transistors per chip, about")),
    fixed("shipped.fp8_tflops", 1230.0, "TFLOPS", read(LP30, "FP8 per chip")),
];

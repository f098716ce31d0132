//! Power of chips and of what stands around them.
//!
//! In: nothing.  Out: constants in W.
//! Invariant: a rating is published, what a chip draws while decoding is not.
//! Source: facts/gpu_and_economics.md sections 1, 3 and 7.

use super::{assumed, derived, fixed, input, read};
use units::Constant;

pub(super) const INPUTS: &[Constant] = &[
    input(
        "lpu.static_w",
        [70.0, 40.0, 100.0],
        "W",
        assumed(
            "about a quarter of the 300 W rating for a chip that waits; nothing public fixes it. With a full pipeline of 70B the bill's 576 \
             chips then draw 95 kW, where a report says over 100 kW on 10 racks",
        ),
    ),
    input("lpu.host_w", [350.0, 200.0, 700.0], "W", assumed("two processors, memory and fans of a server of 8 chips")),
    input(
        "h100.static_w",
        [180.0, 90.0, 250.0],
        "W",
        assumed(
            "clocks up and memory powered, without the energy of reads; 70-120 W is recalled for idle. The datasheet's 10.2 kW of a DGX \
             is a maximum that no bill here reaches",
        ),
    ),
    fixed("h100.tdp_w", 700.0, "W", read("NVIDIA, H100 SXM5 datasheet", "thermal design power")),
    fixed("a100.tdp_w", 400.0, "W", read("NVIDIA, A100 80GB SXM datasheet", "thermal design power")),
    input("a100.static_w", [103.0, 55.0, 150.0], "W", derived("h100.static_w * a100.tdp_w / h100.tdp_w")),
    input("h100.host_w", [500.0, 200.0, 1000.0], "W", assumed("the share of 4 GPUs in processors, switches and fans")),
];

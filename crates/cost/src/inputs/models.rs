//! What a language model weighs, and what a token of it needs, from its published shape.
//!
//! In: nothing.  Out: constants in GB, bytes and thousand millions.
//! Invariant: every size is the arithmetic of the shape, not a figure somebody rounded.
//! Source: Llama-2-70B and Mixtral-8x7B configurations; facts/gpu_and_economics.md section 7.

use super::{assumed, derived, fixed, input, read};
use units::Constant;

pub(super) const INPUTS: &[Constant] = &[
    fixed(
        "model.llama70b.params_g",
        68.98,
        "thousand million",
        derived("(80 * (2*8192^2 + 2*8192*1024 + 3*8192*28672) + 2*32000*8192) / 1e9"),
    ),
    fixed("model.llama70b.kv_bytes", 327_680.0, "B/position", derived("80 * 2 * 1024 * 2")),
    fixed(
        "model.mixtral.params_g",
        46.7,
        "thousand million",
        derived("(32 * (2*4096^2 + 2*4096*1024 + 8*3*4096*14336 + 8*4096) + 2*32000*4096) / 1e9"),
    ),
    fixed(
        "model.mixtral.active_g",
        12.9,
        "thousand million",
        derived("(32 * (2*4096^2 + 2*4096*1024 + 2*3*4096*14336 + 8*4096) + 2*32000*4096) / 1e9"),
    ),
    fixed("model.mixtral.kv_bytes", 131_072.0, "B/position", derived("32 * 2 * 1024 * 2")),
    fixed("lpu.sram_mb", 230.0, "MB", read("Abts et al., ISCA 2022", "abstract: 220 MiB a chip, 230.7 MB")),
    input("case.context", [1024.0, 512.0, 4096.0], "tokens", assumed("a short context, as in the story's price")),
    input(
        "case.mixtral_users",
        [575.18, 100.0, 1200.0],
        "users",
        derived(
            "fit.cache_share * (record.chips * lpu.sram_mb * 1e6 - model.mixtral.params_g * 1e9) \
             / (model.mixtral.kv_bytes * case.context)",
        ),
    ),
    input(
        "fit.cache_share",
        [0.9, 0.7, 1.0],
        "share",
        assumed("of the memory that weights leave free, what caches may fill; the rest is activations and gaps"),
    ),
];

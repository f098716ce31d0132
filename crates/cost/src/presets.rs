//! Systems and services whose bills the story asks for, as data.
//!
//! In: nothing.  Out: hardware and services for the calculators.
//! Invariant: beside inputs, claims and the what-if, the only place of this crate that names anybody's machine.
//! Source: facts/gpu_and_economics.md sections 3, 4 and 7.

use crate::scenario::Service;
use crate::{Hardware, Text};

/// Rates of one user that were printed for LPUs, by id of the input, with the model that was run.
pub const RATES: [(&str, &str); 5] = [
    ("record.lpu_llama70b", "Llama-2-70B"),
    ("record.llmperf_groq", "Llama-2-70B"),
    ("record.decode_groq", "Llama-2-70B"),
    ("service.lpu.rate", "Llama-2-70B"),
    ("record.lpu_mixtral", "Mixtral-8x7B"),
];

/// Prices that were asked for a million tokens of an LPU service, by id of the input, with the model.
pub const PRICES: [(&str, &str); 2] = [("price.llama70b", "Llama-2-70B"), ("price.mixtral", "Mixtral-8x7B")];

/// What a server is paid at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// The parts.
    Materials,
    /// One card at a time in a shop.
    List,
}

/// An LPU system of `chips`, in servers of 8.
pub fn lpu_system(chips: u32, price: Price) -> Hardware {
    let server_price = match price {
        Price::Materials => "lpu.server8",
        Price::List => "lpu.server8_list",
    };
    Hardware {
        name: Text::new(format!("{chips} 顆 LPU"), format!("{chips} LPUs")),
        chips: f64::from(chips),
        servers: f64::from(chips.div_ceil(8)),
        memory_mb: "lpu.sram_mb".to_owned(),
        cache_share: "fit.cache_share".to_owned(),
        static_w: "lpu.static_w".to_owned(),
        host_w: "lpu.host_w".to_owned(),
        memory_pj: "e.sram".to_owned(),
        mac_pj: "e.mac_int8_14nm".to_owned(),
        link_pj: "e.link_c2c".to_owned(),
        server_price: Some(server_price.to_owned()),
        rent: None,
    }
}

/// `gpus` of a DGX H100, with their share of the box.
///
/// What fits is the rule of the model that serves on them; its constants `h100.memory` and `gpu.memory_reserved` (GB) are the caller's to put
/// into the book or on the sheet.
pub fn h100_share(gpus: u32) -> Hardware {
    Hardware {
        name: Text::new(format!("{gpus} 張 H100"), format!("{gpus} H100")),
        chips: f64::from(gpus),
        servers: f64::from(gpus) / 8.0,
        memory_mb: "(h100.memory - gpu.memory_reserved) * 1000".to_owned(),
        cache_share: "1".to_owned(),
        static_w: "h100.static_w".to_owned(),
        host_w: "2 * h100.host_w".to_owned(),
        memory_pj: "e.hbm_h100".to_owned(),
        mac_pj: "e.mac_fp16_4nm".to_owned(),
        link_pj: "e.link_nvlink".to_owned(),
        server_price: Some("h100.dgx".to_owned()),
        rent: Some("h100.gpu_hour".to_owned()),
    }
}

/// `gpus` of a box of 8 A100, with their share of it. No price was found, so there is no bill in dollars.
pub fn a100_share(gpus: u32) -> Hardware {
    Hardware {
        name: Text::new(format!("{gpus} 張 A100"), format!("{gpus} A100")),
        memory_mb: "(a100.memory - gpu.memory_reserved) * 1000".to_owned(),
        static_w: "a100.static_w".to_owned(),
        memory_pj: "e.hbm_a100".to_owned(),
        mac_pj: "e.mac_fp16_7nm".to_owned(),
        server_price: None,
        rent: None,
        ..h100_share(gpus)
    }
}

/// The services whose waiting the story compares.
pub fn services() -> [Service; 3] {
    let service = |name, [ttft, ttft_spread, rate, rate_spread]: [&str; 4]| Service {
        name,
        ttft: ttft.to_owned(),
        ttft_spread: ttft_spread.to_owned(),
        rate: rate.to_owned(),
        rate_spread: rate_spread.to_owned(),
    };
    [
        service(
            Text::of("LPU 服務", "a service on LPUs"),
            ["service.lpu.ttft", "service.lpu.ttft_spread", "service.lpu.rate", "record.spread_groq"],
        ),
        service(
            Text::of("GPU 服務", "a service on GPUs"),
            ["service.gpu.ttft", "service.gpu.ttft_spread", "service.gpu.rate", "record.spread_together"],
        ),
        service(
            Text::of("2024 年初的 ChatGPT", "ChatGPT in early 2024"),
            ["service.chat13.ttft", "service.chat13.ttft_spread", "service.chat13.rate", "service.chat13.rate_spread"],
        ),
    ]
}

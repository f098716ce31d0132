//! Claims about the product: what fits, what it is for, its process, its name, its wit.
//!
//! In: nothing.  Out: the last rows of the story's table.
//! Invariant: no number in "as it stands" that is not among the supports.
//! Source: story.md; facts/hardware.md section 6; facts/gpu_and_economics.md section 4.

use super::{Case, Claim, Support};
use crate::Text;

pub(super) fn claims() -> Vec<Claim> {
    vec![what_fits(), ram(), inference_only(), process(), trading(), chatbot()]
}

fn what_fits() -> Claim {
    const SUPPORTS: &[Support] = &[
        Support::Computed { printed: "576", to: 1.0, formula: "record.chips" },
        Support::Computed { printed: "230", to: 1.0, formula: "lpu.sram_mb" },
        Support::Computed { printed: "132", to: 1.0, formula: "record.chips * lpu.sram_mb / 1000" },
        Support::Computed { printed: "138", to: 1.0, formula: "2 * model.llama70b.params_g" },
        Support::Computed {
            printed: "270",
            to: 10.0,
            formula: "record.stream_bytes * record.ghz_low / model.llama70b.params_g",
        },
        Support::Run { case: Case::WhatFits, printed: &[] },
    ];
    Claim {
        id: "what_fits",
        minutes: "31",
        told: Text::of("大約 100 GB 的模型用 576 顆晶片。", "576 chips for about 100 GB."),
        stands: Text::of(
            "576 顆乘 230 MB 是 132 GB：放得下。Llama-2-70B 用 fp16 要 138 GB，放不下：可見權重是八位元。\
             而一次只有一顆晶片工作的話，每秒不會超過約 270 個 token：每一層都得拆到多顆晶片上。",
            "576 times 230 MB is 132 GB: it fits. Llama-2-70B in fp16 is 138 GB and does not: eight-bit weights are implied. And one \
             chip at a time cannot exceed about 270 tokens/s: layers must be split.",
        ),
        supports: SUPPORTS,
    }
}

fn ram() -> Claim {
    const SUPPORTS: &[Support] = &[Support::Run { case: Case::WhatFits, printed: &[] }];
    Claim {
        id: "ram",
        minutes: "31",
        told: Text::of("記憶體至少要有模型那麼大。", "It needs memory at least the model's size."),
        stands: Text::of(
            "還要放 KV 快取、中間結果與指令：記憶體檢視裡都看得到。",
            "And for the KV cache, activations and instructions, too: the Memory view shows them.",
        ),
        supports: SUPPORTS,
    }
}

fn inference_only() -> Claim {
    const SUPPORTS: &[Support] = &[
        Support::Cited {
            work: "The Twenty Minute VC, E1260 (Jonathan Ross), 2025",
            section: "first chapter: win inference, leave training to NVIDIA",
        },
        Support::Run { case: Case::TenOperations, printed: &[] },
    ];
    Claim {
        id: "inference_only",
        minutes: "36, 40",
        told: Text::of("只能做推論。", "It is for inference only."),
        stands: Text::of("就實際販售的產品而言，沒錯。", "True of the product as sold."),
        supports: SUPPORTS,
    }
}

fn process() -> Claim {
    const SUPPORTS: &[Support] = &[
        Support::Computed { printed: "2.2", to: 0.1, formula: "shipped.sram_mb / lpu.sram_mb" },
        Support::Computed { printed: "1.9", to: 0.1, formula: "shipped.sram_tb_s / node14.sram_tb_s" },
    ];
    Claim {
        id: "process",
        minutes: "29, 44",
        told: Text::of(
            "14 奈米等於綁著一隻手打；下一代是三星 4 奈米。",
            "At 14 nm it fights with one hand tied; Samsung's 4 nm is next.",
        ),
        stands: Text::of(
            "SRAM 最難微縮：實際出貨的後繼晶片，容量約 2.2 倍，頻寬約 1.9 倍。",
            "SRAM scales worst: the successor that shipped has about 2.2 times the capacity and 1.9 times the bandwidth.",
        ),
        supports: SUPPORTS,
    }
}

fn trading() -> Claim {
    const ORIGIN: Text = Text::of("最初是否為了交易而設計", "whether it was first meant for trading");
    const SUPPORTS: &[Support] = &[
        Support::Cited { work: "Abts et al., ISCA 2020", section: "title: a Tensor Streaming Processor (TSP)" },
        Support::NobodyKnows { what: &ORIGIN },
    ];
    Claim {
        id: "trading",
        minutes: "26-27",
        told: Text::of(
            "為交易這類循序的工作而生，後來從 TSP 改名為 LPU。",
            "Built for sequential work such as trading, and renamed from TSP to LPU.",
        ),
        stands: Text::of(
            "改名是公開的；源自交易一說，未經證實。",
            "The rename is public; that trading was the origin is unverified.",
        ),
        supports: SUPPORTS,
    }
}

fn chatbot() -> Claim {
    const SUPPORTS: &[Support] = &[Support::Run { case: Case::SameWords, printed: &[] }];
    Claim {
        id: "chatbot",
        minutes: "21-23",
        told: Text::of(
            "它不是聊天機器人；看起來比較笨，是因為用的是現成的模型。",
            "It is not a chatbot; it looked dumber because the models are stock.",
        ),
        stands: Text::of(
            "這裡也一樣：晶片決定速度，模型決定才智；這句話就寫在我們的文字下方。",
            "So it is here: the chip sets the speed, the model sets the wit; it says so under our text.",
        ),
        supports: SUPPORTS,
    }
}

//! Claims about the chip: its operations, its memory, how busy it is, its links.
//!
//! In: nothing.  Out: the rows of the story's table from minute 30 to 39 that concern one chip.
//! Invariant: no number in "as it stands" that is not among the supports.
//! Source: story.md; facts/hardware.md sections 2, 3 and 7; facts/gpu_and_economics.md section 2.2.

use super::{Case, Claim, Support};
use crate::Text;

pub(super) fn claims() -> Vec<Claim> {
    vec![ten_operations(), sram(), utmost(), links()]
}

fn ten_operations() -> Claim {
    const LIST: Text = Text::of("那份十個運算的清單", "the list of the ten");
    const SUPPORTS: &[Support] = &[
        Support::Cited { work: "groq/groqflow on GitHub", section: "groq-torch-importer writes <name>.gten.mlir" },
        Support::NobodyKnows { what: &LIST },
        Support::Run { case: Case::TenOperations, printed: &[] },
    ];
    Claim {
        id: "ten_operations",
        minutes: "35-37",
        told: Text::of(
            "PyTorch 的上千個運算都能對應到十個「G10 運算」。",
            "A thousand PyTorch operations map to the ten “G10 ops”.",
        ),
        stands: Text::of(
            "公開資料裡沒有這份清單。Groq 公開的工具提到一種張量方言 GTen，很可能就是當時聽到的字。這裡的十個運算是我們自己訂的。",
            "No such list is public. Groq's published tool names a tensor dialect GTen, most likely what was heard. The ten \
             operations here are our own.",
        ),
        supports: SUPPORTS,
    }
}

fn sram() -> Claim {
    const SUPPORTS: &[Support] = &[
        Support::Computed { printed: "348", to: 1.0, formula: "record.h100_memory_gb * 1000 / lpu.sram_mb" },
        Support::Computed { printed: "80", to: 1.0, formula: "node14.sram_tb_s" },
        Support::Computed { printed: "3.35", to: 0.01, formula: "record.h100_hbm_tb_s" },
        Support::Computed { printed: "24", to: 1.0, formula: "node14.sram_tb_s / record.h100_hbm_tb_s" },
        Support::Computed { printed: "51", to: 1.0, formula: "record.sram_bytes * record.ghz_low / 1000" },
        Support::Computed { printed: "56", to: 1.0, formula: "record.sram_bytes * record.ghz_high / 1000" },
        Support::Computed { printed: "18", to: 1.0, formula: "record.stream_bytes * record.ghz_low / 1000" },
        Support::Computed { printed: "20", to: 1.0, formula: "record.stream_bytes * record.ghz_high / 1000" },
    ];
    Claim {
        id: "sram",
        minutes: "30",
        told: Text::of(
            "SRAM 頻寬 80 TB/s，是 H100 的 100 倍；容量小 300 倍。",
            "SRAM at 80 TB/s, 100 times the H100, and 300 times smaller.",
        ),
        stands: Text::of(
            "容量小 348 倍。80 對 3.35 TB/s 是 24 倍；而依公開的寬度，SRAM 給得出 51 到 56 TB/s，串流 18 到 20 TB/s：80 這個數字推不出來。",
            "348 times smaller. 80 against 3.35 TB/s is 24 times; from published widths the SRAM gives 51 to 56 TB/s and the \
             streams 18 to 20 TB/s: the 80 follows from none of them.",
        ),
        supports: SUPPORTS,
    }
}

fn utmost() -> Claim {
    const SUPPORTS: &[Support] = &[
        Support::Computed { printed: "300", to: 1.0, formula: "record.lpu_llama70b" },
        Support::Computed { printed: "20.7", to: 0.1, formula: "model.llama70b.params_g * record.lpu_llama70b / 1000" },
        Support::Computed { printed: "576", to: 1.0, formula: "record.chips" },
        Support::Computed {
            printed: "10,600",
            to: 100.0,
            formula: "record.chips * record.stream_bytes * record.ghz_low / 1000",
        },
        Support::Computed {
            printed: "0.2",
            to: 0.1,
            formula: "100 * model.llama70b.params_g * record.lpu_llama70b \
                      / (record.chips * record.stream_bytes * record.ghz_low)",
        },
        Support::Computed { printed: "20", to: 1.0, formula: "record.tile_cycles" },
        Support::Computed { printed: "62.5", to: 0.1, formula: "record.a100x8_llama70b" },
        Support::Computed {
            printed: "53",
            to: 1.0,
            formula: "100 * 2 * model.llama70b.params_g * record.a100x8_llama70b / (8 * record.a100_hbm_tb_s * 1000)",
        },
        Support::Run { case: Case::Utilisation, printed: &[] },
    ];
    Claim {
        id: "utmost",
        minutes: "33-34, 39",
        told: Text::of("所有的頻寬與算力都用到極致。", "All bandwidth and compute are used to the utmost."),
        stands: Text::of(
            "一位使用者以每秒 300 個 token 使用 Llama-2-70B，只搬動 20.7 TB/s，而 576 顆晶片的串流共有 10,600 TB/s：佔 0.2 %。\
             批次大小為一時，矩陣單元每 20 個週期只有一個在計算。八張 A100 每秒 62.5 個 token，用了 HBM 的 53 %。\
             快，是因為什麼都不必等，不是因為用得滿。",
            "One user of Llama-2-70B at 300 tokens/s moves 20.7 TB/s of the 10,600 TB/s of the streams of 576 chips: 0.2 %. At a \
             batch of one the matrix unit computes in one cycle of 20. Eight A100 at 62.5 tokens/s use 53 % of their HBM. Fast \
             because it waits for nothing, not because it is full.",
        ),
        supports: SUPPORTS,
    }
}

fn links() -> Claim {
    const SUPPORTS: &[Support] = &[
        Support::Computed { printed: "30", to: 1.0, formula: "record.link_gb_s" },
        Support::Computed { printed: "16", to: 1.0, formula: "record.links" },
        Support::Computed { printed: "900", to: 1.0, formula: "record.h100_nvlink_gb_s" },
        Support::Computed { printed: "18", to: 1.0, formula: "record.nvlinks" },
        Support::Computed { printed: "480", to: 1.0, formula: "record.links * record.link_gb_s" },
        Support::Computed { printed: "50", to: 1.0, formula: "record.h100_nvlink_gb_s / record.nvlinks" },
    ];
    Claim {
        id: "links",
        minutes: "38",
        told: Text::of("晶片到晶片 30 GB/s，NVLink 是 900。", "Chip to chip 30 GB/s, NVLink 900."),
        stands: Text::of(
            "30 GB/s 是 16 條連線之一的雙向總和，900 是 18 條 NVLink 全部。同樣的算法：每顆晶片 480 對 900 GB/s，每條連線 30 對 50 GB/s。",
            "30 GB/s is one of 16 links, both directions; 900 is all 18 NVLinks. Like for like: 480 against 900 GB/s per chip, 30 \
             against 50 GB/s per link.",
        ),
        supports: SUPPORTS,
    }
}

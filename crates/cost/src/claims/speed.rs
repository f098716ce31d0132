//! Claims about speed: tokens per second, what a token is, certainty, traffic.
//!
//! In: nothing.  Out: the rows of the story's table about speed and its spread.
//! Invariant: no number in "as it stands" that is not among the supports.
//! Source: story.md; facts/gpu_and_economics.md sections 0, 2.1 and 6.

use super::{Case, Claim, Support};
use crate::Text;

pub(super) fn claims() -> Vec<Claim> {
    vec![llama(), chatgpt(), five_hundred(), a_word(), no_uncertainty(), traffic()]
}

fn llama() -> Claim {
    const SUPPORTS: &[Support] = &[
        Support::Computed { printed: "185", to: 1.0, formula: "record.llmperf_groq" },
        Support::Computed { printed: "65", to: 1.0, formula: "record.llmperf_together" },
        Support::Computed { printed: "267", to: 1.0, formula: "record.decode_groq" },
        Support::Computed { printed: "87", to: 1.0, formula: "record.decode_together" },
        Support::Computed { printed: "2.8", to: 0.1, formula: "record.llmperf_groq / record.llmperf_anyscale" },
        Support::Computed { printed: "18.5", to: 0.1, formula: "record.llmperf_groq / record.llmperf_slowest" },
    ];
    Claim {
        id: "llama",
        minutes: "19-21",
        told: Text::of(
            "Llama-2-70B 每秒 280 個 token；平均 185，第二名 65；快六到七倍。",
            "Llama-2-70B at 280 tokens per second; 185 on average, the next 65; six to seven times.",
        ),
        stands: Text::of(
            "185 與 65 是端到端的數字，含首個 token 的等待；只算解碼是 267 與 87。與榜上各家的中位數相比，快 2.8 到 18.5 倍。",
            "185 and 65 are end to end, with the time to the first token; decoding alone is 267 and 87. Against the medians listed \
             it is 2.8 to 18.5 times.",
        ),
        supports: SUPPORTS,
    }
}

fn chatgpt() -> Claim {
    const MACHINE: Text =
        Text::of("當時的模型大小、機器與負載", "the size of the model, its machines and their load at the time");
    const SUPPORTS: &[Support] = &[Support::NobodyKnows { what: &MACHINE }];
    Claim {
        id: "chatgpt",
        minutes: "19",
        told: Text::of("ChatGPT 每秒 13 個 token。", "ChatGPT writes 13 tokens per second."),
        stands: Text::of(
            "那是更大的模型，也沒有為速度調校；主持人自己也這麼說。",
            "A larger model, not tuned for speed, as the host says himself.",
        ),
        supports: SUPPORTS,
    }
}

fn five_hundred() -> Claim {
    const SUPPORTS: &[Support] = &[Support::Computed { printed: "480", to: 1.0, formula: "record.lpu_mixtral" }];
    Claim {
        id: "five_hundred",
        minutes: "39",
        told: Text::of("每秒 500 個 token。", "500 tokens per second."),
        stands: Text::of("那是 Mixtral；公開的數字是 480。", "For Mixtral; 480 is published."),
        supports: SUPPORTS,
    }
}

fn a_word() -> Claim {
    const SUPPORTS: &[Support] = &[Support::Run { case: Case::TokensPerCharacter, printed: &[] }];
    Claim {
        id: "a_word",
        minutes: "19",
        told: Text::of("一個 token 大約是一個字。", "A token is about a word."),
        stands: Text::of(
            "英文大致如此；中文的 token 往往比字還多：用載入的斷詞器現場數給你看。",
            "In English; in Chinese there are often more tokens than characters: counted here with the tokenizer that is loaded.",
        ),
        supports: SUPPORTS,
    }
}

fn no_uncertainty() -> Claim {
    const SUPPORTS: &[Support] = &[
        Support::Run { case: Case::FabricJitter, printed: &[] },
        Support::Computed { printed: "8", to: 1.0, formula: "100 * record.spread_groq" },
        Support::Computed { printed: "7", to: 1.0, formula: "100 * record.spread_fireworks" },
    ];
    Claim {
        id: "no_uncertainty",
        minutes: "32-34",
        told: Text::of("完全沒有不確定性。", "There is no uncertainty at all."),
        stands: Text::of(
            "晶片之間，差異是零個週期。到了 API，差異是 8 %，與別家相近（一家用 GPU 的是 7 %）：排隊與網路還在。",
            "In the fabric the variation is zero cycles. At the API it is 8 %, like others' (7 % at one on GPUs): queues and \
             networks remain.",
        ),
        supports: SUPPORTS,
    }
}

fn traffic() -> Claim {
    const SUPPORTS: &[Support] =
        &[Support::Run { case: Case::QuietBox, printed: &["1"] }, Support::Run { case: Case::RushHour, printed: &[] }];
    Claim {
        id: "traffic",
        minutes: "33",
        told: Text::of("GPU 塞在車陣裡。", "The GPU waits in traffic."),
        stands: Text::of(
            "一台沒有別人使用、開了 CUDA graphs 的 GPU，差異大約只有 1 %。尖峰來自負載：新來的請求把預填插進解碼步之間，還有批次與排隊。",
            "A quiet GPU box with CUDA graphs varies by about 1 %. The rush hour is load: newcomers' prefill between decode steps, \
             batches, queues.",
        ),
        supports: SUPPORTS,
    }
}

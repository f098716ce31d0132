//! The race: the viewer's own text, written at rates that others published.
//!
//! In: a rate, the time since the start.  Out: how many tokens stand there.
//! Invariant: nothing here was measured on this page; every lane carries its source; all lanes are slowed by the same factor.

use super::{Both, both};

/// How many times slower than the rates say.
pub const SLOWER: f64 = 4.0;

/// One lane.
#[derive(Clone, Copy, Debug)]
pub struct Lane {
    /// Tokens per second for one user.
    pub rate: u32,
    /// Who.
    pub who: Both,
    /// From where.
    pub source: Both,
}

/// The lanes, slowest first.
pub const LANES: [Lane; 5] = [
    Lane {
        rate: 13,
        who: both("ChatGPT", "ChatGPT"),
        source: both("podcast 第 19 分鐘；大得多的模型", "podcast, minute 19; a much larger model"),
    },
    Lane {
        rate: 65,
        who: both("次快的服務", "the next service"),
        source: both("Llama-2-70B，LLMPerf 2024 年 1 月", "Llama-2-70B, LLMPerf, January 2024"),
    },
    Lane {
        rate: 185,
        who: both("Groq，含等待", "Groq, wait included"),
        source: both("Llama-2-70B，LLMPerf 2024 年 1 月", "Llama-2-70B, LLMPerf, January 2024"),
    },
    Lane {
        rate: 280,
        who: both("Groq，純生成", "Groq, decode alone"),
        source: both("Llama-2-70B，Groq 公布", "Llama-2-70B, published by Groq"),
    },
    Lane {
        rate: 480,
        who: both("Groq，Mixtral", "Groq, Mixtral"),
        source: both("Mixtral 8x7B，Groq 公布", "Mixtral 8x7B, published by Groq"),
    },
];

impl Lane {
    /// Tokens that stand there `millis` of the viewer's time after the start, of `tokens` in all.
    pub fn written(&self, millis: f64, tokens: usize) -> usize {
        let due = millis / SLOWER * f64::from(self.rate) / 1000.0;
        (due.max(0.0) as usize).min(tokens)
    }

    /// Seconds that the whole text takes at this rate, not slowed.
    pub fn seconds(&self, tokens: usize) -> f64 {
        tokens as f64 / f64::from(self.rate.max(1))
    }
}

/// Whether the last lane has come in.
pub fn is_over(millis: f64, tokens: usize) -> bool {
    LANES.iter().all(|lane| lane.written(millis, tokens) == tokens)
}

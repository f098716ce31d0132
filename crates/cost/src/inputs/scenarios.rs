//! Services and tasks of more than one call: how fast an answer starts and flows, and how many calls a task takes.
//!
//! In: nothing.  Out: constants in seconds, tokens per second, tokens and calls.
//! Invariant: a task's shape is an input like any other.
//! Source: facts/gpu_and_economics.md sections 2.1 and 5.

use super::{assumed, fixed, input, measured, read};
use units::Constant;

const LLMPERF: &str = "ray-project/llmperf-leaderboard, January 2024";
const RAW: &str = "llmperf-leaderboard raw files: (end to end - first token) / (tokens - 1) of each request, median";
const TTFT: &str = "README, Llama-2-70B-chat, time to first token, median and p99";
const RAW_TTFT: &str = "llmperf-leaderboard raw files: time to first token of each request, deviation over mean";
const ENERGY_BOARD: &str = "ML.ENERGY leaderboard";
const TOT: &str = "Yao et al., Tree of Thoughts, 2023";

pub(super) const INPUTS: &[Constant] = &[
    input("service.lpu.ttft", [0.22, 0.15, 0.35], "s", read(LLMPERF, TTFT)),
    input("service.lpu.ttft_spread", [0.2, 0.1, 0.3], "share", measured(RAW_TTFT, "2024-01-09")),
    input("service.lpu.rate", [267.0, 219.0, 280.0], "tokens/s", measured(RAW, "2024-01-09")),
    input("service.gpu.ttft", [0.63, 0.5, 0.87], "s", read(LLMPERF, TTFT)),
    input("service.gpu.ttft_spread", [0.145, 0.1, 0.3], "share", measured(RAW_TTFT, "2024-01-09")),
    input("service.gpu.rate", [87.0, 55.0, 95.0], "tokens/s", measured(RAW, "2024-01-09")),
    input("service.chat13.ttft", [0.8, 0.4, 2.0], "s", assumed("a typical first token of a busy service")),
    input(
        "service.chat13.ttft_spread",
        [0.2, 0.1, 0.5],
        "share",
        assumed("nothing was recorded; between the services that were, 0.145 to 0.29"),
    ),
    input(
        "service.chat13.rate_spread",
        [0.13, 0.07, 0.19],
        "share",
        assumed("nothing was recorded; between the services that were, 0.071 to 0.185"),
    ),
    input("service.chat13.rate", [13.0, 10.0, 20.0], "tokens/s", assumed("as told in the story, minute 19")),
    input("task.chat.out", [150.0, 100.0, 300.0], "tokens", read("ray-project/llmperf", "protocol: 550 in, 150 out")),
    fixed("task.chat_long.out", 717.0, "tokens", read(ENERGY_BOARD, "text conversation, mean output")),
    fixed("task.thought.out", 6988.0, "tokens", read(ENERGY_BOARD, "problem solving, mean output")),
    fixed("task.search.out", 600.0, "tokens", assumed("a reading of the results of one search, before the next")),
    input("task.search.rounds", [5.0, 2.0, 10.0], "calls", assumed("searches in a chain of thought")),
    input("task.search.tool", [0.8, 0.3, 2.0], "s", assumed("one web search with the fetch of its pages")),
    input(
        "task.tot.rounds",
        [12.0, 3.0, 20.0],
        "calls",
        assumed("dependent rounds of proposals and votes; 50 and more calls"),
    ),
    fixed("task.tot.out", 5500.0, "tokens", read(TOT, "Game of 24, breadth 5: output tokens per case")),
    input("task.react.calls", [8.0, 3.0, 15.0], "calls", assumed("recalled: steps of an agent that reasons and acts")),
    input("task.react.out", [200.0, 100.0, 400.0], "tokens", assumed("recalled: a thought and an action")),
    input("task.react.tool", [0.5, 0.1, 2.0], "s", assumed("recalled: one call of a tool")),
    input(
        "task.coding.calls",
        [40.0, 10.0, 100.0],
        "calls",
        assumed("steps of a coding agent; runs differ 30-fold (arXiv 2604.22750)"),
    ),
    input("task.coding.out", [350.0, 150.0, 800.0], "tokens", assumed("an edit or a command with its reason")),
    input("task.coding.tool", [2.0, 0.5, 30.0], "s", assumed("reading files, building, testing")),
    input("task.debate.rounds", [4.0, 2.0, 8.0], "calls", assumed("recalled: rounds of a debate of agents")),
    input("task.debate.agents", [3.0, 2.0, 5.0], "calls", assumed("recalled: agents who debate")),
    input("task.debate.out", [250.0, 100.0, 500.0], "tokens", assumed("recalled: one contribution")),
    input("task.voice.hear", [0.12, 0.08, 0.15], "s", assumed("speech to text: 80-150 ms are printed by vendors")),
    input(
        "task.voice.out",
        [15.0, 8.0, 30.0],
        "tokens",
        assumed("the first sentence, which can be spoken while the rest is made"),
    ),
    input("task.voice.speak", [0.2, 0.15, 0.25], "s", assumed("text to speech until the first sound: 150-250 ms")),
    input("task.voice.network", [0.045, 0.03, 0.06], "s", assumed("there and back: 30-60 ms")),
    input(
        "task.voice.budget",
        [0.8, 0.5, 0.8],
        "s",
        assumed("500-800 ms feel like talking; people leave gaps of 0.2 s"),
    ),
    input(
        "task.translate.out",
        [30.0, 20.0, 40.0],
        "tokens",
        assumed("the last tokens of a sentence, translated again"),
    ),
    input("task.translate.budget", [0.5, 0.3, 1.0], "s", assumed("a new translation every half second")),
    fixed("tail.share", 0.99, "share", assumed("the definition of p99")),
    fixed(
        "tail.deviations",
        2.326,
        "deviations",
        read("NIST/SEMATECH e-Handbook of Statistical Methods", "1.3.6.7.1: normal distribution, below which 0.99 lie"),
    ),
    input(
        "tail.correlation",
        [0.0, 0.0, 1.0],
        "share",
        assumed(
            "0: calls of a task are slow independently of one another; 1: all together. No service has published it",
        ),
    ),
];

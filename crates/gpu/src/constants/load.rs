//! Constants of users, queues and the way to them.
//!
//! In: nothing.  Out: constants with their evidence.

use super::{Bounds, assumed, constant, fitted, published};
use units::Constant;

const LLMPERF: &str = "ray-project, llmperf-leaderboard, 2024";
const FIXED: &str =
    "search by hand of four parameters for three figures of one provider: ITL 3.74 ms, CV 0.079, first token CV 0.20";
const PRESET: &str =
    "grid search of five parameters for three figures of one provider: ITL 11.49 ms, CV 0.132, p99/p50 1.58";

/// Requests per second.
pub const ARRIVALS: Constant = constant("load.arrivals", Bounds(0.05, 1.0, 10.0), "1/s", fitted(PRESET));
/// Tokens of a prompt, in the mean.
pub const PROMPT: Constant =
    constant("load.prompt", Bounds(50.0, 550.0, 8000.0), "token", published(LLMPERF, "README, 550 in"));
/// Spread of the same, of its logarithm.
pub const PROMPT_SPREAD: Constant = constant("load.prompt_spread", Bounds(0.0, 0.5, 1.0), "", assumed("users differ"));
/// Tokens of an answer.
pub const OUTPUT: Constant =
    constant("load.output", Bounds(10.0, 150.0, 4000.0), "token", published(LLMPERF, "README, 150 out"));
/// Spread of the same where it is not fixed, of its logarithm.
pub const OUTPUT_SPREAD: Constant =
    constant("load.output_spread", Bounds(0.0, 0.8, 1.5), "", assumed("answers differ"));
/// Sequences decoded together at most.
pub const BATCH_MAX: Constant = constant("load.batch_max", Bounds(1.0, 64.0, 256.0), "", assumed("a usual setting"));
/// There and back.
pub const ROUND_TRIP: Constant =
    constant("load.round_trip", Bounds(1.0, 20.0, 150.0), "ms", assumed("client and server in one region"));
/// What the way adds to each packet at random, in the mean.
pub const NETWORK_JITTER: Constant =
    constant("load.network_jitter", Bounds(0.0, 5.0, 30.0), "ms", assumed("gamma distribution, k = 4"));
/// Rush hour: a step with no sequence.
pub const RUSH_STEP: Constant = constant("load.rush_step", Bounds(9.0, 10.0, 13.5), "ms", fitted(PRESET));
/// Rush hour: what each sequence adds.
pub const RUSH_SEQUENCE: Constant = constant("load.rush_sequence", Bounds(0.1, 0.3, 0.3), "ms", fitted(PRESET));
/// Rush hour: prefill of a mean prompt.
pub const RUSH_PREFILL: Constant = constant("load.rush_prefill", Bounds(55.0, 90.0, 90.0), "ms", fitted(PRESET));
/// Rush hour: spread of prompts, of their logarithm.
pub const RUSH_SPREAD: Constant = constant("load.rush_spread", Bounds(0.5, 0.8, 0.8), "", fitted(PRESET));

/// A service with a fixed clock: a step.
pub const FIXED_STEP: Constant = constant("load.fixed_step", Bounds(3.3, 3.6, 4.2), "ms", fitted(FIXED));
/// The same: prefill of a prompt token.
pub const FIXED_PREFILL: Constant = constant("load.fixed_prefill", Bounds(0.1, 0.2, 0.3), "ms", fitted(FIXED));
/// The same: requests per second.
pub const FIXED_RATE: Constant = constant("load.fixed_rate", Bounds(0.05, 0.2, 1.0), "1/s", fitted(FIXED));
/// The same: spread of prompts, of their logarithm.
pub const FIXED_SPREAD: Constant = constant(
    "load.fixed_spread",
    Bounds(0.0, 0.27, 0.5),
    "",
    assumed("150 of 550 tokens, a usual setting of that benchmark"),
);
/// The same: what the way adds to each packet, in the mean.
pub const FIXED_JITTER: Constant = constant("load.fixed_jitter", Bounds(5.0, 30.0, 60.0), "ms", fitted(FIXED));

/// All of them.
pub const ALL: &[Constant] = &[
    ARRIVALS,
    PROMPT,
    PROMPT_SPREAD,
    OUTPUT,
    OUTPUT_SPREAD,
    BATCH_MAX,
    ROUND_TRIP,
    NETWORK_JITTER,
    RUSH_STEP,
    RUSH_SEQUENCE,
    RUSH_PREFILL,
    RUSH_SPREAD,
    FIXED_STEP,
    FIXED_PREFILL,
    FIXED_RATE,
    FIXED_SPREAD,
    FIXED_JITTER,
];

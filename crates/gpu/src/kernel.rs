//! Kinds of kernels and which part of the graph each one computes.
//!
//! In: the origin of a node.  Out: the kernel that fuses it.
//! Invariant: every key that our importers give has its place here; an unknown one is refused, not guessed.
//! Method: one table.

use graph::Origin;
use serde::{Deserialize, Serialize};

/// A kernel of a decode step, in the order of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// Look-up of the token's row.
    Embed,
    /// Norm before attention.
    Norm,
    /// Queries, keys, values.
    Qkv,
    /// Rotation, and writing the cache.
    Rope,
    /// Scores, softmax, mixture of values.
    Attention,
    /// Output projection of attention.
    Output,
    /// The GPUs add up what attention gives.
    AttentionSum,
    /// Norm before the feed-forward part, residual included.
    FfnNorm,
    /// Scores of the experts.
    Router,
    /// Choice of the experts.
    TopTwo,
    /// Tokens sorted by expert.
    Permute,
    /// Gate and up projections.
    GateUp,
    /// Activation times the up projection.
    Activate,
    /// Down projection.
    Down,
    /// The GPUs add up what the feed-forward part gives.
    FfnSum,
    /// Last norm.
    FinalNorm,
    /// Logits.
    Head,
    /// Choice of the token.
    Sample,
}

impl Kind {
    /// Kernels of a layer in the order in which they run.
    pub const OF_LAYER: [Kind; 14] = [
        Kind::Norm,
        Kind::Qkv,
        Kind::Rope,
        Kind::Attention,
        Kind::Output,
        Kind::AttentionSum,
        Kind::FfnNorm,
        Kind::Router,
        Kind::TopTwo,
        Kind::Permute,
        Kind::GateUp,
        Kind::Activate,
        Kind::Down,
        Kind::FfnSum,
    ];

    /// The kernel that computes nodes of `origin`; `Some(None)` where they cost nothing of their own (a neighbour fuses them, or
    /// the tables were made before), `None` where the part is not known.
    pub(crate) fn of(origin: &Origin) -> Option<Option<Kind>> {
        let kind = match (origin.layer.is_some(), origin.part.as_str()) {
            (true, "attn_norm") => Kind::Norm,
            (true, "attn_q" | "attn_k" | "attn_v") => Kind::Qkv,
            (true, "rope" | "kv_append") => Kind::Rope,
            (true, "attn_scores" | "softmax" | "attn_values") => Kind::Attention,
            (true, "attn_output") => Kind::Output,
            (true, "ffn_norm") => Kind::FfnNorm,
            (true, "ffn_gate_inp") => Kind::Router,
            (true, "top_two") => Kind::TopTwo,
            (true, "ffn_gate" | "ffn_up" | "ffn_gate_exps" | "ffn_up_exps") => Kind::GateUp,
            (true, "silu") => Kind::Activate,
            (true, "ffn_down" | "ffn_down_exps") => Kind::Down,
            (true, "combine" | "residual") | (false, "rope" | "attn_scores") => return Some(None),
            (false, "embed") => Kind::Embed,
            (false, "output_norm") => Kind::FinalNorm,
            (false, "head") => Kind::Head,
            _ => return None,
        };
        Some(Some(kind))
    }

    /// Whether it is an exchange between GPUs.
    pub fn is_sum(self) -> bool {
        matches!(self, Kind::AttentionSum | Kind::FfnSum)
    }

    /// Key for labels, as the origins of the graph.
    pub fn key(self) -> &'static str {
        match self {
            Kind::Embed => "embed",
            Kind::Norm => "norm",
            Kind::Qkv => "qkv",
            Kind::Rope => "rope",
            Kind::Attention => "attention",
            Kind::Output => "output",
            Kind::AttentionSum => "attention_sum",
            Kind::FfnNorm => "ffn_norm",
            Kind::Router => "router",
            Kind::TopTwo => "top_two",
            Kind::Permute => "permute",
            Kind::GateUp => "gate_up",
            Kind::Activate => "activate",
            Kind::Down => "down",
            Kind::FfnSum => "ffn_sum",
            Kind::FinalNorm => "final_norm",
            Kind::Head => "head",
            Kind::Sample => "sample",
        }
    }
}

//! Kinds of kernels and which part of the graph each one computes.
//!
//! In: the origin of a node.  Out: the kernel that fuses it.
//! Invariant: every key that our importers give has its place here; an unknown one is refused, not guessed.
//! Method: one table, read both ways: a picture finds the same operator on both machines by it.

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

    /// Kernels outside the layers.
    pub const OUTER: [Kind; 4] = [Kind::Embed, Kind::FinalNorm, Kind::Head, Kind::Sample];

    /// The parts of the graph that it computes, as the origins of nodes name them; none where the GPU does what no graph asks for.
    pub fn parts(self) -> &'static [&'static str] {
        match self {
            Kind::Embed => &["embed"],
            Kind::Norm => &["attn_norm"],
            Kind::Qkv => &["attn_q", "attn_k", "attn_v"],
            Kind::Rope => &["rope", "kv_append"],
            Kind::Attention => &["attn_scores", "softmax", "attn_values"],
            Kind::Output => &["attn_output"],
            Kind::FfnNorm => &["ffn_norm"],
            Kind::Router => &["ffn_gate_inp"],
            Kind::TopTwo => &["top_two"],
            Kind::GateUp => &["ffn_gate", "ffn_up", "ffn_gate_exps", "ffn_up_exps"],
            Kind::Activate => &["silu"],
            Kind::Down => &["ffn_down", "ffn_down_exps"],
            Kind::FinalNorm => &["output_norm"],
            Kind::Head => &["head"],
            Kind::AttentionSum | Kind::Permute | Kind::FfnSum | Kind::Sample => &[],
        }
    }

    /// The kernel that computes nodes of `origin`; `Some(None)` where they cost nothing of their own (a neighbour fuses them, or
    /// the tables were made before), `None` where the part is not known.
    pub(crate) fn of(origin: &Origin) -> Option<Option<Kind>> {
        let part = origin.part.as_str();
        let (kinds, free): (&[Kind], _) = match origin.layer {
            Some(_) => (&Kind::OF_LAYER, ["combine", "residual"]),
            None => (&Kind::OUTER, ["rope", "attn_scores"]),
        };
        let kind = kinds.iter().copied().find(|kind| kind.parts().contains(&part));
        if kind.is_some() || free.contains(&part) { Some(kind) } else { None }
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

//! The tensors of a Llama model: names and extents.
//!
//! In: a shape.  Out: for each tensor its name in the file and what extents it must have.
//! Invariant: the graph asks for exactly these tensors, and a file may hold no other.
//! Method: two small enumerations, the parts of a layer and what lies outside layers.
//! Source: GGUF specification, "Standardized tensor names".

use super::LlamaShape;
use super::experts::Experts;
use super::shape::Head;

/// A tensor of each layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerPart {
    /// Gain of the norm before attention, `[width]`.
    AttentionNorm,
    /// Queries, `[heads * head_dim, width]`.
    Query,
    /// Keys, `[kv_heads * head_dim, width]`.
    Key,
    /// Values, `[kv_heads * head_dim, width]`.
    Value,
    /// Output projection of attention, `[width, heads * head_dim]`.
    AttentionOutput,
    /// Gain of the norm before the feed-forward part, `[width]`.
    FfnNorm,
    /// Gate, `[ffn, width]`.
    Gate,
    /// Up projection, `[ffn, width]`.
    Up,
    /// Down projection, `[width, ffn]`.
    Down,
}

/// A tensor of each layer's mixture of experts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpertPart {
    /// A score for each expert, `[experts, width]`.
    Router,
    /// Gates of all experts, `[experts, ffn, width]`.
    Gate,
    /// Up projections of all experts, `[experts, ffn, width]`.
    Up,
    /// Down projections of all experts, `[experts, width, ffn]`.
    Down,
}

/// A tensor outside the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OuterPart {
    /// One row per token, `[vocab, width]`.
    Embedding,
    /// Gain of the last norm, `[width]`.
    OutputNorm,
    /// Logits, `[vocab, width]`; absent where the embedding serves.
    Output,
}

impl LayerPart {
    /// All parts of a layer.
    pub const ALL: [LayerPart; 9] = [
        LayerPart::AttentionNorm,
        LayerPart::Query,
        LayerPart::Key,
        LayerPart::Value,
        LayerPart::AttentionOutput,
        LayerPart::FfnNorm,
        LayerPart::Gate,
        LayerPart::Up,
        LayerPart::Down,
    ];

    /// Name of this part of layer `layer`.
    pub fn name(self, layer: u32) -> String {
        let part = match self {
            LayerPart::AttentionNorm => "attn_norm",
            LayerPart::Query => "attn_q",
            LayerPart::Key => "attn_k",
            LayerPart::Value => "attn_v",
            LayerPart::AttentionOutput => "attn_output",
            LayerPart::FfnNorm => "ffn_norm",
            LayerPart::Gate => "ffn_gate",
            LayerPart::Up => "ffn_up",
            LayerPart::Down => "ffn_down",
        };
        format!("blk.{layer}.{part}.weight")
    }

    /// Extents, outermost first.
    pub fn extents(self, shape: &LlamaShape) -> Vec<u32> {
        match self {
            LayerPart::AttentionNorm | LayerPart::FfnNorm => vec![shape.width],
            LayerPart::Query => vec![shape.query_width(), shape.width],
            LayerPart::Key | LayerPart::Value => vec![shape.kv_width(), shape.width],
            LayerPart::AttentionOutput => vec![shape.width, shape.query_width()],
            LayerPart::Gate | LayerPart::Up => vec![shape.ffn, shape.width],
            LayerPart::Down => vec![shape.width, shape.ffn],
        }
    }
}

impl ExpertPart {
    /// The matrices of the experts themselves.
    pub const MATRICES: [ExpertPart; 3] = [ExpertPart::Gate, ExpertPart::Up, ExpertPart::Down];

    /// Its part of the name, which is the origin of its nodes.
    pub fn key(self) -> &'static str {
        match self {
            ExpertPart::Router => "ffn_gate_inp",
            ExpertPart::Gate => "ffn_gate_exps",
            ExpertPart::Up => "ffn_up_exps",
            ExpertPart::Down => "ffn_down_exps",
        }
    }

    /// Name of this part of layer `layer`.
    pub fn name(self, layer: u32) -> String {
        format!("blk.{layer}.{}.weight", self.key())
    }

    /// Extents, outermost first.
    pub fn extents(self, shape: &LlamaShape, experts: Experts) -> Vec<u32> {
        match self {
            ExpertPart::Router => vec![experts.count, shape.width],
            ExpertPart::Gate | ExpertPart::Up => vec![experts.count, shape.ffn, shape.width],
            ExpertPart::Down => vec![experts.count, shape.width, shape.ffn],
        }
    }
}

impl OuterPart {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            OuterPart::Embedding => "token_embd.weight",
            OuterPart::OutputNorm => "output_norm.weight",
            OuterPart::Output => "output.weight",
        }
    }

    /// Extents, outermost first.
    pub fn extents(self, shape: &LlamaShape) -> Vec<u32> {
        match self {
            OuterPart::Embedding | OuterPart::Output => vec![shape.vocab, shape.width],
            OuterPart::OutputNorm => vec![shape.width],
        }
    }
}

/// Names and extents of all tensors that a model of this shape has, layer by layer.
pub fn all(shape: &LlamaShape) -> impl Iterator<Item = (String, Vec<u32>)> + '_ {
    let own = (shape.head == Head::Own).then_some(OuterPart::Output);
    let outer = [OuterPart::Embedding, OuterPart::OutputNorm].into_iter().chain(own);
    let outer = outer.map(|part| (part.name().to_owned(), part.extents(shape)));
    let layers = (0..shape.layers).flat_map(|layer| LayerPart::ALL.map(|part| (part.name(layer), part.extents(shape))));
    outer.chain(layers)
}

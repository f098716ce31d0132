//! Builds the graph of one pass: tokens of a sequence in, a hidden row for each out.
//!
//! In: a shape and the number of tokens.  Out: an f32 graph of the ten operations.
//! Invariant: inputs `token.0`, `token.1`, ... (i32 `[1]`), output `hidden` (`[tokens, width]`); each tensor is declared once; every node has
//!     an origin.
//! Method: the published equations in order, norms after the sums. All tokens are of the first segment.

use super::BertShape;
use graph::{Builder, DType, Graph, NodeId};

/// The graph of one pass over `tokens` tokens, at least one and at most `shape.positions`.
pub fn encode(shape: &BertShape, tokens: u32) -> Graph {
    let mut pass = Pass { shape, tokens, builder: Builder::new() };
    let mut hidden = pass.embed();
    for layer in 0..shape.layers {
        hidden = pass.attention(layer, hidden);
        hidden = pass.feed_forward(layer, hidden);
    }
    pass.builder.output("hidden", hidden);
    pass.builder.finish()
}

struct Pass<'s> {
    shape: &'s BertShape,
    tokens: u32,
    builder: Builder,
}

impl Pass<'_> {
    /// Rows of tokens, positions and segment, added and normed.
    fn embed(&mut self) -> NodeId {
        let BertShape { width, vocab, positions, .. } = *self.shape;
        self.builder.set_origin(None, "embed");
        let table = self.builder.weight("token_embd.weight", DType::F32, &[vocab, width]);
        let mut rows = Vec::new();
        for token in 0..self.tokens {
            let index = self.builder.input(&format!("token.{token}"), DType::I32, &[1]);
            rows.push(self.builder.gather(table, index));
        }
        let words = self.builder.copy(0, &rows);
        let positions = self.builder.weight("position_embd.weight", DType::F32, &[positions, width]);
        let places = self.builder.rows(positions, 0, self.tokens);
        let segments = self.builder.weight("token_types.weight", DType::F32, &[2, width]);
        let segment = self.builder.rows(segments, 0, 1);
        let segment = self.builder.as_rows(segment, &[self.tokens, width]);
        let sum = self.builder.add(words, places);
        let sum = self.builder.add(sum, segment);
        self.norm("token_embd_norm", None, sum)
    }

    /// `hidden` plus what attention adds to it, normed.
    fn attention(&mut self, layer: u32, hidden: NodeId) -> NodeId {
        let (heads, dim, width) = (self.shape.heads, self.shape.head_dim(), self.shape.width);
        let split = |pass: &mut Self, part: &str| {
            let rows = pass.linear(layer, part, [width, width], hidden);
            pass.builder.reshape(rows, &[pass.tokens, heads, dim])
        };
        let [query, key, value] = ["attn_q", "attn_k", "attn_v"].map(|part| split(self, part));
        self.builder.set_origin(Some(layer), "attn_scores");
        let [query, key] = [query, key].map(|rows| self.builder.permute_axes(rows, &[1, 0, 2]));
        let scores = self.builder.matmul(query, key);
        let scores = self.builder.scale(scores, (1.0 / f64::from(dim).sqrt()) as f32);
        self.builder.set_origin(Some(layer), "softmax");
        let shares = self.builder.softmax(scores);
        self.builder.set_origin(Some(layer), "attn_values");
        let value = self.builder.permute_axes(value, &[1, 2, 0]);
        let mixed = self.builder.matmul(shares, value);
        let mixed = self.builder.permute_axes(mixed, &[1, 0, 2]);
        let mixed = self.builder.reshape(mixed, &[self.tokens, width]);
        let output = self.linear(layer, "attn_output", [width, width], mixed);
        let sum = self.builder.add(hidden, output);
        self.norm("attn_output_norm", Some(layer), sum)
    }

    /// `hidden` plus what the feed-forward part adds to it, normed.
    fn feed_forward(&mut self, layer: u32, hidden: NodeId) -> NodeId {
        let BertShape { width, ffn, .. } = *self.shape;
        let up = self.linear(layer, "ffn_up", [ffn, width], hidden);
        self.builder.set_origin(Some(layer), "gelu");
        let up = self.builder.gelu_by_tanh(up);
        let down = self.linear(layer, "ffn_down", [width, ffn], up);
        let sum = self.builder.add(hidden, down);
        self.norm("layer_output_norm", Some(layer), sum)
    }

    /// Rows times the matrix of `part`, plus its bias.
    fn linear(&mut self, layer: u32, part: &str, extents: [u32; 2], rows: NodeId) -> NodeId {
        self.builder.set_origin(Some(layer), part);
        let weight = self.builder.weight(&format!("blk.{layer}.{part}.weight"), DType::F32, &extents);
        let bias = self.builder.weight(&format!("blk.{layer}.{part}.bias"), DType::F32, &extents[..1]);
        let product = self.builder.matmul(rows, weight);
        let bias = self.builder.as_rows(bias, &[self.tokens, extents[0]]);
        self.builder.add(product, bias)
    }

    fn norm(&mut self, part: &str, layer: Option<u32>, rows: NodeId) -> NodeId {
        self.builder.set_origin(layer, part);
        let whose = layer.map_or(String::new(), |layer| format!("blk.{layer}."));
        let mut tensor =
            |what: &str| self.builder.weight(&format!("{whose}{part}.{what}"), DType::F32, &[self.shape.width]);
        let both = ["weight", "bias"].map(&mut tensor);
        self.builder.layer_norm(rows, both, self.shape.epsilon)
    }
}

//! Builds the graph of one decode step: a token and its position in, logits out, keys and values kept.
//!
//! In: a shape and the number of positions to keep room for.  Out: an f32 graph of the ten operations.
//! Invariant: inputs `token` and `position` (i32 `[1]`), states `k.L` and `v.L` (`[context, kv_heads * head_dim]`), output
//! `logits` (`[1, vocab]`); external tensors are those of `tensors::all`, each declared once; every node has an origin.
//! Method: the published equations in order. Positions after the present one are masked, so that one graph serves them all.
//! Source: Touvron et al., 2023, section 2.2; Ainslie et al., "GQA", 2023, for shared key heads.

use super::experts::Experts;
use super::rotary;
use super::shape::{Head, LlamaShape};
use super::tensors::{LayerPart, OuterPart};
use graph::expr::immediate;
use graph::{Arg, Builder, DType, Expr, Graph, NodeId, ScalarOp};

/// What a masked position scores: its exponential is zero beside any real score.
pub(super) const MASKED: f32 = -1e30;

/// The graph of one decode step with room for `context` positions.
///
/// `shape` has passed its `check`, and `context * kv_width` elements are legal in a tensor; both are the caller's to ensure.
pub fn decode_step(shape: &LlamaShape, context: u32) -> Graph {
    Step::new(shape, context).build(|step, layer, residual| step.feed_forward(layer, residual))
}

/// The same with a mixture of experts in place of every feed-forward part; `shape.ffn` is the width of one expert.
pub fn decode_step_of_experts(shape: &LlamaShape, experts: Experts, context: u32) -> Graph {
    Step::new(shape, context).build(|step, layer, residual| step.expert_feed_forward(experts, layer, residual))
}

pub(super) struct Step<'s> {
    pub(super) shape: &'s LlamaShape,
    context: u32,
    pub(super) builder: Builder,
    token: NodeId,
    position: NodeId,
    embedding: NodeId,
    /// The present position's row of the cosine table, `[1, head_dim]`.
    cos: NodeId,
    /// The same of the signed sines.
    sin: NodeId,
    /// 1 where a position may be looked at, `[kv_heads, heads / kv_heads, context]`, i32.
    visible: NodeId,
}

impl<'s> Step<'s> {
    fn new(shape: &'s LlamaShape, context: u32) -> Self {
        let mut builder = Builder::new();
        builder.set_origin(None, "embed");
        let token = builder.input("token", DType::I32, &[1]);
        let embedding = OuterPart::Embedding;
        let embedding = builder.weight(embedding.name(), DType::F32, &embedding.extents(shape));
        builder.set_origin(None, "rope");
        let position = builder.input("position", DType::I32, &[1]);
        let tables = rotary::tables(shape.rope_base, shape.head_dim, context);
        let mut row = |values: Vec<f32>| {
            let table = builder.const_f32(&[context, shape.head_dim], values);
            builder.gather(table, position)
        };
        let (cos, sin) = (row(tables.cos), row(tables.sin));
        builder.set_origin(None, "attn_scores");
        let extents = [shape.kv_heads, shape.heads / shape.kv_heads, context];
        let iota = builder.const_i32(&[1, 1, context], (0..context as i32).collect());
        let iota = spread(&mut builder, iota, &extents);
        let present = builder.reshape(position, &[1, 1, 1]);
        let present = spread(&mut builder, present, &extents);
        let visible = builder.scalar(ScalarOp::LessEqual, &[iota, present]);
        Step { shape, context, builder, token, position, embedding, cos, sin, visible }
    }

    /// All layers, each with `feed_forward` after attention, then the head.
    fn build(mut self, feed_forward: impl Fn(&mut Self, u32, NodeId) -> NodeId) -> Graph {
        let mut residual = self.embed();
        for layer in 0..self.shape.layers {
            residual = self.attention(layer, residual);
            residual = feed_forward(&mut self, layer, residual);
        }
        self.head(residual);
        self.builder.finish()
    }

    /// The token's row of the embedding, `[1, width]`.
    fn embed(&mut self) -> NodeId {
        self.builder.set_origin(None, "embed");
        self.builder.gather(self.embedding, self.token)
    }

    /// `residual` plus what attention adds to it.
    fn attention(&mut self, layer: u32, residual: NodeId) -> NodeId {
        let (kv_heads, head_dim) = (self.shape.kv_heads, self.shape.head_dim);
        let group = self.shape.heads / kv_heads;
        let normal = self.norm(layer, "attn_norm", LayerPart::AttentionNorm, residual);
        let query = self.linear(layer, "attn_q", LayerPart::Query, normal);
        let key = self.linear(layer, "attn_k", LayerPart::Key, normal);
        let value = self.linear(layer, "attn_v", LayerPart::Value, normal);
        let query = self.rotate(layer, query);
        let key = self.rotate(layer, key);
        let keys = self.append(layer, "k", key);
        let values = self.append(layer, "v", value);
        let probabilities = self.probabilities(layer, query, keys);
        self.builder.set_origin(Some(layer), "attn_values");
        let values = self.builder.reshape(values, &[self.context, kv_heads, head_dim]);
        let values = self.builder.permute_axes(values, &[1, 2, 0]);
        let mixed = self.builder.matmul(probabilities, values);
        let mixed = self.builder.reshape(mixed, &[1, kv_heads * group * head_dim]);
        let output = self.linear(layer, "attn_output", LayerPart::AttentionOutput, mixed);
        self.builder.set_origin(Some(layer), "residual");
        self.builder.add(residual, output)
    }

    /// How much each head looks at each position, `[kv_heads, heads / kv_heads, context]`.
    fn probabilities(&mut self, layer: u32, query: NodeId, keys: NodeId) -> NodeId {
        let (kv_heads, head_dim) = (self.shape.kv_heads, self.shape.head_dim);
        self.builder.set_origin(Some(layer), "attn_scores");
        let query = self.builder.reshape(query, &[kv_heads, self.shape.heads / kv_heads, head_dim]);
        let keys = self.builder.reshape(keys, &[self.context, kv_heads, head_dim]);
        let keys = self.builder.permute_axes(keys, &[1, 0, 2]);
        let scores = self.builder.matmul(query, keys);
        let mut expr = Expr::default();
        let scaled = expr.push(ScalarOp::Mul, &[Arg::Input(1), immediate(inverse_root(head_dim))]);
        expr.push(ScalarOp::Select, &[Arg::Input(0), scaled, immediate(MASKED)]);
        let scores = self.builder.map(expr, &[self.visible, scores]);
        self.builder.set_origin(Some(layer), "softmax");
        self.builder.softmax(scores)
    }

    /// `residual` plus what the feed-forward part adds to it.
    fn feed_forward(&mut self, layer: u32, residual: NodeId) -> NodeId {
        let normal = self.ffn_norm(layer, residual);
        let gate = self.linear(layer, "ffn_gate", LayerPart::Gate, normal);
        let up = self.linear(layer, "ffn_up", LayerPart::Up, normal);
        self.builder.set_origin(Some(layer), "silu");
        let gate = self.builder.silu(gate);
        let gated = self.builder.mul(gate, up);
        let down = self.linear(layer, "ffn_down", LayerPart::Down, gated);
        self.builder.set_origin(Some(layer), "residual");
        self.builder.add(residual, down)
    }

    /// The norm before the feed-forward part.
    pub(super) fn ffn_norm(&mut self, layer: u32, residual: NodeId) -> NodeId {
        self.norm(layer, "ffn_norm", LayerPart::FfnNorm, residual)
    }

    /// Last norm and logits.
    fn head(&mut self, residual: NodeId) {
        self.builder.set_origin(None, "output_norm");
        let norm = OuterPart::OutputNorm;
        let gain = self.builder.weight(norm.name(), DType::F32, &norm.extents(self.shape));
        let normal = self.builder.rms_norm(residual, gain, self.shape.epsilon);
        self.builder.set_origin(None, "head");
        let matrix = match self.shape.head {
            Head::Tied => self.embedding,
            Head::Own => {
                let output = OuterPart::Output;
                self.builder.weight(output.name(), DType::F32, &output.extents(self.shape))
            }
        };
        let logits = self.builder.matmul(normal, matrix);
        self.builder.output("logits", logits);
    }

    fn norm(&mut self, layer: u32, origin: &str, part: LayerPart, x: NodeId) -> NodeId {
        self.builder.set_origin(Some(layer), origin);
        let gain = self.builder.weight(&part.name(layer), DType::F32, &part.extents(self.shape));
        self.builder.rms_norm(x, gain, self.shape.epsilon)
    }

    fn linear(&mut self, layer: u32, origin: &str, part: LayerPart, x: NodeId) -> NodeId {
        self.builder.set_origin(Some(layer), origin);
        let weight = self.builder.weight(&part.name(layer), DType::F32, &part.extents(self.shape));
        self.builder.matmul(x, weight)
    }

    /// Turns each pair of lanes by its angle at the present position: `[1, n * head_dim]` to the same.
    fn rotate(&mut self, layer: u32, x: NodeId) -> NodeId {
        self.builder.set_origin(Some(layer), "rope");
        let row = self.builder.shape(x).extents().to_vec();
        let extents = [row[1] / self.shape.head_dim, self.shape.head_dim];
        let heads = self.builder.reshape(x, &extents);
        let swapped = self.builder.permute_lanes(heads, &[1, 0]);
        let cos = spread(&mut self.builder, self.cos, &extents);
        let sin = spread(&mut self.builder, self.sin, &extents);
        let mut expr = Expr::default();
        let along = expr.push(ScalarOp::Mul, &[Arg::Input(0), Arg::Input(1)]);
        let across = expr.push(ScalarOp::Mul, &[Arg::Input(2), Arg::Input(3)]);
        expr.push(ScalarOp::Add, &[along, across]);
        let turned = self.builder.map(expr, &[heads, cos, swapped, sin]);
        self.builder.reshape(turned, &row)
    }

    /// The cache `name.layer` with `row` at the present position.
    fn append(&mut self, layer: u32, name: &str, row: NodeId) -> NodeId {
        self.builder.set_origin(Some(layer), "kv_append");
        let extents = [self.context, self.shape.kv_width()];
        let cache = self.builder.state(&format!("{name}.{layer}"), DType::F32, &extents);
        let next = self.builder.scatter(cache, row, self.position);
        self.builder.update(cache, next);
        next
    }
}

/// `x` replicated to `extents`; itself where it has them.
pub(super) fn spread(builder: &mut Builder, x: NodeId, extents: &[u32]) -> NodeId {
    if builder.shape(x).extents() == extents { x } else { builder.broadcast(x, extents) }
}

/// `1 / sqrt(n)`; square root and division are correctly rounded on every machine.
fn inverse_root(n: u32) -> f32 {
    (1.0 / f64::from(n).sqrt()) as f32
}

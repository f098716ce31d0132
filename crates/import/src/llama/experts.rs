//! The feed-forward part of a mixture of experts: a router picks two of several, and their outputs are weighed.
//!
//! In: the normalised residual of a layer.  Out: what the two chosen experts add to it.
//! Invariant: ten ops only; which experts are chosen is data, so one graph serves every token; ties go to the lower expert.
//! Method: the greatest score and its index by maximum, comparison and minimum; the second with the first masked; weights of the
//! chosen experts by `Gather`; their shares by a softmax over the two scores, which equals the published softmax over all,
//! renormalised.
//! Source: Jiang et al., "Mixtral of Experts", 2024, section 2.1; tensor names as in GGUF.

use super::decode_step::{MASKED, Step, spread};
use super::tensors::ExpertPart;
use graph::expr::immediate;
use graph::{Arg, DType, Expr, NodeId, ReduceKind, ScalarOp};
use serde::{Deserialize, Serialize};

/// A mixture of experts in place of each feed-forward part; two experts work on each token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Experts {
    /// How many there are, at least two.
    pub count: u32,
}

/// The best of some scores.
struct Best {
    /// Its score, `[1, 1]`.
    score: NodeId,
    /// Its index, i32 `[1, 1]`.
    index: NodeId,
}

impl Step<'_> {
    /// `residual` plus what the two chosen experts add to it.
    pub(super) fn expert_feed_forward(&mut self, experts: Experts, layer: u32, residual: NodeId) -> NodeId {
        let normal = self.ffn_norm(layer, residual);
        let router = self.expert_weight(experts, layer, ExpertPart::Router);
        let scores = self.builder.matmul(normal, router);
        let (first, second) = self.top_two(experts, layer, scores);
        let shares = self.shares(&first, &second);
        let tables = ExpertPart::MATRICES.map(|part| self.expert_weight(experts, layer, part));
        let first = self.expert(layer, tables, first.index, normal);
        let second = self.expert(layer, tables, second.index, normal);
        self.builder.set_origin(Some(layer), "combine");
        let extents = [1, self.shape.width];
        let [first, second] = [(first, shares[0]), (second, shares[1])].map(|(output, share)| {
            let share = spread(&mut self.builder, share, &extents);
            self.builder.mul(output, share)
        });
        let mixed = self.builder.add(first, second);
        self.builder.set_origin(Some(layer), "residual");
        self.builder.add(residual, mixed)
    }

    /// Declares a tensor of the mixture; its nodes come from the part of its name.
    fn expert_weight(&mut self, experts: Experts, layer: u32, part: ExpertPart) -> NodeId {
        self.builder.set_origin(Some(layer), part.key());
        self.builder.weight(&part.name(layer), DType::F32, &part.extents(self.shape, experts))
    }

    /// The two best of `scores` (`[1, experts]`).
    fn top_two(&mut self, experts: Experts, layer: u32, scores: NodeId) -> (Best, Best) {
        self.builder.set_origin(Some(layer), "top_two");
        let numbers = self.builder.const_i32(&[1, experts.count], (0..experts.count as i32).collect());
        let first = self.best(experts, numbers, scores);
        let taken = spread(&mut self.builder, first.index, &[1, experts.count]);
        let mut expr = Expr::default();
        let other = expr.push(ScalarOp::Xor, &[Arg::Input(0), Arg::Input(1)]);
        expr.push(ScalarOp::Select, &[other, Arg::Input(2), immediate(MASKED)]);
        let rest = self.builder.map(expr, &[numbers, taken, scores]);
        let second = self.best(experts, numbers, rest);
        (first, second)
    }

    /// The greatest of `scores` and the least index that has it; the last index where nothing compares, so that every index is legal.
    fn best(&mut self, experts: Experts, numbers: NodeId, scores: NodeId) -> Best {
        let score = self.builder.reduce(ReduceKind::Max, scores, 1);
        let bound = spread(&mut self.builder, score, &[1, experts.count]);
        let mut expr = Expr::default();
        let reached = expr.push(ScalarOp::LessEqual, &[Arg::Input(0), Arg::Input(1)]);
        expr.push(ScalarOp::Select, &[reached, Arg::Input(2), Arg::Immediate(experts.count - 1)]);
        let candidates = self.builder.map(expr, &[bound, scores, numbers]);
        Best { score, index: self.builder.reduce(ReduceKind::Min, candidates, 1) }
    }

    /// Shares of the two outputs, `[1, 1]` each: a softmax over the two scores, the first being the greater.
    fn shares(&mut self, first: &Best, second: &Best) -> [NodeId; 2] {
        let one = immediate(1.0);
        let mut expr = Expr::default();
        let below = expr.push(ScalarOp::Sub, &[Arg::Input(0), Arg::Input(1)]);
        expr.push(ScalarOp::Exp, &[below]);
        let power = self.builder.map(expr, &[second.score, first.score]);
        let share = |numerator: Arg| {
            let mut expr = Expr::default();
            let total = expr.push(ScalarOp::Add, &[Arg::Input(0), one]);
            expr.push(ScalarOp::Div, &[numerator, total]);
            expr
        };
        [one, Arg::Input(0)].map(|numerator| self.builder.map(share(numerator), &[power]))
    }

    /// The output of expert `index` of `[gate, up, down]`, `[1, width]`.
    fn expert(&mut self, layer: u32, tables: [NodeId; 3], index: NodeId, normal: NodeId) -> NodeId {
        self.builder.set_origin(Some(layer), "top_two");
        let index = self.builder.reshape(index, &[1]);
        let mut linear = |part: ExpertPart, table: NodeId, x: NodeId| {
            self.builder.set_origin(Some(layer), part.key());
            let weight = self.builder.gather(table, index);
            let extents = self.builder.shape(weight).extents()[1..].to_vec();
            let weight = self.builder.reshape(weight, &extents);
            self.builder.matmul(x, weight)
        };
        let gate = linear(ExpertPart::Gate, tables[0], normal);
        let up = linear(ExpertPart::Up, tables[1], normal);
        self.builder.set_origin(Some(layer), "silu");
        let gate = self.builder.silu(gate);
        let gated = self.builder.mul(gate, up);
        self.builder.set_origin(Some(layer), ExpertPart::Down.key());
        let weight = self.builder.gather(tables[2], index);
        let weight = self.builder.reshape(weight, &[self.shape.width, self.shape.ffn]);
        self.builder.matmul(gated, weight)
    }
}

//! What a framework calls for a decoding step of the Llama family, read off the parts of its graph.
//!
//! In: an imported graph, whose nodes carry the part of the model they come from.  Out: names of ATen operators with their calls.
//! Invariant: a part that no rule knows is named, never passed over; every operator named has a row in `graph::operators`.
//! Method: each part has one kind of node that stands for its calls; where a part has several such nodes in turn, so has its rule.
//! Source: calls of `LlamaForCausalLM` and `MixtralForCausalLM` of huggingface/transformers in eager mode with a static cache and f32, read
//!     from modeling_llama.py; views and copies of formats that a framework leaves out in f32 are left out.

use graph::{Graph, Node};
use std::collections::{BTreeMap, BTreeSet};

/// A part, the name of the nodes that stand for its calls, and the calls of the first, second, .. of them.
type Rule = (&'static str, &'static str, &'static [&'static [&'static str]]);

/// A norm, written out as the model's code does.
const NORM: &[&[&str]] = &[&["pow (whole)", "mean", "add", "rsqrt", "mul", "mul"]];
/// A projection whose result is seen head by head.
const BY_HEAD: &[&[&str]] = &[&["linear", "view", "transpose"]];
const LINEAR: &[&[&str]] = &[&["linear"]];
/// What several query heads of one key head add to a product with keys or values.
const SHARED: [&str; 3] = ["unsqueeze", "expand", "reshape"];

const RULES: [Rule; 22] = [
    ("embed", "gather", &[&["embedding"]]),
    ("attn_norm", "reduce", NORM),
    ("ffn_norm", "reduce", NORM),
    ("output_norm", "reduce", NORM),
    ("attn_q", "matmul", BY_HEAD),
    ("attn_k", "matmul", BY_HEAD),
    ("attn_v", "matmul", BY_HEAD),
    ("rope", "input", &[&["expand", "matmul", "transpose", "cat", "cos (of a position)", "sin (of a position)"]]),
    ("rope", "permute", &[&["mul", "slice (halves)", "slice (halves)", "neg", "cat", "mul", "add"]]),
    ("kv_append", "scatter", &[&["index_copy"]]),
    ("attn_scores", "map", &[&["add"]]),
    ("attn_scores", "matmul", &[&["transpose", "matmul", "mul"]]),
    ("softmax", "reduce", &[&["softmax"], &["dropout"]]),
    ("attn_values", "matmul", &[&["matmul", "transpose", "contiguous", "reshape"]]),
    ("attn_output", "matmul", LINEAR),
    ("residual", "map", &[&["add"]]),
    ("ffn_gate", "matmul", LINEAR),
    ("ffn_up", "matmul", LINEAR),
    ("silu", "map", &[&["silu"], &["mul"]]),
    ("ffn_down", "matmul", LINEAR),
    ("head", "matmul", LINEAR),
    ("ffn_gate_inp", "matmul", &[&["linear", "softmax", "topk", "sum", "div", "one_hot", "permute"]]),
];
/// The same of a mixture's experts; what chooses them belongs to the router.
const EXPERT_RULES: [Rule; 5] = [
    ("top_two", "", &[]),
    ("ffn_gate_exps", "matmul", LINEAR),
    ("ffn_up_exps", "matmul", LINEAR),
    ("ffn_down_exps", "matmul", LINEAR),
    ("combine", "map", &[&["mul", "index_add"], &["mul", "index_add"], &[]]),
];

/// Calls by operator, and parts that no rule knows.
pub(super) fn calls(graph: &Graph) -> (BTreeMap<&'static str, u64>, Vec<String>) {
    let rules = || RULES.iter().chain(&EXPERT_RULES);
    let (mut calls, mut unknown) = (BTreeMap::new(), BTreeSet::new());
    let mut turns = BTreeMap::new();
    for (_, node) in graph.nodes.iter() {
        let (part, kind) = (node.origin.part.as_str(), node.op.name());
        let mut known = rules().filter(|rule| rule.0 == part).peekable();
        if known.peek().is_none() {
            unknown.insert(part.to_owned());
        }
        let Some((_, _, lists)) = known.find(|rule| rule.1 == kind) else { continue };
        let turn = turns.entry((&node.origin, kind)).or_insert(0);
        let list = lists[*turn % lists.len()];
        *turn += 1;
        let shared: &[&str] = if is_shared(node) { &SHARED } else { &[] };
        for name in list.iter().chain(shared) {
            *calls.entry(*name).or_insert(0) += 1;
        }
    }
    (calls, unknown.into_iter().collect())
}

/// Whether several query heads meet one head of keys or values here.
fn is_shared(node: &Node) -> bool {
    let meets = matches!(node.origin.part.as_str(), "attn_scores" | "attn_values");
    meets && node.op.name() == "matmul" && node.shape.rank() == 3 && 1 < node.shape.extents()[1]
}

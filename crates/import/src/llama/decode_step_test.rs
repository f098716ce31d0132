//! The decode step's graph: names, sizes, origins, and its values against plain loops.
//!
//! In: a small shape and seeded weights.  Out: its graph, evaluated token by token.
//! Invariant: as the header of `decode_step` states it.
//! Method: the second opinion is the textbook's equations in f64, over all positions at once, with no cache and no mask.

use super::*;
use graph::eval::Evaluator;
use graph::{DType, Graph, NodeId, Op, Tensor, TensorId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use units::Rng;

/// A shape with every ratio different: grouped heads, heads wider than the residual stream.
pub fn small() -> LlamaShape {
    LlamaShape {
        layers: 2,
        width: 8,
        heads: 4,
        kv_heads: 2,
        head_dim: 6,
        ffn: 12,
        vocab: 11,
        rope_base: 10_000.0,
        epsilon: 1e-5,
        context_max: 64,
        head: Head::Tied,
    }
}

fn names(graph: &Graph, pick: impl Fn(&Op) -> Option<&String>) -> Vec<(String, Vec<u32>)> {
    let nodes = graph.nodes.iter();
    nodes.filter_map(|(_, node)| Some((pick(&node.op)?.clone(), node.shape.extents().to_vec()))).collect()
}

#[test]
fn inputs_states_and_outputs_are_as_promised() {
    let graph = decode_step(&small(), 5);
    let inputs = names(&graph, |op| if let Op::Input { name } = op { Some(name) } else { None });
    assert_eq!(inputs, [("token".to_owned(), vec![1]), ("position".to_owned(), vec![1])]);
    let states = names(&graph, |op| if let Op::State { name } = op { Some(name) } else { None });
    let expected = ["k.0", "v.0", "k.1", "v.1"].map(|name| (name.to_owned(), vec![5, 12]));
    assert_eq!(states, expected);
    assert_eq!(graph.updates.len(), 4);
    let outputs: Vec<(&str, NodeId)> = graph.outputs.iter().map(|(name, node)| (name.as_str(), *node)).collect();
    assert_eq!((outputs.len(), outputs[0].0), (1, "logits"));
    assert_eq!(graph.nodes[outputs[0].1].shape.extents(), [1, 11]);
}

#[test]
fn external_tensors_are_the_familys() {
    for head in [Head::Tied, Head::Own] {
        let shape = LlamaShape { head, ..small() };
        let graph = decode_step(&shape, 5);
        let declared: BTreeSet<(String, Vec<u32>)> = graph
            .tensors
            .iter()
            .map(|(_, info)| {
                assert_eq!(info.dtype, DType::F32);
                (info.name.clone(), info.shape.extents().to_vec())
            })
            .collect();
        assert_eq!(declared, tensors::all(&shape).collect());
        assert_eq!(graph.tensors.len(), declared.len(), "each once");
    }
}

#[test]
fn every_node_says_where_it_comes_from() {
    let graph = decode_step(&small(), 5);
    let in_layers = [
        "attn_k",
        "attn_norm",
        "attn_output",
        "attn_q",
        "attn_scores",
        "attn_v",
        "attn_values",
        "ffn_down",
        "ffn_gate",
        "ffn_norm",
        "ffn_up",
        "kv_append",
        "residual",
        "rope",
        "silu",
        "softmax",
    ];
    for layer in 0..2 {
        let nodes = graph.nodes.iter().filter(|(_, node)| node.origin.layer == Some(layer));
        let parts: BTreeSet<&str> = nodes.map(|(_, node)| node.origin.part.as_str()).collect();
        assert_eq!(parts, BTreeSet::from(in_layers));
    }
    let outer = graph.nodes.iter().filter(|(_, node)| node.origin.layer.is_none());
    let parts: BTreeSet<&str> = outer.map(|(_, node)| node.origin.part.as_str()).collect();
    assert_eq!(parts, BTreeSet::from(["attn_scores", "embed", "head", "output_norm", "rope"]));
}

/// Weights by name, in f64, row-major.
type Weights = BTreeMap<String, Vec<f64>>;

fn weights(graph: &Graph, seed: u64) -> Weights {
    let mut rng = Rng::new(seed);
    let mut real = |name: &str| {
        let spread = rng.unit() - 0.5;
        f64::from(if name.contains("norm") { 1.0 + 0.5 * spread } else { spread } as f32)
    };
    let tensors = graph.tensors.iter();
    tensors
        .map(|(_, info)| (info.name.clone(), (0..info.shape.elements()).map(|_| real(&info.name)).collect()))
        .collect()
}

fn linear(weight: &[f64], x: &[f64]) -> Vec<f64> {
    weight.chunks_exact(x.len()).map(|row| row.iter().zip(x).map(|(w, x)| w * x).sum()).collect()
}

fn norm(gain: &[f64], x: &[f64], epsilon: f32) -> Vec<f64> {
    let mean = x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64;
    let factor = 1.0 / (mean + f64::from(epsilon)).sqrt();
    x.iter().zip(gain).map(|(x, gain)| x * factor * gain).collect()
}

fn add(residual: &mut [f64], more: &[f64]) {
    residual.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

fn rotate(shape: &LlamaShape, heads: &mut [f64], position: usize) {
    for head in heads.chunks_exact_mut(shape.head_dim as usize) {
        for (pair, lanes) in head.chunks_exact_mut(2).enumerate() {
            let power = -2.0 * pair as f64 / f64::from(shape.head_dim);
            let (sin, cos) = (position as f64 * f64::from(shape.rope_base).powf(power)).sin_cos();
            (lanes[0], lanes[1]) = (lanes[0] * cos - lanes[1] * sin, lanes[0] * sin + lanes[1] * cos);
        }
    }
}

/// One head's mixture of the values of positions `0 ..= position`.
fn attend(shape: &LlamaShape, query: &[f64], keys: &[Vec<f64>], values: &[Vec<f64>], kv_head: usize) -> Vec<f64> {
    let lanes = shape.head_dim as usize;
    let of_head = |row: &Vec<f64>| row[kv_head * lanes..][..lanes].to_vec();
    let dot = |key: Vec<f64>| query.iter().zip(&key).map(|(q, k)| q * k).sum::<f64>();
    let powers: Vec<f64> = keys.iter().map(|key| (dot(of_head(key)) / (lanes as f64).sqrt()).exp()).collect();
    let total: f64 = powers.iter().sum();
    let mut mixed = vec![0.0; lanes];
    for (power, value) in powers.iter().zip(values) {
        let share: Vec<f64> = of_head(value).iter().map(|value| value * power / total).collect();
        add(&mut mixed, &share);
    }
    mixed
}

fn feed_forward([gate, up, down]: [&[f64]; 3], normal: &[f64]) -> Vec<f64> {
    let (gate, up) = (linear(gate, normal), linear(up, normal));
    let gated: Vec<f64> = gate.iter().zip(&up).map(|(gate, up)| gate / (1.0 + (-gate).exp()) * up).collect();
    linear(down, &gated)
}

/// The two best experts by a softmax over all scores, renormalised.
fn mixture<'w>(weight: impl Fn(&str) -> &'w Vec<f64>, normal: &[f64]) -> Vec<f64> {
    let powers: Vec<f64> = linear(weight("ffn_gate_inp"), normal).iter().map(|score| score.exp()).collect();
    let mut order: Vec<usize> = (0..powers.len()).collect();
    order.sort_by(|&a, &b| powers[b].total_cmp(&powers[a]));
    let total = powers[order[0]] + powers[order[1]];
    let mut mixed = vec![0.0; normal.len()];
    for &expert in &order[..2] {
        let tables = ["ffn_gate_exps", "ffn_up_exps", "ffn_down_exps"].map(|part| {
            let table = weight(part);
            let size = table.len() / powers.len();
            &table[expert * size..][..size]
        });
        let output: Vec<f64> =
            feed_forward(tables, normal).iter().map(|value| value * powers[expert] / total).collect();
        add(&mut mixed, &output);
    }
    mixed
}

/// Logits after each token.
fn textbook(shape: &LlamaShape, weights: &Weights, tokens: &[u32]) -> Vec<Vec<f64>> {
    let width = shape.width as usize;
    let embedding = &weights["token_embd.weight"];
    let mut residuals: Vec<Vec<f64>> =
        tokens.iter().map(|&token| embedding[token as usize * width..][..width].to_vec()).collect();
    for layer in 0..shape.layers {
        let weight = |part: &str| &weights[&format!("blk.{layer}.{part}.weight")];
        let normals: Vec<Vec<f64>> = residuals.iter().map(|x| norm(weight("attn_norm"), x, shape.epsilon)).collect();
        let project = |part: &str| normals.iter().map(|x| linear(weight(part), x)).collect::<Vec<_>>();
        let (mut queries, mut keys, values) = (project("attn_q"), project("attn_k"), project("attn_v"));
        queries.iter_mut().enumerate().for_each(|(position, query)| rotate(shape, query, position));
        keys.iter_mut().enumerate().for_each(|(position, key)| rotate(shape, key, position));
        for (position, residual) in residuals.iter_mut().enumerate() {
            let group = (shape.heads / shape.kv_heads) as usize;
            let heads = queries[position].chunks_exact(shape.head_dim as usize).enumerate();
            let mixed: Vec<f64> = heads
                .flat_map(|(head, query)| attend(shape, query, &keys[..=position], &values[..=position], head / group))
                .collect();
            add(residual, &linear(weight("attn_output"), &mixed));
            let normal = norm(weight("ffn_norm"), residual, shape.epsilon);
            if weights.contains_key(&format!("blk.{layer}.ffn_gate_inp.weight")) {
                add(residual, &mixture(weight, &normal));
            } else {
                add(residual, &feed_forward([weight("ffn_gate"), weight("ffn_up"), weight("ffn_down")], &normal));
            }
        }
    }
    let head = weights.get("output.weight").unwrap_or(embedding);
    let last = |x: &Vec<f64>| linear(head, &norm(&weights["output_norm.weight"], x, shape.epsilon));
    residuals.iter().map(last).collect()
}

fn table(graph: &Graph, weights: &Weights) -> BTreeMap<TensorId, Arc<Tensor>> {
    let values = |name: &str| weights[name].iter().map(|&value| value as f32).collect();
    let tensor = |(id, info): (TensorId, &graph::TensorInfo)| {
        (id, Arc::new(Tensor::f32(info.shape.extents(), values(&info.name))))
    };
    graph.tensors.iter().map(tensor).collect()
}

/// Holds the graph's logits against the textbook's, token by token.
fn check_values(shape: &LlamaShape, graph: &Graph, seed: u64) {
    let tokens = [3, 0, 10, 3, 7, 7, 1];
    let weights = weights(graph, seed);
    let expected = textbook(shape, &weights, &tokens);
    let table = table(graph, &weights);
    let mut evaluator = Evaluator::new(graph, &table).unwrap();
    for (position, &token) in tokens.iter().enumerate() {
        let scalar = |value: u32| Tensor::i32(&[1], vec![value as i32]);
        let inputs = [("token", scalar(token)), ("position", scalar(position as u32))];
        let inputs = inputs.map(|(name, value)| (name.to_owned(), value)).into();
        let outputs = evaluator.step(&inputs).unwrap();
        let logits = outputs["logits"].as_f32().unwrap();
        let error =
            logits.iter().zip(&expected[position]).map(|(&found, expected)| (f64::from(found) - expected).abs());
        let error = error.fold(0.0, f64::max);
        assert!(error < 2e-6, "{shape:?}, position {position}: off by {error}");
    }
}

#[test]
fn values_agree_with_the_textbook_at_every_position() {
    let own = LlamaShape { head: Head::Own, kv_heads: 4, head_dim: 2, ..small() };
    let single = LlamaShape { heads: 1, kv_heads: 1, head_dim: 8, layers: 1, ..small() };
    for (seed, shape) in [small(), own, single].into_iter().enumerate() {
        check_values(&shape, &decode_step(&shape, 7), seed as u64);
    }
}

#[test]
fn a_mixture_of_experts_agrees_with_the_textbook_whichever_experts_are_chosen() {
    for (seed, count) in [2, 3, 8, 8].into_iter().enumerate() {
        let shape = LlamaShape { ffn: 5, ..small() };
        check_values(&shape, &decode_step_of_experts(&shape, Experts { count }, 7), seed as u64);
    }
}

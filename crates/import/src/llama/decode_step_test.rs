//! The decode step's graph: names, sizes, origins.
//!
//! In: a small shape.  Out: its graph.
//! Invariant: as the header of `decode_step` states it.
//! Method: counts and look-ups.

use super::*;
use graph::{DType, Graph, NodeId, Op};
use std::collections::BTreeSet;

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

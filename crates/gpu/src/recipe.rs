//! The kernels of a step, found in the graph: what a GPU launches, and how much each one reads and computes.
//!
//! In: a graph of one decode step.  Out: kernels in order, in elements and multiply-adds, before any machine is known.
//! Invariant: every matrix of the graph is read by the kernels that multiply by it; nothing is assumed about the model but its origins' keys.
//! Method: nodes are gathered into kernels by layer and part of their origin; a second operand is followed through views to
//! weights, to a gathered expert, or to the cache. An all-reduce stands after each projection that ends a divided part.
//! Source: what public engines launch for a Llama layer: norm, qkv, rotation and cache write, attention, output, norm, gate and up,
//! activation, down, and two all-reduces, about 800 kernels for the 80 layers of a 70B step; a mixture adds router, top two and
//! permutation.

use crate::error::GpuError;
use crate::kernel::Kind;
use graph::{ConstSource, Graph, Node, NodeId, Op, TensorId};
use std::collections::{BTreeMap, BTreeSet};

/// What a kernel has to do for one token of one sequence, whole model, in elements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Work {
    /// Weights of matrices.
    pub weights: f64,
    /// Weights of the experts one token chooses.
    pub chosen: f64,
    /// Multiply-adds of a token, without attention over the past.
    pub macs: f64,
    /// Multiply-adds of a token for each position looked at.
    pub macs_per_position: f64,
    /// Cache elements for each position looked at.
    pub cache: f64,
    /// Elements of the last result.
    pub width: f64,
}

/// A kernel before it meets a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Layer of the model, if it belongs to one.
    pub layer: Option<u32>,
    /// Which kernel.
    pub kind: Kind,
    /// What it does.
    pub work: Work,
}

/// How many experts there are and how many work on a token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixture {
    /// Experts of a layer.
    pub count: f64,
    /// Experts of a token.
    pub chosen: f64,
}

/// Elements in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stored {
    /// Tables that each GPU has whole: embedding, gains, routers.
    pub whole: f64,
    /// The head.
    pub head: f64,
    /// All other matrices, every expert counted.
    pub split: f64,
}

/// The kernels of a step and what the model keeps in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Kernels in order.
    pub steps: Vec<Step>,
    /// The mixture, if there is one.
    pub mixture: Option<Mixture>,
    /// What lies in memory.
    pub stored: Stored,
    /// Cache elements of a position, all layers.
    pub cache: f64,
    /// Lanes of the keys of a layer, which the GPUs divide.
    pub key_lanes: u64,
}

type Key = (Option<u32>, Kind);

/// Where the second operand of a contraction comes from.
enum Operand {
    /// A weight.
    Weight(TensorId),
    /// A weight chosen by data.
    Chosen(TensorId),
    /// Something computed, or the cache.
    Other,
}

/// Reads the kernels off `graph`.
///
/// Errors: a part of the graph that no kernel is known for.
pub fn recipe(graph: &Graph) -> Result<Recipe, GpuError> {
    let states = || graph.nodes.iter().map(|(_, node)| node).filter(|node| matches!(node.op, Op::State { .. }));
    let room = states().next().map_or(1.0, |state| f64::from(state.shape.extents()[0]));
    let mut works: BTreeMap<Key, Work> = BTreeMap::new();
    for (_, node) in graph.nodes.iter() {
        let part = || GpuError::Unrecognised { part: node.origin.part.clone() };
        let Some(kind) = Kind::of(&node.origin).ok_or_else(part)? else { continue };
        let work = works.entry((node.origin.layer, kind)).or_default();
        if is_value(node) {
            work.width = node.shape.elements() as f64;
        }
        if let Op::MatMul { .. } = node.op {
            contraction(graph, node, room, work);
        }
    }
    for state in states() {
        works.entry((state.origin.layer, Kind::Attention)).or_default().cache += per_position(state);
    }
    let mixture = mixture(graph);
    let stored = stored(graph);
    let steps = in_order(works, mixture.is_some());
    let cache = states().map(per_position).sum();
    let key_lanes = states().next().map_or(1, |state| per_position(state) as u64);
    Ok(Recipe { steps, mixture, stored, cache, key_lanes })
}

/// Elements of a cache for one position.
fn per_position(state: &Node) -> f64 {
    state.shape.extents().iter().skip(1).map(|&extent| f64::from(extent)).product()
}

/// Whether a node's result is a value of this token rather than a table.
fn is_value(node: &Node) -> bool {
    matches!(node.op, Op::MatMul { .. } | Op::Map(_) | Op::Reduce { .. } | Op::Copy { .. })
}

/// Adds what the contraction `node` reads and computes; `room` is how many positions the graph has room for.
fn contraction(graph: &Graph, node: &Node, room: f64, work: &mut Work) {
    for pair in node.inputs.chunks_exact(2) {
        let macs = node.shape.elements() as f64 * f64::from(graph.nodes[pair[0]].shape.lanes());
        match operand(graph, pair[1]) {
            Operand::Weight(tensor) => {
                work.weights += graph.tensors[tensor].shape.elements() as f64;
                work.macs += macs;
            }
            Operand::Chosen(tensor) => {
                let shape = &graph.tensors[tensor].shape;
                work.chosen += shape.elements() as f64 / f64::from(shape.extents()[0]);
                work.macs += macs;
            }
            Operand::Other => work.macs_per_position += macs / room,
        }
    }
}

/// Follows a second operand through views and permutations.
fn operand(graph: &Graph, mut id: NodeId) -> Operand {
    loop {
        let node = &graph.nodes[id];
        match &node.op {
            Op::Const(ConstSource::Tensor(tensor)) => return Operand::Weight(*tensor),
            Op::View(_) | Op::Permute(_) => id = node.inputs[0],
            Op::Gather => {
                return match graph.nodes[node.inputs[0]].op {
                    Op::Const(ConstSource::Tensor(tensor)) => Operand::Chosen(tensor),
                    _ => Operand::Other,
                };
            }
            _ => return Operand::Other,
        }
    }
}

/// Second operands of all contractions with the origin of the contraction.
fn operands(graph: &Graph) -> impl Iterator<Item = (Option<Kind>, Operand)> + '_ {
    let products = graph.nodes.iter().map(|(_, node)| node).filter(|node| matches!(node.op, Op::MatMul { .. }));
    products.flat_map(move |node| {
        let kind = Kind::of(&node.origin).flatten();
        node.inputs.chunks_exact(2).map(move |pair| (kind, operand(graph, pair[1])))
    })
}

/// How many experts the graph has and how many of them a token meets.
fn mixture(graph: &Graph) -> Option<Mixture> {
    let mut uses: BTreeMap<TensorId, u32> = BTreeMap::new();
    for (_, operand) in operands(graph) {
        if let Operand::Chosen(tensor) = operand {
            *uses.entry(tensor).or_default() += 1;
        }
    }
    let (tensor, chosen) = uses.into_iter().next()?;
    let count = f64::from(graph.tensors[tensor].shape.extents()[0]);
    Some(Mixture { count, chosen: f64::from(chosen) })
}

/// Where the tensors lie: those of the head, those that GPUs divide, and the rest, which each GPU has whole.
fn stored(graph: &Graph) -> Stored {
    let (mut head, mut split) = (BTreeSet::new(), BTreeSet::new());
    for (kind, operand) in operands(graph) {
        match (kind, operand) {
            (Some(Kind::Head), Operand::Weight(tensor)) => head.insert(tensor),
            (Some(Kind::Router), _) => false,
            (_, Operand::Weight(tensor) | Operand::Chosen(tensor)) => split.insert(tensor),
            _ => false,
        };
    }
    let mut stored = Stored { whole: 0.0, head: 0.0, split: 0.0 };
    for (id, info) in graph.tensors.iter() {
        let place = if head.contains(&id) {
            &mut stored.head
        } else if split.contains(&id) {
            &mut stored.split
        } else {
            &mut stored.whole
        };
        *place += info.shape.elements() as f64;
    }
    stored
}

/// Embedding, layers in order, norm, head, sampling; all-reduces and the permutation of a mixture put in.
fn in_order(works: BTreeMap<Key, Work>, is_mixture: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    let outer = |kind: Kind| works.get(&(None, kind)).map(|work| Step { layer: None, kind, work: work.clone() });
    steps.extend(outer(Kind::Embed));
    let layers: BTreeSet<u32> = works.keys().filter_map(|(layer, _)| *layer).collect();
    for layer in layers {
        for kind in Kind::OF_LAYER {
            let key = (Some(layer), kind);
            let width = |of: Kind| works.get(&(Some(layer), of)).map_or(0.0, |work| work.width);
            let made = match kind {
                Kind::Permute => is_mixture.then(|| Work { width: width(Kind::FfnNorm), ..Work::default() }),
                Kind::AttentionSum => Some(Work { width: width(Kind::Output), ..Work::default() }),
                Kind::FfnSum => Some(Work { width: width(Kind::Down), ..Work::default() }),
                _ => works.get(&key).cloned(),
            };
            steps.extend(made.map(|work| Step { layer: Some(layer), kind, work }));
        }
    }
    steps.extend(outer(Kind::FinalNorm));
    steps.extend(outer(Kind::Head));
    let width = works.get(&(None, Kind::Head)).map_or(0.0, |work| work.width);
    steps.push(Step { layer: None, kind: Kind::Sample, work: Work { width, ..Work::default() } });
    steps
}

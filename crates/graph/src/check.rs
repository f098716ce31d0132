//! Whether a graph is legal.
//!
//! In: any graph, however it was made.  Out: every rule that does not hold, with its place, what was expected, what was found.
//! Invariant: `eval` and the compiler meet no illegal graph that passed here; nothing here panics or allocates by a stated shape.
//! Method: one pass over the nodes, the type rules from [`infer`], then names, outputs and updates.

use crate::infer::infer;
use crate::{Graph, Mismatch, Node, NodeId, Op, TensorType};
use std::collections::BTreeSet;
use std::fmt;

/// Where a rule does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At a node.
    Node(NodeId),
    /// At the output of this name.
    Output(String),
    /// At the update of this state.
    Update(NodeId),
}

/// A rule that a graph breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Where.
    pub place: Place,
    /// What was expected and found.
    pub mismatch: Mismatch,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Node(id) => write!(f, "node {id}: {}", self.mismatch),
            Place::Output(name) => write!(f, "output {name:?}: {}", self.mismatch),
            Place::Update(id) => write!(f, "update of state {id}: {}", self.mismatch),
        }
    }
}

/// All flaws of `graph` in order of nodes, outputs, updates; none when it is legal.
pub fn check(graph: &Graph) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let mut names = BTreeSet::new();
    for (id, node) in graph.nodes.iter() {
        let mut report = |mismatch| flaws.push(Flaw { place: Place::Node(id), mismatch });
        if let Err(mismatch) = node_type(graph, id, node) {
            report(mismatch);
        }
        if let Op::Input { name } | Op::State { name } = &node.op
            && !names.insert((node.op.name(), name))
        {
            report(Mismatch::new(format!("a new name among those of {}s", node.op.name()), format!("{name:?} again")));
        }
    }
    check_outputs(graph, &mut flaws);
    check_updates(graph, &mut flaws);
    flaws
}

/// Whether a node's operands stand before it and its stated type is the one that follows.
fn node_type(graph: &Graph, id: NodeId, node: &Node) -> Result<(), Mismatch> {
    let later = node.inputs.iter().find(|input| id <= **input);
    if let Some(later) = later {
        return Err(Mismatch::new(format!("operands before node {id}"), later));
    }
    let operands: Vec<TensorType> = node.inputs.iter().map(|&input| graph.nodes[input].result_type()).collect();
    let operands: Vec<&TensorType> = operands.iter().collect();
    let stated = node.result_type();
    let follows = infer(&node.op, &operands, &stated, &graph.tensors)?;
    if follows == stated { Ok(()) } else { Err(Mismatch::new(follows, stated)) }
}

fn check_outputs(graph: &Graph, flaws: &mut Vec<Flaw>) {
    let mut names = BTreeSet::new();
    for (name, node) in &graph.outputs {
        let mut report = |mismatch| flaws.push(Flaw { place: Place::Output(name.clone()), mismatch });
        if graph.nodes.get(*node).is_none() {
            report(Mismatch::new(format!("a node below {}", graph.nodes.len()), node));
        }
        if !names.insert(name) {
            report(Mismatch::new("a new output name", "the same again"));
        }
    }
}

fn check_updates(graph: &Graph, flaws: &mut Vec<Flaw>) {
    let mut states = BTreeSet::new();
    for &(state, next) in &graph.updates {
        let mut report = |mismatch| flaws.push(Flaw { place: Place::Update(state), mismatch });
        if !states.insert(state) {
            report(Mismatch::new("one update", "another one"));
        }
        let (Some(from), Some(to)) = (graph.nodes.get(state), graph.nodes.get(next)) else {
            report(Mismatch::new(format!("nodes below {}", graph.nodes.len()), format!("{state} and {next}")));
            continue;
        };
        if !matches!(from.op, Op::State { .. }) {
            report(Mismatch::new("a state", from.op.name()));
        }
        if from.result_type() != to.result_type() {
            report(Mismatch::new(from.result_type(), to.result_type()));
        }
    }
}

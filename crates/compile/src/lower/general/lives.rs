//! How long values are needed: from the work that makes them to the last one that reads them.
//!
//! In: the work of all stages in order, the lowered graph.  Out: by work, the values that nobody needs after it.
//! Invariant: outputs, states, inputs and tables are always needed; every other value that has a home is left exactly once.
//! Method: what a kernel reads is found behind views, spread rows and contractions, back to values with homes.

use crate::kernel::{Place, Work};
use graph::{Graph, NodeId};
use std::collections::{BTreeMap, BTreeSet};

/// What the scheduler has to know to use words again.
#[derive(Clone, Debug, Default)]
pub struct Lives {
    /// By work of all stages: values that nobody needs after it.
    pub ends: Vec<Vec<NodeId>>,
    /// By work of all stages: the graph's node that asked for it, and its operation.
    pub asked: Vec<(usize, &'static str)>,
    /// By node with a place: the bank asked for.
    pub banks: BTreeMap<NodeId, u16>,
    /// Words that tables and states take of a place, from its end on.
    pub kept: BTreeMap<Place, u32>,
    /// Tables of weights that many rows pass.
    pub long: BTreeSet<NodeId>,
    /// Words that weights take at most of the first and of the second set of feeders of a half.
    pub weights: [u32; 2],
}

/// Values that a work makes.
fn made(work: &Work) -> impl Iterator<Item = NodeId> {
    let (kernel, shuffle) = match work {
        Work::Kernel(kernel) => (Some(kernel), None),
        Work::Shuffle(shuffle) => (None, Some(shuffle.stored.node)),
        Work::Fetch(_) | Work::Exchange(_) => (None, None),
    };
    let stored = kernel.into_iter().flat_map(|kernel| &kernel.stored).map(|stored| stored.node);
    let striped = kernel.into_iter().flat_map(|kernel| &kernel.striped).map(|striped| striped.node);
    stored.chain(striped).chain(shuffle)
}

/// By work: values whose last use it is. `kept` are needed to the end.
pub fn ends(graph: &Graph, works: &[&Work], kept: &[NodeId]) -> Vec<Vec<NodeId>> {
    let homes: BTreeSet<NodeId> = works.iter().flat_map(|work| made(work)).collect();
    let mut last: BTreeMap<NodeId, usize> = BTreeMap::new();
    for (number, work) in works.iter().enumerate() {
        let nodes = match work {
            Work::Kernel(kernel) => kernel.nodes.as_slice(),
            Work::Shuffle(shuffle) => std::slice::from_ref(&shuffle.stored.node),
            Work::Fetch(_) | Work::Exchange(_) => &[],
        };
        for node in made(work).chain(nodes.iter().flat_map(|node| behind(graph, &homes, &graph.nodes[*node].inputs))) {
            last.insert(node, number);
        }
    }
    for node in behind(graph, &homes, kept) {
        last.remove(&node);
    }
    let mut ends = vec![Vec::new(); works.len()];
    last.into_iter().for_each(|(node, number)| ends[number].push(node));
    ends
}

/// Values with homes that nodes show or are made of.
fn behind(graph: &Graph, homes: &BTreeSet<NodeId>, nodes: &[NodeId]) -> BTreeSet<NodeId> {
    let (mut found, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), nodes.to_vec());
    while let Some(node) = open.pop() {
        if homes.contains(&node) {
            found.insert(node);
        } else if seen.insert(node) {
            open.extend(&graph.nodes[node].inputs);
        }
    }
    found
}

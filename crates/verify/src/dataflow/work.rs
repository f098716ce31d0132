//! How much naming a graph takes, before it is named.
//!
//! In: a checked graph.  Out: the names made on the way through it, and the columns of its arrays.
//! Invariant: `Values::of` makes no more names and fills no more columns than counted here; what it does beside that follows the rows
//!     of the results, which `ROWS_MAX` bounds.
//! Method: extents alone, multiplied and added without overflow.

use crate::quantity::Quantity;
use graph::{Graph, Node, Op};

/// The quantities of `graph`; the context is what a gather looks at.
pub(crate) fn of(graph: &Graph, context: u16) -> [(Quantity, u64); 2] {
    let (mut names, mut columns) = (0u64, 0u64);
    for (_, node) in graph.nodes.iter() {
        let (more_names, more_columns) = node_work(graph, node, context);
        names = names.saturating_add(more_names);
        columns = columns.saturating_add(more_columns);
    }
    [(Quantity::Names, names), (Quantity::Columns, columns)]
}

/// Names and columns of one node.
fn node_work(graph: &Graph, node: &Node, context: u16) -> (u64, u64) {
    let rows = node.shape.rows();
    match &node.op {
        Op::Map(expr) => (rows.saturating_mul(expr.steps.len() as u64), 0),
        Op::Reduce { .. } => (node.inputs.iter().map(|&input| graph.nodes[input].shape.rows()).sum(), 0),
        Op::Gather | Op::Scatter => (u64::from(context), 0),
        Op::MatMul { .. } => {
            // By block: of each of two halves a product and a sum per row, and a word per column.
            let twice = |rows: u64| rows.saturating_mul(2);
            let weights = node.inputs.chunks_exact(2).map(|pair| graph.nodes[pair[1]].shape.rows());
            let products = twice(rows).saturating_mul(node.inputs.len() as u64);
            (products, weights.fold(0, |sum, rows| sum.saturating_add(twice(rows))))
        }
        _ => (0, 0),
    }
}

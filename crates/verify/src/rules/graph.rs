//! Rule 11, the claim: whether the lowered graph is one at all.
//!
//! In: the lowered graph.  Out: violations, and whether there are none.
//! Invariant: nothing else walks a graph in which this found a fault.
//! Method: graph's own check, which the compiler asks too.

use crate::{Fault, Place, Reason, Report, Violation};
use graph::Graph;

/// Judges whether `graph` is legal.
pub(crate) fn check(graph: &Graph, report: &mut Report) -> bool {
    let flaws = graph::check(graph);
    let is_legal = flaws.is_empty();
    for flaw in flaws {
        let place = match &flaw.place {
            graph::Place::Node(node) | graph::Place::Update(node) => Place::Node(node.index() as u32),
            graph::Place::Output(_) => Place::Program,
        };
        let operation = match &flaw.place {
            graph::Place::Node(node) => graph.nodes[*node].op.name(),
            graph::Place::Update(_) => "update",
            graph::Place::Output(_) => "output",
        };
        let graph::Mismatch { expected, found } = flaw.mismatch;
        let reason = Reason::Illegal { expected, found };
        let fault = Fault::Graph { operation: operation.to_owned(), reason };
        report.push(Violation::new(None, place, fault));
    }
    is_legal
}

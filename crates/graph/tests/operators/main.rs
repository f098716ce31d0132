//! The table of operators, proved row by row.
//!
//! In: `graph::operators`, a graph of the ten per operator, plain loops.  Out: a failure names the operator and what differs.
//! Invariant: implemented rows and proofs are the same set; a proof holds exactly the operations of its row.
//! Method: each file gives cases of one kind; `eval` runs them.

mod case;
mod folds;
mod models;
mod moves;
mod pointwise;
mod products;
mod tables;

use case::Case;
use graph::operators::{Standing, operator, operators};
use graph::spec::Primitive;
use graph::{Evaluator, Tensor, TensorId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

fn cases() -> Vec<Case> {
    let files =
        [pointwise::cases(), products::cases(), folds::cases(), moves::cases(), tables::cases(), models::cases()];
    files.into_iter().flatten().collect()
}

#[test]
fn each_proof_computes_what_plain_loops_compute() {
    for case in cases() {
        let tables = BTreeMap::<TensorId, Arc<Tensor>>::new();
        let mut evaluator = Evaluator::new(&case.graph, &tables).expect("a legal graph");
        let outputs = evaluator.step(&case.inputs).unwrap_or_else(|error| panic!("{}: {error}", case.operator));
        let found: Vec<f64> = (0..outputs["y"].elements().len()).map(|index| outputs["y"].real(index)).collect();
        assert_eq!(found.len(), case.expected.len(), "{}: {found:?}", case.operator);
        for (index, (found, expected)) in found.iter().zip(&case.expected).enumerate() {
            let allowed = case.tolerance * expected.abs().max(1.0);
            assert!((found - expected).abs() <= allowed, "{} [{index}]: {found}, not {expected}", case.operator);
        }
    }
}

#[test]
fn a_proof_holds_exactly_the_operations_of_its_row() {
    for case in cases() {
        let row = operator(case.operator).unwrap_or_else(|| panic!("{} has no row", case.operator));
        let held: BTreeSet<Primitive> = case.graph.nodes.iter().filter_map(|(_, node)| node.op.primitive()).collect();
        let held: Vec<Primitive> = held.into_iter().collect();
        assert_eq!(row.made_of, held, "{}", case.operator);
    }
}

#[test]
fn implemented_rows_and_proofs_are_the_same_set() {
    let proved: BTreeSet<&str> = cases().iter().map(|case| case.operator).collect();
    let implemented = operators().filter(|row| row.standing == Standing::Implemented);
    let implemented: BTreeSet<&str> = implemented.map(|row| row.aten).collect();
    assert_eq!(implemented, proved);
}

#[test]
fn names_are_there_once() {
    let names: BTreeSet<&str> = operators().map(|row| row.aten).collect();
    assert_eq!(names.len(), operators().count());
}

//! Arbitrary graphs: compiled, judged, run and compared with the reference evaluator, bit for bit.
//!
//! In: a seed, which says how large the graph may be.  Out: what was found, or the first thing that is wrong.
//! Invariant: the evaluator's word on the graph as it was is final; whoever makes the graph knows nothing of the compiler.
//! Method: two passes each, so that states are read again. Two graphs in three are of `graph::random`, with every shape rule and every
//!     scalar operation, small; the third is of `wide`. One machine in five differs from the published one. Small seeds make small
//!     graphs: the smallest seed that fails is a small case.

use arch::Chip;
use compile::CompileError;
use compile::general::{General, compile};
use graph::{Evaluator, Graph, Node, Op, Tensor};
use sim::Machine;
use std::collections::{BTreeMap, BTreeSet};
use units::Rng;

use crate::Claims;
use crate::random::chip;
use crate::wide::wide_graph;

/// Passes of a program.
const PASSES: u64 = 2;
/// Operations of the graph of seed 0, and how many seeds it takes for one more.
const OPERATIONS: (usize, u64) = (1, 40);
/// From so many more on graphs are small again.
const OPERATIONS_MAX: usize = 12;

/// What came of a graph.
#[derive(Clone, Debug)]
pub enum Met {
    /// It ran as evaluated, in so many cycles.
    Equal {
        /// Cycles of a pass.
        cycles: u64,
        /// What the lowered graph has: lanes moved by a permuter, products of planes, products with weights that were computed.
        units: BTreeSet<&'static str>,
    },
    /// The compiler refused it, in these words.
    Refused(CompileError),
}

/// The graph of a seed, and the machine for it.
pub fn random_graph(seed: u64) -> (Graph, Chip, Rng) {
    let mut rng = Rng::new(seed);
    let operations = OPERATIONS.0 + (seed / OPERATIONS.1) as usize % OPERATIONS_MAX;
    let graph =
        if seed % 3 == 2 { wide_graph(&mut rng, 2 + operations) } else { graph::random::graph(&mut rng, operations) };
    let chip = if seed % 5 == 4 { chip(&mut rng) } else { Chip::lpu_14nm() };
    (graph, chip, rng)
}

/// Names of the operations of a graph.
pub fn operations(graph: &Graph) -> BTreeSet<&'static str> {
    graph.nodes.iter().map(|(_, node)| node.op.name()).collect()
}

/// Compiles, judges and runs the graph of a seed.
///
/// Errors: what is wrong, in words.
pub fn meet(seed: u64) -> Result<Met, String> {
    let (graph, chip, mut rng) = random_graph(seed);
    let tensors = graph::random::tensors(&mut rng, &graph);
    let passes: Vec<BTreeMap<String, Tensor>> = (0..PASSES).map(|_| graph::random::inputs(&mut rng, &graph)).collect();
    meet_graph(&chip, (&graph, &tensors), &passes)
}

/// Compiles, judges and runs a graph.
///
/// Errors: what is wrong, in words.
pub fn meet_graph(
    chip: &Chip,
    (graph, tensors): (&Graph, &BTreeMap<graph::TensorId, std::sync::Arc<Tensor>>),
    passes: &[BTreeMap<String, Tensor>],
) -> Result<Met, String> {
    let compiled = match compile(graph, tensors, chip) {
        Ok(compiled) => compiled,
        Err(refused) => return Ok(Met::Refused(refused)),
    };
    let report = verify::violations(chip, &compiled.program);
    if report.total != 0 {
        return Err(format!("{} violations, the first {:?}", report.total, report.violations.first()));
    }
    let mut machine = Machine::load(chip, &compiled.program.executable, &compiled.tables).map_err(|e| e.to_string())?;
    let mut reference = Evaluator::new(graph, tensors).map_err(|error| error.to_string())?;
    let mut claims = Claims::new(&compiled.program);
    for (number, inputs) in passes.iter().enumerate() {
        machine.launch(&compiled.sent(inputs), 0).map_err(|error| error.to_string())?;
        let outcome = machine.run_token(&mut claims);
        if (outcome.cycles, outcome.violations) != (compiled.cycles(), 0) {
            return Err(format!("{outcome:?}, predicted {:?}", compiled.cycles()));
        }
        let expected = reference.step(inputs).map_err(|error| error.to_string())?;
        compare(&compiled, &machine, &expected).map_err(|wrong| format!("pass {number}: {wrong}"))?;
    }
    claims.expect_all(passes.len() as u64);
    Ok(Met::Equal { cycles: compiled.cycles().0, units: units(&compiled.program.lowered) })
}

/// Units that a lowered graph asks for beside the ALUs.
fn units(lowered: &Graph) -> BTreeSet<&'static str> {
    let unit = |node: &Node| match node.op {
        Op::Permute(_) => Some("permuter"),
        Op::MatMul { .. } if matches!(lowered.nodes[node.inputs[1]].op, Op::Const(_)) => Some("planes"),
        Op::MatMul { .. } => Some("computed weights"),
        _ => None,
    };
    lowered.nodes.iter().filter_map(|(_, node)| unit(node)).collect()
}

fn compare(compiled: &General, machine: &Machine, expected: &BTreeMap<String, Tensor>) -> Result<(), String> {
    let words = machine.outputs().into_iter().map(|tile| (tile.output, tile.bits)).collect();
    let found = compiled.read(&words);
    for (name, expected) in expected {
        if let Some(place) = found[name].first_difference(expected) {
            let [found, expected] = [&found[name], expected].map(|tensor| tensor.elements().bits(place));
            return Err(format!("output {name:?}, element {place}: found {found:#x}, expected {expected:#x}"));
        }
    }
    Ok(())
}

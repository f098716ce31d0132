//! The comparison after the token: outputs and states, word by word.
//!
//! In: names of the graph's rows, SRAM after the token.  Out: violations.
//! Invariant: every output of the graph has exactly one place; every word of a state that the graph renews has one, and is looked at.
//!     Constants need no look: rule 5 has refused every write to one.
//! Method: POISON was reported where it arose and is not reported again.

use super::{Values, padding};
use crate::machine::Sram;
use crate::machine::plan::Site;
use crate::rules::image::{Halves, row};
use crate::term::Term;
use crate::word::Word;
use crate::{Fault, Place, Report, Violation};
use graph::{DType, Graph, NodeId, Op};
use program::{Executable, OutputField, Program, WordSource};
use std::collections::{BTreeMap, BTreeSet};

/// How the comparison went.
pub(crate) enum Outcome {
    /// Whatever was wrong is reported.
    Said,
    /// Words differ; these are the names that the graph contains, sorted, for whoever looks for the place.
    Differs(Vec<Term>),
}

/// Judges the dataflow of `program`, whose graph is legal and whose token left `srams`, chip by chip.
pub(crate) fn check(site: &Site, program: &Program, srams: &[Sram], halves: &Halves, report: &mut Report) -> Outcome {
    let Program { executable, lowered: graph, .. } = program;
    let (values, unnamed) = Values::of(graph, halves, executable.context);
    for (node, reason) in unnamed.into_iter().chain(padding::faults(graph)) {
        let operation = graph.nodes[node].op.name().to_owned();
        report.push(Violation::new(None, Place::Node(node.index() as u32), Fault::Graph { operation, reason }));
    }
    let before = report.total;
    check_outputs(site, executable, graph, &values, srams, report);
    check_states(site, executable, graph, &values, srams, report);
    if report.total == before { Outcome::Said } else { Outcome::Differs(values.into_names()) }
}

fn check_outputs(
    site: &Site,
    executable: &Executable,
    graph: &Graph,
    values: &Values,
    srams: &[Sram],
    report: &mut Report,
) {
    let end = executable.length().0;
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    executable.outputs.iter().for_each(|field| *places.entry(&field.output).or_default() += 1);
    let mut nodes: BTreeMap<&str, NodeId> = BTreeMap::new();
    for (name, node) in &graph.outputs {
        nodes.entry(name).or_insert(*node);
    }
    let missing = |output: &str| {
        let fault = Fault::OutputMissing { output: output.to_owned() };
        Violation::new(None, Place::Program, fault)
    };
    for (name, _) in graph.outputs.iter().filter(|(name, _)| places.get(name.as_str()) != Some(&1)) {
        report.push(missing(name));
    }
    for OutputField { output, chip, slices, address } in &executable.outputs {
        let Some(node) = nodes.get(output.as_str()).filter(|node| is_output(graph, **node)) else {
            report.push(missing(output));
            continue;
        };
        for (byte, slice) in (0..).zip(slices) {
            if site.chip.slices <= slice.number {
                continue;
            }
            let Some(sram) = srams.get(usize::from(*chip)) else { continue };
            let found = sram.word(site.slice(*slice), *address).within(graph.nodes[*node].shape.lanes());
            if differs(values.word(*node, 0, byte), found) {
                let place = Place::Word { slice: *slice, address: *address };
                let fault = Fault::OutputValue { output: output.clone(), byte };
                report.push(Violation::new(Some(end), place, fault).on(usize::from(*chip)));
            }
        }
    }
}

/// Whether the host can read the node as one tile.
fn is_output(graph: &Graph, node: NodeId) -> bool {
    let node = &graph.nodes[node];
    matches!(node.dtype, DType::F32 | DType::I32) && node.shape.rows() == 1 && node.shape.lanes() <= 320
}

fn check_states(
    site: &Site,
    executable: &Executable,
    graph: &Graph,
    values: &Values,
    srams: &[Sram],
    report: &mut Report,
) {
    let end = executable.length().0;
    let mut homes: BTreeMap<NodeId, BTreeSet<(u8, u64)>> = BTreeMap::new();
    let mut updates = BTreeMap::new();
    updates.extend(graph.updates.iter().copied());
    for residency in &executable.image {
        let WordSource::State { node, plane } = residency.source else { continue };
        let state = match graph.nodes.get(node).map(|node| &node.op) {
            Some(Op::State { name }) if residency.slice.number < site.chip.slices => name,
            _ => continue,
        };
        let Some(sram) = srams.get(usize::from(residency.chip)) else { continue };
        let next = updates.get(&node).copied().unwrap_or(node);
        for offset in 0..residency.words {
            let Some(address) = residency.address.checked_add(offset) else { break };
            let row = row(residency, offset);
            homes.entry(node).or_default().insert((plane, row));
            let found = sram.word(site.slice(residency.slice), address).within(graph.nodes[next].shape.lanes());
            if differs(values.word(next, row, plane), found) {
                let place = Place::Word { slice: residency.slice, address };
                let fault = Fault::StateValue { state: state.clone(), row: row as u32, byte: plane };
                report.push(Violation::new(Some(end), place, fault).on(usize::from(residency.chip)));
            }
        }
    }
    check_homes(graph, &homes, report);
}

/// Refuses a state that the graph renews and of which a word has no home: there would be nothing to compare.
fn check_homes(graph: &Graph, homes: &BTreeMap<NodeId, BTreeSet<(u8, u64)>>, report: &mut Report) {
    for (node, _) in &graph.updates {
        let Some(state) = graph.nodes.get(*node) else { continue };
        let Op::State { name } = &state.op else { continue };
        let words = (0..state.dtype.bytes() as u8).flat_map(|byte| (0..state.shape.rows()).map(move |row| (byte, row)));
        // The first that is missing ends the search: it takes as many steps as there are homes.
        let mut words = words.skip_while(|word| homes.get(node).is_some_and(|homes| homes.contains(word)));
        if let Some((byte, row)) = words.next() {
            let fault = Fault::StateMissing { state: name.clone(), row: row as u32, byte };
            report.push(Violation::new(None, Place::Program, fault));
        }
    }
}

fn differs(expected: Word, found: Word) -> bool {
    !expected.is_poison() && !found.is_poison() && expected != found
}

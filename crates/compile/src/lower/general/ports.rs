//! What comes from outside, what is asked for, and what lives on.
//!
//! In: nodes of inputs, outputs, states.  Out: inputs and outputs row by row and tile by tile, states as whole tiles.
//! Invariant: every part has a name of its own; what is asked for lies in a home that nothing overwrites; a state is overwritten when all
//!     that reads it is done.
//! Method: the host reads words of f32 or i32: narrower types are widened, an f16 as two f32, its exponent and the rest, because bits of
//!     a number that is none would not survive. What states keep is set aside first, then written.

use super::hand::{Lowering, Side};
use super::obstacle::Obstacle;
use super::pointwise::{From, Step, computed};
use super::value::{Row, Run, Value, runs, stands};
use crate::tables::LANES;
use graph::{DType, Graph, Node, NodeId, Op, ScalarOp};
use std::collections::{BTreeMap, BTreeSet};

/// Bits of an f16 that are its exponent.
const EXPONENT: u32 = 0x7c00;

/// Part of an element that one tile of an output has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// The exponent of an f16.
    Exponent,
    /// Sign and fraction of an f16.
    Rest,
}

/// The name of one tile of one row of an input or output.
pub fn part_name(name: &str, (tile, row): (usize, usize), part: Part) -> String {
    let part = if part == Part::Exponent { "e" } else { "" };
    format!("{name}.{tile}{part}/{row}")
}

/// The value of an input.
pub fn input(lowering: &mut Lowering, node: &Node, name: &str) -> Value {
    let rows = node.shape.rows() as usize;
    let tile = |tile: usize| {
        let one = |row: usize| {
            lowering.hand.build.input(&part_name(name, (tile, row), Part::Whole), node.dtype, &[1, LANES as u32])
        };
        let sent: Vec<NodeId> = (0..rows).map(one).collect();
        let whole = if let [one] = sent[..] { one } else { lowering.hand.build.copy(0, &sent) };
        lowering.sent(whole, rows);
        all_of(whole, rows)
    };
    let tiles = (0..Value::tiles_of(&node.shape)).map(tile).collect();
    Value { dtype: node.dtype, shape: node.shape, tiles, clean: true }
}

/// The value of a state before the update.
pub fn state(lowering: &mut Lowering, node: &Node, name: &str) -> Value {
    let rows = node.shape.rows() as usize;
    let tile = |tile: usize| {
        let state = lowering.hand.build.state(&format!("{name}.{tile}"), node.dtype, &[rows as u32, LANES as u32]);
        lowering.lasting(state, rows);
        all_of(state, rows)
    };
    let tiles = (0..Value::tiles_of(&node.shape)).map(tile).collect();
    Value { dtype: node.dtype, shape: node.shape, tiles, clean: false }
}

fn all_of(node: NodeId, rows: usize) -> Vec<Row> {
    (0..rows as u32).map(|row| Row { node, row }).collect()
}

/// Whether the row was computed: it lies where nothing else will.
fn is_computed(lowering: &Lowering, row: Row) -> bool {
    matches!(lowering.hand.build.graph().nodes[row.node].op, Op::Map(_) | Op::Permute(_))
}

/// Asks for every output: each word has one owner, so that what is asked for twice lies twice.
///
/// Errors: as `Lowering::chain`.
pub fn outputs(lowering: &mut Lowering, graph: &Graph, values: &BTreeMap<NodeId, Value>) -> Result<(), Obstacle> {
    let mut shown: BTreeSet<Row> = BTreeSet::new();
    for (name, id) in &graph.outputs {
        let value = &values[id];
        for (tile, list) in value.tiles.iter().enumerate() {
            for (part, rows) in readable(lowering, value.dtype, list)? {
                let is_free = |row: Row, lowering: &Lowering| is_computed(lowering, row) && !shown.contains(&row);
                let own: BTreeSet<Row> = rows.iter().copied().filter(|&row| is_free(row, lowering)).collect();
                let rows = if own.len() == rows.len() { rows } else { elsewhere(lowering, &rows)? };
                shown.extend(&rows);
                for (number, row) in rows.into_iter().enumerate() {
                    let word = lowering.view(row, 1);
                    lowering.hand.build.output(&part_name(name, (tile, number), part), word);
                }
            }
        }
    }
    Ok(())
}

/// Rows as the host can read them.
fn readable(lowering: &mut Lowering, dtype: DType, list: &[Row]) -> Result<Vec<(Part, Vec<Row>)>, Obstacle> {
    let op = match dtype {
        DType::F32 | DType::I32 => return Ok(vec![(Part::Whole, list.to_vec())]),
        DType::F16 => {
            let mut parts = Vec::new();
            for (part, bits) in [(Part::Exponent, EXPONENT), (Part::Rest, !EXPONENT & 0xffff)] {
                let bits = lowering.uniform(DType::F16, bits);
                let steps = [
                    Step::new(ScalarOp::And, &[From::List(0), From::Row(bits)]),
                    Step::new(ScalarOp::F16ToF32, &[From::Step(0)]),
                ];
                parts.push((part, computed(lowering, &[list], &steps)?));
            }
            return Ok(parts);
        }
        DType::I16 => ScalarOp::I16ToI32,
        DType::I8 => ScalarOp::I8ToI32,
        DType::U8 => ScalarOp::U8ToI32,
    };
    Ok(vec![(Part::Whole, computed(lowering, &[list], &[Step::new(op, &[From::List(0)])])?)])
}

/// The same rows again, each in a word of its own.
fn elsewhere(lowering: &mut Lowering, list: &[Row]) -> Result<Vec<Row>, Obstacle> {
    let mut rows = Vec::new();
    for run in runs(&[list]) {
        let first = lowering.copied(side(list, run), run.count, &[])?;
        rows.extend((0..run.count).map(|place| first.after(place)));
    }
    Ok(rows)
}

/// The next value of a state's tile.
pub struct Next {
    /// The state's node.
    state: NodeId,
    /// All rows, none of them where a state lies, nor in the place of this one.
    rows: Vec<Row>,
}

/// What every state keeps, set aside.
///
/// Errors: as `Lowering::chain`.
pub fn next_states(
    lowering: &mut Lowering,
    graph: &Graph,
    values: &BTreeMap<NodeId, Value>,
) -> Result<Vec<Next>, Obstacle> {
    let mut all = Vec::new();
    for (state, next) in &graph.updates {
        for (tile, list) in values[state].tiles.iter().zip(&values[next].tiles) {
            let state = tile[0].node;
            let place = lowering.places[&state];
            let mut rows = Vec::new();
            for run in runs(&[list]) {
                let (first, count) = (list[run.first], if run.is_steady { 1 } else { run.count });
                let is_aside = is_computed(lowering, first) && lowering.places[&first.node] != place;
                let aside = if is_aside { first } else { lowering.copied(Side::Rows(first), count, &[place])? };
                rows.extend((0..run.count).map(|at| if run.is_steady { aside } else { aside.after(at) }));
            }
            all.push(Next { state, rows });
        }
    }
    Ok(all)
}

/// Writes what was set aside; nodes and whose homes they have.
///
/// Errors: as `Lowering::chain`.
pub fn updates(lowering: &mut Lowering, all: Vec<Next>) -> Result<Vec<(NodeId, NodeId)>, Obstacle> {
    let mut homes = Vec::new();
    for Next { state, rows } in all {
        let place = lowering.places[&state];
        let mut parts = Vec::new();
        for run in runs(&[&rows]) {
            let part = lowering.overwritten(side(&rows, run), run.count, place)?;
            homes.push((part, lowering.view(Row { node: state, row: run.first as u32 }, run.count)));
            parts.push(part);
        }
        let next = if let [one] = parts[..] { one } else { lowering.hand.build.copy(0, &parts) };
        lowering.hand.build.update(state, next);
    }
    Ok(homes)
}

fn side(rows: &[Row], run: Run) -> Side {
    if stands(rows, run) { Side::Row(rows[run.first]) } else { Side::Rows(rows[run.first]) }
}

//! The rows of the three columns.
//!
//! In: graphs, a timeline, a cursor, a selection.  Out: parts of the model, operations of one part, instructions of one part.
//! Invariant: every working node of the stage and every burst of the part is counted in exactly one row.

use crate::lang::Text;
use crate::selection::{Cursor, IssueId, Selection};
use crate::timeline::{Listed, Timeline};
use crate::words;
use arch::Unit;
use graph::{Graph, Node, Op};

/// The two graphs that a program came from.
#[derive(Clone, Copy)]
pub struct Made<'a> {
    /// As it was imported.
    pub imported: &'a Graph,
    /// In operations of the chip's size.
    pub lowered: &'a Graph,
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Focus {
    pub(super) instance: usize,
    pub(super) layer: Option<u32>,
    pub(super) part: String,
    pub(super) issue: Option<IssueId>,
}

/// A part of the model.
pub(super) struct ModelRow {
    pub(super) key: String,
    pub(super) name: Text,
    /// Imported operations; none for what the compiler adds.
    pub(super) operations: usize,
    /// Type of what it gives.
    pub(super) gives: String,
    /// Its first instruction.
    pub(super) first: Option<IssueId>,
}

/// Operations of one part that are alike.
pub(super) struct OpRow {
    pub(super) name: &'static str,
    pub(super) detail: String,
    pub(super) gives: String,
    pub(super) count: usize,
    pub(super) unit: Unit,
    /// The part's first instruction of that unit.
    pub(super) first: Option<IssueId>,
}

/// Whether a node is work, and not a name, a place or a view.
pub(super) fn works(node: &Node) -> bool {
    !matches!(node.op, Op::Input { .. } | Op::State { .. } | Op::Const(_) | Op::View(_))
}

/// The unit that carries an operation out.
fn unit(op: &Op) -> Unit {
    match op {
        Op::MatMul { .. } => Unit::Mxm,
        Op::Map(_) | Op::Reduce { .. } => Unit::Vxm,
        Op::Broadcast | Op::Permute(_) => Unit::Sxm,
        _ => Unit::Mem,
    }
}

/// The name of an operation as the ten are written.
pub(super) fn kind_name(op: &Op) -> &'static str {
    match op {
        Op::MatMul { .. } => "MatMul",
        Op::Map(_) => "Map",
        Op::Reduce { .. } => "Reduce",
        Op::Broadcast => "Broadcast",
        Op::Permute(_) => "Permute",
        Op::Copy { .. } => "Copy",
        Op::Window { .. } => "Window",
        Op::Gather => "Gather",
        Op::Scatter => "Scatter",
        Op::Const(_) => "Const",
        Op::Input { .. } | Op::State { .. } | Op::View(_) => "",
    }
}

fn detail(graph: &Graph, node: &Node) -> String {
    let operand = |place: usize| node.inputs.get(place).and_then(|&id| graph.nodes.get(id));
    match &node.op {
        Op::MatMul { .. } => operand(0).map_or(String::new(), |a| format!("{0} x {0}", a.dtype.name())),
        Op::Map(expr) => expr.steps.iter().map(|step| step.op.name()).collect::<Vec<_>>().join(" "),
        Op::Reduce { kind, axis, .. } => format!("{kind:?} over axis {axis}").to_ascii_lowercase(),
        _ => String::new(),
    }
}

fn gives(node: &Node) -> String {
    format!("{} {}", node.shape, node.dtype.name())
}

/// What the cursor and the selection mean here.
pub(super) fn focus(timeline: &Timeline, cursor: Cursor, selection: Option<Selection>) -> Option<Focus> {
    let at_cursor = |queue| timeline.issues_of(queue, cursor.cycle, cursor.cycle + 1).first().map(|issue| issue.id);
    let issue = match selection {
        Some(Selection::Issue(id)) => Some(id),
        Some(Selection::Value(value)) => Some(value.issue),
        Some(Selection::Flight(flight)) => Some(flight.issue),
        Some(Selection::Queue(queue)) => at_cursor(queue),
        _ => None,
    };
    let known = issue.and_then(|id| timeline.issue(id));
    let instance = match known {
        Some(issue) => issue.id.instance as usize,
        None => timeline.instance_at(cursor.cycle)?,
    };
    let layer = timeline.stretches().get(instance)?.layer;
    let of_cycle = || {
        let parts = timeline.parts_of(instance);
        let holds = |part: &&crate::Activity| {
            part.segments.iter().any(|segment| segment.from <= cursor.cycle && cursor.cycle < segment.to)
        };
        parts.iter().find(holds).or(parts.first()).map(|part| part.part.clone())
    };
    let part = known.and_then(|issue| issue.label).map(|label| label.part.clone()).or_else(of_cycle)?;
    Some(Focus { instance, layer, part, issue: known.map(|issue| issue.id) })
}

/// Parts of the model in the stage, in the model's order; then those that the compiler adds.
pub(super) fn model_rows(made: Made, focus: &Focus, listing: &[Listed]) -> Vec<ModelRow> {
    let first = |key: &str| listing.iter().find(|listed| listed.part() == Some(key)).map(|listed| listed.issue.id);
    let mut rows: Vec<ModelRow> = Vec::new();
    let nodes = made.imported.nodes.iter().map(|(_, node)| node);
    for node in nodes.filter(|node| works(node) && node.origin.layer == focus.layer) {
        let key = &node.origin.part;
        match rows.iter_mut().find(|row| row.key == *key) {
            Some(row) => {
                row.operations += 1;
                row.gives = gives(node);
            }
            None => rows.push(ModelRow {
                key: key.clone(),
                name: words::part(key),
                operations: 1,
                gives: gives(node),
                first: first(key),
            }),
        }
    }
    // What belongs to no layer is the stage's only if the stage has instructions for it.
    rows.retain(|row| focus.layer.is_some() || row.first.is_some());
    for listed in listing {
        let Some(key) = listed.part().filter(|key| rows.iter().all(|row| row.key != *key)) else { continue };
        let (key, name) = (key.to_owned(), words::part(key));
        rows.push(ModelRow { key, name, operations: 0, gives: String::new(), first: Some(listed.issue.id) });
    }
    rows
}

/// Operations of the part, those that are alike together.
pub(super) fn op_rows(made: Made, focus: &Focus, instructions: &[Listed]) -> Vec<OpRow> {
    let mut rows: Vec<OpRow> = Vec::new();
    let nodes = made.lowered.nodes.iter().map(|(_, node)| node);
    let own = |node: &&Node| works(node) && node.origin.layer == focus.layer && node.origin.part == focus.part;
    for node in nodes.filter(own) {
        let (name, detail, gives, unit) =
            (kind_name(&node.op), detail(made.lowered, node), gives(node), unit(&node.op));
        match rows.iter_mut().find(|row| row.name == name && row.detail == detail && row.gives == gives) {
            Some(row) => row.count += 1,
            None => {
                let first = instructions.iter().find(|listed| listed.unit() == unit).map(|listed| listed.issue.id);
                rows.push(OpRow { name, detail, gives, count: 1, unit, first });
            }
        }
    }
    rows
}

/// The part's instructions by cycle.
pub(super) fn instructions<'a>(focus: &Focus, listing: Vec<Listed<'a>>) -> Vec<Listed<'a>> {
    listing.into_iter().filter(|listed| listed.part() == Some(focus.part.as_str())).collect()
}

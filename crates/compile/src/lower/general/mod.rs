//! Lowers any graph of the ten operations, node by node: every value has its home in SRAM between one operation and the next.
//!
//! In: a legal graph, its tensors.  Out: a lowered graph, its tables, the work in two stages: the graph, and the states' next values.
//! Invariant: the lowered graph computes the same bits; each of its nodes is `[rows, 320]` in a form that a unit executes as it is.
//! Method: one file per kind of operation. A value is a list of rows (`value`), so that reshapes, slices and joins of whole rows are no
//!     work. Nodes that nothing asked for are not lowered.

mod contract;
mod fold;
mod hand;
mod indexed;
mod lives;
mod obstacle;
mod pointwise;
mod ports;
mod rearrange;
mod reserve;
mod value;

pub use lives::Lives;
pub use obstacle::Obstacle;
pub use ports::{Part, part_name};

use super::{Lowered, Source};
use crate::CompileError;
use crate::kernel::{Stage, Work};
use crate::tables::{LANES, tile_of};
use crate::twins::Twins;
use arch::Chip;
use contract::{Contraction, Right};
use fold::Fold;
use graph::{
    ConstSource, DType, Elements, EvalError, Evaluator, Graph, LoadError, Node, NodeId, Op, Order, ScalarOp, Tensor,
    View,
};
use hand::Lowering;
use pointwise::{From, Step, computed, steps_of};
use rearrange::{origins, rearranged};
use reserve::Tables;
use std::collections::BTreeMap;
use std::sync::Arc;
use value::{Row, Value};

/// Lowers the whole graph, which is legal.
///
/// Errors: `Node` with the reason and the remedy; `Load` when the tensors' source fails.
pub fn lower(source: Source, chip: &Chip) -> Result<Lowered, CompileError> {
    let graph = source.graph;
    let mut lowering = Lowering::new(source, chip);
    let wanted = Wanted::of(graph);
    let right = wanted.constants(source)?;
    lowering.reserve.plan(&wanted.tables(&right, lowering.plane_rows));
    let mut values: BTreeMap<NodeId, Value> = BTreeMap::new();
    for (id, node) in graph.nodes.iter().filter(|(id, _)| wanted.nodes[id.index()]) {
        let part = if node.origin.part.is_empty() { node.op.name() } else { &node.origin.part };
        lowering.hand.part(part);
        lowering.asks(id.index(), node.op.name());
        let words = node.shape.rows().saturating_mul(u64::from(node.shape.lanes()).div_ceil(LANES as u64));
        if WORDS_MAX < words {
            return Err(refused(graph, id, Obstacle::Words { found: words, most: WORDS_MAX }));
        }
        let value = lowered(&mut lowering, (id, node), &values, &right)?;
        values.insert(id, value);
    }
    let of = |obstacle| refused(graph, NodeId::new(graph.nodes.len().saturating_sub(1)), obstacle);
    ports::outputs(&mut lowering, graph, &values).map_err(of)?;
    let next = ports::next_states(&mut lowering, graph, &values).map_err(of)?;
    let token = Stage { name: "graph".to_owned(), work: lowering.finish(), ..Stage::default() };
    let homes = ports::updates(&mut lowering, next).map_err(of)?;
    let work = lowering.finish();
    if let Some((node, obstacle)) = lowering.most_asked() {
        return Err(refused(graph, NodeId::new(node), obstacle));
    }
    let works: Vec<&Work> = token.work.iter().chain(&work).collect();
    let lives = Some(lowering.lives(&works, &homes));
    let head = (!work.is_empty()).then(|| Stage { name: "states".to_owned(), work, ..Stage::default() });
    Ok(Lowered {
        graph: lowering.hand.build.finish(),
        tables: lowering.hand.tables,
        token,
        layer: Stage::default(),
        head,
        layers: 0,
        cached: 0,
        rows: 1,
        ones: None,
        either_half: Vec::new(),
        maps: lowering.maps,
        places: lowering.places,
        homes,
        twins: Twins::default(),
        awaited: BTreeMap::new(),
        attentions: Vec::new(),
        lives,
    })
}

fn refused(graph: &Graph, node: NodeId, obstacle: Obstacle) -> CompileError {
    let operation = graph.nodes.get(node).map_or("graph", |node| node.op.name());
    CompileError::Node { node: node.index(), operation, obstacle }
}

/// What of a graph has to be lowered.
struct Wanted<'g> {
    graph: &'g Graph,
    /// By node: whether something asks for it.
    nodes: Vec<bool>,
    /// By node: whether it depends on constants alone.
    is_fixed: Vec<bool>,
}

impl<'g> Wanted<'g> {
    fn of(graph: &'g Graph) -> Self {
        let mut is_fixed: Vec<bool> = Vec::new();
        for (_, node) in graph.nodes.iter() {
            let changes = matches!(node.op, Op::Input { .. } | Op::State { .. });
            is_fixed.push(!changes && node.inputs.iter().all(|input| is_fixed[input.index()]));
        }
        let mut wanted = Wanted { graph, nodes: vec![false; graph.nodes.len()], is_fixed };
        let asked = graph.outputs.iter().map(|(_, node)| *node);
        let asked = asked.chain(graph.updates.iter().flat_map(|&(state, next)| [state, next]));
        asked.for_each(|node| wanted.nodes[node.index()] = true);
        for (id, node) in graph.nodes.iter().rev() {
            if wanted.nodes[id.index()] {
                let known = wanted.has_weights(node);
                let taken = node.inputs.iter().enumerate().filter(|(place, _)| !known || place % 2 == 0);
                taken.for_each(|(_, input)| wanted.nodes[input.index()] = true);
            }
        }
        wanted
    }

    /// Whether it is a contraction whose right sides planes can take as weights.
    fn has_weights(&self, node: &Node) -> bool {
        let by_planes = matches!(node.op, Op::MatMul { order: Order::Exact | Order::Superlanes });
        by_planes && node.inputs.chunks_exact(2).all(|pair| self.is_fixed[pair[1].index()])
    }

    /// The tables of all contractions with weights.
    fn tables(&self, right: &BTreeMap<NodeId, Tensor>, plane_rows: usize) -> Vec<Tables> {
        let wanted = self.graph.nodes.iter().filter(|(id, node)| self.nodes[id.index()] && self.has_weights(node));
        let of = |(id, node): (NodeId, &Node)| {
            let sides: Vec<&Tensor> =
                node.inputs.iter().skip(1).step_by(2).filter_map(|side| right.get(side)).collect();
            contract::tables_of(id.index(), &node.shape, &sides, plane_rows)
        };
        wanted.map(of).collect()
    }

    /// The right sides that are weights.
    fn constants(&self, source: Source) -> Result<BTreeMap<NodeId, Tensor>, CompileError> {
        let mut reduced = Graph { tensors: self.graph.tensors.clone(), ..Graph::default() };
        let mut numbers: BTreeMap<NodeId, NodeId> = BTreeMap::new();
        let mut outputs: BTreeMap<NodeId, String> = BTreeMap::new();
        for (id, node) in self.graph.nodes.iter() {
            if self.is_fixed[id.index()] {
                let inputs = node.inputs.iter().map(|input| numbers[input]).collect();
                numbers.insert(id, reduced.nodes.push(Node { inputs, ..node.clone() }));
            }
            if self.nodes[id.index()] && self.has_weights(node) {
                let sides = node.inputs.iter().skip(1).step_by(2);
                sides.for_each(|side| drop(outputs.insert(*side, side.to_string())));
            }
        }
        if outputs.is_empty() {
            return Ok(BTreeMap::new());
        }
        reduced.outputs = outputs.iter().map(|(id, name)| (name.clone(), numbers[id])).collect();
        let wrong = |error: EvalError| match error {
            EvalError::Load(error) => CompileError::Load(error),
            other => {
                let node = outputs.keys().next().copied().unwrap_or(NodeId::new(0));
                refused(self.graph, node, Obstacle::Constants { says: other.to_string() })
            }
        };
        let data = source.data.unwrap_or(&NoData);
        let mut made = Evaluator::new(&reduced, data).and_then(|mut one| one.step(&BTreeMap::new())).map_err(wrong)?;
        let find = |(id, name): (&NodeId, &String)| Some((*id, made.remove(name)?));
        Ok(outputs.iter().filter_map(find).collect())
    }
}

/// A source without tensors.
struct NoData;

impl graph::TensorData for NoData {
    fn load(&self, tensor: graph::TensorId) -> Result<Arc<Tensor>, LoadError> {
        Err(LoadError { tensor, reason: "the graph came without its tensors".to_owned() })
    }
}

/// Most words of 320 lanes of a value.
const WORDS_MAX: u64 = 1 << 16;

/// The value of a node whose operands are lowered.
fn lowered(
    lowering: &mut Lowering,
    (id, node): (NodeId, &Node),
    values: &BTreeMap<NodeId, Value>,
    right: &BTreeMap<NodeId, Tensor>,
) -> Result<Value, CompileError> {
    let graph = lowering.hand.source.graph;
    let of = |place: usize| &values[&node.inputs[place]];
    let value = match &node.op {
        Op::Input { name } => Ok(ports::input(lowering, node, name)),
        Op::State { name } => Ok(ports::state(lowering, node, name)),
        Op::Const(constant) => {
            let tensor = constant_of(lowering, node, constant)?;
            Ok(table(lowering, &tensor))
        }
        Op::Map(expr) => {
            let dtypes: Vec<DType> = node.inputs.iter().map(|input| graph.nodes[*input].dtype).collect();
            let types = expr.types(&dtypes).expect("the graph is legal");
            let steps = steps_of(lowering, expr, &types);
            let inputs: Vec<&Value> = node.inputs.iter().map(|input| &values[input]).collect();
            steps.and_then(|steps| mapped(lowering, node, &inputs, &steps))
        }
        Op::MatMul { order } => {
            let left = node.inputs.iter().step_by(2).map(|input| values[input].clone()).collect();
            let contraction = Contraction { order: *order, shape: &node.shape, left };
            let sides = || node.inputs.iter().skip(1).step_by(2);
            let constants: Option<Vec<Right>> = sides().map(|side| right.get(side).map(Right::Constant)).collect();
            let computed = || -> Option<Vec<Right>> {
                let side =
                    |side| contract::can_install(&contraction, &values[side]).then(|| Right::Computed(&values[side]));
                sides().map(side).collect()
            };
            match constants.filter(|_| *order != Order::Sequential).or_else(computed) {
                Some(right) => contract::by_planes(lowering, &contraction, &right),
                None => {
                    let right: Vec<Value> = sides().map(|side| values[side].clone()).collect();
                    contract::by_alus(lowering, &contraction, &right)
                }
            }
        }
        Op::Reduce { kind, axis, .. } => {
            let fold = Fold { kind: *kind, axis: usize::from(*axis), shape: &node.shape };
            fold::folded(lowering, of(0), &fold)
        }
        Op::Gather => gathered(lowering, node, values),
        Op::Scatter => scattered(lowering, node, values),
        Op::View(View::Digits { count }) => digits(lowering, node, of(0), *count),
        Op::Broadcast | Op::Permute(_) | Op::Copy { .. } | Op::Window { .. } | Op::View(_) => {
            let inputs: Vec<&Value> = node.inputs.iter().map(|input| &values[input]).collect();
            let shapes: Vec<_> = inputs.iter().map(|value| &value.shape).collect();
            origins(node, &shapes).and_then(|origins| rearranged(lowering, &inputs, &node.shape, &origins))
        }
    };
    value.map_err(|obstacle| refused(graph, id, obstacle))
}

fn constant_of(lowering: &Lowering, node: &Node, constant: &ConstSource) -> Result<Arc<Tensor>, CompileError> {
    let elements = match constant {
        ConstSource::Tensor(tensor) => {
            let data = lowering.hand.source.data.unwrap_or(&NoData);
            return Ok(data.load(*tensor)?);
        }
        ConstSource::F32(values) => Elements::F32(values.clone()),
        ConstSource::I32(values) => Elements::I32(values.clone()),
    };
    Ok(Arc::new(Tensor::new(node.shape, elements)))
}

/// A constant as tables.
fn table(lowering: &mut Lowering, tensor: &Tensor) -> Value {
    let rows = tensor.shape().rows() as usize;
    let tile = |tile: usize| {
        let node = lowering.table("constant", tile_of(tensor, (0, rows), tile, rows));
        (0..rows).map(|row| Row { node, row: row as u32 }).collect()
    };
    let tiles = (0..Value::tiles_of(tensor.shape())).map(tile).collect();
    Value { dtype: tensor.dtype(), shape: *tensor.shape(), tiles, clean: true }
}

fn mapped(lowering: &mut Lowering, node: &Node, inputs: &[&Value], steps: &[Step]) -> Result<Value, Obstacle> {
    let mut tiles = Vec::new();
    for tile in 0..Value::tiles_of(&node.shape) {
        let lists: Vec<&[Row]> = inputs.iter().map(|value| value.tiles[tile].as_slice()).collect();
        tiles.push(computed(lowering, &lists, steps)?);
    }
    Ok(Value { dtype: node.dtype, shape: node.shape, tiles, clean: false })
}

/// Bytes of i32 as rows of i8, the most significant first.
fn digits(lowering: &mut Lowering, node: &Node, value: &Value, count: u8) -> Result<Value, Obstacle> {
    let mut tiles = vec![Vec::new(); value.tiles.len()];
    for byte in (0..u32::from(count)).rev() {
        let steps = [
            Step::new(ScalarOp::ShiftLeft, &[From::List(0), From::Literal(24 - 8 * byte)]),
            Step::new(ScalarOp::ShiftRightSigned, &[From::Step(0), From::Literal(24)]),
            Step::new(ScalarOp::I32ToI8, &[From::Step(1)]),
        ];
        for (tile, list) in tiles.iter_mut().zip(&value.tiles) {
            tile.extend(computed(lowering, &[list], &steps)?);
        }
    }
    Ok(Value { dtype: DType::I8, shape: node.shape, tiles, clean: value.clean })
}

/// The table as rows of its first axis: one of rank 1 has its elements in rows.
fn in_rows(lowering: &mut Lowering, value: &Value) -> Result<Value, Obstacle> {
    if value.shape.rank() != 1 {
        return Ok(value.clone());
    }
    let count = value.shape.lanes();
    rearrange::followed(count.into())?;
    let shape = graph::Shape::new(&[count, 1]).expect("as many elements as before");
    rearranged(lowering, &[value], &shape, &(0..count as usize).collect::<Vec<_>>())
}

fn gathered(lowering: &mut Lowering, node: &Node, values: &BTreeMap<NodeId, Value>) -> Result<Value, Obstacle> {
    let table = in_rows(lowering, &values[&node.inputs[0]])?;
    indexed::gathered(lowering, &table, &values[&node.inputs[1]], &node.shape)
}

fn scattered(lowering: &mut Lowering, node: &Node, values: &BTreeMap<NodeId, Value>) -> Result<Value, Obstacle> {
    let [table, row, index] = [0, 1, 2].map(|place| &values[&node.inputs[place]]);
    let table = in_rows(lowering, table)?;
    let made = indexed::scattered(lowering, &table, row, index)?;
    if made.shape == node.shape {
        return Ok(made);
    }
    let count = node.shape.elements() as usize;
    rearranged(lowering, &[&made], &node.shape, &(0..count).collect::<Vec<_>>())
}

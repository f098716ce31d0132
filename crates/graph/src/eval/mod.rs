//! The slow, obviously right reference evaluator: the meaning of every operation.
//!
//! In: a legal graph, the source of its tensors, the inputs of one token.  Out: the outputs; every node's value on request.
//! Invariant: same inputs, same bits, native and wasm; f32 additions happen in the stated order; computed NaNs are 0x7fc00000.
//! Method: nodes in order, one file per group of operations; what depends on constants alone is computed once and kept.

mod double_double;
mod error;
pub mod functions;
mod map;
mod matmul;
mod rearrange;
mod reduce;
mod scalar;

pub use error::EvalError;

use crate::check::check;
use crate::{ConstSource, Elements, Graph, Node, NodeId, Op, Tensor, TensorData};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Greatest number of elements of all values together: what a machine with 64-bit, or 32-bit, addresses can be expected to keep.
const ELEMENTS_MAX: u64 = if usize::BITS < 64 { 1 << 29 } else { 1 << 32 };

/// Evaluates a graph token by token.
pub struct Evaluator<'g> {
    graph: &'g Graph,
    data: &'g dyn TensorData,
    /// Value of each node in the last step, or of a step before if it never changes.
    values: Vec<Option<Arc<Tensor>>>,
    /// Whether a node depends on constants alone.
    is_fixed: Vec<bool>,
    /// Values of the states for the next step; a state that is not here is zero.
    states: BTreeMap<NodeId, Arc<Tensor>>,
}

impl<'g> Evaluator<'g> {
    /// An evaluator whose states are zeros. No tensor is loaded before the first step.
    ///
    /// Errors: `Illegal` with all flaws of the graph; `TooLarge` when its values could not be kept.
    pub fn new(graph: &'g Graph, data: &'g dyn TensorData) -> Result<Self, EvalError> {
        let flaws = check(graph);
        if !flaws.is_empty() {
            return Err(EvalError::Illegal { flaws });
        }
        let total = graph.nodes.iter().try_fold(0u64, |total, (_, node)| total.checked_add(node.shape.elements()));
        let elements = total.unwrap_or(u64::MAX);
        if ELEMENTS_MAX < elements {
            return Err(EvalError::TooLarge { elements, elements_max: ELEMENTS_MAX });
        }
        let mut is_fixed: Vec<bool> = Vec::with_capacity(graph.nodes.len());
        for (_, node) in graph.nodes.iter() {
            let changes = matches!(node.op, Op::Input { .. } | Op::State { .. });
            is_fixed.push(!changes && node.inputs.iter().all(|input| is_fixed[input.index()]));
        }
        let values = vec![None; graph.nodes.len()];
        Ok(Evaluator { graph, data, values, is_fixed, states: BTreeMap::new() })
    }

    /// Computes one token: all nodes in order, then the states for the next token.
    ///
    /// `inputs` holds one tensor for each `Input` node, by name. Errors leave the states as they were.
    pub fn step(&mut self, inputs: &BTreeMap<String, Tensor>) -> Result<BTreeMap<String, Tensor>, EvalError> {
        let known: BTreeSet<&str> = self.graph.nodes.iter().filter_map(|(_, node)| input_name(node)).collect();
        if let Some(name) = inputs.keys().find(|name| !known.contains(name.as_str())) {
            return Err(EvalError::UnknownInput { name: name.clone() });
        }
        for (id, node) in self.graph.nodes.iter() {
            let is_kept = self.is_fixed[id.index()] && self.values[id.index()].is_some();
            if !is_kept {
                self.values[id.index()] = Some(self.compute(id, node, inputs)?);
            }
        }
        for &(state, next) in &self.graph.updates {
            self.states.insert(state, self.computed(next).clone());
        }
        let outputs = self.graph.outputs.iter();
        Ok(outputs.map(|(name, node)| (name.clone(), Tensor::clone(self.computed(*node)))).collect())
    }

    /// The value that a node had in the last step; for a state, the value before its update. `None` before the first step.
    pub fn value(&self, node: NodeId) -> Option<&Arc<Tensor>> {
        self.values.get(node.index())?.as_ref()
    }

    /// The value of a state for the next step, `None` while it is still zero.
    pub fn state(&self, node: NodeId) -> Option<&Arc<Tensor>> {
        self.states.get(&node)
    }

    /// Takes over the states of another graph's evaluator, by their names: the next step goes on from what that one computed.
    ///
    /// Errors: `WrongType` for a state that has another form there; then nothing is taken.
    pub fn go_on_from(&mut self, other: &Evaluator) -> Result<(), EvalError> {
        let mut states = BTreeMap::new();
        for (id, node) in self.graph.nodes.iter() {
            let Op::State { name } = &node.op else { continue };
            let is_it = |found: &Node| matches!(&found.op, Op::State { name: found } if found == name);
            let there = other.graph.nodes.iter().find(|(_, found)| is_it(found)).map(|(id, _)| id);
            if let Some(tensor) = there.and_then(|id| other.states.get(&id)) {
                EvalError::expect_type(&format!("state {name:?}"), node, tensor)?;
                states.insert(id, Arc::clone(tensor));
            }
        }
        self.states = states;
        Ok(())
    }

    /// Forgets the tokens so far: all states are zeros again. Constants stay.
    pub fn reset(&mut self) {
        self.states.clear();
        for (value, is_fixed) in self.values.iter_mut().zip(&self.is_fixed) {
            if !is_fixed {
                *value = None;
            }
        }
    }

    /// The value of a node that was computed in this step.
    fn computed(&self, node: NodeId) -> &Arc<Tensor> {
        self.values[node.index()].as_ref().expect("operands come before their users")
    }

    fn compute(&self, id: NodeId, node: &Node, inputs: &BTreeMap<String, Tensor>) -> Result<Arc<Tensor>, EvalError> {
        match &node.op {
            Op::Input { name } => {
                let tensor = inputs.get(name).ok_or_else(|| EvalError::missing_input(name, node))?;
                EvalError::expect_type(&format!("input {name:?}"), node, tensor)?;
                Ok(Arc::new(tensor.clone()))
            }
            Op::State { .. } => {
                let zeros = || Arc::new(Tensor::zeros(node.dtype, node.shape));
                Ok(self.states.get(&id).cloned().unwrap_or_else(zeros))
            }
            Op::Const(ConstSource::Tensor(tensor)) => {
                let loaded = self.data.load(*tensor).map_err(EvalError::Load)?;
                EvalError::expect_type(&format!("tensor {:?}", self.graph.tensors[*tensor].name), node, &loaded)?;
                Ok(loaded)
            }
            _ => {
                let operands: Vec<&Tensor> = node.inputs.iter().map(|&input| &**self.computed(input)).collect();
                Ok(Arc::new(Tensor::new(node.shape, elements(id, node, &operands)?)))
            }
        }
    }
}

/// Name of an input node.
fn input_name(node: &Node) -> Option<&str> {
    if let Op::Input { name } = &node.op { Some(name) } else { None }
}

/// The elements that a node computes from its operands.
fn elements(id: NodeId, node: &Node, operands: &[&Tensor]) -> Result<Elements, EvalError> {
    let elements = match &node.op {
        Op::Input { .. } | Op::State { .. } | Op::Const(ConstSource::Tensor(_)) => {
            unreachable!("values from outside are not computed")
        }
        Op::Const(ConstSource::F32(values)) => Elements::F32(values.clone()),
        Op::Const(ConstSource::I32(values)) => Elements::I32(values.clone()),
        Op::MatMul { order } => {
            let blocks: Vec<(&Tensor, &Tensor)> = operands.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
            matmul::matmul(*order, &blocks)
        }
        Op::Map(expr) => map::map(expr, operands),
        Op::Reduce { kind, axis, partials } => {
            reduce::reduce(*kind, operands[0], usize::from(*axis), usize::from(*partials))
        }
        Op::Broadcast => rearrange::broadcast(operands[0], &node.shape),
        Op::Permute(permutation) => rearrange::permute(permutation, operands[0], &node.shape),
        Op::Copy { axis } => rearrange::copy(operands, usize::from(*axis)),
        Op::Window { stride, .. } => rearrange::window(operands[0], *stride, &node.shape),
        Op::Gather => rearrange::gather(operands[0], row_index(id, operands[0], operands[1])?),
        Op::Scatter => rearrange::scatter(operands[0], operands[1], row_index(id, operands[0], operands[2])?),
        Op::View(view) => rearrange::view(view, operands[0], &node.shape),
    };
    Ok(elements)
}

/// The row that an index tensor names, if the table has it.
fn row_index(id: NodeId, table: &Tensor, index: &Tensor) -> Result<usize, EvalError> {
    let index = index.as_i32().expect("check: an index is i32 [1]")[0];
    let rows = table.shape().extents()[0];
    let outside = EvalError::IndexOutOfRange { node: id, index, rows };
    usize::try_from(index).ok().filter(|index| *index < rows as usize).ok_or(outside)
}

//! A second evaluator: one element at a time, by coordinates.
//!
//! In: a graph and the operands' values.  Out: the bits of one element of one node.
//! Invariant: shares only the conversion of f16 with `eval`.
//! Method: f32 results are computed in f64 and rounded once: exact for + - * / (53 >= 2 * 24 + 2 bits).

use graph::half::{NAN_F32, f16_to_f32, f32_to_f16};
use graph::{
    Arg, ConstSource, DType, Evaluator, Expr, Graph, NodeId, Op, Order, Permutation, ReduceKind, ScalarOp, Shape,
    Tensor, TensorId, View,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything one node's element depends on.
pub struct Case<'c> {
    pub graph: &'c Graph,
    pub tensors: &'c BTreeMap<TensorId, Arc<Tensor>>,
    pub inputs: &'c BTreeMap<String, Tensor>,
    pub states: &'c [Option<Arc<Tensor>>],
    pub evaluator: &'c Evaluator<'c>,
}

/// Coordinates of element `index`.
fn coordinates(shape: &Shape, mut index: usize) -> Vec<usize> {
    let mut result = vec![0; shape.rank()];
    for axis in (0..shape.rank()).rev() {
        let extent = shape.extents()[axis] as usize;
        result[axis] = index % extent;
        index /= extent;
    }
    result
}

fn index_of(shape: &Shape, at: &[usize]) -> usize {
    assert_eq!(shape.rank(), at.len());
    shape.extents().iter().zip(at).fold(0, |index, (extent, at)| index * *extent as usize + at)
}

fn rounded(value: f64) -> u32 {
    if value.is_nan() { NAN_F32 } else { (value as f32).to_bits() }
}

fn wide(bits: u32) -> f64 {
    f64::from(f32::from_bits(bits))
}

impl Case<'_> {
    fn operand(&self, node: NodeId, position: usize) -> &Tensor {
        let id = self.graph.nodes[node].inputs[position];
        self.evaluator.value(id).expect("operands have values")
    }

    fn at(&self, node: NodeId, position: usize, at: &[usize]) -> u32 {
        let tensor = self.operand(node, position);
        tensor.elements().bits(index_of(tensor.shape(), at))
    }

    /// The bits of element `index` of `node`.
    pub fn element(&self, node: NodeId, index: usize) -> u32 {
        let this = &self.graph.nodes[node];
        let at = coordinates(&this.shape, index);
        match &this.op {
            Op::Input { name } => self.inputs[name].elements().bits(index),
            Op::State { .. } => self.states[node.index()].as_ref().map_or(0, |state| state.elements().bits(index)),
            Op::Const(ConstSource::Tensor(id)) => self.tensors[id].elements().bits(index),
            Op::Const(ConstSource::F32(values)) => values[index].to_bits(),
            Op::Const(ConstSource::I32(values)) => values[index] as u32,
            Op::MatMul { order } => self.matmul(node, *order, &at),
            Op::Map(expr) => self.step(node, expr, expr.steps.len() - 1, index).0,
            Op::Reduce { kind, axis, partials } => {
                self.reduce(node, *kind, usize::from(*axis), usize::from(*partials), at)
            }
            Op::Broadcast => {
                let extents = self.operand(node, 0).shape().extents().to_vec();
                let from: Vec<usize> = at.iter().zip(extents).map(|(at, extent)| at % extent as usize).collect();
                self.at(node, 0, &from)
            }
            Op::Permute(Permutation::Axes(axes)) => {
                let mut from = vec![0; at.len()];
                for (axis, source) in axes.iter().enumerate() {
                    from[usize::from(*source)] = at[axis];
                }
                self.at(node, 0, &from)
            }
            Op::Permute(Permutation::Lanes(map)) => {
                let mut from = at;
                let lane = from.pop();
                if let Some(lane) = lane {
                    from.push(lane / map.len() * map.len() + usize::from(map[lane % map.len()]));
                }
                self.at(node, 0, &from)
            }
            Op::Copy { axis } => self.copy(node, usize::from(*axis), at),
            Op::Window { stride, .. } => {
                let lanes = self.operand(node, 0).shape().lanes() as usize;
                let (mut from, rank) = (at.clone(), at.len());
                from[rank - 2] = at[rank - 2] * *stride as usize + at[rank - 1] / lanes;
                from[rank - 1] = at[rank - 1] % lanes;
                self.at(node, 0, &from)
            }
            Op::Gather => {
                let mut from = at;
                from[0] = self.at(node, 1, &[0]) as usize;
                self.at(node, 0, &from)
            }
            Op::Scatter => {
                let mut from = at;
                if from[0] != self.at(node, 2, &[0]) as usize {
                    return self.at(node, 0, &from);
                }
                from[0] = 0;
                self.at(node, 1, &from)
            }
            Op::View(View::Reshape) => self.operand(node, 0).elements().bits(index),
            Op::View(View::Rows { first }) => {
                let mut from = at;
                from[0] += *first as usize;
                self.at(node, 0, &from)
            }
            Op::View(View::Digits { count }) => {
                let bytes = self.at(node, 0, &[0, at[1]]).to_le_bytes();
                i32::from(bytes[usize::from(*count) - 1 - at[0]] as i8) as u32
            }
        }
    }

    fn copy(&self, node: NodeId, axis: usize, mut at: Vec<usize>) -> u32 {
        for position in 0..self.graph.nodes[node].inputs.len() {
            let extent = self.operand(node, position).shape().extents()[axis] as usize;
            if at[axis] < extent {
                return self.at(node, position, &at);
            }
            at[axis] -= extent;
        }
        panic!("a coordinate past all operands");
    }

    fn reduce(&self, node: NodeId, kind: ReduceKind, axis: usize, partials: usize, at: Vec<usize>) -> u32 {
        let input = self.operand(node, 0);
        let extent = input.shape().extents()[axis] as usize;
        let op = match kind {
            ReduceKind::Sum => ScalarOp::Add,
            ReduceKind::Max => ScalarOp::Max,
            ReduceKind::Min => ScalarOp::Min,
        };
        let mut folded = None;
        for row in 0..extent {
            if row % partials != (extent - partials + at[axis]) % partials {
                continue;
            }
            let mut from = at.clone();
            from[axis] = row;
            let next = self.at(node, 0, &from);
            folded = Some(folded.map_or(next, |folded| apply(op, input.dtype(), &[folded, next])));
        }
        folded.expect("a row for each partial result")
    }

    fn matmul(&self, node: NodeId, order: Order, at: &[usize]) -> u32 {
        let (leading, [m, n]) = (&at[..at.len() - 2], [at[at.len() - 2], at[at.len() - 1]]);
        let blocks = self.graph.nodes[node].inputs.len() / 2;
        let mut sequential = 0f64;
        let mut exact = 0i64;
        let mut running = None;
        for block in 0..blocks {
            let k = self.operand(node, 2 * block).shape().lanes() as usize;
            let pair = |lane: usize| {
                let left = self.at(node, 2 * block, &[leading, &[m, lane]].concat());
                (left, self.at(node, 2 * block + 1, &[leading, &[n, lane]].concat()))
            };
            match order {
                Order::Sequential => {
                    for lane in 0..k {
                        let (a, b) = pair(lane);
                        let product = wide(rounded(wide(a) * wide(b)));
                        sequential = wide(rounded(sequential + product));
                    }
                }
                Order::Exact => {
                    for lane in 0..k {
                        let (a, b) = pair(lane);
                        exact += i64::from(a as i32) * i64::from(b as i32);
                    }
                }
                Order::Superlanes => {
                    for half in 0..2 {
                        let sum = half_block(half, k, pair);
                        running = Some(running.map_or(sum, |running| f32_sum(running, sum)));
                    }
                }
            }
        }
        match order {
            Order::Sequential => rounded(sequential),
            Order::Exact => exact as u32,
            Order::Superlanes => rounded(running.expect("a block")),
        }
    }

    /// Result and type of step `index` for one element.
    fn step(&self, node: NodeId, expr: &Expr, index: usize, element: usize) -> (u32, DType) {
        let step = &expr.steps[index];
        let args: Vec<(u32, Option<DType>)> = step
            .args
            .iter()
            .map(|arg| match *arg {
                Arg::Immediate(bits) => (bits, None),
                Arg::Input(input) => {
                    let tensor = self.operand(node, usize::from(input));
                    (tensor.elements().bits(element), Some(tensor.dtype()))
                }
                Arg::Step(step) => {
                    let (bits, dtype) = self.step(node, expr, usize::from(step), element);
                    (bits, Some(dtype))
                }
            })
            .collect();
        let deciding = if step.op == ScalarOp::Select { &args[1..] } else { &args[..] };
        let only = match step.op {
            ScalarOp::Xor | ScalarOp::I32ToF32 => DType::I32,
            ScalarOp::F16ToF32 => DType::F16,
            ScalarOp::I8ToI32 => DType::I8,
            _ => DType::F32,
        };
        let dtype = deciding.iter().find_map(|(_, dtype)| *dtype).unwrap_or(only);
        let bits: Vec<u32> = args.iter().map(|(bits, _)| *bits).collect();
        (apply(step.op, dtype, &bits), step.op.result(dtype))
    }
}

fn f32_sum(a: f64, b: f64) -> f64 {
    wide(rounded(a + b))
}

fn half_block(half: usize, k: usize, pair: impl Fn(usize) -> (u32, u32)) -> f64 {
    let accumulator = |j: usize| {
        (0..20).map(|superlane| 16 * superlane + 8 * half + j).fold(0f64, |sum, lane| {
            if k <= lane {
                return f32_sum(sum, 0.0);
            }
            let (a, b) = pair(lane);
            let product = f64::from(f16_to_f32(a as u16)) * f64::from(f16_to_f32(b as u16));
            f32_sum(sum, product)
        })
    };
    let pairs: Vec<f64> = (0..4).map(|pair| f32_sum(accumulator(2 * pair), accumulator(2 * pair + 1))).collect();
    f32_sum(f32_sum(pairs[0], pairs[1]), f32_sum(pairs[2], pairs[3]))
}

/// One scalar operation.
fn apply(op: ScalarOp, dtype: DType, args: &[u32]) -> u32 {
    let integers = dtype == DType::I32;
    let (a, b) = (args[0], args.get(1).copied().unwrap_or(0));
    let (x, y) = (wide(a), wide(b));
    let (i, j) = (i64::from(a as i32), i64::from(b as i32));
    match op {
        ScalarOp::Add if integers => (i + j) as u32,
        ScalarOp::Sub if integers => (i - j) as u32,
        ScalarOp::Mul if integers => (i * j) as u32,
        ScalarOp::Max if integers => i.max(j) as u32,
        ScalarOp::Min if integers => i.min(j) as u32,
        ScalarOp::LessEqual if integers => u32::from(i <= j),
        ScalarOp::Add => rounded(x + y),
        ScalarOp::Sub => rounded(x - y),
        ScalarOp::Mul => rounded(x * y),
        ScalarOp::Div => rounded(x / y),
        ScalarOp::Max | ScalarOp::Min if x.is_nan() || y.is_nan() => NAN_F32,
        // total_cmp orders -0.0 below +0.0.
        ScalarOp::Max => rounded(if x.total_cmp(&y).is_lt() { y } else { x }),
        ScalarOp::Min => rounded(if x.total_cmp(&y).is_lt() { x } else { y }),
        ScalarOp::LessEqual => u32::from(x <= y),
        ScalarOp::Exp => rounded(x.exp()),
        ScalarOp::Tanh => rounded(x.tanh()),
        ScalarOp::Rsqrt if x == 0.0 => f32::INFINITY.to_bits(),
        ScalarOp::Rsqrt => rounded(1.0 / x.sqrt()),
        ScalarOp::Select => {
            if a == 0 {
                args[2]
            } else {
                b
            }
        }
        ScalarOp::Xor => a ^ b,
        ScalarOp::F32ToI32 => x.round_ties_even() as i32 as u32,
        ScalarOp::I32ToF32 => rounded(i as f64),
        ScalarOp::F32ToF16 => u32::from(f32_to_f16(f32::from_bits(a))),
        ScalarOp::F16ToF32 => f16_to_f32(a as u16).to_bits(),
        ScalarOp::I8ToI32 | ScalarOp::Identity => a,
    }
}

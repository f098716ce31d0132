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
                let rows = self.operand(node, 0).shape().extents()[0] as usize;
                let bytes = self.at(node, 0, &[at[0] % rows, at[1]]).to_le_bytes();
                i32::from(bytes[usize::from(*count) - 1 - at[0] / rows] as i8) as u32
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
        let deciding = match step.op {
            ScalarOp::Select => &args[1..],
            ScalarOp::Mask => &args[..1],
            _ => &args[..],
        };
        let only = step.op.operands()[0];
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
    let (a, b) = (args[0], args.get(1).copied().unwrap_or(0));
    match op {
        ScalarOp::Select => {
            if a == 0 {
                args[2]
            } else {
                b
            }
        }
        ScalarOp::Mask => a * u32::from(b != 0),
        ScalarOp::And => a & b,
        ScalarOp::Or => a - (a & b) + b,
        ScalarOp::Xor => (a - (a & b)) + (b - (a & b)),
        ScalarOp::Not => match dtype {
            DType::F16 => 0xffff - a,
            DType::U8 => 0xff - a,
            _ => u32::MAX - a,
        },
        ScalarOp::Identity => a,
        _ if op.is_conversion() => convert(op, a),
        _ => match dtype {
            DType::I32 => whole(op, 32, i64::from(a as i32), i64::from(b as i32)),
            DType::I16 => whole(op, 16, i64::from(a as i16), i64::from(b as i16)),
            DType::I8 => whole(op, 8, i64::from(a as i8), i64::from(b as i8)),
            DType::F16 => half(op, a as u16, b as u16),
            _ => real(op, wide(a), wide(b)),
        },
    }
}

fn convert(op: ScalarOp, a: u32) -> u32 {
    let (x, i) = (wide(a), i64::from(a as i32));
    match op {
        ScalarOp::F32ToI32 => x.round_ties_even() as i32 as u32,
        ScalarOp::I32ToF32 => rounded(i as f64),
        ScalarOp::F32ToF16 => u32::from(f32_to_f16(f32::from_bits(a))),
        ScalarOp::F16ToF32 => f16_to_f32(a as u16).to_bits(),
        ScalarOp::I32ToI16 => i.max(-32_768).min(32_767) as u32,
        ScalarOp::I32ToI8 => i.max(-128).min(127) as u32,
        ScalarOp::I32ToU8 => i.max(0).min(255) as u32,
        _ => a,
    }
}

fn real(op: ScalarOp, x: f64, y: f64) -> u32 {
    match op {
        ScalarOp::Add => rounded(x + y),
        ScalarOp::Sub => rounded(x - y),
        ScalarOp::Mul => rounded(x * y),
        ScalarOp::Div => rounded(x / y),
        ScalarOp::Max | ScalarOp::Min if x.is_nan() || y.is_nan() => NAN_F32,
        // total_cmp orders -0.0 below +0.0.
        ScalarOp::Max => rounded(if x.total_cmp(&y).is_lt() { y } else { x }),
        ScalarOp::Min => rounded(if x.total_cmp(&y).is_lt() { x } else { y }),
        ScalarOp::LessEqual => u32::from(x <= y),
        ScalarOp::Less => u32::from(x < y),
        ScalarOp::Equal => u32::from(x == y),
        ScalarOp::Exp => rounded(x.exp()),
        ScalarOp::Tanh => rounded(x.tanh()),
        ScalarOp::Rsqrt if x == 0.0 => f32::INFINITY.to_bits(),
        ScalarOp::Rsqrt => rounded(1.0 / x.sqrt()),
        _ => panic!("{} of f32", op.name()),
    }
}

fn half(op: ScalarOp, a: u16, b: u16) -> u32 {
    let (x, y) = (f64::from(f16_to_f32(a)), f64::from(f16_to_f32(b)));
    let bits = real(op, x, y);
    match op {
        ScalarOp::LessEqual | ScalarOp::Less | ScalarOp::Equal => bits,
        // An infinity that is the greater or the smaller stays one.
        ScalarOp::Max | ScalarOp::Min if f32::from_bits(bits).is_infinite() => bits >> 16 & 0x8000 | 0x7c00,
        _ => u32::from(f32_to_f16(f32::from_bits(bits))),
    }
}

/// An operation on integers of `bits` bits: as a number, brought into the type's range by whole turns or by stopping.
fn whole(op: ScalarOp, bits: u32, i: i64, j: i64) -> u32 {
    let (turn, end) = (1i64 << bits, 1i64 << (bits - 1));
    let stop = |value: i64| value.max(-end).min(end - 1);
    let count = j.rem_euclid(turn);
    let power = 1i128 << count.min(64);
    let value = match op {
        ScalarOp::Add => i + j,
        ScalarOp::Sub => i - j,
        ScalarOp::Mul => i * j,
        ScalarOp::AddSat => stop(i + j),
        ScalarOp::SubSat => stop(i - j),
        ScalarOp::MulSat => stop(i * j),
        ScalarOp::Max => i.max(j),
        ScalarOp::Min => i.min(j),
        ScalarOp::LessEqual => i64::from(i <= j),
        ScalarOp::Less => i64::from(i < j),
        ScalarOp::Equal => i64::from(i == j),
        ScalarOp::ShiftLeft => (i128::from(i) * power).rem_euclid(i128::from(turn)) as i64,
        ScalarOp::ShiftRight => (i128::from(i.rem_euclid(turn)) / power) as i64,
        ScalarOp::ShiftRightSigned => i128::from(i).div_euclid(power) as i64,
        _ => panic!("{} of integers", op.name()),
    };
    ((value + end).rem_euclid(turn) - end) as u32
}

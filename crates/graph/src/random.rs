//! Seeded random legal graphs and values, for the property tests of this and other crates.
//!
//! In: a generator of numbers.  Out: graphs that `check` finds legal, with inputs and tensors that `eval` accepts.
//! Invariant: same seed, same graph; extents are small, no index leaves its table.
//! Method: one random operation after another on random earlier nodes, through `Builder`.

use crate::expr::immediate;
use crate::{
    Arg, Builder, DType, Elements, Expr, Graph, NodeId, Op, ReduceKind, ScalarOp, Shape, Step, Tensor, TensorId,
    TensorType,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use units::Rng;

const KINDS: [ReduceKind; 3] = [ReduceKind::Sum, ReduceKind::Max, ReduceKind::Min];
/// Lane counts that straddle superlanes and blocks.
const LANES: [u32; 8] = [1, 2, 3, 7, 8, 17, 40, 320];
/// Characters that need care in a text form, and some that do not.
const NAME_PARTS: [&str; 8] = ["a", "blk.3", " ", "\"", "\\", "\n", "詞", "\u{7f}"];

/// A legal graph of at least `operations` nodes, every one of them an output.
pub fn graph(rng: &mut Rng, operations: usize) -> Graph {
    let mut source = Source { rng, builder: Builder::new(), names: 0 };
    for _ in 0..operations {
        let layer = (source.rng.below(3) == 0).then(|| source.rng.below(40) as u32);
        let part = if source.rng.below(4) == 0 { String::new() } else { source.name() };
        source.builder.set_origin(layer, &part);
        source.operation();
    }
    source.updates();
    let count = source.builder.graph().nodes.len();
    for index in 0..count {
        let name = source.name();
        source.builder.output(&name, NodeId::new(index));
    }
    source.builder.finish()
}

/// A tensor of this type. Reals are mostly in -2 .. 2, with zeros, infinities, subnormals and NaNs among them.
pub fn tensor(rng: &mut Rng, stated: &TensorType) -> Tensor {
    let count = stated.shape.elements();
    let elements = match stated.dtype {
        DType::F32 => Elements::F32((0..count).map(|_| real(rng)).collect()),
        DType::F16 => Elements::F16((0..count).map(|_| crate::half::f32_to_f16(real(rng))).collect()),
        DType::I32 => Elements::I32((0..count).map(|_| integer(rng)).collect()),
        DType::I8 => Elements::I8((0..count).map(|_| rng.next_u64() as i8).collect()),
        DType::I16 => Elements::I16((0..count).map(|_| rng.next_u64() as i16).collect()),
        DType::U8 => Elements::U8((0..count).map(|_| rng.next_u64() as u8).collect()),
    };
    Tensor::new(stated.shape, elements)
}

/// A tensor for each external tensor of `graph`.
pub fn tensors(rng: &mut Rng, graph: &Graph) -> BTreeMap<TensorId, Arc<Tensor>> {
    let stated = graph.tensors.iter().map(|(id, info)| (id, TensorType { dtype: info.dtype, shape: info.shape }));
    stated.map(|(id, stated)| (id, Arc::new(tensor(rng, &stated)))).collect()
}

/// A value for each input of `graph`.
pub fn inputs(rng: &mut Rng, graph: &Graph) -> BTreeMap<String, Tensor> {
    let mut inputs = BTreeMap::new();
    for (_, node) in graph.nodes.iter() {
        if let Op::Input { name } = &node.op {
            inputs.insert(name.clone(), tensor(rng, &node.result_type()));
        }
    }
    inputs
}

fn real(rng: &mut Rng) -> f32 {
    match rng.below(64) {
        0 => -0.0,
        1 => f32::INFINITY,
        2 => f32::from_bits(rng.next_u64() as u32),
        3 => f32::from_bits(rng.below(1 << 23) as u32),
        _ => (rng.unit() * 4.0 - 2.0) as f32,
    }
}

fn integer(rng: &mut Rng) -> i32 {
    if rng.below(4) == 0 { rng.next_u64() as i32 } else { rng.below(21) as i32 - 10 }
}

struct Source<'r> {
    rng: &'r mut Rng,
    builder: Builder,
    names: usize,
}

impl Source<'_> {
    /// A new name.
    fn name(&mut self) -> String {
        self.names += 1;
        format!("{}{}", self.rng.pick(&NAME_PARTS), self.names)
    }

    /// Extents of rank 1 to 4.
    fn extents(&mut self) -> Vec<u32> {
        let rank = 1 + self.rng.below(4);
        let mut extents: Vec<u32> = (0..rank).map(|_| 1 + self.rng.below(4) as u32).collect();
        extents[rank as usize - 1] = self.rng.pick(&LANES[..6]);
        extents
    }

    /// A new value from outside, or a literal.
    fn leaf(&mut self, dtype: DType, extents: &[u32]) -> NodeId {
        let name = self.name();
        let shape = Shape::new(extents).expect("the generator's extents are small");
        let count = shape.elements();
        match (self.rng.below(4), dtype) {
            (0, _) => self.builder.input(&name, dtype, extents),
            (1, _) => self.builder.state(&name, dtype, extents),
            (2, DType::F32) => {
                let values = (0..count).map(|_| real(self.rng)).map(|value| if value.is_nan() { 0.1 } else { value });
                let values = values.collect();
                self.builder.const_f32(extents, values)
            }
            (2, DType::I32) => {
                let values = (0..count).map(|_| integer(self.rng)).collect();
                self.builder.const_i32(extents, values)
            }
            _ => self.builder.weight(&name, dtype, extents),
        }
    }

    /// An earlier node that fulfils `wanted`, or a new leaf like `otherwise`.
    fn operand(&mut self, wanted: impl Fn(DType, &Shape) -> bool, otherwise: (DType, Vec<u32>)) -> NodeId {
        let nodes = self.builder.graph().nodes.iter();
        let fitting = nodes.filter(|(_, node)| wanted(node.dtype, &node.shape) && node.shape.elements() <= 4096);
        let fitting: Vec<NodeId> = fitting.map(|(id, _)| id).collect();
        if fitting.is_empty() || self.rng.below(4) == 0 {
            self.leaf(otherwise.0, &otherwise.1)
        } else {
            self.rng.pick(&fitting)
        }
    }

    /// Any node.
    fn any(&mut self) -> NodeId {
        let otherwise = (self.rng.pick(&DType::ALL), self.extents());
        self.operand(|_, _| true, otherwise)
    }

    /// A node with exactly this shape, of type `dtype`.
    fn like(&mut self, dtype: DType, shape: &Shape) -> NodeId {
        self.operand(|found, extents| found == dtype && extents == shape, (dtype, shape.extents().to_vec()))
    }

    /// An i32 `[1]` below `rows`.
    fn index(&mut self, rows: u32) -> NodeId {
        let free = self.like(DType::I32, &Shape::new(&[1]).expect("one element"));
        let mut expr = Expr::default();
        let at_least_zero = expr.push(ScalarOp::Max, &[Arg::Input(0), Arg::Immediate(0)]);
        expr.push(ScalarOp::Min, &[at_least_zero, Arg::Immediate(rows - 1)]);
        self.builder.map(expr, &[free])
    }

    fn operation(&mut self) {
        match self.rng.below(12) {
            0 | 1 => self.matmul(),
            2..=4 => self.map(),
            5 => self.reduce(),
            6 => self.broadcast(),
            7 => self.permute(),
            8 => self.join_or_window(),
            9 => self.table(),
            10 => self.view(),
            _ => self.composite(),
        }
    }

    fn matmul(&mut self) {
        let dtype = self.rng.pick(&[DType::F32, DType::F16, DType::I8]);
        let mut leading = self.extents();
        leading.truncate(2);
        let (m, n) = (1 + self.rng.below(3) as u32, 1 + self.rng.below(11) as u32);
        let mut blocks = Vec::new();
        for _ in 0..1 + self.rng.below(3) {
            let k = self.rng.pick(&LANES);
            let shape =
                |rows| Shape::new(&[&leading[..leading.len() - 1], &[rows, k]].concat()).expect("small extents");
            let a = self.like(dtype, &shape(m));
            blocks.push((a, self.like(dtype, &shape(n))));
        }
        self.builder.matmul_blocks(&blocks);
    }

    fn map(&mut self) {
        let extents = self.extents();
        let shape = Shape::new(&extents).expect("small extents");
        let count = 1 + self.rng.below(3) as usize;
        let dtypes: Vec<DType> = (0..count).map(|_| self.rng.pick(&DType::ALL)).collect();
        let inputs: Vec<NodeId> = dtypes.iter().map(|&dtype| self.like(dtype, &shape)).collect();
        let mut expr = Expr { steps: vec![Step { op: ScalarOp::Identity, args: vec![Arg::Input(0)] }] };
        for _ in 0..self.rng.below(24) {
            let op = self.rng.pick(&ScalarOp::ALL);
            let args = (0..op.arity()).map(|_| self.arg(count, expr.steps.len())).collect();
            expr.steps.push(Step { op, args });
            if expr.types(&dtypes).is_err() {
                expr.steps.pop();
            }
        }
        self.builder.map(expr, &inputs);
    }

    fn arg(&mut self, inputs: usize, steps: usize) -> Arg {
        match self.rng.below(4) {
            0 => immediate(real(self.rng)),
            1 => Arg::Immediate(integer(self.rng) as u32),
            2 => Arg::Input(self.rng.below(inputs as u64) as u8),
            _ => Arg::Step(self.rng.below(steps as u64) as u8),
        }
    }

    fn reduce(&mut self) {
        let otherwise = (self.rng.pick(&[DType::F32, DType::I32]), self.extents());
        let input =
            self.operand(|dtype, shape| matches!(dtype, DType::F32 | DType::I32) && 0 < shape.rank(), otherwise);
        let shape = *self.builder.shape(input);
        let axis = self.rng.below(shape.rank() as u64) as u8;
        let extent = shape.extents()[usize::from(axis)];
        let partials = 1 + self.rng.below(u64::from(extent.min(20))) as u8;
        let kind = self.rng.pick(&KINDS);
        self.builder.reduce_partials(kind, input, axis, partials);
    }

    fn broadcast(&mut self) {
        let extents = self.extents();
        let from: Vec<u32> = extents.iter().map(|extent| if self.rng.below(2) == 0 { 1 } else { *extent }).collect();
        let dtype = self.rng.pick(&DType::ALL);
        let input = self.like(dtype, &Shape::new(&from).expect("small extents"));
        self.builder.broadcast(input, &extents);
    }

    /// The numbers below `count` in a random order.
    fn shuffled(&mut self, count: u16) -> Vec<u16> {
        let mut order: Vec<u16> = (0..count).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, self.rng.below(last as u64 + 1) as usize);
        }
        order
    }

    fn permute(&mut self) {
        let input = self.any();
        let shape = *self.builder.shape(input);
        if self.rng.below(2) == 0 {
            let axes: Vec<u8> = self.shuffled(shape.rank() as u16).into_iter().map(|axis| axis as u8).collect();
            self.builder.permute_axes(input, &axes);
        } else {
            let groups: Vec<u16> = (1..=40).filter(|group| shape.lanes().is_multiple_of(u32::from(*group))).collect();
            let group = self.rng.pick(&groups);
            let map = self.shuffled(group);
            self.builder.permute_lanes(input, &map);
        }
    }

    fn join_or_window(&mut self) {
        let otherwise = (self.rng.pick(&DType::ALL), vec![2, 5, 3]);
        let input = self.operand(|_, shape| 2 <= shape.rank(), otherwise);
        let (dtype, shape) = (self.builder.dtype(input), *self.builder.shape(input));
        if self.rng.below(2) == 0 {
            let axis = self.rng.below(shape.rank() as u64) as usize;
            let extent = 1 + self.rng.below(3) as u32;
            let other = self.like(dtype, &shape.with_extent(axis, extent).expect("small extents"));
            self.builder.copy(axis as u8, &[input, other, input]);
        } else {
            let rows = shape.extents()[shape.rank() - 2];
            let (size, stride) = (1 + self.rng.below(u64::from(rows)) as u32, 1 + self.rng.below(3) as u32);
            self.builder.window(input, size, stride);
        }
    }

    fn table(&mut self) {
        let table = self.any();
        let (dtype, shape) = (self.builder.dtype(table), *self.builder.shape(table));
        let Some(&rows) = shape.extents().first() else { return };
        let index = self.index(rows);
        if self.rng.below(2) == 0 {
            self.builder.gather(table, index);
        } else {
            let row = self.like(dtype, &shape.with_extent(0, 1).expect("a smaller extent"));
            self.builder.scatter(table, row, index);
        }
    }

    fn view(&mut self) {
        let input = self.any();
        let shape = *self.builder.shape(input);
        let elements = shape.elements() as u32;
        match (self.rng.below(3), shape.extents().first()) {
            (0, Some(&extent)) => {
                let first = self.rng.below(u64::from(extent)) as u32;
                let count = 1 + self.rng.below(u64::from(extent - first)) as u32;
                self.builder.rows(input, first, count);
            }
            (1, _) => {
                let rows = 1 + self.rng.below(3) as u32;
                let wide = self.like(DType::I32, &Shape::new(&[rows, 5]).expect("small extents"));
                let count = 1 + self.rng.below(4) as u8;
                self.builder.digits(wide, count);
            }
            _ => {
                let divisors: Vec<u32> = (1..=9).filter(|divisor| elements.is_multiple_of(*divisor)).collect();
                let first = self.rng.pick(&divisors);
                self.builder.reshape(input, &[first, elements / first]);
            }
        }
    }

    fn composite(&mut self) {
        let extents = self.extents();
        let x = self.like(DType::F32, &Shape::new(&extents).expect("small extents"));
        match self.rng.below(3) {
            0 => self.builder.silu(x),
            1 => self.builder.softmax(x),
            _ => {
                let gain = self.leaf(DType::F32, &extents[extents.len() - 1..]);
                self.builder.rms_norm(x, gain, 1e-5)
            }
        };
    }

    /// Updates about half of the states with a node of their type.
    fn updates(&mut self) {
        let nodes: Vec<(NodeId, TensorType, bool)> = {
            let nodes = self.builder.graph().nodes.iter();
            nodes.map(|(id, node)| (id, node.result_type(), matches!(node.op, Op::State { .. }))).collect()
        };
        for (state, stated, _) in nodes.iter().filter(|node| node.2) {
            let fitting: Vec<NodeId> = nodes.iter().filter(|node| node.1 == *stated).map(|node| node.0).collect();
            if self.rng.below(2) == 0 {
                self.builder.update(*state, self.rng.pick(&fitting));
            }
        }
    }
}

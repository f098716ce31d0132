//! Random graphs of wide and tall values: several words a row, more rows than a plane has accumulators, right sides that are computed.
//!
//! In: a generator of numbers, how many operations.  Out: a legal graph, every operation's result an output.
//! Invariant: same numbers, same graph; values have at most `ELEMENTS_MAX` elements; no index leaves its table.
//! Method: one random operation after another on random earlier values; where none fits, a new input or weight.

use graph::expr::immediate;
use graph::{Arg, Builder, DType, Expr, Graph, NodeId, ReduceKind, ScalarOp, Shape};
use units::Rng;

/// Most elements of a value that an operation takes.
const ELEMENTS_MAX: u64 = 2600;
/// Lanes around the borders of words.
const LANES: [u32; 7] = [16, 48, 319, 320, 321, 640, 700];
/// Depths of contractions.
const DEPTHS: [u32; 5] = [16, 48, 320, 321, 640];

struct Wide<'r> {
    rng: &'r mut Rng,
    build: Builder,
    made: Vec<NodeId>,
    names: usize,
}

/// A graph of so many operations.
pub fn wide_graph(rng: &mut Rng, operations: usize) -> Graph {
    let mut wide = Wide { rng, build: Builder::new(), made: Vec::new(), names: 0 };
    for _ in 0..operations {
        let made = wide.operation();
        wide.made.push(made);
    }
    for (number, node) in wide.made.iter().enumerate() {
        wide.build.output(&format!("y{number}"), *node);
    }
    wide.build.finish()
}

impl Wide<'_> {
    fn below(&mut self, bound: u32) -> u32 {
        self.rng.below(bound.into()) as u32
    }

    fn leaf(&mut self, dtype: DType, extents: &[u32]) -> NodeId {
        self.names += 1;
        let name = format!("x{}", self.names);
        if self.below(2) == 0 {
            self.build.input(&name, dtype, extents)
        } else {
            self.build.weight(&name, dtype, extents)
        }
    }

    /// An earlier value of one of these types, or a new one; its type and shape.
    fn operand(&mut self, dtypes: &[DType]) -> (NodeId, DType, Shape) {
        let fits = |node: &&NodeId| {
            let (dtype, shape) = (self.build.dtype(**node), self.build.shape(**node));
            dtypes.contains(&dtype) && shape.rank() == 2 && shape.elements() <= ELEMENTS_MAX
        };
        let fitting: Vec<NodeId> = self.made.iter().filter(fits).copied().collect();
        let node = if fitting.is_empty() || self.below(3) == 0 {
            let (rows, lanes, dtype) = (1 + self.below(3), self.rng.pick(&LANES), self.rng.pick(dtypes));
            self.leaf(dtype, &[rows, lanes])
        } else {
            self.rng.pick(&fitting)
        };
        (node, self.build.dtype(node), *self.build.shape(node))
    }

    fn operation(&mut self) -> NodeId {
        match self.below(14) {
            0 => self.pointwise(),
            1 => self.fold(),
            2 => self.spread(),
            3 => self.joined(),
            4 => self.reshaped(),
            5 => self.permuted(),
            6 => self.window(),
            7 => self.table(),
            8 => self.kept(),
            9 => self.product(DType::I8),
            10 => self.product(DType::F16),
            _ => self.computed_product(),
        }
    }

    fn pointwise(&mut self) -> NodeId {
        let (x, dtype, shape) = self.operand(&[DType::F32, DType::I32]);
        let y = self.leaf(dtype, shape.extents());
        let mut expr = Expr::default();
        let product = expr.push(ScalarOp::Mul, &[Arg::Input(0), Arg::Input(1)]);
        let less = expr.push(ScalarOp::Less, &[product, Arg::Input(1)]);
        let chosen = expr.push(ScalarOp::Select, &[less, Arg::Input(0), product]);
        expr.push(ScalarOp::Add, &[chosen, Arg::Input(0)]);
        self.build.map(expr, &[x, y])
    }

    fn fold(&mut self) -> NodeId {
        let (x, dtype, shape) = self.operand(&[DType::F32, DType::I32]);
        let axis = self.below(2) as u8;
        let kind = self.rng.pick(&[ReduceKind::Sum, ReduceKind::Max, ReduceKind::Min]);
        let extent = shape.extents()[usize::from(axis)];
        // A sum in f32 takes its lanes one after the other.
        let long = dtype == DType::F32 && kind == ReduceKind::Sum && axis == 1;
        let partials = if long { extent.min(100) } else { 1 + self.below(extent.min(7)) };
        self.build.reduce_partials(kind, x, axis, partials as u8)
    }

    fn spread(&mut self) -> NodeId {
        let (rows, lanes) = (1 + self.below(3), self.rng.pick(&LANES));
        let dtype = self.rng.pick(&DType::ALL);
        let x = self.leaf(dtype, &[rows, 1]);
        self.build.broadcast(x, &[rows, lanes])
    }

    fn joined(&mut self) -> NodeId {
        let (x, dtype, shape) = self.operand(&DType::ALL);
        let other = [shape.extents()[0], self.rng.pick(&[1, 5, 320, 330])];
        let y = self.leaf(dtype, &other);
        self.build.copy(1, &[x, y, x])
    }

    fn reshaped(&mut self) -> NodeId {
        let (x, _, shape) = self.operand(&DType::ALL);
        let elements = shape.elements() as u32;
        let divisors: Vec<u32> = (1..=7).filter(|divisor| elements.is_multiple_of(*divisor)).collect();
        let rows = self.rng.pick(&divisors);
        self.build.reshape(x, &[rows, elements / rows])
    }

    fn permuted(&mut self) -> NodeId {
        let (x, _, shape) = self.operand(&DType::ALL);
        if shape.elements() <= 400 {
            return self.build.permute_axes(x, &[1, 0]);
        }
        let group = shape.lanes();
        let step = (3..).find(|step| gcd(*step, group) == 1).expect("some number has no divisor in common");
        let map: Vec<u16> = (0..group).map(|lane| (lane * step % group) as u16).collect();
        self.build.permute_lanes(x, &map)
    }

    fn window(&mut self) -> NodeId {
        let (x, _, shape) = self.operand(&DType::ALL);
        let rows = shape.extents()[0];
        let (size, stride) = (1 + self.below(rows.min(2)), 1 + self.below(2));
        self.build.window(x, size, stride)
    }

    fn table(&mut self) -> NodeId {
        let (x, dtype, shape) = self.operand(&DType::ALL);
        let rows = shape.extents()[0].min(1 << 12);
        let free = self.leaf(DType::I32, &[1]);
        let mut expr = Expr::default();
        let least = expr.push(ScalarOp::Max, &[Arg::Input(0), Arg::Immediate(0)]);
        expr.push(ScalarOp::Min, &[least, Arg::Immediate(rows - 1)]);
        let index = self.build.map(expr, &[free]);
        if self.below(2) == 0 {
            return self.build.gather(x, index);
        }
        let row = self.leaf(dtype, &[1, shape.lanes()]);
        self.build.scatter(x, row, index)
    }

    /// A state that keeps a value, and what it had before.
    fn kept(&mut self) -> NodeId {
        let (x, dtype, shape) = self.operand(&DType::ALL);
        self.names += 1;
        let state = self.build.state(&format!("s{}", self.names), dtype, shape.extents());
        self.build.update(state, x);
        state
    }

    fn product(&mut self, dtype: DType) -> NodeId {
        let rows = self.rng.pick(&[1, 3, 70]);
        let depth = self.rng.pick(if dtype == DType::F16 { &DEPTHS[..3] } else { &DEPTHS });
        let columns = self.rng.pick(&[1, 33, 320, 330]);
        let x = self.leaf(dtype, &[rows, depth]);
        self.names += 1;
        let weights = self.build.weight(&format!("w{}", self.names), dtype, &[columns, depth]);
        self.build.matmul(x, weights)
    }

    /// A right side that an ALU made: planes take it in whole groups of 16 rows, the ALUs in any number.
    fn computed_product(&mut self) -> NodeId {
        let (columns, depth) = (self.rng.pick(&[2, 16, 48, 320, 336]), self.rng.pick(&DEPTHS));
        if columns == 2 {
            let [x, y] = [self.rng.pick(&[1, 2]), 2].map(|rows| self.leaf(DType::F32, &[rows, 5]));
            let half = self.build.map(Expr::single(ScalarOp::Mul, &[Arg::Input(0), immediate(0.5)]), &[y]);
            return self.build.matmul(x, half);
        }
        let rows = self.rng.pick(&[1, 4, 70]);
        let x = self.leaf(DType::I8, &[rows, depth]);
        let y = self.leaf(DType::I32, &[columns, depth]);
        let narrow = self.build.map(Expr::single(ScalarOp::I32ToI8, &[Arg::Input(0)]), &[y]);
        self.build.matmul(x, narrow)
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

//! The ten operations as a specification: shapes, formats, rounding, order of additions, and an example worked by hand.
//!
//! In: nothing.  Out: one row per operation; what a chip makes of it stands in `compile::ops`.
//! Invariant: `Op::primitive` has an arm for every operation, so that none can be forgotten; every example is evaluated by a test.
//! Method: a table in words where words are needed; the element types are asked of `infer` and written nowhere.
//! Source: the ten are this project's own, each for a mechanism or an index structure that the others lack; no public list names them.

mod rows;

use crate::infer::infer;
use crate::{DType, Op, Order, ReduceKind, ScalarOp, Shape, TensorInfo, TensorType};
use crate::{Expr, Permutation};
use units::Arena;

/// One of the ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Primitive {
    /// [`Op::Const`].
    Const,
    /// [`Op::MatMul`].
    MatMul,
    /// [`Op::Map`].
    Map,
    /// [`Op::Reduce`].
    Reduce,
    /// [`Op::Broadcast`].
    Broadcast,
    /// [`Op::Permute`].
    Permute,
    /// [`Op::Copy`].
    Copy,
    /// [`Op::Window`].
    Window,
    /// [`Op::Gather`].
    Gather,
    /// [`Op::Scatter`].
    Scatter,
}

/// A small graph in the text form, what goes in and what must come out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Example {
    /// The graph; its output is `y`.
    pub graph: &'static str,
    /// Elements of each input, in row-major order.
    pub inputs: &'static [(&'static str, &'static [f64])],
    /// Elements of `y`, worked out by hand.
    pub result: &'static [f64],
}

/// What an operation means, on any machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    /// Which one.
    pub primitive: Primitive,
    /// What it does, in one sentence.
    pub does: &'static str,
    /// Why it is none of the others.
    pub earns: &'static str,
    /// Shapes of operands and result.
    pub shapes: &'static str,
    /// Where a result is rounded, and how.
    pub rounding: &'static str,
    /// The order of additions, or that there is none.
    pub order: &'static str,
    /// File of the reference evaluator, in `crates/graph/src/eval`.
    pub evaluator: &'static str,
    /// The example.
    pub example: Example,
}

impl Primitive {
    /// All ten.
    pub const ALL: [Primitive; 10] = [
        Primitive::Const,
        Primitive::MatMul,
        Primitive::Map,
        Primitive::Reduce,
        Primitive::Broadcast,
        Primitive::Permute,
        Primitive::Copy,
        Primitive::Window,
        Primitive::Gather,
        Primitive::Scatter,
    ];

    /// Its name, as written in texts.
    pub fn name(self) -> &'static str {
        match self {
            Primitive::Const => "Const",
            Primitive::MatMul => "MatMul",
            Primitive::Map => "Map",
            Primitive::Reduce => "Reduce",
            Primitive::Broadcast => "Broadcast",
            Primitive::Permute => "Permute",
            Primitive::Copy => "Copy",
            Primitive::Window => "Window",
            Primitive::Gather => "Gather",
            Primitive::Scatter => "Scatter",
        }
    }

    /// Its row of the specification.
    pub fn spec(self) -> &'static Spec {
        rows::ROWS.iter().find(|spec| spec.primitive == self).expect("a test finds a row for each of the ten")
    }

    /// The element types it takes, in order, with the one it gives: what `infer` allows on its smallest operands.
    pub fn formats(self) -> Vec<(Vec<DType>, DType)> {
        let mut found = Vec::new();
        for op in self.specimens() {
            for dtype in DType::ALL {
                let operands = operands(&op, dtype);
                let borrowed: Vec<&TensorType> = operands.iter().collect();
                let wanted = typed(dtype, &[2, 2]);
                if let Ok(result) = infer(&op, &borrowed, &wanted, &table(dtype)) {
                    found.push((operands.iter().map(|operand| operand.dtype).collect(), result.dtype));
                }
            }
        }
        found
    }

    /// Operations of this kind that differ in the element types they take.
    fn specimens(self) -> Vec<Op> {
        let identity = Expr::single(ScalarOp::Identity, &[crate::Arg::Input(0)]);
        match self {
            Primitive::Const => vec![Op::Const(crate::ConstSource::Tensor(crate::TensorId::new(0)))],
            Primitive::MatMul => {
                [Order::Sequential, Order::Superlanes, Order::Exact].map(|order| Op::MatMul { order }).to_vec()
            }
            Primitive::Map => vec![Op::Map(identity)],
            Primitive::Reduce => vec![Op::Reduce { kind: ReduceKind::Sum, axis: 0, partials: 1 }],
            Primitive::Broadcast => vec![Op::Broadcast],
            Primitive::Permute => vec![Op::Permute(Permutation::Axes(vec![1, 0]))],
            Primitive::Copy => vec![Op::Copy { axis: 0 }],
            Primitive::Window => vec![Op::Window { size: 1, stride: 1 }],
            Primitive::Gather => vec![Op::Gather],
            Primitive::Scatter => vec![Op::Scatter],
        }
    }
}

impl Op {
    /// Which of the ten it is; `None` for what is no work: inputs, states and views.
    pub fn primitive(&self) -> Option<Primitive> {
        match self {
            Op::Input { .. } | Op::State { .. } | Op::View(_) => None,
            Op::Const(_) => Some(Primitive::Const),
            Op::MatMul { .. } => Some(Primitive::MatMul),
            Op::Map(_) => Some(Primitive::Map),
            Op::Reduce { .. } => Some(Primitive::Reduce),
            Op::Broadcast => Some(Primitive::Broadcast),
            Op::Permute(_) => Some(Primitive::Permute),
            Op::Copy { .. } => Some(Primitive::Copy),
            Op::Window { .. } => Some(Primitive::Window),
            Op::Gather => Some(Primitive::Gather),
            Op::Scatter => Some(Primitive::Scatter),
        }
    }
}

/// Operands of `dtype` that suit `op` in number and shape.
fn operands(op: &Op, dtype: DType) -> Vec<TensorType> {
    let (square, index) = (typed(dtype, &[2, 2]), typed(DType::I32, &[1]));
    match op {
        Op::Input { .. } | Op::State { .. } | Op::Const(_) => Vec::new(),
        Op::MatMul { .. } | Op::Copy { .. } => vec![square.clone(), square],
        Op::Map(_) | Op::Reduce { .. } | Op::Permute(_) | Op::Window { .. } | Op::View(_) => vec![square],
        Op::Broadcast => vec![typed(dtype, &[2, 1])],
        Op::Gather => vec![square, index],
        Op::Scatter => vec![square, typed(dtype, &[1, 2]), index],
    }
}

fn typed(dtype: DType, extents: &[u32]) -> TensorType {
    TensorType { dtype, shape: Shape::new(extents).expect("small extents are legal") }
}

/// The one external tensor of the specimens.
fn table(dtype: DType) -> Arena<TensorInfo> {
    let mut tensors = Arena::new();
    let TensorType { dtype, shape } = typed(dtype, &[2, 2]);
    tensors.push(TensorInfo { name: "table".to_owned(), dtype, shape });
    tensors
}

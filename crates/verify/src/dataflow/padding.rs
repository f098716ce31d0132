//! Rule 11, lanes past a row's end: a contraction over fewer than 320 lanes must meet zeros there.
//!
//! In: a checked graph.  Out: the contractions whose surplus lanes could add something.
//! Invariant: a class holds for every lane from the row's extent on, on a chip that computes the graph row by row: words of
//!     the image and of the record are zero there, columns not loaded give zero, and every other instruction works lane by lane.
//! Method: one class per node (`Padding`, a chain), joined over rows; states start as zeros and are raised to what their updates leave
//!     until nothing changes. A product of ±0 adds nothing, because accumulators start at +0.0.
//! Partial: a NaN in a real lane of an f16 activation makes surplus lanes NaN too; then every column of that row is NaN as it is.
//!     An infinity there makes NaN of columns without weights only, and their lanes are taken for zeros all the same: arithmetic in f16
//!     saturates and makes none, so it would have to stand in a table or an input of f16.

use crate::Reason;
use graph::{ConstSource, DType, Expr, Graph, Node, NodeId, Op, ScalarOp, StepType};

/// What lanes past the end can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Padding {
    /// Zeros of either sign.
    Zero,
    /// Finite numbers.
    Finite,
    /// Numbers, perhaps infinite.
    Number,
    /// Anything.
    Any,
}

use Padding::{Any, Finite, Number, Zero};

/// Lanes of a word.
const LANES: u32 = 320;

/// Contractions of `graph` that need zeros past their operands' ends and may not find them.
pub(super) fn faults(graph: &Graph) -> Vec<(NodeId, Reason)> {
    let mut states = vec![Zero; graph.nodes.len()];
    loop {
        let (classes, faults) = classes(graph, &states);
        let mut stable = true;
        for (state, next) in &graph.updates {
            let (old, new) = (states[state.index()], classes[next.index()]);
            stable &= new <= old;
            states[state.index()] = old.max(new);
        }
        // Each round raises a class of a chain of four, so this ends.
        if stable {
            return faults;
        }
    }
}

fn classes(graph: &Graph, states: &[Padding]) -> (Vec<Padding>, Vec<(NodeId, Reason)>) {
    let mut classes: Vec<Padding> = Vec::with_capacity(graph.nodes.len());
    let mut faults = Vec::new();
    for (id, node) in graph.nodes.iter() {
        let of = |input: &NodeId| classes[input.index()];
        let joined = || node.inputs.iter().map(of).max().unwrap_or(Zero);
        let class = match &node.op {
            Op::State { .. } => states[id.index()],
            Op::Input { .. } | Op::Const(ConstSource::Tensor(_)) => Zero,
            Op::Const(source) => literal(source),
            Op::MatMul { .. } => {
                for block in node.inputs.chunks_exact(2) {
                    let narrow = graph.nodes[block[0]].shape.lanes() < LANES;
                    if narrow && !vanishes(graph.nodes[block[0]].dtype, of(&block[0]), of(&block[1])) {
                        faults.push((id, Reason::Surplus));
                    }
                }
                Zero
            }
            Op::Map(expr) => map(graph, node, expr, &classes),
            // Indices do not flow into lanes.
            Op::Gather => node.inputs.first().map_or(Any, of),
            Op::Scatter => node.inputs.iter().take(2).map(of).max().unwrap_or(Any),
            Op::Reduce { .. } if joined() != Zero => Any,
            _ => joined(),
        };
        let whole = LANES <= node.shape.lanes();
        classes.push(if whole { Zero } else { class });
    }
    (classes, faults)
}

/// Whether the product of two surplus lanes is zero.
fn vanishes(dtype: DType, a: Padding, b: Padding) -> bool {
    let other = a.max(b);
    a.min(b) == Zero && (dtype == DType::I8 || other <= Finite)
}

fn literal(source: &ConstSource) -> Padding {
    let class = |finite: bool, zero: bool| match (zero, finite) {
        (true, _) => Zero,
        (false, true) => Finite,
        (false, false) => Any,
    };
    match source {
        ConstSource::F32(values) => {
            class(values.iter().all(|value| value.is_finite()), values.iter().all(|&value| value == 0.0))
        }
        ConstSource::I32(values) => class(true, values.iter().all(|&value| value == 0)),
        ConstSource::Tensor(_) => Zero,
    }
}

fn map(graph: &Graph, node: &Node, expr: &Expr, classes: &[Padding]) -> Padding {
    let dtypes: Vec<DType> = node.inputs.iter().map(|&input| graph.nodes[input].dtype).collect();
    let Ok(types) = expr.types(&dtypes) else { return Any };
    let mut steps: Vec<Padding> = Vec::with_capacity(types.len());
    for (step, kind) in expr.steps.iter().zip(types) {
        let operand = |position: usize| match *step.args.get(position)? {
            graph::Arg::Input(input) => Some(classes[node.inputs[usize::from(input)].index()]),
            graph::Arg::Step(step) => Some(steps[usize::from(step)]),
            graph::Arg::Immediate(bits) => Some(immediate(bits, step.op.operand(position, kind.operand))),
        };
        let (a, b) = (operand(0).unwrap_or(Any), operand(1).unwrap_or(Zero));
        steps.push(class_of(step.op, kind, a, b));
    }
    steps.last().copied().unwrap_or(Any)
}

fn immediate(bits: u32, dtype: DType) -> Padding {
    match dtype {
        DType::F32 => literal(&ConstSource::F32(vec![f32::from_bits(bits)])),
        _ => literal(&ConstSource::I32(vec![bits as i32])),
    }
}

/// Class of an operation's result. Integers are always finite.
fn class_of(op: ScalarOp, kind: StepType, a: Padding, b: Padding) -> Padding {
    let (low, high) = (a.min(b), a.max(b));
    let is_float = matches!(kind.operand, DType::F32 | DType::F16);
    match op {
        ScalarOp::Identity => a,
        ScalarOp::Add | ScalarOp::AddSat | ScalarOp::Sub | ScalarOp::SubSat if high == Zero => Zero,
        ScalarOp::Mul | ScalarOp::MulSat if low == Zero && (high <= Finite || !is_float) => Zero,
        // A sum in f16 saturates.
        ScalarOp::Add | ScalarOp::Sub | ScalarOp::Mul if kind.operand == DType::F16 && high <= Finite => Finite,
        ScalarOp::Add | ScalarOp::Sub | ScalarOp::Mul if is_float => match high {
            Zero | Finite => Number,
            Number | Any => Any,
        },
        ScalarOp::Max | ScalarOp::Min => high,
        // Bits of zeros of either sign are those of zeros.
        ScalarOp::Or | ScalarOp::Xor if high == Zero => Zero,
        ScalarOp::And | ScalarOp::Mask if low == Zero => Zero,
        ScalarOp::Mask => a,
        ScalarOp::And | ScalarOp::Or | ScalarOp::Xor | ScalarOp::Not if is_float => Any,
        ScalarOp::ShiftLeft | ScalarOp::ShiftRight | ScalarOp::ShiftRightSigned if a == Zero => Zero,
        ScalarOp::Exp if a <= Number => Number,
        ScalarOp::Tanh if a == Zero => Zero,
        ScalarOp::Tanh if a <= Number => Finite,
        ScalarOp::Rsqrt if a == Zero => Number,
        ScalarOp::Exp | ScalarOp::Tanh | ScalarOp::Rsqrt | ScalarOp::Div | ScalarOp::Select => Any,
        ScalarOp::F16ToF32 => a,
        _ if op.is_conversion() && a == Zero => Zero,
        // Rounding to f16 saturates.
        ScalarOp::F32ToF16 if a <= Number => Finite,
        ScalarOp::F32ToF16 => Any,
        _ => Finite,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph::Builder;

    /// Faults of a contraction of `row`, made of an input of 64 lanes, with constant weights.
    fn check(row: impl FnOnce(&mut Builder, NodeId) -> NodeId, expected: usize) {
        let mut builder = Builder::new();
        let x = builder.input("x", DType::F32, &[1, 64]);
        let row = row(&mut builder, x);
        let narrow = builder.scalar(ScalarOp::F32ToF16, &[row]);
        let weights = builder.weight("w", DType::F16, &[16, 64]);
        builder.matmul(narrow, weights);
        assert_eq!(faults(&builder.finish()).len(), expected);
    }

    #[test]
    fn finite_lanes_meet_the_weights_zeros() {
        check(|_, x| x, 0);
        check(|builder, x| builder.scalar(ScalarOp::Tanh, &[x]), 0);
        check(|builder, x| builder.scalar(ScalarOp::Exp, &[x]), 0);
    }

    #[test]
    fn lanes_that_may_be_no_number_are_refused() {
        let infinite = |builder: &mut Builder, x| {
            let root = builder.scalar(ScalarOp::Rsqrt, &[x]);
            builder.sub(root, root)
        };
        check(infinite, 1);
    }

    #[test]
    fn bits_of_numbers_may_be_no_number_and_masks_keep_zeros() {
        let turned = |builder: &mut Builder, x| builder.scalar(ScalarOp::Not, &[x]);
        check(turned, 1);
        let masked = |builder: &mut Builder, x| {
            let bits = builder.scalar(ScalarOp::Not, &[x]);
            let is_positive = builder.scalar(ScalarOp::Less, &[x, x]);
            let zero = builder.scalar(ScalarOp::Mul, &[x, x]);
            let condition = builder.scalar(ScalarOp::F32ToI32, &[zero]);
            let kept = builder.scalar(ScalarOp::Mask, &[bits, condition]);
            let free = builder.scalar(ScalarOp::Mask, &[kept, is_positive]);
            builder.add(free, x)
        };
        check(masked, 0);
        let by_sign = |builder: &mut Builder, x| {
            let bits = builder.scalar(ScalarOp::Not, &[x]);
            let sign = graph::Arg::Immediate(1 << 31);
            builder.map(Expr::single(ScalarOp::Mask, &[graph::Arg::Input(0), sign]), &[bits])
        };
        check(by_sign, 1);
    }

    #[test]
    fn two_rows_without_zeros_are_refused() {
        let mut builder = Builder::new();
        let x = builder.input("x", DType::F32, &[1, 64]);
        let one = builder.scalar(ScalarOp::Exp, &[x]);
        let half = builder.scalar(ScalarOp::F32ToF16, &[one]);
        builder.matmul(half, half);
        assert_eq!(faults(&builder.finish()).len(), 1);
    }

    #[test]
    fn what_a_state_keeps_is_known_after_some_rounds() {
        let mut builder = Builder::new();
        let state = builder.state("s", DType::F16, &[1, 64]);
        let wide = builder.scalar(ScalarOp::F16ToF32, &[state]);
        let one = builder.scalar(ScalarOp::Exp, &[wide]);
        let next = builder.scalar(ScalarOp::F32ToF16, &[one]);
        builder.matmul(state, state);
        let mut graph = builder.finish();
        assert!(faults(&graph).is_empty(), "zeros before the first token");
        graph.updates.push((state, next));
        assert_eq!(faults(&graph).len(), 1, "ones after it");
    }
}

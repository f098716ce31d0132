//! The type of a node from its operation and operands.
//!
//! In: an operation, its operands' types, and the type wanted.  Out: the type it has, or what was expected and found.
//! Invariant: one statement of every shape rule, from which `build` takes shapes and `check` judges them.
//! Method: one function per operation; what the operands leave open (extents of a broadcast, a reshape, rows) is read
//! from the wanted type and checked against them.

use crate::{ConstSource, DType, Expr, Op, Order, Permutation, Shape, TensorInfo, TensorType, View};
use std::fmt;
use units::Arena;

/// A rule that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// What the rule asks for.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

impl Mismatch {
    /// A mismatch of anything that can be printed.
    pub fn new(expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        Mismatch { expected: expected.to_string(), found: found.to_string() }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}; found {}", self.expected, self.found)
    }
}

/// Lanes of one block of a `Superlanes` contraction.
const SUPERLANES_K_MAX: u32 = 320;

/// The type of `op` on `operands`. `wanted` decides only what they leave open: names and extents of inputs and states,
/// extents of literals, broadcasts, reshapes and rows.
///
/// Errors: the first rule that does not hold, operand count first.
pub fn infer(
    op: &Op,
    operands: &[&TensorType],
    wanted: &TensorType,
    tensors: &Arena<TensorInfo>,
) -> Result<TensorType, Mismatch> {
    match (op, operands) {
        (Op::Input { .. } | Op::State { .. }, []) => Ok(wanted.clone()),
        (Op::Const(source), []) => constant(source, wanted, tensors),
        (Op::MatMul { order }, [_, _, ..]) => matmul(*order, operands),
        (Op::Map(expr), [first, ..]) => map(expr, first, operands),
        (Op::Reduce { axis, partials, .. }, [input]) => reduce(input, usize::from(*axis), *partials),
        (Op::Broadcast, [input]) => broadcast(input, &wanted.shape),
        (Op::Permute(Permutation::Axes(axes)), [input]) => permute_axes(input, axes),
        (Op::Permute(Permutation::Lanes(map)), [input]) => permute_lanes(input, map),
        (Op::Copy { axis }, [first, ..]) => copy(first, operands, usize::from(*axis)),
        (Op::Window { size, stride }, [input]) => window(input, *size, *stride),
        (Op::Gather, [table, index]) => gather(table, index),
        (Op::Scatter, [table, row, index]) => scatter(table, row, index),
        (Op::View(view), [input]) => self::view(view, input, &wanted.shape),
        _ => Err(Mismatch::new(format!("{} operands", arity(op)), operands.len())),
    }
}

/// How many operands an operation takes, in words.
fn arity(op: &Op) -> &'static str {
    match op {
        Op::Input { .. } | Op::State { .. } | Op::Const(_) => "no",
        Op::Reduce { .. } | Op::Broadcast | Op::Permute(_) | Op::Window { .. } | Op::View(_) => "1",
        Op::Map(_) | Op::Copy { .. } => "1 or more",
        Op::MatMul { .. } => "2, 4, 6, ...",
        Op::Gather => "2",
        Op::Scatter => "3",
    }
}

fn constant(source: &ConstSource, wanted: &TensorType, tensors: &Arena<TensorInfo>) -> Result<TensorType, Mismatch> {
    let (dtype, count) = match source {
        ConstSource::Tensor(id) => {
            let missing = || Mismatch::new(format!("a tensor below {}", tensors.len()), id);
            let info = tensors.get(*id).ok_or_else(missing)?;
            return Ok(TensorType { dtype: info.dtype, shape: info.shape });
        }
        ConstSource::F32(values) => (DType::F32, values.len() as u64),
        ConstSource::I32(values) => (DType::I32, values.len() as u64),
    };
    if count != wanted.shape.elements() {
        return Err(Mismatch::new(format!("{} literals for {}", wanted.shape.elements(), wanted.shape), count));
    }
    Ok(TensorType { dtype, shape: wanted.shape })
}

fn matmul(order: Order, operands: &[&TensorType]) -> Result<TensorType, Mismatch> {
    if !operands.len().is_multiple_of(2) {
        return Err(Mismatch::new("operands in pairs", operands.len()));
    }
    let (input, result) = match order {
        Order::Sequential => (DType::F32, DType::F32),
        Order::Exact => (DType::I8, DType::I32),
        Order::Superlanes => (DType::F16, DType::F32),
    };
    if let Some(other) = operands.iter().find(|operand| operand.dtype != input) {
        return Err(Mismatch::new(format!("{} operands for this order", input.name()), other));
    }
    let mut result_shape: Option<Shape> = None;
    for pair in operands.chunks_exact(2) {
        let shape = contraction(order, &pair[0].shape, &pair[1].shape)?;
        match &result_shape {
            Some(first) if *first != shape => {
                return Err(Mismatch::new(format!("blocks that all give {first}"), shape));
            }
            _ => result_shape = Some(shape),
        }
    }
    let shape = result_shape.expect("there is at least one pair");
    Ok(TensorType { dtype: result, shape })
}

/// `[.., m, k]` by `[.., n, k]` gives `[.., m, n]`.
fn contraction(order: Order, a: &Shape, b: &Shape) -> Result<Shape, Mismatch> {
    let expected = || Mismatch::new("blocks [.., m, k] and [.., n, k] with equal leading axes", format!("{a} and {b}"));
    let rank = a.rank();
    if rank < 2 || b.rank() != rank {
        return Err(expected());
    }
    let (left, right) = (a.extents(), b.extents());
    if left[..rank - 2] != right[..rank - 2] || left[rank - 1] != right[rank - 1] {
        return Err(expected());
    }
    if order == Order::Superlanes && SUPERLANES_K_MAX < left[rank - 1] {
        return Err(Mismatch::new(format!("at most {SUPERLANES_K_MAX} lanes in a block"), left[rank - 1]));
    }
    let too_many = || Mismatch::new("a result of at most 2^48 elements", format!("{a} by {b}"));
    a.with_extent(rank - 1, right[rank - 2]).ok_or_else(too_many)
}

fn map(expr: &Expr, first: &TensorType, operands: &[&TensorType]) -> Result<TensorType, Mismatch> {
    if let Some(other) = operands.iter().find(|operand| operand.shape != first.shape) {
        return Err(Mismatch::new(format!("inputs that all have shape {}", first.shape), other.shape));
    }
    let dtypes: Vec<DType> = operands.iter().map(|operand| operand.dtype).collect();
    let types = expr.types(&dtypes)?;
    let last = types.last().expect("a typed expression has a step");
    Ok(TensorType { dtype: last.result, shape: first.shape })
}

fn reduce(input: &TensorType, axis: usize, partials: u8) -> Result<TensorType, Mismatch> {
    if !matches!(input.dtype, DType::F32 | DType::I32) {
        return Err(Mismatch::new("an f32 or i32 operand", input));
    }
    let extent = axis_extent(&input.shape, axis)?;
    if partials == 0 || extent < u32::from(partials) {
        return Err(Mismatch::new(format!("1 to {extent} partial results"), partials));
    }
    let shape = input.shape.with_extent(axis, u32::from(partials)).expect("a smaller extent is legal");
    Ok(TensorType { dtype: input.dtype, shape })
}

fn broadcast(input: &TensorType, wanted: &Shape) -> Result<TensorType, Mismatch> {
    let (from, to) = (input.shape.extents(), wanted.extents());
    let legal = from.len() == to.len() && from.iter().zip(to).all(|(from, to)| from == to || *from == 1);
    if !legal {
        return Err(Mismatch::new(format!("an operand like {wanted} with some extents 1"), input.shape));
    }
    Ok(TensorType { dtype: input.dtype, shape: *wanted })
}

fn permute_axes(input: &TensorType, axes: &[u8]) -> Result<TensorType, Mismatch> {
    let rank = input.shape.rank();
    let indices: Vec<usize> = axes.iter().map(|axis| usize::from(*axis)).collect();
    if !is_permutation(&indices, rank) {
        return Err(Mismatch::new(format!("each of {rank} axes once"), format!("{axes:?}")));
    }
    let extents: Vec<u32> = indices.iter().map(|axis| input.shape.extents()[*axis]).collect();
    let shape = Shape::new(&extents).expect("the same extents in another order are legal");
    Ok(TensorType { dtype: input.dtype, shape })
}

fn permute_lanes(input: &TensorType, map: &[u16]) -> Result<TensorType, Mismatch> {
    let indices: Vec<usize> = map.iter().map(|lane| usize::from(*lane)).collect();
    if map.is_empty() || !is_permutation(&indices, map.len()) {
        return Err(Mismatch::new(format!("each lane below {} once", map.len()), format!("{map:?}")));
    }
    if !(input.shape.lanes() as usize).is_multiple_of(map.len()) {
        return Err(Mismatch::new(format!("lanes in whole groups of {}", map.len()), input.shape.lanes()));
    }
    Ok(input.clone())
}

/// Whether `indices` holds each of `0 .. count` once.
fn is_permutation(indices: &[usize], count: usize) -> bool {
    let mut seen = vec![false; count];
    for &index in indices {
        match seen.get_mut(index) {
            Some(slot) if !*slot => *slot = true,
            _ => return false,
        }
    }
    indices.len() == count
}

fn copy(first: &TensorType, operands: &[&TensorType], axis: usize) -> Result<TensorType, Mismatch> {
    axis_extent(&first.shape, axis)?;
    let mut joined = 0u32;
    for operand in operands {
        let alike = operand.dtype == first.dtype && operand.shape.rank() == first.shape.rank();
        let extent = operand.shape.extents().get(axis).copied().unwrap_or(0);
        if !alike || first.shape.with_extent(axis, extent).as_ref() != Some(&operand.shape) {
            return Err(Mismatch::new(format!("operands like {first} but for axis {axis}"), operand));
        }
        joined = joined.checked_add(extent).ok_or_else(|| Mismatch::new("a joined extent below 2^32", "more"))?;
    }
    let too_many = || Mismatch::new("a result of at most 2^48 elements", format!("extent {joined} on axis {axis}"));
    let shape = first.shape.with_extent(axis, joined).ok_or_else(too_many)?;
    Ok(TensorType { dtype: first.dtype, shape })
}

fn window(input: &TensorType, size: u32, stride: u32) -> Result<TensorType, Mismatch> {
    let rank = input.shape.rank();
    if rank < 2 {
        return Err(Mismatch::new("an operand of rank 2 or more", input.shape));
    }
    let (rows, lanes) = (input.shape.extents()[rank - 2], input.shape.lanes());
    if size == 0 || stride == 0 || rows < size {
        return Err(Mismatch::new(format!("size 1 to {rows}, stride above 0"), format!("{size}, {stride}")));
    }
    let too_many = || Mismatch::new("a result of at most 2^48 elements", format!("{size} rows of {lanes} lanes"));
    let wide = size.checked_mul(lanes).ok_or_else(too_many)?;
    let shape = input.shape.with_extent(rank - 2, (rows - size) / stride + 1);
    let shape = shape.and_then(|shape| shape.with_extent(rank - 1, wide)).ok_or_else(too_many)?;
    Ok(TensorType { dtype: input.dtype, shape })
}

fn gather(table: &TensorType, index: &TensorType) -> Result<TensorType, Mismatch> {
    is_index(index)?;
    axis_extent(&table.shape, 0)?;
    let shape = table.shape.with_extent(0, 1).expect("a smaller extent is legal");
    Ok(TensorType { dtype: table.dtype, shape })
}

fn scatter(table: &TensorType, row: &TensorType, index: &TensorType) -> Result<TensorType, Mismatch> {
    let expected = gather(table, index)?;
    if *row != expected {
        return Err(Mismatch::new(format!("a row {expected}"), row));
    }
    Ok(table.clone())
}

fn is_index(index: &TensorType) -> Result<(), Mismatch> {
    let legal = index.dtype == DType::I32 && index.shape.extents() == [1];
    if legal { Ok(()) } else { Err(Mismatch::new("an index i32 [1]", index)) }
}

fn view(view: &View, input: &TensorType, wanted: &Shape) -> Result<TensorType, Mismatch> {
    match view {
        View::Reshape if input.shape.elements() == wanted.elements() => {
            Ok(TensorType { dtype: input.dtype, shape: *wanted })
        }
        View::Reshape => Err(Mismatch::new(format!("{} elements for {wanted}", wanted.elements()), input.shape)),
        View::Rows { first } => {
            let extent = axis_extent(&input.shape, 0)?;
            let count = wanted.extents().first().copied().unwrap_or(0);
            let inside = first.checked_add(count).is_some_and(|end| end <= extent);
            if !inside || input.shape.with_extent(0, count).as_ref() != Some(wanted) {
                let expected = format!("rows inside {} with its other extents", input.shape);
                return Err(Mismatch::new(expected, format!("{wanted} from row {first}")));
            }
            Ok(TensorType { dtype: input.dtype, shape: *wanted })
        }
        View::Digits { count } => {
            let legal = input.dtype == DType::I32 && input.shape.rank() == 2;
            if !legal || !(1..=4).contains(count) {
                return Err(Mismatch::new("1 to 4 digits of i32 [n,k]", format!("{count} of {input}")));
            }
            let rows = input.shape.extents()[0].checked_mul(u32::from(*count));
            let shape = rows.and_then(|rows| input.shape.with_extent(0, rows));
            let shape = shape.ok_or_else(|| Mismatch::new("at most 2^48 elements", input))?;
            Ok(TensorType { dtype: DType::I8, shape })
        }
    }
}

/// Extent of `axis`, or the axes there are.
fn axis_extent(shape: &Shape, axis: usize) -> Result<u32, Mismatch> {
    let missing = || Mismatch::new(format!("an axis below {} of {shape}", shape.rank()), axis);
    shape.extents().get(axis).copied().ok_or_else(missing)
}

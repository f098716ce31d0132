//! Operations that only move elements: `Broadcast`, `Permute`, `Copy`, `Window`, `Gather`, `Scatter` and the views.
//!
//! In: checked operands.  Out: the elements of the result.
//! Invariant: no element's bits change, but for `Digits`, which takes them apart.
//! Method: one walk with a stride per axis of the result, or runs of whole rows.

use crate::{Elements, Permutation, Shape, Tensor, View};
use std::ops::Range;

/// Applies an expression to the vector inside, whatever its type.
macro_rules! each_type {
    ($elements:expr, $values:ident => $result:expr) => {
        match $elements {
            Elements::F32($values) => Elements::F32($result),
            Elements::F16($values) => Elements::F16($result),
            Elements::I32($values) => Elements::I32($result),
            Elements::I8($values) => Elements::I8($result),
            Elements::I16($values) => Elements::I16($result),
            Elements::U8($values) => Elements::U8($result),
        }
    };
}

/// Replicates `input` to `shape`: an axis of extent 1 is walked with stride 0.
pub fn broadcast(input: &Tensor, shape: &Shape) -> Elements {
    let mut strides = row_major_strides(input.shape());
    for (stride, extent) in strides.iter_mut().zip(input.shape().extents()) {
        if *extent == 1 {
            *stride = 0;
        }
    }
    strided(input.elements(), &sizes(shape), &strides)
}

/// Transposes, or permutes lanes within groups; `shape` is the result's.
pub fn permute(permutation: &Permutation, input: &Tensor, shape: &Shape) -> Elements {
    match permutation {
        Permutation::Axes(axes) => {
            let strides = row_major_strides(input.shape());
            let strides: Vec<usize> = axes.iter().map(|axis| strides[usize::from(*axis)]).collect();
            strided(input.elements(), &sizes(shape), &strides)
        }
        Permutation::Lanes(map) => {
            let source = |index: usize| index - index % map.len() + usize::from(map[index % map.len()]);
            each_type!(input.elements(), values => (0..values.len()).map(|index| values[source(index)]).collect())
        }
    }
}

/// Rows `w * stride .. w * stride + size` lie side by side already: window `w` is one run of the input.
pub fn window(input: &Tensor, stride: u32, shape: &Shape) -> Elements {
    let mut strides = row_major_strides(input.shape());
    let windows = strides.len() - 2;
    strides[windows] *= stride as usize;
    strided(input.elements(), &sizes(shape), &strides)
}

/// Joins `inputs` along `axis`.
pub fn copy(inputs: &[&Tensor], axis: usize) -> Elements {
    let first = inputs[0].shape();
    let outer: usize = sizes(first)[..axis].iter().product();
    let mut result = slice(inputs[0].elements(), 0..0);
    for block in 0..outer {
        for input in inputs {
            let run = input.elements().len() / outer;
            append(&mut result, input.elements(), block * run..(block + 1) * run);
        }
    }
    result
}

/// Row `index` of `table`; `index` is below its first extent.
pub fn gather(table: &Tensor, index: usize) -> Elements {
    slice(table.elements(), row_range(table, index))
}

/// `table` with row `index` replaced; `index` is below its first extent.
pub fn scatter(table: &Tensor, row: &Tensor, index: usize) -> Elements {
    let range = row_range(table, index);
    let mut result = slice(table.elements(), 0..range.start);
    append(&mut result, row.elements(), 0..row.elements().len());
    append(&mut result, table.elements(), range.end..table.elements().len());
    result
}

/// What a view shows; `shape` is the result's.
pub fn view(view: &View, input: &Tensor, shape: &Shape) -> Elements {
    match view {
        View::Reshape => input.elements().clone(),
        View::Rows { first } => {
            let start = row_range(input, *first as usize).start;
            slice(input.elements(), start..start + shape.elements() as usize)
        }
        View::Digits { count } => {
            let values = input.as_i32().expect("check: digits of i32");
            let rows = (0..*count).rev();
            Elements::I8(rows.flat_map(|byte| values.iter().map(move |value| (value >> (8 * byte)) as i8)).collect())
        }
    }
}

/// The elements of row `index` along the first axis.
fn row_range(table: &Tensor, index: usize) -> Range<usize> {
    let run = table.elements().len() / table.shape().extents()[0] as usize;
    index * run..(index + 1) * run
}

/// Extents as indices.
fn sizes(shape: &Shape) -> Vec<usize> {
    shape.extents().iter().map(|extent| *extent as usize).collect()
}

/// How far apart neighbours along each axis lie.
fn row_major_strides(shape: &Shape) -> Vec<usize> {
    let extents = sizes(shape);
    (0..extents.len()).map(|axis| extents[axis + 1..].iter().product()).collect()
}

/// All elements at `sum of index * stride`, the indices below `extents`, the last one fastest.
fn strided(elements: &Elements, extents: &[usize], strides: &[usize]) -> Elements {
    each_type!(elements, values => {
        let mut result = Vec::with_capacity(extents.iter().product());
        walk(values, extents, strides, 0, &mut result);
        result
    })
}

fn walk<T: Copy>(values: &[T], extents: &[usize], strides: &[usize], offset: usize, result: &mut Vec<T>) {
    match (extents, strides) {
        ([extent], [1]) => result.extend_from_slice(&values[offset..offset + extent]),
        ([extent, inner @ ..], [stride, inner_strides @ ..]) => {
            for index in 0..*extent {
                walk(values, inner, inner_strides, offset + index * stride, result);
            }
        }
        _ => result.push(values[offset]),
    }
}

/// A run of elements.
fn slice(elements: &Elements, range: Range<usize>) -> Elements {
    each_type!(elements, values => values[range].to_vec())
}

/// Appends a run of elements of the same type.
fn append(result: &mut Elements, elements: &Elements, range: Range<usize>) {
    match (result, elements) {
        (Elements::F32(result), Elements::F32(values)) => result.extend_from_slice(&values[range]),
        (Elements::F16(result), Elements::F16(values)) => result.extend_from_slice(&values[range]),
        (Elements::I32(result), Elements::I32(values)) => result.extend_from_slice(&values[range]),
        (Elements::I8(result), Elements::I8(values)) => result.extend_from_slice(&values[range]),
        (Elements::I16(result), Elements::I16(values)) => result.extend_from_slice(&values[range]),
        (Elements::U8(result), Elements::U8(values)) => result.extend_from_slice(&values[range]),
        (result, other) => {
            unreachable!("check: joined operands of one type; found {:?}, {:?}", result.dtype(), other.dtype())
        }
    }
}

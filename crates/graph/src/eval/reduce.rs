//! `Reduce`: folds along one axis, into one or several interleaved results.
//!
//! In: an f32 or i32 operand.  Out: the elements of the result.
//! Invariant: each fold starts with its first element and takes the others in increasing order.
//! Method: the three loops outer, partial result, inner; the fold is the fourth.

use super::scalar;
use crate::{Elements, ReduceKind, Tensor};

/// The result's elements; `axis` is an axis of `input` and `partials` is 1 to its extent.
pub fn reduce(kind: ReduceKind, input: &Tensor, axis: usize, partials: usize) -> Elements {
    let extents: Vec<usize> = input.shape().extents().iter().map(|extent| *extent as usize).collect();
    let fold = Fold { extent: extents[axis], inner: extents[axis + 1..].iter().product(), partials };
    match input.elements() {
        Elements::F32(values) => {
            let combine = match kind {
                ReduceKind::Sum => scalar::add,
                ReduceKind::Max => scalar::max,
                ReduceKind::Min => scalar::min,
            };
            Elements::F32(fold.run(values, combine))
        }
        Elements::I32(values) => {
            let combine = match kind {
                ReduceKind::Sum => i32::wrapping_add,
                ReduceKind::Max => i32::max,
                ReduceKind::Min => i32::min,
            };
            Elements::I32(fold.run(values, combine))
        }
        other => unreachable!("a checked reduction is of f32 or i32; found {}", other.dtype().name()),
    }
}

/// Sizes of the loops; the outer one is what remains.
struct Fold {
    extent: usize,
    inner: usize,
    partials: usize,
}

impl Fold {
    fn run<T: Copy>(&self, values: &[T], combine: fn(T, T) -> T) -> Vec<T> {
        let mut results = Vec::with_capacity(values.len() / self.extent * self.partials);
        for block in values.chunks_exact(self.extent * self.inner) {
            for partial in 0..self.partials {
                let first = (self.extent - self.partials + partial) % self.partials;
                for lane in 0..self.inner {
                    let rows = (first..self.extent).step_by(self.partials);
                    let folded = rows.map(|row| block[row * self.inner + lane]).reduce(combine);
                    results.push(folded.expect("there are at least as many rows as partial results"));
                }
            }
        }
        results
    }
}

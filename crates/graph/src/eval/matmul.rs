//! `MatMul`: contraction over K blocks in the order that the operation states.
//!
//! In: checked pairs `a [.., m, k]`, `b [.., n, k]`.  Out: elements of `[.., m, n]`.
//! Invariant: the additions of one output happen in the order of [`Order`](crate::Order), each rounded to f32.
//! Method: `WIDTH` outputs side by side, so that the processor has independent sums to work on; never several k of one output.

use super::scalar::canonical;
use crate::half::f16_to_f32;
use crate::{Elements, Order, Tensor};

/// Outputs computed side by side.
const WIDTH: usize = 8;
/// Superlanes of a vector.
const SUPERLANES: usize = 20;
/// Lanes of a superlane that one half block takes.
const HALF_LANES: usize = 8;

/// One K block for `WIDTH` outputs: a row of `a` and as many rows of `b`.
struct Rows<'t, A, B> {
    a: &'t [A],
    b: [&'t [B]; WIDTH],
}

/// The result's elements; `blocks` is not empty.
pub fn matmul(order: Order, blocks: &[(&Tensor, &Tensor)]) -> Elements {
    let sizes: Vec<Sizes> = blocks.iter().map(|(a, b)| Sizes::of(a, b)).collect();
    let f32s = |tensor: &Tensor| tensor.as_f32().expect("check: f32 operands").to_vec();
    match order {
        Order::Sequential => {
            let a: Vec<Vec<f32>> = blocks.iter().map(|(a, _)| f32s(a)).collect();
            let b: Vec<&[f32]> = blocks.iter().map(|(_, b)| b.as_f32().expect("check: f32 operands")).collect();
            Elements::F32(contract(&sizes, &a, &b, sequential))
        }
        Order::Superlanes => {
            let widened = |(a, _): &(&Tensor, &Tensor)| {
                let bits = a.as_f16().expect("check: f16 operands");
                bits.iter().map(|bits| f16_to_f32(*bits)).collect()
            };
            let a: Vec<Vec<f32>> = blocks.iter().map(widened).collect();
            let b: Vec<&[u16]> = blocks.iter().map(|(_, b)| b.as_f16().expect("check: f16 operands")).collect();
            Elements::F32(contract(&sizes, &a, &b, superlanes))
        }
        Order::Exact => {
            let a: Vec<Vec<i8>> = blocks.iter().map(|(a, _)| a.as_i8().expect("check: i8 operands").to_vec()).collect();
            let b: Vec<&[i8]> = blocks.iter().map(|(_, b)| b.as_i8().expect("check: i8 operands")).collect();
            Elements::I32(contract(&sizes, &a, &b, exact))
        }
    }
}

/// Extents of one block; all but `k` are equal in all blocks.
struct Sizes {
    batch: usize,
    m: usize,
    n: usize,
    k: usize,
}

impl Sizes {
    fn of(a: &Tensor, b: &Tensor) -> Self {
        let (left, right) = (a.shape().extents(), b.shape().extents());
        let rank = left.len();
        let batch = left[..rank - 2].iter().map(|extent| *extent as usize).product();
        Sizes { batch, m: left[rank - 2] as usize, n: right[rank - 2] as usize, k: left[rank - 1] as usize }
    }
}

/// All outputs in row-major order, `WIDTH` of them by each call of `sum`.
fn contract<A, B, R: Copy>(
    sizes: &[Sizes],
    a: &[Vec<A>],
    b: &[&[B]],
    sum: impl Fn(&[Rows<A, B>]) -> [R; WIDTH],
) -> Vec<R> {
    let Sizes { batch, m, n, .. } = sizes[0];
    let mut outputs = Vec::with_capacity(batch * m * n);
    for row in 0..batch * m {
        let first_of_batch = row / m * n;
        for column in (0..n).step_by(WIDTH) {
            let rows = |(index, size): (usize, &Sizes)| {
                // Past the last column the last one is computed again, and dropped below.
                let b_row = |offset: usize| first_of_batch + (column + offset).min(n - 1);
                let b = std::array::from_fn(|offset| &b[index][b_row(offset) * size.k..][..size.k]);
                Rows { a: &a[index][row * size.k..][..size.k], b }
            };
            let blocks: Vec<Rows<A, B>> = sizes.iter().enumerate().map(rows).collect();
            outputs.extend_from_slice(&sum(&blocks)[..WIDTH.min(n - column)]);
        }
    }
    outputs
}

/// `Order::Sequential`.
fn sequential(blocks: &[Rows<f32, f32>]) -> [f32; WIDTH] {
    let mut sums = [0.0f32; WIDTH];
    for block in blocks {
        for (k, a) in block.a.iter().enumerate() {
            for (sum, b) in sums.iter_mut().zip(&block.b) {
                *sum += a * b[k];
            }
        }
    }
    sums.map(canonical)
}

/// `Order::Exact`.
fn exact(blocks: &[Rows<i8, i8>]) -> [i32; WIDTH] {
    let mut sums = [0i32; WIDTH];
    for block in blocks {
        for (sum, b) in sums.iter_mut().zip(&block.b) {
            for (a, b) in block.a.iter().zip(*b) {
                *sum = sum.wrapping_add(i32::from(*a) * i32::from(*b));
            }
        }
    }
    sums
}

/// `Order::Superlanes`.
fn superlanes(blocks: &[Rows<f32, u16>]) -> [f32; WIDTH] {
    std::array::from_fn(|output| {
        let halves = blocks.iter().flat_map(|block| [0, 1].map(|half| half_block(block.a, block.b[output], half)));
        let total = halves.reduce(|running, new| running + new);
        canonical(total.expect("a contraction has a block"))
    })
}

/// Sum of one half block: eight accumulators over the superlanes, then the tree.
fn half_block(a: &[f32], b: &[u16], half: usize) -> f32 {
    let mut sums = [0.0f32; HALF_LANES];
    for superlane in 0..SUPERLANES {
        let first = (2 * superlane + half) * HALF_LANES;
        for (j, sum) in sums.iter_mut().enumerate() {
            let lane = first + j;
            let product = if lane < a.len() { a[lane] * f16_to_f32(b[lane]) } else { 0.0 };
            *sum += product;
        }
    }
    let [j0, j1, j2, j3, j4, j5, j6, j7] = sums;
    ((j0 + j1) + (j2 + j3)) + ((j4 + j5) + (j6 + j7))
}

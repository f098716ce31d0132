//! Multiplies matrices for training.
//!
//! In: two matrices read through strides, so that a transpose is free.  Out: their product, added to what is there.
//! Invariant: each result is one sum in order of the inner index, so tile sizes and vector widths change no bit.
//! Method: both sides are packed into tiles; the inner loop keeps ROWS x COLUMNS sums in registers.
//! Source: Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication"; no fused multiply-add, on purpose.

/// Sums kept at once, down.
const ROWS: usize = 4;
/// Sums kept at once, across: two vectors of the kind the build may use.
const COLUMNS: usize = if cfg!(target_feature = "avx") { 16 } else { 8 };
/// Inner length handled at a time, so that a packed tile stays in the first cache.
const DEPTH: usize = 384;

/// A matrix lying in a slice: element (r, c) is `data[r * row_stride + c * column_stride]`.
#[derive(Clone, Copy)]
pub struct View<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> View<'a> {
    /// A matrix stored row by row.
    pub fn new(data: &'a [f32], columns: usize) -> View<'a> {
        View { data, rows: data.len() / columns, columns, row_stride: columns, column_stride: 1 }
    }

    /// The same numbers with rows and columns exchanged.
    pub fn transposed(self) -> View<'a> {
        View {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// Adds a [m x k] times b [k x n] to `sum` [m x n], stored row by row.
pub fn multiply_add(a: View<'_>, b: View<'_>, sum: &mut [f32]) {
    assert_eq!(a.columns, b.rows, "inner lengths agree");
    assert_eq!(sum.len(), a.rows * b.columns, "the result has the outer lengths");
    let panels = b.columns.div_ceil(COLUMNS);
    let mut start = 0;
    while start < a.columns {
        let depth = DEPTH.min(a.columns - start);
        let packed = pack_columns(b, start, depth);
        let mut tile = vec![0.0; depth * ROWS];
        for top in (0..a.rows).step_by(ROWS) {
            pack_rows(a, top, start, &mut tile);
            for panel in 0..panels {
                let across = &packed[panel * depth * COLUMNS..][..depth * COLUMNS];
                add_tile(&tile, across, sum, Corner { top, left: panel * COLUMNS, rows: a.rows, columns: b.columns });
            }
        }
        start += depth;
    }
}

fn pack_columns(b: View<'_>, start: usize, depth: usize) -> Vec<f32> {
    let panels = b.columns.div_ceil(COLUMNS);
    let mut packed = vec![0.0; panels * depth * COLUMNS];
    for (panel, tile) in packed.chunks_exact_mut(depth * COLUMNS).enumerate() {
        let left = panel * COLUMNS;
        let width = COLUMNS.min(b.columns - left);
        for (inner, line) in tile.chunks_exact_mut(COLUMNS).enumerate() {
            let base = (start + inner) * b.row_stride + left * b.column_stride;
            for (offset, slot) in line[..width].iter_mut().enumerate() {
                *slot = b.data[base + offset * b.column_stride];
            }
        }
    }
    packed
}

fn pack_rows(a: View<'_>, top: usize, start: usize, tile: &mut [f32]) {
    let height = ROWS.min(a.rows - top);
    for (inner, line) in tile.chunks_exact_mut(ROWS).enumerate() {
        let base = top * a.row_stride + (start + inner) * a.column_stride;
        for (offset, slot) in line.iter_mut().enumerate() {
            *slot = if offset < height { a.data[base + offset * a.row_stride] } else { 0.0 };
        }
    }
}

/// Where a tile lies in the result, and how large the result is.
struct Corner {
    top: usize,
    left: usize,
    rows: usize,
    columns: usize,
}

/// The inner loop; never inlined, and the four rows spelled out, so that the sums live in registers.
#[inline(never)]
fn add_products(down: &[f32], across: &[f32], sums: &mut [[f32; COLUMNS]; ROWS]) {
    let [mut first, mut second, mut third, mut fourth] = *sums;
    for (a, b) in down.as_chunks::<ROWS>().0.iter().zip(across.as_chunks::<COLUMNS>().0) {
        add_product(&mut first, a[0], b);
        add_product(&mut second, a[1], b);
        add_product(&mut third, a[2], b);
        add_product(&mut fourth, a[3], b);
    }
    *sums = [first, second, third, fourth];
}

#[inline(always)]
fn add_product(sums: &mut [f32; COLUMNS], factor: f32, values: &[f32; COLUMNS]) {
    for column in 0..COLUMNS {
        sums[column] += factor * values[column];
    }
}

fn add_tile(down: &[f32], across: &[f32], sum: &mut [f32], corner: Corner) {
    let height = ROWS.min(corner.rows - corner.top);
    let width = COLUMNS.min(corner.columns - corner.left);
    let mut sums = [[0.0f32; COLUMNS]; ROWS];
    for (row, line) in sums.iter_mut().enumerate().take(height) {
        let base = (corner.top + row) * corner.columns + corner.left;
        line[..width].copy_from_slice(&sum[base..base + width]);
    }
    add_products(down, across, &mut sums);
    for (row, line) in sums.iter().enumerate().take(height) {
        let base = (corner.top + row) * corner.columns + corner.left;
        sum[base..base + width].copy_from_slice(&line[..width]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn plain(a: View<'_>, b: View<'_>, sum: &mut [f32]) {
        for row in 0..a.rows {
            for column in 0..b.columns {
                for inner in 0..a.columns {
                    let left = a.data[row * a.row_stride + inner * a.column_stride];
                    let right = b.data[inner * b.row_stride + column * b.column_stride];
                    sum[row * b.columns + column] += left * right;
                }
            }
        }
    }

    #[test]
    fn tiles_give_the_bits_of_the_plain_triple_loop() {
        let mut random = Random::new(7);
        for (m, k, n) in [(1, 1, 1), (7, 5, 9), (33, 352, 32), (13, 800, 47)] {
            let a: Vec<f32> = (0..m * k).map(|_| random.normal()).collect();
            let b: Vec<f32> = (0..k * n).map(|_| random.normal()).collect();
            let c: Vec<f32> = (0..m * n).map(|_| random.normal()).collect();
            for (a, b) in
                [(View::new(&a, k), View::new(&b, n)), (View::new(&a, m).transposed(), View::new(&b, k).transposed())]
            {
                let (mut fast, mut slow) = (c.clone(), c.clone());
                multiply_add(a, b, &mut fast);
                plain(a, b, &mut slow);
                assert_eq!(fast, slow);
            }
        }
    }
}

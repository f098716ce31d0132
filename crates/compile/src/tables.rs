//! Tables of the lowered graph: quantised weights, scales, gains, rotary rows, blocks of ones.
//!
//! In: f32 tensors of the model.  Out: rows of at most 320 elements, by tensor id of the lowered graph.
//! Invariant: a weight row is `q * scale` with `|q| <= 127`; lanes and rows past the matrix are zero.
//! Method: one scale per output channel, `max |w| / 127`, nearest even.

use crate::CompileError;
use crate::encoded::{Effort, Encoded};
use graph::{DType, Elements, Graph, LoadError, Shape, Tensor, TensorData, TensorId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Lanes of a word.
pub const LANES: usize = program::WORD_BYTES;
/// Lanes of a superlane; tiles have whole ones.
pub const GROUP: usize = 16;

/// External tensors of the lowered graph.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    tensors: BTreeMap<TensorId, Arc<Tensor>>,
    /// Which of them were written of which matrix of the model, for the next compilation.
    pub(crate) encoded: Arc<Encoded>,
}

impl TensorData for Tables {
    fn load(&self, id: TensorId) -> Result<Arc<Tensor>, LoadError> {
        self.tensors.load(id)
    }
}

impl Tables {
    /// Adds a declared tensor.
    pub fn insert(&mut self, id: TensorId, table: Arc<Tensor>) {
        self.tensors.insert(id, table);
    }

    /// The same, with what is known of the matrices of which they were written.
    pub fn with(self, encoded: Encoded) -> Self {
        Tables { encoded: Arc::new(encoded), ..self }
    }

    /// What the lowering had to write itself.
    pub fn effort(&self) -> Effort {
        self.encoded.effort
    }
}

/// A dense matrix of the model, `[rows, columns]`, row = output channel.
pub struct Matrix {
    /// Its elements, if they are known.
    tensor: Option<Arc<Tensor>>,
    /// What stands for a row that is not known.
    blank: Vec<f32>,
    /// Output channels.
    pub rows: usize,
    /// Input channels.
    pub columns: usize,
}

impl Matrix {
    /// Loads tensor `id` of the imported graph.
    ///
    /// Errors: `Load` when its source fails, `Unrecognised` when it is not f32.
    pub fn load(graph: &Graph, data: &dyn TensorData, id: TensorId) -> Result<Self, CompileError> {
        let tensor = data.load(id)?;
        let info = &graph.tensors[id];
        let wrong = |expected: &str| CompileError::Unrecognised {
            what: format!("tensor `{}` of type {} and shape {}", info.name, info.dtype.name(), info.shape),
            expected: expected.to_owned(),
        };
        if tensor.elements().dtype() != DType::F32 {
            return Err(wrong("f32 elements after import"));
        }
        let (rows, columns) = extents(&info.shape).ok_or_else(|| wrong("one to three axes"))?;
        Ok(Matrix { tensor: Some(tensor), blank: Vec::new(), rows, columns })
    }

    /// Tensor `id` of a graph without weights: its rows are zeros, and are never written anywhere.
    ///
    /// Errors: `Unrecognised` when it has more than three axes.
    pub fn blank(graph: &Graph, id: TensorId) -> Result<Self, CompileError> {
        let info = &graph.tensors[id];
        let (rows, columns) = extents(&info.shape).ok_or_else(|| CompileError::Unrecognised {
            what: format!("tensor `{}` of shape {}", info.name, info.shape),
            expected: "one to three axes".to_owned(),
        })?;
        Ok(Matrix { tensor: None, blank: vec![0.0; columns], rows, columns })
    }

    /// The `count` matrices that it has one under the other, side by side.
    pub fn side_by_side(self, count: usize) -> Matrix {
        let (rows, columns) = (self.rows / count, self.columns * count);
        let parts = |row: usize| (0..count).map(move |part| part * rows + row);
        let tensor = self.tensor.is_some().then(|| {
            let values = (0..rows).flat_map(parts).flat_map(|row| self.row(row)).copied().collect();
            Arc::new(Tensor::f32(&[rows as u32, columns as u32], values))
        });
        Matrix { tensor, blank: vec![0.0; if self.is_known() { 0 } else { columns }], rows, columns }
    }

    /// Whether its elements are known.
    pub fn is_known(&self) -> bool {
        self.tensor.is_some()
    }

    /// One row.
    pub fn row(&self, row: usize) -> &[f32] {
        match self.tensor.as_ref().map(|tensor| tensor.elements()) {
            None => &self.blank,
            Some(Elements::F32(values)) => &values[row * self.columns..(row + 1) * self.columns],
            Some(other) => panic!("`load` admits f32 only, found {}", other.dtype().name()),
        }
    }

    /// Quantises one row: elements and scale.
    pub fn quantised(&self, row: usize) -> (Vec<i8>, f32) {
        quantised(self.row(row))
    }
}

/// A table of rows of `lanes` elements.
pub fn rows_of(lanes: usize, elements: Elements) -> Tensor {
    let extents = [(elements.len() / lanes) as u32, lanes as u32];
    Tensor::new(Shape::new(&extents).expect("tables hold at least one row"), elements)
}

/// Quantises a row: elements and scale.
pub fn quantised(values: &[f32]) -> (Vec<i8>, f32) {
    let greatest = values.iter().fold(0.0f32, |greatest, value| greatest.max(value.abs()));
    if greatest == 0.0 {
        return (vec![0; values.len()], 0.0);
    }
    let inverse = 127.0 / greatest;
    let levels = values.iter().map(|value| nearest(value * inverse) as i8).collect();
    (levels, greatest / 127.0)
}

/// Rows and columns of a matrix, of a vector as one row, of several matrices one under the other.
fn extents(shape: &Shape) -> Option<(usize, usize)> {
    match *shape.extents() {
        [columns] => Some((1, columns as usize)),
        [rows, columns] => Some((rows as usize, columns as usize)),
        [count, rows, columns] => Some((count as usize * rows as usize, columns as usize)),
        _ => None,
    }
}

/// The nearest integer of a value below 2^22 in magnitude, ties to even: adding 1.5 * 2^23 leaves no bits for a fraction. Four times as
/// fast as the library's rounding where the processor has no instruction for it.
fn nearest(value: f32) -> f32 {
    const NO_FRACTION: f32 = 12_582_912.0;
    (value + NO_FRACTION) - NO_FRACTION
}

/// Tile `tile` of `count` rows of a tensor, the first one `first`, as `rows` words of 320 lanes: zero past the tensor's and past `count`.
pub fn tile_of(tensor: &Tensor, (first, count): (usize, usize), tile: usize, rows: usize) -> Elements {
    let lanes = tensor.shape().lanes() as usize;
    let own = lanes.saturating_sub(tile * LANES).min(LANES);
    fn words<T: Copy + Default>(values: &[T], starts: impl Iterator<Item = usize>, own: usize, rows: usize) -> Vec<T> {
        let mut words = vec![T::default(); rows * LANES];
        for (word, start) in words.chunks_exact_mut(LANES).zip(starts) {
            word[..own].copy_from_slice(&values[start..start + own]);
        }
        words
    }
    let starts = (first..first + count).map(|row| row * lanes + tile * LANES);
    match tensor.elements() {
        Elements::F32(values) => Elements::F32(words(values, starts, own, rows)),
        Elements::F16(values) => Elements::F16(words(values, starts, own, rows)),
        Elements::I32(values) => Elements::I32(words(values, starts, own, rows)),
        Elements::I8(values) => Elements::I8(words(values, starts, own, rows)),
        Elements::I16(values) => Elements::I16(words(values, starts, own, rows)),
        Elements::U8(values) => Elements::U8(words(values, starts, own, rows)),
    }
}

/// `values` spread over rows of 320 lanes, zero past the end.
pub fn padded(values: &[f32], rows: usize) -> Vec<f32> {
    let mut elements = values.to_vec();
    elements.resize(rows * LANES, 0.0);
    elements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_to_the_nearest_and_ties_go_to_even() {
        for value in [-127.0f32, -2.5, -1.5, -0.5, 0.0, 0.49, 0.5, 1.5, 2.5, 126.51, 127.0] {
            assert_eq!(nearest(value), value.round_ties_even(), "{value}");
        }
    }
}

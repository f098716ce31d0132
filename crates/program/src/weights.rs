//! Weights by hash and range: which bytes a program was compiled for.
//!
//! In: the tensors that a program's image names.  Out: for each run of their rows the hash of its bytes.
//! Invariant: a hash is of the elements alone, least significant byte first, row after row: wherever the rows come from, and however they
//!     are packed into words, they are the same rows if and only if they have it.
//! Method: runs of at most `ROWS_MAX` rows, so that a fault has a place. The hash is SHA-256: whoever changes a weight finds no other that
//!     hides it.
//! Source: FIPS 180-4.

use crate::{Executable, WordSource};
use graph::{Elements, Graph, LoadError, Tensor, TensorData, TensorId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use units::Span;

/// Most rows with one hash: 320 kB of int8.
pub const ROWS_MAX: u32 = 1024;

/// A hash of bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(pub [u8; 32]);

/// Rows of a tensor, and the hash of their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightRange {
    /// The tensor of the lowered graph.
    pub tensor: TensorId,
    /// First row.
    pub first: u32,
    /// How many rows, at least 1.
    pub rows: u32,
    /// The hash of their elements.
    pub digest: Digest,
}

impl std::fmt::Display for Digest {
    /// The first eight bytes: enough to tell two apart for a reader.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0[..8].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Digest {
    /// The hash of `rows` of a tensor; nothing where it has fewer.
    pub fn of(tensor: &Tensor, rows: Span) -> Option<Digest> {
        let lanes = u64::from(tensor.shape().lanes());
        let end = rows.start.checked_add(rows.len).filter(|end| *end <= tensor.shape().rows())?;
        let [first, end] = [rows.start, end].map(|row| usize::try_from(row * lanes));
        let (first, end) = (first.ok()?, end.ok()?);
        let mut hash = Sha256::new();
        match tensor.elements() {
            Elements::F32(values) => values[first..end].iter().for_each(|value| hash.update(value.to_le_bytes())),
            Elements::F16(values) => values[first..end].iter().for_each(|value| hash.update(value.to_le_bytes())),
            Elements::I32(values) => values[first..end].iter().for_each(|value| hash.update(value.to_le_bytes())),
            Elements::I16(values) => values[first..end].iter().for_each(|value| hash.update(value.to_le_bytes())),
            Elements::I8(values) => {
                values[first..end].chunks(256).for_each(|some| {
                    let mut bytes = [0; 256];
                    bytes.iter_mut().zip(some).for_each(|(byte, value)| *byte = *value as u8);
                    hash.update(&bytes[..some.len()]);
                });
            }
            Elements::U8(values) => hash.update(&values[first..end]),
        }
        Some(Digest(hash.finalize().into()))
    }
}

/// Every row that the image of `executable` may name: of each of its tensors all rows, run by run.
///
/// Errors: a tensor that `data` does not have.
pub fn weight_ranges(
    executable: &Executable,
    graph: &Graph,
    data: &dyn TensorData,
) -> Result<Vec<WeightRange>, LoadError> {
    let named = executable.image.iter().filter_map(|residency| match residency.source {
        WordSource::Tensor { tensor, .. } => graph.tensors.get(tensor).map(|_| tensor),
        WordSource::State { .. } => None,
    });
    let mut ranges = Vec::new();
    for tensor in named.collect::<BTreeSet<TensorId>>() {
        let loaded = data.load(tensor)?;
        let all = u32::try_from(loaded.shape().rows()).unwrap_or(u32::MAX);
        for first in (0..all).step_by(ROWS_MAX as usize) {
            let rows = ROWS_MAX.min(all - first);
            let digest = Digest::of(&loaded, Span::new(first.into(), rows.into())).expect("the rows are there");
            ranges.push(WeightRange { tensor, first, rows, digest });
        }
    }
    Ok(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "abc", from FIPS 180-4's examples, as bytes, as i8 and as the halves of i16 beside another.
    #[test]
    fn the_hash_is_that_of_the_elements_bytes() {
        let abc = "ba7816bf8f01cfea";
        let row = |elements| Tensor::new(graph::Shape::new(&[1, 3]).expect("a shape"), elements);
        let of = |tensor: &Tensor| Digest::of(tensor, Span::new(0, 1)).map(|digest| digest.to_string());
        assert_eq!(of(&row(Elements::U8(b"abc".to_vec()))).as_deref(), Some(abc));
        assert_eq!(of(&row(Elements::I8(vec![97, 98, 99]))).as_deref(), Some(abc));
        let pairs = row(Elements::I16(vec![0x6261, 0x0063, 0]));
        let bytes = Tensor::new(graph::Shape::new(&[1, 6]).expect("a shape"), Elements::U8(b"abc\0\0\0".to_vec()));
        assert_eq!(of(&pairs), of(&bytes), "least significant byte first");
        assert_eq!(Digest::of(&pairs, Span::new(0, 2)), None, "it has one row");
        assert_eq!(Digest::of(&pairs, Span::new(u64::MAX, 2)), None);
    }
}

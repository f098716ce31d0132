//! Reads the model back from its file: an opinion of its own on what `gguf` wrote.
//!
//! In: bytes of a file that this crate wrote.  Out: tokenizer, weights, metadata as text; or the first thing that is wrong.
//! Invariant: the bytes decide everything; nothing is taken over from the writer but type numbers.
//! Method: one cursor with checked steps; every tensor must be present with the shape that the model has.
//! Source: the GGUF specification. Ours: only what `tiny` uses; `import` is the reader for foreign files.

use std::collections::BTreeMap;

use crate::bpe::{CONTROL, Tokenizer};
use crate::gguf::{ALIGNMENT, kind, tensor_kind};
use crate::model::Weights;
use crate::q4;

/// What is wrong with a file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReadError {
    /// The file ends too early.
    #[error("byte {at}: the file ends here, more was expected; write it again with `tiny train`")]
    Short {
        /// Position in the file.
        at: usize,
    },
    /// Something is not as this crate writes it.
    #[error("byte {at}: expected {expected}; write the file again with `tiny train`")]
    Unexpected {
        /// Position in the file.
        at: usize,
        /// What belongs there.
        expected: String,
    },
}

/// A model as it lies in a file.
#[derive(Debug)]
pub struct Model {
    /// From the merges of the file.
    pub tokenizer: Tokenizer,
    /// Blocks read back to f32.
    pub weights: Weights,
    /// Scalars and texts of the metadata, printed.
    pub metadata: BTreeMap<String, String>,
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ReadError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.get(..length).ok_or(ReadError::Short { at: self.at })?;
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        Ok(self.take(N)?.try_into().expect("take returns the length asked for"))
    }

    fn u32(&mut self) -> Result<u32, ReadError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn size(&mut self) -> Result<usize, ReadError> {
        let size = u64::from_le_bytes(self.array()?);
        usize::try_from(size).map_err(|_| self.unexpected("a size"))
    }

    fn text(&mut self) -> Result<String, ReadError> {
        let length = self.size()?;
        let bytes = self.take(length)?.to_vec();
        String::from_utf8(bytes).map_err(|_| self.unexpected("UTF-8"))
    }

    fn unexpected(&self, expected: &str) -> ReadError {
        ReadError::Unexpected { at: self.at, expected: expected.to_string() }
    }

    fn scalar(&mut self, of: u32) -> Result<String, ReadError> {
        match of {
            kind::U32 => Ok(self.u32()?.to_string()),
            kind::I32 => Ok(i32::from_le_bytes(self.array()?).to_string()),
            kind::F32 => Ok(f32::from_le_bytes(self.array()?).to_string()),
            kind::BOOL => Ok((self.array::<1>()? == [1]).to_string()),
            kind::STRING => self.text(),
            _ => Err(self.unexpected("a value type that this crate writes")),
        }
    }
}

struct Metadata {
    scalars: BTreeMap<String, String>,
    arrays: BTreeMap<String, Vec<String>>,
}

fn metadata(cursor: &mut Cursor<'_>, count: usize) -> Result<Metadata, ReadError> {
    let mut all = Metadata { scalars: BTreeMap::new(), arrays: BTreeMap::new() };
    for _ in 0..count {
        let key = cursor.text()?;
        let of = cursor.u32()?;
        if of == kind::ARRAY {
            let element = cursor.u32()?;
            let length = cursor.size()?;
            let values = (0..length).map(|_| cursor.scalar(element)).collect::<Result<_, _>>()?;
            all.arrays.insert(key, values);
        } else {
            all.scalars.insert(key, cursor.scalar(of)?);
        }
    }
    Ok(all)
}

struct Entry {
    lengths: Vec<usize>,
    kind: u32,
    offset: usize,
}

fn directory(cursor: &mut Cursor<'_>, count: usize) -> Result<BTreeMap<String, Entry>, ReadError> {
    let mut all = BTreeMap::new();
    for _ in 0..count {
        let name = cursor.text()?;
        let dimensions = cursor.u32()?;
        let lengths = (0..dimensions).map(|_| cursor.size()).collect::<Result<_, _>>()?;
        let entry = Entry { lengths, kind: cursor.u32()?, offset: cursor.size()? };
        all.insert(name, entry);
    }
    Ok(all)
}

/// Reads a whole file.
pub fn read(bytes: &[u8]) -> Result<Model, ReadError> {
    let mut cursor = Cursor { bytes, at: 0 };
    if cursor.take(4)? != b"GGUF" || cursor.u32()? != 3 {
        return Err(cursor.unexpected("`GGUF` and version 3"));
    }
    let tensor_count = cursor.size()?;
    let metadata_count = cursor.size()?;
    let metadata = metadata(&mut cursor, metadata_count)?;
    let entries = directory(&mut cursor, tensor_count)?;
    let start = cursor.at.next_multiple_of(ALIGNMENT);
    let weights = weights(bytes, start, &entries)?;
    let tokenizer =
        tokenizer(&metadata.arrays).ok_or_else(|| cursor.unexpected("tokens that follow from the merges"))?;
    Ok(Model { tokenizer, weights, metadata: metadata.scalars })
}

fn weights(bytes: &[u8], start: usize, entries: &BTreeMap<String, Entry>) -> Result<Weights, ReadError> {
    let mut weights = Weights::zeros();
    let shapes: Vec<_> =
        weights.named().into_iter().map(|(name, tensor)| (name, tensor.rows, tensor.columns)).collect();
    let wrong = |at: usize, expected: String| ReadError::Unexpected { at, expected };
    if entries.len() != shapes.len() {
        return Err(wrong(start, format!("{} tensors", shapes.len())));
    }
    for ((name, rows, columns), tensor) in shapes.iter().zip(weights.tensors_mut()) {
        let entry = entries.get(name).ok_or_else(|| wrong(start, format!("a tensor {name}")))?;
        let mut cursor = Cursor { bytes, at: start + entry.offset };
        let (lengths, of) = if tensor.is_matrix() {
            (vec![*columns, *rows], tensor_kind::Q4_0)
        } else {
            (vec![*columns], tensor_kind::F32)
        };
        if entry.lengths != lengths || entry.kind != of || !entry.offset.is_multiple_of(ALIGNMENT) {
            return Err(wrong(cursor.at, format!("{name} of shape {lengths:?} and type {of}")));
        }
        tensor.data = if tensor.is_matrix() {
            q4::unpack(cursor.take(rows * columns / q4::BLOCK * q4::BLOCK_BYTES)?)
        } else {
            let (values, _) = cursor.take(columns * 4)?.as_chunks::<4>();
            values.iter().map(|value| f32::from_le_bytes(*value)).collect()
        };
    }
    Ok(weights)
}

fn tokenizer(arrays: &BTreeMap<String, Vec<String>>) -> Option<Tokenizer> {
    let merges = arrays.get("tokenizer.ggml.merges")?;
    let pairs: Option<Vec<(String, String)>> =
        merges.iter().map(|merge| merge.split_once(' ').map(|(left, right)| (left.into(), right.into()))).collect();
    let tokenizer = Tokenizer::from_merges(&pairs?)?;
    let types = arrays.get("tokenizer.ggml.token_type")?;
    let control = types.iter().filter(|of| *of == "3").count();
    (*arrays.get("tokenizer.ggml.tokens")? == tokenizer.texts() && control == CONTROL.len()).then_some(tokenizer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gguf::write;

    #[test]
    fn what_is_written_is_read_rounded() {
        let tokenizer = crate::train::tokenizer(1);
        let weights = Weights::random(2);
        let bytes = write(&tokenizer, &weights);
        let model = read(&bytes).unwrap();
        let mut rounded = weights.clone();
        weights.round_to_file(&mut rounded);
        assert_eq!(model.weights, rounded);
        assert_eq!(model.tokenizer, tokenizer);
        assert_eq!(model.metadata["llama.embedding_length"], "352");
        for end in (0..bytes.len()).step_by(997) {
            assert!(read(&bytes[..end]).is_err());
        }
    }
}

//! Parses the header of a file: magic, version, metadata, tensor directory.
//!
//! In: a source.  Out: a [`Header`] whose entries keep their byte positions for later messages.
//! Invariant: names are unique; counts, lengths, ranks and extents were checked against the file's size before use.
//! Method: one forward pass with a cursor; the directory's layout is judged afterwards by `layout`.
//! Source: GGUF specification, "File Structure".

use super::cursor::{Cursor, named};
use super::layout;
use super::types::TensorType;
use super::value::{self, Number, Value};
use crate::error::{ImportError, quoted};
use crate::source::Source;
use std::collections::BTreeMap;
use units::{Bytes, Span};

const MAGIC: [u8; 4] = *b"GGUF";
const ALIGNMENT_KEY: &str = "general.alignment";
const ALIGNMENT_DEFAULT: u64 = 32;
/// Longest key of the format, in bytes.
const KEY_MAX: u64 = 65_535;
/// Longest tensor name of the format, in bytes.
const NAME_MAX: u64 = 64;
const RANK_MAX: u32 = 4;
/// Fewest bytes of a metadata entry: key length, value type, one byte of value.
const ENTRY_MIN: u64 = 13;
/// Fewest bytes of a directory entry: name length, rank, type, offset.
const TENSOR_MIN: u64 = 24;

/// One metadata value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Byte position of the entry in the file.
    pub at: u64,
    /// The value.
    pub value: Value,
}

/// One tensor of the directory.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// Byte position of its directory entry.
    pub at: u64,
    /// How its elements are stored.
    pub kind: &'static TensorType,
    /// Extents, outermost first (the file lists them innermost first).
    pub extents: Vec<u64>,
    /// Where its bytes lie in the file.
    pub span: Span,
}

/// What a file says about itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Version of the format, 2 or 3.
    pub version: u32,
    /// Size of the header: tensor data starts at the next aligned byte.
    pub size: Bytes,
    metadata: BTreeMap<String, Entry>,
    tensors: BTreeMap<String, Tensor>,
}

impl Header {
    /// Parses and checks the header of `source`.
    ///
    /// Errors: anything that contradicts the format or the file's own size, with its byte position.
    pub fn parse<S: Source + ?Sized>(source: &S) -> Result<Self, ImportError> {
        let cursor = &mut Cursor::new(source);
        let version = read_version(cursor)?;
        let tensor_count = cursor.count(TENSOR_MIN, "a tensor count")?;
        let entry_count = cursor.count(ENTRY_MIN, "a metadata count")?;
        let mut metadata = BTreeMap::new();
        for index in 0..entry_count {
            cursor.subject = format!("metadata entry {index}");
            let (key, entry) = read_entry(cursor)?;
            let at = entry.at;
            if metadata.insert(key.clone(), entry).is_some() {
                let found = "the same key again";
                return Err(ImportError::malformed(at, named("metadata key", &key), "each key once", found));
            }
        }
        let mut directory = Vec::new();
        for index in 0..tensor_count {
            cursor.subject = format!("tensor {index}");
            directory.push(read_tensor(cursor)?);
        }
        let size = Bytes(cursor.at());
        let alignment = alignment(&metadata)?;
        let tensors = layout::check(directory, size, alignment, source.size())?;
        Ok(Header { version, size, metadata, tensors })
    }

    /// The metadata value under `key`.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.metadata.get(key)
    }

    /// All metadata, sorted by key.
    pub fn metadata(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.metadata.iter().map(|(key, entry)| (key.as_str(), entry))
    }

    /// The tensor called `name`.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name)
    }

    /// All tensors, sorted by name.
    pub fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        self.tensors.values()
    }
}

fn read_version<S: Source + ?Sized>(cursor: &mut Cursor<'_, S>) -> Result<u32, ImportError> {
    let magic = cursor.array::<4>("magic")?;
    if magic != MAGIC {
        let found = quoted(&String::from_utf8_lossy(&magic));
        let remedy = "choose a .gguf file; other formats are converted to GGUF with their own tools";
        return Err(ImportError { remedy, ..ImportError::malformed(0, "header", "the four bytes `GGUF`", found) });
    }
    let version = cursor.u32("version")?;
    if version == 2 || version == 3 {
        return Ok(version);
    }
    let (found, remedy) = match version.swap_bytes() {
        1..=3 => ("a big-endian file".to_owned(), "convert the model again on a little-endian machine"),
        _ => (format!("version {version}"), "convert the model again with a current converter"),
    };
    Err(ImportError::unsupported(4, "header", "GGUF version 2 or 3", found, remedy))
}

fn read_entry<S: Source + ?Sized>(cursor: &mut Cursor<'_, S>) -> Result<(String, Entry), ImportError> {
    let at = cursor.at();
    let key = cursor.text(KEY_MAX, "a key")?.to_owned();
    cursor.subject = named("metadata key", &key);
    let value = value::read(cursor)?;
    Ok((key, Entry { at, value }))
}

/// A directory entry; its span still counts from the start of the tensor data.
fn read_tensor<S: Source + ?Sized>(cursor: &mut Cursor<'_, S>) -> Result<Tensor, ImportError> {
    let at = cursor.at();
    let name = cursor.text(NAME_MAX, "a tensor name")?.to_owned();
    cursor.subject = named("tensor", &name);
    let rank_at = cursor.at();
    let rank = cursor.u32("rank")?;
    if rank == 0 || RANK_MAX < rank {
        let expected = format!("1 to {RANK_MAX} dimensions");
        return Err(ImportError::malformed(rank_at, &cursor.subject, expected, rank.to_string()));
    }
    let extents_at = cursor.at();
    let mut extents = Vec::new();
    for _ in 0..rank {
        extents.push(cursor.u64("a dimension")?);
    }
    let type_at = cursor.at();
    let code = cursor.u32("tensor type")?;
    let Some(kind) = TensorType::of(code) else {
        let remedy = "convert the model to F16, Q8_0 or Q4_0";
        let expected = "a tensor type of the format";
        return Err(ImportError::unsupported(type_at, &cursor.subject, expected, format!("type {code}"), remedy));
    };
    let bytes = bytes_of(&extents, kind)
        .map_err(|expected| ImportError::malformed(extents_at, &cursor.subject, expected, format!("{extents:?}")))?;
    let start = cursor.u64("offset")?;
    extents.reverse();
    Ok(Tensor { name, at, kind, extents, span: Span::new(start, bytes) })
}

/// Bytes of a tensor with these extents, innermost first, or what was expected of them.
fn bytes_of(extents: &[u64], kind: &TensorType) -> Result<u64, String> {
    if extents.contains(&0) {
        return Err("dimensions that are not zero".into());
    }
    if !extents[0].is_multiple_of(kind.elements) {
        return Err(format!("a first dimension that is a multiple of {}, the block of {}", kind.elements, kind.name));
    }
    let elements = extents.iter().try_fold(1u64, |product, &extent| product.checked_mul(extent));
    let bytes = elements.and_then(|count| (count / kind.elements).checked_mul(kind.bytes));
    bytes.ok_or_else(|| "dimensions whose product fits 64 bits".into())
}

fn alignment(metadata: &BTreeMap<String, Entry>) -> Result<u64, ImportError> {
    let Some(entry) = metadata.get(ALIGNMENT_KEY) else { return Ok(ALIGNMENT_DEFAULT) };
    let value = match &entry.value {
        Value::Number(number @ Number::Unsigned(_)) => number.as_u64(),
        _ => None,
    };
    value.filter(|alignment| alignment.is_power_of_two()).ok_or_else(|| {
        let found = match (&entry.value, value) {
            (_, Some(value)) => value.to_string(),
            (other, None) => other.kind().to_owned(),
        };
        ImportError::malformed(entry.at, named("metadata key", ALIGNMENT_KEY), "a power of two", found)
    })
}

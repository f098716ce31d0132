//! Parses the header of a file: magic, version, metadata, tensor directory.
//!
//! In: a source.  Out: a [`Header`] whose entries keep their byte positions for later messages.
//! Invariant: names are unique; counts, lengths, ranks and extents were checked against the file's size before use.
//! Method: one forward pass with a cursor; the directory's layout is judged afterwards by `layout`.
//! Source: GGUF specification, "File Structure".

use super::cursor::Cursor;
use super::layout;
use super::types::TensorType;
use super::value::{self, Number, Value};
use crate::error::{Expected, Found, ImportError, Part, Remedy, Subject, quoted};
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
        let tensor_count = cursor.count(TENSOR_MIN, Part::TensorCount)?;
        let entry_count = cursor.count(ENTRY_MIN, Part::EntryCount)?;
        let mut metadata = BTreeMap::new();
        for index in 0..entry_count {
            cursor.subject = Subject::Entry(index);
            let (key, entry) = read_entry(cursor)?;
            let at = entry.at;
            if metadata.insert(key.clone(), entry).is_some() {
                let subject = Subject::Key(quoted(&key));
                return Err(ImportError::malformed(at, subject, Expected::Once, Found::Again));
            }
        }
        let mut directory = Vec::new();
        for index in 0..tensor_count {
            cursor.subject = Subject::TensorNumber(index);
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
    let magic = cursor.array::<4>(Part::Magic)?;
    if magic != MAGIC {
        let found = Found::Text(quoted(&String::from_utf8_lossy(&magic)));
        let error = ImportError::malformed(0, Subject::Header, Expected::Literal("`GGUF`".into()), found);
        return Err(ImportError { remedy: Remedy::ChooseGguf, ..error });
    }
    let version = cursor.u32(Part::Version)?;
    if version == 2 || version == 3 {
        return Ok(version);
    }
    let (found, remedy) = match version.swap_bytes() {
        1..=3 => (Found::BigEndian, Remedy::ConvertLittleEndian),
        _ => (Found::Number(version.into()), Remedy::ConvertAgain),
    };
    let expected = Expected::Literal("GGUF 2, GGUF 3".into());
    Err(ImportError::unsupported(4, Subject::Header, expected, found, remedy))
}

fn read_entry<S: Source + ?Sized>(cursor: &mut Cursor<'_, S>) -> Result<(String, Entry), ImportError> {
    let at = cursor.at();
    let key = cursor.text(KEY_MAX, Part::Key)?.to_owned();
    cursor.subject = Subject::Key(quoted(&key));
    let value = value::read(cursor)?;
    Ok((key, Entry { at, value }))
}

/// A directory entry; its span still counts from the start of the tensor data.
fn read_tensor<S: Source + ?Sized>(cursor: &mut Cursor<'_, S>) -> Result<Tensor, ImportError> {
    let at = cursor.at();
    let name = cursor.text(NAME_MAX, Part::TensorName)?.to_owned();
    cursor.subject = Subject::Tensor(quoted(&name));
    let rank_at = cursor.at();
    let rank = cursor.u32(Part::Rank)?;
    if rank == 0 || RANK_MAX < rank {
        let expected = Expected::Range { low: 1, high: RANK_MAX.into() };
        return Err(ImportError::malformed(rank_at, cursor.subject.clone(), expected, Found::Number(rank.into())));
    }
    let extents_at = cursor.at();
    let mut extents = Vec::new();
    for _ in 0..rank {
        extents.push(cursor.u64(Part::Dimension)?);
    }
    let type_at = cursor.at();
    let code = cursor.u32(Part::TensorType)?;
    let Some(kind) = TensorType::of(code) else {
        let (subject, found) = (cursor.subject.clone(), Found::Number(code.into()));
        return Err(ImportError::unsupported(type_at, subject, Expected::KnownType, found, Remedy::ConvertType));
    };
    let bytes = bytes_of(&extents, kind).map_err(|expected| {
        ImportError::malformed(extents_at, cursor.subject.clone(), expected, Found::Extents(extents.clone()))
    })?;
    let start = cursor.u64(Part::Offset)?;
    extents.reverse();
    Ok(Tensor { name, at, kind, extents, span: Span::new(start, bytes) })
}

/// Bytes of a tensor with these extents, innermost first, or what was expected of them.
fn bytes_of(extents: &[u64], kind: &TensorType) -> Result<u64, Expected> {
    if extents.contains(&0) {
        return Err(Expected::NotZero);
    }
    if !extents[0].is_multiple_of(kind.elements) {
        return Err(Expected::Blocks { elements: kind.elements, kind: kind.name });
    }
    let elements = extents.iter().try_fold(1u64, |product, &extent| product.checked_mul(extent));
    let bytes = elements.and_then(|count| (count / kind.elements).checked_mul(kind.bytes));
    bytes.ok_or(Expected::ProductFits)
}

fn alignment(metadata: &BTreeMap<String, Entry>) -> Result<u64, ImportError> {
    let Some(entry) = metadata.get(ALIGNMENT_KEY) else { return Ok(ALIGNMENT_DEFAULT) };
    let value = match &entry.value {
        Value::Number(number @ Number::Unsigned(_)) => number.as_u64(),
        _ => None,
    };
    value.filter(|alignment| alignment.is_power_of_two()).ok_or_else(|| {
        let found = match (&entry.value, value) {
            (_, Some(value)) => Found::Number(value),
            (other, None) => Found::OfKind(other.kind()),
        };
        ImportError::malformed(entry.at, Subject::Key(quoted(ALIGNMENT_KEY)), Expected::PowerOfTwo, found)
    })
}

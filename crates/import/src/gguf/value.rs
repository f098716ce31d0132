//! Metadata values: numbers, texts, and arrays of them.
//!
//! In: a cursor at a value.  Out: the value in no more memory than it takes in the file.
//! Invariant: arrays keep the file's own bytes; arrays of arrays are walked and dropped, since no key used here has one.
//! Method: one pass; counts are checked against the bytes left before any element is read.
//! Source: GGUF specification, "File Structure" (value types 0 to 12).

use super::cursor::Cursor;
use crate::error::{Expected, Found, ImportError, Part, ValueKind};
use crate::source::Source;

/// Greatest depth of arrays in arrays that is walked.
const DEPTH_MAX: u32 = 8;

/// A number type of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberType {
    /// Unsigned, this many bytes.
    Unsigned(u8),
    /// Two's complement, this many bytes.
    Signed(u8),
    /// IEEE binary, this many bytes.
    Float(u8),
    /// One byte, 0 or 1.
    Bool,
}

/// One number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// From any unsigned type.
    Unsigned(u64),
    /// From any signed type.
    Signed(i64),
    /// From either float type.
    Float(f64),
    /// From the Boolean type.
    Bool(bool),
}

/// Many numbers of one type, as the file's own bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberList {
    kind: NumberType,
    bytes: Vec<u8>,
}

/// Many texts in one allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextList {
    text: String,
    ends: Vec<u64>,
}

/// A metadata value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
    /// An array of numbers.
    Numbers(NumberList),
    /// An array of texts.
    Texts(TextList),
    /// An array of arrays, not kept.
    Nested,
}

impl NumberType {
    fn of(code: u32) -> Option<Self> {
        Some(match code {
            0 => NumberType::Unsigned(1),
            1 => NumberType::Signed(1),
            2 => NumberType::Unsigned(2),
            3 => NumberType::Signed(2),
            4 => NumberType::Unsigned(4),
            5 => NumberType::Signed(4),
            6 => NumberType::Float(4),
            7 => NumberType::Bool,
            10 => NumberType::Unsigned(8),
            11 => NumberType::Signed(8),
            12 => NumberType::Float(8),
            _ => return None,
        })
    }

    fn bytes(self) -> u8 {
        match self {
            NumberType::Unsigned(bytes) | NumberType::Signed(bytes) | NumberType::Float(bytes) => bytes,
            NumberType::Bool => 1,
        }
    }

    /// The number in these bytes, which are as many as the type takes.
    fn decode(self, bytes: &[u8]) -> Number {
        let mut wide = [0u8; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        let unsigned = u64::from_le_bytes(wide);
        match self {
            NumberType::Unsigned(_) => Number::Unsigned(unsigned),
            NumberType::Signed(bytes) => {
                let unused = 64 - 8 * u32::from(bytes);
                Number::Signed((unsigned << unused) as i64 >> unused)
            }
            NumberType::Float(4) => Number::Float(f64::from(f32::from_bits(unsigned as u32))),
            NumberType::Float(_) => Number::Float(f64::from_bits(unsigned)),
            NumberType::Bool => Number::Bool(unsigned != 0),
        }
    }
}

impl Number {
    /// The number as an unsigned integer, if it is one.
    pub fn as_u64(self) -> Option<u64> {
        match self {
            Number::Unsigned(value) => Some(value),
            Number::Signed(value) => u64::try_from(value).ok(),
            Number::Float(_) | Number::Bool(_) => None,
        }
    }
}

impl NumberList {
    /// How many.
    pub fn len(&self) -> usize {
        self.bytes.len() / usize::from(self.kind.bytes())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The numbers in order.
    pub fn iter(&self) -> impl Iterator<Item = Number> + '_ {
        self.bytes.chunks_exact(usize::from(self.kind.bytes())).map(|bytes| self.kind.decode(bytes))
    }
}

impl TextList {
    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The texts in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> + '_ {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(self.ends.iter().copied()).map(|(start, end)| &self.text[start as usize..end as usize])
    }

    /// Appends a text.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u64);
    }
}

impl Value {
    /// What kind of value it is, for messages.
    pub fn kind(&self) -> ValueKind {
        match self {
            Value::Number(Number::Unsigned(_) | Number::Signed(_)) => ValueKind::Integer,
            Value::Number(Number::Float(_)) => ValueKind::Real,
            Value::Number(Number::Bool(_)) => ValueKind::Boolean,
            Value::Text(_) => ValueKind::Text,
            Value::Numbers(_) => ValueKind::Numbers,
            Value::Texts(_) => ValueKind::Texts,
            Value::Nested => ValueKind::Arrays,
        }
    }
}

/// Reads the value at the cursor: its type, then itself.
pub fn read<S: Source + ?Sized>(cursor: &mut Cursor<'_, S>) -> Result<Value, ImportError> {
    match read_type(cursor)? {
        ValueType::Number(kind) => Ok(Value::Number(read_number(cursor, kind)?)),
        ValueType::Text => Ok(Value::Text(read_text(cursor)?.to_owned())),
        ValueType::Array => read_array(cursor),
    }
}

enum ValueType {
    Number(NumberType),
    Text,
    Array,
}

fn read_type<S: Source + ?Sized>(cursor: &mut Cursor<'_, S>) -> Result<ValueType, ImportError> {
    let at = cursor.at();
    match cursor.u32(Part::ValueType)? {
        8 => Ok(ValueType::Text),
        9 => Ok(ValueType::Array),
        code => NumberType::of(code).map(ValueType::Number).ok_or_else(|| {
            ImportError::malformed(
                at,
                cursor.subject.clone(),
                Expected::Range { low: 0, high: 12 },
                Found::Number(code.into()),
            )
        }),
    }
}

fn read_number<S: Source + ?Sized>(cursor: &mut Cursor<'_, S>, kind: NumberType) -> Result<Number, ImportError> {
    let at = cursor.at();
    let bytes = cursor.take(u64::from(kind.bytes()), Part::Value)?;
    if kind == NumberType::Bool && 1 < bytes[0] {
        let found = Found::Number(bytes[0].into());
        return Err(ImportError::malformed(at, cursor.subject.clone(), Expected::Range { low: 0, high: 1 }, found));
    }
    Ok(kind.decode(bytes))
}

fn read_text<'c, S: Source + ?Sized>(cursor: &'c mut Cursor<'_, S>) -> Result<&'c str, ImportError> {
    let longest = cursor.left();
    cursor.text(longest, Part::Text)
}

fn read_array<S: Source + ?Sized>(cursor: &mut Cursor<'_, S>) -> Result<Value, ImportError> {
    match read_type(cursor)? {
        ValueType::Number(kind) => {
            let count = cursor.count(u64::from(kind.bytes()), Part::ArrayLength)?;
            let bytes = cursor.take(count * u64::from(kind.bytes()), Part::Elements)?.to_vec();
            Ok(Value::Numbers(NumberList { kind, bytes }))
        }
        ValueType::Text => {
            let count = cursor.count(8, Part::ArrayLength)?;
            let mut texts = TextList::default();
            for _ in 0..count {
                texts.push(read_text(cursor)?);
            }
            Ok(Value::Texts(texts))
        }
        ValueType::Array => {
            skip_arrays(cursor, 1)?;
            Ok(Value::Nested)
        }
    }
}

/// Walks an array of arrays: its count, then each element.
fn skip_arrays<S: Source + ?Sized>(cursor: &mut Cursor<'_, S>, depth: u32) -> Result<(), ImportError> {
    if depth == DEPTH_MAX {
        let expected = Expected::DepthAtMost(DEPTH_MAX);
        return Err(ImportError::malformed(cursor.at(), cursor.subject.clone(), expected, Found::Deeper));
    }
    let count = cursor.count(12, Part::ArrayLength)?;
    for _ in 0..count {
        match read_type(cursor)? {
            ValueType::Number(kind) => {
                let count = cursor.count(u64::from(kind.bytes()), Part::ArrayLength)?;
                cursor.take(count * u64::from(kind.bytes()), Part::Elements)?;
            }
            ValueType::Text => {
                let count = cursor.count(8, Part::ArrayLength)?;
                for _ in 0..count {
                    read_text(cursor)?;
                }
            }
            ValueType::Array => skip_arrays(cursor, depth + 1)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_type_decodes() {
        let cases: [(u32, &[u8], Number); 11] = [
            (0, &[200], Number::Unsigned(200)),
            (1, &[200], Number::Signed(-56)),
            (2, &[1, 2], Number::Unsigned(513)),
            (3, &[0xfe, 0xff], Number::Signed(-2)),
            (4, &[1, 0, 0, 1], Number::Unsigned(0x0100_0001)),
            (5, &[0xff; 4], Number::Signed(-1)),
            (6, &1.5f32.to_le_bytes(), Number::Float(1.5)),
            (7, &[1], Number::Bool(true)),
            (10, &[0xff; 8], Number::Unsigned(u64::MAX)),
            (11, &[0xff; 8], Number::Signed(-1)),
            (12, &(-0.25f64).to_le_bytes(), Number::Float(-0.25)),
        ];
        for (code, bytes, expected) in cases {
            let file = [code.to_le_bytes().as_slice(), bytes].concat();
            assert_eq!(read(&mut Cursor::new(&file)), Ok(Value::Number(expected)), "type {code}");
        }
    }

    #[test]
    fn nesting_is_walked_to_a_depth_and_refused_beyond() {
        let nest = |levels: usize| {
            let mut file = 9u32.to_le_bytes().to_vec();
            for _ in 0..levels {
                file.extend_from_slice(&9u32.to_le_bytes());
                file.extend_from_slice(&1u64.to_le_bytes());
            }
            file.extend_from_slice(&0u32.to_le_bytes());
            file.extend_from_slice(&0u64.to_le_bytes());
            file
        };
        assert_eq!(read(&mut Cursor::new(&nest(7))), Ok(Value::Nested));
        let error = read(&mut Cursor::new(&nest(5000))).unwrap_err();
        assert!(error.expected == Expected::DepthAtMost(8), "{error}");
    }

    #[test]
    fn an_array_may_not_promise_more_than_the_file_holds() {
        let mut file = 9u32.to_le_bytes().to_vec();
        file.extend_from_slice(&8u32.to_le_bytes());
        file.extend_from_slice(&(1u64 << 60).to_le_bytes());
        file.extend_from_slice(&[0; 80]);
        let error = read(&mut Cursor::new(&file)).unwrap_err();
        assert_eq!((error.at, error.found), (Some(8), Found::Number(1 << 60)));
    }
}

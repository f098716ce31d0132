//! Typed access to metadata.
//!
//! In: a key and the type a reader needs.  Out: the value, or an error that names key, position, expectation and finding.
//! Invariant: a value of another type or out of range is never converted silently.
//! Method: `optional_*` gives `None` where the key is absent; `required_*` makes that an error.

use super::header::{Entry, Header};
use super::value::{Number, NumberList, TextList, Value};
use crate::error::{Expected, Found, ImportError, Remedy, Subject, ValueKind, quoted};

impl Header {
    /// An integer in `0 .. 2^32`, if the key is there.
    pub fn optional_u32(&self, key: &str) -> Result<Option<u32>, ImportError> {
        self.typed(key, Expected::Range { low: 0, high: u32::MAX.into() }, |value| match value {
            Value::Number(number) => number.as_u64().and_then(|value| u32::try_from(value).ok()),
            _ => None,
        })
    }

    /// A finite real number, if the key is there.
    pub fn optional_f32(&self, key: &str) -> Result<Option<f32>, ImportError> {
        self.typed(key, Expected::OfKind(ValueKind::Real), |value| match value {
            Value::Number(Number::Float(value)) => Some(*value as f32).filter(|value| value.is_finite()),
            _ => None,
        })
    }

    /// A Boolean, if the key is there.
    pub fn optional_bool(&self, key: &str) -> Result<Option<bool>, ImportError> {
        self.typed(key, Expected::OfKind(ValueKind::Boolean), |value| match value {
            Value::Number(Number::Bool(value)) => Some(*value),
            _ => None,
        })
    }

    /// A text, if the key is there.
    pub fn optional_text(&self, key: &str) -> Result<Option<&str>, ImportError> {
        self.typed(key, Expected::OfKind(ValueKind::Text), |value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// An array of texts, if the key is there.
    pub fn optional_texts(&self, key: &str) -> Result<Option<&TextList>, ImportError> {
        self.typed(key, Expected::OfKind(ValueKind::Texts), |value| match value {
            Value::Texts(texts) => Some(texts),
            _ => None,
        })
    }

    /// An array of numbers, if the key is there.
    pub fn optional_numbers(&self, key: &str) -> Result<Option<&NumberList>, ImportError> {
        self.typed(key, Expected::OfKind(ValueKind::Numbers), |value| match value {
            Value::Numbers(numbers) => Some(numbers),
            _ => None,
        })
    }

    /// The value of an `optional_*` getter, or an error saying that `key` must be there.
    pub fn required<T>(&self, key: &str, value: Option<T>) -> Result<T, ImportError> {
        value.ok_or_else(|| ImportError::missing(Subject::Key(quoted(key)), Expected::Value, Remedy::ConvertAgain))
    }

    /// The error for a value of the right type that is wrong in itself.
    pub fn wrong(&self, key: &str, expected: Expected, found: Found) -> ImportError {
        let at = self.entry(key).map(|entry| entry.at);
        let error = ImportError::malformed(0, Subject::Key(quoted(key)), expected, found);
        ImportError { at, remedy: Remedy::ConvertAgain, ..error }
    }

    fn typed<'h, T>(
        &'h self,
        key: &str,
        expected: Expected,
        convert: impl Fn(&'h Value) -> Option<T>,
    ) -> Result<Option<T>, ImportError> {
        let Some(Entry { value, .. }) = self.entry(key) else { return Ok(None) };
        convert(value).map(Some).ok_or_else(|| match value {
            Value::Number(number) => self.wrong(key, expected, Found::Text(format!("{number:?}"))),
            other => self.wrong(key, expected, Found::OfKind(other.kind())),
        })
    }
}

//! The one error of this crate: where it is, what was expected, what was found, and what to do about it.
//!
//! In: a byte position and texts.  Out: one sentence for a person, fields for a program.
//! Invariant: no error lacks an expectation, a finding or a remedy; text taken from the file is escaped and short.
//! Method: one struct whose constructor demands all parts, instead of one enum variant per way to be wrong.

use crate::source::SourceError;
use std::fmt;

/// What kind of failure it is: enough for a caller to react to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The medium did not give the bytes.
    Unreadable,
    /// The file ends before what it promises.
    Truncated,
    /// The file contradicts its format or itself.
    Malformed,
    /// The file is sound, but needs something that is not built in.
    Unsupported,
    /// A key or tensor that the model family needs is not there.
    Missing,
    /// The caller's own option cannot be met.
    Option,
}

/// Why a model could not be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    /// What kind of failure.
    pub kind: Kind,
    /// Byte position in the file, where there is one.
    pub at: Option<u64>,
    /// What the error is about: a field, a key, a tensor.
    pub subject: String,
    /// What should have been there.
    pub expected: String,
    /// What was there.
    pub found: String,
    /// What the person can do.
    pub remedy: &'static str,
}

/// For a file that contradicts itself or ends early.
pub const DOWNLOAD_AGAIN: &str = "download the file again, or convert the model again";

impl ImportError {
    /// The error of a source, as an import error.
    pub fn unreadable(error: &SourceError) -> Self {
        ImportError {
            kind: Kind::Unreadable,
            at: Some(error.span.start),
            subject: "file".into(),
            expected: format!("{} readable bytes", error.span.len),
            found: error.reason.clone(),
            remedy: "check that the file is still there and may be read",
        }
    }

    /// The file contradicts its format or itself at byte `at`.
    pub fn malformed(
        at: u64,
        subject: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        let (subject, expected, found) = (subject.into(), expected.into(), found.into());
        ImportError { kind: Kind::Malformed, at: Some(at), subject, expected, found, remedy: DOWNLOAD_AGAIN }
    }

    /// The file is sound, but asks for something that is not built in.
    pub fn unsupported(
        at: u64,
        subject: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
        remedy: &'static str,
    ) -> Self {
        let (subject, expected, found) = (subject.into(), expected.into(), found.into());
        ImportError { kind: Kind::Unsupported, at: Some(at), subject, expected, found, remedy }
    }

    /// A key or tensor that is not there.
    pub fn missing(subject: impl Into<String>, expected: impl Into<String>, remedy: &'static str) -> Self {
        let (subject, expected) = (subject.into(), expected.into());
        ImportError { kind: Kind::Missing, at: None, subject, expected, found: "nothing".into(), remedy }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.at {
            write!(f, "byte {at}: ")?;
        }
        write!(f, "{}: expected {}, found {}; {}", self.subject, self.expected, self.found, self.remedy)
    }
}

impl std::error::Error for ImportError {}

/// Text from a file, fit for a message: in backquotes, control characters escaped, at most 60 characters.
pub fn quoted(text: &str) -> String {
    const CHARACTERS_MAX: usize = 60;
    let mut characters = text.chars();
    let head: String = characters.by_ref().take(CHARACTERS_MAX).flat_map(char::escape_debug).collect();
    let ellipsis = if characters.next().is_some() { "..." } else { "" };
    format!("`{head}{ellipsis}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_where_what_and_what_to_do() {
        let error = ImportError::malformed(8, "tensor count", "at most 3", "900");
        let text =
            "byte 8: tensor count: expected at most 3, found 900; download the file again, or convert the model again";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn hostile_names_are_short_and_escaped() {
        assert_eq!(quoted("a\u{1b}[2J\n"), "`a\\u{1b}[2J\\n`");
        assert_eq!(quoted(&"x".repeat(1 << 20)).len(), 65);
    }
}

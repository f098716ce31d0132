//! The one error of this crate: where it is, what was expected, what was found, and what to do about it.
//!
//! In: a byte position and what went wrong.  Out: one sentence for a person, in two languages; fields for a program.
//! Invariant: no error lacks an expectation, a finding or a remedy; text taken from the file is escaped and short.
//! Method: one struct whose constructors demand all parts; its parts are enumerations, which `english` and `chinese` put in words.

mod chinese;
mod english;
mod parts;

pub use parts::{Expected, Found, Part, Remedy, Subject, ValueKind};

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
    /// What the error is about.
    pub subject: Subject,
    /// What should have been there.
    pub expected: Expected,
    /// What was there.
    pub found: Found,
    /// What the person can do.
    pub remedy: Remedy,
}

impl ImportError {
    /// The error of a source, as an import error.
    pub fn unreadable(error: &SourceError) -> Self {
        ImportError {
            kind: Kind::Unreadable,
            at: Some(error.span.start),
            subject: Subject::File,
            expected: Expected::Bytes { count: error.span.len, part: Part::Data },
            found: Found::Reason(error.reason.clone()),
            remedy: Remedy::CheckFile,
        }
    }

    /// The file contradicts its format or itself at byte `at`.
    pub fn malformed(at: u64, subject: Subject, expected: Expected, found: Found) -> Self {
        ImportError { kind: Kind::Malformed, at: Some(at), subject, expected, found, remedy: Remedy::DownloadAgain }
    }

    /// The file is sound, but asks at byte `at` for something that is not built in.
    pub fn unsupported(at: u64, subject: Subject, expected: Expected, found: Found, remedy: Remedy) -> Self {
        ImportError { kind: Kind::Unsupported, at: Some(at), subject, expected, found, remedy }
    }

    /// A key or tensor that is not there.
    pub fn missing(subject: Subject, expected: Expected, remedy: Remedy) -> Self {
        ImportError { kind: Kind::Missing, at: None, subject, expected, found: Found::Nothing, remedy }
    }

    /// A choice of the caller that cannot be met.
    pub fn option(subject: Subject, expected: Expected, found: Found, remedy: Remedy) -> Self {
        ImportError { kind: Kind::Option, at: None, subject, expected, found, remedy }
    }

    /// The whole in English; `Display` gives the same.
    pub fn english(&self) -> String {
        english::sentence(self)
    }

    /// The whole in Traditional Chinese as written in Taiwan.
    pub fn chinese(&self) -> String {
        chinese::sentence(self)
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english())
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

/// Asserts, for tests, that both languages give the same numbers.
#[cfg(test)]
pub(crate) fn check_languages(error: &ImportError) {
    let numbers = |text: &str| {
        let mut numbers: Vec<String> = text.split(|c: char| !c.is_ascii_digit()).map(str::to_owned).collect();
        numbers.retain(|number| !number.is_empty());
        numbers.sort();
        numbers
    };
    assert_eq!(numbers(&error.english()), numbers(&error.chinese()), "{}", error.chinese());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_where_what_and_what_to_do_in_two_languages() {
        let expected = Expected::CountAtMost { part: Part::TensorCount, most: 3, left: 80 };
        let error = ImportError::malformed(8, Subject::Header, expected, Found::Number(900));
        let english = "byte 8: header: expected a tensor count of at most 3, as the file has 80 bytes left, found 900; \
                       download the file again, or convert the model again";
        assert_eq!(error.to_string(), english);
        let chinese = "位元組位置 8，檔頭：檔案只剩 80 個位元組，張量數量最多應為 3，實際為 900。請重新下載檔案，或重新轉換模型。";
        assert_eq!(error.chinese(), chinese);
    }

    #[test]
    fn hostile_names_are_short_and_escaped() {
        assert_eq!(quoted("a\u{1b}[2J\n"), "`a\\u{1b}[2J\\n`");
        assert_eq!(quoted(&"x".repeat(1 << 20)).len(), 65);
    }
}

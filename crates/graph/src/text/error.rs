//! Why a text is no graph.
//!
//! In: a place and what was expected there.  Out: one sentence with position, expectation, finding and remedy.
//! Invariant: the finding quotes at most `QUOTED_MAX` characters, however long the text's word is.

/// Characters quoted of a word that was not expected.
const QUOTED_MAX: usize = 40;

/// The first place where a text departs from the form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: expected {expected}; found {found}; {remedy}")]
pub struct ParseError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What the form asks for here.
    pub expected: String,
    /// What stands here.
    pub found: String,
    /// What to do.
    pub remedy: &'static str,
}

/// `text`, cut when it is long.
pub fn quoted(text: &str) -> String {
    if text.chars().nth(QUOTED_MAX).is_none() {
        return format!("`{text}`");
    }
    let start: String = text.chars().take(QUOTED_MAX).collect();
    format!("`{start}...`")
}

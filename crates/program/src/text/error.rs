//! Why a text is no program.
//!
//! In: the place of a word.  Out: one message with position, expectation and remedy.
//! Invariant: line and column are counted from 1, in characters, as editors do; a word is quoted with at most `QUOTED_MAX` of its
//!     characters, and with none that moves a cursor or cannot be seen.

/// Characters quoted of a word that was not expected.
const QUOTED_MAX: usize = 40;

/// A fault in an assembler text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {found}; expected {expected}; {remedy}")]
pub struct TextError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is there.
    pub found: String,
    /// What would be right.
    pub expected: String,
    /// What to do.
    pub remedy: &'static str,
}

/// A word as a message names it: its special characters escaped, cut when it is long.
pub(super) fn quoted(word: &str) -> String {
    let start: String = word.chars().take(QUOTED_MAX).flat_map(char::escape_debug).collect();
    let rest = if word.chars().nth(QUOTED_MAX).is_some() { "..." } else { "" };
    format!("`{start}{rest}`")
}

/// Remedy for a word that does not belong where it stands.
pub(super) const REMEDY_WORD: &str = "correct the word; `greenwave asm MODEL` prints a text of the right form";
/// Remedy for a line that stands in the wrong place.
pub(super) const REMEDY_ORDER: &str = "put the lines in the order program, template, queue, entries, instance, detour";

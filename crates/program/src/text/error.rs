//! Why a text is no program.
//!
//! In: the place of a word.  Out: one message with position, expectation and remedy.
//! Invariant: line and column are counted from 1, in characters, as editors do.

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

/// Remedy for a word that does not belong where it stands.
pub(super) const REMEDY_WORD: &str = "correct the word; `greenwave asm MODEL` prints a text of the right form";
/// Remedy for a line that stands in the wrong place.
pub(super) const REMEDY_ORDER: &str = "put the lines in the order program, template, queue, entries, instance, detour";

//! House rule: every Rust file opens with a `//!` header that says what it does.
//!
//! In: every Rust file.  Out: the files without one.
//! Invariant: a reader learns the purpose of a file from its first line.

use tests::{Finding, expect_none, rust_files};

/// Fewer letters than this are a title, not a sentence.
const SENTENCE_LETTERS: usize = 12;

fn missing(path: &str, text: &str) -> Option<Finding> {
    let first = text.lines().next().unwrap_or("");
    let Some(sentence) = first.strip_prefix("//! ") else {
        return Some(Finding::new(path, 1, "the first line must be `//! ` and one sentence: what this file does"));
    };
    (sentence.chars().count() < SENTENCE_LETTERS)
        .then(|| Finding::new(path, 1, "say what the file does in a whole sentence"))
}

#[test]
fn every_file_opens_with_what_it_does() {
    let findings: Vec<Finding> = rust_files().iter().filter_map(|file| missing(&file.path, &file.text)).collect();
    expect_none(&findings);
}

#[test]
fn a_file_without_a_header_is_found() {
    assert!(missing("a", "use b;\n").is_some());
    assert!(missing("a", "").is_some());
    assert!(missing("a", "//! Things.\n").is_some());
    assert!(missing("a", "\n//! Says what it does, but on the second line.\n").is_some());
    assert!(missing("a", "//! Says what it does, at once.\n").is_none());
}

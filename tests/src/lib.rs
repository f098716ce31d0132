//! What tests of more than one crate share: the repository as text for the house rules, a run held against its witness, the
//! simulator alone, what holds of every pass of rows at once, the committed model, weights at random, a generator of legal
//! programs, the library of small programs, trials of mutants, the table of instructions, the specification of the ten
//! operations, and a large product.
//!
//! In: the working tree.  Out: lists of `Finding`, empty when the rule holds.
//! Invariant: a rule is a pure function of text, so each one is also applied to a snippet that breaks it.
//! Method: no third-party crate and no compiler: a 150-line masker knows comments, strings and character literals.

mod alone;
pub mod at_once;
mod claims;
mod graphs;
pub mod isa;
mod legal;
pub mod library;
mod manifest;
mod mutation;
pub mod ops;
mod pair;
pub mod product;
pub mod random;
mod source;
mod tiny;
mod tree;
mod values;
mod wide;

pub use alone::{Alone, Tokens};
pub use claims::Claims;
pub use graphs::{Met, meet, meet_graph, operations, random_graph};
pub use legal::{Legal, legal};
pub use manifest::Manifest;
pub use mutation::{Tally, Trial, small_trials, trials};
pub use pair::Pair;
pub use source::{Source, word_lines};
pub use tiny::{Tiny, greatest, launch, tiny};
pub use tree::{File, manifests, read, real_model, real_model_or_say, root, rust_files, text_files};
pub use values::{expect_all_values, expect_values};

/// One breach of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// File, relative to the repository's root.
    pub path: String,
    /// Line, counted from 1; 0 when the whole file is meant.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl Finding {
    /// A finding in `path` at `line`.
    pub fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Finding { path: path.to_owned(), line, message: message.into() }
    }
}

/// Fails the running test with every finding on a line of its own.
#[track_caller]
pub fn expect_none(findings: &[Finding]) {
    let lines: Vec<String> =
        findings.iter().map(|finding| format!("{}:{}: {}", finding.path, finding.line, finding.message)).collect();
    assert!(findings.is_empty(), "{} findings\n{}", findings.len(), lines.join("\n"));
}

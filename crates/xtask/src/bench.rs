//! Measures the whole line: a command of its own, never part of the tests.
//!
//! In: options of the benchmark, see tests/benches/line.  Out: its table, or its JSON, on standard output.
//! Invariant: a wrong answer of anything measured is a failure.
//! Method: the benchmark is a target of the `tests` package, which alone may use every crate; cargo builds it for speed.

mod page;

use crate::{Outcome, root, setup};
use std::process::Command;

/// Builds and runs the benchmark with `options`.
pub fn run(options: &[&str]) -> Outcome<()> {
    let status = Command::new("cargo")
        .args(["bench", "--quiet", "--package", "tests", "--bench", "line", "--"])
        .args(options)
        .current_dir(root())
        .status()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    status.success().then_some(()).ok_or_else(|| "the benchmark failed; its message stands above".to_owned())
}

/// Builds the page and measures it in a browser.
pub fn run_page() -> Outcome<()> {
    setup::run(setup::Purpose::Tests).and_then(crate::page::build)?;
    page::run()
}

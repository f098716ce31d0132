//! The whole test run, in the order in which failures are cheapest to find.
//!
//! In: the working tree.  Out: success when every test passed.
//! Invariant: a missing tool is installed or named, never skipped; nothing passes because it did not run.
//! Method: native tests by cargo (whose summary stays visible), then the page built and opened in a browser.

use crate::{Outcome, e2e, models, page, root, setup};
use std::process::Command;
use std::time::Instant;

/// Runs everything.
pub fn run() -> Outcome<()> {
    let started = Instant::now();
    let toolchain = setup::run(setup::Purpose::Tests)?;
    models::fetch()?;
    println!("native tests");
    native_tests()?;
    page::build(toolchain)?;
    e2e::run("")?;
    println!("all tests passed in {:.1} minutes", started.elapsed().as_secs_f32() / 60.0);
    Ok(())
}

/// Builds the page and runs its tests whose name holds `word`.
pub fn run_page(word: &str) -> Outcome<()> {
    setup::run(setup::Purpose::Tests).and_then(page::build)?;
    e2e::run(word)
}

fn native_tests() -> Outcome<()> {
    let status = Command::new("cargo")
        .args(["test", "--workspace", "--quiet"])
        .current_dir(root())
        .status()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    status.success().then_some(()).ok_or_else(|| "a native test failed".to_owned())
}

//! The command line as a process: exit codes, one line for each mistake, files, closed pipes.
//!
//! In: the built `greenwave`, the committed model, spoiled copies of it.  Out: what a shell sees.
//! Invariant: exit code 0, 1 or 2 as promised; a refusal is one line on standard error and nothing on standard output.

mod answers;
mod files;
mod graphs;
mod hostile;
#[cfg(unix)]
mod interrupt;
mod refusals;
mod study;
mod tool;

//! The command line `greenwave` as a library, so that tests can ask it without a process.
//!
//! In: words, files, Ctrl-C.  Out: answers, or one line for what went wrong; an exit code.
//! Invariant: no input makes it panic; nothing is computed here that `study` and `frame` do not also give the page.
//! Method: `args` reads words, `commands` does the work through `study` and `frame`, `output` and `progress` speak.

mod args;
mod commands;
mod failure;
mod files;
mod output;
mod progress;

pub use commands::dispatch;
pub use failure::{Code, Failure};
pub use output::Output;
pub use progress::listen_to_ctrl_c;

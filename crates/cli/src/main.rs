//! The process `greenwave`: words in, answers out, an exit code.
//!
//! In: words, Ctrl-C.  Out: answers on standard output; on standard error one line for what went wrong; an exit code.
//! Invariant: a reader who stops reading ends it quietly, whichever stream it was.

use cli::{Code, Failure, Output, dispatch, listen_to_ctrl_c};
use std::ffi::OsString;
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    listen_to_ctrl_c();
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let mut output = Output::new(stdout().lock());
    let outcome = dispatch(&words, &mut output);
    let outcome = outcome.and_then(|code| output.finish().map(|()| code));
    ExitCode::from(outcome.unwrap_or_else(complain).number())
}

/// Says why nothing was done; if standard error is closed too, the exit code must do.
fn complain(Failure { code, message }: Failure) -> Code {
    drop(writeln!(stderr(), "greenwave: {message}"));
    code
}

//! What long work says on the way, and how Ctrl-C ends it.
//!
//! In: steps of `study`.  Out: one line on standard error that is overwritten and wiped at the end; `Cancel` after Ctrl-C; remarks.
//! Invariant: no step is written unless standard error is a terminal; a file is never left half written.
//! Method: the signal sets a flag that is looked at between steps; a second Ctrl-C ends the process at once.

use crate::failure::Code;
use std::io::{IsTerminal, Write, stderr};
use std::sync::atomic::{AtomicBool, Ordering};
use study::{Flow, Progress, Stage};

static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Makes Ctrl-C end the work between two steps. Where signals cannot be caught, Ctrl-C ends the process as always.
pub fn listen_to_ctrl_c() {
    let heard = ctrlc::set_handler(|| {
        if IS_INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(Code::Interrupted.number().into());
        }
    });
    drop(heard);
}

/// Whether Ctrl-C was pressed.
pub fn is_interrupted() -> bool {
    IS_INTERRUPTED.load(Ordering::Relaxed)
}

/// The line on the terminal.
pub struct Ticker {
    is_shown: bool,
    is_dirty: bool,
}

impl Ticker {
    /// A line where standard error is a terminal, else silence.
    pub fn new() -> Self {
        Ticker { is_shown: stderr().is_terminal(), is_dirty: false }
    }

    /// Shows a step; says whether to go on.
    pub fn tell(&mut self, progress: Progress) -> Flow {
        if is_interrupted() {
            return Flow::Cancel;
        }
        if self.is_shown {
            self.is_dirty = true;
            write(&format!("\r\u{1b}[K{}", sentence(progress)));
        }
        Flow::Continue
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        if self.is_dirty {
            write("\r\u{1b}[K");
        }
    }
}

/// One line beside the answer, which stays alone on standard output.
pub fn say(sentence: &str) {
    write(&format!("greenwave: {sentence}\n"));
}

/// Writes on the terminal; there is nobody to tell if that fails.
fn write(text: &str) {
    let mut terminal = stderr().lock();
    drop(terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush()));
}

fn sentence(Progress { stage, done, of }: Progress) -> String {
    let name = match stage {
        Stage::Import => "reading the model",
        Stage::Compile => "compiling",
        Stage::Verify => "verifying",
        Stage::Load => "loading the chip",
        Stage::Run => "running",
        Stage::Break => "looking for a mutation",
    };
    if of <= 1 { format!("{name} ...") } else { format!("{name}: {done} of {of}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_of_many_is_counted() {
        assert_eq!(sentence(Progress { stage: Stage::Compile, done: 0, of: 1 }), "compiling ...");
        assert_eq!(sentence(Progress { stage: Stage::Run, done: 3, of: 12 }), "running: 3 of 12");
    }
}

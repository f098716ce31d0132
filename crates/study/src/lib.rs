//! One question, one answer: runs the whole line on a case.
//!
//! In: a model's bytes, a prompt, a chip.  Out: a session: a verified program, its tokens, and any moment of any of them.
//! Invariant: only a `Verified` program is run here, or a `Broken` one that says so; nothing is recorded that could be computed again.
//! Method: import -> compile -> verify -> load -> run, with progress told at each step.

mod broken;
mod error;
mod host;
mod progress;
mod sampling;
mod session;
mod token;

pub use broken::BrokenRun;
pub use error::StudyError;
pub use host::{HOST_LINK, HostLink};
pub use progress::{Flow, Progress, Stage};
pub use sampling::{Candidate, Sampling};
pub use session::{Options, Session, Sizes};
pub use token::{Replay, Token};

//! How far long work is.
//!
//! In: steps that are done, steps in all.  Out: a value that a listener is told.
//! Invariant: no more is done than there is; what is told last is that all is.
//! Method: whoever works counts its own steps and knows nothing of who listens.

/// Steps of a piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// Those that are done.
    pub done: usize,
    /// All.
    pub of: usize,
}

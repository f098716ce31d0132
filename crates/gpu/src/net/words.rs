//! Words that are to be brought from router to router, and what the cables take for one.
//!
//! In: numbers.  Out: plain data.
//! Invariant: a word waits for words before it in the list only, so that there is always one that waits for nobody.

use serde::Serialize;

/// A word and where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Router where it is.
    pub from: u16,
    /// Router where it is wanted.
    pub to: u16,
    /// When it is there to be sent.
    pub ready: Ready,
}

/// What a word waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// So many cycles after the start.
    At(u64),
    /// So many cycles after the arrival of a word before it in the list, at the router where that one arrives.
    After(u32, u64),
}

/// Cycles that things take, the same on every cable and in every router.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Times {
    /// From one word to the next on a cable.
    pub word: u64,
    /// From a word's sending to its arrival.
    pub crossing: u64,
    /// From the freeing of room to the credit's arrival at the other end.
    pub credit: u64,
    /// From the arrival of a word between its ends to the queue of its next cable.
    pub router: u64,
}

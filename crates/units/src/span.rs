//! Half-open integer spans.
//!
//! In: start and length.  Out: a range that cannot have a negative length.
//! Invariant: `end = start + len`, never written down separately.

use serde::{Deserialize, Serialize};

/// The integers `start .. start + len`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First element.
    pub start: u64,
    /// Number of elements.
    pub len: u64,
}

impl Span {
    /// The span of `len` integers from `start` on.
    pub fn new(start: u64, len: u64) -> Self {
        Span { start, len }
    }

    /// One past the last element.
    pub fn end(self) -> u64 {
        self.start + self.len
    }

    /// Whether `at` lies inside.
    pub fn contains(self, at: u64) -> bool {
        self.start <= at && at < self.end()
    }

    /// Whether the two spans share an element.
    pub fn overlaps(self, other: Span) -> bool {
        self.start < other.end() && other.start < self.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touching_spans_do_not_overlap() {
        assert!(!Span::new(0, 4).overlaps(Span::new(4, 4)));
        assert!(Span::new(0, 5).overlaps(Span::new(4, 4)));
        assert!(!Span::new(2, 0).contains(2));
    }
}

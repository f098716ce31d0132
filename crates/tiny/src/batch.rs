//! Lays stories end to end for one training step.
//!
//! In: token ids of whole stories.  Out: inputs, targets, and where each story lies.
//! Invariant: every position's target is the next token of its own story; no story is longer than the context.
//! Method: a story of n tokens becomes n + 1 positions: begin, then the story; targets are the story, then end.
//! Source: ours; no padding, since matrices do not care where a story ends and attention is told.

use std::ops::Range;

use crate::bpe::{BEGIN, END};
use crate::model::CONTEXT;

/// The positions of one step, or of one share of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Token at each position.
    pub inputs: Vec<u32>,
    /// Token that follows it.
    pub targets: Vec<u32>,
    /// Positions of each story.
    pub stories: Vec<Range<usize>>,
}

impl Batch {
    /// Appends a story; what exceeds the context is cut.
    pub fn push(&mut self, tokens: &[u32]) {
        let start = self.inputs.len();
        let tokens = &tokens[..tokens.len().min(CONTEXT - 1)];
        self.inputs.push(BEGIN);
        self.inputs.extend(tokens);
        self.targets.extend(tokens);
        self.targets.push(END);
        self.stories.push(start..self.inputs.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_inputs_one_later() {
        let mut batch = Batch::default();
        batch.push(&[5, 6]);
        batch.push(&[7]);
        assert_eq!(batch.inputs, [BEGIN, 5, 6, BEGIN, 7]);
        assert_eq!(batch.targets, [5, 6, END, 7, END]);
        assert_eq!(batch.stories, [0..3, 3..5]);
    }
}

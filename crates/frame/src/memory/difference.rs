//! What differs in memory between two tokens at the same cycle.
//!
//! In: a timeline, the memory at both moments.  Out: words and bytes that differ, by class; the words themselves.
//! Invariant: a word is counted if any of its bytes differs between the two simulated moments; nothing is estimated.
//! Method: every word of every run is compared; words of no run are never written.

use crate::contents::Class;
use crate::lang::Text;
use crate::shape::Colour;
use crate::timeline::Timeline;
use arch::SliceId;
use program::WORD_BYTES;
use serde::{Deserialize, Serialize};
use sim::{Moment, WordView};

/// What differs of one class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The class.
    pub class: Class,
    /// Its colour.
    pub colour: Colour,
    /// Its name.
    pub name: Text,
    /// Its words that differ.
    pub words: u64,
    /// All its words.
    pub of: u64,
    /// Bytes that differ.
    pub bytes: u64,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// By class, in the order of the legend; classes without words are left out.
    pub classes: Vec<Changed>,
    /// Runs of words that differ.
    pub(super) words: Vec<(SliceId, u16, u16)>,
}

/// Bytes in which two words differ; one that is not there, or that nobody knows, differs in all.
fn bytes(one: Option<WordView>, other: Option<WordView>) -> usize {
    match (one, other) {
        (Some(WordView::Bytes(one)), Some(WordView::Bytes(other))) if one == other => 0,
        (Some(WordView::Bytes(one)), Some(WordView::Bytes(other))) => {
            one.iter().zip(other.iter()).filter(|(a, b)| a != b).count()
        }
        (None, None) => 0,
        _ => WORD_BYTES,
    }
}

/// What differs between two moments of the timeline's program.
pub fn memory_difference(timeline: &Timeline, one: &Moment, other: &Moment) -> Difference {
    let changed =
        |class: Class| Changed { class, colour: class.colour(), name: class.name(), words: 0, of: 0, bytes: 0 };
    let mut classes = Class::ALL.map(changed);
    let mut words: Vec<(SliceId, u16, u16)> = Vec::new();
    for run in &timeline.contents().runs {
        let class = run.class();
        let Some(line) = classes.iter_mut().find(|line| line.class == class) else { continue };
        line.of += u64::from(run.words);
        for address in run.address..run.address + run.words {
            let bytes = bytes(one.sram(run.slice, address), other.sram(run.slice, address));
            if bytes == 0 {
                continue;
            }
            line.words += 1;
            line.bytes += bytes as u64;
            match words.last_mut() {
                Some((slice, first, count)) if *slice == run.slice && *first + *count == address => *count += 1,
                _ => words.push((run.slice, address, 1)),
            }
        }
    }
    Difference { classes: classes.into_iter().filter(|line| 0 < line.of).collect(), words }
}

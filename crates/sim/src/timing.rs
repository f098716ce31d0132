//! Time without values: the same dispatches, arrivals and rules, no arithmetic and no tensors.
//!
//! In: a chip and an executable alone.  Out: a machine whose cycles and violations are those of the one with values.
//! Invariant: nothing about time or legality depends on the bytes of a word, but for the address maps of the launch record, which are
//!     real here too. An output is marked as not computed, never as zeros.
//! Method: one word and one value of zeros stand for all others; ALUs and the MXM pass them on instead of computing.

use crate::machine::{Contents, Machine};
use crate::word::{Value, Word, join, split};
use crate::{Empty, SimError, System};
use arch::{Chip, Topology};
use program::{Executable, WORD_BYTES};
use std::sync::Arc;

/// What stands for every word and every value.
#[derive(Clone)]
pub(crate) struct StandIn {
    word: Word,
    value: Value,
}

impl StandIn {
    pub(crate) fn new() -> Self {
        StandIn { word: Word::new([0; WORD_BYTES]), value: Value::Lanes(Arc::new([0; WORD_BYTES])) }
    }

    /// The word.
    pub(crate) fn word(&self) -> Word {
        self.word.clone()
    }

    /// A value of these words: poison stays poison.
    pub(crate) fn joined(this: Option<&Self>, words: &[Word]) -> Value {
        let Some(this) = this else { return join(words) };
        words.iter().find_map(Word::poison).map_or_else(|| this.value.clone(), Value::Poison)
    }

    /// The words of a value.
    pub(crate) fn split(this: Option<&Self>, value: &Value, count: u8) -> Vec<Word> {
        match (this, value) {
            (Some(this), Value::Lanes(_)) => vec![this.word(); usize::from(count)],
            _ => split(value, count),
        }
    }

    /// What comes of values that are none of them poison.
    pub(crate) fn made(this: Option<&Self>, compute: impl FnOnce() -> Value) -> Value {
        this.map_or_else(compute, |this| this.value.clone())
    }
}

impl Machine {
    /// Loads `executable` for its time alone: no tensor is asked for, and `launch` needs no inputs.
    ///
    /// Errors: as `Machine::load`, but for tensors.
    pub fn load_timing(chip: &Chip, executable: &Executable) -> Result<Machine, SimError> {
        let chips = Topology::named(&executable.topology)?.chips;
        if chips != 1 {
            return Err(SimError::Chips { chips });
        }
        Machine::load_as(chip, executable, Contents::Time, Empty::Poisons, 0)
    }
}

impl System {
    /// Loads `executable` for its time alone, into as many chips as its topology has.
    ///
    /// Errors: as `Machine::load_timing`; `Topology` when there is no such topology.
    pub fn load_timing(chip: &Chip, executable: &Executable) -> Result<System, SimError> {
        System::load_all(chip, executable, Contents::Time, Empty::Poisons)
    }
}

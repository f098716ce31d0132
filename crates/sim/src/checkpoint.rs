//! A machine kept for later, without what nobody needs any longer.
//!
//! In: a machine between two instances.  Out: a machine in the same state, as often as wanted.
//! Invariant: whatever runs from the one runs from the other, to the same values and cycles.
//! Method: SRAM and words are shared; of the streams only the diagonals are kept that a station can still sample.

use crate::fused::Scratch;
use crate::machine::Machine;
use crate::stream::{Packed, Streams, delay_max};
use crate::tally::Tally;
use std::sync::Arc;
use units::Cycle;

/// A machine between two instances, kept small: from it the instance is run again.
#[derive(Clone)]
pub struct Checkpoint {
    machine: Machine,
    streams: Packed,
}

impl Checkpoint {
    /// The machine as it was.
    pub fn resume(&self) -> Machine {
        with_streams(&self.machine, self.streams.unpacked())
    }

    /// Adds what it holds.
    pub(crate) fn weigh(&self, tally: &mut Tally) {
        self.machine.state.weigh(tally);
        self.streams.weigh(tally);
    }

    /// Instance that runs next, and the cycle in which it starts or started.
    pub fn next_instance(&self) -> (usize, Cycle) {
        self.machine.next_instance()
    }
}

impl Machine {
    /// The machine as it is, in some ten kilobytes beside the memory that it shares with this one.
    pub fn checkpoint(&self) -> Checkpoint {
        // Whoever samples from now on stands at most `delay_max` behind a value's origin.
        let oldest = self.progress.start as i64 - i64::from(delay_max(&self.shared.geometry));
        let streams = self.state.streams.packed(oldest);
        Checkpoint { machine: with_streams(self, Streams::default()), streams }
    }
}

fn with_streams(machine: &Machine, streams: Streams) -> Machine {
    Machine {
        shared: Arc::clone(&machine.shared),
        state: machine.state.with_streams(streams),
        progress: machine.progress.clone(),
        violations_before: machine.violations_before,
        scratch: Scratch::default(),
        planned: machine.planned,
    }
}

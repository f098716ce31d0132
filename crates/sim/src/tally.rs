//! How much memory checkpoints hold, each block counted once however many of them share it.
//!
//! In: a system that is kept anyway, checkpoints.  Out: bytes that only the checkpoints hold.
//! Invariant: what the system holds counts for nothing; a block counts when the first checkpoint that holds it is added. All of them must
//!     live as long as the tally: a block is known by its address.
//! Method: pages of SRAM, arrays and words are shared by reference counts; addresses that were seen are kept in a set and never reach an
//!     output. Counters and queues, some hundred bytes a chip, are not counted.

use crate::{System, SystemCheckpoint};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Bytes of blocks, each counted once.
#[derive(Clone, Default)]
pub struct Tally {
    seen: BTreeSet<usize>,
    bytes: u64,
}

impl Tally {
    /// A tally to which nothing counts that `system` holds.
    pub fn beside(system: &System) -> Self {
        let mut tally = Tally::default();
        system.weigh(&mut tally);
        tally.bytes = 0;
        tally
    }

    /// Adds what nothing before held.
    pub fn add(&mut self, checkpoint: &SystemCheckpoint) {
        checkpoint.weigh(self);
    }

    /// Adds bytes that nobody shares.
    pub fn own(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds a block, unless it was seen; whether it was not.
    pub(crate) fn shared<T: ?Sized>(&mut self, block: &Arc<T>, bytes: usize) -> bool {
        let is_new = self.seen.insert(Arc::as_ptr(block).cast::<u8>() as usize);
        if is_new {
            self.own(bytes);
        }
        is_new
    }
}

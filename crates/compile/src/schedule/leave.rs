//! Words that are used again: what comes to an end with a work, and what a write has to wait for.
//!
//! In: the lowering's lives, the bursts placed so far.  Out: words that are free, needs of writes.
//! Invariant: a word is written again after the last burst on memory of all works up to the one that needed it last.
//! Method: the end of all bursts so far stands for that of the readers: words come again in turn, so that it is seldom waited for.

use super::kernel::Building;
use super::{Scheduler, done};
use crate::CompileError;
use crate::lower::general::Obstacle;
use crate::place::{FEEDERS, Home, Shortage};
use crate::why::{Cause, Need};
use arch::Queue;
use graph::{NodeId, Op};
use std::collections::BTreeMap;

/// Works so far, and until when they use memory.
#[derive(Default)]
pub struct Past {
    /// Of all stages.
    works: usize,
    /// First cycle after all bursts on memory.
    end: i64,
    /// By such a cycle: the chain that it is after.
    chains: BTreeMap<i64, usize>,
}

impl Past {
    /// A stage begins.
    pub fn begin(&mut self) {
        *self = Past { works: self.works, ..Past::default() };
    }
}

impl Scheduler<'_> {
    /// What the host sends gets its words before anything is computed: it lies there from the first cycle on.
    pub fn receive(&mut self) -> Result<(), CompileError> {
        let lowered = self.lowered;
        for &node in lowered.places.keys().filter(|_| lowered.lives.is_some()) {
            let sent = match &lowered.graph.nodes[node].op {
                Op::Copy { .. } => self.is_sent(lowered.graph.nodes[node].inputs[0]),
                _ => self.is_sent(node),
            };
            if sent {
                self.home(node)?;
            }
        }
        Ok(())
    }

    /// A work is done, whose bursts begin with `start`: what nobody needs after it leaves its words.
    ///
    /// Errors: `Node` where a value of the work had no room.
    pub fn leave(&mut self, start: usize) -> Result<(), CompileError> {
        let Some(lives) = &self.lowered.lives else { return Ok(()) };
        let is_memory = |queue| matches!(queue, Queue::MemRead(_) | Queue::MemWrite(_));
        let bursts = self.plan[start..].iter().filter(|planned| is_memory(planned.queue));
        let end = bursts.map(|planned| done(planned, &self.chip.latency).0 as i64).max().unwrap_or(0);
        if self.past.end < end {
            self.past.end = end;
            self.past.chains.insert(end, self.chains.len().saturating_sub(1));
        }
        if let Some(Shortage { rows, used, words }) = self.store.shortage() {
            let (node, operation) = lives.asked[self.past.works];
            return Err(CompileError::Node { node, operation, obstacle: Obstacle::Room { rows, used, words } });
        }
        for &node in &lives.ends[self.past.works] {
            let (home, rows) = self.words_of(node);
            self.store.leave(&home, (rows, self.past.end));
        }
        self.past.works += 1;
        Ok(())
    }

    /// The home of a computed value, and how many of its words it has.
    fn words_of(&self, node: NodeId) -> (Home, u32) {
        let rows = self.lowered.graph.nodes[node].shape.extents()[0];
        match self.fed.get(&(node, 0)) {
            Some(fed) => (fed.home.clone(), rows.div_ceil(FEEDERS as u32)),
            None => (self.homes[&node].clone(), rows),
        }
    }

    /// Notes that a write of the first row of a home, in cycle `offset` of the chain, comes after what lay there before.
    pub fn needs_room(&self, building: &mut Building, home: &Home, offset: i64) {
        let from = self.store.writable(home);
        if let Some(&chain) = self.past.chains.get(&from) {
            building.needs(Need { cause: Cause::Room(chain), earliest: from - offset });
        }
    }
}

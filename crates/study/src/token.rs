//! Tokens of a run, and the way back to any cycle of any of them.
//!
//! In: a system that has launched a token.  Out: the system as it stands at the start of any instance of that token.
//! Invariant: a moment is reached by executing at most one instance once its checkpoint is there; forwards and backwards alike.
//! Method: a checkpoint is small (pages of SRAM are shared until written): one per token, and a small store of those between instances.

use crate::sampling::Candidate;
use serde::{Deserialize, Serialize};
use sim::{Moment, System, SystemCheckpoint};
use std::collections::BTreeMap;
use units::Cycle;

/// Instance checkpoints kept.
const KEPT: usize = 96;

/// One decoding step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// The token that goes in.
    pub id: u32,
    /// Its text.
    pub text: String,
    /// Whether it belongs to the prompt.
    pub is_prompt: bool,
    /// Cycles from launch to the end of the program, as simulated.
    pub cycles: u64,
    /// The most probable next tokens.
    pub candidates: Vec<Candidate>,
    /// The token that follows: the next of the prompt, or the chosen one.
    pub next: u32,
}

/// Launched systems per token, and checkpoints between.
#[derive(Clone, Default)]
pub struct Replay {
    launched: Vec<SystemCheckpoint>,
    checkpoints: BTreeMap<(u32, usize), SystemCheckpoint>,
    recent: Vec<(u32, usize)>,
}

impl Replay {
    /// Remembers a token's system, launched and not yet run.
    pub(crate) fn push(&mut self, launched: SystemCheckpoint) {
        self.launched.push(launched);
    }

    /// The system of `token`, launched and not yet run.
    pub(crate) fn launched(&self, token: u32) -> Option<System> {
        Some(self.launched.get(token as usize)?.resume())
    }

    /// Forgets the tokens from `count` on.
    pub(crate) fn truncate(&mut self, count: usize) {
        self.launched.truncate(count);
        self.checkpoints.retain(|(token, _), _| (*token as usize) < count);
        self.recent.retain(|(token, _)| (*token as usize) < count);
    }

    /// What is where on `chip` in `cycle` of `token`; `None` when there is no such chip or token.
    pub fn moment(&mut self, token: u32, cycle: u64, chip: u16, starts: &[Cycle]) -> Option<Moment> {
        let instance = starts.partition_point(|start| start.0 <= cycle).saturating_sub(1);
        let system = self.at_instance(token, instance)?;
        system.at(chip, Cycle(cycle))
    }

    fn at_instance(&mut self, token: u32, instance: usize) -> Option<System> {
        let known = self.checkpoints.range((token, 0)..=(token, instance)).next_back();
        let (mut at, mut system) = match known {
            Some((&(_, at), checkpoint)) => (at, checkpoint.resume()),
            None => (0, self.launched(token)?),
        };
        while at < instance {
            system.run_instance()?;
            at += 1;
            self.keep((token, at), system.checkpoint());
        }
        Some(system)
    }

    fn keep(&mut self, key: (u32, usize), checkpoint: SystemCheckpoint) {
        self.checkpoints.insert(key, checkpoint);
        self.recent.retain(|other| *other != key);
        self.recent.push(key);
        if KEPT < self.recent.len() {
            let oldest = self.recent.remove(0);
            self.checkpoints.remove(&oldest);
        }
    }
}

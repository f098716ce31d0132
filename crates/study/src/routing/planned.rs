//! The same traffic, ours and the others', planned: every word has its slot before the first one leaves.
//!
//! In: a demand, the others' messages of a run.  Out: how late the others are when ours keep their slots.
//! Invariant: two words of a cable are at least a word's cycles apart.
//! Method: in order of coming each word of the others takes the first slot that is free on its cable. They are known beforehand, as
//!     everything is on this machine: where they are not, nothing can be planned, and this is no answer.

use super::demand::Demand;
use compile::collective::Slots;
use gpu::net::{Chances, Load, Message, Others, Times};

/// The others of a run, and how long they have been at it.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// How much they ask for.
    pub load: Load,
    /// Cycles before ours start.
    pub before: u64,
    /// Seed.
    pub seed: u64,
    /// Number of the run.
    pub run: u32,
}

impl Crowd {
    /// Messages of a cable that want to go before cycle `end`.
    fn on(&self, cable: u32, word: u64, end: u64) -> impl Iterator<Item = Message> {
        let all = Others::on(cable, self.load, word, (Chances::all(), self.seed, self.run));
        all.into_iter().flatten().take_while(move |message| message.at < end)
    }
}

/// How late the others' words are that want to go while ours are under way, on the cables of our slots, ours in these.
pub fn others_late(demand: &Demand, times: Times, crowd: Crowd) -> Vec<u32> {
    let mut late = Vec::new();
    let mut ours: Vec<Vec<u64>> = vec![Vec::new(); demand.cables.len()];
    for &(cable, at) in &demand.slots {
        ours[cable as usize].push(crowd.before + at);
    }
    for (cable, ours) in (0u32..).zip(ours).filter(|(_, ours)| !ours.is_empty()) {
        let mut slots = Slots::of(ours);
        for message in crowd.on(cable, times.word, crowd.before + demand.cycles) {
            for _ in 0..message.words {
                let start = slots.free(message.at, times.word);
                slots.take(start);
                if crowd.before <= message.at {
                    late.push((start - message.at) as u32);
                }
            }
        }
    }
    late
}

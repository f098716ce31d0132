//! The same traffic, ours and the others', planned: every word has its slot before the first one leaves.
//!
//! In: a demand, the others' messages of a run.  Out: how late the others are when ours keep their slots.
//! Invariant: two words of a cable are at least a word's cycles apart.
//! Method: in order of coming each word of the others takes the first slot that is free on its cable. They are known beforehand, as
//!     everything is on this machine: where they are not, nothing can be planned, and this is no answer.

use super::demand::Demand;
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

/// Slots of a cable that are taken, in order.
#[derive(Debug, Default)]
struct Slots(Vec<u64>);

impl Slots {
    /// Takes the first free slot from `ready` on.
    fn take(&mut self, ready: u64, word: u64) -> u64 {
        let mut place = self.0.partition_point(|start| start + word <= ready);
        let mut start = ready;
        while let Some(taken) = self.0.get(place).filter(|taken| **taken < start + word) {
            start = taken + word;
            place += 1;
        }
        self.0.insert(place, start);
        start
    }
}

/// How late the others' words are that want to go while ours are under way, on the cables of our slots, ours in these.
pub fn others_late(demand: &Demand, times: Times, crowd: Crowd) -> Vec<u32> {
    let mut late = Vec::new();
    let mut slots: Vec<Slots> = demand.cables.iter().map(|_| Slots::default()).collect();
    for &(cable, at) in &demand.slots {
        slots[cable as usize].0.push(crowd.before + at);
    }
    for (cable, slots) in (0u32..).zip(&mut slots).filter(|(_, slots)| !slots.0.is_empty()) {
        slots.0.sort_unstable();
        for message in crowd.on(cable, times.word, crowd.before + demand.cycles) {
            for _ in 0..message.words {
                let start = slots.take(message.at, times.word);
                if crowd.before <= message.at {
                    late.push((start - message.at) as u32);
                }
            }
        }
    }
    late
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_a_word_apart_and_the_first_that_is_free() {
        let mut slots = Slots::default();
        let taken: Vec<u64> = [100, 100, 10, 76, 80].into_iter().map(|ready| slots.take(ready, 24)).collect();
        assert_eq!(taken, [100, 124, 10, 76, 148]);
        assert!(slots.0.windows(2).all(|two| two[0] + 24 <= two[1]));
    }
}

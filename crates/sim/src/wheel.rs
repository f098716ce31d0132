//! Which tracks dispatch next.
//!
//! In: a track and the cycle of its next dispatch.  Out: the soonest cycle with a dispatch, and its tracks in ascending order.
//! Invariant: no cycle is answered before an earlier one; a track waits at most once.
//! Method: a ring of 64 sets of tracks for the next 64 cycles, whose non-empty ones stand in one word of bits; a heap for later ones.
//! Source: the ring is one level of Varghese and Lauck, "Hashed and hierarchical timing wheels", SOSP 1987.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

const SLOTS: usize = 64;

/// Tracks by the cycle of their next dispatch.
#[derive(Clone, Default)]
pub(crate) struct Wheel {
    /// Nothing waits for a cycle before this one.
    now: u64,
    /// Bit `cycle % 64`: whether a track waits for that cycle.
    occupied: u64,
    /// Per slot a set of tracks, `words` words of bits.
    slots: Vec<u64>,
    words: usize,
    later: BinaryHeap<Reverse<(u64, u32)>>,
}

impl Wheel {
    /// An empty wheel for `tracks` tracks and cycles from `now` on.
    pub(crate) fn new(tracks: usize, now: u64) -> Self {
        let words = tracks.div_ceil(64);
        Wheel { now, occupied: 0, slots: vec![0; words * SLOTS], words, later: BinaryHeap::new() }
    }

    /// `track` dispatches next at `cycle`, which is not before any cycle taken.
    pub(crate) fn push(&mut self, track: u32, cycle: u64) {
        if self.now + SLOTS as u64 <= cycle {
            self.later.push(Reverse((cycle, track)));
            return;
        }
        let slot = (cycle % SLOTS as u64) as usize;
        self.occupied |= 1 << slot;
        self.slots[slot * self.words + track as usize / 64] |= 1 << (track % 64);
    }

    /// The soonest cycle for which a track waits.
    pub(crate) fn soonest(&self) -> Option<u64> {
        let ahead = self.occupied.rotate_right((self.now % SLOTS as u64) as u32).trailing_zeros();
        let near = (self.occupied != 0).then(|| self.now + u64::from(ahead));
        let later = self.later.peek().map(|Reverse((cycle, _))| *cycle);
        near.into_iter().chain(later).min()
    }

    /// Moves the tracks that wait for `cycle`, the soonest one, into `due`.
    pub(crate) fn take(&mut self, cycle: u64, due: &mut Vec<u32>) {
        self.now = cycle;
        while let Some(&Reverse((later, track))) = self.later.peek() {
            if cycle + SLOTS as u64 <= later {
                break;
            }
            self.later.pop();
            self.push(track, later);
        }
        let slot = (cycle % SLOTS as u64) as usize;
        self.occupied &= !(1 << slot);
        for (word, bits) in self.slots[slot * self.words..(slot + 1) * self.words].iter_mut().enumerate() {
            let mut rest = std::mem::take(bits);
            while rest != 0 {
                due.push(64 * word as u32 + rest.trailing_zeros());
                rest &= rest - 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::Rng;

    #[test]
    fn tracks_come_in_order_of_cycles_and_numbers() {
        let mut rng = Rng::new(3);
        let start = 1000;
        let mut wheel = Wheel::new(200, start);
        let mut waiting: Vec<(u64, u32)> = (0..200).map(|track| (start + rng.below(300), track)).collect();
        waiting.iter().for_each(|(cycle, track)| wheel.push(*track, *cycle));
        let mut due = Vec::new();
        for _ in 0..2000 {
            waiting.sort_unstable();
            let cycle = waiting[0].0;
            assert_eq!(wheel.soonest(), Some(cycle));
            due.clear();
            wheel.take(cycle, &mut due);
            let expected: Vec<u32> = waiting.iter().filter(|(at, _)| *at == cycle).map(|(_, track)| *track).collect();
            assert_eq!(due, expected);
            waiting.retain(|(at, _)| *at != cycle);
            for track in &due {
                let bound = if rng.below(4) == 0 { 500 } else { 3 };
                let next = cycle + 1 + rng.below(bound);
                waiting.push((next, *track));
                wheel.push(*track, next);
            }
        }
        assert_eq!(Wheel::new(0, 0).soonest(), None);
    }
}

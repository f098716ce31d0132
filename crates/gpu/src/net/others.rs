//! What else is on the cables: messages of others, to the neighbour at each cable's end.
//!
//! In: a load, a seed, the number of a run, a cable.  Out: that cable's messages in order of time, without end.
//! Invariant: over long times every cable is asked for the same share of what it can carry; the messages of a cable are the same
//!     whatever else runs, so that two networks can be asked to carry the same ones.
//! Method: gaps from start to start of mean length times cycles a word over share; exponential, so that a cable is a queue with Poisson
//!     arrivals as long as nobody routes around it.

use super::chance::{Chance, Chances};
use crate::draw;
use serde::Serialize;
use units::Rng;

/// How much of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Load {
    /// Share of what each cable can carry, below 1.
    pub share: f64,
    /// Words of a message on average, at least 1.
    pub words: u32,
}

/// A message of somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Cycle in which all its words want to go.
    pub at: u64,
    /// How many there are.
    pub words: u32,
}

/// A cable's messages, in order of time.
#[derive(Clone, Debug)]
pub struct Others {
    gap: f64,
    words: u32,
    /// In cycles, with what is left of one.
    now: f64,
    gaps: Option<Rng>,
    lengths: Option<Rng>,
}

impl Others {
    /// Those of cable `cable` in run `run` of `seed`, a cable taking a word every `word` cycles; nothing at no load.
    pub fn on(cable: u32, load: Load, word: u64, (chances, seed, run): (Chances, u64, u32)) -> Option<Self> {
        if load.share <= 0.0 {
            return None;
        }
        let stream = |chance: Chance| chances.has(chance).then(|| chance.stream(seed, run, cable));
        let gap = f64::from(load.words) * word as f64 / load.share;
        // Evenly spaced ones start at different moments on different cables.
        let now = if chances.has(Chance::Arrivals) { 0.0 } else { gap * (f64::from(cable % 64) / 64.0) };
        let (gaps, lengths) = (stream(Chance::Arrivals), stream(Chance::Lengths));
        Some(Others { gap, words: load.words, now, gaps, lengths })
    }
}

impl Iterator for Others {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        self.now += self.gap * self.gaps.as_mut().map_or(1.0, draw::exponential);
        let words = match &mut self.lengths {
            Some(rng) => 1 + rng.below(u64::from(2 * self.words - 1)) as u32,
            None => self.words,
        };
        Some(Message { at: self.now as u64, words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cable_is_asked_for_its_share() {
        for (share, chances) in [(0.1, Chances::all()), (0.9, Chances::all()), (0.5, Chances::none())] {
            let load = Load { share, words: 16 };
            let others = Others::on(3, load, 24, (chances, 7, 0)).expect("there is a load");
            let messages: Vec<Message> = others.take(20_000).collect();
            let words: u64 = messages.iter().map(|message| u64::from(message.words)).sum();
            let asked = (words * 24) as f64 / messages.last().expect("there are some").at as f64;
            assert!((asked / share - 1.0).abs() < 0.03, "{asked} for {share}");
        }
        assert!(Others::on(3, Load { share: 0.0, words: 16 }, 24, (Chances::all(), 7, 0)).is_none());
    }
}

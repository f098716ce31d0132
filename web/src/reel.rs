//! The moments that are at hand, and which to ask for next.
//!
//! In: the place of the cursor, what is to be shown.  Out: a moment to paint; a question to the worker.
//! Invariant: a moment of another program or view is never returned as the one asked for; at most one question is open.
//! Method: a window of cycles around the cursor, asked ahead of it while time runs; the last moment stays until the next is there.

use crate::play::Motion;
use crate::protocol::{Epoch, Shot, ShotsWanted};
use frame::ChipView;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Cycles kept before and after the cursor.
const KEPT: u64 = 96;
/// Cycles asked for ahead of a cursor that rests, and behind it.
const REST: (u64, u64) = (6, 3);
/// Seconds of the viewer that are asked for ahead while time runs, as a divisor of the rate.
const AHEAD: u64 = 2;
const AHEAD_LEAST: u64 = 6;
const AHEAD_MOST: u64 = 40;
/// Above this rate a frame of the screen shows a cycle of its own: none are asked for ahead.
const RATE_SMOOTH: u64 = 200;

/// What is to be shown.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Wish {
    /// Of which program.
    pub epoch: Epoch,
    /// How.
    pub view: ChipView,
    /// On which chip.
    pub on: u16,
    /// Of which token, where that matters.
    pub token: u32,
    /// At which cycle.
    pub cycle: u64,
    /// Cycles of a token.
    pub length: u64,
    /// Whether time runs.
    pub motion: Motion,
    /// Cycles per second of the viewer.
    pub rate: u64,
}

/// Moments at hand.
#[derive(Default)]
pub struct Reel {
    key: Option<(Epoch, ChipView, u16, u32)>,
    shots: BTreeMap<u64, Rc<Shot>>,
    asked: Option<ShotsWanted>,
    last: Option<Rc<Shot>>,
}

impl Reel {
    /// The moment to show: the one wished for, or the last one until it is there.
    pub fn show(&mut self, wish: &Wish) -> Option<Rc<Shot>> {
        self.aim(wish);
        if let Some(shot) = self.shots.get(&wish.cycle) {
            self.last = Some(Rc::clone(shot));
        }
        self.last.clone()
    }

    /// The moment of a cycle of a program, if it is at hand.
    pub fn at(&self, epoch: Epoch, cycle: u64) -> Option<&Shot> {
        let shot = self.shots.get(&cycle)?;
        self.key.is_some_and(|key| key.0 == epoch).then_some(shot)
    }

    /// Whether the moment wished for is at hand.
    pub fn has(&self, wish: &Wish) -> bool {
        self.key == Some((wish.epoch, wish.view, wish.on, wish.token)) && self.shots.contains_key(&wish.cycle)
    }

    /// The question to ask now, if there is one.
    pub fn ask(&mut self, wish: &Wish) -> Option<ShotsWanted> {
        self.aim(wish);
        if self.asked.is_some() {
            return None;
        }
        let (first, end) = window(wish);
        let missing = (first..end).find(|cycle| !self.shots.contains_key(cycle))?;
        let comfortable = wish.motion == Motion::Playing && wish.cycle + (end - wish.cycle) / 2 < missing;
        if comfortable {
            return None;
        }
        // The cycle in view comes first, after a jump alone; what lies around it can wait.
        let is_there = self.shots.contains_key(&wish.cycle);
        let from = if is_there { missing } else { wish.cycle };
        let end = if is_there || wish.motion == Motion::Playing { end } else { from + 1 };
        let until = (from..end).find(|cycle| self.shots.contains_key(cycle)).unwrap_or(end);
        let wanted =
            ShotsWanted { on: wish.on, token: wish.token, view: wish.view, from, count: (until - from) as u32 };
        self.asked = Some(wanted);
        Some(wanted)
    }

    /// Takes an answer.
    pub fn put(&mut self, epoch: Epoch, wanted: ShotsWanted, shots: Vec<Shot>) {
        if self.asked == Some(wanted) {
            self.asked = None;
        }
        if self.key == Some((epoch, wanted.view, wanted.on, wanted.token)) {
            self.shots.extend((wanted.from..).zip(shots.into_iter().map(Rc::new)));
        }
    }

    fn aim(&mut self, wish: &Wish) {
        let key = Some((wish.epoch, wish.view, wish.on, wish.token));
        if self.key != key {
            self.key = key;
            self.shots.clear();
            self.asked = None;
        }
        let (low, high) = (wish.cycle.saturating_sub(KEPT), wish.cycle + KEPT);
        self.shots.retain(|cycle, _| (low..high).contains(cycle));
    }
}

/// Cycles that should be at hand.
fn window(wish: &Wish) -> (u64, u64) {
    let end = |ahead: u64| (wish.cycle + ahead).min(wish.length).max(wish.cycle + 1);
    match wish.motion {
        Motion::Playing if RATE_SMOOTH < wish.rate => (wish.cycle, end(1)),
        Motion::Playing => (wish.cycle, end((wish.rate / AHEAD).clamp(AHEAD_LEAST, AHEAD_MOST))),
        Motion::Stopped => (wish.cycle.saturating_sub(REST.1), end(REST.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use frame::{Scene, Sentence};

    fn wish(cycle: u64, motion: Motion) -> Wish {
        Wish { epoch: Epoch(1), view: ChipView::full(), on: 0, token: 0, cycle, length: 100, motion, rate: 36 }
    }

    fn answer(reel: &mut Reel, epoch: Epoch, wanted: ShotsWanted) {
        let shot = |cycle: u64| Shot {
            scene: Scene { width: cycle as f32, height: 1.0, layers: Vec::new() },
            sentence: Sentence::default(),
            showpiece: None,
            is_quiet: false,
        };
        reel.put(epoch, wanted, (wanted.from..wanted.from + u64::from(wanted.count)).map(shot).collect());
    }

    #[test]
    fn playing_never_meets_a_cycle_that_was_not_asked_for_in_time() {
        let mut reel = Reel::default();
        for cycle in 0..100 {
            let wish = wish(cycle, Motion::Playing);
            if let Some(wanted) = reel.ask(&wish) {
                assert!(cycle == 0 || wanted.from != cycle, "asked too late for {cycle}");
                answer(&mut reel, Epoch(1), wanted);
            }
            assert_eq!(reel.show(&wish).map(|shot| shot.scene.width), Some(cycle as f32));
        }
    }

    #[test]
    fn a_rest_fetches_both_neighbours_and_then_is_silent() {
        let mut reel = Reel::default();
        let wish = wish(50, Motion::Stopped);
        while let Some(wanted) = reel.ask(&wish) {
            assert_ne!(wanted.count, 0);
            answer(&mut reel, Epoch(1), wanted);
        }
        assert!((47..56).all(|cycle| reel.shots.contains_key(&cycle)));
    }

    #[test]
    fn a_jump_asks_for_the_cycle_in_view_alone_and_first() {
        let mut reel = Reel::default();
        let wanted = reel.ask(&wish(50, Motion::Stopped)).expect("nothing is there yet");
        assert_eq!((wanted.from, wanted.count), (50, 1));
    }

    #[test]
    fn what_another_program_showed_is_not_taken_for_this_one() {
        let mut reel = Reel::default();
        let old = wish(5, Motion::Stopped);
        let wanted = reel.ask(&old).expect("nothing is there yet");
        let new = Wish { epoch: Epoch(2), ..old };
        reel.ask(&new);
        answer(&mut reel, Epoch(1), wanted);
        assert!(!reel.has(&new));
    }
}

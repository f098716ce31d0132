//! Playback: how browser time becomes cycles on the chip, and what the slow-down is called.
//!
//! In: milliseconds of the viewer's time.  Out: a cursor further along, with the fraction of a cycle for smooth motion.
//! Invariant: pausing, stepping and jumping leave no remainder behind; the end of the run stops playing.
//! Method: a table of rates; the fraction is carried, whole cycles move the cursor.

use frame::Cursor;

/// Cycles of the chip per second of the viewer, slowest first.
const RATES: [u64; 12] = [2, 4, 9, 18, 36, 90, 360, 1_800, 9_000, 90_000, 900_000, 9_000_000];
/// 36 cycles at 900 MHz are the 40 ns of the opening.
const RATE_FIRST: usize = 4;
const NANOS: u64 = 1_000_000_000;
/// A tab in the background gets no frames; what it missed is not caught up.
const STEP_MILLIS_MOST: f64 = 100.0;

/// Whether time runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Motion {
    /// The viewer steps.
    Stopped,
    /// Every frame advances the cursor.
    Playing,
}

/// The state of playback.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Playback {
    /// Whether time runs.
    pub motion: Motion,
    rate: usize,
    fraction: f64,
}

impl Default for Playback {
    fn default() -> Self {
        Playback { motion: Motion::Playing, rate: RATE_FIRST, fraction: 0.0 }
    }
}

impl Playback {
    /// How far the shown moment lies between the cursor's cycle and the next, in 0..1.
    pub fn fraction(&self) -> f64 {
        self.fraction
    }

    /// Cycles per second of the viewer.
    pub fn cycles_per_second(&self) -> u64 {
        RATES[self.rate]
    }

    /// Stops or starts time. Stopping lands on a whole cycle.
    pub fn toggle(&mut self) {
        self.motion = match self.motion {
            Motion::Stopped => Motion::Playing,
            Motion::Playing => Motion::Stopped,
        };
        self.fraction = 0.0;
    }

    /// Stops time on a whole cycle.
    pub fn stop(&mut self) {
        self.motion = Motion::Stopped;
        self.fraction = 0.0;
    }

    /// At least so many cycles per second.
    pub fn at_least(&mut self, rate: u64) {
        while RATES[self.rate] < rate && self.rate + 1 < RATES.len() {
            self.faster();
        }
    }

    /// The next faster rate; the fastest stays.
    pub fn faster(&mut self) {
        self.rate = (self.rate + 1).min(RATES.len() - 1);
    }

    /// The next slower rate; the slowest stays.
    pub fn slower(&mut self) {
        self.rate = self.rate.saturating_sub(1);
    }

    /// The cursor after `millis` of the viewer's time. `lengths`: cycles of each token of the run.
    pub fn advance(&mut self, cursor: Cursor, millis: f64, lengths: &[u64]) -> Cursor {
        if self.motion == Motion::Stopped {
            return cursor;
        }
        let passed = self.fraction + millis.clamp(0.0, STEP_MILLIS_MOST) / 1000.0 * RATES[self.rate] as f64;
        let whole = passed.floor();
        self.fraction = passed - whole;
        let (cursor, end) = forward(cursor, whole as u64, lengths);
        if end == Reached::End {
            self.stop();
        }
        cursor
    }

    /// How the slow-down reads on a chip of `hertz`.
    pub fn slowdown(&self, hertz: u64) -> Slowdown {
        let rate = RATES[self.rate];
        Slowdown { nanos_per_second: rate as f64 * NANOS as f64 / hertz as f64, factor: hertz as f64 / rate as f64 }
    }
}

/// The slow-down of playback.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Slowdown {
    /// Nanoseconds on the chip per second of the viewer.
    pub nanos_per_second: f64,
    /// How many times slower than the chip.
    pub factor: f64,
}

/// Whether a motion met the end of the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reached {
    /// It stopped where it was asked to.
    Place,
    /// It stopped at the run's first or last cycle.
    End,
}

/// `cycles` later, across tokens, at most the run's last cycle.
pub fn forward(cursor: Cursor, cycles: u64, lengths: &[u64]) -> (Cursor, Reached) {
    let Cursor { mut token, mut cycle } = cursor;
    cycle = cycle.saturating_add(cycles);
    while let Some(length) = lengths.get(token as usize) {
        if cycle < *length {
            return (Cursor { token, cycle }, Reached::Place);
        }
        if lengths.len() <= token as usize + 1 {
            return (Cursor { token, cycle: length.saturating_sub(1) }, Reached::End);
        }
        cycle -= length;
        token += 1;
    }
    (cursor, Reached::End)
}

/// `cycles` earlier, across tokens, at least the run's first cycle.
pub fn backward(cursor: Cursor, cycles: u64, lengths: &[u64]) -> (Cursor, Reached) {
    let Cursor { mut token, mut cycle } = cursor;
    let mut left = cycles;
    while cycle < left {
        let Some(before) = (token as usize).checked_sub(1).and_then(|index| lengths.get(index)) else {
            return (Cursor { token, cycle: 0 }, Reached::End);
        };
        left -= cycle;
        token -= 1;
        cycle = *before;
    }
    (Cursor { token, cycle: cycle - left }, Reached::Place)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTHS: [u64; 3] = [10, 1, 5];

    fn at(token: u32, cycle: u64) -> Cursor {
        Cursor { token, cycle }
    }

    #[test]
    fn forward_and_backward_are_inverse_inside_the_run() {
        for start in 0..16 {
            let (cursor, _) = forward(at(0, 0), start, &LENGTHS);
            for steps in 0..16 - start {
                let (there, reached) = forward(cursor, steps, &LENGTHS);
                assert_eq!(reached, Reached::Place);
                assert_eq!(backward(there, steps, &LENGTHS), (cursor, Reached::Place));
            }
        }
    }

    #[test]
    fn the_ends_of_the_run_hold() {
        assert_eq!(forward(at(2, 4), 1, &LENGTHS), (at(2, 4), Reached::End));
        assert_eq!(backward(at(0, 3), 4, &LENGTHS), (at(0, 0), Reached::End));
        assert_eq!(forward(at(0, 0), u64::MAX, &LENGTHS), (at(2, 4), Reached::End));
        assert_eq!(forward(at(0, 0), 1, &[]), (at(0, 0), Reached::End));
    }

    #[test]
    fn many_small_frames_make_the_same_time_as_the_rate_says() {
        let mut playback = Playback::default();
        let mut cursor = at(0, 0);
        for _ in 0..600 {
            cursor = playback.advance(cursor, 1000.0 / 60.0, &[1_000_000]);
        }
        assert!(cursor.cycle.abs_diff(10 * 36) <= 1, "{cursor:?}");
    }

    #[test]
    fn playing_stops_at_the_end_on_a_whole_cycle() {
        let mut playback = Playback::default();
        for _ in 0..100 {
            playback.advance(at(2, 4), 50.0, &LENGTHS);
        }
        assert_eq!((playback.motion, playback.fraction()), (Motion::Stopped, 0.0));
    }

    #[test]
    fn the_opening_is_forty_nanoseconds_a_second() {
        let Slowdown { nanos_per_second, factor } = Playback::default().slowdown(900_000_000);
        assert_eq!((nanos_per_second, factor), (40.0, 25_000_000.0));
    }
}

//! The switch unit: Distribute.
//!
//! In: dispatches of a distributor.  Out: the same lanes of each superlane in another order, on an inward stream.
//! Invariant: lanes stay in their superlane.
//! Method: one table look-up per byte.

use crate::step::Step;
use crate::word::{Word, WordBytes};
use crate::{Cause, Observer};
use arch::{Hemisphere, StreamId};

/// Lanes of a superlane.
const LANES: usize = 16;

/// Executes a Distribute.
pub(crate) fn distribute<O: Observer>(step: &mut Step<O>, hemisphere: Hemisphere, from: u8, to: u8, map: &[u8; LANES]) {
    let after = step.shared.chip.latency.sxm_distribute;
    let word = step.sample(StreamId::new(hemisphere.outward(), from));
    let out_of_range = map.iter().copied().find(|&lane| LANES as u8 <= lane);
    let result = match (out_of_range, word) {
        (Some(lane), _) => Word::Poison(step.violation(Cause::LaneMap { lane })),
        (None, Word::Bytes(bytes)) => Word::new(distributed(&bytes, map)),
        (None, poison) => poison,
    };
    step.drive(StreamId::new(hemisphere.inward(), to), after, result);
}

/// The lanes of each superlane in the order of the map, which stays below 16.
pub(crate) fn distributed(bytes: &WordBytes, map: &[u8; LANES]) -> WordBytes {
    std::array::from_fn(|at| bytes[at / LANES * LANES + usize::from(map[at % LANES])])
}

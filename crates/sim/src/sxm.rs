//! The switch unit: Distribute, Transpose, Rotate, Permute, Shift.
//!
//! In: dispatches of distributors, transposers and the permuter.  Out: the same lanes in other places, on inward streams.
//! Invariant: Distribute, Transpose and Rotate keep lanes in their superlane; the only byte made that was not there is a zero that a
//!     Distribute asks for.
//! Method: one table look-up per byte.

use crate::step::Step;
use crate::word::{Word, WordBytes};
use crate::{Cause, Observer};
use arch::{Hemisphere, StreamId};
use program::{LANE_ZERO, WORD_BYTES};

/// Lanes of a superlane.
const LANES: usize = 16;

/// Executes a Distribute.
pub(crate) fn distribute<O: Observer>(step: &mut Step<O>, hemisphere: Hemisphere, from: u8, to: u8, map: &[u8; LANES]) {
    let after = step.shared.chip.latency.sxm_distribute;
    let word = step.sample(StreamId::new(hemisphere.outward(), from));
    let out_of_range = map.iter().copied().find(|&lane| LANE_ZERO < lane);
    let result = match (out_of_range, word) {
        (Some(lane), _) => Word::Poison(step.violation(Cause::LaneMap { lane })),
        (None, Word::Bytes(bytes)) => Word::new(distributed(&bytes, map)),
        (None, poison) => poison,
    };
    step.drive(StreamId::new(hemisphere.inward(), to), after, result);
}

/// Executes a Transpose.
pub(crate) fn transpose<O: Observer>(step: &mut Step<O>, hemisphere: Hemisphere, from: u8, to: u8) {
    let after = step.shared.chip.latency.sxm_transpose;
    let words = step.sample_group(StreamId::new(hemisphere.outward(), from), LANES as u8);
    let first = StreamId::new(hemisphere.inward(), to);
    if !step.is_group(first, LANES as u8) {
        return;
    }
    let poison = words.iter().find_map(Word::poison);
    let rows: Vec<&WordBytes> = words.iter().filter_map(Word::bytes).collect();
    for row in 0..LANES {
        let word = match poison {
            Some(id) => Word::Poison(id),
            None => Word::new(std::array::from_fn(|at| rows[at % LANES][at / LANES * LANES + row])),
        };
        step.drive(StreamId::new(first.direction, first.number.saturating_add(row as u8)), after, word);
    }
}

/// Executes a Rotate from the first stream to the first of `size * size`.
pub(crate) fn rotate<O: Observer>(step: &mut Step<O>, half: Hemisphere, (from, to): (u8, u8), size: u8) {
    let after = step.shared.chip.latency.sxm_rotate;
    if !(3..=4).contains(&size) {
        step.violation(Cause::RotateSize { size });
        return;
    }
    let outward = StreamId::new(half.outward(), from);
    if !step.is_group(outward, 4) || !step.is_group(StreamId::new(half.inward(), to), LANES as u8) {
        return;
    }
    for row in 0..size {
        let word = step.sample(StreamId { number: from + row, ..outward });
        for turn in 0..size {
            let turned = match &word {
                Word::Bytes(bytes) => Word::new(turned(bytes, usize::from(turn))),
                Word::Poison(id) => Word::Poison(*id),
            };
            let number = to.saturating_add(size * row + turn);
            step.drive(StreamId::new(half.inward(), number), after, turned);
        }
    }
}

/// Every superlane turned so that lane l is its lane l + `turn`.
fn turned(bytes: &WordBytes, turn: usize) -> WordBytes {
    std::array::from_fn(|at| bytes[at / LANES * LANES + (at + turn) % LANES])
}

/// Executes a Permute from the first to the second stream.
pub(crate) fn permute<O: Observer>(step: &mut Step<O>, hemisphere: Hemisphere, (from, to): (u8, u8), map: u16) {
    let shared = step.shared;
    let word = step.sample(StreamId::new(hemisphere.outward(), from));
    let lanes = shared.executable.maps.get(usize::from(map)).filter(|map| map.is_bijection());
    let result = match (lanes, word) {
        (None, _) => Word::Poison(step.violation(Cause::PermuteMap { map })),
        (Some(lanes), Word::Bytes(bytes)) => Word::new(std::array::from_fn(|at| bytes[usize::from(lanes.from[at])])),
        (Some(_), poison) => poison,
    };
    step.drive(StreamId::new(hemisphere.inward(), to), shared.chip.latency.sxm_permute, result);
}

/// Executes a Shift of a northward and a southward stream.
pub(crate) fn shift<O: Observer>(
    step: &mut Step<O>,
    hemisphere: Hemisphere,
    (north, south): (u8, u8),
    lanes: u16,
    to: u8,
) {
    let after = step.shared.chip.latency.sxm_permute;
    let north = step.sample(StreamId::new(hemisphere.outward(), north));
    let south = step.sample(StreamId::new(hemisphere.outward(), south));
    let by = usize::from(lanes);
    let result = match (north, south) {
        _ if WORD_BYTES < by => Word::Poison(step.violation(Cause::ShiftRange { lanes })),
        (Word::Bytes(north), Word::Bytes(south)) => {
            let moved = |at: usize| if by <= at { north[at - by] } else { south[at + WORD_BYTES - by] };
            Word::new(std::array::from_fn(moved))
        }
        (Word::Poison(id), _) | (_, Word::Poison(id)) => Word::Poison(id),
    };
    step.drive(StreamId::new(hemisphere.inward(), to), after, result);
}

/// The lanes of each superlane in the order of the map, or zero.
pub(crate) fn distributed(bytes: &WordBytes, map: &[u8; LANES]) -> WordBytes {
    std::array::from_fn(|at| match map[at % LANES] {
        LANE_ZERO => 0,
        lane => bytes[at / LANES * LANES + usize::from(lane)],
    })
}

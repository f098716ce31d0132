//! One number over the pictures of a token, to compare two machines that draw it: native and wasm, today and yesterday.
//!
//! In: a timeline, a token.  Out: a hash of its display lists at spread-out cycles.
//! Invariant: the same program gives the same number everywhere.
//! Method: the hashes of the scenes, hashed.

use crate::chip::{ChipView, chip};
use crate::memory::memory;
use crate::selection::Cursor;
use crate::sentence::sentence;
use crate::shape::hash;
use crate::timeline::Timeline;

/// Cycles between two pictures; a prime, so that no period of the program hides behind it.
const STRIDE: usize = 89;

/// Hash of what the views show of `token`: chip, opening, memory, and what is said.
pub fn digest(timeline: &Timeline, token: u32) -> u64 {
    let pictures = (0..timeline.length()).step_by(STRIDE).map(|cycle| {
        let cursor = Cursor { token, cycle };
        let views = [ChipView::full(), ChipView::overview()].map(|view| chip(timeline, cursor, &view).hash());
        (views, memory(timeline, cursor, None).hash(), hash(&sentence(timeline, cycle)))
    });
    hash(&pictures.collect::<Vec<_>>())
}

//! Outputs of a run beside those of the evaluator.
//!
//! In: what the host reads, what the lowered graph evaluates to.  Out: nothing, or a test that fails.
//! Invariant: bits are compared, so that a zero has its sign and what is no number its payload.

use graph::{Elements, Tensor};
use sim::{OutputTile, System};
use std::collections::BTreeMap;
use std::fmt::Display;

/// Every tile has the bits of the f32 that the evaluator gives under its name; `when` is said of one that has others.
#[track_caller]
pub fn expect_values(tiles: &[OutputTile], expected: &BTreeMap<String, Tensor>, when: impl Display) {
    for tile in tiles {
        let Elements::F32(values) = expected[&tile.output].elements() else { panic!("{} is f32", tile.output) };
        let values: Vec<u32> = values.iter().map(|value| value.to_bits()).collect();
        assert_eq!(values, tile.bits[..values.len()], "{} of {when}", tile.output);
    }
}

/// All that the evaluator gives after a token is on the chips, with its bits.
#[track_caller]
pub fn expect_all_values(system: &System, expected: &BTreeMap<String, Tensor>, position: u32) {
    let tiles = system.outputs();
    assert_eq!(tiles.len(), expected.len(), "the chips hold all outputs of token {position}");
    expect_values(&tiles, expected, format_args!("token {position}"));
}

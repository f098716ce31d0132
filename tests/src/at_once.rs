//! What holds of every pass that takes all its rows at once, whichever model it is of.
//!
//! In: a compiled pass, its chip.  Out: nothing, or a test that fails.
//! Invariant: nothing here knows what the pass computes.

use arch::Chip;
use compile::AtOnce;
use program::Program;
use sim::Machine;
use std::collections::BTreeMap;

/// The judge finds nothing.
#[track_caller]
pub fn expect_judged<Model>(chip: &Chip, compiled: &AtOnce<Model>) {
    let report = verify::violations(chip, &compiled.program);
    assert_eq!(report.total, 0, "{report:?}");
}

/// It is judged, takes as long without weights, and no less than both bounds.
#[track_caller]
pub fn expect_timed<Model>(chip: &Chip, compiled: &AtOnce<Model>) {
    expect_judged(chip, compiled);
    let mut bare = Machine::load_timing(chip, &compiled.program.executable).expect("it needs no tensors");
    bare.launch(&BTreeMap::new(), 0).expect("its record has no values");
    let outcome = bare.run_token(&mut sim::Silent);
    assert_eq!((outcome.cycles, outcome.violations), (compiled.cycles(), 0));
    assert!(compiled.least.cycles() < compiled.bound() && compiled.bound() < compiled.cycles());
}

/// Compiled twice it is the same bytes, and its text is read back.
#[track_caller]
pub fn expect_repeated(compile: impl Fn() -> Program) {
    let (one, other) = (compile(), compile());
    assert_eq!(program::binary::encode(&one), program::binary::encode(&other));
    let text = program::text::print(&one.executable);
    assert!(program::text::parse(&text).expect("it was printed") == one.executable);
}

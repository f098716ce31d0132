//! Published figures, which no constant of a decode step was fitted to unless its gate says so.
//!
//! In: `gpu::gates`.  Out: each gate beside the model; a failure where one is missed without a reason, or has a reason and is met.
//! Invariant: a gate that is missed is listed as missed, and the test fails when it stops being missed.

use crate::common::graph;
use gpu::gates::{Gate, Measure, Reading, gates, load_readings};
use gpu::published::Role;

fn line(reading: &Reading) -> String {
    let Reading { letter, what, unit, published, found, .. } = reading;
    format!("({letter}) {}: published {published} {unit}, model {found:.4}, {:+.1} %", what.en, reading.off())
}

/// Holds each reading to what its gate says of it.
fn held(readings: &[Reading]) {
    for reading in readings {
        println!("{}", line(reading));
        assert_eq!(reading.is_met(), reading.missed.is_none(), "{}", line(reading));
    }
}

#[test]
fn every_gate_of_a_model_on_a_box_is_met_or_missed_for_a_reason() {
    let all = gates();
    let letter = |letter: &str| all.iter().filter(|gate| gate.letter == letter).count();
    assert_eq!([letter("a"), letter("b"), letter("c")], [10, 16, 1]);
    let held_out = |gate: &&Gate| gate.measure == Measure::Decode(Role::HeldOut);
    assert_eq!(all.iter().filter(held_out).count(), 3);
    let readings: Vec<Reading> = all.iter().map(|gate| gate.read(&graph(gate.model)).expect("it fits")).collect();
    held(&readings);
    let missed: Vec<&Reading> = readings.iter().filter(|reading| reading.missed.is_some()).collect();
    assert_eq!(missed.len(), 1, "long contexts with shared heads");
    assert!((40.0..75.0).contains(&missed[0].off()), "{}", line(missed[0]));
}

#[test]
fn every_gate_of_a_load_is_met_or_missed_for_a_reason() {
    let readings = load_readings();
    held(&readings);
    assert_eq!((readings.len(), readings.iter().filter(|reading| !reading.is_met()).count()), (7, 1));
}

#[test]
fn gates_are_told_in_both_languages() {
    for reading in load_readings().iter().chain(&[gates()[0].read(&graph("7B")).expect("it fits")]) {
        assert!(!reading.what.zh.is_ascii() && !reading.what.en.contains('：'), "{:?}", reading.what);
    }
}

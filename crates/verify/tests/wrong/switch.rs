//! The SXM's transposers and permuter, broken: operands, maps, values, collisions.
//!
//! In: `transpose`, `permute`.  Out: one case per way to be wrong.
//! Invariant: nothing but the rule of the case is named, although values are lost.
//! Method: see the parent.

use super::{check, check_chip, is_named};
use crate::edit::{burst, later};
use crate::hand::switch::{permute, transpose};
use program::{Instruction, LaneMap, Program};
use verify::{Fault, Field, Rule};

fn is_operand(name: &'static str) -> impl Fn(&Fault) -> bool {
    move |fault| matches!(fault, Fault::Operand { operand, .. } if is_named(operand, name))
}

fn transposing(from: u8, to: u8) -> impl Fn(&mut Program) {
    move |program| burst(program, "sxmE1.transpose", 2).instruction = Instruction::Transpose { from, to }
}

#[test]
fn a_transposition_takes_and_gives_streams_in_sixteens() {
    check(Rule::Form, transpose(), transposing(8, 16), |fault| is_operand("from")(fault));
    check(Rule::Form, transpose(), transposing(0, 32), |fault| is_operand("to")(fault));
    check(Rule::Driven, transpose(), transposing(16, 16), |fault| matches!(fault, Fault::Undriven { .. }));
}

#[test]
fn a_transposer_that_is_not_there() {
    let third = |program: &mut Program| {
        let queues = &mut crate::edit::template(program).queues;
        let found = queues.iter_mut().find(|(queue, _)| queue.to_string() == "sxmE1.transpose");
        found.expect("it transposes").0 = "sxmE2.transpose".parse().expect("a name of a queue");
    };
    check(Rule::Form, transpose(), third, |fault| matches!(fault, Fault::UnknownQueue));
    check_chip(Rule::Form, transpose(), |chip| chip.transposers = 1, |fault| matches!(fault, Fault::UnknownQueue));
}

#[test]
fn rows_in_another_order_are_another_table() {
    let swapped = |program: &mut Program| {
        let image = &mut program.executable.image;
        let rows = [image[0].row, image[4].row];
        (image[0].row, image[4].row) = (rows[1], rows[0]);
    };
    check(Rule::Dataflow, transpose(), swapped, |fault| matches!(fault, Fault::OutputValue { .. }));
}

#[test]
fn maps_that_are_missing_or_take_a_lane_twice() {
    let missing = |program: &mut Program| program.executable.maps.clear();
    check(Rule::Form, permute(), missing, |fault| is_operand("map")(fault));
    let twice = |program: &mut Program| program.executable.maps[0].from[1] = 319;
    check(Rule::Form, permute(), twice, |fault| matches!(fault, Fault::Operand { operand: Field::LaneMap(0), .. }));
    let other = |program: &mut Program| program.executable.maps[0].from.swap(7, 300);
    check(Rule::Dataflow, permute(), other, |fault| matches!(fault, Fault::OutputValue { byte: 3, .. }));
    let local =
        |program: &mut Program| program.executable.maps[0] = LaneMap { from: (0..320).map(|l| l ^ 15).collect() };
    check(Rule::Dataflow, permute(), local, |fault| matches!(fault, Fault::OutputValue { .. }));
}

#[test]
fn shifts_by_other_lanes_or_beside_other_streams() {
    let by = |north, south, lanes| {
        move |program: &mut Program| {
            burst(program, "sxmE0.permute", 7).instruction = Instruction::Shift { north, south, lanes, to: 11 };
        }
    };
    check(Rule::Form, permute(), by(3, 3, 321), |fault| is_operand("lanes")(fault));
    check(Rule::Dataflow, permute(), by(3, 3, 18), |fault| matches!(fault, Fault::OutputValue { byte: 3, .. }));
    check(Rule::Driven, permute(), by(3, 4, 17), |fault| matches!(fault, Fault::Undriven { .. }));
}

#[test]
fn one_cycle_late_finds_nothing() {
    check(
        Rule::Driven,
        permute(),
        |program| later(program, "E35.write", 0),
        |fault| matches!(fault, Fault::Undriven { .. }),
    );
    let slow = |chip: &mut arch::Chip| chip.latency.sxm_permute = 0;
    check_chip(Rule::Form, permute(), slow, |fault| matches!(fault, Fault::ImpossibleChip { .. }));
}

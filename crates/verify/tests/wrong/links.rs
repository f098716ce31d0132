//! Rule 12 broken: links between chips.
//!
//! In: `exchange`.  Out: one case per fault.
//! Invariant: nothing but the rule of the case is named, although values are lost.
//! Method: see the parent; both chips run the edit, so both report it.

use super::{check, check_chip};
use crate::edit::{burst, later, queue};
use crate::hand::links::exchange;
use arch::{Hemisphere, LinkId, Queue};
use program::{Entry, Instruction, Program};
use verify::{Fault, Field, Rule};

/// Moves the queue `from` of the first template to another link, which the program does not use.
fn replug(program: &mut Program, from: Queue, to: Queue) {
    let queues = &mut crate::edit::template(program).queues;
    queues.iter_mut().filter(|(queue, _)| *queue == from).for_each(|(queue, _)| *queue = to);
    queues.sort_by_key(|(queue, _)| *queue);
}

fn west(number: u8) -> LinkId {
    LinkId { hemisphere: Hemisphere::West, number }
}

#[test]
fn a_receiver_who_comes_late_meets_nobody_and_the_vector_is_lost() {
    let late = |program: &mut Program| {
        later(program, "c2cW0.receive", 0);
        later(program, "W8.write", 0);
    };
    check(Rule::Links, exchange(), late, |fault| matches!(fault, Fault::NothingLands));
    check(Rule::Links, exchange(), late, |fault| matches!(fault, Fault::NotReceived { .. }));
}

#[test]
fn a_vector_that_nobody_expects() {
    let dropped = |program: &mut Program| {
        let entries = queue(program, "c2cW0.receive");
        let last = entries.iter().rposition(|entry| matches!(entry, Entry::Issue(_))).expect("four are received");
        entries[last] = Entry::Nop(1);
        let writes = queue(program, "W11.write");
        writes.iter_mut().filter(|entry| matches!(entry, Entry::Issue(_))).for_each(|entry| *entry = Entry::Nop(1));
        program.executable.outputs.clear();
        program.lowered.outputs.clear();
    };
    check(Rule::Links, exchange(), dropped, |fault| matches!(fault, Fault::NotReceived { .. }));
}

#[test]
fn vectors_too_close_for_the_link() {
    let slow = |chip: &mut arch::Chip| {
        chip.latency.link_vector += 1;
        chip.latency.link_flight -= 1;
    };
    check_chip(Rule::Links, exchange(), slow, |fault| matches!(fault, Fault::LinkBusy { .. }));
}

#[test]
fn a_link_without_a_cable() {
    let unplugged = |program: &mut Program| replug(program, Queue::LinkSend(west(0)), Queue::LinkSend(west(3)));
    check(Rule::Links, exchange(), unplugged, |fault| matches!(fault, Fault::NoCable));
    let deaf = |program: &mut Program| replug(program, Queue::LinkReceive(west(0)), Queue::LinkReceive(west(3)));
    check(Rule::Links, exchange(), deaf, |fault| matches!(fault, Fault::NothingLands));
}

#[test]
fn the_wrong_vector_arrives() {
    let swapped = |program: &mut Program| {
        for (number, other) in [(1, 2), (2, 1)] {
            burst(program, "c2cW0.send", number).instruction = Instruction::Send { from: other };
        }
    };
    check(Rule::Driven, exchange(), swapped, |fault| matches!(fault, Fault::Undriven { .. }));
    let other_row = |program: &mut Program| program.executable.image[0].row = 1;
    check(Rule::Dataflow, exchange(), other_row, |fault| matches!(fault, Fault::OutputValue { .. }));
}

#[test]
fn a_chip_or_a_topology_that_is_not_there() {
    let ring = |program: &mut Program| program.executable.topology = "ring".to_owned();
    check(Rule::Form, exchange(), ring, |fault| matches!(fault, Fault::UnknownTopology { .. }));
    let ninth = |program: &mut Program| {
        let mut residency = program.executable.image[0];
        residency.chip = 2;
        program.executable.image.push(residency);
    };
    check(
        Rule::Lifetime,
        exchange(),
        ninth,
        |fault| matches!(fault, Fault::Residency { field, .. } if *field == Field::Chip),
    );
}

#[test]
fn what_every_chip_has_in_common_is_said_once() {
    let report = |change: &dyn Fn(&mut Program)| {
        let mut program = exchange();
        program.witness = program::Witness::default();
        change(&mut program);
        verify::violations(&arch::Chip::lpu_14nm(), &program)
    };
    let common = report(&|program| later(program, "c2cW0.receive", 3));
    let first = &common.violations[0];
    assert_eq!((first.on.as_slice(), first.of), ([0, 1].as_slice(), 2));
    assert!(first.sentence(verify::Lang::English).contains(", on all 2 chips, queue"), "{first}");
    assert!(first.sentence(verify::Lang::Chinese).contains("全部 2 顆晶片，佇列"), "{first}");
    let told: u64 = common.violations.iter().map(|violation| violation.on.len() as u64).sum();
    assert_eq!((told, common.total), (common.total, 2 * common.violations.len() as u64));
    let single = report(&|program| program.executable.image[0].row = 1);
    let alone = &single.violations[0];
    assert_eq!((alone.on.as_slice(), alone.chip), ([1].as_slice(), 1), "chip 1 gets the wrong row");
    assert!(alone.sentence(verify::Lang::English).contains(", on chip 1, word"), "{alone}");
}

#[test]
fn what_lies_wrong_is_said_of_the_chip_where_it_lies() {
    let said = |change: fn(&mut Program), wanted: fn(&Fault) -> bool| {
        let mut program = exchange();
        program.witness = program::Witness::default();
        change(&mut program);
        let report = verify::violations(&arch::Chip::lpu_14nm(), &program);
        let found = report.violations.into_iter().find(|violation| wanted(&violation.fault)).expect("it is found");
        (found.on, found.chip)
    };
    assert_eq!(exchange().executable.image.iter().position(|residency| residency.chip == 1), Some(4));
    let residency = |fault: &Fault| matches!(fault, Fault::Residency { .. });
    let reserved = |fault: &Fault| matches!(fault, Fault::ReservedSlice);
    assert_eq!(said(|program| program.executable.image[4].slice.number = 16, reserved), (vec![1], 1));
    assert_eq!(said(|program| program.executable.image[4].slice.number = 44, residency), (vec![1], 1));
    assert_eq!(said(|program| program.executable.image[4].words = 0, residency), (vec![1], 1));
    assert_eq!(said(|program| program.executable.image[4].row = 7, residency), (vec![1], 1));
    assert_eq!(said(|program| program.executable.outputs[1].slices[0].number = 16, reserved), (vec![1], 1));
    let unknown = |program: &mut Program| {
        let content = program::RecordContent::Input { name: "z".to_owned(), plane: 0 };
        let slice = program.executable.image[0].slice;
        program.executable.record.push(program::RecordField { slice, address: 9, content });
    };
    assert_eq!(said(unknown, residency), (vec![0, 1], 0), "the host writes it into every chip");
}

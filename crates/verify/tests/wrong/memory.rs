//! Rules 2 to 5 and 10 broken: streams, SRAM, launch record.
//!
//! In: hand-written programs.  Out: one case per fault.
//! Invariant: nothing but the rule of the case is named, although values are lost.
//! Method: see the parent.

use super::check;
use crate::edit::{burst, issue, later, meanwhile};
use crate::hand::{E, W, arithmetic, east, input, movement, resident};
use arch::StreamId;
use graph::TensorId;
use program::{Address, Instruction, Packing, RecordContent, WordSource};
use verify::{Fault, Rule};

fn tensor(plane: u8) -> WordSource {
    WordSource::Tensor { tensor: TensorId::new(0), packing: Packing::Plane(plane) }
}

fn read(address: u16) -> Instruction {
    Instruction::Read { address: Address::fixed(address), to: StreamId::new(E, 30) }
}

#[test]
fn two_alus_drive_one_stream() {
    let twice = |program: &mut _| {
        let instruction = burst(program, "alu3", 0).instruction;
        issue(program, 10, "alu2", instruction);
    };
    check(Rule::Collision, arithmetic::add(), twice, |fault| matches!(fault, Fault::Collision { .. }));
}

#[test]
fn a_car_is_late() {
    let undriven = |fault: &Fault| matches!(fault, Fault::Undriven { .. });
    check(Rule::Driven, movement::copy(), |program| later(program, "E0.read", 0), undriven);
    check(Rule::Driven, arithmetic::add(), |program| later(program, "E5.read", 0), undriven);
}

#[test]
fn a_read_and_a_write_in_one_bank() {
    let beside = |word| {
        move |program: &mut _| {
            let write = Instruction::Write { address: Address::fixed(word), from: StreamId::new(W, 0) };
            issue(program, 10, "E0.write", write);
        }
    };
    let conflict = |fault: &Fault| matches!(fault, Fault::BankConflict { .. });
    check(Rule::Memory, arithmetic::running_max(), beside(100), conflict);
    let mut other_bank = arithmetic::running_max();
    other_bank.witness = Default::default();
    beside(5000)(&mut other_bank);
    assert!(verify::check(&arch::Chip::lpu_14nm(), other_bank).is_ok(), "another bank is legal");
}

#[test]
fn a_read_and_a_scatter_in_one_bank() {
    let conflict = |fault: &Fault| matches!(fault, Fault::BankConflict { read: 0, write: 0 });
    let beside = |cycle| move |program: &mut _| meanwhile(program, cycle, "E8.read", read(503));
    check(Rule::Memory, movement::cache(), beside(20), conflict);
    let mut before = movement::cache();
    before.witness = Default::default();
    beside(19)(&mut before);
    assert!(verify::check(&arch::Chip::lpu_14nm(), before).is_ok(), "in the cycle before it is legal");
}

#[test]
fn a_gather_and_a_write_in_one_bank() {
    let beside = |word| {
        move |program: &mut _| {
            let write = Instruction::Write { address: Address::fixed(word), from: StreamId::new(E, 31) };
            meanwhile(program, 30, "E8.write", write);
        }
    };
    let conflict = |fault: &Fault| matches!(fault, Fault::BankConflict { read: 0, write: 0 });
    check(Rule::Memory, movement::cache(), beside(100), conflict);
    let mut other_bank = movement::cache();
    other_bank.witness = Default::default();
    beside(5000)(&mut other_bank);
    assert!(verify::check(&arch::Chip::lpu_14nm(), other_bank).is_ok(), "another bank is legal");
}

#[test]
fn data_in_a_slice_of_instructions() {
    let put = |program: &mut program::Program| program.executable.image.push(resident(east(16), 0, 1, tensor(0)));
    check(Rule::Memory, arithmetic::add(), put, |fault| matches!(fault, Fault::ReservedSlice));
    check(
        Rule::Memory,
        arithmetic::add(),
        |program| {
            program.executable.image.push(resident(east(16), 0, 1, tensor(0)));
            issue(program, 0, "E16.read", read(0));
        },
        |fault| matches!(fault, Fault::ReservedSlice),
    );
}

#[test]
fn an_address_outside_the_slice() {
    let range = |fault: &Fault| matches!(fault, Fault::AddressRange { .. });
    check(Rule::Memory, movement::copy(), |program| issue(program, 0, "E5.read", read(8192)), range);
    let strides = |program: &mut _| {
        let Instruction::Write { address, .. } = &mut burst(program, "E12.write", 0).instruction else { return };
        *address = Address { base: 0, offset: 3, stride: -2 };
    };
    let mut program = arithmetic::running_max();
    program.lowered.outputs.truncate(1);
    program.executable.outputs.truncate(1);
    check(Rule::Memory, program, strides, range);
}

#[test]
fn a_word_that_nobody_wrote() {
    check(
        Rule::Lifetime,
        movement::copy(),
        |program| issue(program, 0, "E5.read", read(1)),
        |fault| matches!(fault, Fault::Unwritten { address: 1 }),
    );
}

#[test]
fn a_constant_overwritten() {
    let write = Instruction::Write { address: Address::fixed(0), from: StreamId::new(W, 4) };
    check(
        Rule::Lifetime,
        arithmetic::add(),
        |program| issue(program, 9, "E4.write", write),
        |fault| matches!(fault, Fault::ConstantWritten { .. }),
    );
}

#[test]
fn two_owners_of_a_word() {
    let overlap = |fault: &Fault| matches!(fault, Fault::Overlap);
    let image = |program: &mut program::Program| program.executable.image.push(resident(east(4), 0, 1, tensor(0)));
    check(Rule::Lifetime, arithmetic::add(), image, overlap);
    let record = |program: &mut program::Program| program.executable.record.extend(input("x", crate::hand::four(0), 0));
    check(Rule::Lifetime, arithmetic::add(), record, overlap);
    check(
        Rule::Lifetime,
        arithmetic::add(),
        |program| program.executable.image[0].address = 9,
        |fault| matches!(fault, Fault::Unwritten { .. }),
    );
}

#[test]
fn residencies_of_rows_bytes_and_words_that_do_not_exist() {
    let wrong = |fault: &Fault| matches!(fault, Fault::Residency { .. });
    check(Rule::Lifetime, arithmetic::running_max(), |program| program.executable.image[0].row = 1, wrong);
    check(Rule::Lifetime, arithmetic::running_max(), |program| program.executable.image[0].words = 0, wrong);
    check(Rule::Lifetime, arithmetic::running_max(), |program| program.executable.image[0].address = 8190, wrong);
    check(Rule::Lifetime, arithmetic::running_max(), |program| program.executable.image[0].source = tensor(4), wrong);
    let half = WordSource::Tensor { tensor: TensorId::new(0), packing: Packing::Half(0) };
    check(Rule::Lifetime, arithmetic::running_max(), |program| program.executable.image[0].source = half, wrong);
    let nowhere = |program: &mut program::Program| program.executable.record[0].slice.number = 44;
    check(Rule::Lifetime, movement::copy(), nowhere, wrong);
    let unknown = |program: &mut program::Program| {
        program.executable.record[0].content = RecordContent::Input { name: "z".to_owned(), plane: 0 };
    };
    check(Rule::Lifetime, movement::copy(), unknown, wrong);
}

#[test]
fn a_map_that_leaves_its_region() {
    let base = |base| {
        move |program: &mut program::Program| {
            let map = program.executable.record.last_mut().expect("the map comes last");
            map.content = RecordContent::Map { base };
        }
    };
    let range = |fault: &Fault| matches!(fault, Fault::MapRange { .. });
    check(Rule::Record, movement::cache(), base(501), range);
    check(Rule::Record, movement::cache(), base(499), range);
    check(Rule::Record, movement::cache(), base(8190), range);
}

#[test]
fn an_address_that_is_data() {
    let data = |program: &mut program::Program| {
        let map = program.executable.record.last_mut().expect("the map comes last");
        map.content = RecordContent::Input { name: "x".to_owned(), plane: 0 };
    };
    check(Rule::Record, movement::cache(), data, |fault| matches!(fault, Fault::MapUnknown));
}

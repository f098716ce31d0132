//! Rule 1 broken.
//!
//! In: `copy` and `add`.  Out: one case per fault of form.
//! Invariant: a fault of form is the only thing reported.
//! Method: see the parent.

use super::{check, check_chip};
use crate::edit::{burst, lengthen, queue, template};
use crate::hand::{E, W, arithmetic, movement};
use arch::{Queue, StreamId};
use graph::{DType, ScalarOp};
use program::{AluOp, Burst, Entry, Instruction, Operand};
use units::Id;
use verify::{Fault, Quantity, Rule};

const FORM: Rule = Rule::Form;

#[test]
fn another_chip() {
    check(
        FORM,
        movement::copy(),
        |program| program.executable.chip = "other".to_owned(),
        |fault| matches!(fault, Fault::OtherChip { .. }),
    );
}

#[test]
fn a_chip_without_words_or_without_latency() {
    let impossible = |fault: &Fault| matches!(fault, Fault::ImpossibleChip { .. });
    check_chip(FORM, movement::copy(), |chip| chip.words = 0, impossible);
    check_chip(FORM, movement::copy(), |chip| chip.latency.mem_read = 0, impossible);
    check_chip(FORM, movement::copy(), |chip| chip.latency.hop = u32::MAX, impossible);
}

#[test]
fn queues_that_are_not_there_or_out_of_order() {
    let unknown = |program: &mut _| {
        let length = template(program).length().0 as u32;
        template(program).queues.push((Queue::Alu(16), vec![Entry::Nop(length)]));
    };
    check(FORM, movement::copy(), unknown, |fault| matches!(fault, Fault::UnknownQueue));
    check(
        FORM,
        movement::copy(),
        |program| template(program).queues.swap(0, 1),
        |fault| matches!(fault, Fault::QueueOrder),
    );
}

#[test]
fn queues_of_unequal_length() {
    check(
        FORM,
        movement::copy(),
        |program| queue(program, "E8.write").push(Entry::Nop(1)),
        |fault| matches!(fault, Fault::QueueLength { .. }),
    );
}

#[test]
fn entries_of_nothing() {
    let empty = |fault: &Fault| matches!(fault, Fault::EmptyEntry { .. });
    check(FORM, movement::copy(), |program| queue(program, "E8.write").push(Entry::Nop(0)), empty);
    check(FORM, movement::copy(), |program| burst(program, "E8.write", 0).count = 0, empty);
    check(FORM, movement::copy(), |program| burst(program, "E8.write", 0).interval = 0, empty);
}

#[test]
fn an_instruction_in_a_queue_of_another_kind() {
    check(
        FORM,
        movement::copy(),
        |program| burst(program, "E8.write", 0).instruction = Instruction::Install,
        |fault| matches!(fault, Fault::Misplaced { .. }),
    );
}

#[test]
fn operands_out_of_range_misaligned_or_of_the_wrong_type() {
    let alu = |op, dtype, a, b, number| Instruction::Alu(AluOp { op, dtype, a, b, to: Some(StreamId::new(E, number)) });
    let stream = |number| Operand::Stream(StreamId::new(W, number));
    let (f32, none) = (DType::F32, Operand::None);
    let wrong = [
        alu(ScalarOp::Add, f32, stream(0), stream(4), 2),
        alu(ScalarOp::Add, f32, stream(0), stream(29), 0),
        alu(ScalarOp::Add, f32, stream(0), none, 0),
        alu(ScalarOp::Add, f32, none, stream(4), 0),
        alu(ScalarOp::Exp, f32, stream(0), stream(4), 0),
        alu(ScalarOp::Exp, DType::I32, stream(0), none, 0),
        alu(ScalarOp::Div, f32, stream(0), stream(4), 0),
        alu(ScalarOp::Add, f32, Operand::Alu(16), stream(4), 0),
        alu(ScalarOp::F16ToF32, DType::F16, Operand::Immediate(0), none, 0),
    ];
    for instruction in wrong {
        check(
            FORM,
            arithmetic::add(),
            |program| burst(program, "alu3", 0).instruction = instruction,
            |fault| matches!(fault, Fault::Operand { .. }),
        );
    }
}

#[test]
fn instances_of_nothing_or_without_bases() {
    check(
        FORM,
        movement::copy(),
        |program| program.executable.instances[0].template = Id::new(7),
        |fault| matches!(fault, Fault::UnknownTemplate { .. }),
    );
    let base = |fault: &Fault| matches!(fault, Fault::Base { .. });
    check(FORM, movement::copy(), |program| program.executable.instances[0].bases[0] = 1, base);
    check(FORM, movement::copy(), |program| program.executable.instances[0].bases.truncate(1), base);
}

#[test]
fn a_token_without_end_or_without_positions() {
    let long = |fault: &Fault| matches!(fault, Fault::TooLong { what: Quantity::Cycles, .. });
    let often = |fault: &Fault| matches!(fault, Fault::TooLong { what: Quantity::Dispatches, .. });
    let crowd = |fault: &Fault| matches!(fault, Fault::TooLong { what: Quantity::Chips, .. });
    let cycles = |program: &mut _| (0..300).for_each(|_| lengthen(program, Entry::Nop(u32::MAX)));
    check(FORM, movement::copy(), cycles, long);
    let dispatches = |program: &mut _| {
        let instruction = burst(program, "E0.read", 0).instruction;
        lengthen(program, Entry::Issue(Burst { instruction, count: 1, interval: 1 }));
        let count = 1 << 27;
        for (queue, entries) in &mut template(program).queues {
            *entries.last_mut().expect("just added") = match queue {
                Queue::MemRead(_) => Entry::Issue(Burst { instruction, count, interval: 1 }),
                _ => Entry::Nop(count),
            };
        }
    };
    check(FORM, movement::copy(), dispatches, often);
    check(FORM, movement::copy(), |program| program.executable.topology = "racks-2".to_owned(), crowd);
    check(FORM, movement::copy(), |program| program.executable.context = 0, |fault| matches!(fault, Fault::NoContext));
}

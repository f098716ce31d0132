//! Rules 6 and 7 broken: MXM and VXM.
//!
//! In: `matmul`, `lane_sum`, `running_max`, `add`, `softmax`, `all_reduce`.  Out: one case per fault.
//! Invariant: nothing but the rule of the case is named, although values are lost.
//! Method: see the parent.

use super::check;
use crate::edit::{burst, issue, later, queue, template};
use crate::hand::{arithmetic, collective, matrix, softmax};
use arch::{Direction, Queue, StreamId};
use graph::{DType, ScalarOp};
use program::{AluOp, Entry, Instruction, MxmFormat, Operand, Program};
use verify::{Fault, Rule};

fn edit_accumulate(program: &mut Program, number: usize, edit: impl FnOnce(&mut u16)) {
    if let Instruction::Accumulate { slot, .. } = &mut burst(program, "mxmE0.accumulate", number).instruction {
        edit(slot);
    }
}

fn edit_alu(program: &mut Program, name: &str, number: usize, edit: impl FnOnce(&mut AluOp)) {
    if let Instruction::Alu(alu) = &mut burst(program, name, number).instruction {
        edit(alu);
    }
}

#[test]
fn columns_past_the_last() {
    let past = |program: &mut _| {
        burst(program, "mxmE0.weights", 0).instruction = Instruction::Load { group: 19, from: 0 };
    };
    check(Rule::Matrix, matrix::matmul(), past, |fault| matches!(fault, Fault::LoadGroup { group: 20 }));
    let wide = |program: &mut _| {
        burst(program, "mxmE0.weights", 0).instruction = Instruction::Load { group: 10, from: 0 };
    };
    check(Rule::Matrix, matrix::lane_sum(), wide, |fault| matches!(fault, Fault::ColumnRange { column: 175, .. }));
}

#[test]
fn weights_not_yet_installed() {
    let early = |fault: &Fault| matches!(fault, Fault::NoArray { usable: Some(_), .. });
    check(Rule::Matrix, matrix::matmul(), |program| later(program, "mxmE0.weights", 1), early);
    let never = |program: &mut _| {
        for entry in queue(program, "mxmE1.weights") {
            if matches!(entry, Entry::Issue(_)) {
                *entry = Entry::Nop(1);
            }
        }
    };
    check(Rule::Matrix, matrix::lane_sum(), never, |fault| matches!(fault, Fault::NoArray { plane: 1, usable: None }));
}

#[test]
fn f16_without_its_pair() {
    let beside = |program: &mut _| {
        let activate = Instruction::Activate { from: 16, format: MxmFormat::I8 };
        issue(program, 60, "mxmE1.activate", activate);
    };
    check(Rule::Matrix, matrix::lane_sum(), beside, |fault| matches!(fault, Fault::PlanePair));
    let elsewhere = |program: &mut _| {
        let activate = Instruction::Activate { from: 16, format: MxmFormat::F16 { half: 0 } };
        issue(program, 61, "mxmE1.activate", activate);
    };
    check(Rule::Matrix, matrix::lane_sum(), elsewhere, |fault| matches!(fault, Fault::PlanePair));
}

#[test]
fn a_product_missed() {
    check(
        Rule::Matrix,
        matrix::matmul(),
        |program| later(program, "mxmE0.accumulate", 0),
        |fault| matches!(fault, Fault::NoProduct { .. }),
    );
}

#[test]
fn accumulators_that_do_not_exist_or_were_not_set() {
    let last = arch::Chip::lpu_14nm().accumulators - 1;
    let range = |program: &mut _| (0..2).for_each(|number| edit_accumulate(program, number, |slot| *slot = last));
    check(Rule::Matrix, matrix::matmul(), range, |fault| matches!(fault, Fault::SlotRange { .. }));
    check(
        Rule::Matrix,
        matrix::matmul(),
        |program| edit_accumulate(program, 0, |slot| *slot = 7),
        |fault| matches!(fault, Fault::SlotUnset { slot: 5 }),
    );
    let format = |program: &mut _| {
        let activate = Instruction::Activate { from: 16, format: MxmFormat::I8 };
        burst(program, "mxmE0.activate", 0).instruction = activate;
    };
    check(Rule::Matrix, matrix::lane_sum(), format, |fault| matches!(fault, Fault::SlotFormat { slot: 0 }));
}

#[test]
fn an_operand_that_was_not_made() {
    let other = |program: &mut _| edit_alu(program, "alu2", 0, |alu| alu.a = Operand::Alu(5));
    check(Rule::Vector, matrix::matmul(), other, |fault| matches!(fault, Fault::NoResult { alu: 5, .. }));
}

#[test]
fn an_operand_of_another_type() {
    let integer = |program: &mut _| edit_alu(program, "alu0", 0, |alu| alu.dtype = DType::I32);
    check(Rule::Vector, arithmetic::running_max(), integer, |fault| matches!(fault, Fault::ResultType { .. }));
}

#[test]
fn an_alu_that_cannot() {
    let rsqrt = |program: &mut _| {
        edit_alu(program, "alu3", 0, |alu| (alu.op, alu.b) = (ScalarOp::Rsqrt, Operand::None));
    };
    check(Rule::Vector, arithmetic::add(), rsqrt, |fault| matches!(fault, Fault::SmallAlu { .. }));
}

/// Applies `edit` to every instruction of the first template.
fn everywhere(program: &mut Program, mut edit: impl FnMut(&mut Instruction)) {
    for entry in template(program).queues.iter_mut().flat_map(|(_, entries)| entries) {
        if let Entry::Issue(burst) = entry {
            edit(&mut burst.instruction);
        }
    }
}

/// Lets streams `from .. from + 4` westward, wherever one is read onto or taken by an ALU as second operand, be those from `to` on.
fn reroute(program: &mut Program, from: u8, to: u8) {
    let moved = |stream: &mut StreamId| {
        if stream.direction == Direction::West && (from..from + 4).contains(&stream.number) {
            stream.number = stream.number - from + to;
        }
    };
    everywhere(program, |instruction| match instruction {
        Instruction::Read { to, .. } => moved(to),
        Instruction::Alu(AluOp { b: Operand::Stream(stream), .. }) => moved(stream),
        _ => {}
    });
}

/// Lets another ALU do what ALU `from` does.
fn reseat(program: &mut Program, from: u8, to: u8) {
    let queues = &mut template(program).queues;
    let moved = queues.iter_mut().find(|(queue, _)| *queue == Queue::Alu(from)).expect("the ALU works");
    moved.0 = Queue::Alu(to);
    queues.sort_by_key(|(queue, _)| *queue);
    everywhere(program, |instruction| {
        if let Instruction::Alu(AluOp { a, b, .. }) = instruction {
            [a, b]
                .into_iter()
                .filter(|operand| **operand == Operand::Alu(from))
                .for_each(|one| *one = Operand::Alu(to));
        }
    });
}

#[test]
fn a_stream_outside_the_window() {
    let far = |fault: &Fault| matches!(fault, Fault::OutOfWindow { stream: StreamId { number: 20, .. }, row: 0, groups } if *groups == [0, 1, 2, 3]);
    check(Rule::Vector, arithmetic::add(), |program| reroute(program, 4, 20), far);
}

#[test]
fn one_group_from_both_sides() {
    let both = |fault: &Fault| matches!(fault, Fault::BothSides { east, west } if east.number == 0 && west.number == 0);
    check(Rule::Vector, collective::all_reduce(), |program| reroute(program, 4, 0), both);
}

#[test]
fn a_result_that_does_not_lead_there() {
    let unheard = |fault: &Fault| matches!(fault, Fault::NotHeard { alu: 1 });
    check(Rule::Vector, matrix::matmul(), |program| reseat(program, 2, 5), unheard);
    // ALU 2 takes W8 beside the result of ALU 1: on E8 that would enter the same group from the other side.
    let beside = |program: &mut _| edit_alu(program, "alu1", 0, |alu| alu.to = Some(StreamId::new(Direction::East, 8)));
    check(Rule::Vector, matrix::matmul(), beside, unheard);
    // What ALU 2 drives on E4 goes on in group 1, which row 1 does not reach, though both reach groups 2 and 3.
    let driven = |fault: &Fault| matches!(fault, Fault::NotHeard { alu: 2 });
    check(Rule::Vector, softmax::softmax(), |program| reseat(program, 3, 7), driven);
}

//! Rule 1, operands: stream numbers, alignment, types.
//!
//! In: an instruction in a queue of its kind.  Out: its illegal operands.
//! Invariant: an instruction without a fault names streams, ALUs and lanes that exist, aligned, with an operation that its
//!     operand type has.
//! Method: one match; what depends on address, time or state is left to rules 4 to 7.

use crate::{Fault, Field, Noun, Phrase};
use arch::Chip;
use graph::DType;
use program::{AluOp, Instruction, LANE_ZERO, LaneMap, MxmFormat, Operand, SUPERLANES, alu_does};

/// Appends the faults of `instruction`.
pub(crate) fn check(chip: &Chip, maps: &[LaneMap], instruction: &Instruction, faults: &mut Vec<Fault>) {
    if let Instruction::Alu(alu) = instruction {
        return check_alu(chip, alu, faults);
    }
    let mut streams =
        |operand: &str, number: u8, group: u8| faults.extend(stream_fault(chip, operand, (number, group)));
    match instruction {
        Instruction::Read { to, .. } => streams("to", to.number, 1),
        Instruction::Write { from, .. } => streams("from", from.number, 1),
        Instruction::Gather { map, to } => {
            streams("map", map.number, 1);
            streams("to", to.number, 1);
        }
        Instruction::Scatter { map, from } => {
            streams("map", map.number, 1);
            streams("from", from.number, 1);
        }
        Instruction::Load { from, .. } => streams("from", *from, 16),
        Instruction::Activate { from, format: MxmFormat::I8 } => streams("from", *from, 1),
        Instruction::Activate { from, format: MxmFormat::F16 { half } } => {
            streams("from", *from, 2);
            if 1 < *half {
                faults.push(operand("half", Phrase::Either(0, 1), Phrase::Number(u64::from(*half))));
            }
        }
        Instruction::Accumulate { emit, .. } => {
            if let Some(number) = emit {
                streams("emit", *number, 4);
            }
        }
        Instruction::Install | Instruction::Alu(_) => {}
        _ => check_edge(chip, maps, instruction, faults),
    }
}

/// Appends the faults of an instruction of the switch unit or the links.
fn check_edge(chip: &Chip, maps: &[LaneMap], instruction: &Instruction, faults: &mut Vec<Fault>) {
    let mut streams =
        |operand: &str, number: u8, group: u8| faults.extend(stream_fault(chip, operand, (number, group)));
    match instruction {
        Instruction::Transpose { from, to } => {
            streams("from", *from, 16);
            streams("to", *to, 16);
        }
        Instruction::Permute { from, to, map } => {
            streams("from", *from, 1);
            streams("to", *to, 1);
            if maps.len() <= usize::from(*map) {
                let expected = Phrase::Below(Noun::LaneMap, maps.len() as u64);
                faults.push(operand("map", expected, Phrase::Number(u64::from(*map))));
            }
        }
        Instruction::Shift { north, south, lanes, to } => {
            streams("north", *north, 1);
            streams("south", *south, 1);
            streams("to", *to, 1);
            if 320 < *lanes {
                faults.push(operand("lanes", Phrase::AtMost(320, Noun::Lane), count(u64::from(*lanes), Noun::Lane)));
            }
        }
        Instruction::Send { from } => streams("from", *from, 1),
        Instruction::Receive { to } => streams("to", *to, 1),
        Instruction::Distribute { from, to, map } => {
            streams("from", *from, 1);
            streams("to", *to, 1);
            if let Some(lane) = map.iter().find(|&&lane| LANE_ZERO < lane) {
                faults.push(operand("map", Phrase::LaneOrZero(LANE_ZERO), Phrase::Number(u64::from(*lane))));
            }
        }
        Instruction::Rotate { from, to, size } => {
            streams("from", *from, 4);
            streams("to", *to, 16);
            if !(3..=4).contains(size) {
                faults.push(operand("size", Phrase::Either(3, 4), Phrase::Number(u64::from(*size))));
            }
        }
        _ => check_control(chip, instruction, faults),
    }
}

/// What is wrong with a stream, the first of a group.
fn stream_fault(chip: &Chip, operand: &str, (number, group): (u8, u8)) -> Option<Fault> {
    if number.is_multiple_of(group) && number.saturating_add(group) <= chip.streams {
        return None;
    }
    let expected = Phrase::StreamGroup { size: group, below: chip.streams };
    Some(self::operand(operand, expected, Phrase::One(Noun::Stream, u64::from(number))))
}

/// Appends the faults of an order to the queue itself.
fn check_control(chip: &Chip, instruction: &Instruction, faults: &mut Vec<Fault>) {
    match instruction {
        Instruction::Deskew { cycles: 0 } => {
            faults.push(operand("cycles", Phrase::AtLeast(1, Noun::Cycle), Phrase::Number(0)))
        }
        Instruction::Fetch { slice, .. } if chip.slices <= slice.number => {
            let expected = Phrase::Below(Noun::Slice, u64::from(chip.slices));
            faults.push(operand("slice", expected, Phrase::name(slice)));
        }
        Instruction::Config { superlanes } if SUPERLANES < *superlanes => {
            let expected = Phrase::AtMost(u64::from(SUPERLANES), Noun::Superlane);
            faults.push(operand("superlanes", expected, Phrase::Number(u64::from(*superlanes))));
        }
        _ => {}
    }
}

fn check_alu(chip: &Chip, alu: &AluOp, faults: &mut Vec<Fault>) {
    if !alu_does(alu.op, alu.dtype) {
        let (expected, found) = (Phrase::AluOperation, Phrase::OperationOn(alu.op, alu.dtype));
        faults.push(Fault::Operand { operand: Field::Operation, expected, found });
        return;
    }
    let mut group = |name: &str, number: u8, dtype: DType| {
        let bytes = dtype.bytes() as u8;
        if !number.is_multiple_of(bytes) || chip.streams < number.saturating_add(bytes) {
            let expected = Phrase::StreamGroup { size: bytes, below: chip.streams };
            faults.push(operand(name, expected, Phrase::One(Noun::Stream, u64::from(number))));
        }
    };
    if let Some(to) = alu.to {
        group("to", to.number, alu.result());
    }
    let inputs = || ["a", "b"].into_iter().zip(alu.inputs());
    for (name, (input, dtype)) in inputs() {
        if let Operand::Stream(stream) = input {
            group(name, stream.number, dtype);
        }
    }
    for (name, (input, dtype)) in inputs() {
        let wanted = name == "a" || alu.op.arity() == 2;
        match input {
            Operand::Alu(number) if chip.alus <= number => {
                let expected = Phrase::Below(Noun::Alu, u64::from(chip.alus));
                faults.push(operand(name, expected, Phrase::Number(u64::from(number))));
            }
            Operand::Immediate(_) if !matches!(dtype, DType::F32 | DType::I32) => {
                faults.push(operand(name, Phrase::WideImmediate, Phrase::ImmediateOf(dtype)));
            }
            Operand::None if wanted => faults.push(operand(name, Phrase::SomeOperand, Phrase::NoOperand)),
            Operand::Stream(_) | Operand::Alu(_) | Operand::Immediate(_) if !wanted => {
                faults.push(operand(name, Phrase::NoOperand, Phrase::SomeOperand));
            }
            _ => {}
        }
    }
}

fn count(number: u64, noun: Noun) -> Phrase {
    Phrase::Count(number, noun)
}

fn operand(name: &str, expected: Phrase, found: Phrase) -> Fault {
    Fault::Operand { operand: Field::name(name), expected, found }
}

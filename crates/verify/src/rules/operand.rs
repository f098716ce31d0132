//! Rule 1, operands: stream numbers, alignment, types.
//!
//! In: an instruction in a queue of its kind.  Out: its illegal operands.
//! Invariant: an instruction without a fault names streams, ALUs and lanes that exist, aligned, with an operation that its
//!     operand type has.
//! Method: one match; what depends on address, time or state is left to rules 4 to 7.

use crate::Fault;
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
                faults.push(operand("half", "0 or 1", half.to_string()));
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
                faults.push(operand("map", &format!("one of {} maps", maps.len()), format!("map {map}")));
            }
        }
        Instruction::Shift { north, south, lanes, to } => {
            streams("north", *north, 1);
            streams("south", *south, 1);
            streams("to", *to, 1);
            if 320 < *lanes {
                faults.push(operand("lanes", "0 to 320 lanes", lanes.to_string()));
            }
        }
        Instruction::Send { from } => streams("from", *from, 1),
        Instruction::Receive { to } => streams("to", *to, 1),
        Instruction::Distribute { from, to, map } => {
            streams("from", *from, 1);
            streams("to", *to, 1);
            if let Some(lane) = map.iter().find(|&&lane| LANE_ZERO < lane) {
                faults.push(operand("map", "lanes below 16, or zero", lane.to_string()));
            }
        }
        Instruction::Rotate { from, to, size } => {
            streams("from", *from, 4);
            streams("to", *to, 16);
            if !(3..=4).contains(size) {
                faults.push(operand("size", "3 or 4 rows", size.to_string()));
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
    let expected = match group {
        1 => format!("a stream below {}", chip.streams),
        _ => format!("a multiple of {group}, {group} streams below {}", chip.streams),
    };
    Some(Fault::Operand { operand: operand.to_owned(), expected, found: format!("stream {number}") })
}

/// Appends the faults of an order to the queue itself.
fn check_control(chip: &Chip, instruction: &Instruction, faults: &mut Vec<Fault>) {
    match instruction {
        Instruction::Deskew { cycles: 0 } => faults.push(operand("cycles", "at least 1 cycle", "0".to_owned())),
        Instruction::Fetch { slice, .. } if chip.slices <= slice.number => {
            faults.push(operand("slice", &format!("a slice below {}", chip.slices), slice.to_string()));
        }
        Instruction::Config { superlanes } if SUPERLANES < *superlanes => {
            let expected = format!("at most {SUPERLANES} superlanes");
            faults.push(operand("superlanes", &expected, superlanes.to_string()));
        }
        _ => {}
    }
}

fn check_alu(chip: &Chip, alu: &AluOp, faults: &mut Vec<Fault>) {
    if !alu_does(alu.op, alu.dtype) {
        let found = format!("{} of {}", alu.op.name(), alu.dtype.name());
        faults.push(operand("operation", "an operation of the ALU on a type that it has", found));
        return;
    }
    let mut group = |name: &str, number: u8, dtype: DType| {
        let bytes = dtype.bytes() as u8;
        if !number.is_multiple_of(bytes) || chip.streams < number.saturating_add(bytes) {
            let expected = format!("a multiple of {bytes}, {bytes} streams below {}", chip.streams);
            faults.push(operand(name, &expected, format!("stream {number}")));
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
                faults.push(operand(name, &format!("an ALU below {}", chip.alus), format!("alu{number}")));
            }
            Operand::Immediate(_) if !matches!(dtype, DType::F32 | DType::I32) => {
                faults.push(operand(name, "an immediate of f32 or i32", format!("one of {}", dtype.name())));
            }
            Operand::None if wanted => faults.push(operand(name, "an operand", "none".to_owned())),
            Operand::Stream(_) | Operand::Alu(_) | Operand::Immediate(_) if !wanted => {
                faults.push(operand(name, "no operand", "one".to_owned()));
            }
            _ => {}
        }
    }
}

fn operand(operand: &str, expected: &str, found: String) -> Fault {
    Fault::Operand { operand: operand.to_owned(), expected: expected.to_owned(), found }
}

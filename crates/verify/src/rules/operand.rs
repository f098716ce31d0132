//! Rule 1, operands: stream numbers, alignment, types.
//!
//! In: an instruction in a queue of its kind.  Out: its illegal operands.
//! Invariant: an instruction without a fault names streams, ALUs and lanes that exist, aligned, with an operation that its
//!     operand type has.
//! Method: one match; what depends on address, time or state is left to rules 4 to 7.

use crate::Fault;
use arch::Chip;
use graph::{DType, ScalarOp};
use program::{AluOp, Instruction, LaneMap, MxmFormat, Operand};

/// Appends the faults of `instruction`.
pub(crate) fn check(chip: &Chip, maps: &[LaneMap], instruction: &Instruction, faults: &mut Vec<Fault>) {
    let mut streams = |operand: &str, number: u8, group: u8| {
        if !number.is_multiple_of(group) || chip.streams < number.saturating_add(group) {
            let expected = match group {
                1 => format!("a stream below {}", chip.streams),
                _ => format!("a multiple of {group}, {group} streams below {}", chip.streams),
            };
            faults.push(Fault::Operand { operand: operand.to_owned(), expected, found: format!("stream {number}") });
        }
    };
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
        Instruction::Install => {}
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
        Instruction::Alu(alu) => check_alu(chip, alu, faults),
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
            if let Some(lane) = map.iter().find(|&&lane| 16 <= lane) {
                faults.push(operand("map", "lanes below 16", lane.to_string()));
            }
        }
    }
}

fn check_alu(chip: &Chip, alu: &AluOp, faults: &mut Vec<Fault>) {
    if !has_type(alu.op, alu.dtype) {
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
    for (name, input) in [("a", alu.a), ("b", alu.b)] {
        if let Operand::Stream(stream) = input {
            group(name, stream.number, alu.dtype);
        }
    }
    for (name, input) in [("a", alu.a), ("b", alu.b)] {
        let wanted = name == "a" || alu.op.arity() == 2;
        match input {
            Operand::Alu(number) if chip.alus <= number => {
                faults.push(operand(name, &format!("an ALU below {}", chip.alus), format!("alu{number}")));
            }
            Operand::Immediate(_) if !matches!(alu.dtype, DType::F32 | DType::I32) => {
                faults.push(operand(name, "an immediate of f32 or i32", format!("one of {}", alu.dtype.name())));
            }
            Operand::None if wanted => faults.push(operand(name, "an operand", "none".to_owned())),
            Operand::Stream(_) | Operand::Alu(_) | Operand::Immediate(_) if !wanted => {
                faults.push(operand(name, "no operand", "one".to_owned()));
            }
            _ => {}
        }
    }
}

/// Whether the ALUs do `op` on operands of `dtype`.
pub(crate) fn has_type(op: ScalarOp, dtype: DType) -> bool {
    match op {
        ScalarOp::Add | ScalarOp::Sub | ScalarOp::Mul | ScalarOp::Max | ScalarOp::Min | ScalarOp::LessEqual => {
            matches!(dtype, DType::F32 | DType::I32)
        }
        ScalarOp::Exp | ScalarOp::Tanh | ScalarOp::Rsqrt | ScalarOp::F32ToI32 | ScalarOp::F32ToF16 => {
            dtype == DType::F32
        }
        ScalarOp::Xor | ScalarOp::I32ToF32 => dtype == DType::I32,
        ScalarOp::F16ToF32 => dtype == DType::F16,
        ScalarOp::I8ToI32 => dtype == DType::I8,
        ScalarOp::Identity => true,
        ScalarOp::Div | ScalarOp::Select => false,
    }
}

fn operand(operand: &str, expected: &str, found: String) -> Fault {
    Fault::Operand { operand: operand.to_owned(), expected: expected.to_owned(), found }
}

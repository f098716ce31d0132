//! Mutations of what an instruction says.
//!
//! In: a burst.  Out: the same burst with one field changed, or `None` where the operator does not apply.
//! Invariant: numbers stay in the range that the published chip has where they were in it before, so that a mutant is a
//!     plausible program and not only a malformed one.
//! Method: all variations of an operator at a burst are listed, one is drawn.

use super::{Operator, pick};
use crate::{AccumulateMode, Address, AluOp, Burst, Instruction, LANE_ZERO, Operand, SUPERLANES};
use arch::{Chip, StreamId};
use graph::{DType, ScalarOp};
use units::Rng;

/// Greatest distance of a near address: beyond the 20 words of a tile.
const NEAR_WORDS: i64 = 24;

/// The burst that `operator` makes of `burst`; `bases` is the number of bases that every instance has.
pub(super) fn change(operator: Operator, burst: &Burst, bases: usize, rng: &mut Rng) -> Option<Burst> {
    let instruction = burst.instruction;
    let variations = match operator {
        Operator::Address => addresses(instruction, |address| other_words(address, rng)),
        Operator::Bank => addresses(instruction, other_banks),
        Operator::TemplateBase => addresses(instruction, |address| other_bases(address, bases)),
        Operator::Stream => streams(instruction),
        Operator::Direction => directions(instruction),
        Operator::Alu => alu(instruction),
        Operator::LaneMap => lane_maps(instruction, rng),
        Operator::Accumulate => accumulates(instruction),
        Operator::Control => controls(instruction),
        _ => Vec::new(),
    };
    let changed = *pick(rng, &variations)?;
    Some(Burst { instruction: changed, ..*burst })
}

/// The instruction with each of the addresses that `others` gives for its own.
fn addresses(instruction: Instruction, others: impl FnOnce(Address) -> Vec<Address>) -> Vec<Instruction> {
    let others = instruction.address().map(others).unwrap_or_default();
    others.into_iter().map(|address| instruction.with_address(address)).collect()
}

/// A word nearby and a word anywhere.
fn other_words(address: Address, rng: &mut Rng) -> Vec<Address> {
    let words = i64::from(Chip::lpu_14nm().words);
    let near = (rng.below(NEAR_WORDS as u64) as i64 + 1) * if rng.below(2) == 0 { 1 } else { -1 };
    let far = rng.below(words as u64 - 1) as i64 + 1;
    let moved = |distance: i64| (i64::from(address.offset) + distance).rem_euclid(words);
    let offsets = [near, far].map(moved).into_iter().filter_map(|offset| u16::try_from(offset).ok());
    offsets.filter(|offset| *offset != address.offset).map(|offset| Address { offset, ..address }).collect()
}

fn other_banks(address: Address) -> Vec<Address> {
    let chip = Chip::lpu_14nm();
    let bank_words = chip.words / chip.banks;
    let offset = (u32::from(address.offset) + u32::from(bank_words)) % u32::from(chip.words);
    let offset = u16::try_from(offset).ok().filter(|offset| *offset != address.offset);
    offset.map(|offset| Address { offset, ..address }).into_iter().collect()
}

fn other_bases(address: Address, bases: usize) -> Vec<Address> {
    let bases = (0..bases).filter_map(|base| u8::try_from(base).ok()).filter(|base| *base != address.base);
    bases.map(|base| Address { base, ..address }).collect()
}

/// Numbers that differ in one bit and stay below 32.
fn other_numbers(number: u8) -> impl Iterator<Item = u8> {
    [1, 2, 4, 8, 16].into_iter().map(move |bit| number ^ bit).filter(|number| *number < 32)
}

/// The instruction with each of its stream ids replaced by each of the ids that `others` gives.
fn with_ids(instruction: Instruction, others: fn(StreamId) -> Vec<StreamId>) -> Vec<Instruction> {
    let each = |id: StreamId, make: &dyn Fn(StreamId) -> Instruction| -> Vec<Instruction> {
        others(id).into_iter().map(make).collect()
    };
    match instruction {
        Instruction::Read { address, to } => each(to, &|to| Instruction::Read { address, to }),
        Instruction::Write { address, from } => each(from, &|from| Instruction::Write { address, from }),
        Instruction::Gather { map, to } => {
            [each(map, &|map| Instruction::Gather { map, to }), each(to, &|to| Instruction::Gather { map, to })]
                .concat()
        }
        Instruction::Scatter { map, from } => [
            each(map, &|map| Instruction::Scatter { map, from }),
            each(from, &|from| Instruction::Scatter { map, from }),
        ]
        .concat(),
        Instruction::Alu(alu) => {
            let to = alu.to.map(|to| each(to, &|to| Instruction::Alu(AluOp { to: Some(to), ..alu })));
            let operand = |operand: Operand, make: &dyn Fn(Operand) -> AluOp| match operand {
                Operand::Stream(id) => each(id, &|id| Instruction::Alu(make(Operand::Stream(id)))),
                _ => Vec::new(),
            };
            let (a, b) = (operand(alu.a, &|a| AluOp { a, ..alu }), operand(alu.b, &|b| AluOp { b, ..alu }));
            [a, b, to.unwrap_or_default()].concat()
        }
        _ => Vec::new(),
    }
}

fn directions(instruction: Instruction) -> Vec<Instruction> {
    with_ids(instruction, |id| vec![StreamId::new(id.direction.opposite(), id.number)])
}

fn streams(instruction: Instruction) -> Vec<Instruction> {
    match instruction {
        Instruction::Load { group, from } => vec![Instruction::Load { group, from: from ^ 16 }],
        Instruction::Activate { from, format } => {
            other_numbers(from).map(|from| Instruction::Activate { from, format }).collect()
        }
        Instruction::Distribute { from, to, map } => {
            let sources = other_numbers(from).map(|from| Instruction::Distribute { from, to, map });
            sources.chain(other_numbers(to).map(|to| Instruction::Distribute { from, to, map })).collect()
        }
        Instruction::Transpose { from, to } => {
            vec![Instruction::Transpose { from: from ^ 16, to }, Instruction::Transpose { from, to: to ^ 16 }]
        }
        Instruction::Rotate { from, to, size } => {
            let sources = [4, 8, 16].map(|bit| Instruction::Rotate { from: from ^ bit, to, size });
            sources.into_iter().chain([Instruction::Rotate { from, to: to ^ 16, size }]).collect()
        }
        Instruction::Permute { from, to, map } => {
            let sources = other_numbers(from).map(|from| Instruction::Permute { from, to, map });
            sources.chain(other_numbers(to).map(|to| Instruction::Permute { from, to, map })).collect()
        }
        Instruction::Shift { north, south, lanes, to } => {
            let norths = other_numbers(north).map(|north| Instruction::Shift { north, south, lanes, to });
            let souths = other_numbers(south).map(|south| Instruction::Shift { north, south, lanes, to });
            let goals = other_numbers(to).map(|to| Instruction::Shift { north, south, lanes, to });
            norths.chain(souths).chain(goals).collect()
        }
        Instruction::Send { from } => other_numbers(from).map(|from| Instruction::Send { from }).collect(),
        Instruction::Receive { to } => other_numbers(to).map(|to| Instruction::Receive { to }).collect(),
        Instruction::Accumulate { slot, step, mode, emit: Some(stream) } => {
            let emits = other_numbers(stream).map(Some);
            emits.map(|emit| Instruction::Accumulate { slot, step, mode, emit }).collect()
        }
        _ => with_ids(instruction, |id| other_numbers(id.number).map(|number| StreamId { number, ..id }).collect()),
    }
}

/// Other operations of the same arity, other types, the operands exchanged, another constant, another ALU.
fn alu(instruction: Instruction) -> Vec<Instruction> {
    let Instruction::Alu(alu) = instruction else {
        return Vec::new();
    };
    let is_other = |op: &ScalarOp| *op != alu.op && op.arity() == alu.op.arity() && *op != ScalarOp::Div;
    let mut variations: Vec<AluOp> = ScalarOp::ALL.into_iter().filter(is_other).map(|op| AluOp { op, ..alu }).collect();
    let types = DType::ALL.into_iter().filter(|dtype| *dtype != alu.dtype);
    variations.extend(types.map(|dtype| AluOp { dtype, ..alu }));
    if alu.a != alu.b && alu.b != Operand::None {
        variations.push(AluOp { a: alu.b, b: alu.a, ..alu });
    }
    variations.extend(other_operands(alu.a).into_iter().map(|a| AluOp { a, ..alu }));
    variations.extend(other_operands(alu.b).into_iter().map(|b| AluOp { b, ..alu }));
    variations.into_iter().map(Instruction::Alu).collect()
}

fn other_operands(operand: Operand) -> Vec<Operand> {
    match operand {
        Operand::Alu(alu) => [1, 2, 4, 8].into_iter().map(|bit| Operand::Alu(alu ^ bit)).collect(),
        Operand::Immediate(bits) => {
            [0, 12, 23, 31].into_iter().map(|bit| Operand::Immediate(bits ^ (1 << bit))).collect()
        }
        Operand::Stream(_) | Operand::None => Vec::new(),
    }
}

fn lane_maps(instruction: Instruction, rng: &mut Rng) -> Vec<Instruction> {
    match instruction {
        Instruction::Distribute { from, to, mut map } => {
            // One of the 16 other things that a lane can be: another lane, or zero.
            let lane = rng.below(16) as usize;
            map[lane] = (map[lane] + 1 + rng.below(16) as u8) % (LANE_ZERO + 1);
            vec![Instruction::Distribute { from, to, map }]
        }
        Instruction::Rotate { from, to, size } => vec![Instruction::Rotate { from, to, size: size ^ 7 }],
        Instruction::Permute { from, to, map } => {
            [map ^ 1, map ^ 2].map(|map| Instruction::Permute { from, to, map }).to_vec()
        }
        Instruction::Shift { north, south, lanes, to } => {
            let others = [1, 16, 160].map(|step| (lanes + step) % 321);
            others.map(|lanes| Instruction::Shift { north, south, lanes, to }).to_vec()
        }
        _ => Vec::new(),
    }
}

/// Another accumulator, the other mode, an emission more or less.
fn accumulates(instruction: Instruction) -> Vec<Instruction> {
    let Instruction::Accumulate { slot, step, mode, emit } = instruction else {
        return Vec::new();
    };
    let slots =
        [1, 2, 4, 8, 16, 32].into_iter().map(|bit| Instruction::Accumulate { slot: slot ^ bit, step, mode, emit });
    let other_mode = if mode == AccumulateMode::Set { AccumulateMode::Add } else { AccumulateMode::Set };
    let other_emit = if emit.is_some() { None } else { Some(0) };
    let mut variations: Vec<Instruction> = slots.collect();
    variations.push(Instruction::Accumulate { slot, step, mode: other_mode, emit });
    variations.push(Instruction::Accumulate { slot, step, mode, emit: other_emit });
    variations
}

/// Parking for releasing and the reverse, another length, another slice of instructions.
fn controls(instruction: Instruction) -> Vec<Instruction> {
    match instruction {
        Instruction::Sync => vec![Instruction::Notify],
        Instruction::Notify => vec![Instruction::Sync],
        Instruction::Config { superlanes } => {
            let others = [superlanes + 1, superlanes.wrapping_sub(1), SUPERLANES - superlanes.min(SUPERLANES)];
            let others = others.into_iter().filter(|other| *other <= SUPERLANES && *other != superlanes);
            others.map(|superlanes| Instruction::Config { superlanes }).collect()
        }
        Instruction::Fetch { slice, address } => {
            let neighbours = [slice.number ^ 1, slice.number ^ 4];
            neighbours.map(|number| Instruction::Fetch { slice: arch::SliceId { number, ..slice }, address }).to_vec()
        }
        _ => Vec::new(),
    }
}

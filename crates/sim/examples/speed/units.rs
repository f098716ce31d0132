//! Each unit alone: what a dispatch costs with all that belongs to it.
//!
//! In: nothing.  Out: nanoseconds per dispatch of an ALU (its eight reads and four writes included), of exp, and of an f16 Activate over
//!     320 columns.
//! Invariant: the last result is checked.
//! Method: one burst of `COUNT` iterations of each.

use crate::queues::{self, Queues, fastest, put, seconds};
use arch::{Chip, Direction, Hemisphere, Queue, SliceId, StreamId};
use graph::{DType, ScalarOp, Tensor, TensorId};
use program::{
    AccumulateMode, Address, AluOp, Executable, Instruction, MxmFormat, Operand, Packing, Residency, WORD_BYTES,
    WordSource,
};
use sim::{Machine, Silent, WordView};
use std::collections::BTreeMap;
use std::sync::Arc;
use units::Cycle;

const COUNT: u32 = 2000;
const LENGTH: u64 = 2400;

const EAST: Hemisphere = Hemisphere::East;

fn slice(hemisphere: Hemisphere, number: u8) -> SliceId {
    SliceId { hemisphere, number }
}

fn east(number: u8) -> StreamId {
    StreamId::new(Direction::East, number)
}

/// A word of tensor 0's row `row`.
fn constant(slice: SliceId, packing: Packing, row: u32) -> Residency {
    let source = WordSource::Tensor { tensor: TensorId::new(0), packing };
    Residency { chip: 0, slice, address: 0, words: 1, source, row, step: 0 }
}

/// `alu` on f32 streams of W0..3 (row 0) and W4..7 (row 1), written to E4..7.
fn alu(chip: &Chip, op: AluOp) -> Executable {
    let mut queues = Queues::new();
    let mut image = Vec::new();
    for byte in 0..4u8 {
        for (row, number, cycle) in [(0, byte, 1), (1, 4 + byte, 0)] {
            let place = slice(Hemisphere::West, number);
            image.push(constant(place, Packing::Plane(byte), row));
            let read = Instruction::Read { address: Address::fixed(0), to: east(number) };
            put(&mut queues, cycle, Queue::MemRead(place), read, COUNT);
        }
        let write = Instruction::Write { address: Address::fixed(0), from: east(8 + byte) };
        put(&mut queues, 10, Queue::MemWrite(slice(EAST, 4 + byte)), write, COUNT);
    }
    put(&mut queues, 2, Queue::Alu(0), Instruction::Alu(op), COUNT);
    queues::executable(chip, queues::template(&queues, LENGTH), &[vec![0]], image)
}

/// f16 products of row 0 with 320 columns of row 1, half 0, written to E40..43 (see crates/sim/tests/machine/programs.rs).
fn halves(chip: &Chip) -> Executable {
    let mut queues = Queues::new();
    let mut image = Vec::new();
    for number in 0..16u8 {
        image.push(constant(slice(EAST, number), Packing::Half(0), 1));
        let read = Instruction::Read { address: Address::fixed(0), to: east(number) };
        put(&mut queues, u64::from(number / 4), Queue::MemRead(slice(EAST, number)), read, 10);
    }
    for plane in 0..2u8 {
        let weights = Queue::MxmWeights(EAST, plane);
        put(&mut queues, 20, weights, Instruction::Load { group: 0, from: 0 }, 10);
        put(&mut queues, 30, weights, Instruction::Install, 1);
        image.push(constant(slice(EAST, 40 + plane), Packing::Plane(plane), 0));
        let read = Instruction::Read { address: Address::fixed(0), to: east(30 + plane) };
        put(&mut queues, 30, Queue::MemRead(slice(EAST, 40 + plane)), read, COUNT);
    }
    let activate = Instruction::Activate { from: 30, format: MxmFormat::F16 { half: 0 } };
    put(&mut queues, 40, Queue::MxmActivate(EAST, 0), activate, COUNT);
    let accumulate = Instruction::Accumulate { slot: 0, step: 0, mode: AccumulateMode::Set, emit: Some(0) };
    put(&mut queues, 54, Queue::MxmAccumulate(EAST, 0), accumulate, COUNT);
    for byte in 0..4u8 {
        let from = StreamId::new(Direction::West, byte);
        let write = Instruction::Write { address: Address::fixed(8000), from };
        put(&mut queues, 93, Queue::MemWrite(slice(EAST, 40 + byte)), write, COUNT);
    }
    queues::executable(chip, queues::template(&queues, LENGTH), &[vec![0]], image)
}

/// Runs, checks the f32 of lane 5 in four slices from `first` on, and gives nanoseconds per iteration.
fn run(chip: &Chip, executable: &Executable, rows: &Tensor, first: u8, address: u16, expected: f32) -> f64 {
    let tensors = BTreeMap::from([(TensorId::new(0), Arc::new(rows.clone()))]);
    let mut machine = Machine::load(chip, executable, &tensors).expect("the program is well formed");
    let seconds = fastest(6, || {
        machine.launch(&BTreeMap::new(), 0).expect("there is no record");
        seconds(|| {
            let outcome = machine.run_token(&mut Silent);
            assert_eq!(outcome.poison, [], "{:?}", outcome.poison.first().map(ToString::to_string));
        })
    });
    let moment = machine.at(Cycle(LENGTH));
    let bytes = std::array::from_fn(|byte| match moment.sram(slice(EAST, first + byte as u8), address) {
        Some(WordView::Bytes(bytes)) => bytes[5],
        _ => panic!("no result was written"),
    });
    assert_eq!(f32::from_le_bytes(bytes), expected);
    seconds * 1e9 / f64::from(COUNT)
}

/// Measures the three.
pub fn measure() {
    let chip = Chip::lpu_14nm();
    let lanes = |value: f32| (0..WORD_BYTES).map(move |lane| value + lane as f32 / 1024.0);
    let rows = Tensor::f32(&[2, 320], lanes(1.5).chain(lanes(-0.25)).collect());
    let (a, b) = (Operand::Stream(east(0)), Operand::Stream(east(4)));
    let to = Some(east(8));
    let add = AluOp { op: ScalarOp::Add, dtype: DType::F32, a, b, to };
    let exp = AluOp { op: ScalarOp::Exp, dtype: DType::F32, a: b, b: Operand::None, to };
    let x = 5f32 / 1024.0;
    let nanoseconds = run(&chip, &alu(&chip, add), &rows, 4, 0, (1.5 + x) + (x - 0.25));
    println!("alu add   {nanoseconds:8.0} ns with 8 reads and 4 writes");
    let nanoseconds = run(&chip, &alu(&chip, exp), &rows, 4, 0, f64::from(x - 0.25).exp() as f32);
    println!("alu exp   {nanoseconds:8.0} ns with 8 reads and 4 writes");
    let ones = graph::half::f32_to_f16(1.0);
    let twos = graph::half::f32_to_f16(2.0);
    let rows = Tensor::f16(&[2, 320], [[ones; WORD_BYTES], [twos; WORD_BYTES]].concat());
    let nanoseconds = run(&chip, &halves(&chip), &rows, 40, 8000, 320.0);
    println!("mxm f16   {nanoseconds:8.0} ns with 2 reads, an Accumulate and 4 writes");
}

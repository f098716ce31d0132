//! Programs written by hand for the published chip; each cycle in them is a literal that follows from the sum beside it.
//!
//! In: nothing.  Out: programs whose operands meet if, and only if, every latency is the published one.
//! Method: eastward delays of the published geometry: W group g 15 - g, VXM 15 in and 19 out, E group g 19 + g, SXM 34, MXM 38;
//!     westward the mirror image.

use crate::assembler::{Bytes, Program, east, slice, west};
use graph::{DType, ScalarOp, Tensor};
use program::{
    AccumulateMode, Address, AluOp, Burst, Instruction, LaneMap, MxmFormat, Operand, Packing, RecordContent,
    RecordField, Residency, WORD_BYTES, WordSource,
};
use units::Rng;

/// A reproducible word.
pub fn noise(seed: u64) -> Bytes {
    let mut rng = Rng::new(seed);
    std::array::from_fn(|_| rng.below(256) as u8)
}

/// Reproducible f32 between -8 and 8.
pub fn reals(seed: u64) -> Vec<u32> {
    let mut rng = Rng::new(seed);
    (0..WORD_BYTES).map(|_| ((rng.unit() * 16.0 - 8.0) as f32).to_bits()).collect()
}

pub fn read(address: u16, to: arch::StreamId) -> Instruction {
    Instruction::Read { address: Address::fixed(address), to }
}

pub fn write(address: u16, from: arch::StreamId) -> Instruction {
    Instruction::Write { address: Address::fixed(address), from }
}

pub fn alu(op: ScalarOp, dtype: DType, a: Operand, b: Operand, to: Option<arch::StreamId>) -> Instruction {
    Instruction::Alu(AluOp { op, dtype, a, b, to })
}

pub const WEST_0: [&str; 4] = ["W0", "W1", "W2", "W3"];
pub const EAST_0: [&str; 4] = ["E0", "E1", "E2", "E3"];
pub const EAST_4: [&str; 4] = ["E4", "E5", "E6", "E7"];

/// Reads a value of four bytes at once from four slices.
fn read_value(program: &mut Program, cycle: u64, slices: [&str; 4], address: u16, first: arch::StreamId) {
    for (byte, slice) in slices.into_iter().enumerate() {
        let to = arch::StreamId::new(first.direction, first.number + byte as u8);
        program.at(cycle, &format!("{slice}.read"), read(address, to));
    }
}

fn write_value(program: &mut Program, cycle: u64, slices: [&str; 4], address: u16, first: arch::StreamId) {
    for (byte, slice) in slices.into_iter().enumerate() {
        let from = arch::StreamId::new(first.direction, first.number + byte as u8);
        program.at(cycle, &format!("{slice}.write"), write(address, from));
    }
}

/// E0 word 0 to E41 word 5, ten hops: 0 + 1 (read) + 10 = 11.
pub fn copy() -> Program {
    let mut program = Program::new(20);
    program.word("E0", 0, &noise(1));
    program.at(0, "E0.read", read(0, east(0)));
    program.at(11, "E41.write", write(5, east(0)));
    program
}

/// E0 word 0 on its stream past the MXM: 0 + 1 (read) + 11 (hops) + 8 (crossing) = 20.
pub fn copy_to_mxm() -> Program {
    let mut program = Program::new(60);
    program.word("E0", 0, &noise(1));
    program.at(0, "E0.read", read(0, east(0)));
    program
}

/// W5 word 0 to E5 word 0 across the VXM: 0 + 1 (read) + 1 (hop) + 4 (transit) + 1 (hop) = 7; read again one cycle later.
pub fn cross() -> Program {
    let mut program = Program::new(20);
    program.word("W5", 0, &noise(2));
    program.at(0, "W5.read", read(0, east(9)));
    program.at(7, "E5.write", write(0, east(9)));
    program.at(8, "E5.read", read(0, west(9)));
    program.at(9, "E6.write", write(0, west(9)));
    program
}

/// f32 sum of W0..3 and E0..3 into E4..7: 0 + 1 (read) = 1; 1 + 4 (entry) + 3 (ALU) + 1 (hop) = 9.
pub fn add() -> Program {
    let mut program = Program::new(20);
    program.value(WEST_0, 0, &reals(3));
    program.value(EAST_0, 0, &reals(4));
    read_value(&mut program, 0, WEST_0, 0, east(0));
    read_value(&mut program, 0, EAST_0, 0, west(4));
    let sum = alu(ScalarOp::Add, DType::F32, Operand::Stream(east(0)), Operand::Stream(west(4)), Some(east(8)));
    program.at(1, "alu3", sum);
    write_value(&mut program, 9, EAST_4, 0, east(8));
    program
}

/// i32 of W0..3, times 2.5 and less 1: chained ALUs at 1, 4, 7; 7 + 4 + 3 + 1 = 15.
pub fn chain() -> Program {
    let mut program = Program::new(20);
    program.value(WEST_0, 0, &reals(5));
    read_value(&mut program, 0, WEST_0, 0, east(0));
    let immediate = |value: f32| Operand::Immediate(value.to_bits());
    program.at(1, "alu0", alu(ScalarOp::Mul, DType::F32, Operand::Stream(east(0)), immediate(2.5), None));
    program.at(4, "alu1", alu(ScalarOp::Sub, DType::F32, Operand::Alu(0), immediate(1.0), None));
    program.at(7, "alu4", alu(ScalarOp::F32ToI32, DType::F32, Operand::Alu(1), Operand::None, Some(east(8))));
    write_value(&mut program, 15, EAST_4, 0, east(8));
    program
}

/// Weight of column n, lane k in block b of `matmul`.
pub fn weight(block: u64, column: usize) -> Bytes {
    noise(1000 + 400 * block + column as u64)
}

/// Activation block b of `matmul`.
pub fn activation(block: u64) -> Bytes {
    noise(900 + block)
}

/// A tile of 320 columns, K = 640, in int8: two blocks of weights from E0..15, activations from E43, result to E40..43 word 100,
/// and back to the VXM.
///
/// Weights: group g read at g, on its stream at g + 1, at the MXM at 20. Install 40, usable 43. Activation: read 33, on its stream at
/// slice 43 at 34, 34 + 1 (hop) + 8 (crossing) = 43. Accumulate 43 + 1 + 13 = 57. The second block 21 cycles later; its result
/// leaves at 78 + 34 = 112, is at E40 at 112 + 4 (exit) + 1 = 117 and at the VXM at 112 + 4 + 11 = 127.
pub fn matmul() -> Program {
    let mut program = Program::new(160);
    for block in 0..2u64 {
        let words: Vec<i8> = (0..WORD_BYTES).flat_map(|column| weight(block, column).map(|byte| byte as i8)).collect();
        let tensor = program.tensor(Tensor::i8(&[320, 320], words));
        for number in 0..16u32 {
            let source = WordSource::Tensor { tensor, packing: Packing::Plane(0) };
            let name = format!("E{number}");
            let address = 20 * block as u16;
            program.image.push(Residency {
                chip: 0,
                slice: slice(&name),
                address,
                words: 20,
                source,
                row: number,
                step: 16,
            });
            let address = Address { base: 0, offset: address, stride: 1 };
            let instruction = Instruction::Read { address, to: east(number as u8) };
            let burst = Burst { instruction, count: 20, interval: 1 };
            program.burst(21 * block + u64::from(number / 4), &format!("{name}.read"), burst);
        }
        program.word("E43", block as u16, &activation(block));
        let start = 21 * block;
        let load = Burst { instruction: Instruction::Load { group: 0, from: 0 }, count: 20, interval: 1 };
        program.burst(start + 20, "mxmE1.weights", load);
        program.at(start + 40, "mxmE1.weights", Instruction::Install);
        program.at(start + 33, "E43.read", read(block as u16, east(31)));
        program.at(start + 43, "mxmE1.activate", Instruction::Activate { from: 31, format: MxmFormat::I8 });
    }
    let accumulate = |mode, emit| Instruction::Accumulate { slot: 3, step: 0, mode, emit };
    program.at(57, "mxmE1.accumulate", accumulate(AccumulateMode::Set, None));
    program.at(78, "mxmE1.accumulate", accumulate(AccumulateMode::Add, Some(8)));
    write_value(&mut program, 117, ["E40", "E41", "E42", "E43"], 100, west(8));
    program.at(127, "alu0", alu(ScalarOp::Identity, DType::I32, Operand::Stream(west(8)), Operand::None, None));
    program
}

/// Activations of `lane_sum`: f16 integers -16..16.
pub fn halves() -> Vec<u16> {
    let mut rng = Rng::new(6);
    (0..WORD_BYTES).map(|_| graph::half::f32_to_f16(rng.below(33) as f32 - 16.0)).collect()
}

/// Sums of all lanes by a column of ones, f16, both halves: ones from E0..15 loaded at 20, installed at 21, usable at 24; the
/// activation of E40, E41 is read at 14 and 15, at the MXM at 24 and 25. The sum leaves at 39 + 34 = 73 and is at E40 at 78.
pub fn lane_sum() -> Program {
    lane_sum_with(2)
}

/// `lane_sum` with the ones in another group of 16 columns.
pub fn lane_sum_with(group: u8) -> Program {
    let mut program = Program::new(100);
    let one = graph::half::f32_to_f16(1.0);
    let ones = Tensor::f16(&[1, 320], vec![one; WORD_BYTES]);
    for number in 0..16u8 {
        program.rows(&format!("E{number}"), 0, ones.clone(), Packing::EitherHalf);
        program.at(u64::from(number / 4), &format!("E{number}.read"), read(0, east(16 + number)));
    }
    program.at(20, "mxmE0.weights", Instruction::Load { group, from: 16 });
    program.at(21, "mxmE0.weights", Instruction::Install);
    program.at(21, "mxmE1.weights", Instruction::Install);
    for (plane, name) in ["E40", "E41"].into_iter().enumerate() {
        program.rows(name, 0, Tensor::f16(&[1, 320], halves()), Packing::Plane(plane as u8));
        let instruction = read(0, east(plane as u8));
        program.burst(14, &format!("{name}.read"), Burst { instruction, count: 2, interval: 1 });
    }
    for half in 0..2u8 {
        let activate = Instruction::Activate { from: 0, format: MxmFormat::F16 { half } };
        program.at(24 + u64::from(half), "mxmE0.activate", activate);
    }
    let accumulate = |mode, emit| Instruction::Accumulate { slot: 0, step: 0, mode, emit };
    program.at(38, "mxmE0.accumulate", accumulate(AccumulateMode::Set, None));
    program.at(39, "mxmE0.accumulate", accumulate(AccumulateMode::Add, Some(4)));
    write_value(&mut program, 78, ["E40", "E41", "E42", "E43"], 9, west(4));
    program
}

/// The pairs of lanes of E8 swapped, into E9: 0 + 1 (read) + 9 (hops) + 4 (entry) = 14; 14 + 2 (distribute) + 4 (exit) + 9 = 29.
pub fn swap() -> Program {
    let mut program = Program::new(40);
    program.word("E8", 0, &noise(7));
    program.at(0, "E8.read", read(0, east(3)));
    let map = std::array::from_fn(|lane| lane as u8 ^ 1);
    program.at(14, "sxmE2.distribute", Instruction::Distribute { from: 3, to: 5, map });
    program.at(29, "E9.write", write(0, west(5)));
    program
}

/// Row 10 + position of W0 (rows 10..18), through W2 word 0, into row 20 + position of W3 (rows 20..28 are zeros before).
///
/// Maps lie in W1 words 0 and 1. Map read 0, sampled by its own group at 1, gathered word on its stream at 2; written at 2 and read
/// again at 3 together with the second map; scattered at 4, and that row is read and written to W2 word 1 at 5 and 6.
pub fn gather_scatter() -> Program {
    let mut program = Program::new(20);
    let rows: Vec<i8> = (0..8).flat_map(|row| noise(50 + row).map(|byte| byte as i8)).collect();
    program.rows("W0", 10, Tensor::i8(&[8, 320], rows), Packing::Plane(0));
    let state = WordSource::State { node: graph::NodeId::new(0), plane: 0 };
    program.image.push(Residency {
        chip: 0,
        slice: slice("W3"),
        address: 20,
        words: 8,
        source: state,
        row: 0,
        step: 1,
    });
    for (address, base) in [(0, 10), (1, 20)] {
        program.record.push(RecordField { slice: slice("W1"), address, content: RecordContent::Map { base } });
    }
    program.position = 3;
    program.at(0, "W1.read", read(0, east(0)));
    program.at(1, "W0.read", Instruction::Gather { map: east(0), to: east(1) });
    program.at(2, "W2.write", write(0, east(1)));
    program.at(3, "W2.read", read(0, east(2)));
    program.at(3, "W1.read", read(1, east(3)));
    program.at(4, "W3.write", Instruction::Scatter { map: east(3), from: east(2) });
    program.at(5, "W3.read", read(23, east(4)));
    program.at(6, "W2.write", write(1, east(4)));
    program
}

/// Greatest of six i32 vectors from W0..3, folded in one ALU every three cycles: 1, 4, ... 16; 16 + 4 + 3 + 1 = 24.
pub fn running_maximum() -> Program {
    let mut program = Program::new(40);
    for row in 0..6u16 {
        let bits: Vec<u32> = noise(70 + u64::from(row)).iter().map(|byte| u32::from(*byte) << 20).collect();
        program.value(WEST_0, row, &bits);
    }
    for (byte, name) in WEST_0.into_iter().enumerate() {
        let address = Address { base: 0, offset: 0, stride: 1 };
        let instruction = Instruction::Read { address, to: east(byte as u8) };
        program.burst(0, &format!("{name}.read"), Burst { instruction, count: 6, interval: 3 });
    }
    program.at(1, "alu1", alu(ScalarOp::Identity, DType::I32, Operand::Stream(east(0)), Operand::None, None));
    let instruction = alu(ScalarOp::Max, DType::I32, Operand::Stream(east(0)), Operand::Alu(1), Some(east(4)));
    program.burst(4, "alu1", Burst { instruction, count: 5, interval: 3 });
    write_value(&mut program, 24, EAST_4, 0, east(4));
    program
}

/// From one SXM through three ALUs to the other, and into E42: W41 read at 0, at the west SXM at 0 + 1 + 1 + 4 = 6, distributed,
/// inward from 8, at the VXM at 8 + 4 + 11 = 23; ALUs 23, 26, 29; out at 29 + 7 = 36; east SXM 36 + 11 + 4 = 51; from 53, at E42
/// at 53 + 4 + 1 = 58.
pub fn far_sxm() -> Program {
    let mut program = Program::new(80);
    program.word("W41", 0, &noise(8));
    program.at(0, "W41.read", read(0, west(0)));
    let map = std::array::from_fn(|lane| 15 - lane as u8);
    program.at(6, "sxmW0.distribute", Instruction::Distribute { from: 0, to: 4, map });
    let pass = |a, to| alu(ScalarOp::Identity, DType::I8, a, Operand::None, to);
    program.at(23, "alu0", pass(Operand::Stream(east(4)), None));
    program.at(26, "alu1", pass(Operand::Alu(0), None));
    program.at(29, "alu2", pass(Operand::Alu(1), Some(east(6))));
    program.at(51, "sxmE0.distribute", Instruction::Distribute { from: 6, to: 7, map });
    program.at(58, "E42.write", write(0, west(7)));
    program
}

/// From the SXM to a gather and back to the SXM: the map in E40 word 0 is read at 0, at the SXM at 0 + 1 + 1 + 4 = 6, inward from 8,
/// gathered in E41 at 8 + 4 + 1 = 13, outward from 14, at the SXM again at 14 + 1 + 4 = 19, inward from 21, at E42 at 26.
pub fn sxm_gather() -> Program {
    let mut program = Program::new(40);
    program.record.push(RecordField { slice: slice("E40"), address: 0, content: RecordContent::Map { base: 4 } });
    program.word("E41", 4, &noise(9));
    program.at(0, "E40.read", read(0, east(0)));
    let map = std::array::from_fn(|lane| lane as u8);
    program.at(6, "sxmE0.distribute", Instruction::Distribute { from: 0, to: 1, map });
    program.at(13, "E41.read", Instruction::Gather { map: west(1), to: east(2) });
    program.at(19, "sxmE1.distribute", Instruction::Distribute { from: 2, to: 3, map });
    program.at(26, "E42.write", write(0, west(3)));
    program
}

/// Sixteen words of a half on their way to its transposers: reads at 3 - g in group g, on their streams at 4 - g, at the SXM at
/// 4 + 11 + 4 = 19 (group 0: read at 3).
fn sixteen(program: &mut Program, half: char, to: fn(u8) -> arch::StreamId, word: impl Fn(usize) -> Bytes) {
    for number in 0..16usize {
        let name = format!("{half}{number}");
        program.word(&name, 0, &word(number));
        program.at(3 + number as u64 / 4, &format!("{name}.read"), read(0, to(16 + number as u8)));
    }
}

/// From a transposer through three ALUs to a distribute of the other SXM: sampled at 19, inward from 23, at the VXM 23 + 4 + 11 = 38,
/// in the ALU from 38 + 4; three of them until 51, of which the last is outward at the far SXM at 51 + 11 + 4 = 66; from 68, at E42 at 73.
pub fn transposed_far() -> Program {
    let mut program = Program::new(90);
    sixteen(&mut program, 'W', west, square);
    program.at(19, "sxmW0.transpose", Instruction::Transpose { from: 16, to: 0 });
    let pass = |a, to| alu(ScalarOp::Identity, DType::I8, a, Operand::None, to);
    program.at(38, "alu0", pass(Operand::Stream(east(4)), None));
    program.at(41, "alu1", pass(Operand::Alu(0), None));
    program.at(44, "alu2", pass(Operand::Alu(1), Some(east(6))));
    let map = std::array::from_fn(|lane| 15 - lane as u8);
    program.at(66, "sxmE0.distribute", Instruction::Distribute { from: 6, to: 7, map });
    program.at(73, "E42.write", write(0, west(7)));
    program
}

/// From a transposer to a gather and to a distribute of the same SXM. The map is made by the transposer of a word of 4s and one of
/// 0s: sampled at 19, inward from 23, gathered in E41 at 23 + 4 + 1 = 28, outward from 29, at the SXM at 29 + 1 + 4 = 34, inward from
/// 36, at E42 at 41.
pub fn transposed_gather() -> Program {
    let mut program = Program::new(60);
    sixteen(&mut program, 'E', east, |number| match number {
        0 => [4; WORD_BYTES],
        1 => [0; WORD_BYTES],
        _ => square(number),
    });
    program.word("E41", 4, &noise(9));
    program.at(19, "sxmE0.transpose", Instruction::Transpose { from: 16, to: 0 });
    program.at(28, "E41.read", Instruction::Gather { map: west(1), to: east(2) });
    let map = std::array::from_fn(|lane| lane as u8);
    program.at(34, "sxmE1.distribute", Instruction::Distribute { from: 2, to: 3, map });
    program.at(41, "E42.write", write(0, west(3)));
    program
}

/// Word of stream `row` of `transpose`.
pub fn square(row: usize) -> Bytes {
    noise(200 + row as u64)
}

/// Sixteen words of E0..15 transposed into E17..19 and so on: from 19 + 4 = 23, at the boundary at 27, at group g at 27 + 11 - g.
pub fn transpose() -> Program {
    let mut program = Program::new(60);
    sixteen(&mut program, 'E', east, square);
    for (number, goal) in [17u64, 18, 19, 21, 22, 23, 25, 26, 27, 29, 30, 31, 32, 33, 34, 35].into_iter().enumerate() {
        program.at(27 + 11 - goal / 4, &format!("E{goal}.write"), write(1, west(number as u8)));
    }
    program.at(19, "sxmE0.transpose", Instruction::Transpose { from: 16, to: 0 });
    program
}

/// A map that takes lane 7 l modulo 320 and moves every superlane.
pub fn sevenfold() -> LaneMap {
    LaneMap { from: (0..320).map(|lane| (7 * lane) % 320).collect() }
}

/// E0 permuted into E40 and shifted beside E1 into E41: read at 0 and 1, at the SXM at 0 + 1 + 11 + 4 = 16 and 17; from
/// 16 + 36 = 52 and 53; at E40 and E41 at 52 + 4 + 1 = 57 and 58.
pub fn permute() -> Program {
    let mut program = Program::new(80);
    program.maps = vec![LaneMap::rotation(0), sevenfold()];
    program.word("E0", 0, &noise(31));
    program.word("E1", 0, &noise(32));
    program.burst(0, "E0.read", Burst { instruction: read(0, east(0)), count: 2, interval: 1 });
    program.at(1, "E1.read", read(0, east(1)));
    program.at(16, "sxmE0.permute", Instruction::Permute { from: 0, to: 5, map: 1 });
    program.at(17, "sxmE0.permute", Instruction::Shift { north: 0, south: 1, lanes: 100, to: 6 });
    program.at(57, "E40.write", write(0, west(5)));
    program.at(58, "E41.write", write(0, west(6)));
    program
}

/// Rows E0..3 on E4..7 at the SXM at 0 + 1 + 11 + 4 = 16; turned from 16 + 4 = 20 on W16..31; row 3 turned by 2 on W30 at E40 at
/// 20 + 4 + 1 = 25.
pub fn rotate() -> Program {
    let mut program = Program::new(40);
    for row in 0..4u8 {
        program.word(&format!("E{row}"), 0, &noise(40 + u64::from(row)));
        program.at(0, &format!("E{row}.read"), read(0, east(4 + row)));
    }
    program.at(16, "sxmE0.transpose", Instruction::Rotate { from: 4, to: 16, size: 4 });
    program.at(25, "E40.write", write(0, west(30)));
    program
}

/// The copy; both its queues park, ALU 0 releases them at 20, all is over at 20 + 35 = 55.
pub fn barrier() -> Program {
    let mut program = copy();
    program.length = 55;
    program.at(1, "E0.read", Instruction::Sync);
    program.at(12, "E41.write", Instruction::Sync);
    program.at(20, "alu0", Instruction::Notify);
    program
}

/// A hundred reads in a row, one per cycle: 40 instructions are there, the 81st starts at 80 and was fetched at 80 - 32 = 48.
pub fn supply() -> Program {
    let mut program = Program::new(120);
    program.word("E0", 0, &noise(50));
    for cycle in 0..100 {
        let fetch = |first| Instruction::Fetch { slice: slice("E16"), address: Address::fixed(first) };
        let instruction = match cycle {
            0 => fetch(0),
            48 => fetch(2),
            _ => read(0, east(0)),
        };
        program.at(cycle, "E0.read", instruction);
    }
    program
}

/// Three superlanes of a word: told at 0, read at 0 + 1, at E41 at 1 + 11 = 12.
pub fn config() -> Program {
    let mut program = Program::new(20);
    program.word("E0", 0, &noise(1));
    program.at(0, "E0.read", Instruction::Config { superlanes: 3 });
    program.at(1, "E0.read", read(0, east(0)));
    program.at(12, "E41.write", write(5, east(0)));
    program
}

/// All of them by name.
pub fn all() -> Vec<(&'static str, Program)> {
    vec![
        ("copy", copy()),
        ("cross", cross()),
        ("add", add()),
        ("chain", chain()),
        ("matmul", matmul()),
        ("lane_sum", lane_sum()),
        ("swap", swap()),
        ("gather_scatter", gather_scatter()),
        ("running_maximum", running_maximum()),
        ("far_sxm", far_sxm()),
        ("sxm_gather", sxm_gather()),
        ("transpose", transpose()),
        ("transposed_far", transposed_far()),
        ("transposed_gather", transposed_gather()),
        ("permute", permute()),
        ("rotate", rotate()),
        ("barrier", barrier()),
        ("supply", supply()),
        ("config", config()),
    ]
}

//! Programs of the SXM: 16 x 16 transposed, all lanes reversed and turned, windows of three rows.
//!
//! In: nothing.  Out: programs with their lowered graphs.
//! Invariant: no arithmetic; what comes out is what went in, in other lanes.
//! Method: see the parent; cycles are counted from the SXM's dispatch backwards and forwards.

use super::*;
use graph::{Builder, DType};
use program::{Address, LaneMap, Packing, WordSource};

/// Slices that hold data, past the 16 that are read.
const GOALS: [u8; 16] = [17, 18, 19, 21, 22, 23, 25, 26, 27, 29, 30, 31, 32, 33, 34, 35];

/// Writes what leaves the eastern SXM at `leaves` on inward stream `number` into `slice`.
fn keep(yard: &Yard, sheet: &mut Sheet, leaves: u64, number: u8, (slice, address): (SliceId, u16)) {
    let inward = StreamId::new(W, number);
    let sxm = yard.geometry.sxm(Hemisphere::East);
    let write = Instruction::Write { address: Address::fixed(address), from: inward };
    sheet.at(leaves + yard.travel(inward, sxm, yard.at(slice)), Queue::MemWrite(slice), write);
}

/// A table of 16 rows of 16 lanes transposed, byte after byte, each row an output.
pub fn transpose() -> Program {
    let yard = Yard::new();
    let mut graph = Builder::new();
    let tensor = graph.tensor("table", DType::I32, &[16, 16]);
    let table = graph.constant(tensor);
    let turned = graph.permute_axes(table, &[1, 0]);
    let rows: Vec<_> = (0..16).map(|row| graph.rows(turned, row, 1)).collect();
    let mut lowered = graph.finish();
    lowered.outputs = rows.into_iter().enumerate().map(|(row, node)| (format!("row{row}"), node)).collect();
    let mut sheet = Sheet::default();
    let sxm = yard.geometry.sxm(Hemisphere::East);
    let goal = |row: u8, byte: u8| east(GOALS[usize::from((row + byte) % 16)]);
    for byte in 0..4u8 {
        let sampled = 40 + u64::from(byte);
        for row in 0..16 {
            let outward = StreamId::new(E, row);
            let read = Instruction::Read { address: Address::fixed(u16::from(byte)), to: outward };
            sheet.at(sampled - yard.lead(east(row), outward, sxm), Queue::MemRead(east(row)), read);
        }
        let transpose = Instruction::Transpose { from: 0, to: 16 };
        sheet.at(sampled, Queue::Transposer(Hemisphere::East, 1), transpose);
        let leaves = sampled + u64::from(yard.chip.latency.sxm_transpose);
        (0..16).for_each(|row| keep(&yard, &mut sheet, leaves, 16 + row, (goal(row, byte), u16::from(row))));
    }
    let mut program = program(vec![sheet.template("transpose")], vec![vec![0]], lowered);
    for (row, byte) in (0..16u8).flat_map(|row| (0..4u8).map(move |byte| (row, byte))) {
        let source = WordSource::Tensor { tensor, packing: Packing::Plane(byte) };
        let word = resident(east(row), u16::from(byte), 1, source);
        program.executable.image.push(Residency { row: u32::from(row), ..word });
    }
    let place = |row: u8| {
        let slices = std::array::from_fn(|byte| goal(row, byte as u8));
        output(&format!("row{row}"), slices, u16::from(row))
    };
    program.executable.outputs = (0..16).map(place).collect();
    with_witness(program)
}

/// Three rows turned by 0, 1 and 2 lanes in every superlane; of the nine, row 1 by 2 and row 2 by 0 are kept.
pub fn rotate() -> Program {
    let yard = Yard::new();
    let mut graph = Builder::new();
    let tensor = graph.tensor("rows", DType::F32, &[3, 320]);
    let table = graph.constant(tensor);
    let [middle, last] = [1, 2].map(|row| graph.rows(table, row, 1));
    let turned: Vec<u16> = (0..16).map(|lane| (lane + 2) % 16).collect();
    let turned = graph.permute_lanes(middle, &turned);
    let mut lowered = graph.finish();
    lowered.outputs = vec![("turned".to_owned(), turned), ("last".to_owned(), last)];
    let mut sheet = Sheet::default();
    let sxm = yard.geometry.sxm(Hemisphere::East);
    for byte in 0..4u8 {
        let sampled = 30 + 2 * u64::from(byte);
        for row in 0..3 {
            let (from, outward) = (east(4 * byte + row), StreamId::new(E, 8 + row));
            let read = Instruction::Read { address: Address::fixed(0), to: outward };
            sheet.at(sampled - yard.lead(from, outward, sxm), Queue::MemRead(from), read);
        }
        // The two transposers take bytes in turn.
        let transposer = Queue::Transposer(Hemisphere::East, byte % 2);
        sheet.at(sampled, transposer, Instruction::Rotate { from: 8, to: 16, size: 3 });
        let leaves = sampled + u64::from(yard.chip.latency.sxm_rotate);
        keep(&yard, &mut sheet, leaves, 16 + 3 + 2, (east(32 + byte), 0));
        keep(&yard, &mut sheet, leaves, 16 + 6, (east(36 + byte), 0));
    }
    let mut program = program(vec![sheet.template("rotate")], vec![vec![0]], lowered);
    for (row, byte) in (0..3u8).flat_map(|row| (0..4u8).map(move |byte| (row, byte))) {
        let source = WordSource::Tensor { tensor, packing: Packing::Plane(byte) };
        let word = resident(east(4 * byte + row), 0, 1, source);
        program.executable.image.push(Residency { row: u32::from(row), ..word });
    }
    program.executable.outputs = vec![output("turned", four(32), 0), output("last", four(36), 0)];
    with_witness(program)
}

/// All lanes of an input in reverse order by a map, and turned by 17 lanes by a shift with itself.
pub fn permute() -> Program {
    let yard = Yard::new();
    let mut graph = Builder::new();
    let x = graph.input("x", DType::F32, &[1, 320]);
    let reversed = LaneMap { from: (0..320).rev().collect() };
    let mut moved = |map: &LaneMap| graph.permute_lanes(x, &map.from);
    let (mirror, turn) = (moved(&reversed), moved(&LaneMap::rotation(17)));
    let mut lowered = graph.finish();
    lowered.outputs = vec![("mirror".to_owned(), mirror), ("turn".to_owned(), turn)];
    let mut sheet = Sheet::default();
    let sxm = yard.geometry.sxm(Hemisphere::East);
    for byte in 0..4u8 {
        let permute = Instruction::Permute { from: byte, to: 4 + byte, map: 0 };
        let shift = Instruction::Shift { north: byte, south: byte, lanes: 17, to: 8 + byte };
        for (round, instruction) in [permute, shift].into_iter().enumerate() {
            let sampled = 40 + 4 * round as u64 + u64::from(byte);
            let outward = StreamId::new(E, byte);
            let read = Instruction::Read { address: Address::fixed(0), to: outward };
            sheet.at(sampled - yard.lead(east(byte), outward, sxm), Queue::MemRead(east(byte)), read);
            sheet.at(sampled, Queue::Permuter(Hemisphere::East), instruction);
            let leaves = sampled + u64::from(yard.chip.latency.sxm_permute);
            let goal = (east(32 + byte), round as u16);
            keep(&yard, &mut sheet, leaves, 4 + 4 * round as u8 + byte, goal);
        }
    }
    let mut program = program(vec![sheet.template("permute")], vec![vec![0]], lowered);
    program.executable.maps.push(reversed);
    program.executable.record.extend(input("x", four(0), 0));
    program.executable.outputs = vec![output("mirror", four(32), 0), output("turn", four(32), 1)];
    with_witness(program)
}

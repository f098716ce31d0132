//! Programs that move words: copy, distribute, gather and scatter.
//!
//! In: nothing.  Out: programs with their lowered graphs.
//! Invariant: no arithmetic; what comes out is what went in, elsewhere.
//! Method: see the parent; cycles are counted from the sample backwards.

use super::*;
use graph::{Builder, DType, Op, Permutation, TensorType};
use program::{Address, WordSource};

/// Two inputs copied from slices 0..3 to slices 8..11 by one template, stamped twice with its own base.
pub fn copy() -> Program {
    let yard = Yard::new();
    let mut graph = Builder::new();
    let names = ["x", "y"];
    let inputs = names.map(|name| graph.input(name, DType::F32, &[1, 320]));
    let mut lowered = graph.finish();
    lowered.outputs = names.iter().zip(inputs).map(|(name, node)| (format!("{name}_copy"), node)).collect();
    let mut sheet = Sheet::default();
    for byte in 0..4 {
        let stream = StreamId::new(E, 4 + byte);
        let (from, to) = (east(byte), east(8 + byte));
        let address = Address { base: 1, offset: 2, stride: 0 };
        sheet.at(0, Queue::MemRead(from), Instruction::Read { address, to: stream });
        let arrival = yard.lead(from, stream, yard.at(to));
        sheet.at(arrival, Queue::MemWrite(to), Instruction::Write { address, from: stream });
    }
    let mut program = program(vec![sheet.template("copy")], vec![vec![0, 0], vec![0, 100]], lowered);
    program.executable.record.extend(input("x", four(0), 2));
    program.executable.record.extend(input("y", four(0), 102));
    program.executable.outputs = vec![output("x_copy", four(8), 2), output("y_copy", four(8), 102)];
    with_witness(program)
}

/// The lanes of every superlane reversed by four distributors.
pub fn distribute() -> Program {
    let yard = Yard::new();
    let mut graph = Builder::new();
    let x = graph.input("x", DType::F32, &[1, 320]);
    let reversed = (0..16u16).rev().collect();
    let wanted = TensorType { dtype: DType::F32, shape: *graph.shape(x) };
    let y = graph.node(Op::Permute(Permutation::Lanes(reversed)), &[x], &wanted);
    let mut lowered = graph.finish();
    lowered.outputs = vec![("y".to_owned(), y)];
    let mut sheet = Sheet::default();
    let sxm = yard.geometry.sxm(Hemisphere::East);
    for byte in 0..4 {
        let (outward, inward) = (StreamId::new(E, byte), StreamId::new(W, 8 + byte));
        sheet.at(0, Queue::MemRead(east(byte)), Instruction::Read { address: Address::fixed(0), to: outward });
        let sampled = yard.lead(east(byte), outward, sxm);
        let map = std::array::from_fn(|lane| 15 - lane as u8);
        let instruction = Instruction::Distribute { from: byte, to: 8 + byte, map };
        sheet.at(sampled, Queue::Distributor(Hemisphere::East, byte), instruction);
        let to = east(32 + byte);
        let written = sampled + u64::from(yard.chip.latency.sxm_distribute) + yard.travel(inward, sxm, yard.at(to));
        let write = Instruction::Write { address: Address::fixed(0), from: inward };
        sheet.at(written, Queue::MemWrite(to), write);
    }
    let mut program = program(vec![sheet.template("distribute")], vec![vec![0]], lowered);
    program.executable.record.extend(input("x", four(0), 0));
    program.executable.outputs = vec![output("y", four(32), 0)];
    with_witness(program)
}

/// An input scattered into a cache at the token's position, and the cache's row of that position gathered.
pub fn cache() -> Program {
    let yard = Yard::new();
    let mut graph = Builder::new();
    let x = graph.input("x", DType::F32, &[1, 320]);
    let position = graph.input("position", DType::I32, &[1]);
    let cache = graph.state("cache", DType::F32, &[8, 320]);
    let any = TensorType { dtype: DType::F32, shape: *graph.shape(cache) };
    let next = graph.node(Op::Scatter, &[cache, x, position], &any);
    let row = graph.node(Op::Gather, &[next, position], &any);
    let mut lowered = graph.finish();
    lowered.outputs = vec![("row".to_owned(), row)];
    lowered.updates = vec![(cache, next)];
    let mut sheet = Sheet::default();
    let map = StreamId::new(E, 31);
    let scattered = 20;
    let gathered = 30;
    let map_slice = east(4);
    for cycle in [scattered, gathered] {
        let dispatch = cycle - yard.lead(map_slice, map, yard.at(east(8)));
        sheet.at(dispatch, Queue::MemRead(map_slice), Instruction::Read { address: Address::fixed(7), to: map });
    }
    for byte in 0..4 {
        let (data, row) = (StreamId::new(E, byte), StreamId::new(E, 8 + byte));
        let (from, slice, to) = (east(byte), east(8 + byte), east(12 + byte));
        let read = Instruction::Read { address: Address::fixed(0), to: data };
        sheet.at(scattered - yard.lead(from, data, yard.at(slice)), Queue::MemRead(from), read);
        sheet.at(scattered, Queue::MemWrite(slice), Instruction::Scatter { map, from: data });
        sheet.at(gathered, Queue::MemRead(slice), Instruction::Gather { map, to: row });
        let arrival =
            gathered + u64::from(yard.chip.latency.mem_gather) + yard.travel(row, yard.at(slice), yard.at(to));
        sheet.at(arrival, Queue::MemWrite(to), Instruction::Write { address: Address::fixed(0), from: row });
    }
    let mut program = program(vec![sheet.template("cache")], vec![vec![0]], lowered);
    let executable = &mut program.executable;
    for plane in 0..4 {
        let source = WordSource::State { node: cache, plane };
        executable.image.push(resident(east(8 + plane), 500, 8, source));
    }
    executable.record.extend(input("x", four(0), 0));
    executable.record.push(RecordField { slice: map_slice, address: 7, content: RecordContent::Map { base: 500 } });
    executable.outputs = vec![output("row", four(12), 0)];
    with_witness(program)
}

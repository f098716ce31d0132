//! Programs of the VXM: an addition, a running maximum.
//!
//! In: nothing.  Out: programs with their lowered graphs.
//! Invariant: operands meet at the VXM in one cycle.
//! Method: see the parent; cycles are counted from the ALU's dispatch backwards and forwards.

use super::*;
use graph::{Builder, DType, ReduceKind, ScalarOp};
use program::{Address, AluOp, Operand, Packing, WordSource};

/// `x + bias`, bias a constant tensor.
pub fn add() -> Program {
    let yard = Yard::new();
    let mut graph = Builder::new();
    let x = graph.input("x", DType::F32, &[1, 320]);
    let tensor = graph.tensor("bias", DType::F32, &[1, 320]);
    let bias = graph.constant(tensor);
    let y = graph.add(x, bias);
    let mut lowered = graph.finish();
    lowered.outputs = vec![("y".to_owned(), y)];
    let mut sheet = Sheet::default();
    let meet = 10;
    for byte in 0..8 {
        let stream = StreamId::new(W, byte);
        let read = Instruction::Read { address: Address::fixed(0), to: stream };
        sheet.at(meet - yard.lead(east(byte), stream, yard.vxm()), Queue::MemRead(east(byte)), read);
    }
    let (a, b) = (Operand::Stream(StreamId::new(W, 0)), Operand::Stream(StreamId::new(W, 4)));
    let to = Some(StreamId::new(E, 0));
    sheet.at(meet, Queue::Alu(3), Instruction::Alu(AluOp { op: ScalarOp::Add, dtype: DType::F32, a, b, to }));
    for byte in 0..4 {
        let stream = StreamId::new(E, byte);
        let slice = east(8 + byte);
        let write = Instruction::Write { address: Address::fixed(1), from: stream };
        sheet.at(meet + yard.alu_lead(stream, yard.at(slice)), Queue::MemWrite(slice), write);
    }
    let mut program = program(vec![sheet.template("add")], vec![vec![0]], lowered);
    program.executable.record.extend(input("x", four(0), 0));
    for plane in 0..4 {
        let source = WordSource::Tensor { tensor, packing: Packing::Plane(plane) };
        program.executable.image.push(resident(east(4 + plane), 0, 1, source));
    }
    program.executable.outputs = vec![output("y", four(8), 1)];
    with_witness(program)
}

/// The maximum of nine rows in three interleaved folds of one ALU, each fold every `vxm_alu` = 3 cycles.
pub fn running_max() -> Program {
    let yard = Yard::new();
    let mut graph = Builder::new();
    let tensor = graph.tensor("rows", DType::F32, &[9, 320]);
    let rows = graph.constant(tensor);
    let folds = graph.reduce_partials(ReduceKind::Max, rows, 0, 3);
    let outputs: Vec<_> = (0..3).map(|row| graph.rows(folds, row, 1)).collect();
    let mut lowered = graph.finish();
    lowered.outputs = outputs.into_iter().enumerate().map(|(row, node)| (format!("y{row}"), node)).collect();
    let mut sheet = Sheet::default();
    let meet = 10;
    for byte in 0..4 {
        let stream = StreamId::new(W, byte);
        let read = Instruction::Read { address: Address { base: 0, offset: 0, stride: 1 }, to: stream };
        sheet.repeat(meet - yard.lead(east(byte), stream, yard.vxm()), Queue::MemRead(east(byte)), read, 9, 1);
    }
    let from = Operand::Stream(StreamId::new(W, 0));
    let alu = |op, b, to| Instruction::Alu(AluOp { op, dtype: DType::F32, a: from, b, to });
    sheet.repeat(meet, Queue::Alu(0), alu(ScalarOp::Identity, Operand::None, None), 3, 1);
    sheet.repeat(meet + 3, Queue::Alu(0), alu(ScalarOp::Max, Operand::Alu(0), None), 3, 1);
    let to = Some(StreamId::new(E, 12));
    sheet.repeat(meet + 6, Queue::Alu(0), alu(ScalarOp::Max, Operand::Alu(0), to), 3, 1);
    for byte in 0..4 {
        let stream = StreamId::new(E, 12 + byte);
        let slice = east(12 + byte);
        let write = Instruction::Write { address: Address { base: 0, offset: 3, stride: 2 }, from: stream };
        sheet.repeat(meet + 6 + yard.alu_lead(stream, yard.at(slice)), Queue::MemWrite(slice), write, 3, 1);
    }
    let mut program = program(vec![sheet.template("running_max")], vec![vec![0]], lowered);
    for plane in 0..4 {
        let source = WordSource::Tensor { tensor, packing: Packing::Plane(plane) };
        program.executable.image.push(resident(east(plane), 0, 9, source));
    }
    program.executable.outputs = (0..3).map(|row| output(&format!("y{row}"), four(12), 3 + 2 * row)).collect();
    with_witness(program)
}

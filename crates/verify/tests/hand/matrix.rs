//! Programs of the MXM: an int8 product over two K blocks and two digits, an f16 lane sum.
//!
//! In: nothing.  Out: programs with their lowered graphs.
//! Invariant: weights are installed before the activation that uses them enters; products meet their accumulators.
//! Method: see the parent; cycles are counted from loads and activations backwards, and forwards from there.

use super::*;
use graph::{Arg, Builder, DType, Expr, ScalarOp};
use program::{AccumulateMode, Address, AluOp, MxmFormat, Operand, Packing, WordSource};

const EAST: Hemisphere = Hemisphere::East;

/// Loads `groups` groups of 16 columns whose rows lie in slices 0..15 from word `address` on, the first sampled at `cycle`.
fn load(yard: &Yard, sheet: &mut Sheet, cycle: u64, address: u16, groups: u32) {
    for column in 0..16 {
        let stream = StreamId::new(E, column);
        let slice = east(column);
        let read = Instruction::Read { address: Address { base: 0, offset: address, stride: 1 }, to: stream };
        sheet.repeat(cycle - yard.lead(slice, stream, yard.mxm()), Queue::MemRead(slice), read, groups, 1);
    }
    sheet.repeat(cycle, Queue::MxmWeights(EAST, 0), Instruction::Load { group: 0, from: 0 }, groups, 1);
}

/// Cycle in which what an Accumulate dispatched at `cycle` emits on `stream` is sampled at `to`.
fn emitted(yard: &Yard, cycle: u64, stream: StreamId, to: Station) -> u64 {
    cycle + u64::from(yard.chip.latency.mxm_accumulate) + yard.travel(stream, yard.mxm(), to)
}

/// `256 * (digit 1 of x) . w + (digit 0 of x) . w`, x of 640 lanes in two blocks, 32 columns.
pub fn matmul() -> Program {
    let yard = Yard::new();
    let mut graph = Builder::new();
    let x: Vec<_> = (0..2).map(|block| graph.input(&format!("x{block}"), DType::I32, &[1, 320])).collect();
    let tensors: Vec<_> = (0..2).map(|block| graph.tensor(&format!("w{block}"), DType::I8, &[32, 320])).collect();
    let blocks: Vec<_> = (0..2).map(|block| (graph.digits(x[block], 2), graph.constant(tensors[block]))).collect();
    let product = graph.matmul_blocks(&blocks);
    let rows = [graph.rows(product, 0, 1), graph.rows(product, 1, 1)];
    let mut expr = Expr::default();
    let high = expr.push(ScalarOp::Mul, &[Arg::Input(0), Arg::Immediate(256)]);
    expr.push(ScalarOp::Add, &[high, Arg::Input(1)]);
    let y = graph.map(expr, &rows);
    let mut lowered = graph.finish();
    lowered.outputs = vec![("y".to_owned(), y)];
    let mut sheet = Sheet::default();
    let product = yard.chip.latency.mxm_product().0;
    let install = u64::from(yard.chip.latency.mxm_install);
    let from = StreamId::new(E, 16);
    let mut accumulated = 0;
    for block in 0..2 {
        let loaded = 40 + 20 * block;
        load(&yard, &mut sheet, loaded, 2 * block as u16, 2);
        sheet.at(loaded + 2, Queue::MxmWeights(EAST, 0), Instruction::Install);
        let sent = loaded + 2 + install;
        // Digit rows three cycles apart, so that an ALU can take one after the other.
        for (row, slice) in [(0, east(18)), (1, east(17))] {
            let address = Address::fixed(block as u16);
            let read = Instruction::Read { address, to: from };
            sheet.at(sent + 3 * row - yard.lead(slice, from, yard.mxm()), Queue::MemRead(slice), read);
        }
        let activate = Instruction::Activate { from: 16, format: MxmFormat::I8 };
        sheet.repeat(sent, Queue::MxmActivate(EAST, 0), activate, 2, 3);
        let (mode, emit) = if block == 0 { (AccumulateMode::Set, None) } else { (AccumulateMode::Add, Some(8)) };
        accumulated = sent + product;
        let accumulate = Instruction::Accumulate { slot: 5, step: 1, mode, emit };
        sheet.repeat(accumulated, Queue::MxmAccumulate(EAST, 0), accumulate, 2, 3);
    }
    let inward = StreamId::new(W, 8);
    let meet = emitted(&yard, accumulated, inward, yard.vxm());
    let alu = |op, a, b, to| Instruction::Alu(AluOp { op, dtype: DType::I32, a, b, to });
    let high = alu(ScalarOp::Mul, Operand::Stream(inward), Operand::Immediate(256), None);
    let to = StreamId::new(E, 12);
    let sum = alu(ScalarOp::Add, Operand::Alu(1), Operand::Stream(inward), Some(to));
    sheet.at(meet, Queue::Alu(1), high);
    sheet.at(meet + 3, Queue::Alu(2), sum);
    for byte in 0..4 {
        let stream = StreamId::new(E, 12 + byte);
        let slice = east(40 + byte);
        let write = Instruction::Write { address: Address::fixed(0), from: stream };
        sheet.at(meet + 3 + yard.alu_lead(stream, yard.at(slice)), Queue::MemWrite(slice), write);
    }
    let mut program = program(vec![sheet.template("matmul")], vec![vec![0]], lowered);
    let executable = &mut program.executable;
    for (block, tensor) in tensors.into_iter().enumerate() {
        for column in 0..16 {
            let source = WordSource::Tensor { tensor, packing: Packing::Plane(0) };
            let words = resident(east(column), 2 * block as u16, 2, source);
            executable.image.push(Residency { row: u32::from(column), step: 16, ..words });
        }
        for plane in 0..2 {
            let content = RecordContent::Input { name: format!("x{block}"), plane };
            executable.record.push(RecordField { slice: east(17 + plane), address: block as u16, content });
        }
    }
    executable.outputs = vec![output("y", four(40), 0)];
    with_witness(program)
}

/// The sum of all lanes of x in f16, in every one of 16 columns, by a tile of ones.
pub fn lane_sum() -> Program {
    let yard = Yard::new();
    let mut graph = Builder::new();
    let x = graph.input("x", DType::F32, &[1, 320]);
    let narrow = graph.scalar(ScalarOp::F32ToF16, &[x]);
    let tensor = graph.tensor("ones", DType::F16, &[16, 320]);
    let ones = graph.constant(tensor);
    let y = graph.matmul(narrow, ones);
    let mut lowered = graph.finish();
    lowered.outputs = vec![("y".to_owned(), y)];
    let mut sheet = Sheet::default();
    let latency = &yard.chip.latency;
    load(&yard, &mut sheet, 40, 0, 1);
    for plane in 0..2 {
        sheet.at(41, Queue::MxmWeights(EAST, plane), Instruction::Install);
    }
    let pair = StreamId::new(E, 16);
    let sent = 60;
    let meet = sent - yard.alu_lead(pair, yard.mxm());
    for byte in 0..4 {
        let stream = StreamId::new(W, 8 + byte);
        let read = Instruction::Read { address: Address::fixed(9), to: stream };
        sheet.repeat(
            meet - yard.lead(east(29 + byte), stream, yard.vxm()),
            Queue::MemRead(east(29 + byte)),
            read,
            2,
            1,
        );
    }
    let (a, to) = (Operand::Stream(StreamId::new(W, 8)), Some(pair));
    let cast = AluOp { op: ScalarOp::F32ToF16, dtype: DType::F32, a, b: Operand::None, to };
    sheet.repeat(meet, Queue::Alu(7), Instruction::Alu(cast), 2, 1);
    for half in 0..2 {
        let activate = Instruction::Activate { from: 16, format: MxmFormat::F16 { half } };
        sheet.at(sent + u64::from(half), Queue::MxmActivate(EAST, 0), activate);
    }
    let accumulated = sent + latency.mxm_product().0;
    for (row, mode, emit) in [(0, AccumulateMode::Set, None), (1, AccumulateMode::Add, Some(4))] {
        let accumulate = Instruction::Accumulate { slot: 0, step: 0, mode, emit };
        sheet.at(accumulated + row, Queue::MxmAccumulate(EAST, 0), accumulate);
    }
    for byte in 0..4 {
        let stream = StreamId::new(W, 4 + byte);
        let slice = east(36 + byte);
        let write = Instruction::Write { address: Address::fixed(0), from: stream };
        sheet.at(emitted(&yard, accumulated + 1, stream, yard.at(slice)), Queue::MemWrite(slice), write);
    }
    let mut program = program(vec![sheet.template("lane_sum")], vec![vec![0]], lowered);
    let executable = &mut program.executable;
    for column in 0..16 {
        let source = WordSource::Tensor { tensor, packing: Packing::EitherHalf };
        executable.image.push(Residency { row: u32::from(column), ..resident(east(column), 0, 1, source) });
    }
    let slices = std::array::from_fn(|byte| east(29 + byte as u8));
    executable.record.extend(input("x", slices, 9));
    executable.outputs = vec![output("y", four(36), 0)];
    with_witness(program)
}

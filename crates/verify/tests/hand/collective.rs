//! A sum over eight chips.
//!
//! In: nothing.  Out: a program with its lowered graph.
//! Invariant: all chips run the same instructions and end with the same bits, because an addition commutes.
//! Method: three rounds; in round r every chip adds what the chip sends whose number differs in bit r. Bytes cross one after the
//!     other and wait in SRAM, where a read may come late; only then do they meet at the VXM.

use super::*;
use arch::local_link;
use graph::{Builder, DType, ScalarOp};
use program::{Address, AluOp, Operand, Packing, WordSource};

fn west(number: u8) -> SliceId {
    SliceId { hemisphere: Hemisphere::West, number }
}

/// A value in four slices, brought to the VXM in cycle `meet` on `first` and the three streams after it.
fn bring(yard: &Yard, sheet: &mut Sheet, meet: u64, (slices, address): ([SliceId; 4], u16), first: StreamId) {
    for (byte, slice) in (0..).zip(slices) {
        let to = StreamId { number: first.number + byte, ..first };
        let read = Instruction::Read { address: Address::fixed(address), to };
        sheet.at(meet - yard.lead(slice, to, yard.vxm()), Queue::MemRead(slice), read);
    }
}

/// Chip c holds row c of a table of eight; every chip ends with the sum of all rows.
pub fn all_reduce() -> Program {
    let yard = Yard::new();
    let mut graph = Builder::new();
    let tensor = graph.tensor("table", DType::F32, &[8, 320]);
    let table = graph.constant(tensor);
    let mut rows: Vec<_> = (0..8).map(|row| graph.rows(table, row, 1)).collect();
    while 1 < rows.len() {
        rows = rows.chunks(2).map(|pair| graph.add(pair[0], pair[1])).collect();
    }
    let mut lowered = graph.finish();
    lowered.outputs = (0..8).map(|chip| (format!("sum.{chip}"), rows[0])).collect();
    let mut sheet = Sheet::default();
    let latency = &yard.chip.latency;
    let mut start = 0;
    for round in 0..3u16 {
        let link = local_link(1 << round);
        let (half, edge) = (link.hemisphere, yard.geometry.sxm(link.hemisphere));
        let landing = |byte| SliceId { hemisphere: half, number: 8 + byte };
        let mut written = 0;
        for byte in 0..4u8 {
            let (outward, inward) = (StreamId::new(half.outward(), byte), StreamId::new(half.inward(), 8 + byte));
            let dispatch = start + u64::from(byte) * u64::from(latency.link_vector);
            let read = Instruction::Read { address: Address::fixed(round), to: outward };
            sheet.at(dispatch, Queue::MemRead(west(byte)), read);
            let sent = dispatch + yard.lead(west(byte), outward, edge);
            sheet.at(sent, Queue::LinkSend(link), Instruction::Send { from: byte });
            let landed = sent + latency.link_crossing().0;
            sheet.at(landed, Queue::LinkReceive(link), Instruction::Receive { to: 8 + byte });
            let slice = landing(byte);
            written = landed + u64::from(latency.link_receive) + yard.travel(inward, edge, yard.at(slice));
            let write = Instruction::Write { address: Address::fixed(round), from: inward };
            sheet.at(written, Queue::MemWrite(slice), write);
        }
        let other = StreamId::new(half.inward(), 4);
        let meet = written + u64::from(latency.mem_write) + yard.lead(landing(0), other, yard.vxm());
        let own = StreamId::new(E, 0);
        bring(&yard, &mut sheet, meet, (std::array::from_fn(|byte| west(byte as u8)), round), own);
        bring(&yard, &mut sheet, meet, (std::array::from_fn(|byte| landing(byte as u8)), round), other);
        let (a, b, to) = (Operand::Stream(own), Operand::Stream(other), Some(StreamId::new(W, 12)));
        sheet.at(meet, Queue::Alu(3), Instruction::Alu(AluOp { op: ScalarOp::Add, dtype: DType::F32, a, b, to }));
        for byte in 0..4u8 {
            let stream = StreamId::new(W, 12 + byte);
            let kept = meet + yard.alu_lead(stream, yard.at(west(byte)));
            let write = Instruction::Write { address: Address::fixed(round + 1), from: stream };
            sheet.at(kept, Queue::MemWrite(west(byte)), write);
            start = kept + u64::from(latency.mem_write);
        }
    }
    let mut program = program(vec![sheet.template("all_reduce")], vec![vec![0]], lowered);
    program.executable.topology = "node-8".to_owned();
    for chip in 0..8u16 {
        for byte in 0..4u8 {
            let source = WordSource::Tensor { tensor, packing: Packing::Plane(byte) };
            let row = u32::from(chip);
            program.executable.image.push(Residency { chip, row, ..resident(west(byte), 0, 1, source) });
        }
        let slices = std::array::from_fn(|byte| west(byte as u8));
        program.executable.outputs.push(OutputField { output: format!("sum.{chip}"), chip, slices, address: 3 });
    }
    with_witness(program)
}

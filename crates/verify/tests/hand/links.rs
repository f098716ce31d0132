//! Programs for two chips.
//!
//! In: nothing.  Out: programs with their lowered graphs.
//! Invariant: both chips run the same instructions; what differs is what lies in their SRAM.
//! Method: see the parent; a vector lands `link_crossing` after it was sent.

use super::*;
use arch::{LinkId, local_link};
use graph::{Builder, ConstSource, DType, Op, TensorType, View};
use program::{Address, Packing, WordSource};

/// Chip 0 holds row 0 of a table, chip 1 row 1; each sends its row to the other, byte after byte.
pub fn exchange() -> Program {
    let yard = Yard::new();
    let mut graph = Builder::new();
    let table = graph.weight("table", DType::F32, &[2, 320]);
    let wanted = TensorType { dtype: DType::F32, shape: graph::Shape::new(&[1, 320]).expect("a row") };
    let rows = [0, 1].map(|first| graph.node(Op::View(View::Rows { first }), &[table], &wanted));
    let mut lowered = graph.finish();
    assert!(matches!(lowered.nodes[table].op, Op::Const(ConstSource::Tensor(_))));
    lowered.outputs = vec![("at.0".to_owned(), rows[1]), ("at.1".to_owned(), rows[0])];
    let (link, west) = (local_link(1), |number| SliceId { hemisphere: Hemisphere::West, number });
    let LinkId { hemisphere, .. } = link;
    assert_eq!(hemisphere, Hemisphere::West, "the slices of this program lie beside the link");
    let mut sheet = Sheet::default();
    let edge = yard.geometry.sxm(hemisphere);
    for byte in 0..4u8 {
        let start = u64::from(byte) * u64::from(yard.chip.latency.link_vector);
        let (outward, inward) = (StreamId::new(W, byte), StreamId::new(E, byte));
        let (from, to) = (west(byte), west(8 + byte));
        sheet.at(start, Queue::MemRead(from), Instruction::Read { address: Address::fixed(0), to: outward });
        let sent = start + yard.lead(from, outward, edge);
        sheet.at(sent, Queue::LinkSend(link), Instruction::Send { from: byte });
        let landed = sent + yard.chip.latency.link_crossing().0;
        sheet.at(landed, Queue::LinkReceive(link), Instruction::Receive { to: byte });
        let written = landed + u64::from(yard.chip.latency.link_receive) + yard.travel(inward, edge, yard.at(to));
        let write = Instruction::Write { address: Address::fixed(0), from: inward };
        sheet.at(written, Queue::MemWrite(to), write);
    }
    let mut program = program(vec![sheet.template("exchange")], vec![vec![0]], lowered);
    program.executable.topology = "node-2".to_owned();
    for chip in [0, 1] {
        for byte in 0..4u8 {
            let source = WordSource::Tensor { tensor: units::Id::new(0), packing: Packing::Plane(byte) };
            let resident = resident(west(byte), 0, 1, source);
            program.executable.image.push(Residency { chip, row: u32::from(chip), ..resident });
        }
        let slices = std::array::from_fn(|byte| west(8 + byte as u8));
        program.executable.outputs.push(OutputField { output: format!("at.{chip}"), chip, slices, address: 0 });
    }
    with_witness(program)
}

//! A softmax over positions: each lane a head's score or a channel, each row a position.
//!
//! In: nothing.  Out: a program with its lowered graph.
//! Invariant: rows follow every `vxm_alu` = 3 cycles, so that a running fold finds its own last result.
//! Method: a running maximum; then differences, exponentials and their running sum in a chain of ALUs; the reciprocal as the square of
//!     a reciprocal root, because no ALU divides; last the products.

use super::*;
use graph::{Arg, Builder, DType, Expr, ReduceKind, ScalarOp};
use program::{Address, AluOp, Operand, Packing, WordSource};

/// Positions.
pub const ROWS: u32 = 6;

/// Four slices of a half from `first` on.
pub fn slices(hemisphere: Hemisphere, first: u8) -> [SliceId; 4] {
    std::array::from_fn(|byte| SliceId { hemisphere, number: first + byte as u8 })
}

/// A value that stands still (stride 0) or one row after the other (stride 1), at the VXM from cycle `meet` on, every 3 cycles.
pub fn bring(
    yard: &Yard,
    sheet: &mut Sheet,
    meet: u64,
    (slices, stride): ([SliceId; 4], i16),
    first: u8,
    rows: u32,
) -> Operand {
    let direction = slices[0].hemisphere.inward();
    for (byte, slice) in (0..).zip(slices) {
        let to = StreamId::new(direction, first + byte);
        let read = Instruction::Read { address: Address { base: 0, offset: 0, stride }, to };
        sheet.repeat(meet - yard.lead(slice, to, yard.vxm()), Queue::MemRead(slice), read, rows, 3);
    }
    Operand::Stream(StreamId::new(direction, first))
}

/// Writes what an ALU dispatched at `cycle` (and every 3 cycles after) drives from `first` on; says from when on it can be read.
pub fn keep(
    yard: &Yard,
    sheet: &mut Sheet,
    cycle: u64,
    (slices, stride): ([SliceId; 4], i16),
    (first, count): (u8, u32),
) -> (StreamId, u64) {
    let direction = slices[0].hemisphere.outward();
    let mut last = 0;
    for (byte, slice) in (0..).zip(slices) {
        let from = StreamId::new(direction, first + byte);
        let write = Instruction::Write { address: Address { base: 0, offset: 0, stride }, from };
        last = cycle + yard.alu_lead(from, yard.at(slice));
        sheet.repeat(last, Queue::MemWrite(slice), write, count, 3);
    }
    (StreamId::new(direction, first), last + 3 * u64::from(count - 1) + u64::from(yard.chip.latency.mem_write))
}

fn alu(op: ScalarOp, a: Operand, b: Operand, to: Option<StreamId>) -> Instruction {
    Instruction::Alu(AluOp { op, dtype: DType::F32, a, b, to })
}

/// `exp(x - max) / sum` over six rows, lane by lane.
pub fn softmax() -> Program {
    let yard = Yard::new();
    let mut graph = Builder::new();
    let tensor = graph.tensor("scores", DType::F32, &[ROWS, 320]);
    let scores = graph.constant(tensor);
    let greatest = graph.reduce(ReduceKind::Max, scores, 0);
    let greatest = graph.broadcast(greatest, &[ROWS, 320]);
    let mut expr = Expr::default();
    let less = expr.push(ScalarOp::Sub, &[Arg::Input(0), Arg::Input(1)]);
    expr.push(ScalarOp::Exp, &[less]);
    let parts = graph.map(expr, &[scores, greatest]);
    let sum = graph.reduce(ReduceKind::Sum, parts, 0);
    let mut expr = Expr::default();
    let root = expr.push(ScalarOp::Rsqrt, &[Arg::Input(0)]);
    expr.push(ScalarOp::Mul, &[root, root]);
    let inverse = graph.map(expr, &[sum]);
    let inverse = graph.broadcast(inverse, &[ROWS, 320]);
    let shares = graph.scalar(ScalarOp::Mul, &[parts, inverse]);
    let rows: Vec<_> = (0..ROWS).map(|row| graph.rows(shares, row, 1)).collect();
    let mut lowered = graph.finish();
    lowered.outputs = rows.into_iter().enumerate().map(|(row, node)| (format!("share{row}"), node)).collect();

    let (west, east) = (Hemisphere::West, Hemisphere::East);
    let [x, maximum, part, reciprocal, share] =
        [slices(west, 0), slices(west, 4), slices(east, 0), slices(east, 4), slices(west, 8)];
    let mut sheet = Sheet::default();
    let none = Operand::None;
    // The maximum runs in ALU 0.
    let first = 10;
    let from = bring(&yard, &mut sheet, first, (x, 1), 0, ROWS);
    sheet.at(first, Queue::Alu(0), alu(ScalarOp::Identity, from, none, None));
    let rest = ROWS - 2;
    sheet.repeat(first + 3, Queue::Alu(0), alu(ScalarOp::Max, from, Operand::Alu(0), None), rest, 3);
    let last = first + 3 * u64::from(ROWS - 1);
    let (to, ready) = keep(&yard, &mut sheet, last, (maximum, 0), (4, 1));
    sheet.at(last, Queue::Alu(0), alu(ScalarOp::Max, from, Operand::Alu(0), Some(to)));
    // Differences in ALU 1, exponentials in ALU 2, their sum in ALU 3.
    let first = ready + 10;
    let from = bring(&yard, &mut sheet, first, (x, 1), 8, ROWS);
    let greatest = bring(&yard, &mut sheet, first, (maximum, 0), 12, ROWS);
    sheet.repeat(first, Queue::Alu(1), alu(ScalarOp::Sub, from, greatest, None), ROWS, 3);
    let (to, kept) = keep(&yard, &mut sheet, first + 3, (part, 1), (4, ROWS));
    sheet.repeat(first + 3, Queue::Alu(2), alu(ScalarOp::Exp, Operand::Alu(1), none, Some(to)), ROWS, 3);
    sheet.at(first + 6, Queue::Alu(3), alu(ScalarOp::Identity, Operand::Alu(2), none, None));
    sheet.repeat(first + 9, Queue::Alu(3), alu(ScalarOp::Add, Operand::Alu(3), Operand::Alu(2), None), ROWS - 1, 3);
    // The reciprocal: one over the root, squared.
    let summed = first + 6 + 3 * u64::from(ROWS);
    sheet.at(summed, Queue::Alu(5), alu(ScalarOp::Rsqrt, Operand::Alu(3), none, None));
    let (to, ready) = keep(&yard, &mut sheet, summed + 3, (reciprocal, 0), (20, 1));
    sheet.at(summed + 3, Queue::Alu(6), alu(ScalarOp::Mul, Operand::Alu(5), Operand::Alu(5), Some(to)));
    // The shares.
    let first = ready.max(kept) + 10;
    let parts = bring(&yard, &mut sheet, first, (part, 1), 0, ROWS);
    let inverse = bring(&yard, &mut sheet, first, (reciprocal, 0), 4, ROWS);
    let (to, _) = keep(&yard, &mut sheet, first, (share, 1), (24, ROWS));
    sheet.repeat(first, Queue::Alu(15), alu(ScalarOp::Mul, parts, inverse, Some(to)), ROWS, 3);

    let mut program = program(vec![sheet.template("softmax")], vec![vec![0]], lowered);
    for (plane, slice) in (0..).zip(x) {
        let source = WordSource::Tensor { tensor, packing: Packing::Plane(plane) };
        program.executable.image.push(resident(slice, 0, ROWS as u16, source));
    }
    program.executable.outputs = (0..ROWS).map(|row| output(&format!("share{row}"), share, row as u16)).collect();
    with_witness(program)
}

//! The two greatest of eight rows, lane by lane, each with the number of its row: what a router of experts asks for.
//!
//! In: nothing.  Out: a program with its lowered graph.
//! Invariant: no two keys of a lane are equal, because the row's number is in them; so of equal scores the earliest row wins.
//! Method: key = 8 score + (7 - row); the greatest by a running maximum; then every key at least as great as that one is pushed far
//!     down, and the running maximum runs again. Rows follow every `vxm_alu` = 3 cycles.

use super::softmax::{bring, keep, slices};
use super::*;
use graph::{Arg, Builder, DType, Expr, ReduceKind, ScalarOp};
use program::{AluOp, Operand, Packing, WordSource};

/// Rows.
pub const ROWS: u32 = 8;
/// By how much a key is pushed down.
const DOWN: i32 = -(1 << 24);

fn alu(op: ScalarOp, a: Operand, b: Operand, to: Option<StreamId>) -> Instruction {
    Instruction::Alu(AluOp { op, dtype: DType::I32, a, b, to })
}

/// The claim: keys, their maximum, and the maximum of those that are left.
fn claim() -> (graph::Graph, [units::Id<graph::TensorInfo>; 2]) {
    let mut graph = Builder::new();
    let shape = [ROWS, 320];
    let tensors = ["gates", "order"].map(|name| graph.tensor(name, DType::I32, &shape));
    let [gates, order] = tensors.map(|tensor| graph.constant(tensor));
    let mut expr = Expr::default();
    let eight = expr.push(ScalarOp::Mul, &[Arg::Input(0), Arg::Immediate(8)]);
    expr.push(ScalarOp::Add, &[eight, Arg::Input(1)]);
    let keys = graph.map(expr, &[gates, order]);
    let first = graph.reduce(ReduceKind::Max, keys, 0);
    let greatest = graph.broadcast(first, &shape);
    let mut expr = Expr::default();
    let is_found = expr.push(ScalarOp::LessEqual, &[Arg::Input(0), Arg::Input(1)]);
    let down = expr.push(ScalarOp::Mul, &[is_found, Arg::Immediate(DOWN as u32)]);
    expr.push(ScalarOp::Add, &[down, Arg::Input(1)]);
    let left = graph.map(expr, &[greatest, keys]);
    let second = graph.reduce(ReduceKind::Max, left, 0);
    let mut lowered = graph.finish();
    lowered.outputs = vec![("first".to_owned(), first), ("second".to_owned(), second)];
    (lowered, tensors)
}

/// The first and second of eight rows.
pub fn top_k() -> Program {
    let yard = Yard::new();
    let (lowered, tensors) = claim();
    let (west, east) = (Hemisphere::West, Hemisphere::East);
    let [gates, order, keys, first, second] =
        [slices(west, 0), slices(west, 4), slices(east, 0), slices(west, 8), slices(east, 8)];
    let mut sheet = Sheet::default();
    let none = Operand::None;
    // Keys in ALUs 0 and 1, kept in the east; their maximum runs in ALU 2 and goes west.
    let start = 10;
    let scores = bring(&yard, &mut sheet, start, (gates, 1), 0, ROWS);
    let numbers = bring(&yard, &mut sheet, start + 3, (order, 1), 4, ROWS);
    sheet.repeat(start, Queue::Alu(0), alu(ScalarOp::Mul, scores, Operand::Immediate(8), None), ROWS, 3);
    let (to, kept) = keep(&yard, &mut sheet, start + 3, (keys, 1), (8, ROWS));
    sheet.repeat(start + 3, Queue::Alu(1), alu(ScalarOp::Add, Operand::Alu(0), numbers, Some(to)), ROWS, 3);
    let running = |sheet: &mut Sheet, start: u64, number: u8, of: Operand, goal: ([SliceId; 4], u8)| {
        sheet.at(start, Queue::Alu(number), alu(ScalarOp::Identity, of, none, None));
        let max = |to| alu(ScalarOp::Max, Operand::Alu(number), of, to);
        sheet.repeat(start + 3, Queue::Alu(number), max(None), ROWS - 2, 3);
        let last = start + 3 * u64::from(ROWS - 1);
        let (to, ready) = keep(&yard, sheet, last, (goal.0, 0), (goal.1, 1));
        sheet.at(last, Queue::Alu(number), max(Some(to)));
        ready
    };
    let ready = running(&mut sheet, start + 6, 2, Operand::Alu(1), (first, 12));
    // Whoever is at least as great as the first is pushed down; the maximum of the others runs in ALU 11.
    let start = ready.max(kept) + 10;
    let greatest = bring(&yard, &mut sheet, start, (first, 0), 16, ROWS);
    let key = bring(&yard, &mut sheet, start, (keys, 1), 20, ROWS);
    sheet.repeat(start, Queue::Alu(7), alu(ScalarOp::Identity, key, none, None), ROWS, 3);
    sheet.repeat(start + 3, Queue::Alu(8), alu(ScalarOp::Identity, Operand::Alu(7), none, None), ROWS, 3);
    sheet.repeat(start, Queue::Alu(4), alu(ScalarOp::LessEqual, greatest, key, None), ROWS, 3);
    let down = alu(ScalarOp::Mul, Operand::Alu(4), Operand::Immediate(DOWN as u32), None);
    sheet.repeat(start + 3, Queue::Alu(5), down, ROWS, 3);
    sheet.repeat(start + 6, Queue::Alu(10), alu(ScalarOp::Add, Operand::Alu(5), Operand::Alu(8), None), ROWS, 3);
    running(&mut sheet, start + 9, 11, Operand::Alu(10), (second, 28));

    let mut program = program(vec![sheet.template("top_k")], vec![vec![0]], lowered);
    for (tensor, home) in tensors.into_iter().zip([gates, order]) {
        for (plane, slice) in (0..).zip(home) {
            let source = WordSource::Tensor { tensor, packing: Packing::Plane(plane) };
            program.executable.image.push(resident(slice, 0, ROWS as u16, source));
        }
    }
    program.executable.outputs = vec![output("first", first, 0), output("second", second, 0)];
    with_witness(program)
}

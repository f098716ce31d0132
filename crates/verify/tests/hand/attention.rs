//! A tile of attention: one query, sixteen positions, sixteen channels, with both MXMs and the VXM between them.
//!
//! In: nothing.  Out: a program with its lowered graph.
//! Invariant: f16 at the inputs of the MXM, f32 everywhere else; no maximum is subtracted, as the scores are small.
//! Method: the query meets the keys in the eastern MXM, half of the lanes at a time; the exponentials of the scores go east to the values
//!     and west to a tile of ones, which adds them up; the two results meet again at the VXM, where one is multiplied by the other's
//!     reciprocal, the square of a reciprocal root.

use super::*;
use graph::{Arg, Builder, DType, Expr, ScalarOp};
use program::{AccumulateMode, Address, AluOp, MxmFormat, Operand, Packing, WordSource};

/// Of 320 lanes; a power of two, so that the product rounds nothing.
const SCALE: f32 = 1.0 / 16.0;
/// Positions, and channels of a value.
const TILE: u32 = 16;

type Tensor = units::Id<graph::TensorInfo>;

fn alu(op: ScalarOp, a: Operand, b: Operand, to: Option<StreamId>) -> Instruction {
    Instruction::Alu(AluOp { op, dtype: DType::F32, a, b, to })
}

fn slice(hemisphere: Hemisphere, number: u8) -> SliceId {
    SliceId { hemisphere, number }
}

/// Word `address` of slices 0 to 15 becomes columns 0 to 15 of plane 0, installed for cycle `usable`; the plane beside it is empty.
fn columns(yard: &Yard, sheet: &mut Sheet, half: Hemisphere, (address, usable): (u16, u64)) {
    let installed = usable - u64::from(yard.chip.latency.mxm_install);
    let loaded = installed - 1;
    for column in 0..16 {
        let to = StreamId::new(half.outward(), column);
        let from = yard.geometry.slice(slice(half, column));
        let lead = u64::from(yard.chip.latency.mem_read) + yard.travel(to, from, yard.geometry.mxm(half));
        let read = Instruction::Read { address: Address::fixed(address), to };
        sheet.at(loaded - lead, Queue::MemRead(slice(half, column)), read);
    }
    sheet.at(loaded, Queue::MxmWeights(half, 0), Instruction::Load { group: 0, from: 0 });
    for plane in 0..2 {
        sheet.at(installed, Queue::MxmWeights(half, plane), Instruction::Install);
    }
}

/// Activates one half of the lanes in `cycle`; the second half adds up and leaves on inward stream `emit`. Says when it does.
fn product(yard: &Yard, sheet: &mut Sheet, half: Hemisphere, (cycle, lanes, emit): (u64, u8, u8)) -> u64 {
    let activate = Instruction::Activate { from: 16, format: MxmFormat::F16 { half: lanes } };
    sheet.at(cycle, Queue::MxmActivate(half, 0), activate);
    let (mode, emit) = if lanes == 0 { (AccumulateMode::Set, None) } else { (AccumulateMode::Add, Some(emit)) };
    let accumulated = cycle + yard.chip.latency.mxm_product().0;
    let accumulate = Instruction::Accumulate { slot: 0, step: 0, mode, emit };
    sheet.at(accumulated, Queue::MxmAccumulate(half, 0), accumulate);
    accumulated + u64::from(yard.chip.latency.mxm_accumulate)
}

/// The claim, and its tables: keys, values by channel, ones.
fn claim() -> (graph::Graph, [Tensor; 3]) {
    let mut graph = Builder::new();
    let query = graph.input("query", DType::F32, &[1, 320]);
    let narrow = graph.scalar(ScalarOp::F32ToF16, &[query]);
    let tables = [("keys", 320), ("values", TILE), ("ones", TILE)];
    let tables = tables.map(|(name, lanes)| graph.tensor(name, DType::F16, &[TILE, lanes]));
    let [keys, values, ones] = tables.map(|tensor| graph.constant(tensor));
    let scores = graph.matmul(narrow, keys);
    let mut expr = Expr::default();
    let scaled = expr.push(ScalarOp::Mul, &[Arg::Input(0), Arg::Immediate(SCALE.to_bits())]);
    let part = expr.push(ScalarOp::Exp, &[scaled]);
    expr.push(ScalarOp::F32ToF16, &[part]);
    let parts = graph.map(expr, &[scores]);
    let (mixed, sum) = (graph.matmul(parts, values), graph.matmul(parts, ones));
    let mut expr = Expr::default();
    let root = expr.push(ScalarOp::Rsqrt, &[Arg::Input(0)]);
    let inverse = expr.push(ScalarOp::Mul, &[root, root]);
    expr.push(ScalarOp::Mul, &[Arg::Input(1), inverse]);
    let y = graph.map(expr, &[sum, mixed]);
    let mut lowered = graph.finish();
    lowered.outputs = vec![("y".to_owned(), y)];
    (lowered, tables)
}

/// softmax(query . keys / 16) . values
pub fn attention() -> Program {
    let yard = Yard::new();
    let (lowered, tables) = claim();
    let (west, east) = (Hemisphere::West, Hemisphere::East);
    let mut sheet = Sheet::default();
    // Keys: one half of their lanes in word 0, the other in word 1.
    let asked = 60;
    columns(&yard, &mut sheet, east, (0, asked));
    columns(&yard, &mut sheet, east, (1, asked + 20));
    let pair = StreamId::new(E, 16);
    let into = |cycle: u64| cycle - yard.alu_lead(pair, yard.mxm());
    for byte in 0..4 {
        let (from, to) = (slice(west, 8 + byte), StreamId::new(E, 20 + byte));
        for half in 0..2 {
            let read = Instruction::Read { address: Address::fixed(0), to };
            sheet.at(into(asked + 20 * half) - yard.lead(from, to, yard.vxm()), Queue::MemRead(from), read);
        }
    }
    let query = Operand::Stream(StreamId::new(E, 20));
    let narrowed = alu(ScalarOp::F32ToF16, query, Operand::None, Some(pair));
    sheet.repeat(into(asked), Queue::Alu(4), narrowed, 2, 20);
    product(&yard, &mut sheet, east, (asked, 0, 4));
    let left = product(&yard, &mut sheet, east, (asked + 20, 1, 4));
    // Scores come back; their exponentials leave both ways, twice: for each half of the lanes.
    let scores = StreamId::new(W, 4);
    let meet = left + yard.travel(scores, yard.mxm(), yard.vxm());
    let scale = Operand::Immediate(SCALE.to_bits());
    sheet.at(meet, Queue::Alu(0), alu(ScalarOp::Mul, Operand::Stream(scores), scale, None));
    sheet.at(meet + 3, Queue::Alu(2), alu(ScalarOp::Exp, Operand::Alu(0), Operand::None, None));
    // The second half of the lanes follows when other columns are installed for it: two ALUs hold the exponentials so long.
    sheet.at(meet + 6, Queue::Alu(1), alu(ScalarOp::Identity, Operand::Alu(2), Operand::None, None));
    sheet.at(meet + 9, Queue::Alu(3), alu(ScalarOp::Identity, Operand::Alu(1), Operand::None, None));
    let mut ends = [0, 0];
    for (end, (half, number, emit)) in ends.iter_mut().zip([(east, 5, 8), (west, 4, 12)]) {
        let (to, station) = (StreamId::new(half.outward(), 16), yard.geometry.mxm(half));
        for (lanes, cycle, part) in [(0, meet + 6, 2), (1, meet + 12, 3)] {
            sheet.at(cycle, Queue::Alu(number), alu(ScalarOp::F32ToF16, Operand::Alu(part), Operand::None, Some(to)));
            let sampled = cycle + yard.alu_lead(to, station);
            // Values of lanes 0 to 7 lie in word 2, of lanes 8 to 15 in word 3; ones serve both.
            if half == east || lanes == 0 {
                columns(&yard, &mut sheet, half, (2 + u16::from(lanes), sampled));
            }
            let left = product(&yard, &mut sheet, half, (sampled, lanes, emit));
            *end = left + yard.travel(StreamId::new(half.inward(), emit), station, yard.vxm());
        }
    }
    assert_eq!(ends[0], ends[1], "both halves are as far away");
    divide(&yard, &mut sheet, ends[0]);
    let mut program = program(vec![sheet.template("attention")], vec![vec![0]], lowered);
    let executable = &mut program.executable;
    executable.image = image(tables);
    executable.record.extend(input("query", std::array::from_fn(|byte| slice(west, 8 + byte as u8)), 0));
    executable.outputs = vec![output("y", four(36), 0)];
    with_witness(program)
}

/// In cycle `meet` the mixed values come from the east and the sum from the west; their quotient goes to slices 36 to 39.
fn divide(yard: &Yard, sheet: &mut Sheet, meet: u64) {
    let (mixed, sum) = (Operand::Stream(StreamId::new(W, 8)), Operand::Stream(StreamId::new(E, 12)));
    let none = Operand::None;
    sheet.at(meet, Queue::Alu(7), alu(ScalarOp::Rsqrt, sum, none, None));
    sheet.at(meet + 3, Queue::Alu(6), alu(ScalarOp::Mul, Operand::Alu(7), Operand::Alu(7), None));
    sheet.at(meet, Queue::Alu(4), alu(ScalarOp::Identity, mixed, none, None));
    sheet.at(meet + 3, Queue::Alu(5), alu(ScalarOp::Identity, Operand::Alu(4), none, None));
    let to = StreamId::new(E, 24);
    sheet.at(meet + 6, Queue::Alu(11), alu(ScalarOp::Mul, Operand::Alu(5), Operand::Alu(6), Some(to)));
    for byte in 0..4 {
        let (from, goal) = (StreamId::new(E, 24 + byte), east(36 + byte));
        let written = meet + 6 + yard.alu_lead(from, yard.at(goal));
        sheet.at(written, Queue::MemWrite(goal), Instruction::Write { address: Address::fixed(0), from });
    }
}

/// Keys and values in the east, each half of the lanes in a word of its own; ones in the west.
fn image([keys, values, ones]: [Tensor; 3]) -> Vec<Residency> {
    let word = |half, address, tensor, packing| {
        move |column: u8| {
            let source = WordSource::Tensor { tensor, packing };
            Residency { row: u32::from(column), ..resident(slice(half, column), address, 1, source) }
        }
    };
    let of = |word: &dyn Fn(u8) -> Residency| (0..16).map(word).collect::<Vec<Residency>>();
    let (west, east) = (Hemisphere::West, Hemisphere::East);
    [
        of(&word(east, 0, keys, Packing::Half(0))),
        of(&word(east, 1, keys, Packing::Half(1))),
        of(&word(east, 2, values, Packing::Half(0))),
        of(&word(east, 3, values, Packing::Half(1))),
        of(&word(west, 2, ones, Packing::EitherHalf)),
    ]
    .concat()
}

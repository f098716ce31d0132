//! Rule 13 broken: parking, release, supply, lengths of units, clocks.
//!
//! In: `aligned`, `narrow`, and sheets of a few orders.  Out: one case per fault, and the same a step before it, which is legal.
//! Invariant: nothing but the rule of the case is named.
//! Method: see the parent.

use super::{check, check_chip, is_named};
use crate::edit::{burst, later, meanwhile, queue};
use crate::hand::control::{aligned, narrow};
use crate::hand::movement::copy;
use crate::hand::switch::rotate;
use crate::hand::{E, Sheet, W, east, program};
use arch::{Chip, Hemisphere, LinkId, Queue, SliceId, StreamId};
use graph::{DType, ScalarOp};
use program::{Address, AluOp, Entry, Instruction, LaneMap, Operand, Program};
use verify::{Fault, Field, Order, Rule};

const SENDER: &str = "c2cW0.send";

fn order(wanted: fn(&Order) -> bool) -> impl Fn(&Fault) -> bool {
    move |fault| matches!(fault, Fault::Control(order) if wanted(order))
}

/// Expects rule 13 with an order for which `wanted` holds.
macro_rules! control {
    ($program:expr, $edit:expr, $wanted:pat) => {
        check(Rule::Control, $program, $edit, |fault| order(|order| matches!(order, $wanted))(fault))
    };
}

/// A program of sheets, without a claim.
fn sheets(sheets: Vec<Sheet>) -> Program {
    let number = sheets.len();
    let templates = sheets.into_iter().enumerate().map(|(number, sheet)| sheet.template(&format!("t{number}")));
    program(templates.collect(), vec![vec![0]; number], graph::Graph::default())
}

fn clean(program: &Program) {
    let report = verify::violations(&Chip::lpu_14nm(), program);
    assert!(report.is_clean(), "{:?}", report.violations.first().map(ToString::to_string));
}

/// An ALU that works on a constant: something to issue.
fn work() -> Instruction {
    let (a, b) = (Operand::Immediate(1), Operand::None);
    Instruction::Alu(AluOp { op: ScalarOp::Identity, dtype: DType::I32, a, b, to: None })
}

#[test]
fn queues_that_are_released_never_twice_or_in_another_cycle() {
    let silent = |program: &mut Program| {
        let entries = queue(program, SENDER);
        entries.iter_mut().filter(|entry| is_notify(entry)).for_each(|entry| *entry = Entry::Nop(1));
    };
    control!(aligned(), silent, Order::Release { release: None, .. });
    let slow = |program: &mut Program| queue(program, SENDER).push(Entry::Nop(1));
    control!(aligned(), slow, Order::Release { release: Some(53), length: 54 });
    let twice = |program: &mut Program| meanwhile(program, 30, SENDER, Instruction::Notify);
    control!(aligned(), twice, Order::NotifiedTwice);
    let mut sheet = Sheet::default();
    sheet.at(40, Queue::Alu(0), work());
    sheet.at(0, Queue::Alu(1), Instruction::Notify);
    control!(sheets(vec![sheet]), |_: &mut Program| {}, Order::Release { .. });
    let faster = |chip: &mut Chip| chip.latency.barrier = 34;
    check_chip(Rule::Control, aligned(), faster, |fault| order(|order| matches!(order, Order::Release { .. }))(fault));
}

fn is_notify(entry: &Entry) -> bool {
    matches!(entry, Entry::Issue(burst) if burst.instruction == Instruction::Notify)
}

#[test]
fn a_queue_that_does_not_park() {
    let idle = |program: &mut Program| {
        let length = crate::edit::template(program).length().0 as u32;
        let place = crate::edit::template(program).queues.partition_point(|(queue, _)| *queue < Queue::Alu(3));
        crate::edit::template(program).queues.insert(place, (Queue::Alu(3), vec![Entry::Nop(length)]));
    };
    control!(aligned(), idle, Order::Unparked);
}

#[test]
fn a_sync_stands_last_and_orders_are_not_repeated() {
    let on = |program: &mut Program| queue(program, "W0.read").push(Entry::Nop(1));
    check(
        Rule::Form,
        aligned(),
        on,
        |fault| matches!(fault, Fault::Operand { operand, .. } if *operand == Field::Sync),
    );
    let twice = |program: &mut Program| burst(program, "E0.read", 0).count = 2;
    let found = {
        let mut program = narrow();
        twice(&mut program);
        verify::violations(&Chip::lpu_14nm(), &program).violations
    };
    assert!(found.iter().any(|violation| matches!(&violation.fault, Fault::Operand { operand: Field::Count, .. })));
    let wide =
        |program: &mut Program| burst(program, "E0.read", 0).instruction = Instruction::Config { superlanes: 21 };
    check(
        Rule::Form,
        narrow(),
        wide,
        |fault| matches!(fault, Fault::Operand { operand, .. } if is_named(operand, "superlanes")),
    );
    let here = |program: &mut Program| burst(program, "E0.read", 0).instruction = Instruction::Deskew { cycles: 1 };
    check(Rule::Form, narrow(), here, |fault| matches!(fault, Fault::Misplaced { .. }));
    let turned = |from, to, size| {
        move |program: &mut Program| {
            burst(program, "sxmE0.transpose", 0).instruction = Instruction::Rotate { from, to, size };
        }
    };
    check(
        Rule::Form,
        rotate(),
        turned(8, 16, 5),
        |fault| matches!(fault, Fault::Operand { operand, .. } if is_named(operand, "size")),
    );
    check(
        Rule::Form,
        rotate(),
        turned(9, 16, 3),
        |fault| matches!(fault, Fault::Operand { operand, .. } if is_named(operand, "from")),
    );
    check(
        Rule::Form,
        rotate(),
        turned(8, 20, 3),
        |fault| matches!(fault, Fault::Operand { operand, .. } if is_named(operand, "to")),
    );
    check(
        Rule::Driven,
        rotate(),
        |program| later(program, "E32.write", 0),
        |fault| matches!(fault, Fault::Undriven { .. }),
    );
}

/// A hundred issues in a row, two of them fetches, the second in cycle `second` from `slice`.
fn busy(second: u64, slice: SliceId, address: u16) -> Program {
    let mut sheet = Sheet::default();
    let fetch = |slice, offset| Instruction::Fetch { slice, address: Address::fixed(offset) };
    for cycle in 0..100 {
        let instruction = match cycle {
            0 => fetch(east(16), 0),
            _ if cycle == second => fetch(slice, address),
            _ => work(),
        };
        sheet.at(cycle, Queue::Alu(0), instruction);
    }
    sheets(vec![sheet])
}

#[test]
fn a_queue_that_runs_ahead_of_its_instructions_or_is_flooded() {
    let as_it_is = |_: &mut Program| {};
    clean(&busy(48, east(16), 2));
    control!(busy(49, east(16), 2), as_it_is, Order::Starved { needed: 81, fetched: 80 });
    control!(busy(1, east(20), 2), as_it_is, Order::QueueFull { capacity: 80, held: 87 });
    control!(busy(10, east(17), 2), as_it_is, Order::FetchSlice { .. });
    let slow = |chip: &mut Chip| chip.latency.fetch += 1;
    let late = |fault: &Fault| order(|order| matches!(order, Order::Starved { .. }))(fault);
    check_chip(Rule::Control, busy(48, east(16), 2), slow, late);
    check(Rule::Memory, busy(48, east(16), 8191), as_it_is, |fault| matches!(fault, Fault::AddressRange { .. }));
    let nowhere = |fault: &Fault| matches!(fault, Fault::Operand { operand, .. } if is_named(operand, "slice"));
    check(Rule::Form, busy(48, east(44), 0), as_it_is, nowhere);
}

#[test]
fn two_fetches_at_the_port_of_one_slice() {
    let fetch = Instruction::Fetch { slice: east(16), address: Address::fixed(0) };
    let apart = |cycles: u64| {
        let mut sheet = Sheet::default();
        sheet.at(0, Queue::Alu(0), fetch);
        sheet.at(cycles, Queue::Alu(1), fetch);
        sheet.at(90, Queue::Alu(2), work());
        sheets(vec![sheet])
    };
    clean(&apart(2));
    control!(apart(0), |_: &mut Program| {}, Order::FetchPort { free: 2, .. });
    control!(apart(1), |_: &mut Program| {}, Order::FetchPort { free: 2, .. });
}

#[test]
fn a_chip_at_work_while_its_clock_is_aligned() {
    let late = |program: &mut Program| {
        let entries = queue(program, "W0.read");
        entries.insert(0, Entry::Nop(9));
    };
    control!(aligned(), late, Order::Restless);
    let behind = |program: &mut Program| meanwhile(program, 20, SENDER, Instruction::Config { superlanes: 20 });
    control!(aligned(), behind, Order::Restless);
}

/// On a chip that releases its queues at once an ALU's result would be taken after the clocks were aligned: 3 cycles are under way in it.
#[test]
fn a_unit_at_work_while_clocks_are_aligned() {
    let align = |worked: u64, barrier: u64| {
        let mut sheet = Sheet::default();
        let link = Queue::LinkSend(LinkId { hemisphere: Hemisphere::West, number: 0 });
        sheet.at(worked, Queue::Alu(0), work());
        sheet.at(worked + 1, Queue::Alu(0), Instruction::Sync);
        sheet.at(20, link, Instruction::Deskew { cycles: 4 });
        sheet.at(24, link, Instruction::Notify);
        program(vec![sheet.parked("align", 24 + barrier)], vec![vec![0]], graph::Graph::default())
    };
    let restless = |fault: &Fault| order(|order| matches!(order, Order::Restless))(fault);
    check_chip(Rule::Control, align(18, 1), |chip| chip.latency.barrier = 1, restless);
    clean(&align(18, 35));
    let mut chip = Chip::lpu_14nm();
    chip.latency.barrier = 1;
    assert!(verify::violations(&chip, &align(16, 1)).is_clean(), "two cycles earlier it is over");
}

#[test]
fn a_reserve_that_is_too_short_or_too_long() {
    let align = |start: u64, cycles: u16| {
        let mut sheet = Sheet::default();
        let link = Queue::LinkSend(LinkId { hemisphere: Hemisphere::West, number: 0 });
        sheet.at(1, Queue::Alu(0), Instruction::Sync);
        sheet.at(start, link, Instruction::Deskew { cycles });
        let notified = start + u64::from(cycles);
        sheet.at(notified, link, Instruction::Notify);
        let template = sheet.parked("align", notified + 35);
        program(vec![template], vec![vec![0]], graph::Graph::default())
    };
    let as_it_is = |_: &mut Program| {};
    clean(&align(20_000, 4));
    control!(align(20_001, 4), as_it_is, Order::Reserve { least: 5, most: 252, found: 4 });
    clean(&align(20, 252));
    control!(align(20, 253), as_it_is, Order::Reserve { .. });
    // The second begins 4 + 35 cycles after the first has ended, and its own 20,000: one cycle more than 4 make good.
    let mut again = align(20_000, 4);
    again.executable.instances.push(again.executable.instances[0].clone());
    control!(again, as_it_is, Order::Reserve { least: 5, .. });
}

/// What the permuter holds for 36 cycles is sampled after the clocks were aligned, or after nothing of the kind.
#[test]
fn a_value_from_before_the_clocks_were_aligned() {
    let across = |is_aligned: bool| {
        let (mut first, mut second) = (Sheet::default(), Sheet::default());
        let west = SliceId { hemisphere: Hemisphere::West, number: 0 };
        let permuter = Queue::Permuter(Hemisphere::West);
        let read = Instruction::Read { address: Address::fixed(0), to: StreamId::new(W, 9) };
        first.at(2, Queue::MemRead(west), read);
        first.at(18, permuter, Instruction::Permute { from: 9, to: 5, map: 0 });
        let link = Queue::LinkSend(LinkId { hemisphere: Hemisphere::West, number: 0 });
        if is_aligned {
            first.at(3, Queue::MemRead(west), Instruction::Sync);
            first.at(19, permuter, Instruction::Sync);
            first.at(20, link, Instruction::Deskew { cycles: 1 });
            first.at(21, link, Instruction::Notify);
        }
        let write = Instruction::Write { address: Address::fixed(0), from: StreamId::new(E, 5) };
        second.at(83 - 56, Queue::MemWrite(east(43)), write);
        let templates = vec![first.parked("first", 56), second.template("second")];
        let mut program = program(templates, vec![vec![0]; 2], graph::Graph::default());
        program.executable.maps.push(LaneMap::rotation(7));
        let mut builder = graph::Builder::new();
        let tensor = builder.tensor("word", DType::I8, &[1, 320]);
        program.lowered = builder.finish();
        let source = program::WordSource::Tensor { tensor, packing: program::Packing::Plane(0) };
        program.executable.image.push(crate::hand::resident(west, 0, 1, source));
        program
    };
    clean(&across(false));
    control!(across(true), |_: &mut Program| {}, Order::AcrossDeskew { .. });
}

#[test]
fn superlanes_at_rest() {
    let slow = |chip: &mut Chip| chip.latency.config = 2;
    let early = |fault: &Fault| order(|order| matches!(order, Order::Unsettled { from: 2 }))(fault);
    check_chip(Rule::Control, narrow(), slow, early);
    let told = |superlanes| {
        move |program: &mut Program| burst(program, "E2.read", 0).instruction = Instruction::Config { superlanes }
    };
    check(Rule::Dataflow, narrow(), told(2), |fault| matches!(fault, Fault::OutputValue { byte: 2, .. }));
    let mut whole = narrow();
    told(20)(&mut whole);
    clean(&Program { witness: Default::default(), ..whole });
    // A word of which only three superlanes are written is not whole, and was nothing before.
    let part = |program: &mut Program| meanwhile(program, 0, "E8.write", Instruction::Config { superlanes: 3 });
    check(Rule::Dataflow, copy(), part, |fault| matches!(fault, Fault::OutputValue { byte: 0, .. }));
}

/// A sum of immediates by one ALU, passed on by another, each with so many superlanes at work, as an output of so many lanes.
fn passed_on(superlanes: [u8; 2], lanes: u32) -> Program {
    let mut graph = graph::Builder::new();
    let x = graph.input("x", DType::F32, &[1, lanes]);
    let [one, two] = [1.0f32, 2.0].map(|value| value.to_bits());
    let sum = graph::Expr::single(ScalarOp::Add, &[graph::Arg::Immediate(one), graph::Arg::Immediate(two)]);
    let sum = graph.map(sum, &[x]);
    let mut lowered = graph.finish();
    lowered.outputs = vec![("y".to_owned(), sum)];
    let to = StreamId::new(E, 4);
    let alu = |op, a, b, to| Instruction::Alu(AluOp { op, dtype: DType::F32, a, b, to });
    let add = alu(ScalarOp::Add, Operand::Immediate(one), Operand::Immediate(two), None);
    let pass = alu(ScalarOp::Identity, Operand::Alu(0), Operand::None, Some(to));
    let mut sheet = Sheet::default();
    let chip = Chip::lpu_14nm();
    let second = 10 + u64::from(chip.latency.vxm_alu);
    for (number, (cycle, instruction)) in (0..).zip([(10, add), (second, pass)]) {
        let superlanes = superlanes[usize::from(number)];
        sheet.at(0, Queue::Alu(number), Instruction::Config { superlanes });
        sheet.at(cycle, Queue::Alu(number), instruction);
    }
    let yard = crate::hand::Yard::new();
    for byte in 0..4 {
        let stream = StreamId::new(E, 4 + byte);
        let written = second + yard.alu_lead(stream, yard.at(east(8 + byte)));
        let write = Instruction::Write { address: Address::fixed(1), from: stream };
        sheet.at(written, Queue::MemWrite(east(8 + byte)), write);
    }
    let mut program = program(vec![sheet.template("passed")], vec![vec![0]], lowered);
    program.executable.outputs = vec![crate::hand::output("y", crate::hand::four(8), 1)];
    program
}

#[test]
fn a_result_is_zero_where_its_alu_rested() {
    for (superlanes, lanes) in [([20, 20], 320), ([20, 3], 48), ([3, 3], 48)] {
        clean(&passed_on(superlanes, lanes));
    }
    for superlanes in [[3, 20], [3, 4], [20, 3]] {
        let other = |fault: &Fault| matches!(fault, Fault::OutputValue { .. });
        check(Rule::Dataflow, passed_on(superlanes, 320), |_| {}, other);
    }
}

/// The vectors of `exchange` set out in one instance and are received in the next; before it ends, clocks are aligned, or nothing happens.
#[test]
fn a_vector_under_way_while_clocks_are_aligned() {
    const LENGTH: u64 = 140;
    const ALIGNED: u64 = LENGTH - 35 - 8;
    let across = |is_aligned: bool| {
        let mut program = crate::hand::links::exchange();
        program.witness = program::Witness::default();
        let whole = program.executable.templates[units::Id::new(0)].clone();
        let (mut first, mut second) = (Sheet::default(), Sheet::default());
        for (queue, _, start, burst) in whole.bursts() {
            let queue = whole.queues[queue].0;
            match start.checked_sub(LENGTH) {
                Some(later) => second.at(later, queue, burst.instruction),
                None => first.at(start, queue, burst.instruction),
            }
            if is_aligned && matches!(queue, Queue::MemRead(_)) {
                first.at(start + 1, queue, Instruction::Sync);
            }
        }
        if is_aligned {
            let link = Queue::LinkSend(arch::local_link(1));
            first.at(ALIGNED, link, Instruction::Deskew { cycles: 8 });
            first.at(ALIGNED + 8, link, Instruction::Notify);
        }
        let mut templates = units::Arena::new();
        let first = templates.push(first.parked("first", LENGTH));
        let second = templates.push(second.template("second"));
        program.executable.templates = templates;
        let instances = [first, second].map(|template| program::Instance { template, bases: vec![0], layer: None });
        program.executable.instances = instances.to_vec();
        program
    };
    clean(&across(false));
    control!(across(true), |_: &mut Program| {}, Order::FlightAcrossDeskew);
}

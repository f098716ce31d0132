//! Every rule of the machine, broken alone.

use crate::assembler::{Program, Run, east, slice, west};
use crate::programs::{self, alu, noise, read, write};
use arch::Chip;
use graph::{DType, ScalarOp};
use program::{AccumulateMode, Address, Burst, Instruction, MxmFormat, Operand, WORD_BYTES};
use sim::{Cause, Defect};

fn run(program: &Program) -> Run {
    program.run(&Chip::lpu_14nm())
}

/// Asserts that `cause` is the first violation, at `cycle` of `queue`.
fn check(program: &Program, cause: Cause, queue: &str, cycle: u64) -> Run {
    let run = run(program);
    let first = run.outcome.poison.first().copied().unwrap_or_else(|| panic!("no violation; expected {cause}"));
    assert_eq!((first.cause, first.queue.to_string(), first.cycle.0), (cause, queue.to_owned(), cycle), "{first}");
    run
}

/// A program that dispatches `instruction` once.
fn single(queue: &str, instruction: Instruction) -> Program {
    let mut program = Program::new(60);
    program.at(5, queue, instruction);
    program
}

#[test]
fn a_stream_that_nobody_drove() {
    let mut program = programs::copy();
    program.at(12, "E40.write", write(0, east(0)));
    let run = check(&program, Cause::Undriven { stream: east(0) }, "E40.write", 12);
    assert_eq!(run.bytes("E40", 0), None);
    assert_eq!(run.bytes("E41", 5), Some(noise(1)), "the other word is untouched");
}

#[test]
fn two_drivers_of_one_cell_at_one_station() {
    let mut program = programs::copy();
    program.word("E1", 0, &noise(3));
    program.at(0, "E1.read", read(0, east(0)));
    let run = check(&program, Cause::Collision { stream: east(0) }, "E1.read", 0);
    assert_eq!(run.bytes("E41", 5), None);
}

#[test]
fn a_driver_downstream_replaces_the_value_without_a_violation() {
    let mut program = programs::copy();
    program.word("E20", 0, &noise(3));
    program.word("E21", 0, &noise(3));
    program.at(5, "E21.read", read(0, east(0)));
    program.image.retain(|residency| residency.slice != slice("E20"));
    assert_eq!(run(&program).clean().bytes("E41", 5), Some(noise(3)));
}

#[test]
fn words_that_are_not_there() {
    check(&single("E4.read", read(9, east(0))), Cause::Unwritten { address: 9 }, "E4.read", 5);
    check(&single("E16.read", read(9, east(0))), Cause::Reserved, "E16.read", 5);
    check(&single("E4.read", read(8192, east(0))), Cause::AddressRange { address: 8192 }, "E4.read", 5);
    let based = Instruction::Read { address: Address { base: 1, offset: 0, stride: 0 }, to: east(0) };
    check(&single("E4.read", based), Cause::AddressBase { base: 1 }, "E4.read", 5);
    let mut program = Program::new(60);
    program.word("E4", 0, &noise(1));
    let address = Address { base: 0, offset: 0, stride: -1 };
    let instruction = Instruction::Read { address, to: east(0) };
    program.burst(5, "E4.read", Burst { instruction, count: 2, interval: 1 });
    check(&program, Cause::AddressRange { address: -1 }, "E4.read", 6);
}

#[test]
fn a_read_and_a_write_in_one_bank() {
    let mut program = programs::copy();
    program.word("E41", 7, &noise(2));
    program.word("E41", 5000, &noise(3));
    program.at(11, "E41.read", read(7, west(0)));
    let run = check(&program, Cause::Bank { bank: 0 }, "E41.read", 11);
    assert_eq!(run.bytes("E41", 5), None);
    let mut program = programs::copy();
    program.word("E41", 5000, &noise(3));
    program.at(11, "E41.read", read(5000, west(0)));
    assert_eq!(self::run(&program).clean().bytes("E41", 5), Some(noise(1)));
}

#[test]
fn maps_that_lead_nowhere() {
    let mut program = programs::gather_scatter();
    program.record.remove(0);
    let mut map = [0; WORD_BYTES];
    map[16 * 4] = 10;
    map[16 * 4 + 1] = 32;
    program.word("W1", 0, &map);
    let cause = Cause::MapRange { superlane: 4, address: 32 * 256 + 10 };
    check(&program, cause, "W0.read", 1);
    let mut program = programs::gather_scatter();
    program.record.remove(1);
    let run = check(&program, Cause::Unwritten { address: 1 }, "W1.read", 3);
    assert_eq!(run.outcome.poison[1].cause, Cause::MapPoisoned);
    assert_eq!(run.bytes("W3", 23), Some([0; WORD_BYTES]));
}

#[test]
fn instructions_in_the_wrong_queue_and_streams_that_do_not_exist() {
    check(&single("E4.write", read(0, east(0))), Cause::WrongQueue, "E4.write", 5);
    check(&single("alu0", Instruction::Install), Cause::WrongQueue, "alu0", 5);
    check(&single("E4.write", write(0, east(32))), Cause::StreamRange { number: 32 }, "E4.write", 5);
    let to_nowhere = alu(ScalarOp::Identity, DType::F32, Operand::Immediate(0), Operand::None, Some(east(252)));
    check(&single("alu0", to_nowhere), Cause::StreamRange { number: 252 }, "alu0", 5);
    let crooked = alu(ScalarOp::Identity, DType::F32, Operand::Immediate(0), Operand::None, Some(east(2)));
    check(&single("alu0", crooked), Cause::StreamGroup { first: east(2), count: 4 }, "alu0", 5);
    let crooked = alu(ScalarOp::Identity, DType::F32, Operand::Stream(east(2)), Operand::None, None);
    check(&single("alu0", crooked), Cause::StreamGroup { first: east(2), count: 4 }, "alu0", 5);
}

#[test]
fn operations_that_an_alu_does_not_do() {
    let one = Operand::Immediate(1);
    let none = Operand::None;
    let cases = [
        ("alu0", ScalarOp::Div, DType::F32, one, one, Cause::Operation),
        ("alu0", ScalarOp::Select, DType::I32, one, one, Cause::Operation),
        ("alu0", ScalarOp::Exp, DType::I32, one, none, Cause::Operation),
        ("alu0", ScalarOp::AddSat, DType::F32, one, one, Cause::Operation),
        ("alu0", ScalarOp::Mask, DType::F32, one, none, Cause::Operand { operand: 1 }),
        ("alu1", ScalarOp::Exp, DType::F32, one, none, Cause::SmallAlu),
        ("alu0", ScalarOp::Exp, DType::F32, one, one, Cause::Operand { operand: 1 }),
        ("alu0", ScalarOp::Add, DType::F32, one, none, Cause::Operand { operand: 1 }),
        ("alu0", ScalarOp::I8ToI32, DType::I8, one, none, Cause::Operand { operand: 0 }),
        ("alu0", ScalarOp::Add, DType::F32, one, Operand::Alu(3), Cause::AluAbsent { alu: 3 }),
        ("alu0", ScalarOp::Add, DType::F32, one, Operand::Alu(99), Cause::AluAbsent { alu: 99 }),
    ];
    for (queue, op, dtype, a, b, cause) in cases {
        check(&single(queue, alu(op, dtype, a, b, None)), cause, queue, 5);
    }
}

#[test]
fn streams_and_results_that_an_alu_does_not_hear() {
    let pass = |a, to| alu(ScalarOp::Identity, DType::F32, a, Operand::None, to);
    check(&single("alu4", pass(Operand::Immediate(0), Some(east(0)))), Cause::Window { stream: east(0) }, "alu4", 5);
    let mut program = programs::add();
    program.at(2, "alu8", pass(Operand::Stream(east(0)), None));
    check(&program, Cause::Window { stream: east(0) }, "alu8", 2);
    let sides = [Operand::Stream(east(0)), Operand::Stream(west(0))];
    let both = alu(ScalarOp::Add, DType::F32, sides[0], sides[1], None);
    check(&single("alu0", both), Cause::BothSides { stream: west(0) }, "alu0", 5);
    // One row, one column; a row that is too far; two takers on either side, of which the second finds no way left.
    let taken = |giver: &str, takers: &[&str]| {
        let mut program = Program::new(60);
        program.at(5, giver, pass(Operand::Immediate(0), None));
        let number = giver[3..].parse().expect("an ALU");
        takers.iter().for_each(|taker| program.at(8, taker, pass(Operand::Alu(number), None)));
        program
    };
    check(&taken("alu1", &["alu5"]), Cause::NotHeard { alu: 1 }, "alu5", 8);
    check(&taken("alu0", &["alu9"]), Cause::NotHeard { alu: 0 }, "alu9", 8);
    assert_eq!(run(&taken("alu1", &["alu0", "alu4"])).outcome.poison, []);
    check(&taken("alu1", &["alu0", "alu2"]), Cause::NotHeard { alu: 1 }, "alu2", 8);
    // In the group of a stream that comes from the other side.
    let mut program = Program::new(60);
    program.at(5, "alu0", pass(Operand::Immediate(0), Some(east(8))));
    program.at(8, "alu1", alu(ScalarOp::Add, DType::F32, Operand::Alu(0), Operand::Stream(west(8)), None));
    check(&program, Cause::NotHeard { alu: 0 }, "alu1", 8);
}

#[test]
fn chained_results_are_there_for_one_cycle_and_one_type() {
    let chained = |cycle, dtype| {
        let mut program = Program::new(60);
        let first = alu(ScalarOp::Identity, DType::F32, Operand::Immediate(0), Operand::None, None);
        program.at(5, "alu0", first);
        program.at(cycle, "alu1", alu(ScalarOp::Identity, dtype, Operand::Alu(0), Operand::None, None));
        program
    };
    assert_eq!(run(&chained(8, DType::F32)).outcome.poison, []);
    for (cycle, dtype) in [(7, DType::F32), (9, DType::F32), (8, DType::I32)] {
        check(&chained(cycle, dtype), Cause::AluAbsent { alu: 0 }, "alu1", cycle);
    }
}

#[test]
fn arrays_and_products_that_are_not_there() {
    let i8 = Instruction::Activate { from: 31, format: MxmFormat::I8 };
    let mut program = programs::copy();
    program.at(20 - 1, "mxmE0.activate", Instruction::Activate { from: 0, format: MxmFormat::I8 });
    let run = self::run(&program);
    assert_eq!(run.outcome.poison[0].cause, Cause::Undriven { stream: east(0) });
    let absent = |cycle| {
        let mut program = programs::matmul();
        program.at(cycle, "mxmE0.activate", i8);
        program
    };
    check(&absent(43), Cause::ArrayAbsent { plane: 0 }, "mxmE0.activate", 43);
    let installed = |cycle| {
        let mut program = absent(43);
        program.at(cycle, "mxmE0.weights", Instruction::Install);
        program
    };
    run_clean(&installed(40));
    for cycle in [41, 42, 43] {
        check(&installed(cycle), Cause::ArrayAbsent { plane: 0 }, "mxmE0.activate", 43);
    }
    let mut twice = installed(40);
    twice.at(43, "mxmE0.weights", Instruction::Install);
    check(&twice, Cause::ArrayAbsent { plane: 0 }, "mxmE0.activate", 43);
}

fn run_clean(program: &Program) {
    run(program).clean();
}

#[test]
fn accumulators_that_hold_nothing() {
    let accumulate = |slot, mode| Instruction::Accumulate { slot, step: 1, mode, emit: None };
    check(&single("mxmW0.accumulate", accumulate(0, AccumulateMode::Set)), Cause::ProductAbsent, "mxmW0.accumulate", 5);
    let product = |slot, mode| {
        let mut program = programs::copy_to_mxm();
        program.at(0, "mxmE0.weights", Instruction::Install);
        program.at(20, "mxmE0.activate", Instruction::Activate { from: 0, format: MxmFormat::I8 });
        program.at(34, "mxmE0.accumulate", accumulate(slot, mode));
        program
    };
    run_clean(&product(127, AccumulateMode::Set));
    let slots = Chip::lpu_14nm().accumulators;
    let slot = u64::from(slots);
    check(&product(slots, AccumulateMode::Set), Cause::SlotRange { slot }, "mxmE0.accumulate", 34);
    check(&product(5, AccumulateMode::Add), Cause::SlotEmpty { slot: 5 }, "mxmE0.accumulate", 34);
}

#[test]
fn weights_past_the_last_column_or_from_the_wrong_streams() {
    let mut program = programs::matmul();
    program.burst(100, "mxmE1.weights", Burst::once(Instruction::Load { group: 20, from: 0 }));
    let run = self::run(&program);
    assert_eq!(run.outcome.poison.last().map(|poison| poison.cause), Some(Cause::Column { group: 20 }));
    check(
        &single("mxmE0.weights", Instruction::Load { group: 0, from: 8 }),
        Cause::LoadFrom { from: 8 },
        "mxmE0.weights",
        5,
    );
}

#[test]
fn f16_products_of_the_wrong_shape() {
    let shape = |queue: &str, half, group| {
        let mut program = programs::lane_sum_with(group);
        let from = if queue == "mxmE0.activate" { 26 } else { 25 };
        program.at(from, queue, Instruction::Activate { from: 0, format: MxmFormat::F16 { half } });
        program
    };
    check(&shape("mxmE1.activate", 0, 2), Cause::HalfShape, "mxmE1.activate", 25);
    let run = self::run(&shape("mxmE0.activate", 2, 2));
    assert!(run.outcome.poison.iter().any(|poison| poison.cause == Cause::Undriven { stream: east(0) }));
    let wide = programs::lane_sum_with(10);
    check(&wide, Cause::HalfShape, "mxmE0.activate", 24);
}

#[test]
fn lane_maps_past_lane_15() {
    let mut program = programs::copy();
    program.at(16, "sxmE0.distribute", Instruction::Distribute { from: 0, to: 0, map: [17; 16] });
    check(&program, Cause::LaneMap { lane: 17 }, "sxmE0.distribute", 16);
}

#[test]
fn what_the_permuter_cannot_do() {
    let with = |instruction| {
        let mut program = programs::copy();
        program.maps = vec![program::LaneMap { from: vec![0; 320] }];
        program.at(16, "sxmE0.permute", instruction);
        program
    };
    let permute = |map| with(Instruction::Permute { from: 0, to: 0, map });
    check(&permute(0), Cause::PermuteMap { map: 0 }, "sxmE0.permute", 16);
    check(&permute(1), Cause::PermuteMap { map: 1 }, "sxmE0.permute", 16);
    let far = with(Instruction::Shift { north: 0, south: 0, lanes: 321, to: 0 });
    check(&far, Cause::ShiftRange { lanes: 321 }, "sxmE0.permute", 16);
    let mut crooked = programs::copy();
    crooked.at(16, "sxmE0.transpose", Instruction::Transpose { from: 8, to: 0 });
    check(&crooked, Cause::StreamGroup { first: east(8), count: 16 }, "sxmE0.transpose", 16);
}

#[test]
fn poison_spreads_to_the_output_with_its_provenance() {
    let mut program = programs::add();
    program.outputs.push(program::OutputField {
        output: "sum".to_owned(),
        chip: 0,
        slices: programs::EAST_4.map(slice),
        address: 0,
    });
    let good = run(&program);
    assert!(good.machine.outputs()[0].defect.is_none());
    program.image.remove(2);
    let run = run(&program);
    assert_eq!(run.outcome.violations, 1);
    let poison = run.outcome.poison[0];
    assert_eq!((poison.cause, poison.queue.to_string().as_str()), (Cause::Unwritten { address: 0 }, "W2.read"));
    assert_eq!(run.machine.outputs()[0].defect, Some(Defect::Poisoned(Some(poison))));
    let mut never = programs::copy();
    never.outputs.push(program.outputs[0].clone());
    assert_eq!(self::run(&never).machine.outputs()[0].defect, Some(Defect::Unwritten));
}

#[test]
fn the_list_of_violations_is_capped_and_all_are_counted() {
    let mut program = Program::new(2000);
    program.burst(0, "E4.read", Burst { instruction: read(0, east(0)), count: 1000, interval: 2 });
    let outcome = run(&program).outcome;
    assert_eq!((outcome.poison.len(), outcome.violations), (sim::KEPT_MAX, 1000));
}

//! Orders to the queue itself: what they do, to the cycle, and every way to break their rules.

use crate::assembler::{Program, Run, east, slice, west};
use crate::programs::{self, noise, read, write};
use arch::Chip;
use graph::{DType, ScalarOp};
use program::{Address, Burst, Executable, Instance, Instruction, Operand, TemplateId, WORD_BYTES};
use sim::{Cause, Machine, Recorder};
use std::collections::BTreeMap;

fn run(program: &Program) -> Run {
    program.run(&Chip::lpu_14nm())
}

/// Asserts that `cause` is the first violation, at `cycle`.
fn check(program: &Program, cause: Cause, cycle: u64) {
    let first =
        run(program).outcome.poison.first().copied().unwrap_or_else(|| panic!("no violation; expected {cause}"));
    assert_eq!((first.cause, first.cycle.0), (cause, cycle), "{first}");
}

/// Two instances of a program, run with a recorder.
fn twice(program: &Program) -> (Recorder, u64, u64) {
    let chip = Chip::lpu_14nm();
    let instance = Instance { template: TemplateId::new(0), bases: vec![0], layer: None };
    let executable = Executable { instances: vec![instance; 2], ..program.executable(&chip) };
    let mut machine = Machine::load(&chip, &executable, &program.tensors).unwrap();
    machine.launch(&BTreeMap::new(), 0).unwrap();
    let mut recorder = Recorder::default();
    let outcome = machine.run_token(&mut recorder);
    assert_eq!(outcome.poison, []);
    (recorder, outcome.cycles.0, outcome.violations)
}

#[test]
fn from_notify_to_the_next_instruction_of_every_parked_queue_are_exactly_35_cycles() {
    let (recorder, cycles, _) = twice(&programs::barrier());
    let notified = recorder.dispatches.iter().find(|event| event.queue.to_string() == "alu0").unwrap().cycle.0;
    let reads = recorder.dispatches.iter().filter(|event| event.queue.to_string() == "E0.read");
    let next = reads.filter(|event| event.site.instance == 1).map(|event| event.cycle.0).min().unwrap();
    assert_eq!((notified, next - notified, cycles), (20, 35, 110));
}

#[test]
fn a_barrier_that_nobody_or_everybody_opens() {
    let mut never = programs::copy();
    never.at(1, "E0.read", Instruction::Sync);
    check(&never, Cause::Release { release: None, end: 20 }, 20);
    let mut nobody = programs::copy();
    nobody.at(3, "alu0", Instruction::Notify);
    check(&nobody, Cause::Release { release: Some(38), end: 20 }, 20);
    let mut again = programs::barrier();
    again.at(30, "alu0", Instruction::Notify);
    check(&again, Cause::NotifiedTwice, 30);
    let mut busy = programs::barrier();
    busy.at(
        50,
        "alu1",
        programs::alu(
            graph::ScalarOp::Identity,
            graph::DType::I32,
            program::Operand::Immediate(1),
            program::Operand::None,
            None,
        ),
    );
    check(&busy, Cause::Release { release: Some(55), end: 55 }, 55);
    let mut late = programs::barrier();
    late.length = 56;
    check(&late, Cause::Release { release: Some(55), end: 56 }, 56);
}

#[test]
fn nothing_follows_a_sync() {
    let mut program = programs::copy();
    program.at(1, "E0.read", Instruction::Sync);
    program.at(3, "E0.read", read(0, east(0)));
    let refused = Machine::load(&Chip::lpu_14nm(), &program.executable(&Chip::lpu_14nm()), &program.tensors);
    assert!(refused.err().unwrap().to_string().contains("a Sync ends a template's queue"));
}

#[test]
fn rows_are_turned_in_every_superlane() {
    let run = run(&programs::rotate()).clean();
    let (row, found) = (noise(43), run.bytes("E40", 0).expect("it was written"));
    for (lane, byte) in found.into_iter().enumerate() {
        assert_eq!(byte, row[lane / 16 * 16 + (lane + 2) % 16], "lane {lane}");
    }
    let with = |from, to, size| {
        let mut program = programs::copy();
        program.at(16, "sxmE0.transpose", Instruction::Rotate { from, to, size });
        program
    };
    check(&with(0, 0, 5), Cause::RotateSize { size: 5 }, 16);
    check(&with(2, 0, 4), Cause::StreamGroup { first: east(2), count: 4 }, 16);
    check(&with(0, 8, 4), Cause::StreamGroup { first: west(8), count: 16 }, 16);
}

#[test]
fn a_queue_issues_what_it_has_fetched_and_nothing_else() {
    run(&programs::supply()).clean();
    let without = |cycle: u64, instruction: Instruction| {
        let mut program = Program::new(120);
        program.word("E0", 0, &noise(50));
        for at in 0..100 {
            let fetch = |first| Instruction::Fetch { slice: slice("E16"), address: Address::fixed(first) };
            let usual = if at == 0 { fetch(0) } else { read(0, east(0)) };
            program.at(at, "E0.read", if at == cycle { instruction } else { usual });
        }
        program
    };
    let fetch = |slice: &str, first| Instruction::Fetch {
        slice: crate::assembler::slice(slice),
        address: Address::fixed(first),
    };
    check(&without(200, Instruction::Install), Cause::Starved { needed: 81, fetched: 80 }, 80);
    check(&without(49, fetch("E16", 2)), Cause::Starved { needed: 81, fetched: 80 }, 80);
    check(&without(1, fetch("W38", 2)), Cause::QueueFull { held: 87 }, 1);
    check(&without(1, fetch("E16", 2)), Cause::FetchPort { slice: slice("E16") }, 1);
    check(&without(2, fetch("E17", 2)), Cause::FetchSlice { slice: slice("E17") }, 2);
    check(&without(2, fetch("E16", 8191)), Cause::AddressRange { address: 8191 }, 2);
}

#[test]
fn a_nop_takes_its_place_in_the_queue_too() {
    let mut program = Program::new(200_000);
    program.at(0, "alu0", Instruction::Fetch { slice: slice("E16"), address: Address::fixed(0) });
    let nothing = Instruction::Config { superlanes: 20 };
    // A repeat takes two, a NOP of more than 65,535 cycles as well.
    program.burst(1, "alu0", Burst { instruction: nothing, count: 2, interval: 1 });
    program.at(70_003, "alu0", nothing);
    (0..74).for_each(|number| program.at(70_004 + number, "alu0", nothing));
    run(&program).clean();
    program.at(70_078, "alu0", nothing);
    check(&program, Cause::Starved { needed: 81, fetched: 80 }, 70_078);
}

#[test]
fn superlanes_that_rest_are_zero_and_are_not_written() {
    let whole = noise(1);
    let cut: [u8; WORD_BYTES] = std::array::from_fn(|lane| if lane < 48 { whole[lane] } else { 0 });
    assert_eq!(run(&programs::config()).clean().bytes("E41", 5), Some(cut));
    let mut writer = programs::copy();
    writer.word("E41", 5, &noise(2));
    writer.at(0, "E41.write", Instruction::Config { superlanes: 3 });
    let old = noise(2);
    let mixed = std::array::from_fn(|lane| if lane < 48 { whole[lane] } else { old[lane] });
    assert_eq!(run(&writer).clean().bytes("E41", 5), Some(mixed));
    let mut back = programs::copy();
    back.at(0, "E41.write", Instruction::Config { superlanes: 0 });
    back.at(5, "E41.write", Instruction::Config { superlanes: 20 });
    assert_eq!(run(&back).clean().bytes("E41", 5), Some(whole));
    let mut more = programs::copy();
    more.at(3, "alu0", Instruction::Config { superlanes: 21 });
    check(&more, Cause::Superlanes { superlanes: 21 }, 3);
    let mut chip = Chip::lpu_14nm();
    chip.latency.config = 2;
    let first = programs::config().run(&chip).outcome.poison[0];
    assert_eq!((first.cause, first.cycle.0), (Cause::Unsettled { from: 2 }, 1));
}

#[test]
fn results_of_superlanes_that_rest_are_zero_for_the_next_alu() {
    let passed_on = |superlanes| {
        let mut program = Program::new(20);
        let pass = |a, to| programs::alu(ScalarOp::Identity, DType::I32, a, Operand::None, to);
        program.at(0, "alu0", Instruction::Config { superlanes });
        program.at(1, "alu0", pass(Operand::Immediate(7), None));
        program.at(4, "alu1", pass(Operand::Alu(0), Some(east(0))));
        program.at(11, "E0.write", write(5, east(0)));
        run(&program).clean().bytes("E0", 5)
    };
    assert_eq!(passed_on(20), Some([7; WORD_BYTES]));
    assert_eq!(passed_on(3), Some(std::array::from_fn(|lane| if lane < 48 { 7 } else { 0 })));
}

/// The copy, parked; the clock is aligned from cycle 20 on.
fn aligned(cycles: u16) -> Program {
    let mut program = programs::copy();
    program.length = 20 + u64::from(cycles) + 35;
    program.at(1, "E0.read", Instruction::Sync);
    program.at(12, "E41.write", Instruction::Sync);
    program.at(20, "c2cE0.send", Instruction::Deskew { cycles });
    program.at(20 + u64::from(cycles), "c2cE0.send", Instruction::Notify);
    program
}

#[test]
fn a_chip_waits_for_the_appointed_time_and_rests_meanwhile() {
    let (recorder, cycles, _) = twice(&aligned(40));
    assert_eq!(cycles, 2 * 95);
    let starts: Vec<u64> = recorder
        .dispatches
        .iter()
        .filter(|event| event.queue.to_string() == "E0.read")
        .map(|event| event.cycle.0)
        .collect();
    assert_eq!(starts, [0, 1, 95, 96]);
    let mut late = Program::new(0);
    late.length = 20_000 + 4 + 35;
    late.at(1, "alu0", Instruction::Sync);
    late.at(20_000, "c2cE0.send", Instruction::Deskew { cycles: 4 });
    late.at(20_004, "c2cE0.send", Instruction::Notify);
    // Two clocks 100 ppm off, one fast and one slow, are 4 cycles apart after 20,000.
    run(&late).clean();
    let mut later = Program::new(20_001 + 4 + 35);
    later.at(1, "alu0", Instruction::Sync);
    later.at(20_001, "c2cE0.send", Instruction::Deskew { cycles: 4 });
    later.at(20_005, "c2cE0.send", Instruction::Notify);
    check(&later, Cause::Reserve { drift: 5 }, 20_001);
    check(&aligned(253), Cause::Reserve { drift: 1 }, 20);
    let mut busy = aligned(40);
    busy.at(30, "alu0", Instruction::Sync);
    check(&busy, Cause::Restless, 30);
    let mut alone = programs::copy();
    alone.at(3, "c2cE0.send", Instruction::Deskew { cycles: 2 });
    check(&alone, Cause::Restless, 3);
    let mut elsewhere = programs::copy();
    elsewhere.at(3, "c2cE0.receive", Instruction::Deskew { cycles: 2 });
    check(&elsewhere, Cause::WrongQueue, 3);
}

/// A word that the permuter of the western half holds for 36 cycles: at it at 2 + 16 = 18, from it at 54, at E43 at 54 + 29 = 83.
#[test]
fn no_value_is_used_across_an_alignment() {
    let chip = Chip::lpu_14nm();
    let sample = |is_aligned: bool| {
        let mut program = if is_aligned { aligned(1) } else { Program::new(56) };
        program.maps = vec![program::LaneMap::rotation(7)];
        program.word("W0", 0, &noise(3));
        program.at(2, "W0.read", read(0, west(9)));
        program.at(18, "sxmW0.permute", Instruction::Permute { from: 9, to: 5, map: 0 });
        if is_aligned {
            program.at(3, "W0.read", Instruction::Sync);
            program.at(19, "sxmW0.permute", Instruction::Sync);
        }
        let mut executable = program.executable(&chip);
        let mut next = Program::new(40);
        next.at(83 - 56, "E43.write", write(0, east(5)));
        let next = next.executable(&chip).templates.iter().next().unwrap().1.clone();
        let next = executable.templates.push(program::Template { name: "next".to_owned(), ..next });
        executable.instances.push(Instance { template: next, bases: vec![0], layer: None });
        let mut machine = Machine::load(&chip, &executable, &program.tensors).unwrap();
        machine.launch(&BTreeMap::new(), 0).unwrap();
        machine.run_token(&mut Recorder::default()).poison.iter().map(|poison| poison.cause).collect::<Vec<Cause>>()
    };
    assert_eq!(sample(false), []);
    assert_eq!(sample(true), [Cause::AcrossDeskew { stream: east(5) }]);
}

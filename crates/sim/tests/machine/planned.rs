//! What runs by a plan ends as what runs word by word: everything that can be seen is compared at every boundary of instances.
//!
//! In: the programs written by hand and random tidy ones, their template stamped several times with different bases, several tokens.
//! Invariant: one machine is watched, which is the plain way; the other is not. The tests count how often a plan was really used.
//! Method: random programs are made of copies, sums, gathers and scatters whose cycles follow from the geometry, so that most of them
//!     break no rule; few words and several bases make their reads and writes meet.

use crate::assembler::{Program, slice};
use crate::programs::{self, noise};
use arch::{Chip, Direction, Geometry, Hemisphere, Queue, SliceId, StreamId};
use graph::{DType, ScalarOp, Tensor};
use program::{
    Address, AluOp, Burst, Executable, Instance, Instruction, Operand, Packing, RecordContent, RecordField, TemplateId,
};
use sim::{Machine, Moment, Observer, Silent};
use std::collections::{BTreeMap, BTreeSet};
use units::{Cycle, Rng};

/// Watches, and forgets.
struct Watcher;

impl Observer for Watcher {}

/// A launch: inputs and position.
type Launch = (BTreeMap<String, Tensor>, u16);

/// Words of each slice that are compared: those that the programs use.
fn words() -> impl Iterator<Item = u16> {
    (0..24).chain(96..104).chain(4096..4120)
}

fn compare(found: &Moment, expected: &Moment, what: &str) {
    assert_eq!(found.live(), expected.live(), "{what}");
    assert_eq!(found.dispatched(), expected.dispatched(), "{what}");
    for half in Hemisphere::BOTH {
        for slice in (0..44).map(|number| SliceId { hemisphere: half, number }) {
            for address in words() {
                assert_eq!(found.sram(slice, address), expected.sram(slice, address), "{what}: {slice} {address}");
            }
        }
        for plane in 0..2 {
            assert_eq!(found.buffer(half, plane), expected.buffer(half, plane), "{what}");
            assert_eq!(found.array(half, plane), expected.array(half, plane), "{what}");
            for slot in 0..128 {
                let accumulators = [found, expected].map(|moment| moment.accumulator(half, plane, slot));
                assert_eq!(accumulators[0], accumulators[1], "{what}: accumulator {slot}");
            }
        }
    }
}

/// Runs the launches both ways; instances that ran by a plan.
fn planned(chip: &Chip, executable: &Executable, program: &Program, launches: &[Launch], name: &str) -> u64 {
    let load = || Machine::load(chip, executable, &program.tensors).unwrap();
    let (mut machine, mut plain) = (load(), load());
    let mut planned = 0;
    for (inputs, position) in launches {
        machine.launch(inputs, *position).unwrap();
        plain.launch(inputs, *position).unwrap();
        while let Some(instance) = machine.run_instance(&mut Silent) {
            assert_eq!(plain.run_instance(&mut Watcher), Some(instance));
            let (_, start) = plain.next_instance();
            // Whatever is still under way shows itself in the cycles after the boundary.
            for after in [0, 1, 7, 30] {
                let cycle = Cycle(start.0 + after);
                let what = format!("{name}, position {position}, instance {instance}, {after} cycles later");
                compare(&machine.at(cycle), &plain.at(cycle), &what);
            }
        }
        assert_eq!(machine.outcome(), plain.outcome(), "{name}");
        assert_eq!(machine.outputs(), plain.outputs(), "{name}");
        assert_eq!(plain.instances_planned(), 0, "{name}");
        planned += machine.instances_planned();
    }
    planned
}

/// The program's only template, stamped with these bases.
fn stamped(program: &Program, chip: &Chip, bases: &[Vec<u16>]) -> Executable {
    let mut executable = program.executable(chip);
    let template = TemplateId::new(0);
    executable.instances = bases.iter().map(|bases| Instance { template, bases: bases.clone(), layer: None }).collect();
    executable
}

#[test]
fn programs_written_by_hand_end_the_same() {
    let chip = Chip::lpu_14nm();
    let mut total = 0;
    for (name, program) in programs::all() {
        let executable = stamped(&program, &chip, &[vec![0], vec![0], vec![0]]);
        let launches = [program.position; 2].map(|position| (program.inputs.clone(), position));
        let planned = planned(&chip, &executable, &program, &launches, name);
        // Transposers, permuters and orders to queues are left to the plain way. Of the others the first instance of the second token at least
        // follows nothing that it could hear.
        let left =
            ["permute", "rotate", "barrier", "supply", "config"].contains(&name) || name.starts_with("transpose");
        assert_eq!(planned == 0, left, "{name}: {planned} instances ran by a plan");
        total += planned;
    }
    assert!(20 <= total, "only {total} instances ran by a plan");
}

/// Templates of two programs in one, in this order; the words are those of the first.
fn alternating(chip: &Chip, programs: [&Program; 2], order: &[usize]) -> Executable {
    let mut executable = programs[0].executable(chip);
    let other = programs[1].executable(chip);
    let mut template = other.templates.iter().next().unwrap().1.clone();
    template.name = "other".to_owned();
    executable.templates.push(template);
    let instance = |template: &usize| Instance { template: TemplateId::new(*template), bases: vec![0], layer: None };
    executable.instances = order.iter().map(instance).collect();
    executable
}

fn silent(length: u64) -> Program {
    let mut program = Program::new(length);
    program.word("W0", 0, &noise(1));
    for slice in ["W0", "W1", "W2", "W3"] {
        program.word(slice, 1, &noise(2));
    }
    program
}

#[test]
fn a_result_of_an_alu_is_there_for_the_next_instance() {
    let chip = Chip::lpu_14nm();
    let chained = |a, to| programs::alu(ScalarOp::Identity, DType::I32, a, Operand::None, to);
    let mut first = silent(100);
    first.at(98, "alu0", chained(Operand::Immediate(7), None));
    first.at(99, "alu1", chained(Operand::Immediate(9), None));
    let mut second = Program::new(100);
    let to = |number| StreamId::new(Direction::East, number);
    second.at(1, "alu2", chained(Operand::Alu(0), Some(to(0))));
    second.at(2, "alu2", chained(Operand::Alu(1), Some(to(4))));
    second.at(9, "E0.write", programs::write(0, to(0)));
    second.at(10, "E1.write", programs::write(0, to(4)));
    let executable = alternating(&chip, [&first, &second], &[0, 1, 0, 1]);
    let launches = [0, 1].map(|position| (BTreeMap::new(), position));
    // The second template has no plan, nor has what follows it.
    assert_eq!(planned(&chip, &executable, &first, &launches, "chained"), 1);
}

#[test]
fn a_value_of_the_instance_before_that_reaches_into_a_plan_is_heard() {
    let chip = Chip::lpu_14nm();
    let stream = StreamId::new(Direction::East, 0);
    // Read at 1, on its stream at 2; E1 is 1 (hop) + 4 - 1 (transit) farther, at 6, where the VXM speaks too that was asked at -1:
    // -1 + 4 (entry) + 3 (ALU) = 6.
    let mut hears = silent(100);
    hears.at(1, "W0.read", programs::read(1, stream));
    hears.at(6, "E1.write", programs::write(0, stream));
    let launches = [0, 1].map(|position| (BTreeMap::new(), position));
    for (cycle, expected) in [(97, 6), (98, 6), (99, 4)] {
        let mut speaks = Program::new(100);
        let number = Operand::Immediate(0x0102_0304);
        let pass = programs::alu(ScalarOp::Identity, DType::I32, number, Operand::None, Some(stream));
        speaks.at(cycle, "alu0", pass);
        let executable = alternating(&chip, [&hears, &speaks], &[0, 1, 0, 1]);
        let found = planned(&chip, &executable, &hears, &launches, &format!("spoken at {cycle}"));
        assert_eq!(found, expected, "spoken at {cycle}");
    }
}

/// A map from the host by which a word is gathered, after words that tell how often they were moved.
fn by_record(write: Option<u16>) -> Program {
    let mut program = Program::new(100);
    let to = |number| StreamId::new(Direction::East, number);
    let content = RecordContent::Input { name: "map".to_owned(), plane: 0 };
    program.record.push(RecordField { slice: slice("E4"), address: 0, content });
    for word in 0..16 {
        program.word("E5", word, &noise(u64::from(word)));
        program.word("E6", word, &noise(100 + u64::from(word)));
    }
    // All words move by one: doing it twice is not doing it once.
    for number in 1..16u16 {
        let cycle = 2 * u64::from(number);
        program.at(cycle, "E6.read", programs::read(number, to(2)));
        program.at(cycle + 1, "E6.write", programs::write(number - 1, to(2)));
    }
    program.at(40, "E4.read", programs::read(0, to(0)));
    program.at(41, "E5.read", Instruction::Gather { map: to(0), to: to(1) });
    program.at(42, "E7.write", programs::write(0, to(1)));
    if let Some(address) = write {
        program.at(40, "E6.read", programs::read(9, to(3)));
        program.at(41, "E5.write", programs::write(address, to(3)));
    }
    program
}

#[test]
fn a_map_that_leads_astray_is_noticed_and_nothing_is_done_twice() {
    let chip = Chip::lpu_14nm();
    // Inside, a word that nobody wrote, and outside the slice; then inside once more.
    let addresses = [5u16, 5, 40, 6, 0x3fff, 7];
    let launches: Vec<Launch> = addresses.into_iter().zip(0..).map(by_map).collect();
    let program = by_record(None);
    let executable = stamped(&program, &chip, &[vec![0], vec![0]]);
    let planned = planned(&chip, &executable, &program, &launches, "astray");
    assert!((4..8).contains(&planned), "{planned} of 12 instances ran by a plan");
}

#[test]
fn a_gather_and_a_write_that_may_meet_in_a_bank_are_left_to_the_plain_way() {
    let chip = Chip::lpu_14nm();
    let program = by_record(Some(4096));
    let executable = stamped(&program, &chip, &[vec![0], vec![0]]);
    let launches: Vec<Launch> = [5u16, 4096, 5].into_iter().zip(0..).map(by_map).collect();
    assert_eq!(planned(&chip, &executable, &program, &launches, "bank"), 0);
}

#[test]
fn a_read_that_nobody_hears_is_not_forgotten() {
    let chip = Chip::lpu_14nm();
    let mut program = silent(100);
    let address = Address { base: 1, offset: 0, stride: 0 };
    program.at(0, "W0.read", Instruction::Read { address, to: StreamId::new(Direction::East, 0) });
    let executable = stamped(&program, &chip, &[vec![0, 0], vec![0, 1], vec![0, 7], vec![0, 9000]]);
    let launches = [0, 1].map(|position| (BTreeMap::new(), position));
    assert_eq!(planned(&chip, &executable, &program, &launches, "unheard"), 3);
}

/// Columns of ones in both planes of the east, from this group on.
fn installed(group: u8) -> Program {
    let mut program = Program::new(100);
    let ones = Tensor::f16(&[1, 320], vec![graph::half::f32_to_f16(1.0); 320]);
    for number in 0..16u8 {
        program.rows(&format!("E{number}"), 0, ones.clone(), Packing::EitherHalf);
        let to = StreamId::new(Direction::East, 16 + number);
        program.at(u64::from(number / 4), &format!("E{number}.read"), programs::read(0, to));
    }
    program.at(20, "mxmE0.weights", Instruction::Load { group, from: 16 });
    program.at(21, "mxmE0.weights", Instruction::Install);
    program.at(21, "mxmE1.weights", Instruction::Install);
    program
}

#[test]
fn an_array_from_before_is_used_as_it_is_then() {
    let chip = Chip::lpu_14nm();
    let mut narrow = installed(2);
    let mut uses = Program::new(100);
    for (plane, name) in ["E40", "E41"].into_iter().enumerate() {
        narrow.rows(name, 0, Tensor::f16(&[1, 320], programs::halves()), Packing::Plane(plane as u8));
        uses.at(14, &format!("{name}.read"), programs::read(0, StreamId::new(Direction::East, plane as u8)));
    }
    let activate = Instruction::Activate { from: 0, format: program::MxmFormat::F16 { half: 1 } };
    uses.at(24, "mxmE0.activate", activate);
    let mode = program::AccumulateMode::Set;
    uses.at(38, "mxmE0.accumulate", Instruction::Accumulate { slot: 7, step: 0, mode, emit: None });
    let launches = [0, 1].map(|position| (BTreeMap::new(), position));
    // Columns from 160 on are too many for f16.
    for (group, expected) in [(2, 9), (5, 9), (10, 7)] {
        let mut executable = alternating(&chip, [&narrow, &uses], &[0, 1, 0, 1]);
        let other = installed(group).executable(&chip);
        let mut template = other.templates.iter().next().unwrap().1.clone();
        template.name = "third".to_owned();
        executable.templates.push(template);
        let third = Instance { template: TemplateId::new(2), bases: vec![0], layer: None };
        executable.instances.extend([third, executable.instances[1].clone()]);
        let found = planned(&chip, &executable, &narrow, &launches, &format!("group {group}"));
        assert_eq!(found, expected, "group {group}");
    }
}

/// A launch whose map leads to `address` in every superlane.
fn by_map((address, position): (u16, u16)) -> Launch {
    let bytes = (0..320).map(|lane| address.to_le_bytes().get(lane % 16).map_or(0, |byte| *byte as i8)).collect();
    (BTreeMap::from([("map".to_owned(), Tensor::i8(&[1, 320], bytes))]), position)
}

/// A program under construction: which queues are taken.
struct Tidy<'a> {
    rng: Rng,
    geometry: &'a Geometry,
    program: Program,
    taken: BTreeSet<(Queue, u64)>,
}

const LENGTH: u64 = 160;

impl Tidy<'_> {
    /// One of few slices, none of them reserved.
    fn slice(&mut self) -> SliceId {
        let hemisphere = Hemisphere::BOTH[self.rng.below(2) as usize];
        SliceId { hemisphere, number: [0, 1, 2, 3, 8, 9, 10, 11][self.rng.below(8) as usize] }
    }

    /// One of few words, in either bank.
    fn address(&mut self) -> Address {
        let bank = if self.rng.below(4) == 0 { 4096 } else { 0 };
        let offset = bank + self.rng.below(4) as u16;
        Address { base: self.rng.below(3) as u8, offset, stride: self.rng.below(2) as i16 }
    }

    /// Issues all bursts if their queues are free.
    fn issue(&mut self, bursts: &[(u64, Queue, Instruction)], count: u32, interval: u32) {
        let span = u64::from(count * interval);
        let cells = bursts.iter().flat_map(|(start, queue, _)| (*start..start + span).map(|cycle| (*queue, cycle)));
        let cells: BTreeSet<(Queue, u64)> = cells.collect();
        let is_whole = cells.len() as u64 == span * bursts.len() as u64;
        let is_free = cells.iter().all(|cell| cell.1 < LENGTH && !self.taken.contains(cell));
        if !is_whole || !is_free {
            return;
        }
        self.taken.extend(cells);
        for (start, queue, instruction) in bursts {
            self.program.burst(*start, &queue.to_string(), Burst { instruction: *instruction, count, interval });
        }
    }

    /// A word from one slice to another, on a random stream.
    fn copy(&mut self) {
        let (from, to) = (self.slice(), self.slice());
        let (source, sink) = (self.geometry.slice(from), self.geometry.slice(to));
        let (stream, cycle) = (self.rng.below(6) as u8, self.rng.below(150));
        for direction in Direction::BOTH {
            let Some(travel) = self.geometry.travel(direction, source, sink) else { continue };
            let stream = StreamId::new(direction, stream);
            let read = Instruction::Read { address: self.address(), to: stream };
            let write = Instruction::Write { address: self.address(), from: stream };
            let (count, interval) = (1 + self.rng.below(4) as u32, 1 + self.rng.below(2) as u32);
            let arrival = cycle + 1 + u64::from(travel);
            let bursts = [(cycle, Queue::MemRead(from), read), (arrival, Queue::MemWrite(to), write)];
            self.issue(&bursts, count, interval);
        }
    }

    /// An operation that every ALU does, on a type that it has.
    fn operation(&mut self) -> (ScalarOp, DType) {
        loop {
            let op = ScalarOp::ALL[self.rng.below(ScalarOp::ALL.len() as u64) as usize];
            let dtype = DType::ALL[self.rng.below(DType::ALL.len() as u64) as usize];
            let is_large = matches!(op, ScalarOp::Exp | ScalarOp::Tanh | ScalarOp::Rsqrt);
            if program::alu_does(op, dtype) && !is_large {
                return (op, dtype);
            }
        }
    }

    /// Four slices west of the VXM, an operation, another one that chains to it, four slices east of it.
    fn compute(&mut self) {
        let group = 8 * self.rng.below(2) as u8;
        let [first, last] = [8, 16].map(|base| StreamId::new(Direction::East, base + 4 * self.rng.below(2) as u8));
        let station = |hemisphere| self.geometry.slice(SliceId { hemisphere, number: group });
        let vxm = self.geometry.vxm();
        let travel = |from, to| u64::from(self.geometry.travel(Direction::East, from, to).unwrap());
        let (inward, outward) = (travel(station(Hemisphere::West), vxm), travel(vxm, station(Hemisphere::East)));
        let (read, written, cycle) = (self.address(), self.address(), self.rng.below(130));
        let (op, dtype) = self.operation();
        let b = match (op.arity(), op.operand(1, dtype).bytes() as u8) {
            (1, _) => Operand::None,
            (_, 4) => Operand::Immediate(self.rng.next_u64() as u32),
            (_, bytes) => Operand::Stream(StreamId::new(Direction::East, first.number + bytes)),
        };
        let (alu, a) = (self.rng.below(4) as u8, Operand::Stream(first));
        let result = op.result(dtype);
        let chained = AluOp { op: ScalarOp::Xor, dtype: result, a: Operand::Alu(alu), b: a, to: Some(last) };
        let start = cycle + 1 + inward;
        let mut bursts = vec![
            (start, Queue::Alu(alu), Instruction::Alu(AluOp { op, dtype, a, b, to: None })),
            (start + 3, Queue::Alu(4 + (alu + 1) % 4), Instruction::Alu(chained)),
        ];
        for byte in 0..4u8 {
            let at = |hemisphere| SliceId { hemisphere, number: group + byte };
            let to = StreamId::new(Direction::East, first.number + byte);
            let from = StreamId::new(Direction::East, last.number + byte);
            let read = Instruction::Read { address: read, to };
            // The chained one takes the value that comes three cycles later.
            bursts.extend([cycle, cycle + 3].map(|cycle| (cycle, Queue::MemRead(at(Hemisphere::West)), read)));
            if u64::from(byte) < result.bytes() {
                let write = Instruction::Write { address: written, from };
                bursts.push((start + 3 + 7 + outward, Queue::MemWrite(at(Hemisphere::East)), write));
            }
        }
        let count = 1 + self.rng.below(3) as u32;
        self.issue(&bursts, count, 1);
    }

    /// A map of E12 word 0 or 1 gathers from, or scatters to, a slice of its group.
    fn by_map(&mut self) {
        let (cycle, stream) = (self.rng.below(150), 24 + self.rng.below(4) as u8);
        let [map, value] = [stream, stream + 4].map(|number| StreamId::new(Direction::East, number));
        let at = |number| SliceId { hemisphere: Hemisphere::East, number };
        let read_map = Instruction::Read { address: Address::fixed(self.rng.below(2) as u16), to: map };
        let mut bursts = vec![(cycle, Queue::MemRead(at(12)), read_map)];
        if self.rng.below(2) == 0 {
            bursts.push((cycle + 1, Queue::MemRead(at(13)), Instruction::Gather { map, to: value }));
            let write = Instruction::Write { address: self.address(), from: value };
            bursts.push((cycle + 2, Queue::MemWrite(at(14)), write));
        } else {
            bursts.push((cycle, Queue::MemRead(at(14)), Instruction::Read { address: self.address(), to: value }));
            bursts.push((cycle + 1, Queue::MemWrite(at(13)), Instruction::Scatter { map, from: value }));
        }
        self.issue(&bursts, 1, 1);
    }
}

fn tidy(seed: u64, geometry: &Geometry) -> Program {
    let program = Program::new(LENGTH);
    let mut tidy = Tidy { rng: Rng::new(seed), geometry, program, taken: BTreeSet::new() };
    for _ in 0..3 + tidy.rng.below(24) {
        match tidy.rng.below(6) {
            0 => tidy.by_map(),
            1 | 2 => tidy.compute(),
            _ => tidy.copy(),
        }
    }
    let mut program = tidy.program;
    let places = (0..15u64).flat_map(|number| Hemisphere::BOTH.map(|half| (number, half)));
    for (number, half) in places.filter(|place| *place != (12, Hemisphere::East)) {
        for first in [0, 4096] {
            let seed = 100 * number + 40 * half.index() as u64 + u64::from(first);
            let rows = (0..20).flat_map(|row| noise(seed + row).map(|byte| byte as i8)).collect();
            let rows = Tensor::i8(&[20, 320], rows);
            program.rows(&format!("{}{number}", half.letter()), first, rows, Packing::Plane(0));
        }
    }
    // One address for all superlanes, and one for each.
    let map = |address: &dyn Fn(u8) -> u16| -> [u8; 320] {
        std::array::from_fn(|byte| address((byte / 16) as u8).to_le_bytes().get(byte % 16).copied().unwrap_or(7))
    };
    program.word("E12", 0, &map(&|_| 3));
    program.word("E12", 1, &map(&|superlane| u16::from(superlane) % 16));
    program
}

#[test]
fn random_tidy_programs_end_the_same() {
    let chip = Chip::lpu_14nm();
    let geometry = Geometry::new(&chip);
    let mut total = 0;
    for seed in 0..150 {
        let program = tidy(seed, &geometry);
        let mut rng = Rng::new(seed);
        let bases: Vec<Vec<u16>> =
            (0..4).map(|_| vec![0, rng.below(6) as u16, [0, 2, 4096][rng.below(3) as usize]]).collect();
        let executable = stamped(&program, &chip, &bases);
        let launches = [0, 1].map(|position| (BTreeMap::new(), position));
        total += planned(&chip, &executable, &program, &launches, &format!("seed {seed}"));
    }
    println!("{total} of 1200 instances ran by a plan");
    assert!(200 < total, "only {total} of 1200 instances ran by a plan");
}

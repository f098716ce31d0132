//! Random programs: they run to their end, twice the same, and every operand comes from whom a search over all drives names.
//!
//! In: seeds.  Out: instructions with fields from their whole range in every queue.
//! Method: the search knows nothing of diagonals: it adds `Geometry::travel` to each drive's departure.

use crate::assembler::{Program, Run};
use crate::programs;
use arch::{Chip, Direction, Geometry, Queue, Station, StreamId};
use graph::{DType, ScalarOp};
use program::{
    AccumulateMode, Address, AluOp, Burst, Entry, Executable, Instruction, LaneMap, MxmFormat, Operand, group,
};
use sim::Site;
use std::collections::BTreeMap;
use units::Rng;

const SEEDS: u64 = 200;

fn stream(rng: &mut Rng) -> StreamId {
    let direction = Direction::BOTH[rng.below(2) as usize];
    StreamId::new(direction, if rng.below(8) == 0 { rng.below(256) } else { rng.below(8) } as u8)
}

fn address(rng: &mut Rng) -> Address {
    Address { base: rng.below(3) as u8, offset: rng.below(9000) as u16, stride: rng.next_u64() as i16 }
}

fn operand(rng: &mut Rng) -> Operand {
    match rng.below(4) {
        0 => Operand::Stream(stream(rng)),
        1 => Operand::Alu(rng.below(20) as u8),
        2 => Operand::Immediate(rng.next_u64() as u32),
        _ => Operand::None,
    }
}

fn alu(rng: &mut Rng) -> Instruction {
    Instruction::Alu(AluOp {
        op: ScalarOp::ALL[rng.below(ScalarOp::ALL.len() as u64) as usize],
        dtype: DType::ALL[rng.below(DType::ALL.len() as u64) as usize],
        a: operand(rng),
        b: operand(rng),
        to: (rng.below(2) == 0).then(|| stream(rng)),
    })
}

fn byte(rng: &mut Rng) -> u8 {
    let bound = if rng.below(4) == 0 { 256 } else { 8 };
    rng.below(bound) as u8
}

fn instruction(rng: &mut Rng) -> Instruction {
    match rng.below(18) {
        13 => Instruction::Rotate { from: byte(rng) & !3, to: byte(rng) & !7, size: 2 + rng.below(4) as u8 },
        14 => Instruction::Deskew { cycles: rng.below(4) as u16 },
        15 => Instruction::Fetch {
            slice: crate::assembler::slice(if rng.below(2) == 0 { "E16" } else { "W38" }),
            address: address(rng),
        },
        16 => Instruction::Notify,
        17 => Instruction::Config { superlanes: rng.below(22) as u8 },
        0 => Instruction::Read { address: address(rng), to: stream(rng) },
        1 => Instruction::Write { address: address(rng), from: stream(rng) },
        2 => Instruction::Gather { map: stream(rng), to: stream(rng) },
        3 => Instruction::Scatter { map: stream(rng), from: stream(rng) },
        4 => Instruction::Load { group: byte(rng), from: if rng.below(2) == 0 { 0 } else { byte(rng) } },
        5 => Instruction::Install,
        6 => {
            let format = if rng.below(2) == 0 { MxmFormat::I8 } else { MxmFormat::F16 { half: rng.below(3) as u8 } };
            Instruction::Activate { from: byte(rng), format }
        }
        7 => Instruction::Accumulate {
            slot: rng.below(200) as u16,
            step: rng.next_u64() as u16,
            mode: if rng.below(2) == 0 { AccumulateMode::Set } else { AccumulateMode::Add },
            emit: (rng.below(2) == 0).then(|| byte(rng)),
        },
        8 => alu(rng),
        9 => Instruction::Transpose { from: byte(rng) & !15, to: byte(rng) & !7 },
        10 => Instruction::Permute { from: byte(rng), to: byte(rng), map: rng.below(3) as u16 },
        11 => {
            let lanes = rng.below(330) as u16;
            Instruction::Shift { north: byte(rng), south: byte(rng), lanes, to: byte(rng) }
        }
        _ => Instruction::Distribute {
            from: byte(rng),
            to: byte(rng),
            map: std::array::from_fn(|_| rng.below(17) as u8),
        },
    }
}

/// An instruction that the queue executes, three times in four.
fn fitting(rng: &mut Rng, queue: Queue) -> Instruction {
    let fits = |instruction: &Instruction| {
        matches!(
            (queue, instruction),
            (Queue::MemRead(_), Instruction::Read { .. } | Instruction::Gather { .. })
                | (Queue::MemWrite(_), Instruction::Write { .. } | Instruction::Scatter { .. })
                | (Queue::Alu(_), Instruction::Alu(_))
                | (Queue::MxmWeights(..), Instruction::Load { .. } | Instruction::Install)
                | (Queue::MxmActivate(..), Instruction::Activate { .. })
                | (Queue::MxmAccumulate(..), Instruction::Accumulate { .. })
                | (Queue::Distributor(..), Instruction::Distribute { .. })
                | (Queue::Transposer(..), Instruction::Transpose { .. } | Instruction::Rotate { .. })
                | (Queue::Permuter(_), Instruction::Permute { .. } | Instruction::Shift { .. })
        )
    };
    let any = instruction(rng);
    if rng.below(4) == 0 {
        return any;
    }
    (0..1000).map(|_| instruction(rng)).find(fits).unwrap_or(any)
}

fn random(seed: u64, chip: &Chip) -> Program {
    let mut rng = Rng::new(seed);
    let mut program = Program::new(400);
    program.word("E0", 0, &programs::noise(seed));
    program.maps = vec![LaneMap::rotation(7), LaneMap { from: vec![9; 320] }];
    for queue in Queue::all(chip) {
        let mut cycle = rng.below(60);
        while cycle < 300 && rng.below(5) != 0 {
            let (count, interval) = (1 + rng.below(5) as u32, 1 + rng.below(4) as u32);
            let burst = Burst { instruction: fitting(&mut rng, queue), count, interval };
            program.burst(cycle, &queue.to_string(), burst);
            cycle += burst.length().0 + rng.below(40);
        }
    }
    program
}

#[test]
fn they_run_to_their_end_and_twice_the_same() {
    let chip = Chip::lpu_14nm();
    for seed in 0..SEEDS {
        let program = random(seed, &chip);
        let (first, second) = (program.run(&chip), program.run(&chip));
        assert_eq!(first.outcome, second.outcome, "seed {seed}");
        assert_eq!(first.recorder.arrivals, second.recorder.arrivals, "seed {seed}");
    }
}

/// A value put on a stream.
struct Driven {
    site: Site,
    station: Station,
    departed: u64,
}

fn station(geometry: &Geometry, queue: Queue) -> Station {
    match queue {
        Queue::MemRead(slice) | Queue::MemWrite(slice) => geometry.slice(slice),
        Queue::Alu(_) => geometry.vxm(),
        Queue::MxmWeights(half, _) | Queue::MxmActivate(half, _) | Queue::MxmAccumulate(half, _) => geometry.mxm(half),
        Queue::Distributor(half, _) | Queue::Transposer(half, _) | Queue::Permuter(half) => geometry.sxm(half),
        Queue::LinkSend(link) | Queue::LinkReceive(link) => geometry.sxm(link.hemisphere),
    }
}

fn instruction_of(executable: &Executable, site: Site) -> Instruction {
    let template = executable.templates.iter().next().unwrap().1;
    match template.queues[site.queue as usize].1[site.entry as usize] {
        Entry::Issue(burst) => burst.instruction,
        Entry::Nop(_) => panic!("a NOP was dispatched: {site}"),
    }
}

/// Streams that an instruction drives, and how long after its dispatch.
fn drives(chip: &Chip, queue: Queue, instruction: Instruction) -> (Vec<StreamId>, u32) {
    let l = &chip.latency;
    let aligned = |first: StreamId, dtype: DType| {
        if u64::from(first.number) % dtype.bytes() == 0 { group(first, dtype) } else { Vec::new() }
    };
    match (queue, instruction) {
        (Queue::MemRead(_), Instruction::Read { to, .. }) => (vec![to], l.mem_read),
        (Queue::MemRead(_), Instruction::Gather { to, .. }) => (vec![to], l.mem_gather),
        (Queue::Alu(_), Instruction::Alu(op)) => {
            (op.to.map_or_else(Vec::new, |to| aligned(to, op.result())), l.vxm_entry + l.vxm_alu)
        }
        (Queue::MxmAccumulate(half, _), Instruction::Accumulate { emit: Some(emit), .. }) => {
            (aligned(StreamId::new(half.inward(), emit), DType::I32), l.mxm_accumulate)
        }
        (Queue::Distributor(half, _), Instruction::Distribute { to, .. }) => {
            (vec![StreamId::new(half.inward(), to)], l.sxm_distribute)
        }
        (Queue::Transposer(half, _), Instruction::Transpose { to, .. }) => {
            let first = StreamId::new(half.inward(), to);
            let all = (0..16).map(|row| StreamId::new(first.direction, to.wrapping_add(row)));
            (if to.is_multiple_of(16) { all.collect() } else { Vec::new() }, l.sxm_transpose)
        }
        (Queue::Transposer(half, _), Instruction::Rotate { from, to, size }) => {
            let is_right = (3..=4).contains(&size) && from.is_multiple_of(4) && to.is_multiple_of(16);
            let count = if is_right { size * size } else { 0 };
            let all = (0..count).map(|turn| StreamId::new(half.inward(), to.wrapping_add(turn)));
            (all.collect(), l.sxm_rotate)
        }
        (Queue::Permuter(half), Instruction::Permute { to, .. } | Instruction::Shift { to, .. }) => {
            (vec![StreamId::new(half.inward(), to)], l.sxm_permute)
        }
        (Queue::LinkReceive(link), Instruction::Receive { to }) => {
            (vec![StreamId::new(link.hemisphere.inward(), to)], l.link_receive)
        }
        _ => (Vec::new(), 0),
    }
}

fn all_drives(chip: &Chip, geometry: &Geometry, executable: &Executable, run: &Run) -> BTreeMap<StreamId, Vec<Driven>> {
    let mut driven: BTreeMap<StreamId, Vec<Driven>> = BTreeMap::new();
    for event in &run.recorder.dispatches {
        let (streams, after) = drives(chip, event.queue, instruction_of(executable, event.site));
        for stream in streams.into_iter().filter(|stream| stream.number < chip.streams) {
            let departed = event.cycle.0 + u64::from(after);
            let station = station(geometry, event.queue);
            driven.entry(stream).or_default().push(Driven { site: event.site, station, departed });
        }
    }
    driven
}

#[test]
fn every_operand_comes_from_the_nearest_driver_upstream() {
    let chip = Chip::lpu_14nm();
    let geometry = Geometry::new(&chip);
    let mut found = 0;
    for seed in 0..SEEDS {
        let program = random(seed, &chip);
        let executable = program.executable(&chip);
        let run = program.run(&chip);
        let driven = all_drives(&chip, &geometry, &executable, &run);
        let queues: BTreeMap<Site, Queue> = run.recorder.dispatches.iter().map(|e| (e.site, e.queue)).collect();
        for arrival in &run.recorder.arrivals {
            let here = station(&geometry, queues[&arrival.consumer]);
            let direction = arrival.stream.direction;
            let candidates = driven.get(&arrival.stream).into_iter().flatten().filter(|drive| {
                geometry.travel(direction, drive.station, here).map(|cycles| drive.departed + u64::from(cycles))
                    == Some(arrival.sampled.0)
            });
            let nearest: Vec<&Driven> = candidates.fold(Vec::new(), |mut nearest, drive| {
                let ahead = |from: &Driven, to: &Driven| geometry.reaches(direction, from.station, to.station);
                match nearest.first() {
                    Some(other) if !ahead(other, drive) => nearest,
                    Some(other) if other.station == drive.station => {
                        nearest.push(drive);
                        nearest
                    }
                    _ => vec![drive],
                }
            });
            let expected: Vec<(Site, u64)> = nearest.iter().map(|drive| (drive.site, drive.departed)).collect();
            match arrival.producer {
                None => assert_eq!(expected, [], "seed {seed}: {arrival:?}"),
                Some((site, departed)) => assert!(expected.contains(&(site, departed.0)), "seed {seed}: {arrival:?}"),
            }
            found += usize::from(arrival.producer.is_some());
        }
    }
    assert!(5000 < found, "the test saw only {found} operands that somebody drove");
}

#[test]
fn random_programs_break_almost_every_rule() {
    let chip = Chip::lpu_14nm();
    let mut names: Vec<String> = Vec::new();
    for seed in 0..SEEDS {
        let poison = random(seed, &chip).run(&chip).outcome.poison;
        names.extend(poison.iter().map(|poison| format!("{:?}", poison.cause)));
    }
    let mut kinds: Vec<&str> = names.iter().filter_map(|name| name.split(' ').next()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert!(15 < kinds.len(), "{kinds:?}");
}

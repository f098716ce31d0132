//! Makes arbitrary executables of good form, for tests.
//!
//! In: a seed.  Out: an executable that uses every instruction, operand and name that the vocabulary allows.
//! Invariant: `check_form` holds and all queues of a template last equally long; it need not mean anything on a chip.
//! Method: one function per type, each drawing from one seeded stream; over a few hundred seeds every branch is taken.

use crate::*;
use arch::{Chip, Direction, Hemisphere, Queue, SliceId, StreamId};
use graph::{DType, ScalarOp};
use units::{Arena, Cycle, Id, Rng};

const NAMES: [&str; 8] = ["layer", "head.0", "a b", "", "; no comment", "\"quoted\\", "層\n2", "->"];

/// The executable of `seed`.
pub(crate) fn executable(seed: u64) -> Executable {
    let mut rng = Rng::new(seed);
    let mut templates = Arena::new();
    for index in 0..1 + rng.below(3) {
        let name = format!("{}{index}", rng.pick(&NAMES));
        templates.push(Template { name, queues: queues(&mut rng) });
    }
    let instances: Vec<Instance> = (0..rng.below(5)).map(|_| instance(&mut rng, templates.len())).collect();
    let detours = detours(&mut rng, (instances.len(), templates.len()));
    Executable {
        chip: "lpu-14nm".to_owned(),
        topology: rng.pick(&["chip", "node-2", "no such"]).to_owned(),
        maps: (0..rng.below(3)).map(|_| lane_map(&mut rng)).collect(),
        templates,
        instances,
        detours,
        image: (0..rng.below(6)).map(|_| residency(&mut rng)).collect(),
        record: (0..rng.below(4)).map(|_| record(&mut rng)).collect(),
        context: rng.next_u64() as u16,
        outputs: (0..rng.below(3)).map(|_| output(&mut rng)).collect(),
    }
}

/// The program of `seed`: its executable, a witness that names every burst, an empty graph.
pub(crate) fn program(seed: u64) -> Program {
    let executable = executable(seed);
    let templates = executable.templates.iter().map(|(_, template)| witness(template)).collect();
    let starts = executable.instances.iter().map(|_| Cycle(seed)).collect();
    Program { executable, witness: Witness { templates, starts, end: Cycle(7) }, lowered: Default::default() }
}

fn witness(template: &Template) -> TemplateWitness {
    let labels = vec![Label { part: "ffn_gate".to_owned(), kind: LabelKind::Weights, tile: 0, block: 1 }];
    let entries = template.bursts().map(|(queue, entry, cycle, _)| WitnessEntry {
        queue: queue as u32,
        entry: entry as u32,
        cycle: cycle as u32,
        label: 0,
        sources: vec![Source { queue: 0, entry: 0, iteration: 0 }],
    });
    TemplateWitness { labels, entries: entries.collect() }
}

fn queues(rng: &mut Rng) -> Vec<(Queue, Vec<Entry>)> {
    let all = Queue::all(&Chip::lpu_14nm());
    let mut chosen: Vec<Queue> = (0..1 + rng.below(12)).map(|_| rng.pick(&all)).collect();
    chosen.sort_unstable();
    chosen.dedup();
    let mut queues: Vec<(Queue, Vec<Entry>)> = chosen.into_iter().map(|queue| (queue, entries(rng, queue))).collect();
    let length = |entries: &[Entry]| entries.iter().map(|entry| entry.length().0).sum::<u64>();
    let longest = queues.iter().map(|(_, entries)| length(entries)).max().unwrap_or(0);
    for (_, entries) in &mut queues {
        let rest = longest - length(entries);
        if rest != 0 {
            entries.push(Entry::Nop(rest as u32));
        }
    }
    queues
}

fn entries(rng: &mut Rng, queue: Queue) -> Vec<Entry> {
    let one = |rng: &mut Rng| match rng.below(3) {
        0 => Entry::Nop(1 + rng.below(500) as u32),
        1 => Entry::Issue(Burst::once(instruction(rng, queue))),
        _ => {
            let (count, interval) = (1 + rng.below(40) as u32, 1 + rng.below(4) as u32);
            Entry::Issue(Burst { instruction: instruction(rng, queue), count, interval })
        }
    };
    (0..1 + rng.below(10)).map(|_| one(rng)).collect()
}

fn control(rng: &mut Rng) -> Instruction {
    match rng.below(5) {
        0 => Instruction::Sync,
        1 => Instruction::Notify,
        2 => Instruction::Config { superlanes: rng.below(21) as u8 },
        _ => Instruction::Fetch { slice: slice(rng), address: address(rng) },
    }
}

fn instruction(rng: &mut Rng, queue: Queue) -> Instruction {
    let number = rng.below(32) as u8;
    match queue {
        _ if rng.below(8) == 0 => control(rng),
        Queue::MemRead(_) if rng.below(4) == 0 => Instruction::Gather { map: stream(rng), to: stream(rng) },
        Queue::MemRead(_) => Instruction::Read { address: address(rng), to: stream(rng) },
        Queue::MemWrite(_) if rng.below(4) == 0 => Instruction::Scatter { map: stream(rng), from: stream(rng) },
        Queue::MemWrite(_) => Instruction::Write { address: address(rng), from: stream(rng) },
        Queue::Alu(_) => Instruction::Alu(AluOp {
            op: rng.pick(&ScalarOp::ALL),
            dtype: rng.pick(&DType::ALL),
            a: operand(rng),
            b: operand(rng),
            to: (rng.below(3) != 0).then(|| stream(rng)),
        }),
        Queue::MxmWeights(..) if rng.below(3) == 0 => Instruction::Install,
        Queue::MxmWeights(..) => Instruction::Load { group: rng.below(20) as u8, from: rng.pick(&[0, 16]) },
        Queue::MxmActivate(..) => {
            let half = rng.below(2) as u8;
            Instruction::Activate { from: number, format: rng.pick(&[MxmFormat::I8, MxmFormat::F16 { half }]) }
        }
        Queue::MxmAccumulate(..) => Instruction::Accumulate {
            slot: rng.below(64) as u16,
            step: rng.below(2) as u16,
            mode: rng.pick(&[AccumulateMode::Set, AccumulateMode::Add]),
            emit: (rng.below(2) == 0).then_some(number),
        },
        Queue::Distributor(..) => {
            let map = std::array::from_fn(|_| rng.below(u64::from(LANE_ZERO) + 1) as u8);
            Instruction::Distribute { from: number, to: rng.below(32) as u8, map }
        }
        Queue::Transposer(..) if rng.below(3) == 0 => {
            Instruction::Rotate { from: number, to: rng.pick(&[0, 16]), size: rng.pick(&[3, 4]) }
        }
        Queue::Transposer(..) => Instruction::Transpose { from: rng.pick(&[0, 16]), to: rng.pick(&[0, 16]) },
        Queue::Permuter(_) if rng.below(2) == 0 => {
            Instruction::Permute { from: number, to: rng.below(32) as u8, map: rng.below(3) as u16 }
        }
        Queue::Permuter(_) => {
            let (south, to) = (rng.below(32) as u8, rng.below(32) as u8);
            Instruction::Shift { north: number, south, lanes: rng.below(321) as u16, to }
        }
        Queue::LinkSend(_) if rng.below(3) == 0 => Instruction::Deskew { cycles: 1 + rng.below(40) as u16 },
        Queue::LinkSend(_) => Instruction::Send { from: number },
        Queue::LinkReceive(_) => Instruction::Receive { to: number },
    }
}

/// Lanes reversed, turned, or anything.
fn lane_map(rng: &mut Rng) -> LaneMap {
    match rng.below(3) {
        0 => LaneMap { from: (0..320).rev().collect() },
        1 => LaneMap::rotation(rng.below(320) as u16),
        _ => LaneMap { from: (0..320).map(|_| rng.next_u64() as u16).collect() },
    }
}

fn stream(rng: &mut Rng) -> StreamId {
    StreamId::new(rng.pick(&Direction::BOTH), rng.below(32) as u8)
}

fn operand(rng: &mut Rng) -> Operand {
    match rng.below(4) {
        0 => Operand::Stream(stream(rng)),
        1 => Operand::Alu(rng.below(16) as u8),
        2 => Operand::Immediate(rng.next_u64() as u32),
        _ => Operand::None,
    }
}

fn address(rng: &mut Rng) -> Address {
    Address { base: rng.below(4) as u8, offset: rng.below(8192) as u16, stride: rng.pick(&[0, 0, 1, -1, 16, i16::MIN]) }
}

fn slice(rng: &mut Rng) -> SliceId {
    SliceId { hemisphere: rng.pick(&Hemisphere::BOTH), number: rng.below(44) as u8 }
}

fn detours(rng: &mut Rng, (instances, templates): (usize, usize)) -> Vec<Detour> {
    let mut detours = Vec::new();
    for instance in 0..instances as u32 {
        for chip in (0..3).filter(|_| rng.below(4) == 0).collect::<Vec<u16>>() {
            detours.push(Detour { instance, chip, template: Id::new(rng.below(templates as u64) as usize) });
        }
    }
    detours
}

fn instance(rng: &mut Rng, templates: usize) -> Instance {
    let mut bases = vec![0];
    bases.extend((0..rng.below(4)).map(|_| rng.below(8192) as u16));
    let layer = (rng.below(3) != 0).then(|| rng.below(40) as u32);
    Instance { template: Id::new(rng.below(templates as u64) as usize), bases, layer }
}

fn residency(rng: &mut Rng) -> Residency {
    let packing = match rng.below(3) {
        0 => Packing::Plane(rng.below(4) as u8),
        1 => Packing::Half(rng.below(2) as u8),
        _ => Packing::EitherHalf,
    };
    let source = match rng.below(2) {
        0 => WordSource::Tensor { tensor: Id::new(rng.below(50) as usize), packing },
        _ => WordSource::State { node: Id::new(rng.below(50) as usize), plane: rng.below(4) as u8 },
    };
    Residency {
        chip: rng.below(3) as u16,
        slice: slice(rng),
        address: rng.below(8192) as u16,
        words: rng.below(300) as u16,
        source,
        row: rng.next_u64() as u32,
        step: rng.below(17) as u32,
    }
}

fn record(rng: &mut Rng) -> RecordField {
    let content = match rng.below(2) {
        0 => RecordContent::Input { name: rng.pick(&NAMES).to_owned(), plane: rng.below(4) as u8 },
        _ => RecordContent::Map { base: rng.below(8192) as u16 },
    };
    RecordField { slice: slice(rng), address: rng.below(8192) as u16, content }
}

fn output(rng: &mut Rng) -> OutputField {
    let slices = std::array::from_fn(|_| slice(rng));
    let chip = rng.below(3) as u16;
    OutputField { output: rng.pick(&NAMES).to_owned(), chip, slices, address: rng.below(8192) as u16 }
}

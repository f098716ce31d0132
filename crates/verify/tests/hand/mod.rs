//! Hand-written programs, and the sheet on which they are written.
//!
//! In: instructions at cycles.  Out: templates with NOPs in between, whole programs with witness and lowered graph.
//! Invariant: every program here verifies; its schedule follows from `arch` by adding, never by trying.
//! Method: a sheet maps queues to (cycle, burst); `lead` says how long before a sample its driver is dispatched.

#![allow(dead_code, reason = "each test binary uses a part")]

pub mod arithmetic;
pub mod attention;
pub mod collective;
pub mod control;
pub mod links;
pub mod matrix;
pub mod movement;
pub mod softmax;
pub mod switch;
pub mod top_k;

use arch::{Chip, Geometry, Hemisphere, Queue, SliceId, Station, StreamId};
use graph::Graph;
use program::{
    Burst, Entry, Executable, Instance, Instruction, Label, LabelKind, OutputField, Program, RecordContent,
    RecordField, Residency, Template, TemplateWitness, Witness, WitnessEntry, WordSource,
};
use std::collections::BTreeMap;
use units::{Arena, Cycle};

pub use arch::{Direction::East as E, Direction::West as W};

/// Instructions at cycles.
#[derive(Clone, Default)]
pub struct Sheet {
    queues: BTreeMap<Queue, Vec<(u64, Burst)>>,
}

impl Sheet {
    /// Issues once.
    pub fn at(&mut self, cycle: u64, queue: Queue, instruction: Instruction) {
        self.queues.entry(queue).or_default().push((cycle, Burst::once(instruction)));
    }

    /// Issues repeatedly.
    pub fn repeat(&mut self, cycle: u64, queue: Queue, instruction: Instruction, count: u32, interval: u32) {
        self.queues.entry(queue).or_default().push((cycle, Burst { instruction, count, interval }));
    }

    /// The sheet as a template in which all queues end together.
    pub fn template(self, name: &str) -> Template {
        let end = |(cycle, burst): &(u64, Burst)| cycle + burst.length().0;
        let length = self.queues.values().flatten().map(end).max().unwrap_or(0);
        self.parked(name, length)
    }

    /// The sheet as a template of `length` cycles, in which queues that end with a Sync are parked before.
    pub fn parked(mut self, name: &str, length: u64) -> Template {
        let mut queues = Vec::new();
        for (queue, bursts) in &mut self.queues {
            bursts.sort_by_key(|(cycle, _)| *cycle);
            let mut entries = Vec::new();
            let mut now = 0;
            for (cycle, burst) in &*bursts {
                assert!(now <= *cycle, "{queue} is busy in cycle {cycle}");
                if now < *cycle {
                    entries.push(Entry::Nop((*cycle - now) as u32));
                }
                entries.push(Entry::Issue(*burst));
                now = *cycle + burst.length().0;
            }
            let is_parked = |(_, burst): &(u64, Burst)| burst.instruction == Instruction::Sync;
            if now < length && !bursts.last().is_some_and(is_parked) {
                entries.push(Entry::Nop((length - now) as u32));
            }
            queues.push((*queue, entries));
        }
        Template { name: name.to_owned(), queues }
    }
}

/// The published chip and its geometry.
pub struct Yard {
    pub chip: Chip,
    pub geometry: Geometry,
}

impl Yard {
    pub fn new() -> Self {
        let chip = Chip::lpu_14nm();
        let geometry = Geometry::new(&chip);
        Yard { chip, geometry }
    }

    /// Cycles from a departure at `from` to an arrival at `to`.
    pub fn travel(&self, stream: StreamId, from: Station, to: Station) -> u64 {
        u64::from(self.geometry.travel(stream.direction, from, to).expect("the stream flows that way"))
    }

    /// Cycles from the dispatch of a read in `slice` to the sample at `to`.
    pub fn lead(&self, slice: SliceId, stream: StreamId, to: Station) -> u64 {
        u64::from(self.chip.latency.mem_read) + self.travel(stream, self.geometry.slice(slice), to)
    }

    /// Cycles from the dispatch of an ALU to the sample of its result at `to`.
    pub fn alu_lead(&self, stream: StreamId, to: Station) -> u64 {
        let latency = &self.chip.latency;
        u64::from(latency.vxm_entry + latency.vxm_alu) + self.travel(stream, self.geometry.vxm(), to)
    }

    pub fn vxm(&self) -> Station {
        self.geometry.vxm()
    }

    pub fn mxm(&self) -> Station {
        self.geometry.mxm(Hemisphere::East)
    }

    pub fn at(&self, slice: SliceId) -> Station {
        self.geometry.slice(slice)
    }
}

/// Slice `number` of the eastern half.
pub fn east(number: u8) -> SliceId {
    SliceId { hemisphere: Hemisphere::East, number }
}

/// Four slices from `first` on.
pub fn four(first: u8) -> [SliceId; 4] {
    std::array::from_fn(|byte| east(first + byte as u8))
}

/// A program of templates stamped once each, in order.
pub fn program(templates: Vec<Template>, bases: Vec<Vec<u16>>, lowered: Graph) -> Program {
    let mut arena = Arena::new();
    let stamps: Vec<_> = templates.into_iter().map(|template| arena.push(template)).collect();
    let instances = bases.into_iter().enumerate().map(|(index, bases)| Instance {
        template: stamps[index.min(stamps.len() - 1)],
        bases,
        layer: None,
    });
    let executable = Executable {
        maps: Vec::new(),
        chip: "lpu-14nm".to_owned(),
        topology: "chip".to_owned(),
        detours: Vec::new(),
        instances: instances.collect(),
        templates: arena,
        image: Vec::new(),
        record: Vec::new(),
        context: 8,
        outputs: Vec::new(),
    };
    Program { executable, witness: Witness::default(), lowered }
}

/// Four record fields that hold an f32 or i32 input.
pub fn input(name: &str, slices: [SliceId; 4], address: u16) -> impl Iterator<Item = RecordField> {
    slices.into_iter().zip(0..).map(move |(slice, plane)| RecordField {
        slice,
        address,
        content: RecordContent::Input { name: name.to_owned(), plane },
    })
}

pub fn output(name: &str, slices: [SliceId; 4], address: u16) -> OutputField {
    OutputField { output: name.to_owned(), chip: 0, slices, address }
}

/// A residency of consecutive rows.
pub fn resident(slice: SliceId, address: u16, words: u16, source: program::WordSource) -> Residency {
    Residency { chip: 0, slice, address, words, source, row: 0, step: 1 }
}

/// Adds the witness that claims every cycle and no source.
pub fn with_witness(mut program: Program) -> Program {
    let executable = &program.executable;
    let mut starts = Vec::new();
    let mut start = 0;
    for instance in &executable.instances {
        starts.push(Cycle(start));
        start += executable.templates[instance.template].length().0;
    }
    let claims = |template: &Template, bases: &[u16]| TemplateWitness {
        labels: KINDS.map(|kind| Label { part: String::new(), kind, tile: 0, block: 0 }).to_vec(),
        entries: template
            .bursts()
            .map(|(queue, entry, cycle, burst)| {
                let kind = kind(executable, bases, (template.queues[queue].0, &burst.instruction));
                let label = KINDS.iter().position(|one| *one == kind).expect("all kinds are there") as u16;
                WitnessEntry {
                    queue: queue as u32,
                    entry: entry as u32,
                    cycle: cycle as u32,
                    label,
                    sources: Vec::new(),
                }
            })
            .collect(),
    };
    let templates = executable.templates.iter().map(|(id, template)| {
        let instance = executable.instances.iter().find(|instance| instance.template == id);
        claims(template, instance.map_or(&[0], |instance| &instance.bases))
    });
    program.witness = Witness { templates: templates.collect(), starts, end: Cycle(start) };
    program
}

const KINDS: [LabelKind; 6] = [
    LabelKind::Weights,
    LabelKind::Activation,
    LabelKind::Constant,
    LabelKind::Cache,
    LabelKind::Record,
    LabelKind::Map,
];

/// What a burst moves: by its unit, or by what lies in the word that it reads.
fn kind(executable: &Executable, bases: &[u16], (queue, instruction): (Queue, &Instruction)) -> LabelKind {
    let (slice, word) = match (queue, instruction) {
        (_, Instruction::Load { .. } | Instruction::Install) => return LabelKind::Weights,
        (Queue::MemRead(slice), Instruction::Read { address, .. }) => (slice, address.word(bases, 0)),
        _ => return LabelKind::Activation,
    };
    let word = word.and_then(|word| u16::try_from(word).ok()).expect("the word exists");
    let field = executable.record.iter().find(|field| (field.slice, field.address) == (slice, word));
    let holds = |residency: &&Residency| {
        let Residency { slice: of, address, words, .. } = **residency;
        of == slice && (address..address + words).contains(&word)
    };
    match (field.map(|field| &field.content), executable.image.iter().find(holds).map(|residency| residency.source)) {
        (Some(RecordContent::Map { .. }), _) => LabelKind::Map,
        (Some(RecordContent::Input { .. }), _) => LabelKind::Record,
        (None, Some(WordSource::Tensor { .. })) => LabelKind::Constant,
        (None, Some(WordSource::State { .. })) => LabelKind::Cache,
        (None, None) => LabelKind::Activation,
    }
}

/// Every hand-written program by name.
pub fn all() -> Vec<(&'static str, Program)> {
    vec![
        ("copy", movement::copy()),
        ("distribute", movement::distribute()),
        ("cache", movement::cache()),
        ("add", arithmetic::add()),
        ("running_max", arithmetic::running_max()),
        ("matmul", matrix::matmul()),
        ("lane_sum", matrix::lane_sum()),
        ("exchange", links::exchange()),
        ("transpose", switch::transpose()),
        ("permute", switch::permute()),
        ("softmax", softmax::softmax()),
        ("all_reduce", collective::all_reduce()),
        ("top_k", top_k::top_k()),
        ("attention", attention::attention()),
        ("rotate", switch::rotate()),
        ("aligned", control::aligned()),
        ("narrow", control::narrow()),
    ]
}

//! A tiny assembler: instructions at cycles in, queues with NOPs out.
//!
//! In: (cycle, queue, instruction), words of SRAM, fields of the record.  Out: an executable with its tensors, run with a recorder.
//! Invariant: no arithmetic on cycles happens here but the gaps between the cycles given.

use arch::{Chip, Direction, Queue, SliceId, StreamId};
use graph::{Tensor, TensorId};
use program::{
    Burst, Entry, Executable, Instance, Instruction, LaneMap, OutputField, Packing, RecordField, Residency, Template,
    TemplateId, WORD_BYTES, WordSource,
};
use sim::{Machine, Outcome, Recorder, SimError};
use std::collections::BTreeMap;
use std::sync::Arc;
use units::{Arena, Cycle};

/// 320 bytes.
pub type Bytes = [u8; WORD_BYTES];

/// A program under construction, of one template and one instance.
#[derive(Clone)]
pub struct Program {
    queues: BTreeMap<Queue, Vec<(u64, Burst)>>,
    pub length: u64,
    pub maps: Vec<LaneMap>,
    pub image: Vec<Residency>,
    pub tensors: BTreeMap<TensorId, Arc<Tensor>>,
    pub record: Vec<RecordField>,
    pub outputs: Vec<OutputField>,
    pub inputs: BTreeMap<String, Tensor>,
    pub position: u16,
}

/// A program that has run.
pub struct Run {
    pub machine: Machine,
    pub recorder: Recorder,
    pub outcome: Outcome,
    end: Cycle,
}

impl Program {
    /// A program of `length` cycles that does nothing.
    pub fn new(length: u64) -> Self {
        Program {
            queues: BTreeMap::new(),
            length,
            maps: Vec::new(),
            image: Vec::new(),
            tensors: BTreeMap::new(),
            record: Vec::new(),
            outputs: Vec::new(),
            inputs: BTreeMap::new(),
            position: 0,
        }
    }

    /// Dispatches `instruction` at `cycle`.
    pub fn at(&mut self, cycle: u64, queue: &str, instruction: Instruction) {
        self.burst(cycle, queue, Burst::once(instruction));
    }

    /// Dispatches `burst` from `cycle` on.
    pub fn burst(&mut self, cycle: u64, queue: &str, burst: Burst) {
        self.queues.entry(queue.parse().unwrap()).or_default().push((cycle, burst));
    }

    /// Puts the rows of a tensor into consecutive words of a slice.
    pub fn rows(&mut self, slice: &str, address: u16, tensor: Tensor, packing: Packing) {
        let words = tensor.shape().rows() as u16;
        let tensor = self.tensor(tensor);
        let source = WordSource::Tensor { tensor, packing };
        self.image.push(Residency { chip: 0, slice: self::slice(slice), address, words, source, row: 0, step: 1 });
    }

    /// Names a tensor for residencies.
    pub fn tensor(&mut self, tensor: Tensor) -> TensorId {
        let id = TensorId::new(self.tensors.len());
        self.tensors.insert(id, Arc::new(tensor));
        id
    }

    /// Puts bytes into a word.
    pub fn word(&mut self, slice: &str, address: u16, bytes: &Bytes) {
        let tensor = Tensor::i8(&[1, WORD_BYTES as u32], bytes.iter().map(|byte| *byte as i8).collect());
        self.rows(slice, address, tensor, Packing::Plane(0));
    }

    /// Puts the four bytes of 320 f32 or i32, given as bits, into one word of each of four slices.
    pub fn value(&mut self, slices: [&str; 4], address: u16, bits: &[u32]) {
        for (plane, slice) in slices.into_iter().enumerate() {
            self.word(slice, address, &std::array::from_fn(|lane| (bits[lane] >> (8 * plane)) as u8));
        }
    }

    /// The executable for `chip`.
    pub fn executable(&self, chip: &Chip) -> Executable {
        let queues = self.queues.iter().map(|(queue, bursts)| (*queue, self.entries(*queue, bursts))).collect();
        let mut templates = Arena::new();
        templates.push(Template { name: "only".to_owned(), queues });
        Executable {
            maps: self.maps.clone(),
            chip: chip.name.clone(),
            topology: "chip".to_owned(),
            templates,
            detours: Vec::new(),
            instances: vec![Instance { template: TemplateId::new(0), bases: vec![0], layer: None }],
            image: self.image.clone(),
            record: self.record.clone(),
            context: 128,
            outputs: self.outputs.clone(),
        }
    }

    fn entries(&self, queue: Queue, bursts: &[(u64, Burst)]) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut now = 0;
        let mut bursts = bursts.to_vec();
        bursts.sort_by_key(|(cycle, _)| *cycle);
        for (cycle, burst) in &bursts {
            let gap = cycle.checked_sub(now).unwrap_or_else(|| panic!("{queue} is busy at {cycle}"));
            entries.extend((gap != 0).then_some(Entry::Nop(gap as u32)));
            entries.push(Entry::Issue(*burst));
            now = cycle + burst.length().0;
        }
        let rest = self.length.checked_sub(now).unwrap_or_else(|| panic!("{queue} ends at {now}"));
        let is_parked = matches!(entries.last(), Some(Entry::Issue(burst)) if burst.instruction == Instruction::Sync);
        entries.extend((rest != 0 && !is_parked).then_some(Entry::Nop(rest as u32)));
        entries
    }

    /// A machine at the start of the token.
    pub fn launched(&self, chip: &Chip) -> Result<Machine, SimError> {
        let mut machine = Machine::load(chip, &self.executable(chip), &self.tensors)?;
        machine.launch(&self.inputs, self.position)?;
        Ok(machine)
    }

    /// Runs the program.
    pub fn run(&self, chip: &Chip) -> Run {
        let mut machine = self.launched(chip).unwrap();
        let mut recorder = Recorder::default();
        let outcome = machine.run_token(&mut recorder);
        Run { machine, recorder, end: Cycle(outcome.cycles.0 + 100), outcome }
    }
}

impl Run {
    /// Asserts that no rule was broken.
    pub fn clean(self) -> Self {
        assert_eq!(
            self.outcome.poison,
            [],
            "{}",
            self.outcome.poison.first().map_or(String::new(), ToString::to_string)
        );
        self
    }

    /// The bytes of a word at the end, if it has any.
    pub fn bytes(&self, slice: &str, address: u16) -> Option<Bytes> {
        match self.machine.at(self.end).sram(self::slice(slice), address) {
            Some(sim::WordView::Bytes(bytes)) => Some(*bytes),
            _ => None,
        }
    }

    /// The lanes whose four bytes lie in four slices.
    pub fn value(&self, slices: [&str; 4], address: u16) -> Vec<u32> {
        let words = slices.map(|slice| self.bytes(slice, address).unwrap_or_else(|| panic!("{slice} has no bytes")));
        (0..WORD_BYTES).map(|lane| u32::from_le_bytes(words.map(|word| word[lane]))).collect()
    }

    /// Cycles in which the operand `operand` of the queue's first dispatch left its producer and was sampled.
    pub fn arrival(&self, queue: &str, operand: u8) -> (u64, u64) {
        let queue: Queue = queue.parse().unwrap();
        let site = self.recorder.dispatches.iter().find(|event| event.queue == queue).unwrap().site;
        let found = self.recorder.arrivals.iter().find(|event| event.consumer == site && event.operand == operand);
        let arrival = found.unwrap();
        (arrival.producer.unwrap().1.0, arrival.sampled.0)
    }
}

/// A slice by its name.
pub fn slice(name: &str) -> SliceId {
    match format!("{name}.read").parse() {
        Ok(Queue::MemRead(slice)) => slice,
        _ => panic!("{name} is no slice"),
    }
}

/// An eastward stream.
pub fn east(number: u8) -> StreamId {
    StreamId::new(Direction::East, number)
}

/// A westward stream.
pub fn west(number: u8) -> StreamId {
    StreamId::new(Direction::West, number)
}

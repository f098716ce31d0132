//! A bench: entries at cycles and words in slices in, a program of one template out, run and judged.
//!
//! In: texts of entries with the queue and cycle of each, bytes of words.  Out: the executable, what a run of it leaves in SRAM, and what
//!     the judge says.
//! Invariant: no cycle is computed here but the gaps between those given.
//! Method: entries are read as `program::text` reads them. All queues last as long as the longest, but for those that end parked.

use arch::{Chip, Queue, SliceId, Topology};
use graph::{Graph, Tensor, TensorId};
use program::{
    Burst, Entry, Executable, Instance, Instruction, LaneMap, Packing, Program, RecordContent, RecordField, Residency,
    Template, TemplateId, WORD_BYTES, Witness, WordSource, text,
};
use sim::{System, WordView};
use std::collections::BTreeMap;
use std::sync::Arc;
use units::{Arena, Cycle};
use verify::Report;

/// 320 bytes.
pub type Bytes = [u8; WORD_BYTES];

/// Position of the token that a bench runs, of `CONTEXT` positions.
pub const POSITION: u16 = 3;
/// Positions.
pub const CONTEXT: u16 = 4;

/// A program under construction.
pub struct Bench {
    queues: BTreeMap<Queue, Vec<(u64, Entry)>>,
    topology: &'static str,
    instances: Vec<Vec<u16>>,
    /// Maps of Permutes.
    pub maps: Vec<LaneMap>,
    /// What lies in SRAM before the token.
    pub image: Vec<Residency>,
    /// What the host writes.
    pub record: Vec<RecordField>,
    /// What the program claims to compute; mostly nothing.
    pub lowered: Graph,
    /// Its inputs.
    pub inputs: BTreeMap<String, Tensor>,
    tables: BTreeMap<TensorId, Arc<Tensor>>,
}

/// What came of a run.
pub struct Ran {
    /// Cycles of the token.
    pub cycles: u64,
    /// The first violations.
    pub poison: Vec<String>,
    launched: System,
}

impl Default for Bench {
    fn default() -> Self {
        Bench::on("chip")
    }
}

impl Bench {
    /// An empty program for a topology, of one instance.
    pub fn on(topology: &'static str) -> Self {
        Bench {
            queues: BTreeMap::new(),
            topology,
            instances: vec![vec![0]],
            maps: Vec::new(),
            image: Vec::new(),
            record: Vec::new(),
            lowered: Graph::default(),
            inputs: BTreeMap::new(),
            tables: BTreeMap::new(),
        }
    }

    /// Dispatches an entry, given as text, at a cycle.
    pub fn at(&mut self, cycle: u64, queue: &str, entry: &str) -> &mut Self {
        let queue: Queue = queue.parse().unwrap_or_else(|_| panic!("{queue} is no queue"));
        self.entry(cycle, queue, read_entry(entry))
    }

    /// Dispatches an entry at a cycle.
    pub fn entry(&mut self, cycle: u64, queue: Queue, entry: Entry) -> &mut Self {
        self.queues.entry(queue).or_default().push((cycle, entry));
        self
    }

    /// Stamps the template once for each list of bases.
    pub fn stamped(&mut self, bases: &[&[u16]]) -> &mut Self {
        self.instances = bases.iter().map(|bases| bases.to_vec()).collect();
        self
    }

    /// Names a tensor for residencies.
    pub fn tensor(&mut self, tensor: Tensor) -> TensorId {
        let id = TensorId::new(self.tables.len());
        self.tables.insert(id, Arc::new(tensor));
        id
    }

    /// Fills `rows` words of a slice of a chip: byte `lane` of row `row` is `byte(row, lane)`.
    pub fn rows(&mut self, chip: u16, (slice, address): (&str, u16), rows: u16, byte: impl Fn(usize, usize) -> u8) {
        let lanes = (0..usize::from(rows)).flat_map(|row| (0..WORD_BYTES).map(move |lane| (row, lane)));
        let levels = lanes.map(|(row, lane)| byte(row, lane) as i8).collect();
        let tensor = self.tensor(Tensor::i8(&[u32::from(rows), WORD_BYTES as u32], levels));
        let source = WordSource::Tensor { tensor, packing: Packing::Plane(0) };
        self.image.push(Residency { chip, slice: self::slice(slice), address, words: rows, source, row: 0, step: 1 });
    }

    /// Fills one word of the first chip.
    pub fn word(&mut self, slice: &str, address: u16, byte: impl Fn(usize) -> u8) -> &mut Self {
        self.rows(0, (slice, address), 1, |_, lane| byte(lane));
        self
    }

    /// An address map in a word: the word `base` plus the position.
    pub fn map(&mut self, slice: &str, address: u16, base: u16) -> &mut Self {
        let content = RecordContent::Map { base };
        self.record.push(RecordField { slice: self::slice(slice), address, content });
        self
    }

    /// The program.
    pub fn program(&self, chip: &Chip) -> Program {
        let end = |(cycle, entry): &(u64, Entry)| cycle + entry.length().0;
        let length = self.queues.values().flatten().map(end).max().unwrap_or(0);
        let queues = self.queues.iter().map(|(queue, issues)| (*queue, entries(*queue, issues, length))).collect();
        let mut templates = Arena::new();
        templates.push(Template { name: "only".to_owned(), queues });
        let instance = |bases: &Vec<u16>| Instance { template: TemplateId::new(0), bases: bases.clone(), layer: None };
        let executable = Executable {
            chip: chip.name.clone(),
            topology: self.topology.to_owned(),
            maps: self.maps.clone(),
            templates,
            instances: self.instances.iter().map(instance).collect(),
            detours: Vec::new(),
            image: self.image.clone(),
            record: self.record.clone(),
            context: CONTEXT,
            outputs: Vec::new(),
        };
        Program { executable, witness: Witness::default(), lowered: self.lowered() }
    }

    /// The claim, with the tensors that residencies name.
    fn lowered(&self) -> Graph {
        if !self.lowered.tensors.is_empty() {
            return self.lowered.clone();
        }
        let mut builder = graph::Builder::new();
        for (id, tensor) in &self.tables {
            builder.tensor(&format!("t{}", id.index()), graph::DType::I8, tensor.shape().extents());
        }
        let tensors = builder.finish().tensors;
        Graph { tensors, ..self.lowered.clone() }
    }

    /// What the judge says of a program that this bench has filled with words.
    pub fn judged(&self, chip: &Chip, executable: Executable) -> Report {
        verify::violations(chip, &Program { executable, witness: Witness::default(), lowered: self.lowered() })
    }

    /// What comes of a program that this bench has filled with words, or why it is not run.
    pub fn ran(&self, chip: &Chip, executable: &Executable) -> Result<Ran, String> {
        let mut system = System::load(chip, executable, &self.tables).map_err(|error| error.to_string())?;
        system.launch(&self.inputs, POSITION).map_err(|error| error.to_string())?;
        let launched = system.clone();
        let outcome = system.run_token();
        let poison = outcome.poison.iter().map(ToString::to_string).collect();
        Ok(Ran { cycles: outcome.cycles.0, poison, launched })
    }

    /// Number of chips.
    pub fn chips(&self) -> u16 {
        Topology::named(self.topology).map_or(0, |topology| topology.chips)
    }
}

impl Ran {
    /// The bytes of a word of a chip after the token, if it has any.
    pub fn bytes(&self, chip: u16, slice: &str, address: u16) -> Option<Bytes> {
        let moment = self.launched.at(chip, Cycle(self.cycles + 100))?;
        match moment.sram(self::slice(slice), address) {
            Some(WordView::Bytes(bytes)) => Some(*bytes),
            _ => None,
        }
    }
}

/// An entry from its text.
pub fn read_entry(entry: &str) -> Entry {
    let text = format!("program c on chip context 1\ntemplate t\nqueue alu0\n{entry}\n");
    let executable = text::parse(&text).unwrap_or_else(|error| panic!("{entry}: {error}"));
    executable.templates[TemplateId::new(0)].queues[0].1[0]
}

/// A slice by its name.
pub fn slice(name: &str) -> SliceId {
    match format!("{name}.read").parse() {
        Ok(Queue::MemRead(slice)) => slice,
        _ => panic!("{name} is no slice"),
    }
}

/// A queue's entries with NOPs in between.
fn entries(queue: Queue, issues: &[(u64, Entry)], length: u64) -> Vec<Entry> {
    let mut issues = issues.to_vec();
    issues.sort_by_key(|(cycle, _)| *cycle);
    let (mut entries, mut now) = (Vec::new(), 0);
    for (cycle, entry) in &issues {
        let gap = cycle.checked_sub(now).unwrap_or_else(|| panic!("{queue} is busy in cycle {cycle}"));
        entries.extend((gap != 0).then_some(Entry::Nop(gap as u32)));
        entries.push(*entry);
        now = cycle + entry.length().0;
    }
    let is_parked = matches!(entries.last(), Some(Entry::Issue(Burst { instruction: Instruction::Sync, .. })));
    let rest = length - now;
    entries.extend((rest != 0 && !is_parked).then_some(Entry::Nop(rest as u32)));
    entries
}

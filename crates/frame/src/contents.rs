//! What lies in every word of memory, by query on the executable.
//!
//! In: image, launch record and write instructions of an executable.  Out: runs of words with one content, per slice in order.
//! Invariant: runs of a slice do not overlap; a word in none of them is never read from the image and never written.
//! Method: residencies and record fields are runs as they are; words that only instructions write are scratch.

use crate::lang::{Text, zh};
use crate::words;
use crate::{Colour, timeline::Timeline};
use arch::{Queue, SliceId};
use graph::DType;
use program::{Instruction, Packing, Program, RecordContent, WordSource};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::Order;

/// Groups of contents with a colour of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// Embedding and head.
    Embedding,
    /// Weights of the attention part.
    Attention,
    /// Weights of the feed-forward part.
    FeedForward,
    /// Norms, scales, rotary tables, masks, ones.
    Constant,
    /// Rows of the KV cache.
    Cache,
    /// Activations between kernels.
    Scratch,
    /// Words that the host writes before each token.
    Record,
    /// Slices reserved for instructions.
    Instructions,
    /// Nobody's words.
    Free,
}

/// What a run of words holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Rows of a table or a weight matrix.
    Tensor {
        /// Layer of the model.
        layer: Option<u32>,
        /// Key of the part.
        part: String,
        /// What of the part: `weights`, `scale`, `gain`, ...
        what: String,
        /// Which of the tensors of that name, counted from 0, and how many there are.
        ordinal: (u32, u32),
        /// Row of the first word.
        row: u32,
        /// Rows from word to word.
        step: u32,
    },
    /// Rows of the KV cache.
    Cache {
        /// Layer of the model.
        layer: Option<u32>,
        /// `k` or `v`.
        which: String,
        /// Byte of each element.
        plane: u8,
        /// Row (position) of the first word.
        row: u32,
    },
    /// What the host writes before each token.
    Record(RecordContent),
    /// Values between kernels.
    Scratch,
}

/// How the bytes of a word are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Format {
    /// One int8 per lane.
    Int8,
    /// One byte of a longer element per lane, least significant first.
    ByteOf(DType, u8),
    /// Pairs of bytes are f16 weights.
    HalfPairs,
    /// An address per superlane.
    Addresses,
    /// Nothing says so.
    Unknown,
}

/// A run of words of one slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The slice.
    pub slice: SliceId,
    /// First word.
    pub address: u16,
    /// Number of words.
    pub words: u16,
    /// What lies there.
    pub content: Content,
    /// How to read its bytes.
    pub format: Format,
}

/// All runs of a chip's memory.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Sorted by slice and address.
    pub runs: Vec<Run>,
}

impl Class {
    /// All, in the order of the legend.
    pub const ALL: [Class; 9] = [
        Class::Embedding,
        Class::Attention,
        Class::FeedForward,
        Class::Constant,
        Class::Cache,
        Class::Scratch,
        Class::Record,
        Class::Instructions,
        Class::Free,
    ];

    /// Its colour.
    pub fn colour(self) -> Colour {
        match self {
            Class::Embedding => Colour::Embedding,
            Class::Attention => Colour::Attention,
            Class::FeedForward => Colour::FeedForward,
            Class::Constant => Colour::Constant,
            Class::Cache => Colour::Cache,
            Class::Scratch => Colour::Scratch,
            Class::Record => Colour::Record,
            Class::Instructions => Colour::Instructions,
            Class::Free => Colour::Free,
        }
    }

    /// Its name.
    pub fn name(self) -> Text {
        match self {
            Class::Embedding => Text::new("詞嵌入與輸出頭", "embedding and head"),
            Class::Attention => Text::new("注意力權重", "attention weights"),
            Class::FeedForward => Text::new("前饋權重", "feed-forward weights"),
            Class::Constant => Text::new("常數", "constants"),
            Class::Cache => Text::new("KV 快取", "KV cache"),
            Class::Scratch => Text::new("中間值", "activations"),
            Class::Record => Text::new("啟動紀錄", "launch record"),
            Class::Instructions => Text::new("指令", "instructions"),
            Class::Free => Text::new("空閒", "free"),
        }
    }
}

impl Run {
    /// Its group.
    pub fn class(&self) -> Class {
        match &self.content {
            Content::Cache { .. } => Class::Cache,
            Content::Record(_) => Class::Record,
            Content::Scratch => Class::Scratch,
            Content::Tensor { what, .. } if what != "weights" => Class::Constant,
            Content::Tensor { part, .. } if part.starts_with("attn") => Class::Attention,
            Content::Tensor { part, .. } if part.starts_with("ffn") => Class::FeedForward,
            Content::Tensor { .. } => Class::Embedding,
        }
    }

    /// What a word of the run is: `row 17 of layer 3's gate weights`.
    pub fn name(&self, address: u16) -> Text {
        let offset = u32::from(address.saturating_sub(self.address));
        match &self.content {
            Content::Tensor { layer, part, what, ordinal, row, step } => {
                let row = row + offset * step;
                let name = words::table(*layer, part, what);
                let name = Text::new(zh(&[&name.zh, &format!("的第 {row} 列")]), format!("row {row} of {}", name.en));
                match ordinal {
                    (_, 1) => name,
                    (number, total) => {
                        let number = number + 1;
                        name.then(&Text::new(
                            format!("（第 {number} 塊，共 {total} 塊）"),
                            format!(" (block {number} of {total})"),
                        ))
                    }
                }
            }
            Content::Cache { layer, which, row, .. } => words::cache_row(*layer, which, row + offset),
            Content::Record(content) => words::record(content),
            Content::Scratch => Text::new("中間值", "an activation"),
        }
    }
}

impl Contents {
    /// The contents that `program` gives to the memory of a chip. `writes` are the words that instructions write.
    pub(crate) fn new(program: &Program, chip: u16, writes: &[(SliceId, u16)]) -> Self {
        let names = Names::new(program);
        let mut runs: Vec<Run> = Vec::new();
        for residency in program.executable.image.iter().filter(|residency| residency.chip == chip) {
            let (content, format) = match residency.source {
                WordSource::Tensor { tensor, packing } => {
                    let dtype = program.lowered.tensors.get(tensor).map(|info| info.dtype);
                    let content = names.table(tensor.index(), (residency.row, residency.step));
                    (content, packed(dtype, packing))
                }
                WordSource::State { node, plane } => {
                    let dtype = program.lowered.nodes.get(node).map(|node| node.dtype);
                    let content = cache(program, node, plane, residency.row);
                    (content, packed(dtype, Packing::Plane(plane)))
                }
            };
            let (slice, address, words) = (residency.slice, residency.address, residency.words);
            runs.push(Run { slice, address, words, content, format });
        }
        for field in &program.executable.record {
            let format = match &field.content {
                RecordContent::Map { .. } => Format::Addresses,
                RecordContent::Input { name, plane } => packed(input_type(program, name), Packing::Plane(*plane)),
            };
            let content = Content::Record(field.content.clone());
            runs.push(Run { slice: field.slice, address: field.address, words: 1, content, format });
        }
        let key = |run: &Run| (run.slice, run.address);
        runs.order_by_key(key);
        let known = Contents { runs };
        let mut scratch: Vec<Run> = Vec::new();
        for &(slice, address) in writes.iter().filter(|(slice, address)| known.find(*slice, *address).is_none()) {
            match scratch.last_mut() {
                Some(run) if run.slice == slice && run.address + run.words == address => run.words += 1,
                _ => {
                    let format = Format::Unknown;
                    scratch.push(Run { slice, address, words: 1, content: Content::Scratch, format });
                }
            }
        }
        let mut runs = known.runs;
        runs.extend(scratch);
        runs.order_by_key(key);
        Contents { runs }
    }

    /// The run that holds a word.
    pub fn find(&self, slice: SliceId, address: u16) -> Option<&Run> {
        let after = self.runs.partition_point(|run| (run.slice, run.address) <= (slice, address));
        let run = &self.runs[after.checked_sub(1)?];
        (run.slice == slice && address - run.address < run.words).then_some(run)
    }

    /// Runs of a slice, in order.
    pub fn of(&self, slice: SliceId) -> &[Run] {
        let first = self.runs.partition_point(|run| run.slice < slice);
        let end = self.runs.partition_point(|run| run.slice <= slice);
        &self.runs[first..end]
    }
}

/// How a packed element type reads.
fn packed(dtype: Option<DType>, packing: Packing) -> Format {
    match (dtype, packing) {
        (Some(DType::I8), _) => Format::Int8,
        (_, Packing::Half(_) | Packing::EitherHalf) => Format::HalfPairs,
        (Some(dtype), Packing::Plane(plane)) => Format::ByteOf(dtype, plane),
        (None, _) => Format::Unknown,
    }
}

fn input_type(program: &Program, name: &str) -> Option<DType> {
    program.lowered.nodes.iter().find_map(|(_, node)| match &node.op {
        graph::Op::Input { name: other } if other == name => Some(node.dtype),
        _ => None,
    })
}

/// Names of the tensors, and of each which of its name it is.
struct Names<'a> {
    names: Vec<&'a str>,
    ordinals: Vec<u32>,
    totals: BTreeMap<&'a str, u32>,
}

impl<'a> Names<'a> {
    fn new(program: &'a Program) -> Self {
        let names: Vec<&str> = program.lowered.tensors.iter().map(|(_, info)| info.name.as_str()).collect();
        let mut totals: BTreeMap<&str, u32> = BTreeMap::new();
        let mut ordinals = Vec::with_capacity(names.len());
        for name in &names {
            let total = totals.entry(name).or_default();
            ordinals.push(*total);
            *total += 1;
        }
        Names { names, ordinals, totals }
    }

    /// `blk.3.ffn_gate.weights` apart, and which of its name it is.
    fn table(&self, tensor: usize, (row, step): (u32, u32)) -> Content {
        let name = self.names.get(tensor).copied().unwrap_or("");
        let ordinal = self.ordinals.get(tensor).copied().unwrap_or(0);
        let total = self.totals.get(name).copied().unwrap_or(1);
        let (layer, rest) = match name.strip_prefix("blk.").and_then(|rest| rest.split_once('.')) {
            Some((layer, rest)) => (layer.parse().ok(), rest),
            None => (None, name),
        };
        let (part, what) = rest.split_once('.').unwrap_or((rest, ""));
        let (part, what) = (part.to_owned(), what.to_owned());
        Content::Tensor { layer, part, what, ordinal: (ordinal, total), row, step }
    }
}

fn cache(program: &Program, node: graph::NodeId, plane: u8, row: u32) -> Content {
    let name = match program.lowered.nodes.get(node).map(|node| &node.op) {
        Some(graph::Op::State { name }) => name.as_str(),
        _ => "",
    };
    // Chips after the first one have states of their own: `k.3@2`.
    let name = name.split('@').next().unwrap_or(name);
    let (which, layer) = name.split_once('.').unwrap_or((name, ""));
    Content::Cache { layer: layer.parse().ok(), which: which.to_owned(), plane, row }
}

/// Every word that a Write of the program names, sorted, each once.
pub(crate) fn written(program: &Program) -> Vec<(SliceId, u16)> {
    let mut words = Vec::new();
    for instance in &program.executable.instances {
        let Some(template) = program.executable.templates.get(instance.template) else { continue };
        for (queue, _, _, burst) in template.bursts() {
            let (Queue::MemWrite(slice), Instruction::Write { address, .. }) =
                (template.queues[queue].0, burst.instruction)
            else {
                continue;
            };
            let iterations = if address.stride == 0 { 1 } else { burst.count.min(1 << 16) };
            let named = (0..iterations).filter_map(|iteration| address.word(&instance.bases, iteration));
            words.extend(named.filter_map(|word| u16::try_from(word).ok()).map(|word| (slice, word)));
        }
    }
    words.order();
    words.dedup();
    words
}

impl Timeline {
    /// The word that an issue reads or writes by its address; `None` for maps and for other instructions.
    pub fn address(&self, issue: &crate::Issue) -> Option<u16> {
        let (Instruction::Read { address, .. } | Instruction::Write { address, .. }) = issue.instruction() else {
            return None;
        };
        let bases = &self.executable.instances[issue.id.instance as usize].bases;
        address.word(bases, issue.id.iteration).and_then(|word| u16::try_from(word).ok())
    }

    /// The word that a Gather or Scatter touches for the token at `position`, found by following its map to the launch record.
    pub fn mapped(&self, issue: &crate::Issue, position: u32) -> Option<u16> {
        let (Instruction::Gather { map, .. } | Instruction::Scatter { map, .. }) = issue.instruction() else {
            return None;
        };
        let driver = self.value_at(*map, issue.station, issue.cycle)?;
        let read = self.issue(driver.id.issue)?;
        let (Queue::MemRead(slice), Some(address)) = (read.queue, self.address(&read)) else { return None };
        match &self.contents.find(slice, address)?.content {
            Content::Record(RecordContent::Map { base }) => u16::try_from(u32::from(*base) + position).ok(),
            _ => None,
        }
    }
}

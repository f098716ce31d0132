//! What the chip executes: templates of queues, stamped by instances.
//!
//! In: entries per queue.  Out: an executable whose timing follows from the queues alone.
//! Invariant: within a template all queues last equally long (`Template::length`), so that instances follow one another without
//!     any queue waiting; only a queue that ends with a Sync may be shorter, being parked until the template is over. Queues not named
//!     in a template issue nothing.
//! Method: a queue is a list of NOPs and repeated instructions. Iteration i of an entry is dispatched i * interval cycles after
//!     its first; the entry occupies `(count - 1) * interval + 1` cycles of its queue, a Deskew as many as it reserves.

use crate::{Instruction, LaneMap, RecordField, Residency};
use arch::{Queue, SliceId};
use serde::{Deserialize, Serialize};
use units::{Arena, Cycles, Id};

/// Index of a template.
pub type TemplateId = Id<Template>;

/// An instruction and how often it is issued (ICU Repeat).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Burst {
    /// What is issued.
    pub instruction: Instruction,
    /// How many times, at least 1.
    pub count: u32,
    /// Cycles from one issue to the next, at least 1.
    pub interval: u32,
}

/// One entry of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Entry {
    /// Issues nothing for this many cycles (at least 1; encoded in steps of at most 65,535).
    Nop(u32),
    /// Issues a burst.
    Issue(Burst),
}

/// Queues of one reusable stretch of program, for instance a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Name, unique in the program.
    pub name: String,
    /// Entries per queue, sorted by queue, each queue at most once.
    pub queues: Vec<(Queue, Vec<Entry>)>,
}

/// A template stamped at the next place in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Which template.
    pub template: TemplateId,
    /// Word bases that the template's addresses refer to; `bases[0]` is 0.
    pub bases: Vec<u16>,
    /// Layer of the model it computes, for labels.
    pub layer: Option<u32>,
}

/// Where a chip leaves the way of the others: the template that it runs in place of an instance's own. It lasts as long, so that all
/// chips enter the next instance in the same cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Detour {
    /// Place in `Executable::instances`.
    pub instance: u32,
    /// The chip.
    pub chip: u16,
    /// What it runs; the addresses' bases are those of the instance.
    pub template: TemplateId,
}

/// Where the host finds one tile of an output after the last instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputField {
    /// Name of the lowered graph's output, an f32 or i32 tensor `[1, lanes]`.
    pub output: String,
    /// The chip that holds it.
    pub chip: u16,
    /// Slices of byte 0, 1, 2, 3.
    pub slices: [SliceId; 4],
    /// Word address, the same in all four.
    pub address: u16,
}

/// The executable part of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Executable {
    /// Name of the machine it is for.
    pub chip: String,
    /// Name of the topology that joins the chips; all of them enter each instance in the same cycle.
    pub topology: String,
    /// Maps that Permutes name; the permuters of all chips have them before the token.
    pub maps: Vec<LaneMap>,
    /// Stretches of program.
    pub templates: Arena<Template>,
    /// Their order in time; each starts when the one before has ended.
    pub instances: Vec<Instance>,
    /// Chips that run something else in an instance, in order of instances and chips.
    pub detours: Vec<Detour>,
    /// What lies in the SRAM of each chip before the first token.
    pub image: Vec<Residency>,
    /// What the host writes into every chip before each token.
    pub record: Vec<RecordField>,
    /// Greatest position of a token plus one: rows of the caches.
    pub context: u16,
    /// What the host reads after each token.
    pub outputs: Vec<OutputField>,
}

impl Burst {
    /// An instruction issued once.
    pub fn once(instruction: Instruction) -> Self {
        Burst { instruction, count: 1, interval: 1 }
    }

    /// Cycles for which it occupies its queue.
    pub fn length(&self) -> Cycles {
        Cycles(u64::from(self.count.saturating_sub(1)) * u64::from(self.interval) + self.instruction.cycles())
    }
}

impl Entry {
    /// Cycles for which it occupies its queue.
    pub fn length(&self) -> Cycles {
        match self {
            Entry::Nop(cycles) => Cycles(u64::from(*cycles)),
            Entry::Issue(burst) => burst.length(),
        }
    }
}

impl Template {
    /// Cycles from its start to the start of the next instance: the length of its longest queue (all are equal in a well-formed one).
    pub fn length(&self) -> Cycles {
        let lengths = self.queues.iter().map(|(_, entries)| entries.iter().map(|entry| entry.length().0).sum());
        Cycles(lengths.max().unwrap_or(0))
    }

    /// Bursts with the queue's place in `queues`, the entry's place in the queue and the cycle after the template's start.
    pub fn bursts(&self) -> impl Iterator<Item = (usize, usize, u64, &Burst)> {
        self.queues.iter().enumerate().flat_map(|(queue, (_, entries))| {
            let mut cycle = 0;
            entries.iter().enumerate().filter_map(move |(index, entry)| {
                let start = cycle;
                cycle += entry.length().0;
                match entry {
                    Entry::Issue(burst) => Some((queue, index, start, burst)),
                    Entry::Nop(_) => None,
                }
            })
        })
    }
}

impl Executable {
    /// What `chip` runs in an instance.
    pub fn template_on(&self, chip: u16, instance: usize) -> Option<TemplateId> {
        let common = self.instances.get(instance)?.template;
        let place = self.detours.binary_search_by_key(&(instance, chip), |one| (one.instance as usize, one.chip));
        Some(place.map_or(common, |place| self.detours[place].template))
    }

    /// Cycles of one token: the instances one after the other.
    pub fn length(&self) -> Cycles {
        let lengths = self.instances.iter().filter_map(|instance| self.templates.get(instance.template));
        Cycles(lengths.map(|template| template.length().0).sum())
    }
}

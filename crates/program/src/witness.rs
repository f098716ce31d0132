//! What the compiler claims: predicted cycles, sources of operands, names.
//!
//! In: the compiler's knowledge.  Out: tables parallel to the executable's templates.
//! Invariant: nothing that executes a program opens this; stripping it changes no value and no cycle.

use serde::{Deserialize, Serialize};
use units::Cycle;

/// What kind of thing a burst moves or makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LabelKind {
    /// Rows of a weight matrix on their way into the MXM.
    Weights,
    /// A vector of activations.
    Activation,
    /// Scales, norm weights, rotary rows, masks.
    Constant,
    /// Rows of the KV cache.
    Cache,
    /// Words of the launch record.
    Record,
    /// An address map.
    Map,
}

/// The name of what a burst moves or makes, in model terms.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Label {
    /// Part of the model, the key of `graph::Origin::part`.
    pub part: String,
    /// What kind of thing.
    pub kind: LabelKind,
    /// Tile of up to 320 columns, counted from 0.
    pub tile: u16,
    /// Block of up to 320 rows (K), counted from 0.
    pub block: u16,
}

/// The burst that drives an operand: queue's place in the template's `queues`, entry's place in that queue, and by how many
/// iterations the consumer's iteration 0 lies after the producer's iteration 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Source {
    /// Place in `Template::queues`.
    pub queue: u32,
    /// Place in that queue's entries.
    pub entry: u32,
    /// Producer iteration that consumer iteration 0 takes.
    pub iteration: u32,
}

/// What is claimed of one burst.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessEntry {
    /// Place in `Template::queues`.
    pub queue: u32,
    /// Place in that queue's entries.
    pub entry: u32,
    /// Dispatch of iteration 0 after the template's start.
    pub cycle: u32,
    /// Index into `TemplateWitness::labels`.
    pub label: u16,
    /// Drivers of the sampled streams, in the order in which the instruction names them.
    pub sources: Vec<Source>,
}

/// Claims about one template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateWitness {
    /// Names used by the entries.
    pub labels: Vec<Label>,
    /// One per burst, sorted by (queue, entry).
    pub entries: Vec<WitnessEntry>,
}

/// Claims about a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// Parallel to the executable's templates.
    pub templates: Vec<TemplateWitness>,
    /// Start of each instance, parallel to the executable's instances.
    pub starts: Vec<Cycle>,
    /// Cycle after the last.
    pub end: Cycle,
}

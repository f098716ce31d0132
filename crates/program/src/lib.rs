//! The artefact: queues without cycles, residencies, templates and instances; apart from it the witness.
//!
//! In: nothing; this is vocabulary.  Out: `Program { executable, witness, lowered }`, its text, its file, its mutants; a
//!     `System` of programs on many nodes.
//! Invariant: nothing in `Executable` is a cycle of the schedule; when an instruction runs follows from its queue alone.
//! Method: per queue a list of entries (NOP n, or an instruction repeated); templates are stamped by instances with base addresses.
//! Source: the queue-and-repeat form follows the public ICU instructions (Abts et al., ISCA 2020); templates are ours.

#[cfg(test)]
mod arbitrary;
mod archive;
pub mod binary;
mod executable;
mod form;
mod image;
mod index;
mod instruction;
pub mod mutate;
pub mod pack;
mod sends;
mod system;
pub mod text;
mod weights;
mod witness;

pub use archive::{SYSTEM_MAGIC, SYSTEM_VERSION, decode_system, encode_system};
pub use executable::{Burst, Detour, Entry, Executable, Instance, OutputField, Template, TemplateId};
pub use form::{CHIPS_MAX, FormError, INSTANCES_MAX, QUEUE_CYCLES_MAX, check_form};
pub use image::{Packing, RecordContent, RecordField, Residency, WordSource};
pub use index::{Dispatch, Index, SystemIndex};
pub use instruction::{
    AccumulateMode, Address, AluOp, Instruction, LANE_ZERO, LaneMap, MxmFormat, Operand, SUPERLANES, WORD_BYTES,
    alu_does, group,
};
pub use sends::{Sent, sends};
pub use system::{EMBEDDING, PARTIAL, RESIDUAL, Role, Seat, Shift, Spot, System, arriving};
pub use weights::{Digest, ROWS_MAX, WeightRange, weight_ranges};
pub use witness::{Label, LabelKind, Source, TemplateWitness, Witness, WitnessEntry};

use graph::Graph;
use serde::{Deserialize, Serialize};

/// A compiled decoding step: what the chip executes, and apart from it what the compiler claims about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// What the chip executes; holds no cycle of the schedule.
    pub executable: Executable,
    /// Predicted cycles and names; a simulator never opens it.
    pub witness: Witness,
    /// The computation in chip-sized operations that the executable claims to perform; checked, never trusted.
    pub lowered: Graph,
}

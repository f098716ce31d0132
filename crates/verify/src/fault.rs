//! Every way to be wrong.
//!
//! In: nothing; this is vocabulary.  Out: one variant per kind of fault, carrying what was expected and what was found.
//! Invariant: a fault belongs to exactly one rule (`rule`); numbers are typed fields, never text to be parsed back;
//!     phrases are typed too, so that each can be said in both languages.
//! Method: an enum of plain data, ordered by rule.

use crate::{Field, Order, Phrase, Quantity, Reason, Rule};
use arch::StreamId;
use graph::DType;
use serde::{Deserialize, Serialize};

/// What is wrong.
#[expect(missing_docs, reason = "fields carry what the variant's line names; `wording` says each in words")]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Fault {
    // Rule 1.
    /// The program names another machine.
    OtherChip { expected: String, found: String },
    /// The program names a topology that there is not.
    UnknownTopology { found: String },
    /// The machine contradicts itself, or has a latency the judge cannot reason about.
    ImpossibleChip { field: String, expected: String, found: String },
    /// A queue that the machine does not have.
    UnknownQueue,
    /// Queues of a template that are not in rising order, each once.
    QueueOrder,
    /// A queue that ends before or after the others of its template.
    QueueLength { expected: u64, found: u64 },
    /// A NOP of no cycles, a burst of no iterations or of interval 0.
    EmptyEntry { field: Field },
    /// An instruction in a queue of another kind.
    Misplaced { instruction: String },
    /// An operand out of range, misaligned, or of the wrong type.
    Operand { operand: Field, expected: Phrase, found: Phrase },
    /// An instance of a template that is not there.
    UnknownTemplate { templates: u32, found: u32 },
    /// Instance bases that do not start with 0, or an address that names a base the instance lacks.
    Base { expected: Phrase, found: Phrase },
    /// More than the judge looks at.
    TooLong { what: Quantity, limit: u64, found: u64 },
    /// A context of no positions.
    NoContext,
    // Rule 2.
    /// Two drivers of one stream cell at one station.
    Collision { stream: StreamId },
    // Rule 3.
    /// A stream sampled where nothing was driven.
    Undriven { stream: StreamId },
    // Rule 4.
    /// A read side and a write side of one slice in one bank in one cycle.
    BankConflict { read: u16, write: u16 },
    /// Data in a slice that holds instructions.
    ReservedSlice,
    /// An address outside the slice.
    AddressRange { words: u16, first: i64, last: i64 },
    // Rule 5.
    /// A word read that nothing has written.
    Unwritten { address: u16 },
    /// A constant overwritten.
    ConstantWritten { address: u16 },
    /// Two residencies, record fields or outputs on one word.
    Overlap,
    /// A residency that leaves its slice, or names rows or bytes its source does not have.
    Residency { field: Field, expected: Phrase, found: Phrase },
    // Rule 6.
    /// A load beyond the 20 groups of columns.
    LoadGroup { group: u32 },
    /// An activation while no array is usable.
    NoArray { plane: u8, usable: Option<u64> },
    /// f16 with columns loaded past 159.
    ColumnRange { plane: u8, column: u16 },
    /// f16 issued on another plane than 0, or while plane 1 works by itself.
    PlanePair,
    /// An accumulate without a product.
    NoProduct { activate: u64 },
    /// An accumulator beyond the last.
    SlotRange { slots: u16, slot: u64 },
    /// An addition to an accumulator never set.
    SlotUnset { slot: u16 },
    /// An addition of an f32 product to an i32 accumulator or the reverse.
    SlotFormat { slot: u16 },
    // Rule 7.
    /// An ALU operand that was not made in the right cycle.
    NoResult { alu: u8, dispatched: u64 },
    /// An ALU operand of another type.
    ResultType { alu: u8, expected: DType, found: DType },
    /// exp, tanh or rsqrt on an ALU that cannot.
    SmallAlu { operation: String },
    /// A stream outside the groups that the ALU's row reaches, by number in the order of the window.
    OutOfWindow { stream: StreamId, row: u8, groups: Vec<u8> },
    /// Two streams of one group, one from each side, into one ALU.
    BothSides { east: StreamId, west: StreamId },
    /// A result of another ALU on no way that leads to this one, and to all others that take it.
    NotHeard { alu: u8 },
    // Rule 8.
    /// A witness that is not parallel to the executable.
    WitnessShape { field: Field, expected: u64, found: u64 },
    /// A predicted cycle that is not the queue's.
    WitnessCycle { expected: u64, found: u64 },
    /// A name that is not that of what is moved or made.
    WitnessLabel { field: Field, expected: Phrase, found: Phrase },
    /// A claimed producer that is not the one whose value arrived.
    WitnessSource { stream: StreamId, expected: Phrase, found: Phrase },
    // Rule 9.
    /// Instructions that do not fit the reserved slices.
    StorageFull { capacity: u64, found: u64 },
    /// Instructions fetched faster than the reserved slices can read.
    FetchRate { capacity: u64, found: u64 },
    // Rule 10.
    /// An address map that for some position leaves its region of the slice.
    MapRange { base: u16, last: u32 },
    /// An address that does not come from the launch record, so that nothing is known of it.
    MapUnknown,
    // Rule 11.
    /// A node that the symbolic evaluator has no rule for, or that contradicts its inputs.
    Graph { operation: String, reason: Reason },
    /// An output of the graph that no word holds, or a word for an output the graph lacks.
    OutputMissing { output: String },
    /// An output word that holds something else.
    OutputValue { output: String, byte: u8 },
    /// A word of a state that the graph renews and no slice holds.
    StateMissing { state: String, row: u32, byte: u8 },
    /// A state word that holds something else after the token.
    StateValue { state: String, row: u32, byte: u8 },
    // Rule 12.
    /// A Send on a link without a cable.
    NoCable,
    /// A Send while the vector before it is still on its way out.
    LinkBusy { free: u64 },
    /// A vector that lands where nobody receives it.
    NotReceived { lands: u64 },
    /// A Receive where nothing lands.
    NothingLands,
    // Rule 13.
    /// An order to a queue itself that cannot be, or comes at the wrong time.
    Control(Order),
    // Rule 11, where it can be placed.
    /// The first result in time that is no value of the graph; a hint, reported only beside a wrong output or state.
    Foreign,
}

impl Fault {
    /// The rule it breaks.
    pub fn rule(&self) -> Rule {
        match self {
            Fault::OtherChip { .. }
            | Fault::UnknownTopology { .. }
            | Fault::ImpossibleChip { .. }
            | Fault::UnknownQueue
            | Fault::QueueOrder
            | Fault::QueueLength { .. }
            | Fault::EmptyEntry { .. }
            | Fault::Misplaced { .. }
            | Fault::Operand { .. }
            | Fault::UnknownTemplate { .. }
            | Fault::Base { .. }
            | Fault::TooLong { .. }
            | Fault::NoContext => Rule::Form,
            Fault::Collision { .. } => Rule::Collision,
            Fault::Undriven { .. } => Rule::Driven,
            Fault::BankConflict { .. } | Fault::ReservedSlice | Fault::AddressRange { .. } => Rule::Memory,
            Fault::Unwritten { .. } | Fault::ConstantWritten { .. } | Fault::Overlap | Fault::Residency { .. } => {
                Rule::Lifetime
            }
            Fault::LoadGroup { .. }
            | Fault::NoArray { .. }
            | Fault::ColumnRange { .. }
            | Fault::PlanePair
            | Fault::NoProduct { .. }
            | Fault::SlotRange { .. }
            | Fault::SlotUnset { .. }
            | Fault::SlotFormat { .. } => Rule::Matrix,
            Fault::NoResult { .. }
            | Fault::ResultType { .. }
            | Fault::SmallAlu { .. }
            | Fault::OutOfWindow { .. }
            | Fault::BothSides { .. }
            | Fault::NotHeard { .. } => Rule::Vector,
            Fault::WitnessShape { .. } | Fault::WitnessCycle { .. } => Rule::Witness,
            Fault::WitnessLabel { .. } | Fault::WitnessSource { .. } => Rule::Witness,
            Fault::StorageFull { .. } | Fault::FetchRate { .. } => Rule::Storage,
            Fault::MapRange { .. } | Fault::MapUnknown => Rule::Record,
            Fault::Graph { .. }
            | Fault::OutputMissing { .. }
            | Fault::OutputValue { .. }
            | Fault::StateMissing { .. }
            | Fault::StateValue { .. }
            | Fault::Foreign => Rule::Dataflow,
            Fault::Control(_) => Rule::Control,
            Fault::NoCable | Fault::LinkBusy { .. } | Fault::NotReceived { .. } | Fault::NothingLands => Rule::Links,
        }
    }
}

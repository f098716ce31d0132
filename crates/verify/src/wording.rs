//! Expected and found, in short English notation for tables and JSON.
//!
//! In: a fault.  Out: two phrases, without place or time.
//! Invariant: every fault has both phrases; numbers are those of the fault.
//! Method: one match each.

use crate::Fault;

/// What would have been legal.
pub(crate) fn expected(fault: &Fault) -> String {
    match fault {
        Fault::OtherChip { expected, .. } => format!("a program for {expected}"),
        Fault::ImpossibleChip { expected, .. } => expected.clone(),
        Fault::Operand { expected, .. }
        | Fault::Base { expected, .. }
        | Fault::Residency { expected, .. }
        | Fault::WitnessSource { expected, .. } => expected.english(),
        Fault::ResultType { expected, .. } => expected.name().to_owned(),
        Fault::UnknownQueue => "a queue of the chip".to_owned(),
        Fault::QueueOrder => "queues in rising order, each once".to_owned(),
        Fault::QueueLength { expected, .. } => format!("{expected} cycles, like the longest queue"),
        Fault::EmptyEntry { .. } => "at least 1".to_owned(),
        Fault::Misplaced { .. } => "an instruction of this kind of queue".to_owned(),
        Fault::UnknownTemplate { templates, .. } => format!("a template below {templates}"),
        Fault::TooLong { what, limit, .. } => format!("at most {limit} {}", what.english()),
        Fault::NoContext => "a context of at least 1 position".to_owned(),
        Fault::Collision { stream } => format!("one driver of {stream}"),
        Fault::Undriven { stream } => format!("a value on {stream}"),
        Fault::BankConflict { .. } => "read and write in different banks".to_owned(),
        Fault::ReservedSlice => "a slice that holds data".to_owned(),
        Fault::AddressRange { words, .. } => format!("addresses 0 to {}", words.saturating_sub(1)),
        Fault::Unwritten { address } => format!("word {address} written before"),
        Fault::ConstantWritten { address } => format!("word {address} unchanged"),
        Fault::Overlap => "one owner of the word".to_owned(),
        Fault::LoadGroup { .. } => "a column group below 20".to_owned(),
        Fault::NoArray { usable: Some(cycle), .. } => format!("an activation from cycle {cycle} on"),
        Fault::NoArray { usable: None, .. } => "an installed array".to_owned(),
        Fault::ColumnRange { .. } => "columns 0 to 159 loaded".to_owned(),
        Fault::PlanePair => "f16 on plane 0, plane 1 idle".to_owned(),
        Fault::NoProduct { activate } => format!("an activation in cycle {activate}"),
        Fault::SlotRange { slots, .. } => format!("an accumulator below {slots}"),
        Fault::SlotUnset { slot } => format!("accumulator {slot} set before"),
        Fault::SlotFormat { slot } => format!("accumulator {slot} set in the same format"),
        Fault::NoResult { alu, dispatched } => format!("alu{alu} dispatched in cycle {dispatched}"),
        Fault::SmallAlu { .. } => "a large ALU".to_owned(),
        Fault::OutOfWindow { groups, .. } => format!("a stream of groups {}", listed(groups, ", ")),
        Fault::BothSides { .. } => "streams of two groups, or from one side".to_owned(),
        Fault::NotHeard { alu } => format!("one way from alu{alu} to all that take its result"),
        Fault::WitnessShape { field, expected, .. } => format!("{}: {expected}", field.english()),
        Fault::WitnessCycle { expected, .. } => format!("cycle {expected}, by the queue"),
        Fault::WitnessLabel { field, expected, .. } => format!("{}: {}", field.english(), expected.english()),
        Fault::StorageFull { capacity, .. } => format!("at most {capacity} bytes"),
        Fault::FetchRate { capacity, .. } => format!("at most {capacity} bytes per 1,000 cycles"),
        Fault::MapRange { base, .. } => format!("one region from word {base} on"),
        Fault::MapUnknown => "an address map of the launch record".to_owned(),
        Fault::Graph { .. } => "a chip-sized operation".to_owned(),
        Fault::OutputMissing { output } => format!("one place for output `{output}`"),
        Fault::OutputValue { output, byte } => format!("byte {byte} of output `{output}`"),
        Fault::StateMissing { state, row, byte } => format!("a place for byte {byte} of row {row} of `{state}`"),
        Fault::StateValue { state, row, byte } => format!("byte {byte} of row {row} of the next `{state}`"),
        Fault::Control(order) => order.expected(),
        Fault::Foreign => "a value of the graph".to_owned(),
        Fault::UnknownTopology { .. } => arch::TOPOLOGIES.to_owned(),
        Fault::NoCable => "a cable to another chip".to_owned(),
        Fault::LinkBusy { free } => format!("a Send from cycle {free} on"),
        Fault::NotReceived { lands } => format!("a Receive in cycle {lands} at the other end"),
        Fault::NothingLands => "a vector that lands in this cycle".to_owned(),
    }
}

/// Numbers in a row.
pub(crate) fn listed(numbers: &[u8], between: &str) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

/// What is there instead.
pub(crate) fn found(fault: &Fault) -> String {
    match fault {
        Fault::OtherChip { found, expected } => format!("one compiled for {found}, not for {expected}"),
        Fault::Base { found, .. } | Fault::WitnessSource { found, .. } => found.english(),
        Fault::ResultType { found, .. } => found.name().to_owned(),
        Fault::ImpossibleChip { field, found, .. } => format!("{field}: {found}"),
        Fault::Operand { operand: field, found, .. } | Fault::Residency { field, found, .. } => {
            format!("{}: {}", field.english(), found.english())
        }
        Fault::UnknownQueue => "no such queue".to_owned(),
        Fault::QueueOrder => "out of order".to_owned(),
        Fault::QueueLength { found, .. } => format!("{found} cycles"),
        Fault::EmptyEntry { field } => format!("{}: 0", field.english()),
        Fault::Misplaced { instruction } => instruction.clone(),
        Fault::UnknownTemplate { found, .. } => format!("template {found}"),
        Fault::TooLong { what, found, .. } => format!("{found} {}", what.english()),
        Fault::NoContext => "0 positions".to_owned(),
        Fault::Collision { .. } => "two drivers".to_owned(),
        Fault::Undriven { .. } => "nothing driven".to_owned(),
        Fault::BankConflict { read, write } => format!("read in bank {read}, write in bank {write}"),
        Fault::ReservedSlice => "a reserved slice".to_owned(),
        Fault::AddressRange { first, last, .. } => format!("addresses {first} to {last}"),
        Fault::Unwritten { .. } => "nothing written".to_owned(),
        Fault::ConstantWritten { .. } => "a write".to_owned(),
        Fault::Overlap => "two owners".to_owned(),
        Fault::LoadGroup { group } => format!("group {group}"),
        Fault::NoArray { .. } => "an activation too early".to_owned(),
        Fault::ColumnRange { plane, column } => format!("column {column} loaded on plane {plane}"),
        Fault::PlanePair => "f16 beside another activation".to_owned(),
        Fault::NoProduct { .. } => "no activation".to_owned(),
        Fault::SlotRange { slot, .. } => format!("accumulator {slot}"),
        Fault::SlotUnset { .. } => "never set".to_owned(),
        Fault::SlotFormat { .. } => "another format".to_owned(),
        Fault::NoResult { .. } => "no result".to_owned(),
        Fault::SmallAlu { operation } => operation.clone(),
        Fault::OutOfWindow { stream, .. } => format!("{stream}, of group {}", stream.number / arch::GROUP_STREAMS),
        Fault::BothSides { east, west } => format!("{east} and {west}"),
        Fault::NotHeard { .. } => "no such way".to_owned(),
        Fault::WitnessShape { found, .. } => found.to_string(),
        Fault::WitnessCycle { found, .. } => format!("cycle {found}, by the witness"),
        Fault::WitnessLabel { found, .. } => found.english(),
        Fault::StorageFull { found, .. } => format!("{found} bytes"),
        Fault::FetchRate { found, .. } => format!("{found} bytes per 1,000 cycles"),
        Fault::MapRange { last, .. } => format!("words up to {last}"),
        Fault::MapUnknown => "a computed address".to_owned(),
        Fault::Graph { operation, reason } => format!("{operation}: {}", reason.english()),
        Fault::OutputMissing { .. } => "none, or more than one".to_owned(),
        Fault::StateMissing { .. } => "none".to_owned(),
        Fault::OutputValue { .. } | Fault::StateValue { .. } | Fault::Foreign => "another value".to_owned(),
        Fault::UnknownTopology { found } => found.clone(),
        Fault::Control(order) => order.found(),
        Fault::NoCable => "no cable".to_owned(),
        Fault::LinkBusy { .. } => "a Send too early".to_owned(),
        Fault::NotReceived { .. } => "no Receive".to_owned(),
        Fault::NothingLands => "nothing".to_owned(),
    }
}

//! The sentences in English.
//!
//! In: a rule or a violation.  Out: one whole sentence.
//! Invariant: each has its counterpart in `chinese`, with the same numbers.
//! Method: when and where, then what.

use crate::violation::Spread;
use crate::wording::listed;
use crate::{Fault, Place, Rule, Violation};

/// The theorem of a rule.
pub(crate) fn theorem(rule: Rule) -> &'static str {
    match rule {
        Rule::Form => "Every queue, entry, operand and instance is well formed, for this chip.",
        Rule::Collision => "No two instructions drive the same stream at the same place in the same cycle.",
        Rule::Driven => "Every value that is sampled was driven upstream.",
        Rule::Memory => {
            "Every SRAM access stays inside its slice, its port and its bank, and off the slices of instructions."
        }
        Rule::Lifetime => "Every word is written before it is read, constants stay, and no two things share a word.",
        Rule::Matrix => {
            "Weights are loaded and installed before they are used, and every product meets its accumulator."
        }
        Rule::Vector => {
            "Every ALU finds its operands in the cycle in which it needs them, on streams that its row reaches, and can do what it is asked."
        }
        Rule::Witness => "What the compiler predicted is what the queues do, cycle for cycle.",
        Rule::Storage => "The instructions fit the slices kept for them and can be fetched in time.",
        Rule::Record => "At every position of the context, every address of the launch record stays in its region.",
        Rule::Dataflow => "The chip computes exactly the graph that it claims to compute.",
        Rule::Links => "Every vector sent to another chip is received in the cycle in which it lands.",
        Rule::Control => {
            "Every queue has fetched what it issues and parks before it is released, and the chip rests while its clock is aligned."
        }
    }
}

/// One violation.
pub(crate) fn sentence(violation: &Violation) -> String {
    let place = place(&violation.place);
    let what = what(&violation.fault);
    let chips = chips(violation.spread());
    match violation.cycle {
        Some(cycle) => format!("In cycle {}{chips}, {place}: {what}.", cycle.0),
        None => format!("In {place}{chips}: {what}."),
    }
}

fn chips(spread: Spread) -> String {
    match spread {
        Spread::Unsaid => String::new(),
        Spread::One(chip) => format!(", on chip {chip}"),
        Spread::Some(chips) => {
            let numbers: Vec<String> = chips.iter().map(ToString::to_string).collect();
            format!(", on chips {}", numbers.join(" and "))
        }
        Spread::All(chips) => format!(", on all {chips} chips"),
    }
}

fn place(place: &Place) -> String {
    match place {
        Place::Program => "the program".to_owned(),
        Place::Instance(instance) => format!("instance {instance}"),
        Place::Queue { template, queue } => format!("queue {queue} of template `{template}`"),
        Place::Entry { template, queue, entry } => format!("queue {queue} of template `{template}`, entry {entry}"),
        Place::Issue { instance, queue, entry, iteration } => {
            format!("queue {queue} (instance {instance}, entry {entry}, iteration {iteration})")
        }
        Place::Word { slice, address } => format!("word {address} of slice {slice}"),
        Place::Node(node) => format!("node {node} of the lowered graph"),
    }
}

fn what(fault: &Fault) -> String {
    match fault {
        Fault::OtherChip { expected, found } => format!("it was compiled for `{found}`, not for `{expected}`"),
        Fault::ImpossibleChip { field, expected, found } => {
            format!("the chip cannot be judged: {field} is {found}, expected {expected}")
        }
        Fault::UnknownQueue => "the chip has no such queue".to_owned(),
        Fault::QueueOrder => "queues must stand in rising order, each once".to_owned(),
        Fault::QueueLength { expected, found } => format!("it lasts {found} cycles where the others last {expected}"),
        Fault::EmptyEntry { field } => format!("{} is 0, at least 1 is expected", field.english()),
        Fault::Misplaced { instruction } => format!("this queue cannot issue `{instruction}`"),
        Fault::Operand { operand: field, expected, found } | Fault::Residency { field, expected, found } => {
            format!("{} is {}, expected {}", field.english(), found.english(), expected.english())
        }
        Fault::UnknownTemplate { templates, found } => format!("template {found} is not one of the {templates}"),
        Fault::Base { expected, found } => {
            format!("it has {}, expected {}", found.english(), expected.english())
        }
        Fault::TooLong { what, limit, found } => {
            format!("{found} {} are more than the {limit} that are judged", what.english())
        }
        Fault::NoContext => "the context has no positions".to_owned(),
        Fault::Collision { stream } => format!("stream {stream} is already driven here: two cars in one place"),
        Fault::Undriven { stream } => format!("stream {stream} carries nothing when it is sampled"),
        Fault::BankConflict { read, write } => format!("it reads bank {read} while it writes bank {write}"),
        Fault::ReservedSlice => "this slice holds instructions, not data".to_owned(),
        Fault::AddressRange { words, first, last } => {
            format!("addresses {first} to {last} leave the slice of {words} words")
        }
        Fault::Unwritten { address } => format!("word {address} is read, but nothing was written there"),
        Fault::ConstantWritten { address } => format!("word {address} holds a constant and is overwritten"),
        Fault::Overlap => "two things claim the same word".to_owned(),
        Fault::LoadGroup { group } => format!("column group {group} does not exist; there are 20"),
        Fault::NoArray { plane, usable: Some(cycle) } => {
            format!("the weights of plane {plane} are usable only from cycle {cycle} on")
        }
        Fault::NoArray { plane, usable: None } => format!("no weights were installed in plane {plane}"),
        Fault::ColumnRange { plane, column } => {
            format!("f16 uses 160 columns of plane {plane}, but column {column} is loaded")
        }
        Fault::PlanePair => "f16 takes both planes, issued on plane 0 while plane 1 rests".to_owned(),
        Fault::NoProduct { activate } => format!("no activation was sent in cycle {activate}, so there is no product"),
        Fault::SlotRange { slots, slot } => format!("accumulator {slot} does not exist; there are {slots}"),
        Fault::SlotUnset { slot } => format!("accumulator {slot} is added to before it was set"),
        Fault::SlotFormat { slot } => format!("accumulator {slot} holds numbers of another format"),
        Fault::NoResult { .. } | Fault::ResultType { .. } | Fault::SmallAlu { .. } => vector(fault),
        Fault::OutOfWindow { .. } | Fault::BothSides { .. } | Fault::NotHeard { .. } => vector(fault),
        Fault::WitnessShape { .. } | Fault::WitnessCycle { .. } => witness(fault),
        Fault::WitnessLabel { .. } | Fault::WitnessSource { .. } => witness(fault),
        Fault::StorageFull { capacity, found } => format!("{found} bytes of instructions exceed {capacity}"),
        Fault::FetchRate { capacity, found } => {
            format!("instructions take {found} bytes per 1,000 cycles, the slices give {capacity}")
        }
        Fault::MapRange { base, last } => format!("addresses {base} to {last} leave the region they belong to"),
        Fault::MapUnknown => "the address does not come from the launch record".to_owned(),
        Fault::UnknownTopology { found } => format!("there is no topology `{found}`"),
        Fault::NoCable | Fault::LinkBusy { .. } | Fault::NotReceived { .. } | Fault::NothingLands => links(fault),
        Fault::Control(order) => order.english(),
        Fault::Graph { .. } | Fault::OutputMissing { .. } | Fault::OutputValue { .. } => results(fault),
        Fault::StateMissing { .. } | Fault::StateValue { .. } | Fault::Foreign => results(fault),
    }
}

/// What is wrong with what comes out.
fn results(fault: &Fault) -> String {
    match fault {
        Fault::Graph { operation, reason } => format!("`{operation}`: {}", reason.english()),
        Fault::OutputMissing { output } => format!("output `{output}` must have exactly one place"),
        Fault::OutputValue { output, byte } => {
            format!("byte {byte} of output `{output}` is not what the graph computes")
        }
        Fault::StateMissing { state, row, byte } => {
            format!(
                "byte {byte} of row {row} of `{state}` has no place, so that nothing is left of it for the next token"
            )
        }
        Fault::StateValue { state, row, byte } => {
            format!("byte {byte} of row {row} of `{state}` is not what the graph leaves for the next token")
        }
        Fault::Foreign => "this is the first result that the graph does not contain".to_owned(),
        _ => unreachable!("`what` sends the faults of results only"),
    }
}

/// What is wrong with a prediction.
fn witness(fault: &Fault) -> String {
    match fault {
        Fault::WitnessShape { field, expected, found } => {
            format!("the witness states {found} {}, expected {expected}", field.english())
        }
        Fault::WitnessCycle { expected, found } => format!("predicted for cycle {found}, but it happens in {expected}"),
        Fault::WitnessLabel { field, expected, found } => {
            let (field, found, expected) = (field.english(), found.english(), expected.english());
            format!("the witness calls the {field} `{found}`, expected {expected}")
        }
        Fault::WitnessSource { stream, expected, found } => {
            let (found, expected) = (found.english(), expected.english());
            format!("stream {stream} was predicted to come from {found}, but it comes from {expected}")
        }
        _ => unreachable!("`what` sends the faults of witnesses only"),
    }
}

/// What is wrong with a link.
fn links(fault: &Fault) -> String {
    match fault {
        Fault::NoCable => "no cable leads from this link to another chip".to_owned(),
        Fault::LinkBusy { free } => {
            format!("the vector before is still on its way out: the link is free from cycle {free} on")
        }
        Fault::NotReceived { lands } => {
            format!("the vector lands in cycle {lands}, and nobody receives it: the other side has already left")
        }
        Fault::NothingLands => "nothing lands on this link in this cycle".to_owned(),
        _ => unreachable!("`what` sends the faults of links only"),
    }
}

/// What is wrong with an ALU's operands.
fn vector(fault: &Fault) -> String {
    match fault {
        Fault::NoResult { alu, dispatched } => format!("alu{alu} issued nothing in cycle {dispatched} to be used now"),
        Fault::ResultType { alu, expected, found } => {
            format!("alu{alu} gives {}, expected {}", found.name(), expected.name())
        }
        Fault::SmallAlu { operation } => format!("`{operation}` needs one of the large ALUs"),
        Fault::OutOfWindow { stream, row, groups } => {
            let group = stream.number / arch::GROUP_STREAMS;
            format!(
                "stream {stream} lies in group {group}, but row {row} of the ALUs reaches groups {}",
                listed(groups, ", ")
            )
        }
        Fault::BothSides { east, west } => {
            format!(
                "it takes {east} from the west and {west} from the east: both are of group {}",
                east.number / arch::GROUP_STREAMS
            )
        }
        Fault::NotHeard { alu } => {
            format!("the result of alu{alu} goes on in one stream group and one direction, and that does not lead here")
        }
        _ => unreachable!("`what` sends the faults of ALUs only"),
    }
}

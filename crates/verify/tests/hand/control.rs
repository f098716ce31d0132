//! Orders to the queues themselves: clocks aligned and all queues released before two chips exchange rows; a row moved by three
//! superlanes.
//!
//! In: nothing.  Out: programs with their lowered graphs.
//! Invariant: the cycles of the exchange are those of `links::exchange`, one template later.
//! Method: every queue of the exchange parks first; the sender's waits for the common time and releases them.

use super::*;
use arch::local_link;
use graph::{Builder, DType};
use program::Address;

/// Cycle in which the clocks are aligned, and cycles reserved for it.
const ALIGNED: (u64, u16) = (10, 8);

/// `exchange` after its queues have parked and the chips' clocks were aligned; two of its queues fetch what they issue.
pub fn aligned() -> Program {
    let yard = Yard::new();
    let mut program = super::links::exchange();
    let exchange = program.executable.templates[units::Id::new(0)].clone();
    let sender = Queue::LinkSend(local_link(1));
    let mut sheet = Sheet::default();
    for (queue, _) in exchange.queues.iter().filter(|(queue, _)| *queue != sender) {
        sheet.at(1, *queue, Instruction::Sync);
    }
    let (cycle, reserve) = ALIGNED;
    sheet.at(cycle, sender, Instruction::Deskew { cycles: reserve });
    let notified = cycle + u64::from(reserve);
    sheet.at(notified, sender, Instruction::Notify);
    let align = sheet.parked("align", notified + u64::from(yard.chip.latency.barrier));
    program.executable.templates = Arena::new();
    let align = program.executable.templates.push(align);
    let exchange = program.executable.templates.push(supplied(exchange));
    let instance = |template, bases| Instance { template, bases, layer: None };
    program.executable.instances = vec![instance(align, vec![0]), instance(exchange, vec![0, 40])];
    with_witness(program)
}

/// The template, in which the first read and the sender begin by fetching their next instructions, from one slice in turn.
fn supplied(mut template: Template) -> Template {
    let slice = east(16);
    let mut fetched = 0;
    for (queue, entries) in &mut template.queues {
        let Some(Entry::Nop(cycles)) = entries.iter_mut().find(|entry| matches!(entry, Entry::Nop(2..))) else {
            continue;
        };
        let rest = *cycles - 1;
        if fetched == 2 || !matches!(queue, Queue::MemRead(_) | Queue::LinkSend(_)) {
            continue;
        }
        let address = Address { base: 1, offset: 2 * fetched, stride: 0 };
        let fetch = Entry::Issue(Burst::once(Instruction::Fetch { slice, address }));
        let place = entries.iter().position(|entry| matches!(entry, Entry::Nop(2..))).expect("found above");
        entries.splice(place..=place, [Entry::Nop(rest), fetch]);
        fetched += 1;
    }
    assert_eq!(fetched, 2, "two queues wait for more than a cycle");
    template
}

/// A row of 48 lanes read by three superlanes of four slices, and written beside them.
pub fn narrow() -> Program {
    let yard = Yard::new();
    let mut graph = Builder::new();
    let x = graph.input("x", DType::F32, &[1, 48]);
    let mut lowered = graph.finish();
    lowered.outputs = vec![("y".to_owned(), x)];
    let mut sheet = Sheet::default();
    for byte in 0..4 {
        let (from, to, stream) = (east(byte), east(8 + byte), StreamId::new(E, byte));
        sheet.at(0, Queue::MemRead(from), Instruction::Config { superlanes: 3 });
        let told = u64::from(yard.chip.latency.config);
        sheet.at(told, Queue::MemRead(from), Instruction::Read { address: Address::fixed(0), to: stream });
        let written = told + yard.lead(from, stream, yard.at(to));
        sheet.at(written, Queue::MemWrite(to), Instruction::Write { address: Address::fixed(0), from: stream });
    }
    let mut program = program(vec![sheet.template("narrow")], vec![vec![0]], lowered);
    program.executable.record.extend(input("x", four(0), 0));
    program.executable.outputs = vec![output("y", four(8), 0)];
    with_witness(program)
}

//! Edits of programs: one wrong thing at a time.
//!
//! In: a hand-written program.  Out: the same with one change.
//! Invariant: unless the change is the point, queues stay equally long.
//! Method: queues are found by name; time is shifted by moving one cycle between the NOPs around a burst.

#![allow(dead_code, reason = "each test binary uses a part")]

use arch::Queue;
use program::{Burst, Entry, Instruction, Program, Template};
use units::Id;

/// The first template.
pub fn template(program: &mut Program) -> &mut Template {
    &mut program.executable.templates[Id::new(0)]
}

/// Entries of a queue of the first template.
pub fn queue<'a>(program: &'a mut Program, name: &str) -> &'a mut Vec<Entry> {
    let queue: Queue = name.parse().expect("the test names a queue");
    let queues = &mut template(program).queues;
    &mut queues.iter_mut().find(|(other, _)| *other == queue).expect("the template has the queue").1
}

/// Burst `number` of a queue.
pub fn burst<'a>(program: &'a mut Program, name: &str, number: usize) -> &'a mut Burst {
    let bursts = queue(program, name).iter_mut().filter_map(|entry| match entry {
        Entry::Issue(burst) => Some(burst),
        Entry::Nop(_) => None,
    });
    bursts.into_iter().nth(number).expect("the queue has the burst")
}

/// Delays burst `number` of a queue by one cycle.
pub fn later(program: &mut Program, name: &str, number: usize) {
    let entries = queue(program, name);
    let bursts = entries.iter().enumerate().filter(|(_, entry)| matches!(entry, Entry::Issue(_)));
    let index = bursts.map(|(index, _)| index).nth(number).expect("the queue has the burst");
    match entries.get_mut(index + 1) {
        Some(Entry::Nop(cycles)) if 1 < *cycles => *cycles -= 1,
        Some(Entry::Nop(_)) => drop(entries.remove(index + 1)),
        _ => panic!("no NOP follows the burst"),
    }
    entries.insert(index, Entry::Nop(1));
}

/// Issues something in a queue that the first template does not use yet.
pub fn issue(program: &mut Program, cycle: u32, name: &str, instruction: Instruction) {
    let queue: Queue = name.parse().expect("the test names a queue");
    let template = template(program);
    let rest = template.length().0 as u32 - cycle - 1;
    let mut entries = vec![Entry::Issue(Burst::once(instruction))];
    if 0 < cycle {
        entries.insert(0, Entry::Nop(cycle));
    }
    if 0 < rest {
        entries.push(Entry::Nop(rest));
    }
    let place = template.queues.partition_point(|(other, _)| *other < queue);
    template.queues.insert(place, (queue, entries));
}

/// Issues something in a queue of the first template in a cycle in which the queue rests.
pub fn meanwhile(program: &mut Program, cycle: u32, name: &str, instruction: Instruction) {
    let entries = queue(program, name);
    let mut now = 0;
    for index in 0..entries.len() {
        let length = entries[index].length().0 as u32;
        if cycle < now + length {
            assert!(matches!(entries[index], Entry::Nop(_)), "the queue is busy in cycle {cycle}");
            let rests = [Entry::Nop(cycle - now), Entry::Nop(now + length - cycle - 1)];
            let [before, after] = rests.map(|rest| (rest != Entry::Nop(0)).then_some(rest));
            let issue = Entry::Issue(Burst::once(instruction));
            entries.splice(index..=index, before.into_iter().chain([issue]).chain(after));
            return;
        }
        now += length;
    }
    panic!("the queue ends before cycle {cycle}");
}

/// Appends an entry to every queue of the first template.
pub fn lengthen(program: &mut Program, entry: Entry) {
    for (_, entries) in &mut template(program).queues {
        entries.push(entry);
    }
}

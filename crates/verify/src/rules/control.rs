//! Rule 13, the part that needs no streams: parking and release, supply of instructions, rest while clocks are aligned.
//!
//! In: chip and well-formed executable.  Out: violations.
//! Invariant: work and memory follow the entries, not the dispatches; repeats are progressions in closed form.
//! Method: one walk over each template, then one over the instances for the time since the last Deskew. Ports of slices, lengths of
//!     units and values across a Deskew are judged where they happen, by the symbolic machine.

use crate::order::Order;
use crate::{Fault, Place, Report, Violation};
use arch::{Chip, Queue};
use program::{Burst, Entry, Executable, Instruction, Template};
use units::{Cycles, Order as _};

/// Longest NOP that one instruction encodes.
const NOP_MAX: u64 = 65_535;

/// An entry in its time.
#[derive(Clone, Copy)]
struct Timed {
    start: u64,
    index: usize,
    entry: Entry,
}

/// The Deskews of a template, in order of time: queue, entry and reserve.
type Deskews = Vec<(Queue, Timed, u16)>;

/// Judges all orders of `executable`.
pub(crate) fn check(chip: &Chip, executable: &Executable, chips: u16, report: &mut Report) {
    for (_, template) in executable.templates.iter() {
        check_release(chip, template, report);
        for (queue, entries) in &template.queues {
            if let Some((entry, order)) = supply_fault(chip, entries) {
                push(report, template, *queue, Some(entry), order);
            }
        }
        check_rest(chip, template, report);
    }
    check_reserves(chip, executable, chips, report);
}

fn push(report: &mut Report, template: &Template, queue: Queue, entry: Option<usize>, order: Order) {
    let template = template.name.clone();
    let place = match entry {
        Some(entry) => Place::Entry { template, queue, entry: entry as u32 },
        None => Place::Queue { template, queue },
    };
    report.push(Violation::new(None, place, Fault::Control(order)));
}

fn timed(entries: &[Entry]) -> impl Iterator<Item = Timed> {
    let mut now = 0;
    entries.iter().enumerate().map(move |(index, entry)| {
        let start = now;
        now += entry.length().0;
        Timed { start, index, entry: *entry }
    })
}

fn issued(entry: Entry) -> Option<Burst> {
    match entry {
        Entry::Issue(burst) => Some(burst),
        Entry::Nop(_) => None,
    }
}

fn is(entry: Entry, wanted: Instruction) -> bool {
    issued(entry).is_some_and(|burst| burst.instruction == wanted)
}

fn is_parked(entries: &[Entry]) -> bool {
    entries.last().is_some_and(|entry| is(*entry, Instruction::Sync))
}

/// Parked queues are released once, in the cycle in which the template ends; whoever is not parked is the one that releases.
fn check_release(chip: &Chip, template: &Template, report: &mut Report) {
    let mut notifies = template.queues.iter().flat_map(|(queue, entries)| {
        let found = timed(entries).filter(|one| is(one.entry, Instruction::Notify));
        found.map(move |one| (*queue, one))
    });
    let first = notifies.next();
    for (queue, again) in notifies {
        push(report, template, queue, Some(again.index), Order::NotifiedTwice);
    }
    let parked = template.queues.iter().find(|(_, entries)| is_parked(entries));
    let length = template.length().0;
    let release = first.map(|(_, one)| one.start + u64::from(chip.latency.barrier));
    match (parked, first) {
        (None, None) => return,
        (None, Some((queue, one))) => {
            push(report, template, queue, Some(one.index), Order::Release { release: None, length });
            return;
        }
        (Some(_), Some(_)) if release == Some(length) => {}
        (Some((queue, _)), first) => {
            let (queue, entry) = first.map_or((*queue, None), |(queue, one)| (queue, Some(one.index)));
            push(report, template, queue, entry, Order::Release { release, length });
        }
    }
    let free = template.queues.iter().filter(|(_, entries)| !is_parked(entries));
    for (queue, _) in free.filter(|(queue, _)| Some(*queue) != first.map(|(queue, _)| queue)) {
        push(report, template, *queue, None, Order::Unparked);
    }
}

/// What a queue that fetches has at hand, over time.
struct Supply<'a> {
    each: u64,
    delay: u64,
    bursts: &'a [(u64, Burst)],
    /// Fetches of bursts that are over.
    done: u64,
}

impl Supply<'_> {
    /// Instructions brought up to `cycle`, which never falls from one call to the next.
    fn brought(&mut self, cycle: u64) -> u64 {
        while let Some((start, burst)) = self.bursts.first() {
            let first = start + self.delay;
            let came = if cycle < first { 0 } else { (cycle - first) / u64::from(burst.interval) + 1 };
            if came < u64::from(burst.count) {
                return self.each * (1 + self.done + came);
            }
            self.done += u64::from(burst.count);
            self.bursts = &self.bursts[1..];
        }
        self.each * (1 + self.done)
    }
}

/// The first entry of a queue that starts before it was fetched, or before which more was fetched than the queue holds.
fn supply_fault(chip: &Chip, entries: &[Entry]) -> Option<(usize, Order)> {
    let is_fetch = |burst: &Burst| matches!(burst.instruction, Instruction::Fetch { .. });
    let fetches = timed(entries).filter_map(|one| issued(one.entry).map(|burst| (one.start, burst)));
    let fetches: Vec<(u64, Burst)> = fetches.filter(|(_, burst)| is_fetch(burst)).collect();
    let last = entries.len().checked_sub(1).filter(|_| !fetches.is_empty())?;
    let (each, capacity) = (chip.fetch_instructions(), u64::from(chip.queue_instructions));
    let mut supply = Supply { each, delay: u64::from(chip.latency.fetch), bursts: &fetches, done: 0 };
    let mut used = 0u64;
    for Timed { start, index, entry } in timed(entries) {
        let fetched = supply.brought(start);
        if capacity < fetched.saturating_sub(used) {
            return Some((index, Order::QueueFull { capacity, held: fetched - used }));
        }
        used += match entry {
            Entry::Nop(cycles) => u64::from(cycles).div_ceil(NOP_MAX),
            Entry::Issue(burst) => 1 + u64::from(1 < burst.count),
        };
        if fetched < used {
            return Some((index, Order::Starved { needed: used, fetched }));
        }
    }
    let held = supply.brought(u64::MAX / 2).saturating_sub(used);
    (capacity < held).then_some((last, Order::QueueFull { capacity, held }))
}

fn deskews(template: &Template) -> impl Iterator<Item = (usize, Timed, u16)> {
    template.queues.iter().enumerate().flat_map(|(queue, (_, entries))| {
        timed(entries).filter_map(move |one| match issued(one.entry)?.instruction {
            Instruction::Deskew { cycles } => Some((queue, one, cycles)),
            _ => None,
        })
    })
}

/// Cycles for which what a queue dispatched is under way inside its unit: from an ALU to an ALU, into an array, a product, a word. What is
/// on streams is judged where it is sampled.
fn inside(chip: &Chip, queue: Queue) -> u64 {
    let latency = &chip.latency;
    match queue {
        Queue::MemWrite(_) => u64::from(latency.mem_write),
        Queue::Alu(_) => u64::from(latency.vxm_alu),
        Queue::MxmWeights(..) => u64::from(latency.mxm_install),
        Queue::MxmActivate(..) => latency.mxm_product().0,
        _ => 0,
    }
}

/// While clocks are aligned all other queues are parked, and nothing in their units lasts longer than the template without the cycles by
/// which a clock may be set; after it only a Notify follows.
fn check_rest(chip: &Chip, template: &Template, report: &mut Report) {
    let length = template.length().0;
    for (place, deskew, reserved) in deskews(template) {
        let sure = length.saturating_sub(u64::from(reserved));
        let rests = template.queues.iter().enumerate().all(|(number, (queue, entries))| {
            let mut issues = timed(entries).filter_map(|one| issued(one.entry).map(|burst| (one, burst)));
            if number == place {
                return issues
                    .all(|(one, burst)| one.index <= deskew.index || burst.instruction == Instruction::Notify);
            }
            let last =
                |(one, burst): (Timed, Burst)| one.start + u64::from(burst.count - 1) * u64::from(burst.interval);
            let is_over = |last: u64| last < deskew.start && last + inside(chip, *queue) < sure;
            is_parked(entries) && issues.map(last).max().is_some_and(is_over)
        });
        // A chip of one queue has nobody to wait for, but also nobody whom its Notify releases.
        if !rests || template.queues.len() < 2 {
            push(report, template, template.queues[place].0, Some(deskew.index), Order::Restless);
        }
    }
}

/// Every Deskew reserves what the clocks may have come apart since the one before, or since the token began.
fn check_reserves(chip: &Chip, executable: &Executable, chips: u16, report: &mut Report) {
    let found: Vec<Deskews> = executable
        .templates
        .iter()
        .map(|(_, template)| {
            let mut all: Vec<_> =
                deskews(template).map(|(queue, one, cycles)| (template.queues[queue].0, one, cycles)).collect();
            all.order_by_key(|(queue, one, _)| (one.start, *queue));
            all
        })
        .collect();
    if found.iter().all(Vec::is_empty) {
        return;
    }
    for number in 0..chips {
        check_chip(chip, executable, (number, &found), report);
    }
}

/// The same on one chip, which may run other templates than the others.
fn check_chip(chip: &Chip, executable: &Executable, (number, found): (u16, &[Deskews]), report: &mut Report) {
    let (mut start, mut aligned) = (0, 0);
    for (place, instance) in executable.instances.iter().enumerate() {
        let template = executable.template_on(number, place).unwrap_or(instance.template);
        for (queue, one, cycles) in &found[template.index()] {
            let cycle = start + one.start;
            let least = chip.drift(Cycles(cycle.saturating_sub(aligned))).0;
            let (most, found) = (u64::from(chip.clock_period), u64::from(*cycles));
            if found < least || most < found {
                let (instance, entry) = (place as u32, one.index as u32);
                let place = Place::Issue { instance, queue: *queue, entry, iteration: 0 };
                let fault = Fault::Control(Order::Reserve { least, most, found });
                report.push(Violation::new(Some(cycle), place, fault).on(usize::from(number)));
            }
            aligned = cycle + found.max(1);
        }
        start += executable.templates[instance.template].length().0;
    }
}

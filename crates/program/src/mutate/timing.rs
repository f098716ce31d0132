//! Mutations of when and where a burst is issued.
//!
//! In: a template and the place of a burst.  Out: the splices, or `None` where the operator does not apply.
//! Invariant: every queue lasts as long afterwards as before, so nothing but the mutation itself is out of step.
//! Method: cycles are taken from a NOP and given to a NOP; a NOP that reaches 0 goes, one that is missing comes.

use super::change::{Change, Splice};
use super::{Operator, pick};
use crate::{Burst, Entry, Instruction, Template};
use arch::{LinkId, Queue};
use units::Rng;

/// The change that `operator` makes at (queue, entry); whether it is `Some` does not depend on `rng`.
pub(super) fn change(operator: Operator, template: &Template, place: (usize, usize), rng: &mut Rng) -> Option<Change> {
    let (_, entries) = template.queues.get(place.0)?;
    let Entry::Issue(burst) = entries.get(place.1)? else {
        return None;
    };
    match operator {
        Operator::Late => late(entries, place),
        Operator::Early => early(entries, place),
        Operator::Drop => Some(Change::replace(place, vec![nop(burst.length().0)?])),
        Operator::Duplicate => pay(entries, place, &[*burst, *burst]),
        Operator::Swap => swap(entries, place, |_, _| true),
        Operator::InstallOrder => swap(entries, place, is_install_order),
        Operator::Count => {
            let less = burst.count.checked_sub(1).filter(|count| *count != 0);
            let counts = [burst.count.checked_add(1), less];
            let bursts = counts.into_iter().flatten().map(|count| Burst { count, ..*burst });
            let changes: Vec<Change> = bursts.filter_map(|burst| pay(entries, place, &[burst])).collect();
            pick(rng, &changes).cloned()
        }
        Operator::Stride if 1 < burst.count => {
            let mut bursts = strides(burst);
            let intervals =
                [burst.interval.checked_add(1), burst.interval.checked_sub(1).filter(|cycles| *cycles != 0)];
            bursts.extend(intervals.into_iter().flatten().map(|interval| Burst { interval, ..*burst }));
            let changes: Vec<Change> = bursts.iter().filter_map(|burst| pay(entries, place, &[*burst])).collect();
            pick(rng, &changes).cloned()
        }
        Operator::Control => {
            let bursts = reserves(burst);
            let changes: Vec<Change> = bursts.iter().filter_map(|burst| pay(entries, place, &[*burst])).collect();
            pick(rng, &changes).cloned()
        }
        Operator::Plane => moved(template, place, other_plane),
        Operator::Link => moved(template, place, other_link),
        _ => None,
    }
}

fn nop(cycles: u64) -> Option<Entry> {
    u32::try_from(cycles).ok().filter(|cycles| *cycles != 0).map(Entry::Nop)
}

fn nop_cycles(entry: Option<&Entry>) -> Option<u64> {
    match entry {
        Some(Entry::Nop(cycles)) => Some(u64::from(*cycles)),
        _ => None,
    }
}

/// One cycle more before the burst, one less in the next NOP; the bursts between move along.
fn late(entries: &[Entry], (queue, entry): (usize, usize)) -> Option<Change> {
    let next = (entry..entries.len()).find(|&index| nop_cycles(entries.get(index)).is_some())?;
    let before = entry.checked_sub(1).and_then(|index| nop_cycles(entries.get(index)));
    let start = entry - usize::from(before.is_some());
    let with_before = nop(before.unwrap_or(0) + 1)?;
    let with_after = nop(nop_cycles(entries.get(next))? - 1);
    let with = [&[with_before], &entries[entry..next], with_after.as_slice()].concat();
    Some(shifted(
        Splice { queue, start, len: next + 1 - start, with, moves: Vec::new() },
        entry - start,
        1,
        next - entry,
    ))
}

/// One cycle less before the burst, one more in the next NOP, or in a new one at the queue's end.
fn early(entries: &[Entry], (queue, entry): (usize, usize)) -> Option<Change> {
    let start = entry.checked_sub(1)?;
    let with_before = nop(nop_cycles(entries.get(start))? - 1);
    let next = (entry..entries.len()).find(|&index| nop_cycles(entries.get(index)).is_some());
    let end = next.unwrap_or(entries.len());
    let with_after = nop(nop_cycles(entries.get(end)).unwrap_or(0) + 1)?;
    let to = usize::from(with_before.is_some());
    let with = [with_before.as_slice(), &entries[entry..end], &[with_after]].concat();
    let len = end + usize::from(next.is_some()) - start;
    Some(shifted(Splice { queue, start, len, with, moves: Vec::new() }, 1, to, end - entry))
}

/// The splice whose `count` entries from `from` on (counted from its start) stand from `to` on afterwards.
fn shifted(mut splice: Splice, from: usize, to: usize, count: usize) -> Change {
    splice.moves = (0..count).map(|index| (from + index, to + index)).collect();
    Change::splice(splice)
}

/// Replaces the burst by `bursts`; the NOP after it pays for the cycles, or takes what is saved.
fn pay(entries: &[Entry], (queue, entry): (usize, usize), bursts: &[Burst]) -> Option<Change> {
    let next = nop_cycles(entries.get(entry + 1));
    let old = entries.get(entry)?.length().0;
    let new: u64 = bursts.iter().map(|burst| burst.length().0).sum();
    let rest = (old + next.unwrap_or(0)).checked_sub(new)?;
    let mut with: Vec<Entry> = bursts.iter().copied().map(Entry::Issue).collect();
    with.extend(nop(rest));
    let len = 1 + usize::from(next.is_some());
    Some(Change::splice(Splice { queue, start: entry, len, with, moves: Vec::new() }))
}

/// Changes places with the next burst of the queue, the NOPs between staying.
fn swap(entries: &[Entry], (queue, entry): (usize, usize), is_wanted: fn(&Burst, &Burst) -> bool) -> Option<Change> {
    let next = (entry + 1..entries.len()).find(|&index| nop_cycles(entries.get(index)).is_none())?;
    let (Entry::Issue(first), Entry::Issue(second)) = (entries.get(entry)?, entries.get(next)?) else {
        return None;
    };
    if first == second || !is_wanted(first, second) {
        return None;
    }
    let mut with = entries[entry..=next].to_vec();
    let last = next - entry;
    with.swap(0, last);
    let moves = vec![(0, last), (last, 0)];
    Some(Change::splice(Splice { queue, start: entry, len: last + 1, with, moves }))
}

fn is_install_order(first: &Burst, second: &Burst) -> bool {
    (first.instruction == Instruction::Install) != (second.instruction == Instruction::Install)
}

/// The burst with another stride of its address, or another step of its accumulator.
fn strides(burst: &Burst) -> Vec<Burst> {
    let with = |instruction| Burst { instruction, ..*burst };
    if let Some(address) = burst.instruction.address() {
        let strides = [address.stride.wrapping_add(1), address.stride.wrapping_sub(1)];
        let other = |stride| burst.instruction.with_address(crate::Address { stride, ..address });
        return strides.map(|stride| with(other(stride))).to_vec();
    }
    match burst.instruction {
        Instruction::Accumulate { slot, step, mode, emit } => {
            vec![with(Instruction::Accumulate { slot, step: step ^ 1, mode, emit })]
        }
        _ => Vec::new(),
    }
}

/// The Deskew with another reserve.
fn reserves(burst: &Burst) -> Vec<Burst> {
    let Instruction::Deskew { cycles } = burst.instruction else { return Vec::new() };
    let others = [cycles.saturating_add(1), cycles.saturating_sub(1), cycles ^ 256];
    let others = others.into_iter().filter(|other| *other != 0 && *other != cycles);
    others.map(|cycles| Burst { instruction: Instruction::Deskew { cycles }, ..*burst }).collect()
}

fn other_plane(issuer: Queue) -> Option<Queue> {
    match issuer {
        Queue::MxmWeights(hemisphere, plane) => Some(Queue::MxmWeights(hemisphere, plane ^ 1)),
        Queue::MxmActivate(hemisphere, plane) => Some(Queue::MxmActivate(hemisphere, plane ^ 1)),
        Queue::MxmAccumulate(hemisphere, plane) => Some(Queue::MxmAccumulate(hemisphere, plane ^ 1)),
        _ => None,
    }
}

fn other_link(issuer: Queue) -> Option<Queue> {
    let neighbour = |link: LinkId| LinkId { number: link.number ^ 1, ..link };
    match issuer {
        Queue::LinkSend(link) => Some(Queue::LinkSend(neighbour(link))),
        Queue::LinkReceive(link) => Some(Queue::LinkReceive(neighbour(link))),
        _ => None,
    }
}

/// The burst leaves its queue and is issued in the same cycle by another queue of its kind.
fn moved(template: &Template, (queue, entry): (usize, usize), other: fn(Queue) -> Option<Queue>) -> Option<Change> {
    let (issuer, entries) = template.queues.get(queue)?;
    let other = other(*issuer)?;
    let burst = *entries.get(entry)?;
    let start: u64 = entries[..entry].iter().map(|entry| entry.length().0).sum();
    let idle = [nop(template.length().0)?];
    let found = template.queues.binary_search_by(|(queue, _)| queue.cmp(&other));
    let (place, host) = match found {
        Ok(place) => (place, template.queues[place].1.as_slice()),
        Err(place) => (place, idle.as_slice()),
    };
    let (index, free_start) = nop_around(host, start, burst.length().0)?;
    let (before, after) = (start - free_start, free_start + host[index].length().0 - start - burst.length().0);
    let with: Vec<Entry> = [nop(before), Some(burst), nop(after)].into_iter().flatten().collect();
    let queue_after = queue + usize::from(found.is_err_and(|place| place <= queue));
    let leave =
        Splice { queue: queue_after, start: entry, len: 1, with: vec![nop(burst.length().0)?], moves: Vec::new() };
    let enter = Splice { queue: place, start: index, len: 1, with, moves: Vec::new() };
    let arrival = index + usize::from(before != 0);
    let queue_added = found.is_err().then(|| (place, other, idle.to_vec()));
    Some(Change { queue_added, splices: vec![leave, enter], moved: Some(((queue, entry), (place, arrival))) })
}

/// The NOP that covers `length` cycles from `start` on: its index and first cycle.
fn nop_around(entries: &[Entry], start: u64, length: u64) -> Option<(usize, u64)> {
    let mut cycle = 0;
    for (index, entry) in entries.iter().enumerate() {
        let end = cycle + entry.length().0;
        if start < end {
            let fits = nop_cycles(Some(entry)).is_some() && start + length <= end;
            return fits.then_some((index, cycle));
        }
        cycle = end;
    }
    None
}

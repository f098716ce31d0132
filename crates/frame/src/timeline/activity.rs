//! How busy the units are over the cycles of a token, and where its cycles went.
//!
//! In: a number of columns, or nothing.  Out: exact dispatches per unit and column; per part of the model its cycles.
//! Invariant: the columns' counts add up to all dispatches; the shares of the parts and of nobody add up to the token's cycles.
//! Method: prefix counts per queue; parts by the labels of the bursts.

use super::{Stretch, TemplateTracks, Timeline};
use crate::lang::Text;
use crate::words;
use arch::{Queue, Unit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use units::Order;

/// One column of the activity strip: cycles `from .. to`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// First cycle.
    pub from: u64,
    /// Cycle after the last.
    pub to: u64,
    /// Dispatches of memory, vector, matrix and switch unit.
    pub dispatches: [u32; 4],
}

/// Cycles of an instance that belong to one part of the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// First cycle.
    pub from: u64,
    /// Cycle after the last.
    pub to: u64,
    /// Place in the instance's parts.
    pub part: u32,
}

/// The cycles of one part of the model in one instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// Instance.
    pub instance: u32,
    /// Key of the part, as in `program::Label`.
    pub part: String,
    /// Its name.
    pub name: Text,
    /// The unit that dispatches most for it.
    pub unit: Unit,
    /// Cycles that belong to it: the sum of its segments.
    pub cycles: u64,
    /// Its segments.
    pub segments: Vec<Segment>,
}

/// A burst that computes: cycles after the template's start, and the place of its part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Work {
    last: u64,
    first: u64,
    part: usize,
}

/// A part with its dispatches of memory, vector, matrix and switch unit.
type Counted<'a> = (&'a str, [u64; 4]);

impl Timeline {
    /// Dispatches per unit in `columns` equal stretches of the token.
    pub fn columns(&self, columns: u32) -> Vec<Column> {
        let columns = u64::from(columns);
        let mut result = Vec::with_capacity(columns as usize);
        let border = |column: u64| self.end * column / columns.max(1);
        let mut before = self.counts_before(0);
        for column in 0..columns {
            let (from, to) = (border(column), border(column + 1));
            let after = self.counts_before(to);
            let dispatches = std::array::from_fn(|unit| (after[unit] - before[unit]) as u32);
            result.push(Column { from, to, dispatches });
            before = after;
        }
        result
    }

    /// Dispatches per unit before `cycle`.
    fn counts_before(&self, cycle: u64) -> [u64; 4] {
        let Some(instance) = self.instance_at(cycle) else { return [0; 4] };
        let mut counts = self.counts[instance];
        for track in self.tracks(instance) {
            counts[unit_index(track.queue.unit())] += track.count_before(cycle - self.stretches[instance].start);
        }
        counts
    }

    /// Where the token's cycles went: instance by instance, the parts in order of their first cycle.
    pub fn parts(&self) -> Vec<Activity> {
        (0..self.stretches.len()).flat_map(|instance| self.parts_of(instance)).collect()
    }

    /// The parts of one instance. A cycle belongs to the part whose burst, of those under way in vector, matrix and switch unit, ends
    /// first; where none is under way, latencies pass, and it belongs to the part that begins next. Memory serves and is not asked,
    /// unless nothing else works in the instance.
    pub fn parts_of(&self, instance: usize) -> Vec<Activity> {
        let Some(stretch) = self.stretches.get(instance) else { return Vec::new() };
        let (parts, work) = self.work(instance);
        let mut activities: Vec<Activity> = parts
            .iter()
            .map(|(part, dispatches)| Activity {
                instance: instance as u32,
                part: (*part).to_owned(),
                name: words::part(part),
                unit: main_unit(dispatches),
                cycles: 0,
                segments: Vec::new(),
            })
            .collect();
        for (from, to, part) in sweep(&work, stretch.end - stretch.start) {
            let activity = &mut activities[part];
            activity.cycles += to - from;
            let (from, to) = (stretch.start + from, stretch.start + to);
            match activity.segments.last_mut() {
                Some(last) if last.to == from => last.to = to,
                _ => activity.segments.push(Segment { from, to, part: 0 }),
            }
        }
        activities.retain(|activity| activity.cycles != 0);
        activities.order_by_key(|activity| activity.segments.first().map(|segment| segment.from));
        for (place, activity) in activities.iter_mut().enumerate() {
            activity.segments.iter_mut().for_each(|segment| segment.part = place as u32);
        }
        activities
    }

    /// The parts of an instance, and its bursts that compute.
    fn work(&self, instance: usize) -> (Vec<Counted<'_>>, Vec<Work>) {
        let template = &self.templates[self.stretches[instance].template];
        let mut parts: Vec<Counted> = Vec::new();
        let mut work = Vec::new();
        let mut served = Vec::new();
        for track in &template.tracks {
            for (burst, &label) in track.labels.iter().enumerate() {
                let Some(label) = template.labels.get(usize::from(label)) else { continue };
                let place = parts.iter().position(|(part, _)| *part == label.part).unwrap_or_else(|| {
                    parts.push((label.part.as_str(), [0; 4]));
                    parts.len() - 1
                });
                parts[place].1[unit_index(track.queue.unit())] += u64::from(track.bursts[burst].count);
                let one = Work { last: track.last_cycle(burst), first: track.starts[burst], part: place };
                match track.queue {
                    // Weights are loaded ahead of need: they take no time of the part.
                    Queue::MxmWeights(..) => {}
                    Queue::MemRead(_) | Queue::MemWrite(_) => served.push(one),
                    _ => work.push(one),
                }
            }
        }
        (parts, if work.is_empty() { served } else { work })
    }
}

/// Cuts `0 .. length` into stretches that belong to one part each.
fn sweep(work: &[Work], length: u64) -> Vec<(u64, u64, usize)> {
    let mut by_first: Vec<Work> = work.to_vec();
    by_first.order_by_key(|one| (one.first, one.last, one.part));
    let mut active: BTreeSet<Work> = BTreeSet::new();
    let mut coming = by_first.iter().peekable();
    let mut stretches: Vec<(u64, u64, usize)> = Vec::new();
    let mut now = 0;
    let mut part = by_first.first().map_or(0, |one| one.part);
    while now < length && !by_first.is_empty() {
        while let Some(one) = coming.next_if(|one| one.first <= now) {
            active.insert(*one);
        }
        while active.first().is_some_and(|one| one.last < now) {
            active.pop_first();
        }
        let next = coming.peek().map_or(length, |one| one.first);
        part = active.first().or(coming.peek().copied()).map_or(part, |one| one.part);
        let until = active.first().map_or(next, |one| next.min(one.last + 1)).clamp(now + 1, length);
        stretches.push((now, until, part));
        now = until;
    }
    stretches
}

/// Dispatches per unit before each instance.
pub(crate) fn counts(templates: &[TemplateTracks], stretches: &[Stretch]) -> Vec<[u64; 4]> {
    let mut counts = [0; 4];
    let mut before = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        before.push(counts);
        for track in &templates[stretch.template].tracks {
            counts[unit_index(track.queue.unit())] += track.count_before(u64::MAX);
        }
    }
    before
}

/// 0 to 3: memory, vector, matrix, switch unit with the links beside it.
pub(crate) fn unit_index(unit: Unit) -> usize {
    match unit {
        Unit::Mem => 0,
        Unit::Vxm => 1,
        Unit::Mxm => 2,
        Unit::Sxm | Unit::C2c => 3,
    }
}

fn main_unit(dispatches: &[u64; 4]) -> Unit {
    let units = [(Unit::Sxm, dispatches[3]), (Unit::Mxm, dispatches[2]), (Unit::Vxm, dispatches[1])];
    match units.into_iter().max_by_key(|(_, count)| *count) {
        Some((unit, count)) if count != 0 => unit,
        _ => Unit::Mem,
    }
}

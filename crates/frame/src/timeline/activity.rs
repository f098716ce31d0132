//! How busy the units are over the cycles of a token, and where its cycles went.
//!
//! In: a number of columns, or nothing.  Out: exact dispatches per unit and column; per part of the model its cycles.
//! Invariant: the columns' counts add up to all dispatches; the shares of the parts and of nobody add up to the token's cycles.
//! Method: prefix counts per queue; parts by the labels of the bursts.

use super::Timeline;
use crate::lang::Text;
use crate::words;
use arch::{Queue, Unit};
use program::LabelKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// The cycles of one part of the model in one instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// Instance.
    pub instance: u32,
    /// Key of the part, as in `program::Label`.
    pub part: String,
    /// Its name.
    pub name: Text,
    /// The unit that dispatches most for it, memory aside.
    pub unit: Unit,
    /// First cycle in which it dispatches, weight loads aside.
    pub first: u64,
    /// Last such cycle.
    pub last: u64,
    /// Cycles given to it alone: a cycle belongs to the part that, of those under way, will be finished first.
    pub cycles: u64,
}

/// A part's extent within a template.
#[derive(Clone, Copy)]
struct Extent {
    first: u64,
    last: u64,
    dispatches: [u64; 4],
}

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
        let mut counts = [0; 4];
        for (instance, stretch) in self.stretches.iter().enumerate().filter(|(_, stretch)| stretch.start < cycle) {
            for track in self.tracks(instance) {
                counts[unit_index(track.queue.unit())] += track.count_before(cycle - stretch.start);
            }
        }
        counts
    }

    /// Where the token's cycles went: instance by instance, the parts in order of their first cycle.
    pub fn parts(&self) -> Vec<Activity> {
        (0..self.stretches.len()).flat_map(|instance| self.parts_of(instance)).collect()
    }

    /// The parts of one instance.
    pub fn parts_of(&self, instance: usize) -> Vec<Activity> {
        let Some(stretch) = self.stretches.get(instance) else { return Vec::new() };
        let extents = self.extents(instance);
        let mut cycles: BTreeMap<&str, u64> = BTreeMap::new();
        let mut borders: Vec<u64> = extents.values().flat_map(|extent| [extent.first, extent.last + 1]).collect();
        borders.extend([0, stretch.end - stretch.start]);
        borders.sort_unstable();
        borders.dedup();
        for pair in borders.windows(2) {
            let under_way = |extent: &Extent| extent.first <= pair[0] && pair[0] <= extent.last;
            let current = extents.iter().filter(|(_, extent)| under_way(extent)).min_by_key(|(_, extent)| extent.last);
            // Between two parts only latencies pass: they belong to the part that waits.
            let waiting = || extents.iter().filter(|(_, extent)| pair[0] < extent.first).min_by_key(|(_, e)| e.first);
            let ended = || extents.iter().max_by_key(|(_, extent)| extent.last);
            if let Some((part, _)) = current.or_else(waiting).or_else(ended) {
                *cycles.entry(part).or_default() += pair[1] - pair[0];
            }
        }
        let mut parts: Vec<Activity> = extents
            .iter()
            .map(|(&part, extent)| Activity {
                instance: instance as u32,
                part: part.to_owned(),
                name: words::part(part),
                unit: main_unit(&extent.dispatches),
                first: stretch.start + extent.first,
                last: stretch.start + extent.last,
                cycles: cycles.get(part).copied().unwrap_or(0),
            })
            .collect();
        parts.sort_by_key(|part| (part.first, part.last));
        parts
    }

    fn extents(&self, instance: usize) -> BTreeMap<&str, Extent> {
        let template = &self.templates[self.stretches[instance].template];
        let mut extents: BTreeMap<&str, Extent> = BTreeMap::new();
        for track in &template.tracks {
            for (burst, &label) in track.labels.iter().enumerate() {
                let Some(label) = template.labels.get(usize::from(label)) else { continue };
                // Weights are read and loaded ahead of need: they take no time of the part.
                let is_ahead = label.kind == LabelKind::Weights || matches!(track.queue, Queue::MxmWeights(..));
                let count = u64::from(track.bursts[burst].count);
                let (first, last) = (track.starts[burst], track.last_cycle(burst));
                let fresh = Extent { first: u64::MAX, last: 0, dispatches: [0; 4] };
                let extent = extents.entry(label.part.as_str()).or_insert(fresh);
                extent.dispatches[unit_index(track.queue.unit())] += count;
                if !is_ahead {
                    extent.first = extent.first.min(first);
                    extent.last = extent.last.max(last);
                }
            }
        }
        extents.retain(|_, extent| extent.first != u64::MAX);
        extents
    }
}

/// 0 to 3: memory, vector, matrix, switch unit.
pub(crate) fn unit_index(unit: Unit) -> usize {
    match unit {
        Unit::Mem => 0,
        Unit::Vxm => 1,
        Unit::Mxm => 2,
        Unit::Sxm => 3,
    }
}

fn main_unit(dispatches: &[u64; 4]) -> Unit {
    let units = [(Unit::Mxm, dispatches[2]), (Unit::Sxm, dispatches[3]), (Unit::Vxm, dispatches[1])];
    match units.into_iter().max_by_key(|(_, count)| *count) {
        Some((unit, count)) if count != 0 => unit,
        _ => Unit::Mem,
    }
}

//! What the planes of the matrix unit hold: groups of columns loaded and installed.
//!
//! In: a cycle.  Out: per plane the groups of 16 columns in its buffer and in its array, and what they are called.
//! Invariant: an Install moves the buffer's groups to the array and empties the buffer, as the instruction says; groups past the last
//!     column do not count.
//! Method: the state at the start of each instance is folded once; within an instance the loads after the last Install are counted.

use super::track::Track;
use super::{Stretch, TemplateTracks, Timeline};
use arch::{Chip, Hemisphere, Queue};
use program::{Instruction, Label};

/// Columns that one Load fills.
const GROUP_COLUMNS: u32 = 16;

/// What a plane holds in a cycle, in superlane 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PlaneFill<'a> {
    /// Bit g: columns 16 g .. 16 g + 16 are in the weight buffer.
    pub loaded: u32,
    /// Bit g: columns 16 g .. 16 g + 16 are in the array.
    pub installed: u32,
    /// First cycle in which the array may be used, if it was installed in this instance.
    pub ready: Option<u64>,
    /// What the compiler calls the load that is under way or was the last, and its layer.
    pub loading: Option<(&'a Label, Option<u32>)>,
    /// What the compiler calls the last load before the last Install.
    pub holding: Option<(&'a Label, Option<u32>)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fill {
    loaded: u32,
    installed: u32,
    /// Instance and burst whose label names the buffer.
    loading: Option<(usize, usize)>,
    /// The same for the array.
    holding: Option<(usize, usize)>,
}

/// Fills of all planes at the start of every instance.
#[derive(Clone, Debug)]
pub(crate) struct PlaneStates {
    starts: Vec<Vec<Fill>>,
}

impl PlaneStates {
    pub(crate) fn new(chip: &Chip, templates: &[TemplateTracks], stretches: &[Stretch]) -> Self {
        let queues = queues(chip);
        let mut fills = vec![Fill::default(); queues.len()];
        let mut starts = Vec::with_capacity(stretches.len());
        for (instance, stretch) in stretches.iter().enumerate() {
            starts.push(fills.clone());
            let tracks = &templates[stretch.template].tracks;
            for (fill, queue) in fills.iter_mut().zip(&queues) {
                if let Some(track) = tracks.iter().find(|track| track.queue == *queue) {
                    advance(fill, chip, instance, track, u64::MAX);
                }
            }
        }
        PlaneStates { starts }
    }
}

fn queues(chip: &Chip) -> Vec<Queue> {
    let of = |half| (0..chip.planes).map(move |plane| Queue::MxmWeights(half, plane));
    Hemisphere::BOTH.into_iter().flat_map(of).collect()
}

/// Applies what a weights queue dispatches before the local cycle `end`. Only the stretch after the second last Install matters.
fn advance(fill: &mut Fill, chip: &Chip, instance: usize, track: &Track, end: u64) {
    let bursts = track.bursts_between(0, end);
    let mut installs = bursts.clone().rev().filter(|&burst| track.bursts[burst].instruction == Instruction::Install);
    let from = installs.nth(1).unwrap_or(bursts.start);
    for burst in from..bursts.end {
        match track.bursts[burst].instruction {
            Instruction::Install => {
                fill.installed = fill.loaded;
                fill.holding = fill.loading;
                fill.loaded = 0;
            }
            Instruction::Load { group, .. } => {
                let interval = u64::from(track.bursts[burst].interval.max(1));
                let passed = (end - track.starts[burst]).div_ceil(interval).min(u64::from(track.bursts[burst].count));
                let groups = chip.lanes() / GROUP_COLUMNS;
                let last = u64::from(group).saturating_add(passed).min(u64::from(groups)) as u32;
                fill.loaded |= (u32::from(group)..last).fold(0, |bits, group| bits | 1 << group);
                fill.loading = Some((instance, burst));
            }
            _ => {}
        }
    }
}

impl Timeline {
    /// What a plane holds in `cycle`, dispatches of that cycle included; `None` for a plane that does not exist.
    pub fn plane(&self, hemisphere: Hemisphere, plane: u8, cycle: u64) -> Option<PlaneFill<'_>> {
        if self.chip.planes <= plane {
            return None;
        }
        let number = hemisphere.index() * usize::from(self.chip.planes) + usize::from(plane);
        let Some(instance) = self.instance_at(cycle) else { return Some(PlaneFill::default()) };
        let stretch = self.stretches[instance];
        let mut fill = self.planes.starts[instance][number];
        let queue = Queue::MxmWeights(hemisphere, plane);
        let mut ready = None;
        if let Some(track) = self.track_of(instance, queue) {
            let end = cycle - stretch.start + 1;
            advance(&mut fill, &self.chip, instance, track, end);
            let bursts = track.bursts_between(0, end).rev();
            let install = bursts.clone().find(|&burst| track.bursts[burst].instruction == Instruction::Install);
            let usable =
                |burst: usize| stretch.start + track.last_cycle(burst) + u64::from(self.chip.latency.mxm_install);
            ready = install.map(usable);
        }
        Some(PlaneFill {
            loaded: fill.loaded,
            installed: fill.installed,
            ready,
            loading: fill.loading.and_then(|place| self.burst_label(queue, place)),
            holding: fill.holding.and_then(|place| self.burst_label(queue, place)),
        })
    }

    fn burst_label(&self, queue: Queue, (instance, burst): (usize, usize)) -> Option<(&Label, Option<u32>)> {
        let track = self.track_of(instance, queue)?;
        let stretch = self.stretches[instance];
        let labels = &self.templates[stretch.template].labels;
        Some((labels.get(usize::from(track.labels[burst]))?, stretch.layer))
    }
}

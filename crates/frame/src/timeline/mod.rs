//! The schedule by query: who dispatches what in any cycle of a token.
//!
//! In: a chip and the executable of a program; the witness for names only.  Out: issues, values on streams, planes and counts of any
//!     cycle, each found by binary search.
//! Invariant: cycles come from the executable's queues; a stripped or false witness changes labels and nothing else. Nothing is replayed.
//! Method: per template one `Track` per queue; instances are stamped by their start. What a cycle shows of the streams lies in a
//!     window of a few dozen cycles around it (`live`).

mod access;
mod activity;
mod event;
mod flow;
mod listing;
mod live;
mod plane;
mod run;
mod track;

pub use activity::{Activity, Column, Segment};
pub use event::{Direction, Watch};
pub use listing::Listed;
pub use live::{Listener, Live};
pub use plane::PlaneFill;
pub use run::BurstRun;

use crate::contents::{Contents, written};
use crate::lang::Text;
use crate::selection::IssueId;
use crate::words;
use arch::{Chip, Geometry, Queue, Station, Topology};
use plane::PlaneStates;
use program::{Burst, Executable, Instruction, Label, Program};
use track::{Place, Track};

/// The schedule of one token of a program.
#[derive(Clone, Debug)]
pub struct Timeline {
    pub(crate) chip: Chip,
    pub(crate) geometry: Geometry,
    pub(crate) executable: Executable,
    pub(crate) contents: Contents,
    pub(crate) topology: Topology,
    templates: Vec<TemplateTracks>,
    stretches: Vec<Stretch>,
    planes: PlaneStates,
    counts: Vec<[u64; 4]>,
    end: u64,
}

#[derive(Clone, Debug)]
struct TemplateTracks {
    name: String,
    length: u64,
    tracks: Vec<Track>,
    labels: Vec<Label>,
}

/// When an instance runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Place of its template.
    pub template: usize,
    /// First cycle.
    pub start: u64,
    /// Cycle after the last.
    pub end: u64,
    /// Layer of the model.
    pub layer: Option<u32>,
}

/// One instruction leaving its queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Issue<'a> {
    /// Which dispatch.
    pub id: IssueId,
    /// When, since the token's launch.
    pub cycle: u64,
    /// From which queue.
    pub queue: Queue,
    /// Where that queue's unit stands.
    pub station: Station,
    /// What, and how often.
    pub burst: &'a Burst,
    /// What the compiler calls it.
    pub label: Option<&'a Label>,
    /// Layer of the instance.
    pub layer: Option<u32>,
}

impl Timeline {
    /// The schedule of `program` on `chip`, as the first of its chips sees it. The program has the form that `program::check_form` checks.
    pub fn new(chip: &Chip, program: &Program) -> Self {
        Timeline::on(chip, program, 0)
    }

    /// The same as chip `number` of the topology sees it: the schedule is that of all, what lies in memory is its own.
    pub fn on(chip: &Chip, program: &Program, number: u16) -> Self {
        let executable = &program.executable;
        let geometry = Geometry::new(chip);
        let mut templates = Vec::new();
        for (id, template) in executable.templates.iter() {
            let claims = program.witness.templates.get(id.index());
            let queues = template.queues.iter().enumerate();
            let tracks = queues.map(|(number, (queue, entries))| {
                Track::new(*queue, number as u32, station(&geometry, *queue), entries, claims)
            });
            templates.push(TemplateTracks {
                name: template.name.clone(),
                length: template.length().0,
                tracks: tracks.collect(),
                labels: claims.map_or_else(Vec::new, |claims| claims.labels.clone()),
            });
        }
        let mut stretches = Vec::new();
        let mut end = 0;
        for instance in &executable.instances {
            let template = instance.template.index();
            let start = end;
            end += templates[template].length;
            stretches.push(Stretch { template, start, end, layer: instance.layer });
        }
        let planes = PlaneStates::new(chip, &templates, &stretches);
        Timeline {
            chip: chip.clone(),
            geometry,
            executable: executable.clone(),
            contents: Contents::new(program, number, &written(program)),
            topology: Topology::named(&executable.topology).unwrap_or_else(|_| Topology::single()),
            counts: activity::counts(&templates, &stretches),
            templates,
            stretches,
            planes,
            end,
        }
    }

    /// The machine.
    pub fn chip(&self) -> &Chip {
        &self.chip
    }

    /// How many chips there are, and how they are joined.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// Passing times of its stations.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// What the chip executes.
    pub fn executable(&self) -> &Executable {
        &self.executable
    }

    /// What lies in its memory.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Cycles of a token.
    pub fn length(&self) -> u64 {
        self.end
    }

    /// Instances in order of time.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// Name of an instance: its layer, or its template's role.
    pub fn stretch_name(&self, stretch: &Stretch) -> Text {
        match stretch.layer {
            Some(layer) => words::layer(layer),
            None => words::stage(&self.templates[stretch.template].name),
        }
    }

    /// The instance that runs in `cycle`; the last one after the end.
    pub fn instance_at(&self, cycle: u64) -> Option<usize> {
        let after = self.stretches.partition_point(|stretch| stretch.start <= cycle);
        after.checked_sub(1)
    }

    /// Every instruction that leaves its queue in `cycle`, queues in order.
    pub fn dispatched(&self, cycle: u64) -> Vec<Issue<'_>> {
        let Some(instance) = self.instance_at(cycle).filter(|_| cycle < self.end) else { return Vec::new() };
        let local = cycle - self.stretches[instance].start;
        let tracks = self.tracks(instance).iter();
        tracks.filter_map(|track| track.at(local).map(|place| self.describe(instance, track, place))).collect()
    }

    /// Whether nothing moves in `cycle`: no value is on a stream and no instruction climbs, in any superlane.
    pub fn is_quiet(&self, cycle: u64) -> bool {
        let climb = u64::from(self.chip.superlanes) - 1;
        self.runs(cycle.saturating_sub(climb), cycle + 1).is_empty() && self.live(cycle).is_empty()
    }

    /// What `queue` issues in `from .. to`, in order.
    pub fn issues_of(&self, queue: Queue, from: u64, to: u64) -> Vec<Issue<'_>> {
        let mut issues = Vec::new();
        for instance in self.instances_between(from, to) {
            let Some(track) = self.track_of(instance, queue) else { continue };
            let start = self.stretches[instance].start;
            let places = track.between(from.saturating_sub(start), to - start);
            issues.extend(places.map(|place| self.describe(instance, track, place)));
        }
        issues
    }

    /// The dispatch named by `id`, if there is one.
    pub fn issue(&self, id: IssueId) -> Option<Issue<'_>> {
        let instance = id.instance as usize;
        let stretch = self.stretches.get(instance)?;
        let track = self.templates[stretch.template].tracks.get(id.queue as usize)?;
        let place = track.issue(track.burst_at(id.entry)?, id.iteration)?;
        Some(self.describe(instance, track, place))
    }

    /// The queue's last issue before `cycle` and its first in or after it.
    pub fn around(&self, queue: Queue, cycle: u64) -> (Option<Issue<'_>>, Option<Issue<'_>>) {
        (self.last_before(queue, cycle), self.first_from(queue, cycle))
    }

    fn first_from(&self, queue: Queue, cycle: u64) -> Option<Issue<'_>> {
        let first = self.instance_at(cycle)?;
        (first..self.stretches.len()).find_map(|instance| {
            let track = self.track_of(instance, queue)?;
            let place = track.first_from(cycle.saturating_sub(self.stretches[instance].start))?;
            Some(self.describe(instance, track, place))
        })
    }

    fn last_before(&self, queue: Queue, cycle: u64) -> Option<Issue<'_>> {
        let last = self.instance_at(cycle)?;
        (0..=last).rev().find_map(|instance| {
            let track = self.track_of(instance, queue)?;
            let place = track.last_before(cycle - self.stretches[instance].start)?;
            Some(self.describe(instance, track, place))
        })
    }

    fn tracks(&self, instance: usize) -> &[Track] {
        &self.templates[self.stretches[instance].template].tracks
    }

    fn track_of(&self, instance: usize, queue: Queue) -> Option<&Track> {
        let tracks = self.tracks(instance);
        tracks.binary_search_by_key(&queue, |track| track.queue).ok().map(|index| &tracks[index])
    }

    /// Instances that run in some cycle of `from .. to`.
    fn instances_between(&self, from: u64, to: u64) -> std::ops::Range<usize> {
        let first = self.stretches.partition_point(|stretch| stretch.end <= from);
        let end = self.stretches.partition_point(|stretch| stretch.start < to);
        first..end.max(first)
    }

    fn describe<'a>(&'a self, instance: usize, track: &'a Track, place: Place) -> Issue<'a> {
        let stretch = &self.stretches[instance];
        let template = &self.templates[stretch.template];
        Issue {
            id: IssueId {
                instance: instance as u32,
                queue: track.number,
                entry: track.entries[place.burst],
                iteration: place.iteration,
            },
            cycle: stretch.start + place.cycle,
            queue: track.queue,
            station: track.station,
            burst: &track.bursts[place.burst],
            label: template.labels.get(usize::from(track.labels[place.burst])),
            layer: stretch.layer,
        }
    }
}

impl Issue<'_> {
    /// The instruction.
    pub fn instruction(&self) -> &Instruction {
        &self.burst.instruction
    }
}

/// The station whose unit executes a queue's instructions.
fn station(geometry: &Geometry, queue: Queue) -> Station {
    match queue {
        Queue::MemRead(slice) | Queue::MemWrite(slice) => geometry.slice(slice),
        Queue::Alu(_) => geometry.vxm(),
        Queue::MxmWeights(hemisphere, _) | Queue::MxmActivate(hemisphere, _) | Queue::MxmAccumulate(hemisphere, _) => {
            geometry.mxm(hemisphere)
        }
        Queue::Distributor(hemisphere, _) | Queue::Transposer(hemisphere, _) | Queue::Permuter(hemisphere) => {
            geometry.sxm(hemisphere)
        }
        Queue::LinkSend(link) | Queue::LinkReceive(link) => geometry.sxm(link.hemisphere),
    }
}

//! Brings an executable into the form that runs, and refuses what is not one.
//!
//! In: an untrusted executable.  Out: per template its queues' bursts with their cycle after the template's start.
//! Invariant: afterwards every queue exists and is named once, all queues of a template last equally long, every count and interval is at
//!     least 1, every instance has its template and base 0, and a token has at most `CYCLES_MAX` cycles.
//! Method: saturating sums; nothing is allocated that the executable's own entries do not justify.

use crate::SimError;
use crate::stream::{Place, station};
use arch::{Chip, Geometry, Queue};
use program::{Burst, Detour, Entry, Executable, Template};

/// Longest token that is run.
pub const CYCLES_MAX: u64 = 1 << 32;

/// A burst with its place.
#[derive(Clone, Copy)]
pub(crate) struct Issue {
    /// Cycle of iteration 0 after the template's start.
    pub(crate) start: u64,
    /// Place in the queue's entries.
    pub(crate) entry: u32,
    pub(crate) burst: Burst,
}

/// One queue of a template.
pub(crate) struct Track {
    pub(crate) queue: Queue,
    /// Place in `Template::queues`.
    pub(crate) number: u32,
    pub(crate) place: Place,
    pub(crate) issues: Vec<Issue>,
}

/// A template ready to run.
pub(crate) struct Prepared {
    /// Writes first, then by unit: the order in which dispatches of one cycle are executed.
    pub(crate) tracks: Vec<Track>,
    pub(crate) length: u64,
    /// Whether it sends or receives.
    pub(crate) uses_links: bool,
}

impl Prepared {
    /// How many instructions an instance dispatches.
    pub(crate) fn dispatches(&self) -> u64 {
        let bursts = self.tracks.iter().flat_map(|track| &track.issues).map(|issue| u64::from(issue.burst.count));
        bursts.fold(0, u64::saturating_add)
    }
}

/// All templates of an executable that is well formed for `chip`.
pub(crate) fn prepare(chip: &Chip, geometry: &Geometry, executable: &Executable) -> Result<Vec<Prepared>, SimError> {
    if executable.chip != chip.name {
        return Err(SimError::OtherChip { found: executable.chip.clone(), expected: chip.name.clone() });
    }
    let mut known = Queue::all(chip);
    known.sort_unstable();
    let templates = executable.templates.iter();
    let templates: Result<Vec<Prepared>, SimError> =
        templates.map(|(id, template)| prepare_template(&known, geometry, id.index(), template)).collect();
    let templates = templates?;
    check_instances(executable, &templates)?;
    Ok(templates)
}

fn prepare_template(
    known: &[Queue],
    geometry: &Geometry,
    number: usize,
    template: &Template,
) -> Result<Prepared, SimError> {
    let wrong = |queue: usize, problem: String| SimError::Template { template: number, queue, problem };
    let mut tracks: Vec<Track> = Vec::with_capacity(template.queues.len());
    let mut length = None;
    for (index, (queue, entries)) in template.queues.iter().enumerate() {
        if known.binary_search(queue).is_err() {
            return Err(wrong(index, format!("{queue} is not a queue of this chip")));
        }
        if template.queues.iter().take(index).any(|(other, _)| other == queue) {
            return Err(wrong(index, format!("{queue} is named twice; a queue has one list of entries")));
        }
        let (issues, end) = schedule(entries).map_err(|problem| wrong(index, problem))?;
        let expected = *length.get_or_insert(end);
        if end != expected {
            let problem = format!("{queue} lasts {end} cycles, the queues before it {expected}; pad it with a NOP");
            return Err(wrong(index, problem));
        }
        let place = Place::new(geometry, station(geometry, *queue));
        tracks.push(Track { queue: *queue, number: index as u32, place, issues });
    }
    tracks.sort_by_key(|track| (!matches!(track.queue, Queue::MemWrite(_)), track.queue));
    let is_link = |track: &Track| matches!(track.queue, Queue::LinkSend(_) | Queue::LinkReceive(_));
    let uses_links = tracks.iter().any(|track| is_link(track) && !track.issues.is_empty());
    Ok(Prepared { tracks, length: length.unwrap_or(0), uses_links })
}

/// Bursts of a queue with their starts, and the queue's length.
fn schedule(entries: &[Entry]) -> Result<(Vec<Issue>, u64), String> {
    let mut issues = Vec::new();
    let mut cycle = 0u64;
    for (index, entry) in entries.iter().enumerate() {
        match entry {
            Entry::Nop(0) => return Err(format!("entry {index} is a NOP of 0 cycles; at least 1")),
            Entry::Issue(burst) if burst.count == 0 || burst.interval == 0 => {
                return Err(format!(
                    "entry {index} repeats {} times every {} cycles; both at least 1",
                    burst.count, burst.interval
                ));
            }
            Entry::Issue(burst) => issues.push(Issue { start: cycle, entry: index as u32, burst: *burst }),
            Entry::Nop(_) => {}
        }
        cycle = cycle.saturating_add(entry.length().0);
        if CYCLES_MAX < cycle {
            return Err(format!("entry {index} ends after cycle {CYCLES_MAX}, the longest token"));
        }
    }
    Ok((issues, cycle))
}

fn check_instances(executable: &Executable, templates: &[Prepared]) -> Result<(), SimError> {
    let mut end = 0u64;
    for (index, instance) in executable.instances.iter().enumerate() {
        let wrong = |problem: String| Err(SimError::Instance { instance: index, problem });
        let Some(template) = templates.get(instance.template.index()) else {
            return wrong(format!("template {} does not exist; there are {}", instance.template, templates.len()));
        };
        if instance.bases.first() != Some(&0) {
            return wrong(format!("base 0 is {:?}; it is always 0", instance.bases.first()));
        }
        end = end.saturating_add(template.length);
        if CYCLES_MAX < end {
            return wrong(format!("ends after cycle {CYCLES_MAX}, the longest token"));
        }
    }
    let mut last = None;
    for Detour { instance, chip, template } in &executable.detours {
        let wrong = |problem: String| Err(SimError::Instance { instance: *instance as usize, problem });
        let common = executable.instances.get(*instance as usize).and_then(|one| templates.get(one.template.index()));
        let own = templates.get(template.index());
        if common.is_none() || common.map(|common| common.length) != own.map(|own| own.length) {
            return wrong(format!(
                "chip {chip} runs template {template}, which is not there or not as long as the others'"
            ));
        }
        if last.is_some_and(|last| (*instance, *chip) <= last) {
            return wrong(format!("the detour of chip {chip} is out of order: instances and chips must rise"));
        }
        last = Some((*instance, *chip));
    }
    Ok(())
}

//! Brings an executable into the form that runs, and refuses what is not one.
//!
//! In: an untrusted executable.  Out: per template its queues' bursts with their cycle after the template's start.
//! Invariant: afterwards every queue exists and is named once, all queues of a template last equally long but for those that end parked on
//!     a Sync, which stands nowhere else; every count and interval is at least 1, every instance has its template and base 0, and a token
//!     has at most `CYCLES_MAX` cycles.
//! Method: saturating sums; nothing is allocated that the executable's own entries do not justify.

use crate::SimError;
use crate::stream::{Place, station};
use arch::{Chip, Geometry, Queue};
use program::{Burst, Detour, Entry, Executable, Instruction, Template};
use units::Order;

/// Longest token that is run.
pub const CYCLES_MAX: u64 = 1 << 32;
/// Longest NOP that one instruction encodes.
const NOP_MAX: u64 = 65_535;

/// A burst with its place.
#[derive(Clone, Copy)]
pub(crate) struct Issue {
    /// Cycle of iteration 0 after the template's start.
    pub(crate) start: u64,
    /// Place in the queue's entries.
    pub(crate) entry: u32,
    pub(crate) burst: Burst,
    /// How many of the track's entries have started when it has.
    pub(crate) needs: usize,
}

/// One queue of a template.
pub(crate) struct Track {
    pub(crate) queue: Queue,
    /// Place in `Template::queues`.
    pub(crate) number: u32,
    pub(crate) place: Place,
    pub(crate) issues: Vec<Issue>,
    /// If the queue fetches, of every entry its cycle after the template's start and how many instructions it and those before it are.
    pub(crate) needs: Vec<(u64, u64)>,
}

/// A template ready to run.
pub(crate) struct Prepared {
    /// Writes first, then by unit: the order in which dispatches of one cycle are executed.
    pub(crate) tracks: Vec<Track>,
    pub(crate) length: u64,
    /// Queues that end parked, and queues that do not.
    pub(crate) parked: usize,
    pub(crate) unparked: Vec<u32>,
    /// Whether it sends or receives.
    pub(crate) uses_links: bool,
}

impl Track {
    /// Starts and counts of the entries since the issue before, up to this one; none if the queue is kept full.
    pub(crate) fn needs(&self, issue: usize) -> &[(u64, u64)] {
        let end = self.issues.get(issue).map_or(0, |issue| issue.needs);
        let start = issue.checked_sub(1).and_then(|before| self.issues.get(before)).map_or(0, |before| before.needs);
        self.needs.get(start..end).unwrap_or(&[])
    }

    /// Instructions that start before a cycle after the template's start.
    pub(crate) fn used(&self, cycle: u64) -> u64 {
        let entries = self.needs.partition_point(|(start, _)| *start < cycle);
        entries.checked_sub(1).and_then(|last| self.needs.get(last)).map_or(0, |(_, count)| *count)
    }
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
    known.order();
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
    let (mut longest, mut ends) = (0, Vec::new());
    for (index, (queue, entries)) in template.queues.iter().enumerate() {
        if known.binary_search(queue).is_err() {
            return Err(wrong(index, format!("{queue} is not a queue of this chip")));
        }
        if template.queues.iter().take(index).any(|(other, _)| other == queue) {
            return Err(wrong(index, format!("{queue} is named twice; a queue has one list of entries")));
        }
        let (issues, end) = schedule(entries).map_err(|problem| wrong(index, problem))?;
        longest = longest.max(end);
        ends.push((index, *queue, end, entries.last().is_some_and(is_sync)));
        let place = Place::new(geometry, station(geometry, *queue));
        let fetches = issues.iter().any(|issue| matches!(issue.burst.instruction, Instruction::Fetch { .. }));
        let needs = if fetches { needs(entries) } else { Vec::new() };
        tracks.push(Track { queue: *queue, number: index as u32, place, issues, needs });
    }
    let parked = ends.iter().filter(|(.., is_parked)| *is_parked).count();
    if let Some((index, queue, end, _)) = ends.iter().find(|(_, _, end, is_parked)| *end != longest && !is_parked) {
        let problem = format!("{queue} lasts {end} cycles, others {longest}; pad it with a NOP");
        return Err(wrong(*index, problem));
    }
    tracks.order_by_key(|track| (!matches!(track.queue, Queue::MemWrite(_)), track.queue));
    let is_link = |track: &Track| matches!(track.queue, Queue::LinkSend(_) | Queue::LinkReceive(_));
    let uses_links = tracks.iter().any(|track| is_link(track) && !track.issues.is_empty());
    let unparked = ends.iter().filter(|(.., is_parked)| !is_parked).map(|(index, ..)| *index as u32).collect();
    Ok(Prepared { tracks, length: longest, parked, unparked, uses_links })
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
            Entry::Issue(_) if is_sync(entry) && index + 1 != entries.len() => {
                return Err(format!("entry {index} parks the queue, but more follows; a Sync ends a template's queue"));
            }
            Entry::Issue(burst) => {
                issues.push(Issue { start: cycle, entry: index as u32, burst: *burst, needs: index + 1 });
            }
            Entry::Nop(_) => {}
        }
        cycle = cycle.saturating_add(entry.length().0);
        if CYCLES_MAX < cycle {
            return Err(format!("entry {index} ends after cycle {CYCLES_MAX}, the longest token"));
        }
    }
    Ok((issues, cycle))
}

fn is_sync(entry: &Entry) -> bool {
    matches!(entry, Entry::Issue(Burst { instruction: Instruction::Sync, .. }))
}

/// Of every entry its start, and how many instructions it and those before it are.
fn needs(entries: &[Entry]) -> Vec<(u64, u64)> {
    let (mut cycle, mut count) = (0, 0);
    let entry = |entry: &Entry| {
        count += match entry {
            Entry::Nop(cycles) => u64::from(*cycles).div_ceil(NOP_MAX),
            Entry::Issue(burst) if burst.count == 1 => 1,
            Entry::Issue(_) => 2,
        };
        let start = cycle;
        cycle += entry.length().0;
        (start, count)
    };
    entries.iter().map(entry).collect()
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

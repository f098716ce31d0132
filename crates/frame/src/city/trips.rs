//! The Sends of one program, chip by chip.
//!
//! In: a program for one node or for two.  Out: each vector with sender, receiver, cycle and what it is for.
//! Invariant: cycles follow from the queues; the witness gives names and nothing else.
//! Method: instances in order; where a chip leaves the way of the others, its own template counts.

use arch::{LinkId, Port, Queue, Topology};
use program::{Executable, Program, TemplateId};
use units::Order;

/// A vector of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trip {
    pub(crate) from: u16,
    pub(crate) to: u16,
    pub(crate) link: LinkId,
    /// Cycle of the program.
    pub(crate) sent: u64,
    /// Place in `Route::parts`.
    pub(crate) part: u16,
    /// Layer of the program.
    pub(crate) layer: Option<u32>,
}

/// A stretch of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stage {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) layer: Option<u32>,
    pub(crate) name: String,
}

/// What one program sends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Route {
    /// By cycle.
    pub(crate) trips: Vec<Trip>,
    pub(crate) parts: Vec<String>,
    pub(crate) stages: Vec<Stage>,
}

/// A Send of a template, after its start.
struct Send {
    link: LinkId,
    cycle: u64,
    part: u16,
}

impl Route {
    /// Lists the Sends of a program.
    pub(crate) fn new(program: &Program) -> Self {
        let executable = &program.executable;
        let Ok(topology) = Topology::named(&executable.topology) else { return Route::default() };
        let mut route = Route::default();
        let sends: Vec<Vec<Send>> = executable.templates.iter().map(|(id, _)| route.sends(program, id)).collect();
        let mut start = 0;
        for (number, instance) in executable.instances.iter().enumerate() {
            let Some(template) = executable.templates.get(instance.template) else { continue };
            let end = start + template.length().0;
            let (layer, name) = (instance.layer, template.name.clone());
            for from in 0..topology.chips {
                route.add((executable, &topology), &sends, (number, from), (start, layer));
            }
            route.stages.push(Stage { start, end, layer, name });
            start = end;
        }
        route.trips.order_by_key(|trip| (trip.sent, trip.from, trip.link));
        route
    }

    fn add(
        &mut self,
        (executable, topology): (&Executable, &Topology),
        sends: &[Vec<Send>],
        (instance, from): (usize, u16),
        (start, layer): (u64, Option<u32>),
    ) {
        let Some(template) = executable.template_on(from, instance) else { return };
        for &Send { link, cycle, part } in &sends[template.index()] {
            if let Some(to) = topology.across(Port { chip: from, link }) {
                self.trips.push(Trip { from, to: to.chip, link, sent: start + cycle, part, layer });
            }
        }
    }

    /// The Sends of a template.
    fn sends(&mut self, program: &Program, id: TemplateId) -> Vec<Send> {
        let template = &program.executable.templates[id];
        let mut sends = Vec::new();
        for (queue, entry, start, burst) in template.bursts() {
            let Queue::LinkSend(link) = template.queues[queue].0 else { continue };
            let part = self.part(name(program, id, (queue as u32, entry as u32)));
            let cycles = (0..burst.count).map(|turn| start + u64::from(turn) * u64::from(burst.interval));
            sends.extend(cycles.map(|cycle| Send { link, cycle, part }));
        }
        sends
    }

    fn part(&mut self, name: &str) -> u16 {
        let known = self.parts.iter().position(|part| part == name);
        let place = known.unwrap_or_else(|| {
            self.parts.push(name.to_owned());
            self.parts.len() - 1
        });
        place as u16
    }

    /// Trips that set out in `from .. to`.
    pub(crate) fn between(&self, from: u64, to: u64) -> &[Trip] {
        let place = |cycle| self.trips.partition_point(|trip| trip.sent < cycle);
        let first = place(from);
        &self.trips[first..place(to).max(first)]
    }

    /// The stretch that runs in `cycle`.
    pub(crate) fn stage(&self, cycle: u64) -> Option<&Stage> {
        self.stages.iter().find(|stage| cycle < stage.end)
    }
}

/// What the witness calls a burst.
fn name(program: &Program, id: TemplateId, place: (u32, u32)) -> &str {
    let claims = program.witness.templates.get(id.index());
    let entry = claims.and_then(|claims| {
        let at = claims.entries.binary_search_by_key(&place, |entry| (entry.queue, entry.entry)).ok()?;
        claims.labels.get(usize::from(claims.entries[at].label))
    });
    entry.map_or("", |label| &label.part)
}

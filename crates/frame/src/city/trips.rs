//! The Sends of one program, chip by chip.
//!
//! In: a program for one node or for two.  Out: each vector with sender, receiver, cycle and what it is for.
//! Invariant: cycles follow from the queues; the witness gives names and nothing else.
//! Method: `program::sends`, in its order.

use arch::{LinkId, Topology};
use program::{Program, Sent, TemplateId, sends};

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

impl Route {
    /// Lists the Sends of a program.
    pub(crate) fn new(program: &Program) -> Self {
        let executable = &program.executable;
        let Ok(topology) = Topology::named(&executable.topology) else { return Route::default() };
        let mut route = Route::default();
        for Sent { port, cycle, instance, template, place } in sends(executable) {
            let Some(to) = topology.across(port) else { continue };
            let part = route.part(name(program, template, place));
            let layer = executable.instances[instance].layer;
            route.trips.push(Trip { from: port.chip, to: to.chip, link: port.link, sent: cycle.0, part, layer });
        }
        let mut start = 0;
        for instance in &executable.instances {
            let Some(template) = executable.templates.get(instance.template) else { continue };
            let end = start + template.length().0;
            route.stages.push(Stage { start, end, layer: instance.layer, name: template.name.clone() });
            start = end;
        }
        route
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

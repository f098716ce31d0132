//! What happened while a template ran word by word.
//!
//! In: the events of one instance.  Out: its dispatches in order of execution, each with the dispatches that its operands came from.
//! Invariant: nothing is left out; a value from before the instance is marked.

use crate::prepare::Prepared;
use crate::{Arrival, Dispatch, Observer, Site};
use arch::{Queue, StreamId};

/// One dispatch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) queue: Queue,
    pub(super) site: Site,
    pub(super) cycle: u64,
    /// First operand, and number of them.
    first: u32,
    count: u32,
}

/// One operand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand {
    pub(super) stream: StreamId,
    /// Who drove it.
    pub(super) producer: Option<Site>,
}

/// All events of an instance.
#[derive(Default)]
pub(crate) struct Trace {
    pub(super) events: Vec<Event>,
    operands: Vec<Operand>,
}

impl Observer for Trace {
    fn dispatch(&mut self, event: &Dispatch) {
        let Dispatch { cycle, queue, site } = *event;
        let first = self.operands.len() as u32;
        self.events.push(Event { queue, site, cycle: cycle.0, first, count: 0 });
    }

    fn arrival(&mut self, event: &Arrival) {
        let producer = event.producer.map(|(site, _)| site);
        self.operands.push(Operand { stream: event.stream, producer });
        if let Some(consumer) = self.events.last_mut() {
            consumer.count += 1;
        }
    }
}

impl Trace {
    /// The operands of an event, in order.
    pub(super) fn operands(&self, event: &Event) -> &[Operand] {
        &self.operands[event.first as usize..(event.first + event.count) as usize]
    }
}

/// Finds dispatches by their sites.
pub(super) struct Sites {
    /// By queue: by entry the number of dispatches before it.
    before: Vec<Vec<u32>>,
    /// By number of dispatch: place among the events.
    events: Vec<u32>,
    /// By queue: place in `Prepared::tracks`.
    tracks: Vec<usize>,
}

impl Sites {
    /// The dispatches of an instance of `template`.
    pub(super) fn new(template: &Prepared, events: &[Event]) -> Self {
        let queues = template.tracks.len();
        let mut sites = Sites { before: vec![Vec::new(); queues], events: Vec::new(), tracks: vec![0; queues] };
        let mut total = 0u32;
        for (index, track) in template.tracks.iter().enumerate() {
            let before = &mut sites.before[track.number as usize];
            for issue in &track.issues {
                before.resize(issue.entry as usize + 1, total);
                total = total.saturating_add(issue.burst.count);
            }
            sites.tracks[track.number as usize] = index;
        }
        sites.events = vec![u32::MAX; events.len()];
        for (index, event) in events.iter().enumerate() {
            let place = sites.place(event.site);
            if let Some(slot) = place.and_then(|place| sites.events.get_mut(place)) {
                *slot = index as u32;
            }
        }
        sites
    }

    fn place(&self, site: Site) -> Option<usize> {
        let before = self.before.get(site.queue as usize)?.get(site.entry as usize)?;
        Some(*before as usize + site.iteration as usize)
    }

    /// Place of the dispatch among the events.
    pub(super) fn event(&self, site: Site) -> Option<usize> {
        self.events.get(self.place(site)?).map(|event| *event as usize)
    }

    /// Place of the queue in `Prepared::tracks`.
    pub(super) fn track(&self, queue: u32) -> usize {
        self.tracks[queue as usize]
    }
}

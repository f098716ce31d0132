//! Holds a run against the witness: every dispatch in its cycle, every operand from its source.
//!
//! In: a program with its witness, and what a simulator reports.  Out: a panic at the first difference; counts otherwise.
//! Invariant: what happens was claimed, and after `expect_all` what was claimed happened, each operand of each iteration.

use program::{Entry, Program};
use sim::{Arrival, Dispatch, Observer, Site};
use std::collections::BTreeMap;
use units::Cycle;

/// Compares what happens with what was claimed, event by event.
pub struct Claims<'a> {
    program: &'a Program,
    /// Per template, per (queue, entry): cycle and sources.
    entries: Vec<BTreeMap<(u32, u32), &'a program::WitnessEntry>>,
    /// Dispatches seen.
    pub dispatches: u64,
    /// Operand arrivals seen.
    pub arrivals: u64,
    /// Per (instance, queue, entry), per iteration: how often it was dispatched, and how often each operand arrived.
    seen: BTreeMap<(u32, u32, u32), Vec<u64>>,
}

impl<'a> Claims<'a> {
    /// Nothing seen yet.
    pub fn new(program: &'a Program) -> Self {
        let index = |template: &'a program::TemplateWitness| {
            template.entries.iter().map(|entry| ((entry.queue, entry.entry), entry)).collect()
        };
        let entries = program.witness.templates.iter().map(index).collect();
        Claims { program, entries, dispatches: 0, arrivals: 0, seen: BTreeMap::new() }
    }

    /// After `tokens` whole tokens: every claimed dispatch occurred once a token, and each of its claimed operands with it.
    pub fn expect_all(&self, tokens: u64) {
        let mut claimed = 0;
        for (number, instance) in self.program.executable.instances.iter().enumerate() {
            for entry in &self.program.witness.templates[instance.template.index()].entries {
                let (_, queue) = &self.program.executable.templates[instance.template].queues[entry.queue as usize];
                let Entry::Issue(burst) = &queue[entry.entry as usize] else { panic!("a NOP is claimed: {entry:?}") };
                let expected = vec![tokens; burst.count as usize * (1 + entry.sources.len())];
                let seen = self.seen.get(&(number as u32, entry.queue, entry.entry));
                assert_eq!(seen, Some(&expected), "per iteration dispatch and operands, instance {number}: {entry:?}");
                claimed += expected.len() as u64;
            }
        }
        assert_eq!(self.dispatches + self.arrivals, claimed * tokens, "nothing beside what is claimed");
    }

    /// Counts a dispatch (place 0) or the arrival of an operand (place 1 + operand).
    fn count(&mut self, site: &Site, place: usize) {
        let (entry, ..) = self.claim(site);
        let (wide, at) = (1 + entry.sources.len(), site.iteration as usize);
        let seen = self.seen.entry((site.instance, site.queue, site.entry)).or_default();
        if seen.len() < (at + 1) * wide {
            seen.resize((at + 1) * wide, 0);
        }
        seen[at * wide + place] += 1;
    }

    fn claim(&self, site: &Site) -> (&'a program::WitnessEntry, Cycle, u64) {
        let instance = &self.program.executable.instances[site.instance as usize];
        let entry = self.entries[instance.template.index()][&(site.queue, site.entry)];
        let (_, queue) = &self.program.executable.templates[instance.template].queues[site.queue as usize];
        let Entry::Issue(burst) = &queue[site.entry as usize] else { panic!("a NOP was dispatched") };
        let start = self.program.witness.starts[site.instance as usize];
        let offset = u64::from(entry.cycle) + u64::from(site.iteration) * u64::from(burst.interval);
        (entry, start, offset)
    }
}

impl Observer for Claims<'_> {
    fn dispatch(&mut self, event: &Dispatch) {
        let (_, start, offset) = self.claim(&event.site);
        assert_eq!(event.cycle, Cycle(start.0 + offset), "{}", event.site);
        self.dispatches += 1;
        self.count(&event.site, 0);
    }

    fn arrival(&mut self, event: &Arrival) {
        let (entry, ..) = self.claim(&event.consumer);
        let source = entry.sources[usize::from(event.operand)];
        let (producer, _) = event.producer.expect("nothing is sampled that nobody drove");
        let claimed = Site {
            instance: event.consumer.instance,
            queue: source.queue,
            entry: source.entry,
            iteration: source.iteration + event.consumer.iteration,
        };
        assert_eq!(producer, claimed, "operand {} of {}", event.operand, event.consumer);
        self.arrivals += 1;
        self.count(&event.consumer, 1 + usize::from(event.operand));
    }
}

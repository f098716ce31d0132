//! Any cycle of any chip at once: which instructions are dispatched in it.
//!
//! In: an executable, or a system of them.  Out: for a chip and a cycle, the dispatches.
//! Invariant: the same as walking through all queues from the start; nothing is walked.
//! Method: starts of instances and of entries are summed once; then a question is a binary search per queue.

use crate::{Burst, Entry, Executable, Instruction, Program, Shift, Spot, System, Template};
use arch::Queue;
use units::Cycle;

/// An instruction in the cycle of its dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dispatch {
    /// Place in `Executable::instances`.
    pub instance: usize,
    /// Queue.
    pub queue: Queue,
    /// Place in the queue's entries.
    pub entry: usize,
    /// How many times the burst was issued before.
    pub iteration: u32,
    /// The instruction.
    pub instruction: Instruction,
}

/// Starts of an executable's parts.
#[derive(Clone, Debug)]
pub struct Index {
    /// Of each instance, and the end of the last.
    instances: Vec<u64>,
    /// By template and queue: starts of entries that issue, with their places.
    queues: Vec<Vec<Vec<(u64, usize)>>>,
}

impl Index {
    /// Sums all lengths.
    pub fn new(executable: &Executable) -> Self {
        let mut instances = vec![0];
        for instance in &executable.instances {
            let length = executable.templates.get(instance.template).map_or(0, |template| template.length().0);
            instances.push(instances[instances.len() - 1] + length);
        }
        let of_template = |template: &Template| {
            let mut queues = vec![Vec::new(); template.queues.len()];
            for (queue, entry, start, _) in template.bursts() {
                queues[queue].push((start, entry));
            }
            queues
        };
        let queues = executable.templates.iter().map(|(_, template)| of_template(template)).collect();
        Index { instances, queues }
    }

    /// What `chip` dispatches in `cycle`, in order of queues. `executable` is the one that the index was made of.
    pub fn at(&self, executable: &Executable, chip: u16, cycle: Cycle) -> Vec<Dispatch> {
        let instance = self.instances.partition_point(|start| *start <= cycle.0).saturating_sub(1);
        let Some(template) = executable.template_on(chip, instance) else { return Vec::new() };
        let Some(queues) = self.queues.get(template.index()) else { return Vec::new() };
        let since = cycle.0 - self.instances[instance];
        let mut dispatches = Vec::new();
        for ((queue, entries), starts) in executable.templates[template].queues.iter().zip(queues) {
            let Some(place) = starts.partition_point(|(start, _)| *start <= since).checked_sub(1) else { continue };
            let (start, entry) = starts[place];
            let Entry::Issue(Burst { instruction, count, interval }) = entries[entry] else { continue };
            let (turn, off) = ((since - start) / u64::from(interval), (since - start) % u64::from(interval));
            if off == 0 && turn < u64::from(count) {
                dispatches.push(Dispatch { instance, queue: *queue, entry, iteration: turn as u32, instruction });
            }
        }
        dispatches
    }
}

/// Indices of all programs of a system, and when its seats are at work.
#[derive(Clone, Debug)]
pub struct SystemIndex {
    roles: Vec<Index>,
    carries: Vec<Index>,
    shifts: Vec<Shift>,
}

impl SystemIndex {
    /// An index of each program.
    pub fn new(system: &System) -> Self {
        let index = |program: &Program| Index::new(&program.executable);
        SystemIndex {
            roles: system.roles.iter().map(|role| index(&role.program)).collect(),
            carries: system.carries.iter().map(index).collect(),
            shifts: system.shifts(),
        }
    }

    /// Which program chip `chip` of node `node` is in at `cycle`, and what it dispatches; nothing where no token is there.
    pub fn at(&self, system: &System, place: (u16, u16), cycle: Cycle) -> Option<(Spot, Vec<Dispatch>)> {
        let spot = system.at(&self.shifts, place, cycle)?;
        let (program, index, chip, cycle) = match spot {
            Spot::Role { seat, chip, cycle } => {
                let role = system.seats[seat].role as usize;
                (&system.roles.get(role)?.program, &self.roles[role], chip, cycle)
            }
            Spot::Carry { seat, chip, cycle } => {
                let carry = system.seats[seat].carry? as usize;
                (system.carries.get(carry)?, &self.carries[carry], chip, cycle)
            }
        };
        Some((spot, index.at(&program.executable, chip, cycle)))
    }
}

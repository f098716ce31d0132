//! Says whether an executable has the form that every reader of one may rely on.
//!
//! In: an executable, from a file, a text or a mutation.  Out: nothing, or the first fault of form.
//! Invariant: afterwards names are unique, instances exist, and no sum of lengths overflows; nothing is said about meaning.
//! Method: one pass; limits far above any program, so that arithmetic on cycles needs no check downstream.

use crate::{Detour, Entry, Executable, Template, WORD_BYTES};
use std::collections::BTreeSet;

/// A queue lasts at most this many cycles, so that a cycle within a template fits `WitnessEntry::cycle`.
pub const QUEUE_CYCLES_MAX: u64 = u32::MAX as u64;
/// A program is for at most this many chips, a rack; larger systems are joined of programs. Whoever runs one allocates per chip.
pub const CHIPS_MAX: u16 = 72;
/// A program has at most this many instances, so that a cycle within a token fits 52 bits.
pub const INSTANCES_MAX: usize = 1 << 20;

/// A fault of form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Two templates of one name.
    #[error("two templates are named `{0}`; names of templates must differ")]
    TemplateTwice(String),
    /// A template's queues are not strictly ascending.
    #[error(
        "template `{template}`: queue {queue} does not stand in order, or stands twice; queues are sorted, each at most once"
    )]
    QueueOrder {
        /// Name of the template.
        template: String,
        /// Name of the queue.
        queue: String,
    },
    /// A NOP of 0 cycles, a burst of 0 issues or of interval 0.
    #[error("template `{template}` queue {queue} entry {entry}: a count, an interval or a NOP of 0; the least is 1")]
    Zero {
        /// Name of the template.
        template: String,
        /// Name of the queue.
        queue: String,
        /// Place in the queue.
        entry: usize,
    },
    /// A queue that lasts too long.
    #[error("template `{template}` queue {queue}: lasts over {QUEUE_CYCLES_MAX} cycles; split the template")]
    Length {
        /// Name of the template.
        template: String,
        /// Name of the queue.
        queue: String,
    },
    /// An instance of a template that is not there.
    #[error("instance {instance}: there is no template {template}, only {templates}")]
    NoTemplate {
        /// Place in `instances`.
        instance: usize,
        /// Index it names.
        template: usize,
        /// Number of templates.
        templates: usize,
    },
    /// A detour of an instance or to a template that is not there, or not after the one before it.
    #[error("detour {0}: instances and chips in their order, to a template that is there")]
    Detour(usize),
    /// A map of lanes that is none of a word.
    #[error("map {map} has {lanes} lanes; a map has {WORD_BYTES}")]
    Map {
        /// Place in `maps`.
        map: usize,
        /// Its lanes.
        lanes: usize,
    },
    /// More instances than any program has.
    #[error("{0} instances; the most is {INSTANCES_MAX}")]
    Instances(usize),
}

/// Checks the form of `executable`.
pub fn check_form(executable: &Executable) -> Result<(), FormError> {
    let long = executable.maps.iter().map(|map| map.from.len()).enumerate().find(|(_, lanes)| *lanes != WORD_BYTES);
    if let Some((map, lanes)) = long {
        return Err(FormError::Map { map, lanes });
    }
    let mut names = BTreeSet::new();
    for (_, template) in executable.templates.iter() {
        if !names.insert(template.name.as_str()) {
            return Err(FormError::TemplateTwice(template.name.clone()));
        }
        check_template(template)?;
    }
    if INSTANCES_MAX < executable.instances.len() {
        return Err(FormError::Instances(executable.instances.len()));
    }
    for (index, instance) in executable.instances.iter().enumerate() {
        if executable.templates.get(instance.template).is_none() {
            let (template, templates) = (instance.template.index(), executable.templates.len());
            return Err(FormError::NoTemplate { instance: index, template, templates });
        }
    }
    let mut last = None;
    for (index, Detour { instance, chip, template }) in executable.detours.iter().enumerate() {
        let is_there =
            (*instance as usize) < executable.instances.len() && executable.templates.get(*template).is_some();
        if !is_there || last.is_some_and(|last| (*instance, *chip) <= last) {
            return Err(FormError::Detour(index));
        }
        last = Some((*instance, *chip));
    }
    Ok(())
}

fn check_template(template: &Template) -> Result<(), FormError> {
    let name = || template.name.clone();
    for pair in template.queues.windows(2) {
        if pair[1].0 <= pair[0].0 {
            return Err(FormError::QueueOrder { template: name(), queue: pair[1].0.to_string() });
        }
    }
    for (queue, entries) in &template.queues {
        let mut length = 0u64;
        for (index, entry) in entries.iter().enumerate() {
            if is_zero(entry) {
                return Err(FormError::Zero { template: name(), queue: queue.to_string(), entry: index });
            }
            length = length.saturating_add(entry.length().0);
        }
        if QUEUE_CYCLES_MAX < length {
            return Err(FormError::Length { template: name(), queue: queue.to_string() });
        }
    }
    Ok(())
}

fn is_zero(entry: &Entry) -> bool {
    match entry {
        Entry::Nop(cycles) => *cycles == 0,
        Entry::Issue(burst) => burst.count == 0 || burst.interval == 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrary::executable;
    use crate::{Burst, Instance, Instruction};
    use arch::{Hemisphere, Queue};
    use units::Id;

    fn broken(change: impl Fn(&mut Executable)) -> FormError {
        let mut executable = executable(1);
        assert_eq!(check_form(&executable), Ok(()));
        change(&mut executable);
        check_form(&executable).expect_err("the change breaks the form")
    }

    fn queues(entries: Vec<Entry>) -> impl Fn(&mut Executable) {
        move |executable| executable.templates[Id::new(0)].queues = vec![(Queue::Alu(3), entries.clone())]
    }

    #[test]
    fn each_fault_of_form_is_found() {
        let load = Burst::once(Instruction::Install);
        assert!(matches!(broken(queues(vec![Entry::Nop(0)])), FormError::Zero { entry: 0, .. }));
        let never = Entry::Issue(Burst { count: 0, ..load });
        assert!(matches!(broken(queues(vec![Entry::Nop(1), never])), FormError::Zero { entry: 1, .. }));
        let long = Entry::Issue(Burst { count: u32::MAX, interval: u32::MAX, ..load });
        assert!(matches!(broken(queues(vec![long; 3])), FormError::Length { .. }));
        let twice = |executable: &mut Executable| {
            let again = executable.templates[Id::new(0)].clone();
            executable.templates.push(again);
        };
        assert!(matches!(broken(twice), FormError::TemplateTwice(_)));
        let short = |executable: &mut Executable| {
            executable.maps = vec![crate::LaneMap { from: vec![0; 320] }, crate::LaneMap { from: vec![0; 319] }];
        };
        assert!(matches!(broken(short), FormError::Map { map: 1, lanes: 319 }));
        let nowhere = |executable: &mut Executable| {
            executable.instances = vec![Instance { template: Id::new(99), bases: vec![0], layer: None }];
        };
        assert!(matches!(broken(nowhere), FormError::NoTemplate { template: 99, .. }));
        let detour = |instance, template| Detour { instance, chip: 0, template: Id::new(template) };
        let instance = Instance { template: Id::new(0), bases: vec![0], layer: None };
        let astray = |executable: &mut Executable| {
            executable.instances = vec![instance.clone()];
            executable.detours = vec![detour(0, 0), detour(0, 0)];
        };
        assert_eq!(broken(astray), FormError::Detour(1));
        let unsorted = |executable: &mut Executable| {
            let queues = [Queue::Distributor(Hemisphere::East, 0), Queue::Alu(0)];
            executable.templates[Id::new(0)].queues = queues.map(|queue| (queue, vec![Entry::Nop(1)])).to_vec();
        };
        assert!(matches!(broken(unsorted), FormError::QueueOrder { .. }));
    }
}

//! Builds executables of one template, and takes times.
//!
//! In: bursts at cycles.  Out: queues padded to one length; the time of the fastest run.

use arch::{Chip, Queue};
use program::{Burst, Entry, Executable, Instance, Instruction, Residency, Template, TemplateId};
use std::collections::BTreeMap;
use std::time::Instant;
use units::Arena;

/// Bursts by queue, each queue's in order of cycles.
pub type Queues = BTreeMap<Queue, Vec<(u64, Burst)>>;

/// Dispatches `instruction` from `cycle` on, `count` times, every cycle.
pub fn put(queues: &mut Queues, cycle: u64, queue: Queue, instruction: Instruction, count: u32) {
    queues.entry(queue).or_default().push((cycle, Burst { instruction, count, interval: 1 }));
}

/// A template of `length` cycles.
pub fn template(queues: &Queues, length: u64) -> Template {
    let queues = queues.iter().map(|(queue, bursts)| (*queue, entries(bursts, length))).collect();
    Template { name: "measured".to_owned(), queues }
}

fn entries(bursts: &[(u64, Burst)], length: u64) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut now = 0;
    for (cycle, burst) in bursts {
        entries.extend((now < *cycle).then_some(Entry::Nop((cycle - now) as u32)));
        entries.push(Entry::Issue(*burst));
        now = cycle + burst.length().0;
    }
    entries.push(Entry::Nop((length - now) as u32));
    entries
}

/// Instances of one template, by their bases.
pub fn executable(chip: &Chip, template: Template, bases: &[Vec<u16>], image: Vec<Residency>) -> Executable {
    let mut templates = Arena::new();
    templates.push(template);
    let template = TemplateId::new(0);
    let instances = bases.iter().map(|bases| Instance { template, bases: bases.clone(), layer: None }).collect();
    Executable {
        maps: Vec::new(),
        chip: chip.name.clone(),
        topology: "chip".to_owned(),
        templates,
        detours: Vec::new(),
        instances,
        image,
        record: Vec::new(),
        context: 1,
        outputs: Vec::new(),
    }
}

/// Seconds that the fastest of `runs` runs takes: other load only ever adds.
pub fn fastest(runs: u32, mut run: impl FnMut() -> f64) -> f64 {
    (0..runs).map(|_| run()).fold(f64::INFINITY, f64::min)
}

/// Seconds that `work` takes.
pub fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

//! "Why here?": what keeps an instruction from being one cycle earlier.
//!
//! In: a compiled program, an instruction by template, queue and entry.  Out: its rigid chain and the one constraint that binds it.
//! Invariant: with the whole chain one cycle earlier the program is one that the judge refuses, whatever it was said to compute.
//! Method: an instruction stands at a fixed distance from the others of its chain; the chain was placed at the first cycle at which its
//!     inputs were there and everything it needs was free. The scheduler notes which of these the cycle before failed.

use crate::Why;
use crate::schedule::Busied;
use arch::{Chip, Queue};
use program::{Program, Template, TemplateId};
use std::fmt;

/// An instruction of a template: place of its queue in `Template::queues`, and of the entry in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// Which template.
    pub template: TemplateId,
    /// Which queue.
    pub queue: u32,
    /// Which entry.
    pub entry: u32,
}

/// What the scheduler notes of a rigid chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// First burst of the plan, and one past the last.
    pub bursts: (usize, usize),
    /// What its place depends on besides free resources: the last burst of the plan that has to come before.
    pub after: Option<usize>,
    /// What was busy in the cycle before.
    pub busied: Option<Busied>,
}

/// Why a chain is not one cycle earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It begins with the template.
    First,
    /// What this instruction writes, installs or activates has to come before.
    After(Spot),
    /// This queue, or the other port of its slice, is taken by that instruction.
    Queue(Queue, Spot),
    /// All that could do the same are taken: ALUs, or streams of a direction.
    Taken(Busied),
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    /// The instruction.
    pub spot: Spot,
    /// Its cycle after the template's start.
    pub cycle: u64,
    /// All instructions of its chain.
    pub chain: Vec<Spot>,
    /// What binds the chain.
    pub reason: Reason,
    names: Names,
}

/// What the sentence calls the instruction and the one that binds it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Names {
    own: String,
    other: String,
}

/// Why the instruction of a program at `spot` is where it is, by what its compiler noted; nothing if there is none.
pub fn why_in((program, why): (&Program, &[Why]), chip: &Chip, spot: Spot) -> Option<Here> {
    let why = why.get(spot.template.index())?;
    let template = program.executable.templates.get(spot.template)?;
    let place = why.places.iter().position(|&place| place == (spot.queue, spot.entry))?;
    let block = why.blocks.iter().find(|block| (block.bursts.0..block.bursts.1).contains(&place))?;
    let at = |burst: usize| {
        let (queue, entry) = why.places[burst];
        Spot { template: spot.template, queue, entry }
    };
    let chain: Vec<Spot> = (block.bursts.0..block.bursts.1).map(at).collect();
    let reason = match (block.busied, block.after) {
        (Some(Busied::Queue(queue)), _) => match holder(template, chip, &chain, queue) {
            Some(other) => Reason::Queue(queue, other),
            None => Reason::Taken(Busied::Queue(queue)),
        },
        (Some(busied), _) => Reason::Taken(busied),
        (None, Some(after)) => Reason::After(at(after)),
        (None, None) => Reason::First,
    };
    let other = match reason {
        Reason::After(other) | Reason::Queue(_, other) => named(template, other),
        Reason::Taken(busied) => busied.to_string(),
        Reason::First => String::new(),
    };
    let names = Names { own: named(template, spot), other };
    Some(Here { spot, cycle: cycle(template, spot)?, chain, reason, names })
}

impl Here {
    /// The same in Traditional Chinese (Taiwan).
    pub fn chinese(&self) -> String {
        let Here { cycle, chain, names: Names { own, other }, .. } = self;
        let count = chain.len();
        let reason = match &self.reason {
            Reason::First => "它隨樣板開始，沒有更早的週期".to_owned(),
            Reason::After(_) => format!("必須在 {other} 之後"),
            Reason::Queue(queue, _) => format!("早一個週期時 {queue} 正被 {other} 占用"),
            Reason::Taken(busied) => format!("早一個週期時沒有空閒的 {}", busied.chinese()),
        };
        format!("{own} 在第 {cycle} 週期：它所屬的剛性鏈共有 {count} 道指令，{reason}。")
    }
}

impl fmt::Display for Here {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Here { cycle, chain, names: Names { own, other }, .. } = self;
        let count = chain.len();
        write!(f, "{own} is at cycle {cycle}: it belongs to a rigid chain of {count} instructions, ")?;
        match &self.reason {
            Reason::First => f.write_str("which begins with the template."),
            Reason::After(_) => write!(f, "which has to come after {other}."),
            Reason::Queue(queue, _) => write!(f, "and one cycle earlier {queue} is taken by {other}."),
            Reason::Taken(_) => write!(f, "and one cycle earlier all {other} are taken."),
        }
    }
}

/// Queue, entry and mnemonic.
fn named(template: &Template, spot: Spot) -> String {
    let (queue, entries) = &template.queues[spot.queue as usize];
    match &entries[spot.entry as usize] {
        program::Entry::Issue(burst) => format!("{queue} #{} ({})", spot.entry, burst.instruction.mnemonic()),
        program::Entry::Nop(_) => format!("{queue} #{}", spot.entry),
    }
}

/// Cycle of an entry after the template's start.
fn cycle(template: &Template, spot: Spot) -> Option<u64> {
    let entries = &template.queues.get(spot.queue as usize)?.1;
    Some(entries.iter().take(spot.entry as usize).map(|entry| entry.length().0).sum())
}

/// Who issues in `queue`, or at the other port of its slice, when the chain's own instructions of that queue would, one cycle earlier.
fn holder(template: &Template, chip: &Chip, chain: &[Spot], queue: Queue) -> Option<Spot> {
    let ports = match queue {
        Queue::MemRead(slice) => vec![queue, Queue::MemWrite(slice)],
        Queue::MemWrite(slice) => vec![queue, Queue::MemRead(slice)],
        _ => vec![queue],
    };
    debug_assert!(Queue::all(chip).contains(&queue), "a queue of the chip");
    let id = chain.first()?.template;
    let mut wanted: Vec<(u64, u64)> = Vec::new();
    let mut others: Vec<(u64, u64, Spot)> = Vec::new();
    for (place, entry, start, burst) in template.bursts() {
        let spot = Spot { template: id, queue: place as u32, entry: entry as u32 };
        let (name, end) = (template.queues[place].0, start + burst.length().0);
        if chain.contains(&spot) {
            if name == queue {
                wanted.push((start.saturating_sub(1), end.saturating_sub(1)));
            }
        } else if ports.contains(&name) {
            others.push((start, end, spot));
        }
    }
    let meets = |&&(start, end, _): &&(u64, u64, Spot)| wanted.iter().any(|&(from, to)| start < to && from < end);
    others.iter().find(meets).map(|(.., spot)| *spot)
}

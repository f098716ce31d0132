//! What a queue does to itself: Fetch, Sync, Notify, Config; and Deskew, for which the whole chip rests.
//!
//! In: dispatches of any queue.  Out: superlanes at work, instructions at hand, and violations where a queue runs ahead of them.
//! Invariant: nothing here moves a cycle: a template is over when its longest queue is, and whoever is parked then goes on. Where the
//!     chip would go on in another cycle, or never, a rule is broken and noted.
//! Method: state per queue that was ever told something; a chip without such orders pays one comparison per dispatch.

use crate::prepare::{Prepared, Track};
use crate::step::Step;
use crate::word::{Value, Word};
use crate::{Cause, Observer};
use arch::{Chip, Queue, SliceId};
use program::{Address, Instruction, SUPERLANES, WORD_BYTES};
use std::collections::BTreeMap;
use units::Cycles;

/// Bytes of a superlane.
const LANES: usize = WORD_BYTES / SUPERLANES as usize;

/// Superlanes of one queue's unit.
#[derive(Clone, Copy)]
struct Power {
    /// From this cycle on the queue may dispatch, and these are at work.
    from: u64,
    superlanes: u8,
}

/// What queues were told.
#[derive(Clone, Default)]
pub(crate) struct Icu {
    powers: BTreeMap<Queue, Power>,
    /// By slice: the last cycle in which a Fetch has its port.
    ports: BTreeMap<SliceId, u64>,
    /// By place in the template's queues: when what was fetched comes.
    fetched: BTreeMap<u32, Vec<u64>>,
    /// The Notify of this instance: its cycle, and the queue's place in the template.
    notified: Option<(u64, u32)>,
    /// The cycle after that of the last dispatch.
    last: u64,
    /// The queue whose Deskew holds the instance.
    holder: Option<Queue>,
    /// The end of the last Deskew.
    aligned: u64,
    /// Its instance.
    deskewed: Option<u32>,
}

impl Icu {
    /// Whether every unit works at full length.
    pub(crate) fn is_whole(&self) -> bool {
        self.powers.is_empty()
    }

    /// Forgets what concerns one instance only.
    pub(crate) fn enter(&mut self) {
        self.fetched.clear();
        (self.notified, self.holder) = (None, None);
    }

    /// Whether a value of instance `from` is used in instance `to` although the clocks were aligned in between.
    #[inline]
    pub(crate) fn is_across(&self, from: u32, to: u32) -> bool {
        self.deskewed.is_some_and(|deskewed| from <= deskewed && deskewed < to)
    }

    /// What is wrong with the end of an instance: nobody was released, or in another cycle.
    pub(crate) fn end(&self, template: &Prepared, end: u64, chip: &Chip) -> Option<Cause> {
        let release = self.notified.map(|(cycle, _)| cycle + u64::from(chip.latency.barrier));
        let is_alone = |(_, queue)| template.unparked.iter().all(|unparked| *unparked == queue);
        let is_right = match template.parked {
            0 => release.is_none(),
            _ => release == Some(end) && self.notified.is_some_and(is_alone),
        };
        (!is_right).then_some(Cause::Release { release, end })
    }
}

/// What must be true before a dispatch; notes what is not, and says how many superlanes work.
#[inline]
pub(crate) fn before<O: Observer>(
    step: &mut Step<O>,
    (track, start): (&Track, u64),
    needs: &[(u64, u64)],
    instruction: &Instruction,
) {
    if !needs.is_empty() {
        supply(step, (track, start), needs);
    }
    let icu = &step.state.icu;
    if icu.holder.is_some_and(|holder| holder != step.queue || *instruction != Instruction::Notify) {
        step.violation(Cause::Restless);
    }
    if !step.state.icu.powers.is_empty()
        && let Some(power) = step.state.icu.powers.get(&step.queue).copied()
    {
        step.superlanes = power.superlanes;
        if step.cycle < power.from {
            step.violation(Cause::Unsettled { from: power.from });
        }
    }
}

/// Notes that a dispatch took place.
#[inline]
pub(crate) fn after<O: Observer>(step: &mut Step<O>) {
    step.state.icu.last = step.cycle + 1;
}

/// Entries that start before they were fetched.
fn supply<O: Observer>(step: &mut Step<O>, (track, start): (&Track, u64), needs: &[(u64, u64)]) {
    let each = step.shared.chip.fetch_instructions();
    let came = step.state.icu.fetched.get(&track.number);
    let at_hand = |cycle: u64| {
        let times = came.into_iter().flatten().filter(|time| **time <= cycle);
        each * (1 + times.count() as u64)
    };
    let missing = needs.iter().find(|(cycle, needed)| at_hand(start + *cycle) < *needed);
    if let Some(&(cycle, needed)) = missing {
        let fetched = at_hand(start + cycle);
        step.violation(Cause::Starved { needed, fetched });
    }
}

/// Executes a Fetch; `used` is how many instructions of the queue start before a cycle.
pub(crate) fn fetch<O: Observer>(
    step: &mut Step<O>,
    (slice, address): (SliceId, Address),
    bases: &[u16],
    used: impl Fn(u64) -> u64,
) {
    let chip = &step.shared.chip;
    if !step.shared.has(slice) || !chip.is_reserved(slice) {
        step.violation(Cause::FetchSlice { slice });
        return;
    }
    let first = address.word(bases, step.site.iteration).unwrap_or(-1);
    if first < 0 || i64::from(chip.words) <= first + 1 {
        step.violation(Cause::AddressRange { address: first });
        return;
    }
    let busy = step.state.icu.ports.insert(slice, step.cycle + 1);
    if busy.is_some_and(|last| step.cycle <= last) {
        step.violation(Cause::FetchPort { slice });
    }
    let comes = step.cycle + u64::from(chip.latency.fetch);
    let (each, room) = (chip.fetch_instructions(), u64::from(chip.queue_instructions));
    let times = step.state.icu.fetched.entry(step.site.queue).or_default();
    times.push(comes);
    let held = (each * (1 + times.len() as u64)).saturating_sub(used(comes));
    if room < held {
        step.violation(Cause::QueueFull { held });
    }
}

/// Executes a Notify.
pub(crate) fn notify<O: Observer>(step: &mut Step<O>) {
    let order = (step.cycle, step.site.queue);
    if step.state.icu.notified.replace(order).is_some() {
        step.violation(Cause::NotifiedTwice);
    }
}

/// Executes a Config.
pub(crate) fn config<O: Observer>(step: &mut Step<O>, superlanes: u8) {
    if SUPERLANES < superlanes {
        step.violation(Cause::Superlanes { superlanes });
        return;
    }
    let from = step.cycle + u64::from(step.shared.chip.latency.config);
    step.state.icu.powers.insert(step.queue, Power { from, superlanes });
}

/// Executes a Deskew.
pub(crate) fn deskew<O: Observer>(step: &mut Step<O>, cycles: u16, is_parked: bool) {
    let chip = &step.shared.chip;
    let drift = chip.drift(Cycles(step.cycle.saturating_sub(step.state.icu.aligned))).0;
    if u64::from(cycles) < drift || chip.clock_period < u32::from(cycles) {
        step.violation(Cause::Reserve { drift });
    }
    if !is_parked || step.cycle < step.state.icu.last {
        step.violation(Cause::Restless);
    }
    let icu = &mut step.state.icu;
    icu.holder = Some(step.queue);
    icu.aligned = step.cycle + u64::from(cycles.max(1));
    icu.deskewed = Some(step.site.instance);
}

/// The result of an ALU of so many superlanes.
pub(crate) fn cut_lanes(value: Value, superlanes: u8) -> Value {
    match value {
        Value::Lanes(lanes) if superlanes < SUPERLANES => {
            let end = usize::from(superlanes) * LANES;
            Value::made(|to| to[..end].copy_from_slice(&lanes[..end]))
        }
        other => other,
    }
}

/// The word as a unit of so many superlanes has it.
pub(crate) fn cut(word: Word, superlanes: u8) -> Word {
    match word {
        Word::Bytes(bytes) if superlanes < SUPERLANES => {
            let end = usize::from(superlanes) * LANES;
            Word::new(std::array::from_fn(|at| if at < end { bytes[at] } else { 0 }))
        }
        other => other,
    }
}

//! Rule 9: instruction storage and fetch.
//!
//! In: chip and well-formed executable.  Out: violations, and the expanded bytes.
//! Invariant: counts what the chip would hold, not what the artefact holds: templates are expanded over their instances.
//! Method: a NOP of n cycles is ceil(n / 65,535) instructions, a burst is one, one more if it repeats. Sides of a slice are
//!     counted apart although one instruction could hold both, and queues without instructions must be kept quiet by NOPs: an
//!     upper bound. The average rate is held against one word per cycle and reserved slice.
//! Source: facts/hardware.md 3 (144 queues x 16 B), decisions.md 15 (nine reserved slices; assumed).

use crate::{Fault, Place, Report, Violation};
use arch::{Chip, Queue};
use program::{Entry, Executable, Template};
use units::Order;

/// Longest NOP that one instruction encodes.
const NOP_MAX: u64 = 65_535;

/// Judges storage and fetch, and returns the bytes of all instructions of a token on the chip that has most of them.
pub(crate) fn check(chip: &Chip, executable: &Executable, report: &mut Report) -> u64 {
    let queues = Queue::all(chip).len() as u64;
    let counts: Vec<u64> = executable.templates.iter().map(|(_, template)| instructions(template, queues)).collect();
    // Only chips that leave the way of the others differ from them.
    let mut chips: Vec<u16> = executable.detours.iter().map(|detour| detour.chip).collect();
    chips.push(u16::MAX);
    chips.order();
    chips.dedup();
    let of_chip = |chip: u16| {
        let templates = (0..executable.instances.len()).filter_map(|instance| executable.template_on(chip, instance));
        templates.fold(0u64, |sum, template| sum.saturating_add(counts[template.index()]))
    };
    let total = chips.into_iter().map(of_chip).max().unwrap_or(0);
    let bytes = total.saturating_mul(u64::from(chip.instruction_bytes));
    let capacity = room(chip);
    let mut fault = |fault| report.push(Violation::new(None, Place::Program, fault));
    if capacity < bytes {
        fault(Fault::StorageFull { capacity, found: bytes });
    }
    let cycles = executable.length().0;
    let rate = chip.slices_reserved.len() as u64 * u64::from(chip.lanes());
    if rate.saturating_mul(cycles) < bytes {
        let found = (u128::from(bytes) * 1000).div_ceil(u128::from(cycles.max(1)));
        fault(Fault::FetchRate { capacity: rate * 1000, found: u64::try_from(found).unwrap_or(u64::MAX) });
    }
    bytes
}

/// Bytes of the slices that hold instructions.
pub(crate) fn room(chip: &Chip) -> u64 {
    chip.slices_reserved.len() as u64 * u64::from(chip.words) * u64::from(chip.lanes())
}

fn instructions(template: &Template, queues: u64) -> u64 {
    let quiet = queues.saturating_sub(template.queues.len() as u64) * template.length().0.div_ceil(NOP_MAX);
    let entry = |entry: &Entry| match entry {
        Entry::Nop(cycles) => u64::from(*cycles).div_ceil(NOP_MAX),
        Entry::Issue(burst) => 1 + u64::from(1 < burst.count),
    };
    quiet + template.queues.iter().flat_map(|(_, entries)| entries).map(entry).sum::<u64>()
}

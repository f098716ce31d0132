//! Rule 1, the program: queues, entries, instances.
//!
//! In: chip and executable.  Out: violations; with none, the executable can be expanded without overflow.
//! Invariant: reads nothing but the executable's own structure; sums that could overflow are checked before `program`'s own
//!     functions, which add without asking, are called by anyone.
//! Method: one walk over templates, one over instances.

use super::operand;
use crate::{Fault, Field, Noun, Phrase, Place, Quantity, Report, Violation};
use arch::{Chip, Queue, Topology};
use program::{Detour, Entry, Executable, Instruction, LaneMap, Template};
use std::collections::BTreeSet;
use units::gathered;

/// Cycles and dispatches, those to the token's position among them.
#[derive(Clone, Copy, Default)]
struct Size {
    cycles: u64,
    issues: u64,
    mapped: u64,
}

impl Size {
    /// Adds what `other` dispatches, in no further cycles.
    fn join(&mut self, other: Size) {
        self.issues = self.issues.saturating_add(other.issues);
        self.mapped = self.mapped.saturating_add(other.mapped);
    }
}

/// Judges the form of `executable`, and returns the dispatches of a token.
pub(crate) fn check(chip: &Chip, executable: &Executable, report: &mut Report) -> u64 {
    let mut program_fault = |fault| report.push(Violation::new(None, Place::Program, fault));
    if executable.chip != chip.name {
        program_fault(Fault::OtherChip { expected: chip.name.clone(), found: executable.chip.clone() });
    }
    let topology = Topology::named(&executable.topology);
    if topology.is_err() {
        program_fault(Fault::UnknownTopology { found: executable.topology.clone() });
    }
    if executable.context == 0 {
        program_fault(Fault::NoContext);
    }
    let queues: BTreeSet<Queue> = gathered(Queue::all(chip));
    for (number, _) in executable.maps.iter().enumerate().filter(|(_, map)| !map.is_bijection()) {
        let operand = Field::LaneMap(number as u32);
        let fault = Fault::Operand { operand, expected: Phrase::EachLaneOnce, found: Phrase::NoBijection };
        report.push(Violation::new(None, Place::Program, fault));
    }
    let known = (&queues, executable.maps.as_slice());
    let sizes: Vec<Size> =
        executable.templates.iter().map(|(_, template)| check_template(chip, known, template, report)).collect();
    let mut total = Size::default();
    for (number, instance) in executable.instances.iter().enumerate() {
        let place = Place::Instance(number as u32);
        let index = instance.template.index();
        let Some(size) = sizes.get(index) else {
            let (templates, found) = (sizes.len() as u32, index as u32);
            report.push(Violation::new(None, place, Fault::UnknownTemplate { templates, found }));
            continue;
        };
        total.cycles = total.cycles.saturating_add(size.cycles);
        total.join(*size);
        if let Some(fault) = base_fault(&executable.templates[instance.template], &instance.bases) {
            report.push(Violation::new(None, place, fault));
        }
    }
    let chips = topology.map_or(1, |topology| topology.chips);
    // Every chip dispatches all of them, but where it goes its own way.
    total.issues = total.issues.saturating_mul(u64::from(chips));
    total.mapped = total.mapped.saturating_mul(u64::from(chips));
    total.join(check_detours(executable, chips, &sizes, report));
    let image = executable.image.iter().map(|residency| u64::from(residency.words));
    report.bound([
        (Quantity::Cycles, total.cycles),
        (Quantity::Dispatches, total.issues),
        (Quantity::Chips, u64::from(chips)),
        (Quantity::MappedWords, total.mapped.saturating_mul(u64::from(executable.context))),
        (Quantity::ImageWords, image.sum()),
    ]);
    total.issues
}

/// Judges where chips leave the way of the others, and returns an upper bound of what they dispatch there.
fn check_detours(executable: &Executable, chips: u16, sizes: &[Size], report: &mut Report) -> Size {
    let (mut detoured, mut last) = (Size::default(), None);
    for Detour { instance, chip, template } in &executable.detours {
        let place = Place::Instance(*instance);
        let mut fault = |fault| report.push(Violation::new(None, place.clone(), fault).on(usize::from(*chip)));
        let operand = |operand: Field, expected: Phrase, found: u64| {
            let found = Phrase::Number(found);
            Fault::Operand { operand, expected, found }
        };
        if last.is_some_and(|last| (*instance, *chip) <= last) {
            fault(operand(Field::Detour, Phrase::RisingOrder, u64::from(*chip)));
        }
        last = Some((*instance, *chip));
        if chips <= *chip {
            fault(operand(Field::Chip, Phrase::Below(Noun::Chip, u64::from(chips)), u64::from(*chip)));
        }
        let Some(common) = executable.instances.get(*instance as usize) else {
            let expected = Phrase::Below(Noun::Instance, executable.instances.len() as u64);
            fault(operand(Field::Instance, expected, u64::from(*instance)));
            continue;
        };
        let Some(size) = sizes.get(template.index()) else {
            fault(Fault::UnknownTemplate { templates: sizes.len() as u32, found: template.index() as u32 });
            continue;
        };
        detoured.join(*size);
        if let Some(expected) = sizes.get(common.template.index()).filter(|common| common.cycles != size.cycles) {
            fault(Fault::QueueLength { expected: expected.cycles, found: size.cycles });
        }
        if let Some(base) = base_fault(&executable.templates[*template], &common.bases) {
            fault(base);
        }
    }
    detoured
}

fn check_template(
    chip: &Chip,
    (queues, maps): (&BTreeSet<Queue>, &[LaneMap]),
    template: &Template,
    report: &mut Report,
) -> Size {
    let mut size = Size::default();
    let lengths: Vec<u64> = template.queues.iter().map(|(_, entries)| length(entries)).collect();
    let longest = lengths.iter().copied().max().unwrap_or(0);
    size.cycles = longest;
    let mut last: Option<Queue> = None;
    for ((queue, entries), length) in template.queues.iter().zip(lengths) {
        let mut fault = |fault| {
            let place = Place::Queue { template: template.name.clone(), queue: *queue };
            report.push(Violation::new(None, place, fault));
        };
        if !queues.contains(queue) {
            fault(Fault::UnknownQueue);
        }
        if last.is_some_and(|last| *queue <= last) {
            fault(Fault::QueueOrder);
        }
        last = Some(*queue);
        let sync = entries.iter().position(is_sync);
        if let Some(place) = sync.filter(|place| place + 1 < entries.len()) {
            let found = Phrase::EntryOf { place: place as u64, entries: entries.len() as u64 };
            fault(Fault::Operand { operand: Field::Sync, expected: Phrase::LastEntry, found });
        }
        if length != longest && sync.is_none() {
            fault(Fault::QueueLength { expected: longest, found: length });
        }
        for (entry, item) in entries.iter().enumerate() {
            let mut faults = Vec::new();
            check_entry(chip, maps, (*queue, item), &mut faults);
            for fault in faults {
                let place = Place::Entry { template: template.name.clone(), queue: *queue, entry: entry as u32 };
                report.push(Violation::new(None, place, fault));
            }
            if let Entry::Issue(burst) = item {
                let count = u64::from(burst.count);
                let is_mapped = matches!(burst.instruction, Instruction::Gather { .. } | Instruction::Scatter { .. });
                size.join(Size { issues: count, mapped: if is_mapped { count } else { 0 }, cycles: 0 });
            }
        }
    }
    size
}

fn check_entry(chip: &Chip, maps: &[LaneMap], (queue, entry): (Queue, &Entry), faults: &mut Vec<Fault>) {
    let mut empty = |field| faults.push(Fault::EmptyEntry { field });
    match entry {
        Entry::Nop(0) => empty(Field::NopCycles),
        Entry::Nop(_) => {}
        Entry::Issue(burst) => {
            if burst.count == 0 {
                empty(Field::Count);
            }
            if burst.interval == 0 {
                empty(Field::Interval);
            }
            let is_alone = burst.instruction.is_control() || matches!(burst.instruction, Instruction::Deskew { .. });
            if is_alone && burst.count != 1 && !matches!(burst.instruction, Instruction::Fetch { .. }) {
                let (expected, found) = (Phrase::Once, Phrase::Number(u64::from(burst.count)));
                faults.push(Fault::Operand { operand: Field::Count, expected, found });
            }
            if belongs(queue, &burst.instruction) {
                operand::check(chip, maps, &burst.instruction, faults);
            } else {
                faults.push(Fault::Misplaced { instruction: burst.instruction.mnemonic().to_owned() });
            }
        }
    }
}

fn is_sync(entry: &Entry) -> bool {
    matches!(entry, Entry::Issue(burst) if burst.instruction == Instruction::Sync)
}

/// Cycles of a queue, without overflow.
fn length(entries: &[Entry]) -> u64 {
    entries.iter().fold(0, |sum: u64, entry| sum.saturating_add(entry.length().0).min(Quantity::Cycles.most() + 1))
}

fn belongs(queue: Queue, instruction: &Instruction) -> bool {
    match instruction {
        Instruction::Read { .. } | Instruction::Gather { .. } => matches!(queue, Queue::MemRead(_)),
        Instruction::Write { .. } | Instruction::Scatter { .. } => matches!(queue, Queue::MemWrite(_)),
        Instruction::Load { .. } | Instruction::Install => matches!(queue, Queue::MxmWeights(..)),
        Instruction::Activate { .. } => matches!(queue, Queue::MxmActivate(..)),
        Instruction::Accumulate { .. } => matches!(queue, Queue::MxmAccumulate(..)),
        Instruction::Alu(_) => matches!(queue, Queue::Alu(_)),
        Instruction::Distribute { .. } => matches!(queue, Queue::Distributor(..)),
        Instruction::Transpose { .. } | Instruction::Rotate { .. } => matches!(queue, Queue::Transposer(..)),
        Instruction::Permute { .. } | Instruction::Shift { .. } => matches!(queue, Queue::Permuter(_)),
        Instruction::Send { .. } | Instruction::Deskew { .. } => matches!(queue, Queue::LinkSend(_)),
        Instruction::Receive { .. } => matches!(queue, Queue::LinkReceive(_)),
        Instruction::Fetch { .. } | Instruction::Sync | Instruction::Notify | Instruction::Config { .. } => true,
    }
}

fn base_fault(template: &Template, bases: &[u16]) -> Option<Fault> {
    if bases.first() != Some(&0) {
        let found = bases.first().map_or(Phrase::NoBase, |base| Phrase::BaseIs(u64::from(*base)));
        return Some(Fault::Base { expected: Phrase::BaseIs(0), found });
    }
    let entries = template.queues.iter().flat_map(|(_, entries)| entries);
    let base = |entry: &Entry| match entry {
        Entry::Issue(burst) => burst.instruction.address().map_or(0, |address| usize::from(address.base)),
        Entry::Nop(_) => 0,
    };
    let greatest = entries.map(base).max().unwrap_or(0);
    let missing = bases.len() <= greatest;
    missing.then(|| {
        let expected = Phrase::AtLeast(greatest as u64 + 1, Noun::Base);
        Fault::Base { expected, found: Phrase::Count(bases.len() as u64, Noun::Base) }
    })
}

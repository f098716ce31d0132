//! What two seats in a row hand over, and what the carry between them leaves alone (S3 to S5).
//!
//! In: a system whose programs and seats are right, the place of a seat.  Out: faults of the joint between it and the next.
//! Invariant: places are compared as lists of (word, place), never by word alone: one that stands twice is looked at twice.
//! Method: joints of one kind are looked at until one is right; sorted lists and binary search; what a carry writes is read off its
//!     queues, iteration by iteration.

use super::fault::{Carried, SystemFault};
use arch::{NODE, Queue, SliceId, Topology};
use graph::{ConstSource, Op};
use program::{Executable, Instruction, Packing, Program, RecordContent, System, WordSource, arriving};
use std::collections::BTreeSet;
use units::Order;

/// Inputs that the host sends to every seat with its launch.
const LAUNCHED: [&str; 2] = ["position", "horizon"];

/// A stretch, the carry from it and the stretch after it: what S4 and S5 depend on, wherever the seats are.
type Kind = (u32, u32, u32);

/// The joints looked at so far.
#[derive(Default)]
pub(super) struct Joints {
    /// Kinds of which S4 and S5 hold.
    right: BTreeSet<Kind>,
}

impl Joints {
    /// S3 to S5 between a seat and the next.
    pub(super) fn check(&mut self, system: &System, topology: &Topology, place: usize, faults: &mut Vec<SystemFault>) {
        let (one, two) = (&system.seats[place], &system.seats[place + 1]);
        let number = one.carry.expect("S2 was checked");
        let carry = &system.carries[number as usize];
        let pair = Topology::named(&carry.executable.topology).expect("the judge accepted it");
        if !topology.is_joined_alike((one.node, two.node), &pair) {
            faults.push(SystemFault::Joint { seat: place, carry: pair.name.clone() });
        }
        let kind = (one.role, number, two.role);
        if self.right.contains(&kind) {
            return;
        }
        let before = faults.len();
        handed_over(system, place, carry, faults);
        if faults.len() == before {
            self.right.insert(kind);
        }
    }
}

/// S4 and S5 between a seat and the next.
fn handed_over(system: &System, place: usize, carry: &Program, faults: &mut Vec<SystemFault>) {
    let [before, after] =
        [place, place + 1].map(|seat| &system.roles[system.seats[seat].role as usize].program.executable);
    let (given, brought) = (given(before), brought(carry));
    let taken = taken(carry, &given, place, faults);
    let missing = |word: &Carried, there: &[Carried]| there.binary_search(word).is_err();
    let lost = given.iter().filter(|word| missing(word, &taken));
    faults.extend(lost.map(|word| SystemFault::Place { seat: place, word: word.clone() }));
    let lacking = needed(after).into_iter().filter(|word| missing(word, &brought));
    faults.extend(lacking.map(|word| SystemFault::Place { seat: place + 1, word }));
    let written = written(&carry.executable);
    for (seat, first, role) in [(place, 0, before), (place + 1, NODE, after)] {
        overwritten(seat, role, |word| written.range(shifted(word, first)).next().is_some(), faults);
    }
}

/// Chip, slice and word.
type Home = (u16, SliceId, u16);

/// Words `of.1 .. of.1 + of.2` of a slice, on the chips of a carry.
fn shifted((chip, slice, address, words): (u16, SliceId, u16, u16), first: u16) -> std::ops::RangeInclusive<Home> {
    let last = address.saturating_add(words.max(1) - 1);
    (first + chip, slice, address)..=(first + chip, slice, last)
}

/// S5: words of a role's image that a carry writes, the first of each run.
fn overwritten(
    seat: usize,
    role: &Executable,
    is_written: impl Fn((u16, SliceId, u16, u16)) -> bool,
    faults: &mut Vec<SystemFault>,
) {
    for run in &role.image {
        let (chip, slice) = (run.chip, run.slice);
        if is_written((chip, slice, run.address, run.words)) {
            let mut words = (0..run.words).map(|word| run.address.saturating_add(word));
            let address = words.find(|&address| is_written((chip, slice, address, 1))).unwrap_or(run.address);
            faults.push(SystemFault::Overwritten { seat, chip, slice, address });
        }
    }
}

/// Every word that a program's Writes name. A Scatter writes a state of the program's own image; `taken` allows a carry none.
fn written(executable: &Executable) -> BTreeSet<Home> {
    let mut words = BTreeSet::new();
    let chips = Topology::named(&executable.topology).map_or(0, |topology| topology.chips);
    for (number, instance) in executable.instances.iter().enumerate() {
        for chip in 0..chips {
            let Some(template) = executable.template_on(chip, number) else { continue };
            let template = &executable.templates[template];
            for (queue, _, _, burst) in template.bursts() {
                let (Queue::MemWrite(slice), Instruction::Write { address, .. }) =
                    (template.queues[queue].0, burst.instruction)
                else {
                    continue;
                };
                let word = |turn| address.word(&instance.bases, turn).and_then(|word| u16::try_from(word).ok());
                words.extend((0..burst.count).filter_map(word).map(|word| (chip, slice, word)));
            }
        }
    }
    words
}

/// Bytes that a stretch leaves, under the names of inputs.
fn given(executable: &Executable) -> Vec<Carried> {
    let mut words = Vec::new();
    for field in &executable.outputs {
        let Some(name) = arriving(plain(&field.output)) else { continue };
        let word = |(byte, slice): (u8, SliceId)| {
            let (chip, name, address) = (field.chip, name.clone(), field.address);
            Carried { chip, name, byte, slice, address }
        };
        words.extend((0..).zip(field.slices).map(word));
    }
    words.order();
    words
}

/// An output's name without the mark of whoever has it.
fn plain(output: &str) -> &str {
    output.split('@').next().unwrap_or_default()
}

/// Bytes that a carry takes up, on the chips of the first node. Whatever else lies in its memory is reported: nobody put it there.
fn taken(carry: &Program, given: &[Carried], seat: usize, faults: &mut Vec<SystemFault>) -> Vec<Carried> {
    let mut words = Vec::new();
    for run in &carry.executable.image {
        let word = match run.source {
            WordSource::Tensor { tensor, packing: Packing::Plane(byte) } if (run.row, run.words) == (0, 1) => {
                let name = carry.lowered.tensors.get(tensor).map(|info| info.name.clone());
                let (chip, slice, address) = (run.chip, run.slice, run.address);
                name.map(|name| Carried { chip, name, byte, slice, address })
            }
            _ => None,
        };
        match word.filter(|word| given.binary_search(word).is_ok()) {
            Some(word) => words.push(word),
            None => faults.push(SystemFault::Stranger { seat, chip: run.chip, slice: run.slice, address: run.address }),
        }
    }
    for field in &carry.executable.record {
        let (slice, address) = (field.slice, field.address);
        faults.push(SystemFault::Stranger { seat, chip: 0, slice, address });
    }
    words.order();
    words
}

/// Bytes that a carry leaves, on the chips of the second node, which count from 0 here: of outputs that are the tensor of their name.
fn brought(carry: &Program) -> Vec<Carried> {
    let mut words = Vec::new();
    for field in carry.executable.outputs.iter().filter(|field| NODE <= field.chip) {
        let name = plain(&field.output);
        if tensor_of(carry, &field.output) != Some(name) {
            continue;
        }
        let word = |(byte, slice): (u8, SliceId)| {
            let (chip, name, address) = (field.chip - NODE, name.to_owned(), field.address);
            Carried { chip, name, byte, slice, address }
        };
        words.extend((0..).zip(field.slices).map(word));
    }
    words.order();
    words
}

/// The name of the tensor that an output of a carry's graph is.
fn tensor_of<'c>(carry: &'c Program, output: &str) -> Option<&'c str> {
    let graph = &carry.lowered;
    let (_, node) = graph.outputs.iter().find(|(name, _)| name == output)?;
    match graph.nodes.get(*node)?.op {
        Op::Const(ConstSource::Tensor(tensor)) => Some(&graph.tensors.get(tensor)?.name),
        _ => None,
    }
}

/// Bytes of inputs that a stretch finds in its launch record, the same on every chip, but for those that are launched.
fn needed(executable: &Executable) -> Vec<Carried> {
    let mut words = Vec::new();
    for field in &executable.record {
        let RecordContent::Input { name, plane } = &field.content else { continue };
        if LAUNCHED.contains(&name.as_str()) {
            continue;
        }
        let (byte, slice, address) = (*plane, field.slice, field.address);
        words.extend((0..NODE).map(|chip| Carried { chip, name: name.clone(), byte, slice, address }));
    }
    words
}

//! The judge of a pipeline: every violation of the theorems of its joints, or the verified system.
//!
//! In: a chip and a system, neither trusted.  Out: `VerifiedSystem`, or every fault with its seat and what was expected.
//! Invariant: consults nobody: what a seat needs and what a carry brings is read off the programs; how the model was cut is not asked.
//! Method: programs are judged once each, as any program is; what is left are the joints, and each is a comparison of places. As a seat
//!     begins when the carry to it has ended, nothing of one program is under way in the next.
//!
//! # The theorems
//! S1. *Programs.* Every role is a verified program for one node, every carry one for two nodes of the system's topology.
//! S2. *Seats.* Each seat names a node that is there and no other seat has, a role that is there, and but for the last a carry that is there.
//! S3. *Joints.* Between two seats in a row the nodes have the cables that the nodes of the carry have: same ports, same ends.
//! S4. *Handing over.* For every output of a seat but the last, on every chip: the carry's image holds its bytes in that place, as the
//!     tensor with the name of the input that it becomes. For every byte of an input that is not the host's: on every chip of the second
//!     node the carry's output of that name lies in the place where the seat's launch record has it.
//! S5. *Times.* With one token in flight a cable, a port, a slice and a stream have one user because a seat has one program at a time:
//!     its own, the carry to it or the carry from it. With several in flight, `System::period` apart, no two tokens are in one seat.
//!
//! What the host sends (position, horizon and, to the first seat, the embedding) goes to every seat with its launch.

use crate::{Extent, Report, judge};
use arch::{Chip, NODE, SliceId, Topology};
use graph::{ConstSource, Graph, Node, Op};
use program::{Executable, Packing, Program, RecordContent, System, WordSource, arriving};
use std::collections::BTreeMap;
use std::fmt;

/// A system whose programs and joints were found to be right.
#[derive(Clone, Debug)]
pub struct VerifiedSystem {
    chip: Chip,
    system: System,
    /// By role.
    roles: Vec<Extent>,
    /// By carry.
    carries: Vec<Extent>,
}

/// What is wrong with a system.
#[derive(Clone, Debug, PartialEq)]
pub enum SystemFault {
    /// S1: a role or carry is not a legal program.
    Program {
        /// Name of the role, or of the carry's topology.
        name: String,
        /// What the judge found.
        report: Report,
    },
    /// S1, S2: something is named that is not there, or not as it must be.
    Missing {
        /// Place in `System::seats`.
        seat: usize,
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
    /// S3: the carry is for nodes that are joined otherwise.
    Joint {
        /// Place of the first seat.
        seat: usize,
        /// The carry's topology.
        carry: String,
    },
    /// S4: a word is not where it is taken from, or not brought where it is needed.
    Place {
        /// Place of the seat that gives or takes it.
        seat: usize,
        /// The chip in the node.
        chip: u16,
        /// Name of the input, with its byte.
        word: String,
    },
}

impl fmt::Display for SystemFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SystemFault::Program { name, report } => {
                let first = report.violations.first().map(|violation| violation.fault.rule());
                write!(f, "{name}: {} violations, the first of rule {first:?}", report.total)
            }
            SystemFault::Missing { seat, expected, found } => {
                write!(f, "seat {seat}: expected {expected}, found {found}")
            }
            SystemFault::Joint { seat, carry } => {
                write!(f, "seat {seat}: its node is not joined to the next one as those of `{carry}` are")
            }
            SystemFault::Place { seat, chip, word } => {
                write!(f, "seat {seat}, chip {chip}: {word} is not where the carry has it")
            }
        }
    }
}

impl VerifiedSystem {
    /// The system.
    pub fn system(&self) -> &System {
        &self.system
    }

    /// The machine it was verified for.
    pub fn chip(&self) -> &Chip {
        &self.chip
    }

    /// Sizes of its roles, in order.
    pub fn roles(&self) -> &[Extent] {
        &self.roles
    }

    /// Sizes of its carries, in order.
    pub fn carries(&self) -> &[Extent] {
        &self.carries
    }
}

/// Judges a system.
///
/// Errors: every fault.
pub fn check_system(chip: &Chip, system: System) -> Result<VerifiedSystem, Vec<SystemFault>> {
    let mut faults = Vec::new();
    let topology = Topology::named(&system.topology).ok();
    let mut extents = programs(chip, &system, &mut faults);
    for (place, seat) in system.seats.iter().enumerate() {
        let mut missing = |expected: &str, found: String| {
            faults.push(SystemFault::Missing { seat: place, expected: expected.to_owned(), found });
        };
        if topology.as_ref().is_none_or(|topology| topology.nodes() <= seat.node) {
            missing("a node of the topology", format!("{} of `{}`", seat.node, system.topology));
        }
        if system.seats[..place].iter().any(|other| other.node == seat.node) {
            missing("a node that no other seat has", seat.node.to_string());
        }
        if system.roles.len() <= seat.role as usize {
            missing("a role that is there", seat.role.to_string());
        }
        let is_last = place + 1 == system.seats.len();
        if is_last != seat.carry.is_none() || seat.carry.is_some_and(|carry| system.carries.len() <= carry as usize) {
            missing("a carry that is there, and none after the last seat", format!("{:?}", seat.carry));
        }
    }
    let Some(topology) = topology.filter(|_| faults.is_empty()) else { return Err(faults) };
    for place in 1..system.seats.len() {
        joint(&system, &topology, place - 1, &mut faults);
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let carries = extents.split_off(system.roles.len());
    Ok(VerifiedSystem { chip: chip.clone(), system, roles: extents, carries })
}

/// S1; sizes of roles and carries.
fn programs(chip: &Chip, system: &System, faults: &mut Vec<SystemFault>) -> Vec<Extent> {
    let mut extents = Vec::new();
    let node = |program: &Program| Topology::named(&program.executable.topology).is_ok_and(|it| it.chips == NODE);
    let pair = |program: &Program| {
        let excerpt = Topology::named(&program.executable.topology).is_ok_and(|it| it.nodes() == 2);
        excerpt && program.executable.topology.split(':').next() == Some(&system.topology)
    };
    let roles = system.roles.iter().map(|role| (&role.name, &role.program, node(&role.program)));
    let carries = system.carries.iter().map(|carry| (&carry.executable.topology, carry, pair(carry)));
    for (seat, (name, program, is_placed)) in roles.chain(carries).enumerate() {
        if !is_placed {
            let expected = format!("a node of {NODE} chips, or two of `{}`", system.topology);
            let found = program.executable.topology.clone();
            faults.push(SystemFault::Missing { seat, expected, found });
        }
        let (report, extent) = judge(chip, program);
        extents.push(extent);
        if 0 < report.total {
            faults.push(SystemFault::Program { name: name.clone(), report });
        }
    }
    extents
}

/// Where a byte lies: chip in the node, input's name, byte.
type Word = (u16, String, u8);
type Home = (SliceId, u16);

/// S3 and S4 between a seat and the next.
fn joint(system: &System, topology: &Topology, place: usize, faults: &mut Vec<SystemFault>) {
    let (one, two) = (&system.seats[place], &system.seats[place + 1]);
    let carry = &system.carries[one.carry.expect("S2 was checked") as usize];
    let pair = Topology::named(&carry.executable.topology).expect("the judge accepted it");
    if !topology.is_joined_alike((one.node, two.node), &pair) {
        faults.push(SystemFault::Joint { seat: place, carry: pair.name.clone() });
    }
    let [before, after] = [one, two].map(|seat| &system.roles[seat.role as usize].program);
    let (given, taken) = (given(&before.executable), loaded(carry));
    for (word, home) in given.iter().filter(|(word, home)| taken.get(*word) != Some(*home)) {
        faults.push(wrong(place, word, home));
    }
    let (needed, brought) = (needed(&after.executable), brought(carry));
    let is_carried = |name: &str| given.keys().any(|(_, other, _)| other == name);
    for (word, home) in needed.iter().filter(|(word, home)| brought.get(*word) != Some(*home)) {
        // What is launched with the token is not carried, unless it is what only the first seat gets from the host.
        if is_carried(&word.1) || is_stream(&after.lowered, &word.1) {
            faults.push(wrong(place + 1, word, home));
        }
    }
}

fn wrong(seat: usize, (chip, name, byte): &Word, home: &Home) -> SystemFault {
    let word = format!("byte {byte} of `{name}`, {} word {},", home.0, home.1);
    SystemFault::Place { seat, chip: *chip, word }
}

/// Whether an input is a tile of what flows from stretch to stretch.
fn is_stream(lowered: &Graph, name: &str) -> bool {
    let is_it = |node: &Node| matches!(&node.op, Op::Input { name: other } if other == name);
    let tile = name.split_once('.').is_some_and(|(_, tile)| tile.parse::<u32>().is_ok());
    tile && lowered.nodes.iter().any(|(_, node)| is_it(node))
}

/// Bytes that a stretch leaves, under the names of inputs.
fn given(executable: &Executable) -> BTreeMap<Word, Home> {
    let mut words = BTreeMap::new();
    for field in &executable.outputs {
        let name = field.output.split('@').next().unwrap_or_default();
        let Some(name) = arriving(name) else { continue };
        for (byte, slice) in (0..).zip(field.slices) {
            words.insert((field.chip, name.clone(), byte), (slice, field.address));
        }
    }
    words
}

/// Bytes that a carry takes up, on the chips of the first node.
fn loaded(carry: &Program) -> BTreeMap<Word, Home> {
    let mut words = BTreeMap::new();
    for residency in &carry.executable.image {
        let WordSource::Tensor { tensor, packing: Packing::Plane(byte) } = residency.source else { continue };
        if let Some(info) = carry.lowered.tensors.get(tensor).filter(|_| residency.row == 0) {
            words.insert((residency.chip, info.name.clone(), byte), (residency.slice, residency.address));
        }
    }
    words
}

/// Bytes that a carry leaves, on the chips of the second node, which count from 0 here: of outputs that are the tensor of their name.
fn brought(carry: &Program) -> BTreeMap<Word, Home> {
    let mut words = BTreeMap::new();
    for field in carry.executable.outputs.iter().filter(|field| NODE <= field.chip) {
        let name = field.output.split('@').next().unwrap_or_default();
        if tensor_of(&carry.lowered, &field.output) != Some(name) {
            continue;
        }
        for (byte, slice) in (0..).zip(field.slices) {
            words.insert((field.chip - NODE, name.to_owned(), byte), (slice, field.address));
        }
    }
    words
}

/// The name of the tensor that an output of the graph is.
fn tensor_of<'g>(lowered: &'g Graph, output: &str) -> Option<&'g str> {
    let (_, node) = lowered.outputs.iter().find(|(name, _)| name == output)?;
    match lowered.nodes.get(*node)?.op {
        Op::Const(ConstSource::Tensor(tensor)) => Some(&lowered.tensors.get(tensor)?.name),
        _ => None,
    }
}

/// Bytes of inputs that a stretch finds in its launch record, the same on every chip.
fn needed(executable: &Executable) -> BTreeMap<Word, Home> {
    let mut words = BTreeMap::new();
    for field in &executable.record {
        let RecordContent::Input { name, plane } = &field.content else { continue };
        for chip in 0..NODE {
            words.insert((chip, name.clone(), *plane), (field.slice, field.address));
        }
    }
    words
}

//! The judge of a pipeline: every violation of the theorems of its joints, or the verified system.
//!
//! In: a chip and a system, neither trusted.  Out: `VerifiedSystem`, or every fault with its seat and what was expected.
//! Invariant: consults nobody: what a seat needs and what a carry brings is read off the programs; how the model was cut is not asked.
//! Method: programs are judged once each, as any program is; what is left are the joints, and each is a comparison of places. As a seat
//!     begins when the carry to it has ended and leaves a chip at rest (S7), nothing of one program is under way in the next.
//!
//! # The theorems
//! S1. *Programs.* Every role is a verified program for one node, all for as many positions; every carry one for two nodes of the
//!     system's topology.
//! S2. *Seats.* There is one. Each names a node that is there and no other seat has, a role that is there, and but for the last a carry
//!     that is there.
//! S3. *Joints.* Between two seats in a row the nodes have the cables that the nodes of the carry have: same ports, same ends.
//! S4. *Handing over.* What lies in the memory of a carry before it begins is, word by word, what the seat's outputs leave on that chip in
//!     that place, as the tensor with the name of the input that they become: all of it, and nothing else. For every byte of an input
//!     that is not the host's, wherever the next seat's launch record has it: on every chip of the second node the carry's output of
//!     that name lies in that place.
//! S5. *Memory.* No word of the image of a seat's role (weights and states, which stay from token to token) is written by the carry to it
//!     or from it.
//! S6. *Storage.* The instructions of a seat's role and of the carries to it and from it fit the reserved slices together.
//! S7. *Rest.* When a role or carry ends, on every chip nothing that it drives has still to depart and no word that it wrote has still to
//!     show, no plane holds columns that were loaded and not installed, and every unit that was told a length works in full.
//! S8. *Times.* With one token in flight a cable, a port, a slice and a stream have one user because a seat has one program at a time:
//!     its own, the carry to it or the carry from it. With several in flight, `System::period` apart, no two tokens are in one seat.
//!
//! What the host sends (position, horizon and, to the first seat, the embedding) goes to every seat with its launch.

mod fault;
mod joint;
mod rest;

pub use fault::{Carried, Missing, SystemFault};
pub use rest::Unrest;

use crate::rules::storage::room;
use crate::{Extent, judge};
use arch::{Chip, NODE, Topology};
use program::{Program, Seat, System};
use std::convert::Infallible;
use units::{Steps, parallel};

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
/// Errors: every fault of S1 and S2; where there is none, every fault of S3 to S7.
pub fn check_system(chip: &Chip, system: System) -> Result<VerifiedSystem, Vec<SystemFault>> {
    check_system_telling(chip, system, &mut |_| ())
}

/// The same, telling how many of the programs are judged; the joints and the rest are the last step.
///
/// Errors: as `check_system`.
pub fn check_system_telling(
    chip: &Chip,
    system: System,
    tell: &mut dyn FnMut(Steps),
) -> Result<VerifiedSystem, Vec<SystemFault>> {
    let mut faults = Vec::new();
    let topology = Topology::named(&system.topology).ok();
    let of = system.roles.len() + system.carries.len() + 1;
    let mut roles = programs(chip, &system, &mut faults, &mut |done| tell(Steps { done, of }));
    let nodes = topology.as_ref().map_or(0, Topology::nodes);
    for place in 0..system.seats.len() {
        check_seat(&system, place, nodes, &mut faults);
    }
    if system.seats.is_empty() {
        faults.push(SystemFault::NoSeat);
    }
    let Some(topology) = topology.filter(|_| faults.is_empty()) else { return Err(faults) };
    let carries = roles.split_off(system.roles.len());
    let mut joints = joint::Joints::default();
    for place in 1..system.seats.len() {
        joints.check(&system, &topology, place - 1, &mut faults);
    }
    check_storage(chip, &system.seats, (&roles, &carries), &mut faults);
    let all: Vec<_> = named(&system).collect();
    let unrest = |place: usize| Ok::<_, Infallible>(rest::check(chip, &all[place].1.executable));
    let Ok(unrest) = parallel::each(all.len(), unrest, &mut |_| ());
    for ((name, _), unrest) in all.into_iter().zip(unrest) {
        faults.extend(unrest.map(|(chip, what)| SystemFault::Restless { name: name.clone(), chip, what }));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    tell(Steps { done: of, of });
    Ok(VerifiedSystem { chip: chip.clone(), system, roles, carries })
}

/// S2 of one seat, in a topology of so many nodes.
fn check_seat(system: &System, place: usize, nodes: u16, faults: &mut Vec<SystemFault>) {
    let Seat { node, role, carry, .. } = system.seats[place];
    let mut missing = |what| faults.push(SystemFault::Missing { seat: place, what });
    if nodes <= node {
        missing(Missing::Node { node, nodes });
    }
    if system.seats[..place].iter().any(|other| other.node == node) {
        missing(Missing::OwnNode { node });
    }
    let (roles, carries) = (system.roles.len(), system.carries.len());
    if roles <= role as usize {
        missing(Missing::Role { role, roles });
    }
    let is_last = place + 1 == system.seats.len();
    if is_last != carry.is_none() || carry.is_some_and(|carry| carries <= carry as usize) {
        missing(Missing::Carry { carry, carries });
    }
}

/// S6.
fn check_storage(chip: &Chip, seats: &[Seat], (roles, carries): (&[Extent], &[Extent]), faults: &mut Vec<SystemFault>) {
    let capacity = room(chip);
    let bytes = |extents: &[Extent], place: u32| extents[place as usize].instruction_bytes;
    for (seat, own) in seats.iter().enumerate() {
        let before = seat.checked_sub(1).and_then(|before| seats[before].carry);
        let ends = [before, own.carry].into_iter().flatten().map(|carry| bytes(carries, carry));
        let found = ends.fold(bytes(roles, own.role), u64::saturating_add);
        if capacity < found {
            faults.push(SystemFault::Storage { seat, capacity, found });
        }
    }
}

/// Roles by their names, then carries by those of their topologies.
fn named(system: &System) -> impl Iterator<Item = (&String, &Program)> {
    let roles = system.roles.iter().map(|role| (&role.name, &role.program));
    roles.chain(system.carries.iter().map(|carry| (&carry.executable.topology, carry)))
}

/// S1; sizes of roles, then of carries. Tells how many programs are judged.
fn programs(chip: &Chip, system: &System, faults: &mut Vec<SystemFault>, tell: &mut dyn FnMut(usize)) -> Vec<Extent> {
    let mut extents = Vec::new();
    let node = |program: &Program| Topology::named(&program.executable.topology).is_ok_and(|it| it.chips == NODE);
    let pair = |program: &Program| {
        let excerpt = Topology::named(&program.executable.topology).is_ok_and(|it| it.nodes() == 2);
        excerpt && program.executable.topology.split(':').next() == Some(&system.topology)
    };
    let all: Vec<_> = named(system).collect();
    tell(0);
    let Ok(judged) = parallel::each(all.len(), |place| Ok::<_, Infallible>(judge(chip, all[place].1)), tell);
    for (place, ((name, program), (report, extent))) in all.into_iter().zip(judged).enumerate() {
        let is_placed = if place < system.roles.len() { node(program) } else { pair(program) };
        if !is_placed {
            let (found, topology) = (program.executable.topology.clone(), system.topology.clone());
            faults.push(SystemFault::Elsewhere { name: name.clone(), found, topology });
        }
        extents.push(extent);
        if 0 < report.total {
            faults.push(SystemFault::Program { name: name.clone(), report });
        }
    }
    let mut contexts = system.roles.iter().map(|role| (&role.name, role.program.executable.context));
    if let Some((_, expected)) = contexts.next() {
        let others = contexts.filter(|(_, found)| *found != expected);
        faults.extend(others.map(|(name, found)| SystemFault::Context { name: name.clone(), expected, found }));
    }
    extents
}

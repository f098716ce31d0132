//! Many nodes, one after the other: which program each runs, and how what it makes gets to the next.
//!
//! In: programs for a node, programs for two.  Out: a pipeline of which any chip's part at any cycle is found at once.
//! Invariant: as in a program, nothing here is a cycle: a seat begins when the carry to it has ended, and that follows from lengths.
//! Method: templates and instances once more, one level up: a role is a program for one node, a seat is a node that runs it for
//!     some layers.

use crate::Program;
use serde::{Deserialize, Serialize};
use units::{Cycle, Cycles};

/// The residual as an input.
pub const EMBEDDING: &str = "embedding";
/// The residual as an output.
pub const RESIDUAL: &str = "residual";
/// The sum so far inside a feed-forward part, as both.
pub const PARTIAL: &str = "partial";

/// The input of the next seat that an output becomes: `residual.3` is `embedding.3` there. Nothing for logits.
pub fn arriving(output: &str) -> Option<String> {
    let (name, tile) = output.split_once('.')?;
    match name {
        RESIDUAL => Some(format!("{EMBEDDING}.{tile}")),
        PARTIAL => Some(output.to_owned()),
        _ => None,
    }
}

/// A program for one node, for any of the nodes that do the same for other layers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// Its parts in short.
    pub name: String,
    /// The program; its layers count from 0.
    pub program: Program,
}

/// A node of the pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Number of the node in the topology.
    pub node: u16,
    /// Place in `System::roles`.
    pub role: u32,
    /// Layer of the model that the role's layer 0 is here.
    pub layer: u32,
    /// Place in `System::carries` of the program that takes its outputs to the next seat; none for the last.
    pub carry: Option<u32>,
}

/// A pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct System {
    /// Name of the topology.
    pub topology: String,
    /// Programs for one node.
    pub roles: Vec<Role>,
    /// Programs for two nodes in a row.
    pub carries: Vec<Program>,
    /// Nodes in the order in which a token passes them.
    pub seats: Vec<Seat>,
}

/// When a seat is at work on a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Its inputs begin to arrive.
    pub arrives: Cycle,
    /// Its program begins.
    pub begins: Cycle,
    /// Its program has ended, its outputs begin to leave.
    pub ends: Cycle,
    /// They have left.
    pub leaves: Cycle,
}

/// Which program a chip is in, and where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// A role's program.
    Role {
        /// Place in `System::seats`.
        seat: usize,
        /// The chip's number in the node.
        chip: u16,
        /// Cycle in the program.
        cycle: Cycle,
    },
    /// The program that takes a seat's outputs away.
    Carry {
        /// Place in `System::seats` of the seat whose outputs they are.
        seat: usize,
        /// The chip's number among the sixteen.
        chip: u16,
        /// Cycle in the program.
        cycle: Cycle,
    },
}

impl System {
    /// When each seat is at work on a token that is launched at cycle 0, in order. Seats that name no role or carry of the system take no time.
    pub fn shifts(&self) -> Vec<Shift> {
        let roles: Vec<Cycles> = self.roles.iter().map(|role| role.program.executable.length()).collect();
        let carries: Vec<Cycles> = self.carries.iter().map(|carry| carry.executable.length()).collect();
        let length = |lengths: &[Cycles], place: u32| lengths.get(place as usize).copied().unwrap_or(Cycles(0));
        let mut now = Cycle(0);
        let mut arrives = now;
        let mut shifts = Vec::new();
        for seat in &self.seats {
            let begins = now;
            let ends = begins + length(&roles, seat.role);
            let leaves = ends + seat.carry.map_or(Cycles(0), |carry| length(&carries, carry));
            shifts.push(Shift { arrives, begins, ends, leaves });
            (now, arrives) = (leaves, ends);
        }
        shifts
    }

    /// Cycles of a token from its launch to its logits.
    pub fn length(&self) -> Cycles {
        Cycles(self.shifts().last().map_or(0, |shift| shift.leaves.0))
    }

    /// Cycles from one user's token to the next one's, with as many users in flight as there are seats: the longest time that a seat
    /// has to itself, words that come and go included.
    pub fn period(&self) -> Cycles {
        let own = self.shifts().into_iter().map(|shift| shift.leaves.0 - shift.arrives.0);
        Cycles(own.max().unwrap_or(0))
    }

    /// What chip `chip` of node `node` is doing for the token at `cycle`; nothing while it waits for it or is done with it.
    /// `shifts` are its own.
    pub fn at(&self, shifts: &[Shift], (node, chip): (u16, u16), cycle: Cycle) -> Option<Spot> {
        let seat = self.seats.iter().position(|seat| seat.node == node)?;
        let Shift { arrives, begins, ends, leaves } = *shifts.get(seat)?;
        let since = |start: Cycle| Cycle(cycle.0 - start.0);
        let before = |start: Cycle, end: Cycle| start <= cycle && cycle < end;
        if before(arrives, begins) {
            return Some(Spot::Carry { seat: seat - 1, chip: chip + arch::NODE, cycle: since(arrives) });
        }
        if before(begins, ends) {
            return Some(Spot::Role { seat, chip, cycle: since(begins) });
        }
        before(ends, leaves).then(|| Spot::Carry { seat, chip, cycle: since(ends) })
    }
}

//! Collectives: rows of many chips brought together, handed round or added, every vector in its slot.
//!
//! In: a machine, chips and cables, what is wanted, how many rows, over which ways.  Out: a program; judged and run like any other.
//! Invariant: every chip is an end and a router, and neither has a queue, decides anything or sends a vector twice.
//! Method: `roads` finds ways, `draft` says which row goes where, `yard` plans cycle by cycle; chips with equal plans share a template.
//! Source: collectives over the planned network of a dragonfly: Abts et al., ISCA 2022.

mod draft;
mod roads;
mod slots;
mod yard;

pub use slots::Slots;

use crate::emit::{Contents, Plans, apart};
use crate::{CompileError, fit, schedule};
use arch::{Chip, Topology};
use draft::Draft;
use program::{CHIPS_MAX, Label, Program};
use yard::LABELS;

/// Lanes of a row.
const LANES: u32 = crate::tables::LANES as u32;
/// Most rows.
pub const ROWS_MAX: u16 = 4_096;

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Rows of chip 0 at the chip farthest away from it.
    Send,
    /// Rows of chip 0 at all others.
    Broadcast,
    /// Rows of every chip at all others.
    AllGather,
    /// Rows of every chip for every other one, there.
    AllToAll,
    /// Of rows of every chip for every chip, the sums of those for each, there.
    ReduceScatter,
    /// The sums of every chip's rows, at all chips.
    AllReduce,
}

/// Over which ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Routes {
    /// The shortest.
    Minimal,
    /// Also longer ones, over chips that want nothing themselves.
    Spread,
}

/// A collective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Which.
    pub kind: Kind,
    /// Over which ways.
    pub routes: Routes,
    /// Rows of 320 f32, four vectors each, of every chip that gives some; for each chip where they are for one.
    pub rows: u16,
}

impl Kind {
    /// All, in order.
    pub const ALL: [Kind; 6] =
        [Kind::Send, Kind::Broadcast, Kind::AllGather, Kind::AllToAll, Kind::ReduceScatter, Kind::AllReduce];

    /// Its name in programs.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Send => "send",
            Kind::Broadcast => "broadcast",
            Kind::AllGather => "all_gather",
            Kind::AllToAll => "all_to_all",
            Kind::ReduceScatter => "reduce_scatter",
            Kind::AllReduce => "all_reduce",
        }
    }
}

impl Wish {
    /// Rows that a chip has at the start.
    fn given(&self, chips: u16) -> u32 {
        let each = match self.kind {
            Kind::AllToAll => chips - 1,
            Kind::ReduceScatter => chips,
            Kind::Send | Kind::Broadcast | Kind::AllGather | Kind::AllReduce => 1,
        };
        u32::from(self.rows) * u32::from(each)
    }
}

/// The program of a collective. Its tensors are rows by name; `carry::cargo` fills them.
///
/// Errors: `Machine` for a machine or a number of chips or rows that it cannot be planned for, `Unrecognised` where cables are missing.
pub fn collective(chip: &Chip, topology: &Topology, wish: Wish) -> Result<Program, CompileError> {
    chip.check()?;
    fit::links(chip, topology)?;
    let wrong = |what, found: u16, expected| {
        Err(CompileError::Machine { chip: chip.name.clone(), what, found: found.to_string(), expected })
    };
    if !(2..=CHIPS_MAX).contains(&topology.chips) {
        return wrong("the number of chips", topology.chips, format!("2 to {CHIPS_MAX}, which are judged together"));
    }
    if !(1..=ROWS_MAX).contains(&wish.rows) {
        return wrong("the number of rows", wish.rows, format!("1 to {ROWS_MAX}"));
    }
    let given = wish.given(topology.chips);
    if u32::from(chip.words) < given {
        return wrong(
            "words",
            chip.words,
            format!("at least {given}, for the rows that a chip has; ask for fewer rows"),
        );
    }
    let mut draft = Draft::of(chip, topology, wish)?;
    let lowered = draft.graph();
    let Draft { yard, image, outputs, .. } = draft;
    let name = wish.kind.name();
    let label = |kind| Label { part: name.to_owned(), kind, tile: 0, block: 0 };
    let plans = yard.plans();
    let length = schedule::length(&plans, &chip.latency);
    let plans = Plans { plans, labels: LABELS.map(label).to_vec(), length };
    Ok(apart((chip, topology), name, plans, Contents { lowered, image, outputs, context: 1 }))
}

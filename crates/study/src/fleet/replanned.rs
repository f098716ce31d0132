//! Something is lost: the fleet planned anew around it, and what that costs.
//!
//! In: a question with nodes that have failed.  Out: which spare takes whose place, and both fleets' times.
//! Invariant: nothing is repaired while it runs: the fleet is compiled and judged again, as it would be before it starts again.
//! Method: what is spare is a node, so that a node is taken out whole, be it for a chip of its or for a cable that ends there.
//! Source: racks of nine nodes of which one is spare; Abts et al., ISCA 2022.

use super::{Fleet, FleetFigures, Question, racks};
use crate::cases::CaseError;
use arch::{LinkId, NODE, Port};
use serde::Serialize;

/// What has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// A node, by number in the racks.
    Node(u16),
    /// A chip, by number in the racks.
    Chip(u16),
    /// A cable: its port at a chip.
    Link(u16, LinkId),
}

/// Both fleets.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Replanned {
    /// Nodes that are out of use.
    pub lost: Vec<u16>,
    /// Nodes that are at work in their place.
    pub spares: Vec<u16>,
    /// Cycles of a token with all nodes.
    pub whole: u64,
    /// What that without them takes more; less where the way happens to be shorter.
    pub costs: i64,
    /// Seats that are on another node or hand on to another one.
    pub changed: usize,
    /// The fleet without them.
    pub figures: FleetFigures,
}

impl Lost {
    /// The node that is taken out of use.
    pub fn node(self) -> u16 {
        match self {
            Lost::Node(node) => node,
            Lost::Chip(chip) | Lost::Link(chip, _) => chip / NODE,
        }
    }

    /// Whether it can fail: of a cable, whether one is plugged in at that port of the racks for so many chips. What has a number beyond the
    /// racks is for `Fleet::open` to refuse.
    pub fn is_there(self, chips: u32) -> bool {
        let Lost::Link(chip, link) = self else { return true };
        racks(chips).is_none_or(|racks| racks.chips <= chip || racks.across(Port { chip, link }).is_some())
    }
}

impl Replanned {
    /// Plans with and without `question.lost`.
    ///
    /// Errors: as `Fleet::open`.
    pub fn of(question: &Question) -> Result<Replanned, CaseError> {
        // First the one that refuses a node that is not there.
        let rest = Fleet::open(question)?;
        let all = Fleet::open(&Question { lost: Vec::new(), ..question.clone() })?;
        let [before, after] = [&all, &rest].map(|fleet| fleet.system().system());
        let [old, new] = [before, after].map(|system| system.seats.iter().map(|seat| seat.node).collect::<Vec<u16>>());
        let next = |nodes: &[u16]| -> Vec<(u16, Option<u16>)> {
            nodes.iter().enumerate().map(|(place, node)| (*node, nodes.get(place + 1).copied())).collect()
        };
        let changed = next(&old).iter().zip(&next(&new)).filter(|(one, two)| one != two).count();
        Ok(Replanned {
            lost: question.lost.clone(),
            spares: new.into_iter().filter(|node| !old.contains(node)).collect(),
            whole: before.length().0,
            costs: after.length().0 as i64 - before.length().0 as i64,
            changed,
            figures: rest.figures(question),
        })
    }
}

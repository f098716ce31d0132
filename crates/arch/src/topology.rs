//! Which chips there are, and which ports a cable joins.
//!
//! In: a name or a number of chips.  Out: for every port of every chip, the port at the other end of its cable.
//! Invariant: a cable joins two ports of different chips and carries vectors both ways; `across` is its own inverse.
//! Method: in a node of n = 2, 4 or 8 chips every pair has a cable. The cable between chips c and d uses the same port at both ends,
//!     that of the distance c xor d, so that no chip differs from another: one program fits all of them.
//! Source: node of 8, fully connected, 7 local links per chip (Abts et al., ISCA 2022; HC34 slides 34-36). Which port serves which
//!     neighbour is not public; ours is assumed.

use crate::Hemisphere;
use serde::{Deserialize, Serialize};

/// A link of a chip: its half and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LinkId {
    /// West or east half.
    pub hemisphere: Hemisphere,
    /// Number within the half.
    pub number: u8,
}

/// A link of one chip among many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Port {
    /// The chip.
    pub chip: u16,
    /// Its link.
    pub link: LinkId,
}

/// Chips and cables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    /// Name shown and stored in program files.
    pub name: String,
    /// Number of chips, at least 1.
    pub chips: u16,
}

/// A topology that there is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no topology `{found}`; there are chip, node-2, node-4 and node-8")]
pub struct TopologyError {
    /// What was asked for.
    pub found: String,
}

impl std::fmt::Display for LinkId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.hemisphere.letter(), self.number)
    }
}

impl Topology {
    /// Every topology, fewest chips first.
    pub fn all() -> Vec<Topology> {
        let node = |chips: u16| Topology { name: format!("node-{chips}"), chips };
        std::iter::once(Topology::single()).chain([2, 4, 8].map(node)).collect()
    }

    /// One chip and no cable.
    pub fn single() -> Self {
        Topology { name: "chip".to_owned(), chips: 1 }
    }

    /// The topology with this name.
    pub fn named(name: &str) -> Result<Self, TopologyError> {
        let found = Topology::all().into_iter().find(|topology| topology.name == name);
        found.ok_or_else(|| TopologyError { found: name.to_owned() })
    }

    /// The topology of so many chips.
    pub fn of(chips: u16) -> Result<Self, TopologyError> {
        let found = Topology::all().into_iter().find(|topology| topology.chips == chips);
        found.ok_or_else(|| TopologyError { found: format!("of {chips} chips") })
    }

    /// The port at the other end of the cable, if one is plugged in.
    pub fn across(&self, port: Port) -> Option<Port> {
        let distance = distance(port.link);
        let other = port.chip ^ distance;
        (port.chip < self.chips && other < self.chips).then_some(Port { chip: other, link: port.link })
    }

    /// The link of `from` whose cable ends at `to`, if there is one.
    pub fn link(&self, from: u16, to: u16) -> Option<LinkId> {
        let joined = from != to && from < self.chips && to < self.chips;
        joined.then(|| local_link(from ^ to))
    }
}

/// The link that leads to the chip whose number differs in the bits of `distance`, which is at least 1.
pub fn local_link(distance: u16) -> LinkId {
    let hemisphere = if distance.is_multiple_of(2) { Hemisphere::East } else { Hemisphere::West };
    LinkId { hemisphere, number: ((distance - 1) / 2) as u8 }
}

/// The inverse of `local_link`.
fn distance(link: LinkId) -> u16 {
    2 * u16::from(link.number) + 1 + link.hemisphere.index() as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_of_eight_has_twenty_eight_cables_between_all_pairs() {
        let node = Topology::of(8).expect("eight chips are a node");
        let mut cables = std::collections::BTreeSet::new();
        for chip in 0..8 {
            for number in 0..8 {
                for hemisphere in Hemisphere::BOTH {
                    let port = Port { chip, link: LinkId { hemisphere, number } };
                    let Some(other) = node.across(port) else { continue };
                    assert_eq!(node.across(other), Some(port));
                    assert_eq!(node.link(chip, other.chip), Some(port.link));
                    cables.insert((port.chip.min(other.chip), port.chip.max(other.chip)));
                }
            }
        }
        assert_eq!(cables.len(), 28);
    }

    #[test]
    fn chips_that_are_not_there_have_no_cable() {
        let pair = Topology::named("node-2").expect("a pair");
        let links: Vec<u16> = (0..9).filter(|&to| pair.link(1, to).is_some()).collect();
        assert_eq!(links, [0]);
        assert_eq!(pair.across(Port { chip: 0, link: local_link(2) }), None);
        assert_eq!(Topology::single().link(0, 0), None);
        let error = Topology::named("ring").expect_err("no ring");
        assert!(error.to_string().contains("node-8"));
    }
}

//! Ways over cables from chip to chip.
//!
//! In: a topology.  Out: how far apart chips are, and the ways between two of them, minimal ones and longer ones.
//! Invariant: a way follows cables and passes no chip twice; minimal ones come before longer ones.
//! Method: breadth first from the end; a way goes on only where enough hops are left to arrive.
//! Source: minimal and non-minimal routes of a dragonfly, chosen when compiling (Abts et al., ISCA 2022).

use crate::fit::LINKS_MAX;
use arch::{Hemisphere, LinkId, Port, Topology};
use std::collections::VecDeque;

/// Ways of one pair that are looked at.
const WAYS_MAX: usize = 64;

/// A way: the port by which each chip on it is left.
pub type Way = Vec<Port>;

/// The cables of a topology.
pub struct Roads {
    /// By chip: its ports with the chip at the other end.
    ends: Vec<Vec<(Port, u16)>>,
}

impl Roads {
    /// All cables.
    pub fn new(topology: &Topology) -> Self {
        let links = Hemisphere::BOTH
            .into_iter()
            .flat_map(|hemisphere| (0..LINKS_MAX).map(move |number| LinkId { hemisphere, number }));
        let links: Vec<LinkId> = links.collect();
        let of_chip = |chip: u16| {
            let ports = links.iter().map(|&link| Port { chip, link });
            ports.filter_map(|port| Some((port, topology.across(port)?.chip))).collect()
        };
        Roads { ends: (0..topology.chips).map(of_chip).collect() }
    }

    /// The ports of a chip that have a cable, with the chip at the other end.
    pub fn from(&self, chip: u16) -> &[(Port, u16)] {
        &self.ends[usize::from(chip)]
    }

    /// All ports with a cable.
    pub fn ports(&self) -> impl Iterator<Item = Port> {
        self.ends.iter().flatten().map(|(port, _)| *port)
    }

    /// Hops from each chip to `to`, or nothing where no cables lead there. Cables lead both ways.
    pub fn hops(&self, to: u16) -> Vec<Option<u32>> {
        let mut hops = vec![None; self.ends.len()];
        hops[usize::from(to)] = Some(0);
        let mut queue = VecDeque::from([(to, 0)]);
        while let Some((chip, far)) = queue.pop_front() {
            for &(_, next) in self.from(chip) {
                if hops[usize::from(next)].is_none() {
                    hops[usize::from(next)] = Some(far + 1);
                    queue.push_back((next, far + 1));
                }
            }
        }
        hops
    }

    /// Ways from `from` to `to` of at most `longer` hops more than it takes, shortest first.
    pub fn ways(&self, from: u16, to: u16, longer: u32) -> Vec<Way> {
        let hops = self.hops(to);
        let Some(least) = hops[usize::from(from)] else { return Vec::new() };
        let mut ways = Vec::new();
        for length in least..=least + longer {
            self.walk(&hops, (from, length), &mut Vec::new(), &mut ways);
        }
        ways
    }

    /// Ways of exactly so many hops from a chip on.
    fn walk(&self, hops: &[Option<u32>], (chip, left): (u16, u32), way: &mut Way, ways: &mut Vec<Way>) {
        if left == 0 || ways.len() == WAYS_MAX {
            ways.extend((left == 0 && hops[usize::from(chip)] == Some(0)).then(|| way.clone()));
            return;
        }
        for &(port, next) in self.from(chip) {
            let arrives = hops[usize::from(next)].is_some_and(|hops| hops < left) && hops[usize::from(chip)] != Some(0);
            if arrives && way.iter().all(|before| before.chip != next) {
                way.push(port);
                self.walk(hops, (next, left - 1), way, ways);
                way.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_has_one_minimal_way_and_six_of_two_hops() {
        let roads = Roads::new(&Topology::of(8).expect("a node"));
        let lengths = |longer| roads.ways(2, 5, longer).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!((lengths(0), lengths(1)), (vec![1], vec![1, 2, 2, 2, 2, 2, 2]));
        assert_eq!(roads.ports().count(), 56);
    }

    #[test]
    fn ways_through_a_rack_follow_cables_and_arrive() {
        let rack = Topology::racks(1).expect("a rack");
        let roads = Roads::new(&rack);
        let far = roads.hops(0);
        let to = (0..72).max_by_key(|&chip| far[usize::from(chip)]).expect("there are chips");
        assert_eq!(far[usize::from(to)], Some(3));
        let ways = roads.ways(0, to, 1);
        assert!(ways.len() <= WAYS_MAX && ways.iter().any(|way| way.len() == 4), "{}", ways.len());
        for way in ways {
            let mut at = 0;
            for port in way {
                assert_eq!(port.chip, at);
                at = rack.across(port).expect("a cable").chip;
            }
            assert_eq!(at, to);
        }
    }
}

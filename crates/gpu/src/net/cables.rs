//! Routers and cables, and how far it is from one to another.
//!
//! In: cables, one for each way.  Out: which leave a router, and hops between any two.
//! Invariant: every router is reached from every other.
//! Method: breadth-first search from each router against the cables.

use super::words::Word;
use crate::error::GpuError;
use std::collections::BTreeSet;

/// One way of a cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cable {
    /// The router that sends.
    pub from: u16,
    /// The router that receives.
    pub to: u16,
}

/// Cables between routers.
#[derive(Clone, Debug)]
pub struct Network {
    routers: u16,
    cables: Vec<Cable>,
    /// By router: places in `cables`.
    leaving: Vec<Vec<u32>>,
    /// By router reached, then router that starts.
    hops: Vec<u8>,
}

/// No way is known.
const FAR: u8 = u8::MAX;

impl Network {
    /// Joins `routers` routers.
    ///
    /// Errors: `Severed` when one cannot be reached from another within 254 hops.
    pub fn new(routers: u16, cables: Vec<Cable>) -> Result<Self, GpuError> {
        let count = usize::from(routers);
        let (mut leaving, mut coming) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        for (number, cable) in (0u32..).zip(&cables) {
            if routers <= cable.from.max(cable.to) {
                return Err(GpuError::Severed { from: cable.from, to: cable.to });
            }
            leaving[usize::from(cable.from)].push(number);
            coming[usize::from(cable.to)].push(cable.from);
        }
        let mut hops = vec![FAR; count * count];
        for (to, row) in (0..routers).zip(hops.chunks_mut(count.max(1))) {
            spread(to, &coming, row);
            if let Some(from) = row.iter().position(|hops| *hops == FAR) {
                return Err(GpuError::Severed { from: from as u16, to });
            }
        }
        Ok(Network { routers, cables, leaving, hops })
    }

    /// Number of routers.
    pub fn routers(&self) -> u16 {
        self.routers
    }

    /// All cables, each way for itself.
    pub fn cables(&self) -> &[Cable] {
        &self.cables
    }

    /// Numbers of the cables that leave `router`.
    pub fn leaving(&self, router: u16) -> &[u32] {
        &self.leaving[usize::from(router)]
    }

    /// Fewest cables from one router to another.
    pub fn hops(&self, from: u16, to: u16) -> u8 {
        self.hops[usize::from(to) * usize::from(self.routers) + usize::from(from)]
    }

    /// By cable: whether any of the words may come by it on a way of fewest hops.
    pub fn straight(&self, words: &[Word]) -> Vec<bool> {
        let pairs: BTreeSet<(u16, u16)> = words.iter().map(|word| (word.from, word.to)).collect();
        let is_on = |cable: &Cable, (from, to): (u16, u16)| {
            let hops = |from, to| u32::from(self.hops(from, to));
            hops(from, cable.from) + 1 + hops(cable.to, to) == hops(from, to)
        };
        self.cables.iter().map(|cable| pairs.iter().any(|&pair| is_on(cable, pair))).collect()
    }

    /// Most hops between any two.
    pub fn diameter(&self) -> u8 {
        self.hops.iter().copied().max().unwrap_or(0)
    }
}

/// Hops to `to` from everywhere.
fn spread(to: u16, coming: &[Vec<u16>], hops: &mut [u8]) {
    hops[usize::from(to)] = 0;
    let mut border = vec![to];
    for distance in 1..FAR {
        let mut next = Vec::new();
        for &near in border.iter().flat_map(|&router| &coming[usize::from(router)]) {
            if hops[usize::from(near)] == FAR {
                hops[usize::from(near)] = distance;
                next.push(near);
            }
        }
        if next.is_empty() {
            return;
        }
        border = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Ready;

    #[test]
    fn hops_are_counted_along_the_cables_and_a_severed_router_is_named() {
        let ring: Vec<Cable> = (0..5).map(|from| Cable { from, to: (from + 1) % 5 }).collect();
        let network = Network::new(5, ring.clone()).expect("a ring reaches everybody");
        assert_eq!((network.hops(0, 4), network.hops(4, 0), network.hops(2, 2)), (4, 1, 0));
        assert_eq!((network.diameter(), network.leaving(3)), (4, &[3][..]));
        let word = Word { from: 3, to: 0, ready: Ready::At(0) };
        assert_eq!(network.straight(&[word]), [false, false, false, true, true]);
        let error = Network::new(6, ring).expect_err("nobody leads to router 5");
        assert_eq!(error, GpuError::Severed { from: 5, to: 0 });
    }
}

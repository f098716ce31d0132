//! Which way a word takes, by what its router sees: the queues of its own cables.
//!
//! In: where a word is and where it goes, the queues of that router.  Out: a cable, or a router to go by.
//! Invariant: a cable that is chosen leads nearer to where the word goes next, so that a way has at most twice as many hops as the
//!     network's diameter.
//! Method: as in the head of `net`.

use super::cables::Network;
use super::port::Port;
use super::words::Times;
use serde::{Deserialize, Serialize};
use units::Rng;

/// How words find their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Routing {
    /// As few hops as there are, by the shorter queue.
    Minimal,
    /// Minimal, or by a router drawn at random where that looks quicker.
    Ugal,
}

/// Who goes first where both wait for a cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precedence {
    /// Who came first.
    None,
    /// Ours, in room of their own: a word of the others only goes on if it has begun to.
    Ours,
}

/// A router's eyes and dice.
#[derive(Debug)]
pub(super) struct Pilot<'a> {
    pub(super) network: &'a Network,
    pub(super) routing: Routing,
    pub(super) times: Times,
    pub(super) ties: Option<Rng>,
    pub(super) detours: Option<Rng>,
    /// Which router comes next where none is drawn.
    pub(super) turn: u16,
}

impl Pilot<'_> {
    /// The cable with the shortest queue among those from `at` that lead nearer to `to`.
    pub(super) fn cable(&mut self, ports: &[Port], at: u16, to: u16) -> u32 {
        let nearer = self.network.hops(at, to) - 1;
        let (mut best, mut shortest, mut equals) = (None, u32::MAX, 1);
        for &cable in self.network.leaving(at) {
            if self.network.hops(self.network.cables()[cable as usize].to, to) != nearer {
                continue;
            }
            let waiting = ports[cable as usize].waiting();
            if best.is_none() || waiting < shortest {
                (best, shortest, equals) = (Some(cable), waiting, 1);
            } else if waiting == shortest {
                equals += 1;
                let changes = self.ties.as_mut().is_some_and(|ties| ties.below(equals) == 0);
                best = if changes { Some(cable) } else { best };
            }
        }
        best.expect("every router is reached from every other")
    }

    /// A router to go by from `from` to `to`, if that looks quicker than straight.
    pub(super) fn detour(&mut self, ports: &[Port], from: u16, to: u16) -> Option<u16> {
        let routers = self.network.routers();
        if self.routing == Routing::Minimal || routers < 3 {
            return None;
        }
        let drawn = match &mut self.detours {
            Some(rng) => rng.below(routers.into()) as u16,
            None => {
                self.turn = (self.turn + 1) % routers;
                self.turn
            }
        };
        if drawn == from || drawn == to {
            return None;
        }
        let hops = |from, to| u64::from(self.network.hops(from, to));
        let (straight, by) = (hops(from, to), hops(from, drawn) + hops(drawn, to));
        let Times { word, crossing, router, .. } = self.times;
        let mut hop = |to| u64::from(ports[self.cable(ports, from, to) as usize].waiting()) * word + crossing + router;
        (hop(drawn) * by < hop(to) * straight).then_some(drawn)
    }
}

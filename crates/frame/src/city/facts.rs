//! What stands beside the city: who has the token, what is under way, and what was sent so far.
//!
//! In: a city, a place, a cycle, a wave.  Out: plain data.
//! Invariant: counted on the same lists as the picture.

use super::node::doing;
use super::{City, Phase, Place, Scope, Wave};
use crate::lang::Text;
use crate::words;
use serde::{Deserialize, Serialize};

/// Rides that are named.
const RIDES: usize = 6;

/// One ride in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TripLine {
    /// Node and chip.
    pub from: (u16, u16),
    /// Node and chip.
    pub to: (u16, u16),
    /// Cycle of the Send.
    pub sent: u64,
    /// Cycle of the Receive.
    pub lands: u64,
    /// What it is for.
    pub why: Text,
}

/// What stands beside the city.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CityFacts {
    /// Cycles of a token.
    pub cycles: u64,
    /// Cycles in a second.
    pub hertz: u64,
    /// Nodes at work on the token, one after the other.
    pub seats: u32,
    /// Racks.
    pub racks: u16,
    /// Who has the token: place in its way, node, whether it hands on, and what it does.
    pub working: Option<(u32, u16, Text)>,
    /// Nodes that have a token of the wave now.
    pub busy: u32,
    /// Vectors under way now, of this token.
    pub now: u32,
    /// Vectors sent so far, and in the whole token.
    pub sent: (u64, u64),
    /// The same of what is looked at.
    pub here: (u64, u64),
    /// Some of those under way.
    pub rides: Vec<TripLine>,
}

/// What stands beside the city at a place in a cycle.
pub fn city_facts(city: &City, place: Place, cycle: u64, wave: Wave) -> CityFacts {
    let scope = match place {
        Place::All => Scope::All,
        Place::Rack(rack) => Scope::Rack(rack),
        Place::Node(node) => Scope::Node(node),
        Place::Link { node, chip, link } => Scope::Link(node, chip, link),
    };
    let load = |scope| (city.load(scope, 0, cycle + 1), city.load(scope, 0, city.length()));
    let under_way = city.under_way(cycle);
    let line = |ride: &super::Ride| TripLine {
        from: ride.from,
        to: ride.to,
        sent: ride.sent,
        lands: ride.lands,
        why: words::part_of(ride.layer, ride.part),
    };
    let busy = city.works(cycle, wave).iter().map(|work| if work.phase == Phase::Carry { 2 } else { 1 }).sum();
    let working = city.work(cycle);
    CityFacts {
        cycles: city.length(),
        hertz: city.hertz,
        seats: city.seats.len() as u32,
        racks: city.racks(),
        working: working.map(|work| (work.seat as u32, city.seats[work.seat].node, doing(city, &work))),
        busy,
        now: under_way.len() as u32,
        sent: load(Scope::All),
        here: load(scope),
        rides: under_way.iter().filter(|ride| scope.holds(ride)).take(RIDES).map(line).collect(),
    }
}

//! Hundreds of chips: which node has the token, and who sends what to whom in any cycle of it.
//!
//! In: a judged system of programs.  Out: where the token is, vectors under way, counts at every level from all racks to one link.
//! Invariant: every vector is a Send of a program at the cycle that its place in the queue gives it; counts of a level are the sum of
//!     those of the level below.
//! Method: the Sends of each program are listed once, by cycle; a seat shifts them to its place in the token. A question is a binary
//!     search over the seats, then one over the Sends.

mod facts;
mod node;
mod plan;
mod rack;
mod ruler;
mod scene;
mod slots;
mod trips;

pub use facts::{CityFacts, TripLine, city_facts};
pub use scene::{CityScene, Picked, Place, city};

use crate::timeline::Direction;
use arch::{Chip, LinkId, NODE, RACK_NODES, Topology};
use program::{Seat, Shift, System};
use serde::{Deserialize, Serialize};
use trips::{Route, Trip};

/// A system, its Sends listed.
#[derive(Clone, Debug)]
pub struct City {
    pub(crate) seats: Vec<Seat>,
    pub(crate) shifts: Vec<Shift>,
    pub(crate) roles: Vec<(String, Route)>,
    pub(crate) carries: Vec<Route>,
    pub(crate) nodes: u16,
    /// By node and chip: vectors that it sends in a token.
    pub(crate) totals: Vec<[u64; NODE as usize]>,
    pub(crate) hertz: u64,
    crossing: u64,
    /// Cycles that a vector takes of its link.
    pub(crate) slot: u64,
}

/// Tokens that are under way at once: one, or those of all users, so many cycles apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wave {
    /// How many.
    pub users: u64,
    /// Cycles from one to the next.
    pub apart: u64,
}

/// What a seat does with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Place in the order of the token.
    pub seat: usize,
    /// Whether it computes or hands on.
    pub phase: Phase,
    /// Cycle in that program.
    pub cycle: u64,
    /// Cycle of the token at which that program began.
    pub begun: u64,
}

/// Computing or handing on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Its program runs.
    Role,
    /// What it made goes to the next node.
    Carry,
}

/// A vector from chip to chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ride<'a> {
    /// Node and chip in it.
    pub from: (u16, u16),
    /// Node and chip in it.
    pub to: (u16, u16),
    /// The link by which it leaves.
    pub link: LinkId,
    /// Cycle of the Send.
    pub sent: u64,
    /// Cycle of the Receive.
    pub lands: u64,
    /// Part of the model that it is for.
    pub part: &'a str,
    /// Layer of the model.
    pub layer: Option<u32>,
}

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    All,
    /// What the chips of a rack send.
    Rack(u16),
    /// What the chips of a node send.
    Node(u16),
    /// What one chip of a node sends.
    Chip(u16, u16),
    /// What one link of a chip of a node takes.
    Link(u16, u16, LinkId),
}

impl Scope {
    fn holds(self, ride: &Ride) -> bool {
        let (node, chip) = ride.from;
        match self {
            Scope::All => true,
            Scope::Rack(rack) => node / RACK_NODES == rack,
            Scope::Node(other) => node == other,
            Scope::Chip(other, number) => (node, chip) == (other, number),
            Scope::Link(other, number, link) => (node, chip, ride.link) == (other, number, link),
        }
    }
}

impl City {
    /// Lists the Sends of a judged system on `chip`.
    pub fn new(chip: &Chip, system: &System) -> Self {
        let route = |program| Route::new(program);
        let nodes = Topology::named(&system.topology).map_or(0, |topology| topology.nodes());
        let mut city = City {
            seats: system.seats.clone(),
            shifts: system.shifts(),
            roles: system.roles.iter().map(|role| (role.name.clone(), route(&role.program))).collect(),
            carries: system.carries.iter().map(route).collect(),
            nodes,
            totals: vec![[0; NODE as usize]; usize::from(nodes)],
            hertz: chip.clock.0,
            crossing: chip.latency.link_crossing().0,
            slot: chip.latency.link_vector.into(),
        };
        let mut totals = std::mem::take(&mut city.totals);
        for ride in city.rides(0, city.length()) {
            totals[usize::from(ride.from.0)][usize::from(ride.from.1)] += 1;
        }
        city.totals = totals;
        city
    }

    /// Cycles of a token.
    pub fn length(&self) -> u64 {
        self.shifts.last().map_or(0, |shift| shift.leaves.0)
    }

    /// Racks.
    pub fn racks(&self) -> u16 {
        self.nodes.div_ceil(RACK_NODES)
    }

    /// The seat of a node.
    pub fn seat_of(&self, node: u16) -> Option<usize> {
        self.seats.iter().position(|seat| seat.node == node)
    }

    /// Who has the token in `cycle`; nobody after its end.
    pub fn work(&self, cycle: u64) -> Option<Work> {
        let seat = self.shifts.partition_point(|shift| shift.leaves.0 <= cycle);
        let shift = self.shifts.get(seat)?;
        let (phase, begun) =
            if cycle < shift.ends.0 { (Phase::Role, shift.begins.0) } else { (Phase::Carry, shift.ends.0) };
        Some(Work { seat, phase, cycle: cycle.checked_sub(begun)?, begun })
    }

    /// Who has any of the tokens of a wave, whose youngest is in `cycle`.
    pub fn works(&self, cycle: u64, wave: Wave) -> Vec<Work> {
        let older = |user: u64| cycle.checked_add(user.checked_mul(wave.apart)?);
        (0..wave.users).map_while(older).map_while(|cycle| self.work(cycle)).collect()
    }

    pub(crate) fn route(&self, seat: usize, phase: Phase) -> Option<&Route> {
        let seat = self.seats.get(seat)?;
        match phase {
            Phase::Role => self.roles.get(seat.role as usize).map(|(_, route)| route),
            Phase::Carry => self.carries.get(seat.carry? as usize),
        }
    }

    /// Programs of the token in order: seat, phase, first cycle.
    fn programs(&self) -> impl Iterator<Item = (usize, Phase, u64)> {
        let both =
            |(seat, shift): (usize, &Shift)| [(seat, Phase::Role, shift.begins.0), (seat, Phase::Carry, shift.ends.0)];
        self.shifts.iter().enumerate().flat_map(both)
    }

    /// Rides that set out in `from .. to`, in order of time.
    pub fn rides(&self, from: u64, to: u64) -> impl Iterator<Item = Ride<'_>> {
        self.programs().flat_map(move |place| self.rides_of(place, (from, to)))
    }

    /// The Sends of one program of the token in `from .. to`.
    fn trips(&self, (seat, phase, begun): (usize, Phase, u64), (from, to): (u64, u64)) -> &[Trip] {
        let (from, to) = (from.saturating_sub(begun), to.saturating_sub(begun));
        self.route(seat, phase).map_or(&[], |route| route.between(from, to))
    }

    fn rides_of(&self, place: (usize, Phase, u64), span: (u64, u64)) -> impl Iterator<Item = Ride<'_>> {
        self.trips(place, span).iter().map(move |trip| self.ride(place, trip))
    }

    /// Rides that are under way in `cycle`.
    pub fn under_way(&self, cycle: u64) -> Vec<Ride<'_>> {
        self.rides((cycle + 1).saturating_sub(self.crossing), cycle + 1).collect()
    }

    fn ride<'a>(&'a self, (seat, phase, begun): (usize, Phase, u64), trip: &'a Trip) -> Ride<'a> {
        let at =
            |chip: u16| (self.seats[(seat + usize::from(chip / NODE)).min(self.seats.len() - 1)].node, chip % NODE);
        let route = self.route(seat, phase).expect("the trip is one of it");
        let sent = begun + trip.sent;
        Ride {
            from: at(trip.from),
            to: at(trip.to),
            link: trip.link,
            sent,
            lands: sent + self.crossing,
            part: &route.parts[usize::from(trip.part)],
            layer: trip.layer.map(|layer| self.seats[seat].layer + layer),
        }
    }

    /// Vectors that set out in `from .. to`, of what is counted together.
    pub fn load(&self, scope: Scope, from: u64, to: u64) -> u64 {
        if scope == Scope::All {
            return self.programs().map(|place| self.trips(place, (from, to)).len() as u64).sum();
        }
        let near = |place: &(usize, Phase, u64)| self.concerns(scope, place.0) || self.concerns(scope, place.0 + 1);
        let rides = self.programs().filter(near).flat_map(|place| self.rides_of(place, (from, to)));
        rides.filter(|ride| scope.holds(ride)).count() as u64
    }

    /// Whether anything that a seat's node sends may count.
    fn concerns(&self, scope: Scope, seat: usize) -> bool {
        self.seats.get(seat).is_some_and(|seat| match scope {
            Scope::All => true,
            Scope::Rack(rack) => seat.node / RACK_NODES == rack,
            Scope::Node(node) | Scope::Chip(node, _) | Scope::Link(node, ..) => seat.node == node,
        })
    }

    /// The next cycle before or after `cycle` in which a vector sets out or a node takes over.
    pub fn next_event(&self, cycle: u64, direction: Direction) -> Option<u64> {
        let work = self.work(cycle.min(self.length().saturating_sub(1)))?;
        let sends = |place: (usize, Phase, u64)| {
            let trips = self.route(place.0, place.1).map_or(&[][..], |route| route.trips.as_slice());
            trips.iter().map(move |trip| place.2 + trip.sent)
        };
        let places: Vec<(usize, Phase, u64)> =
            self.programs().filter(|place| place.0.abs_diff(work.seat) <= 1).collect();
        let cycles = places.into_iter().flat_map(|place| std::iter::once(place.2).chain(sends(place)));
        match direction {
            Direction::Forward => cycles.filter(|at| cycle < *at && *at < self.length()).min(),
            Direction::Backward => cycles.filter(|at| *at < cycle).max(),
        }
    }
}

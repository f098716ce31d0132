//! Where units stand on the streams, and when a value that passes one passes another.
//!
//! In: a chip.  Out: for each direction, when a value *arrives* at a station and when a value that the station makes *departs*,
//!     both relative to a common origin: the sheared coordinate `diagonal = cycle - delay`, constant along a value's way.
//! Invariant: along a direction's flow `arrive` never falls, and `depart >= arrive` at each station.
//! Method: stations west to east: MXM, SXM, groups 10..0, VXM, groups 0..10, SXM, MXM. Group g lies g hops from the VXM and
//!     11 - g from the boundary of the memory; the SXM lies `sxm_entry`, the MXM `mxm_crossing` beyond that boundary, inward
//!     results of both reach the boundary after their exit time. A value that crosses the VXM unconsumed takes `vxm_transit`.
//! Source: third-party Groq API programs read for facts/hardware.md 12-15 (hop of four slices, 4 + 4 crossing, 11 groups).

use crate::{Chip, SliceId};
use serde::{Deserialize, Serialize};

/// Half of the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Hemisphere {
    /// Left of the VXM.
    West,
    /// Right of the VXM.
    East,
}

impl Hemisphere {
    /// Both, west first.
    pub const BOTH: [Hemisphere; 2] = [Hemisphere::West, Hemisphere::East];

    /// `W` or `E`.
    pub fn letter(self) -> char {
        match self {
            Hemisphere::West => 'W',
            Hemisphere::East => 'E',
        }
    }

    /// 0 for west, 1 for east.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The direction that leads from the VXM to this half's edge.
    pub fn outward(self) -> Direction {
        match self {
            Hemisphere::West => Direction::West,
            Hemisphere::East => Direction::East,
        }
    }

    /// The direction that leads from this half's edge to the VXM.
    pub fn inward(self) -> Direction {
        self.outward().opposite()
    }
}

/// Direction of flow of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Direction {
    /// West to east.
    East,
    /// East to west.
    West,
}

impl Direction {
    /// Both, east first.
    pub const BOTH: [Direction; 2] = [Direction::East, Direction::West];

    /// `E` or `W`.
    pub fn letter(self) -> char {
        match self {
            Direction::East => 'E',
            Direction::West => 'W',
        }
    }

    /// 0 for east, 1 for west.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The other direction.
    pub fn opposite(self) -> Direction {
        match self {
            Direction::East => Direction::West,
            Direction::West => Direction::East,
        }
    }
}

/// A stream: number and direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamId {
    /// Direction of flow.
    pub direction: Direction,
    /// Number, 0 to 31 on the published chip.
    pub number: u8,
}

impl StreamId {
    /// Stream `number` flowing in `direction`; range is checked where the stream is used.
    pub fn new(direction: Direction, number: u8) -> Self {
        StreamId { direction, number }
    }

    /// 0..63: eastward streams first.
    pub fn index(self) -> usize {
        self.direction.index() * 32 + usize::from(self.number)
    }
}

impl std::fmt::Display for StreamId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.direction.letter(), self.number)
    }
}

/// A place on the streams, numbered west to east.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Station(pub u8);

/// Passing times of a chip's stations. All cycles are of superlane 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geometry {
    groups: u8,
    slices_per_group: u8,
    arrive: [Vec<u32>; 2],
    depart: [Vec<u32>; 2],
}

impl Geometry {
    /// Geometry of `chip`.
    pub fn new(chip: &Chip) -> Self {
        let (arrive, depart) = eastward_delays(chip);
        let mirrored = |delays: &[u32]| delays.iter().rev().copied().collect();
        Geometry {
            groups: chip.groups(),
            slices_per_group: chip.slices_per_group,
            arrive: [arrive.clone(), mirrored(&arrive)],
            depart: [depart.clone(), mirrored(&depart)],
        }
    }

    /// Number of stations.
    pub fn stations(&self) -> u8 {
        2 * self.groups + 5
    }

    /// The MXM of a hemisphere.
    pub fn mxm(&self, hemisphere: Hemisphere) -> Station {
        match hemisphere {
            Hemisphere::West => Station(0),
            Hemisphere::East => Station(self.stations() - 1),
        }
    }

    /// The SXM of a hemisphere.
    pub fn sxm(&self, hemisphere: Hemisphere) -> Station {
        match hemisphere {
            Hemisphere::West => Station(1),
            Hemisphere::East => Station(self.stations() - 2),
        }
    }

    /// The VXM.
    pub fn vxm(&self) -> Station {
        Station(self.groups + 2)
    }

    /// The group of four slices that holds `slice`.
    pub fn slice(&self, slice: SliceId) -> Station {
        let group = slice.number / self.slices_per_group;
        match slice.hemisphere {
            Hemisphere::West => Station(self.vxm().0 - 1 - group),
            Hemisphere::East => Station(self.vxm().0 + 1 + group),
        }
    }

    /// When a value arrives at a station, after the origin of its direction.
    pub fn arrive(&self, direction: Direction, station: Station) -> u32 {
        self.arrive[direction.index()][usize::from(station.0)]
    }

    /// When a value that a station puts on the stream leaves it, after the origin of its direction.
    pub fn depart(&self, direction: Direction, station: Station) -> u32 {
        self.depart[direction.index()][usize::from(station.0)]
    }

    /// Whether flow in `direction` passes `from` before `to`, or they are the same station.
    pub fn reaches(&self, direction: Direction, from: Station, to: Station) -> bool {
        match direction {
            Direction::East => from <= to,
            Direction::West => to <= from,
        }
    }

    /// Cycles from a value's departure at `from` to its arrival at `to`, or `None` when the flow does not lead there.
    ///
    /// A station does not hear what it says itself, but slices of one group hear each other after 0 hops.
    pub fn travel(&self, direction: Direction, from: Station, to: Station) -> Option<u32> {
        let is_memory = |station: Station| {
            station != self.vxm() && Hemisphere::BOTH.iter().all(|&h| station != self.mxm(h) && station != self.sxm(h))
        };
        if !self.reaches(direction, from, to) || (from == to && !is_memory(from)) {
            return None;
        }
        self.arrive(direction, to).checked_sub(self.depart(direction, from))
    }
}

/// Arrivals and departures eastward, stations west to east.
fn eastward_delays(chip: &Chip) -> (Vec<u32>, Vec<u32>) {
    let latency = &chip.latency;
    let groups = u32::from(chip.groups());
    let hemisphere = groups * latency.hop;
    let exit = latency.mxm_exit.max(latency.sxm_exit);
    let mut arrive = vec![0, exit - latency.sxm_exit];
    let mut depart = vec![exit - latency.mxm_exit, exit - latency.sxm_exit];
    for group in (0..groups).rev() {
        let delay = exit + (groups - group) * latency.hop;
        arrive.push(delay);
        depart.push(delay);
    }
    let vxm_in = exit + hemisphere;
    let vxm_out = vxm_in + latency.vxm_transit;
    arrive.push(vxm_in);
    depart.push(vxm_out);
    for group in 0..groups {
        arrive.push(vxm_out + group * latency.hop);
        depart.push(vxm_out + group * latency.hop);
    }
    let boundary = vxm_out + hemisphere;
    let sxm = boundary + latency.sxm_entry;
    let mxm = boundary + latency.mxm_crossing;
    arrive.extend([sxm, mxm]);
    depart.extend([sxm, mxm]);
    (arrive, depart)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(hemisphere: Hemisphere, number: u8) -> SliceId {
        SliceId { hemisphere, number }
    }

    #[test]
    fn slice_14_is_eight_hops_from_the_boundary() {
        let chip = Chip::lpu_14nm();
        let geometry = Geometry::new(&chip);
        let east = geometry.slice(slice(Hemisphere::East, 14));
        let to_sxm = geometry.travel(Direction::East, east, geometry.sxm(Hemisphere::East));
        assert_eq!(to_sxm, Some(8 + chip.latency.sxm_entry));
    }

    #[test]
    fn delays_are_monotone_along_each_flow() {
        let geometry = Geometry::new(&Chip::lpu_14nm());
        for direction in Direction::BOTH {
            let mut stations: Vec<Station> = (0..geometry.stations()).map(Station).collect();
            if direction == Direction::West {
                stations.reverse();
            }
            for pair in stations.windows(2) {
                assert!(geometry.arrive(direction, pair[0]) <= geometry.arrive(direction, pair[1]));
                assert!(geometry.arrive(direction, pair[0]) <= geometry.depart(direction, pair[0]));
            }
        }
    }

    #[test]
    fn the_two_halves_mirror_each_other() {
        let geometry = Geometry::new(&Chip::lpu_14nm());
        let west = geometry.travel(
            Direction::West,
            geometry.slice(slice(Hemisphere::West, 5)),
            geometry.mxm(Hemisphere::West),
        );
        let east = geometry.travel(
            Direction::East,
            geometry.slice(slice(Hemisphere::East, 5)),
            geometry.mxm(Hemisphere::East),
        );
        assert_eq!(west, east);
    }

    #[test]
    fn a_unit_does_not_hear_itself_but_slices_of_a_group_hear_each_other() {
        let geometry = Geometry::new(&Chip::lpu_14nm());
        assert_eq!(geometry.travel(Direction::East, geometry.vxm(), geometry.vxm()), None);
        let group = geometry.slice(slice(Hemisphere::East, 9));
        assert_eq!(geometry.travel(Direction::East, group, group), Some(0));
    }
}

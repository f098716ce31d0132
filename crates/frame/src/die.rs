//! The floor plan in design units: where everything is drawn, and where a value on a stream is at each point of its way.
//!
//! In: a chip.  Out: areas of rows, columns, slices, planes, queues; x of a value by direction, driver and delay.
//! Invariant: the plan is symmetric; the stream registers of a memory group lie at its edge nearest to the VXM, one hop apart, and the
//!     outermost register at the boundary of the memory. Between registers a value moves evenly.
//! Method: x by delay is a table per (direction, driver), because inward ways begin at the MXM or the SXM and meet at the boundary.

use crate::shape::Area;
use arch::{Chip, Direction, Geometry, Hemisphere, Mesh, Queue, SliceId, Station};

/// Width of the design space.
pub(crate) const WIDTH: f32 = 1520.0;
/// Height of a superlane's row with its gap.
pub(crate) const ROW: f32 = 32.0;
/// Gap between rows.
pub(crate) const ROW_GAP: f32 = 6.0;
/// Half the width of the VXM.
const VXM_HALF: f32 = 38.0;
/// Distance of the VXM's stream registers from the middle.
const VXM_REGISTER: f32 = 46.0;
/// Distance of the memory's boundary from the middle.
const BOUNDARY: f32 = 530.0;
/// The SXM, from the middle outward.
const SXM: (f32, f32) = (538.0, 584.0);
/// The MXM, from the middle outward.
const MXM: (f32, f32) = (596.0, 720.0);
/// Free space on both sides of a register.
const GROUP_GAP: f32 = 4.0;

/// The plan of a chip, its top row at `top`.
pub(crate) struct Die {
    pub(crate) top: f32,
    superlanes: u32,
    slices_per_group: u8,
    groups: u8,
    planes: u8,
    mesh: Mesh,
    distributors: u8,
    links: u8,
    /// x by delay, per direction and driver.
    ways: [Vec<Vec<f32>>; 2],
}

impl Die {
    pub(crate) fn new(chip: &Chip, geometry: &Geometry, top: f32) -> Self {
        let mut die = Die {
            top,
            superlanes: chip.superlanes,
            slices_per_group: chip.slices_per_group,
            groups: chip.groups(),
            planes: chip.planes,
            mesh: Mesh::new(chip),
            distributors: chip.distributors,
            links: chip.links.max(1),
            ways: [Vec::new(), Vec::new()],
        };
        for direction in Direction::BOTH {
            let stations = (0..geometry.stations()).map(Station);
            let ways = stations.map(|driver| die.way(chip, geometry, direction, driver)).collect();
            die.ways[direction.index()] = ways;
        }
        die
    }

    /// The rows of all superlanes.
    pub(crate) fn area(&self) -> Area {
        let bottom = self.top + self.superlanes as f32 * ROW;
        Area::new(WIDTH / 2.0 - MXM.1, self.top, WIDTH / 2.0 + MXM.1, bottom)
    }

    /// Top and bottom of a superlane's row; rows outside the die have a place too.
    pub(crate) fn row(&self, superlane: i64) -> (f32, f32) {
        let bottom = self.top + (i64::from(self.superlanes) - superlane) as f32 * ROW - ROW_GAP / 2.0;
        (bottom - (ROW - ROW_GAP), bottom)
    }

    /// The superlane at a height.
    pub(crate) fn superlane(&self, y: f32) -> Option<u32> {
        let row = (y - self.top) / ROW;
        let inside = 0.0 <= row && row < self.superlanes as f32;
        inside.then(|| self.superlanes - 1 - row as u32)
    }

    /// Left and right of something between two distances from the middle.
    fn span(hemisphere: Hemisphere, (near, far): (f32, f32)) -> (f32, f32) {
        match hemisphere {
            Hemisphere::West => (WIDTH / 2.0 - far, WIDTH / 2.0 - near),
            Hemisphere::East => (WIDTH / 2.0 + near, WIDTH / 2.0 + far),
        }
    }

    fn pitch(&self) -> f32 {
        (BOUNDARY - VXM_REGISTER) / f32::from(self.groups)
    }

    /// Distance from the middle of a group's register.
    fn register_distance(&self, group: u8) -> f32 {
        VXM_REGISTER + f32::from(group) * self.pitch()
    }

    /// Left and right of a memory group.
    pub(crate) fn group(&self, hemisphere: Hemisphere, group: u8) -> (f32, f32) {
        let near = self.register_distance(group) + GROUP_GAP;
        Self::span(hemisphere, (near, near + self.pitch() - 2.0 * GROUP_GAP))
    }

    /// Left and right of a slice.
    pub(crate) fn slice(&self, slice: SliceId) -> (f32, f32) {
        let group = slice.number / self.slices_per_group;
        let place = f32::from(slice.number % self.slices_per_group);
        let width = (self.pitch() - 2.0 * GROUP_GAP) / f32::from(self.slices_per_group);
        let near = self.register_distance(group) + GROUP_GAP + place * width;
        Self::span(slice.hemisphere, (near + 0.5, near + width - 0.5))
    }

    /// Left and right of the VXM.
    pub(crate) fn vxm(&self) -> (f32, f32) {
        (WIDTH / 2.0 - VXM_HALF, WIDTH / 2.0 + VXM_HALF)
    }

    /// Left and right of an SXM.
    pub(crate) fn sxm(&self, hemisphere: Hemisphere) -> (f32, f32) {
        Self::span(hemisphere, SXM)
    }

    /// Left and right of an MXM.
    pub(crate) fn mxm(&self, hemisphere: Hemisphere) -> (f32, f32) {
        Self::span(hemisphere, MXM)
    }

    /// Left and right of a plane; plane 0 is the inner one.
    pub(crate) fn plane(&self, hemisphere: Hemisphere, plane: u8) -> (f32, f32) {
        let width = (MXM.1 - MXM.0) / f32::from(self.planes);
        let near = MXM.0 + f32::from(plane) * width;
        Self::span(hemisphere, (near + 2.0, near + width - 2.0))
    }

    /// Left and right of the part of a plane between two fractions of its width, from the inner edge on.
    pub(crate) fn plane_part(&self, hemisphere: Hemisphere, plane: u8, from: f32, to: f32) -> (f32, f32) {
        let (left, right) = self.plane(hemisphere, plane);
        let width = right - left;
        match hemisphere {
            Hemisphere::West => (right - to * width, right - from * width),
            Hemisphere::East => (left + from * width, left + to * width),
        }
    }

    /// Left and right of the column in which a queue's instructions climb.
    pub(crate) fn column(&self, queue: Queue) -> (f32, f32) {
        let third = |half, plane, index: u8| {
            self.plane_part(half, plane, f32::from(index) / 3.0 + 0.02, f32::from(index + 1) / 3.0 - 0.02)
        };
        match queue {
            Queue::MemRead(slice) | Queue::MemWrite(slice) => self.slice(slice),
            // The columns of the mesh stand from west to east, in each of them its rows.
            Queue::Alu(number) => {
                let (left, right) = self.vxm();
                let width = (right - left) / f32::from(self.mesh.rows() * self.mesh.columns());
                let place = f32::from(self.mesh.column(number) * self.mesh.rows() + self.mesh.row(number));
                (left + place * width + 0.5, left + (place + 1.0) * width - 0.5)
            }
            Queue::MxmWeights(half, plane) => third(half, plane, 0),
            Queue::MxmActivate(half, plane) => third(half, plane, 1),
            Queue::MxmAccumulate(half, plane) => third(half, plane, 2),
            Queue::Distributor(half, number) => {
                let width = (SXM.1 - SXM.0) / f32::from(self.distributors);
                let near = SXM.0 + f32::from(number) * width;
                Self::span(half, (near + 0.5, near + width - 0.5))
            }
            // Transposers and the permuter stand behind the distributors.
            Queue::Transposer(half, _) | Queue::Permuter(half) => Self::span(half, SXM),
            // Links stand where the switch unit stands.
            Queue::LinkSend(link) | Queue::LinkReceive(link) => {
                let width = (SXM.1 - SXM.0) / f32::from(self.links);
                let near = SXM.0 + f32::from(link.number) * width;
                Self::span(link.hemisphere, (near + 0.25, near + width - 0.25))
            }
        }
    }

    /// x at which a value stands `delay` after the origin of its direction, in whole cycles.
    pub(crate) fn x(&self, direction: Direction, driver: Station, delay: u32) -> f32 {
        let way = &self.ways[direction.index()][usize::from(driver.0)];
        way.get(delay as usize).or(way.last()).copied().unwrap_or(WIDTH / 2.0)
    }

    /// x of a station's register for a flow.
    pub(crate) fn register(&self, geometry: &Geometry, direction: Direction, station: Station) -> f32 {
        self.x(direction, station, geometry.depart(direction, station))
    }

    /// x by delay of a value driven at `driver`, up to one cycle past the last station.
    fn way(&self, chip: &Chip, geometry: &Geometry, direction: Direction, driver: Station) -> Vec<f32> {
        let knots = self.knots(chip, geometry, direction);
        let start = (geometry.depart(direction, driver), self.exit(geometry, direction, driver));
        let last = knots.last().map_or(0, |knot| knot.0) + 1;
        (0..=last)
            .map(|delay| {
                let passed = knots.iter().rev().find(|knot| knot.0 <= delay && start.0 < knot.0).copied();
                let from = passed.unwrap_or(start);
                match knots.iter().find(|knot| delay < knot.0 && start.0 < knot.0) {
                    Some(to) if from.0 < to.0 => {
                        let part = (delay.max(from.0) - from.0) as f32 / (to.0 - from.0) as f32;
                        from.1 + (to.1 - from.1) * part
                    }
                    // Off the last station: into the matrix unit at the pace of a hop.
                    _ => from.1 + self.towards(direction) * self.pitch() * (delay.max(from.0) - from.0) as f32,
                }
            })
            .collect()
    }

    fn towards(&self, direction: Direction) -> f32 {
        match direction {
            Direction::East => 1.0,
            Direction::West => -1.0,
        }
    }

    /// (delay, x) of the registers along a flow, delays rising strictly.
    fn knots(&self, chip: &Chip, geometry: &Geometry, direction: Direction) -> Vec<(u32, f32)> {
        let (from, to) = match direction {
            Direction::East => (Hemisphere::West, Hemisphere::East),
            Direction::West => (Hemisphere::East, Hemisphere::West),
        };
        let middle = WIDTH / 2.0;
        let forward = self.towards(direction);
        let group = |hemisphere, number| {
            let slice = SliceId { hemisphere, number: number * self.slices_per_group };
            geometry.arrive(direction, geometry.slice(slice))
        };
        let hop = chip.latency.hop;
        let mut knots = vec![(group(from, self.groups - 1).saturating_sub(hop), middle - forward * BOUNDARY)];
        knots.extend((0..self.groups).rev().map(|n| (group(from, n), middle - forward * self.register_distance(n))));
        knots.extend((0..self.groups).map(|n| (group(to, n), middle + forward * self.register_distance(n))));
        knots.push((group(to, self.groups - 1) + hop, middle + forward * BOUNDARY));
        let sxm = middle + forward * (SXM.0 + SXM.1) / 2.0;
        knots.push((geometry.arrive(direction, geometry.sxm(to)), sxm));
        knots.push((geometry.arrive(direction, geometry.mxm(to)), middle + forward * MXM.0));
        knots.dedup_by_key(|knot| knot.0);
        knots
    }

    /// x at which a station puts values on a stream.
    fn exit(&self, geometry: &Geometry, direction: Direction, driver: Station) -> f32 {
        let middle = WIDTH / 2.0;
        let vxm = geometry.vxm();
        if driver == vxm {
            return middle + self.towards(direction) * VXM_REGISTER;
        }
        let (side, distance) = if driver < vxm { (-1.0, vxm.0 - driver.0) } else { (1.0, driver.0 - vxm.0) };
        let out = match distance {
            group if group <= self.groups => self.register_distance(group - 1),
            group if group == self.groups + 1 => (SXM.0 + SXM.1) / 2.0,
            _ => MXM.0,
        };
        middle + side * out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn die() -> (Die, Geometry) {
        let chip = Chip::lpu_14nm();
        let geometry = Geometry::new(&chip);
        (Die::new(&chip, &geometry, 0.0), geometry)
    }

    #[test]
    fn values_move_along_their_flow_and_pass_stations_at_their_registers() {
        let (die, geometry) = die();
        for direction in Direction::BOTH {
            for driver in (0..geometry.stations()).map(Station) {
                let from = geometry.depart(direction, driver);
                let last = if direction == Direction::East { geometry.stations() - 1 } else { 0 };
                let edge = geometry.arrive(direction, Station(last));
                for delay in from..edge {
                    let step = die.x(direction, driver, delay + 1) - die.x(direction, driver, delay);
                    assert!(0.0 < step * die.towards(direction), "{direction:?} from {driver:?} at {delay}: {step}");
                }
            }
            let slice = SliceId { hemisphere: Hemisphere::East, number: 22 };
            let station = geometry.slice(slice);
            let far = Station(if direction == Direction::East { 5 } else { geometry.stations() - 3 });
            let passes = die.x(direction, far, geometry.arrive(direction, station));
            assert_eq!(passes, die.register(&geometry, direction, station));
        }
    }

    #[test]
    fn the_two_halves_mirror_each_other() {
        let (die, _) = die();
        for number in 0..44 {
            let west = die.slice(SliceId { hemisphere: Hemisphere::West, number });
            let east = die.slice(SliceId { hemisphere: Hemisphere::East, number });
            assert!((west.0 + east.1 - WIDTH).abs() < 0.01 && (west.1 + east.0 - WIDTH).abs() < 0.01);
        }
    }

    #[test]
    fn a_row_is_found_by_its_height() {
        let (die, _) = die();
        for superlane in 0..20 {
            let (top, bottom) = die.row(i64::from(superlane));
            assert_eq!(die.superlane((top + bottom) / 2.0), Some(superlane));
        }
        assert_eq!(die.superlane(-1.0), None);
    }
}

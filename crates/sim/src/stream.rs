//! The streams: who drove which diagonal, and what a station therefore samples.
//!
//! In: drives (stream, diagonal, station) -> word.  Out: for a sample, the driver nearest upstream.
//! Invariant: a cell is (stream, diagonal); values of other diagonals are never seen, however old the cell's memory is.
//! Method: `diagonal = cycle - delay` is constant along a value's way, so that nothing has to move: a ring of cells per diagonal, as long
//!     as the longest way plus the longest latency. A drive may be noted before it departs: whoever samples downstream of it samples later.

use crate::tally::Tally;
use crate::word::Word;
use crate::{PoisonId, Site};
use arch::{Chip, Direction, Geometry, Latencies, Queue, Station, StreamId};

/// Streams of both directions.
pub(crate) const STREAMS: usize = 64;

/// Who put a value on a diagonal.
#[derive(Clone)]
pub(crate) struct Driver {
    /// Place along the flow, 0 upstream.
    pub(crate) rank: u8,
    pub(crate) site: Site,
    pub(crate) word: Word,
}

#[derive(Clone)]
struct Cell {
    diagonal: i64,
    first: Option<Driver>,
    more: Vec<Driver>,
}

impl Cell {
    const UNUSED: Cell = Cell { diagonal: i64::MIN, first: None, more: Vec::new() };
}

/// Where a unit stands, for each direction: its place along the flow and its delays.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) rank: [u8; 2],
    /// Drivers of a rank below this are heard.
    pub(crate) heard_below: [u8; 2],
    pub(crate) arrive: [i64; 2],
    pub(crate) depart: [i64; 2],
}

/// All cells in use; by default none.
#[derive(Clone, Default)]
pub(crate) struct Streams {
    cells: Vec<Cell>,
    mask: usize,
}

/// The cells that somebody may still sample, and their places.
#[derive(Clone)]
pub(crate) struct Packed {
    cells: Vec<(usize, Cell)>,
    mask: usize,
}

/// What came of a drive.
pub(crate) enum Drive {
    Alone,
    /// Somebody at the same station drove the same cell.
    Collides,
}

impl Place {
    /// The place of a station.
    pub(crate) fn new(geometry: &Geometry, station: Station) -> Self {
        let last = geometry.stations() - 1;
        let rank = [station.0, last - station.0];
        // Slices of one group hear each other; a unit does not hear itself.
        let hears_itself = Direction::BOTH.map(|direction| geometry.travel(direction, station, station).is_some());
        let of = |delay: fn(&Geometry, Direction, Station) -> u32| {
            Direction::BOTH.map(|direction| i64::from(delay(geometry, direction, station)))
        };
        Place {
            rank,
            heard_below: [rank[0] + u8::from(hears_itself[0]), rank[1] + u8::from(hears_itself[1])],
            arrive: of(Geometry::arrive),
            depart: of(Geometry::depart),
        }
    }
}

/// The station that issues a queue's instructions.
pub(crate) fn station(geometry: &Geometry, queue: Queue) -> Station {
    match queue {
        Queue::MemRead(slice) | Queue::MemWrite(slice) => geometry.slice(slice),
        Queue::Alu(_) => geometry.vxm(),
        Queue::MxmWeights(hemisphere, _) | Queue::MxmActivate(hemisphere, _) | Queue::MxmAccumulate(hemisphere, _) => {
            geometry.mxm(hemisphere)
        }
        Queue::Distributor(hemisphere, _) | Queue::Transposer(hemisphere, _) | Queue::Permuter(hemisphere) => {
            geometry.sxm(hemisphere)
        }
        Queue::LinkSend(link) | Queue::LinkReceive(link) => geometry.sxm(link.hemisphere),
    }
}

/// The longest delay of any station in any direction.
pub(crate) fn delay_max(geometry: &Geometry) -> u32 {
    let stations = (0..geometry.stations()).map(Station);
    let delays = stations.flat_map(|station| Direction::BOTH.map(|direction| geometry.depart(direction, station)));
    delays.max().unwrap_or(0)
}

/// Delays of the stations when they drive, by direction and place along the flow.
pub(crate) fn departures(geometry: &Geometry) -> [Vec<i64>; 2] {
    let stations = || (0..geometry.stations()).map(Station);
    let delays = |direction, stations: &mut dyn Iterator<Item = Station>| {
        stations.map(|station| i64::from(geometry.depart(direction, station))).collect()
    };
    [delays(Direction::East, &mut stations()), delays(Direction::West, &mut stations().rev())]
}

/// Cycles after its dispatch in which an instruction's value may still leave its station.
pub(crate) fn horizon(latency: &Latencies) -> u32 {
    let after = [
        latency.mem_read,
        latency.mem_gather,
        latency.vxm_entry + latency.vxm_alu,
        latency.sxm_distribute,
        latency.sxm_transpose,
        latency.sxm_rotate,
        latency.sxm_permute,
        latency.mxm_accumulate,
        latency.link_receive,
    ];
    after.into_iter().max().unwrap_or(0)
}

impl Packed {
    /// Adds what it holds.
    pub(crate) fn weigh(&self, tally: &mut Tally) {
        tally.own(self.cells.len() * size_of::<(usize, Cell)>());
        let drivers = self.cells.iter().flat_map(|(_, cell)| cell.first.iter().chain(&cell.more));
        drivers.for_each(|driver| driver.word.weigh(tally));
    }
}

impl Streams {
    /// Empty streams of `chip`.
    pub(crate) fn new(chip: &Chip, geometry: &Geometry) -> Self {
        let span = delay_max(geometry) + horizon(&chip.latency) + 2;
        let length = (span as usize).next_power_of_two();
        Streams { cells: vec![Cell::UNUSED; length * STREAMS], mask: length - 1 }
    }

    /// What is left of the streams when nothing samples diagonals before `diagonal` any longer.
    pub(crate) fn packed(&self, diagonal: i64) -> Packed {
        let live = self.cells.iter().enumerate().filter(|(_, cell)| diagonal <= cell.diagonal);
        Packed { cells: live.map(|(index, cell)| (index, cell.clone())).collect(), mask: self.mask }
    }

    fn index(&self, stream: StreamId, diagonal: i64) -> usize {
        (diagonal as usize & self.mask) * STREAMS + stream.index()
    }

    /// Notes that `driver` puts a word on a diagonal; `stream.number` is below 32.
    pub(crate) fn drive(&mut self, stream: StreamId, diagonal: i64, driver: Driver) -> Drive {
        let index = self.index(stream, diagonal);
        let cell = &mut self.cells[index];
        if cell.diagonal != diagonal {
            cell.diagonal = diagonal;
            cell.more.clear();
            cell.first = Some(driver);
            return Drive::Alone;
        }
        let collides = cell.first.iter().chain(&cell.more).any(|other| other.rank == driver.rank);
        cell.more.push(driver);
        if collides { Drive::Collides } else { Drive::Alone }
    }

    /// Spoils what was driven at one station.
    pub(crate) fn spoil(&mut self, stream: StreamId, diagonal: i64, rank: u8, id: PoisonId) {
        let index = self.index(stream, diagonal);
        let cell = &mut self.cells[index];
        for driver in cell.first.iter_mut().chain(&mut cell.more).filter(|driver| driver.rank == rank) {
            driver.word = Word::Poison(id);
        }
    }

    /// All cells that ever held something: index of the stream, diagonal, drivers.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (usize, i64, impl Iterator<Item = &Driver>)> {
        let cells = self.cells.iter().enumerate();
        cells.map(|(index, cell)| (index % STREAMS, cell.diagonal, cell.first.iter().chain(&cell.more)))
    }

    /// The driver on this diagonal nearest upstream of the ranks from `below` on.
    pub(crate) fn nearest(&self, stream: StreamId, diagonal: i64, below: u8) -> Option<&Driver> {
        let cell = &self.cells[self.index(stream, diagonal)];
        if cell.diagonal != diagonal {
            return None;
        }
        if cell.more.is_empty() {
            return cell.first.as_ref().filter(|driver| driver.rank < below);
        }
        let heard = cell.first.iter().chain(&cell.more).filter(|driver| driver.rank < below);
        heard.max_by_key(|driver| driver.rank)
    }
}

impl Packed {
    /// The streams again.
    pub(crate) fn unpacked(&self) -> Streams {
        let mut cells = vec![Cell::UNUSED; (self.mask + 1) * STREAMS];
        for (index, cell) in &self.cells {
            cells[*index] = cell.clone();
        }
        Streams { cells, mask: self.mask }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arch::{Hemisphere, SliceId};

    fn driver(rank: u8) -> Driver {
        Driver {
            rank,
            site: Site { entry: u32::from(rank), ..Site::default() },
            word: Word::Poison(PoisonId::default()),
        }
    }

    #[test]
    fn the_nearest_driver_upstream_is_heard_and_old_diagonals_are_gone() {
        let chip = Chip::lpu_14nm();
        let geometry = Geometry::new(&chip);
        let mut streams = Streams::new(&chip, &geometry);
        let stream = StreamId::new(Direction::East, 3);
        assert!(matches!(streams.drive(stream, -5, driver(4)), Drive::Alone));
        assert!(matches!(streams.drive(stream, -5, driver(9)), Drive::Alone));
        let heard = |streams: &Streams, below| streams.nearest(stream, -5, below).map(|driver| driver.rank);
        assert_eq!((heard(&streams, 4), heard(&streams, 5), heard(&streams, 20)), (None, Some(4), Some(9)));
        assert!(matches!(streams.drive(stream, -5, driver(9)), Drive::Collides));
        let length = streams.mask as i64 + 1;
        streams.drive(stream, length - 5, driver(1));
        assert_eq!(heard(&streams, 20), None);
    }

    #[test]
    fn only_memory_hears_its_own_station() {
        let geometry = Geometry::new(&Chip::lpu_14nm());
        let group = Place::new(&geometry, geometry.slice(SliceId { hemisphere: Hemisphere::East, number: 5 }));
        let vxm = Place::new(&geometry, geometry.vxm());
        assert_eq!(group.heard_below[0], group.rank[0] + 1);
        assert_eq!(vxm.heard_below, vxm.rank);
    }
}

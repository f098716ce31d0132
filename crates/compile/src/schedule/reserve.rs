//! Reservation tables: who holds which queue, stream cell and SRAM port when.
//!
//! In: intents of a rigid chain at a candidate time.  Out: yes or no, and afterwards the booking.
//! Invariant: no two bookings of a queue share a cycle; no two of a stream share a cell between driver and last listener; a
//!     read and a write of one slice in one cycle touch different banks.
//! Method: per resource intervals by the stretches of time that they touch (`Lane`). A stream value occupies, in sheared coordinates, the rectangle of its diagonals
//!     times the stations it passes; packing rectangles is first fit over the stream numbers.
//! Source: interval packing over sheared coordinates is design.md's; first fit is the plain choice.

use arch::{Chip, Direction, Geometry, Queue, SliceId, Station, StreamId};
use std::collections::BTreeMap;

/// Cycles `start .. end` of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// First cycle.
    pub start: i64,
    /// One past the last cycle.
    pub end: i64,
}

impl Busy {
    fn overlaps(self, other: Busy) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// A train of values that one station drives and others downstream sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Direction of flow.
    pub direction: Direction,
    /// Driver.
    pub from: Station,
    /// Last listener.
    pub to: Station,
    /// Cycle in which the first value departs.
    pub departs: i64,
    /// Cycles from first to last value, plus one.
    pub length: i64,
}

/// Which banks an access touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Banks {
    /// Known: one bit per bank.
    Mask(u16),
    /// The base differs by instance: any bank.
    Any,
}

impl Banks {
    fn meets(self, other: Banks) -> bool {
        match (self, other) {
            (Banks::Mask(a), Banks::Mask(b)) => a & b != 0,
            _ => true,
        }
    }
}

/// Cycles of a stretch of time.
const STRETCH: i64 = 128;
/// Diagonals start before cycle 0, by no more than a stream takes to cross the chip.
const BEFORE: i64 = 1024;

/// Bookings of one resource, each in the list of every stretch that it touches, so that a question looks at its own time only.
#[derive(Clone, Debug)]
struct Lane<T> {
    stretches: Vec<Vec<(Busy, T)>>,
    /// In the order of booking.
    booked: Vec<Busy>,
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Lane { stretches: Vec::new(), booked: Vec::new() }
    }
}

impl<T: Copy> Lane<T> {
    fn touched(busy: Busy) -> std::ops::RangeInclusive<usize> {
        let stretch = |cycle: i64| ((cycle + BEFORE).max(0) / STRETCH) as usize;
        stretch(busy.start)..=stretch(busy.end.max(busy.start + 1) - 1)
    }

    fn book(&mut self, busy: Busy, what: T) {
        let touched = Lane::<T>::touched(busy);
        if self.stretches.len() <= *touched.end() {
            self.stretches.resize_with(touched.end() + 1, Vec::new);
        }
        touched.for_each(|stretch| self.stretches[stretch].push((busy, what)));
        self.booked.push(busy);
    }

    /// Takes back the last booking.
    fn unbook(&mut self) {
        for stretch in self.booked.pop().into_iter().flat_map(Lane::<T>::touched) {
            self.stretches[stretch].pop();
        }
    }

    /// Whether `is_free` of everything that is booked in some cycle of `busy`.
    fn all(&self, busy: Busy, is_free: impl Fn(T) -> bool) -> bool {
        let booked = Lane::<T>::touched(busy).filter_map(|stretch| self.stretches.get(stretch)).flatten();
        booked.filter(|(other, _)| other.overlaps(busy)).all(|(_, what)| is_free(*what))
    }
}

struct Cells {
    diagonals: Busy,
    stations: (u8, u8),
}

/// All reservations of one template.
pub struct Reservations {
    geometry: Geometry,
    queues: BTreeMap<Queue, Lane<()>>,
    ports: BTreeMap<SliceId, [Lane<Banks>; 2]>,
    /// By stream: first and last station.
    streams: Vec<Lane<(u8, u8)>>,
}

impl Reservations {
    /// Nothing booked.
    pub fn new(chip: &Chip) -> Self {
        let streams = vec![Lane::default(); 2 * usize::from(chip.streams)];
        Reservations { geometry: Geometry::new(chip), queues: BTreeMap::new(), ports: BTreeMap::new(), streams }
    }

    /// The geometry the tables are sheared by.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Whether a queue issues nothing in `busy`.
    pub fn queue_free(&self, queue: Queue, busy: Busy) -> bool {
        self.queues.get(&queue).is_none_or(|booked| booked.all(busy, |()| false))
    }

    /// Books a queue and, for memory, its port.
    pub fn book_queue(&mut self, queue: Queue, busy: Busy, banks: Banks) {
        self.queues.entry(queue).or_default().book(busy, ());
        if let Some((slice, side)) = port(queue) {
            self.ports.entry(slice).or_default()[side].book(busy, banks);
        }
    }

    /// Whether a memory access finds the slice's other port in another bank in every cycle of `busy`.
    pub fn port_free(&self, queue: Queue, busy: Busy, banks: Banks) -> bool {
        let Some((slice, side)) = port(queue) else { return true };
        self.ports.get(&slice).is_none_or(|sides| sides[1 - side].all(busy, |used| !used.meets(banks)))
    }

    /// Whether the stream's cells are free for the whole flow.
    pub fn stream_free(&self, stream: StreamId, flow: &Flow) -> bool {
        let cells = self.cells(flow);
        let (first, last) = cells.stations;
        self.streams[stream.index()].all(cells.diagonals, |(from, to)| to < first || last < from)
    }

    /// Books the stream of a flow.
    pub fn book_stream(&mut self, stream: StreamId, flow: &Flow) {
        let cells = self.cells(flow);
        self.streams[stream.index()].book(cells.diagonals, cells.stations);
    }

    /// Takes back the last booking of a queue and, for memory, of its port.
    pub fn unbook_queue(&mut self, queue: Queue) {
        self.queues.entry(queue).or_default().unbook();
        if let Some((slice, side)) = port(queue) {
            self.ports.entry(slice).or_default()[side].unbook();
        }
    }

    /// Takes back the last booking of a stream.
    pub fn unbook_stream(&mut self, stream: StreamId) {
        self.streams[stream.index()].unbook();
    }

    fn cells(&self, flow: &Flow) -> Cells {
        let start = flow.departs - i64::from(self.geometry.depart(flow.direction, flow.from));
        let (low, high) = (flow.from.0.min(flow.to.0), flow.from.0.max(flow.to.0));
        Cells { diagonals: Busy { start, end: start + flow.length }, stations: (low, high) }
    }
}

/// The slice and side (0 read, 1 write) of a memory queue.
fn port(queue: Queue) -> Option<(SliceId, usize)> {
    match queue {
        Queue::MemRead(slice) => Some((slice, 0)),
        Queue::MemWrite(slice) => Some((slice, 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arch::Hemisphere;

    fn flow(from: u8, to: u8, departs: i64) -> Flow {
        Flow { direction: Direction::East, from: Station(from), to: Station(to), departs, length: 1 }
    }

    #[test]
    fn a_value_that_has_been_heard_leaves_the_road_to_others() {
        let chip = Chip::lpu_14nm();
        let mut table = Reservations::new(&chip);
        let geometry = table.geometry().clone();
        let near = SliceId { hemisphere: Hemisphere::East, number: 1 };
        let far = SliceId { hemisphere: Hemisphere::East, number: 20 };
        let (near, far) = (geometry.slice(near), geometry.slice(far));
        let first = flow(geometry.vxm().0, near.0, 100);
        table.book_stream(StreamId::new(Direction::East, 0), &first);
        let stream = StreamId::new(Direction::East, 0);
        assert!(!table.stream_free(stream, &flow(near.0, far.0, 100)), "it still stands at the listener");
        let later = flow(near.0 + 1, far.0, 101);
        assert!(table.stream_free(stream, &later), "downstream of the last listener the same diagonal is free");
    }

    #[test]
    fn a_read_and_a_write_need_different_banks() {
        let mut table = Reservations::new(&Chip::lpu_14nm());
        let slice = SliceId { hemisphere: Hemisphere::West, number: 3 };
        let busy = Busy { start: 10, end: 20 };
        table.book_queue(Queue::MemRead(slice), busy, Banks::Mask(1));
        assert!(!table.port_free(Queue::MemWrite(slice), busy, Banks::Mask(1)));
        assert!(table.port_free(Queue::MemWrite(slice), busy, Banks::Mask(2)));
        assert!(!table.port_free(Queue::MemWrite(slice), busy, Banks::Any));
        assert!(table.port_free(Queue::MemWrite(slice), Busy { start: 20, end: 21 }, Banks::Any));
    }
}

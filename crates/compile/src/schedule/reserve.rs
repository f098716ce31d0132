//! Reservation tables: who holds which queue, stream cell and SRAM port when.
//!
//! In: intents of a rigid chain at a candidate time.  Out: yes or no, and afterwards the booking.
//! Invariant: no two bookings of a queue share a cycle; no two of a stream share a cell between driver and last listener; a
//!     read and a write of one slice in one cycle touch different banks.
//! Method: per resource intervals by the stretches of time that they touch (`Lane`). A stream value occupies, in sheared coordinates, the rectangle of its diagonals
//!     times the stations it passes; packing rectangles is first fit over the stream numbers.
//! Source: interval packing over sheared coordinates is design.md's; first fit is the plain choice.

use super::wiring::Reach;
use arch::{Chip, Direction, Geometry, Hemisphere, Queue, SliceId, Station, StreamId};
use program::Address;

/// Cycles `start .. end` of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// First cycle.
    pub start: i64,
    /// One past the last cycle.
    pub end: i64,
}

impl Busy {
    /// Whether they have a cycle in common.
    pub fn overlaps(self, other: Busy) -> bool {
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
    /// Those that a burst touches.
    pub fn of(chip: &Chip, address: Address, count: u32) -> Banks {
        if address.base != 0 {
            return Banks::Any;
        }
        let last = i64::from(address.offset) + i64::from(address.stride) * i64::from(count - 1);
        let last = last.clamp(0, i64::from(chip.words) - 1) as u16;
        let (first, last) = (chip.bank(address.offset), chip.bank(last));
        Banks::Mask((first.min(last)..=first.max(last)).fold(0, |mask, bank| mask | 1 << bank))
    }

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
    booked: Vec<(Busy, T)>,
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
        self.booked.push((busy, what));
    }

    /// Takes back the last booking, and tells it.
    fn unbook(&mut self) -> Option<(Busy, T)> {
        let (busy, what) = self.booked.pop()?;
        Lane::<T>::touched(busy).for_each(|stretch| {
            self.stretches[stretch].pop();
        });
        Some((busy, what))
    }

    /// Bookings in some cycle of `busy` of which `hinders` holds; one that touches several stretches comes several times.
    fn hindering(&self, busy: Busy, hinders: impl Fn(T) -> bool) -> impl Iterator<Item = Busy> {
        let booked = Lane::<T>::touched(busy).filter_map(|stretch| self.stretches.get(stretch)).flatten();
        booked.filter(move |(other, what)| other.overlaps(busy) && hinders(*what)).map(|(other, _)| *other)
    }
}

/// Cycles that bookings take together, as stretches that neither overlap nor touch, the earliest first.
#[derive(Clone, Debug, Default)]
struct Runs(Vec<Busy>);

impl Runs {
    /// The first stretch that ends after a cycle.
    fn after(&self, cycle: i64) -> usize {
        self.0.partition_point(|run| run.end <= cycle)
    }

    fn add(&mut self, busy: Busy) {
        let first = self.0.partition_point(|run| run.end < busy.start);
        let end = first + self.0[first..].partition_point(|run| run.start <= busy.end);
        let touched = self.0.get(first..end).filter(|touched| !touched.is_empty());
        let joined = touched.map_or(busy, |touched| Busy {
            start: busy.start.min(touched[0].start),
            end: busy.end.max(touched[touched.len() - 1].end),
        });
        self.0.splice(first..end, [joined]);
    }

    /// Takes out a booking, which shares no cycle with another one.
    fn remove(&mut self, busy: Busy) {
        let place = self.after(busy.start);
        let run = self.0[place];
        let parts = [Busy { start: run.start, end: busy.start }, Busy { start: busy.end, end: run.end }];
        self.0.splice(place..=place, parts.into_iter().filter(|part| part.start < part.end));
    }

    fn is_free(&self, busy: Busy) -> bool {
        self.0.get(self.after(busy.start)).is_none_or(|run| busy.end <= run.start)
    }
}

/// What an event of a chain may not meet, on the way through later and later origins.
pub struct Way<'t> {
    runs: &'t [Busy],
    /// The first run that ends after the event begins.
    next: usize,
    /// The event's first cycle with origin 0, and how many it takes.
    offset: i64,
    cycles: i64,
}

impl Way<'_> {
    /// The first origin from this one on, which is no earlier than the one before, with which the event meets nothing.
    pub fn free_from(&mut self, origin: i64) -> i64 {
        let mut start = origin + self.offset;
        while let Some(run) = self.runs.get(self.next) {
            if start < run.end {
                if start + self.cycles <= run.start {
                    break;
                }
                start = run.end;
            }
            self.next += 1;
        }
        start - self.offset
    }
}

/// What a queue issues: all of it, and for memory by the banks that it touches.
#[derive(Clone, Debug, Default)]
struct Issues {
    all: Runs,
    by_banks: Vec<(Banks, Runs)>,
}

impl Issues {
    /// Those of a port: most banks have a few lists, one for each set that some burst touches.
    fn of(&mut self, banks: Banks) -> &mut Runs {
        let place = self.by_banks.iter().position(|(other, _)| *other == banks).unwrap_or_else(|| {
            self.by_banks.push((banks, Runs::default()));
            self.by_banks.len() - 1
        });
        &mut self.by_banks[place].1
    }
}

struct Cells {
    diagonals: Busy,
    stations: (u8, u8),
}

/// All reservations of one template.
pub struct Reservations {
    geometry: Geometry,
    reach: Reach,
    /// By place of the queue.
    queues: Vec<Lane<Banks>>,
    /// The same bookings as stretches of time, by place of the queue.
    issues: Vec<Issues>,
    /// Most queues of a kind in one half.
    width: usize,
    /// By stream: first and last station.
    streams: Vec<Lane<(u8, u8)>>,
    /// One past the last cycle that was ever booked of a queue.
    end: i64,
}

/// Kinds of queues.
const KINDS: usize = 11;

impl Reservations {
    /// Nothing booked.
    pub fn new(chip: &Chip) -> Self {
        let streams = vec![Lane::default(); 2 * usize::from(chip.streams)];
        let numbers = [chip.slices, chip.alus, chip.planes, chip.distributors, chip.transposers, chip.links];
        let width = usize::from(numbers.into_iter().max().unwrap_or(0)).max(1);
        let places = 2 * KINDS * width;
        let (queues, issues) = (vec![Lane::default(); places], vec![Issues::default(); places]);
        Reservations { geometry: Geometry::new(chip), reach: Reach::new(chip), queues, issues, width, streams, end: 0 }
    }

    /// Which ALU reaches what.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// The geometry the tables are sheared by.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// From this cycle on every queue is free.
    pub fn end(&self) -> i64 {
        self.end
    }

    /// Whether a queue issues nothing in `busy`.
    pub fn queue_free(&self, queue: Queue, busy: Busy) -> bool {
        self.issues[self.place(queue)].all.is_free(busy)
    }

    /// Books a queue and, for memory, its port.
    pub fn book_queue(&mut self, queue: Queue, busy: Busy, banks: Banks) {
        let place = self.place(queue);
        self.queues[place].book(busy, banks);
        self.end = self.end.max(busy.end);
        self.issues[place].all.add(busy);
        if other_port(queue).is_some() {
            self.issues[place].of(banks).add(busy);
        }
    }

    /// Whether a queue can issue in `busy`, and of memory the other port too.
    pub fn is_free(&self, queue: Queue, busy: Busy, banks: Banks) -> bool {
        self.met(queue, banks).all(|runs| runs.is_free(busy))
    }

    /// What an event that is at `busy` with this origin may not meet then and later.
    pub fn ways(&self, queue: Queue, (busy, origin): (Busy, i64), banks: Banks) -> impl Iterator<Item = Way<'_>> {
        let (offset, cycles) = (busy.start - origin, busy.end - busy.start);
        self.met(queue, banks).map(move |runs| Way { runs: &runs.0, next: runs.after(busy.start), offset, cycles })
    }

    /// Bookings of a queue, and of memory those of the other port in the same banks.
    fn met(&self, queue: Queue, banks: Banks) -> impl Iterator<Item = &Runs> {
        let other = other_port(queue).map(|other| &self.issues[self.place(other)].by_banks);
        let others = other.into_iter().flatten().filter(move |(it, _)| it.meets(banks)).map(|(_, runs)| runs);
        [&self.issues[self.place(queue)].all].into_iter().chain(others)
    }

    /// What keeps a queue from issuing in `busy`: its own bookings, and of memory those of the slice's other port in the same banks.
    pub fn hindering(&self, queue: Queue, busy: Busy, banks: Banks) -> impl Iterator<Item = Busy> {
        let own = self.queues[self.place(queue)].hindering(busy, |_| true);
        let other =
            other_port(queue).map(|other| self.queues[self.place(other)].hindering(busy, move |it| it.meets(banks)));
        own.chain(other.into_iter().flatten())
    }

    /// Whether the stream's cells are free for the whole flow.
    pub fn stream_free(&self, stream: StreamId, flow: &Flow) -> bool {
        self.in_the_way(stream, &self.cells(flow)).next().is_none()
    }

    /// Values of a flow that come before any other value in the stream's cells, or all.
    pub fn stream_free_for(&self, stream: StreamId, flow: &Flow) -> i64 {
        let cells = self.cells(flow);
        let starts = self.in_the_way(stream, &cells).map(|other| other.start);
        starts.map(|start| (start - cells.diagonals.start).max(0)).min().unwrap_or(flow.length)
    }

    /// Diagonals of a stream's bookings that have some of these cells.
    fn in_the_way(&self, stream: StreamId, cells: &Cells) -> impl Iterator<Item = Busy> {
        let stations = cells.stations;
        self.streams[stream.index()].hindering(cells.diagonals, move |other| touch(stations, other))
    }

    /// Whether two flows of one direction would have a cell in common if they had one stream.
    pub fn meet(&self, a: &Flow, b: &Flow) -> bool {
        let (a, b) = (self.cells(a), self.cells(b));
        a.diagonals.overlaps(b.diagonals) && touch(a.stations, b.stations)
    }

    /// Books the stream of a flow.
    pub fn book_stream(&mut self, stream: StreamId, flow: &Flow) {
        let cells = self.cells(flow);
        self.streams[stream.index()].book(cells.diagonals, cells.stations);
    }

    /// Takes back the last booking of a queue.
    pub fn unbook_queue(&mut self, queue: Queue) {
        let place = self.place(queue);
        let Some((busy, banks)) = self.queues[place].unbook() else { return };
        self.issues[place].all.remove(busy);
        if other_port(queue).is_some() {
            self.issues[place].of(banks).remove(busy);
        }
    }

    fn place(&self, queue: Queue) -> usize {
        let (kind, hemisphere, number) = match queue {
            Queue::MemRead(SliceId { hemisphere, number }) => (0, hemisphere, number),
            Queue::MemWrite(SliceId { hemisphere, number }) => (1, hemisphere, number),
            Queue::Alu(alu) => (2, Hemisphere::West, alu),
            Queue::MxmWeights(hemisphere, plane) => (3, hemisphere, plane),
            Queue::MxmActivate(hemisphere, plane) => (4, hemisphere, plane),
            Queue::MxmAccumulate(hemisphere, plane) => (5, hemisphere, plane),
            Queue::Distributor(hemisphere, number) => (6, hemisphere, number),
            Queue::Transposer(hemisphere, number) => (7, hemisphere, number),
            Queue::Permuter(hemisphere) => (8, hemisphere, 0),
            Queue::LinkSend(link) => (9, link.hemisphere, link.number),
            Queue::LinkReceive(link) => (10, link.hemisphere, link.number),
        };
        (2 * kind + usize::from(hemisphere == Hemisphere::East)) * self.width + usize::from(number)
    }

    fn cells(&self, flow: &Flow) -> Cells {
        let start = flow.departs - i64::from(self.geometry.depart(flow.direction, flow.from));
        let (low, high) = (flow.from.0.min(flow.to.0), flow.from.0.max(flow.to.0));
        Cells { diagonals: Busy { start, end: start + flow.length }, stations: (low, high) }
    }
}

/// Whether two stretches of stations, first and last, have one in common.
fn touch(a: (u8, u8), b: (u8, u8)) -> bool {
    a.0 <= b.1 && b.0 <= a.1
}

/// The queue of a slice's other port.
fn other_port(queue: Queue) -> Option<Queue> {
    match queue {
        Queue::MemRead(slice) => Some(Queue::MemWrite(slice)),
        Queue::MemWrite(slice) => Some(Queue::MemRead(slice)),
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
    fn stretches_join_and_part_again() {
        let of = |cycles: &[(i64, i64)]| cycles.iter().map(|&(start, end)| Busy { start, end }).collect::<Vec<_>>();
        let mut runs = Runs::default();
        of(&[(10, 12), (14, 20), (2, 3), (12, 14), (30, 31)]).into_iter().for_each(|busy| runs.add(busy));
        assert_eq!(runs.0, of(&[(2, 3), (10, 20), (30, 31)]));
        let free = |runs: &Runs, start: i64, cycles: i64| {
            Way { runs: &runs.0, next: runs.after(start), offset: 5, cycles }.free_from(start - 5) + 5
        };
        assert_eq!([1, 2, 3, 5].map(|cycles| free(&runs, 1, cycles)), [1, 3, 3, 3]);
        assert_eq!([7, 8, 10, 11].map(|cycles| free(&runs, 2, cycles)), [3, 20, 20, 31]);
        assert!(runs.is_free(Busy { start: 3, end: 10 }) && !runs.is_free(Busy { start: 3, end: 11 }));
        runs.remove(Busy { start: 12, end: 14 });
        assert_eq!(runs.0, of(&[(2, 3), (10, 12), (14, 20), (30, 31)]));
        runs.remove(Busy { start: 30, end: 31 });
        assert_eq!(free(&runs, 20, 100), 20);
    }

    #[test]
    fn a_read_and_a_write_need_different_banks() {
        let mut table = Reservations::new(&Chip::lpu_14nm());
        let slice = SliceId { hemisphere: Hemisphere::West, number: 3 };
        let busy = Busy { start: 10, end: 20 };
        table.book_queue(Queue::MemRead(slice), busy, Banks::Mask(1));
        let hindering = |busy, banks| table.hindering(Queue::MemWrite(slice), busy, banks).next();
        assert_eq!(hindering(busy, Banks::Mask(1)), Some(busy));
        assert_eq!(hindering(busy, Banks::Mask(2)), None);
        assert_eq!(hindering(busy, Banks::Any), Some(busy));
        let free = |banks| table.is_free(Queue::MemWrite(slice), busy, banks);
        assert_eq!([Banks::Mask(1), Banks::Mask(2), Banks::Any].map(free), [false, true, false]);
        assert_eq!(hindering(Busy { start: 20, end: 21 }, Banks::Any), None);
    }
}

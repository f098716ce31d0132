//! What is taken already: queues by cycle, stretches of stream by diagonal, banks, planes, links.
//!
//! In: drafts, which are dispatches and ways relative to a cycle of their own.  Out: the cycle at which a draft fits, and its booking.
//! Invariant: a booking is made from `arch` alone; nobody is asked whether the result is legal.
//! Method: a way occupies the stations from its driver to its reader on one diagonal; two ways on one diagonal never touch. That is
//!     stricter than the machine, which lets a value be overwritten behind its last reader.

use arch::{Chip, Direction, Geometry, Queue, SliceId, Station, StreamId};
use program::{Address, Burst, Instruction};
use std::collections::{BTreeMap, BTreeSet};

/// A word on a stream, from who drives it to who samples it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) stream: StreamId,
    pub(super) from: Station,
    pub(super) to: Station,
    /// Cycle of departure.
    pub(super) departs: i64,
}

/// Something that one user has at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    Plane(u8),
    Link(Queue),
}

/// Slice, whether it is its read side, and bank.
type Access = (SliceId, bool, u16);

/// Dispatches and ways around a cycle 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) bursts: Vec<(i64, Queue, Burst)>,
    pub(super) ways: Vec<Way>,
    /// A word of the region in which Gathers and Scatters of the draft find theirs.
    pub(super) region: u16,
    /// First and last cycle in which a thing is taken.
    pub(super) things: Vec<(Thing, i64, i64)>,
}

/// The bookings.
pub(super) struct Road<'a> {
    pub(super) chip: &'a Chip,
    pub(super) geometry: Geometry,
    pub(super) bursts: Vec<(u64, Queue, Burst)>,
    queues: BTreeSet<(Queue, i64)>,
    cells: BTreeMap<(StreamId, i64), Vec<(u8, u8)>>,
    banks: BTreeMap<(SliceId, i64), Vec<(bool, u16)>>,
    things: BTreeMap<Thing, Vec<(i64, i64)>>,
}

impl Draft {
    /// Dispatches `instruction` once.
    pub(super) fn at(&mut self, cycle: i64, queue: Queue, instruction: Instruction) {
        self.bursts.push((cycle, queue, Burst::once(instruction)));
    }

    /// Slices that it accesses.
    pub(super) fn slices(&self) -> BTreeSet<SliceId> {
        let slice = |(_, queue, _): &(i64, Queue, Burst)| match queue {
            Queue::MemRead(slice) | Queue::MemWrite(slice) => Some(*slice),
            _ => None,
        };
        self.bursts.iter().filter_map(slice).collect()
    }
}

impl<'a> Road<'a> {
    pub(super) fn new(chip: &'a Chip) -> Self {
        let (queues, cells, banks, things) = Default::default();
        Road { chip, geometry: Geometry::new(chip), bursts: Vec::new(), queues, cells, banks, things }
    }

    /// Cycles from a departure at `from` to an arrival at `to`, if the stream flows that way.
    pub(super) fn travel(&self, direction: Direction, from: Station, to: Station) -> Option<i64> {
        self.geometry.travel(direction, from, to).map(i64::from)
    }

    /// The cycle after the last dispatch.
    pub(super) fn end(&self) -> u64 {
        self.bursts.iter().map(|(cycle, _, burst)| cycle + burst.length().0).max().unwrap_or(0)
    }

    /// Books `draft` at the first cycle where it fits and nothing of it lies before `earliest`; says which.
    pub(super) fn book(&mut self, draft: &Draft, earliest: u64) -> i64 {
        let first = draft.bursts.iter().map(|(cycle, ..)| *cycle).min().unwrap_or(0);
        let mut start = earliest as i64 - first;
        while !self.fits(draft, start) {
            start += 1;
            assert!(start < 1 << 24, "the draft contradicts itself: {draft:?}");
        }
        for (queue, cycle, access) in self.dispatches(draft, start) {
            self.queues.insert((queue, cycle));
            if let Some((slice, side, bank)) = access {
                self.banks.entry((slice, cycle)).or_default().push((side, bank));
            }
        }
        for way in &draft.ways {
            let (cell, span) = self.cell(way, start);
            self.cells.entry(cell).or_default().push(span);
        }
        for &(thing, from, to) in &draft.things {
            self.things.entry(thing).or_default().push((start + from, start + to));
        }
        let bursts = draft.bursts.iter().map(|(cycle, queue, burst)| ((start + cycle) as u64, *queue, *burst));
        self.bursts.extend(bursts);
        start
    }

    fn fits(&self, draft: &Draft, start: i64) -> bool {
        let queues = self.dispatches(draft, start).into_iter().all(|(queue, cycle, access)| {
            let is_free = |(slice, side, bank): Access| {
                let others = self.banks.get(&(slice, cycle));
                others.is_none_or(|others| others.iter().all(|&(other, taken)| other == side || taken != bank))
            };
            !self.queues.contains(&(queue, cycle)) && access.is_none_or(is_free)
        });
        let apart = |(a, b): (u8, u8), (c, d): (u8, u8)| b < c || d < a;
        let ways = draft.ways.iter().enumerate().all(|(number, way)| {
            let (cell, span) = self.cell(way, start);
            let others = self.cells.get(&cell).into_iter().flatten().copied();
            let own = draft.ways.iter().take(number).map(|other| self.cell(other, start));
            let own = own.filter(|(other, _)| *other == cell).map(|(_, span)| span);
            others.chain(own).all(|other| apart(other, span))
        });
        let things = draft.things.iter().all(|(thing, from, to)| {
            let taken = self.things.get(thing).into_iter().flatten();
            taken.into_iter().all(|(first, last)| start + to < *first || *last < start + from)
        });
        queues && ways && things
    }

    /// Queue and cycle of every dispatch, with slice, side and bank of its access if it has one.
    fn dispatches(&self, draft: &Draft, start: i64) -> Vec<(Queue, i64, Option<Access>)> {
        let mut dispatches = Vec::new();
        for (cycle, queue, burst) in &draft.bursts {
            for iteration in 0..burst.count {
                let access = match (queue, burst.instruction) {
                    (Queue::MemRead(slice), Instruction::Read { address, .. }) => Some((slice, true, address)),
                    (Queue::MemRead(slice), Instruction::Gather { .. }) => {
                        Some((slice, true, Address::fixed(draft.region)))
                    }
                    (Queue::MemWrite(slice), Instruction::Write { address, .. }) => Some((slice, false, address)),
                    (Queue::MemWrite(slice), Instruction::Scatter { .. }) => {
                        Some((slice, false, Address::fixed(draft.region)))
                    }
                    _ => None,
                };
                let access = access.map(|(slice, side, address)| {
                    let word = i64::from(address.offset) + i64::from(address.stride) * i64::from(iteration);
                    (*slice, side, self.chip.bank(word as u16))
                });
                dispatches.push((*queue, start + cycle + i64::from(iteration * burst.interval), access));
            }
        }
        dispatches
    }

    /// The cell of a way, and the stations that it occupies there, along the flow.
    fn cell(&self, way: &Way, start: i64) -> ((StreamId, i64), (u8, u8)) {
        let direction = way.stream.direction;
        let diagonal = start + way.departs - i64::from(self.geometry.depart(direction, way.from));
        let last = self.geometry.stations() - 1;
        let rank = |station: Station| match direction {
            Direction::East => station.0,
            Direction::West => last - station.0,
        };
        ((way.stream, diagonal), (rank(way.from), rank(way.to)))
    }
}

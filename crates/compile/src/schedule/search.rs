//! The search for a chain's place in time.
//!
//! In: a chain and the first cycle in which it may lie.  Out: its origin, booked, and what it had to wait for.
//! Invariant: what is booked is free; a place that fails leaves no booking behind.
//! Method: first fit. At a candidate cycle all queues and ports are looked at first; where one is busy, the next candidate is the cycle in
//!     which it no longer is. Then ALUs and streams are tried, each booked as it is found and taken back when a later one fails.

use super::chain::{Chain, ChainFlow, EventIndex, Issuer, Planned, emit};
use super::reserve::{Banks, Busy, Flow, Reservations};
use crate::CompileError;
use arch::{Chip, Direction, Queue, Station, StreamId};

/// How far after the earliest cycle a place is looked for before the chain is called infeasible.
const SEARCH_CYCLES: i64 = 200_000;

/// What a chain had to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busied {
    /// This queue, or the other side of its slice.
    Queue(Queue),
    /// ALUs.
    Alus,
    /// Streams of a direction.
    Streams(Direction),
}

impl std::fmt::Display for Busied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Busied::Queue(queue) => write!(f, "{queue}"),
            Busied::Alus => f.write_str("ALUs"),
            Busied::Streams(Direction::East) => f.write_str("eastward streams"),
            Busied::Streams(Direction::West) => f.write_str("westward streams"),
        }
    }
}

struct Booking<'a> {
    table: &'a mut Reservations,
    queues: Vec<Queue>,
    streams: Vec<StreamId>,
}

impl Booking<'_> {
    fn queue(&mut self, queue: Queue, busy: Busy, banks: Banks) -> bool {
        let free = !self.table.hindering(queue, busy, banks).any(|_| true);
        if free {
            self.table.book_queue(queue, busy, banks);
            self.queues.push(queue);
        }
        free
    }

    fn undo(self) {
        for queue in self.queues.iter().rev() {
            self.table.unbook_queue(*queue);
        }
        for stream in self.streams.iter().rev() {
            self.table.unbook_stream(*stream);
        }
    }
}

/// Where a chain was placed.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its origin.
    pub origin: i64,
    /// What was busy in the cycle before, where it had to wait.
    pub busied: Option<Busied>,
}

/// Places `chain` at the first cycle from `earliest` on where everything is free and appends its bursts to `plan`.
///
/// Errors: `Infeasible` with the chain's first event when no place is found within `SEARCH_CYCLES`.
pub fn place(
    chip: &Chip,
    table: &mut Reservations,
    plan: &mut Vec<Planned>,
    chain: &Chain,
    earliest: i64,
) -> Result<Place, CompileError> {
    place_until(chip, table, plan, chain, (earliest, earliest + SEARCH_CYCLES)).map_err(|busied| {
        let event = chain.events.first().map_or_else(String::new, |event| match event.issuer {
            Issuer::Queue(queue) => queue.to_string(),
            _ => "an ALU".to_owned(),
        });
        let (chip, what, lacking) = (chip.name.clone(), event, busied.to_string());
        CompileError::Infeasible { chip, what, lacking, cycles: SEARCH_CYCLES as u64 }
    })
}

/// Like [`place`], with an origin of at most the later cycle (a chain that would start before cycle 0 is moved to it first).
///
/// Errors: what was busy in the last cycle tried.
pub fn place_until(
    chip: &Chip,
    table: &mut Reservations,
    plan: &mut Vec<Planned>,
    chain: &Chain,
    (earliest, latest): (i64, i64),
) -> Result<Place, Busied> {
    let first = earliest.max(chain.earliest());
    let (mut origin, mut before) = (first, None);
    loop {
        if let Some((busied, free)) = hindered(table, chain, origin) {
            if latest <= origin {
                return Err(busied);
            }
            (origin, before) = (free.min(latest), None);
            continue;
        }
        // Cycles that were passed over had something busy: what it was in the last one is of interest now.
        before =
            before.or_else(|| hindered(table, chain, origin - 1).filter(|_| first < origin).map(|(busied, _)| busied));
        match attempt(chip, table, chain, origin) {
            Ok((queues, streams)) => {
                emit(plan, chain, origin, &queues, &streams);
                return Ok(Place { origin, busied: before });
            }
            Err(busied) if latest <= origin => return Err(busied),
            Err(busied) => (origin, before) = (origin + 1, Some(busied)),
        }
    }
}

/// The first event whose queue is busy, if one is, and the first origin with which it would no longer be in the way of the same bookings.
fn hindered(table: &Reservations, chain: &Chain, origin: i64) -> Option<(Busied, i64)> {
    chain.events.iter().find_map(|event| {
        let Issuer::Queue(queue) = event.issuer else { return None };
        let busy = event.busy(origin);
        let end = table.hindering(queue, busy, event.banks).map(|other| other.end).max()?;
        Some((Busied::Queue(queue), origin + end - busy.start))
    })
}

/// For how many iterations from `earliest` on everything that `chain` needs is free, if all its events and flows have as many as this one.
pub fn free_for(table: &Reservations, chain: &Chain, earliest: i64) -> i64 {
    let origin = earliest.max(chain.earliest());
    let queues = chain.events.iter().filter_map(|event| {
        let Issuer::Queue(queue) = event.issuer else { return None };
        let busy = event.busy(origin);
        table.hindering(queue, busy, event.banks).map(|other| (other.start - busy.start).max(0)).min()
    });
    let streams = chain.flows.iter().flat_map(|flow| {
        let numbers = flow.exactly.into_iter().flat_map(|first| first..);
        flow.bytes.iter().zip(numbers).map(move |(byte, number)| {
            table.stream_free_for(StreamId::new(flow.direction, number), &of_byte(flow, byte, origin))
        })
    });
    queues.chain(streams).min().unwrap_or(i64::MAX)
}

/// Queues and stream numbers of a chain.
type Found = (Vec<Queue>, Vec<u8>);

fn attempt(chip: &Chip, table: &mut Reservations, chain: &Chain, origin: i64) -> Result<Found, Busied> {
    let mut booking = Booking { table, queues: Vec::new(), streams: Vec::new() };
    let found = book_queues(chip, &mut booking, chain, origin)
        .and_then(|queues| book_streams(&mut booking, chain, origin).map(|streams| (queues, streams)));
    if found.is_err() {
        booking.undo();
    }
    found
}

/// A queue for every event: fixed ones first, since they fail fast.
fn book_queues(chip: &Chip, booking: &mut Booking, chain: &Chain, origin: i64) -> Result<Vec<Queue>, Busied> {
    let mut queues: Vec<Option<Queue>> = vec![None; chain.events.len()];
    for (index, event) in chain.events.iter().enumerate() {
        if let Issuer::Queue(queue) = event.issuer {
            if !booking.queue(queue, event.busy(origin), event.banks) {
                return Err(Busied::Queue(queue));
            }
            queues[index] = Some(queue);
        }
    }
    for large in [true, false] {
        for (index, event) in chain.events.iter().enumerate() {
            let wanted = if large { Issuer::LargeAlu } else { Issuer::AnyAlu };
            if event.issuer == wanted {
                queues[index] = Some(free_alu(chip, booking, chain, index, origin).ok_or(Busied::Alus)?);
            }
        }
    }
    for (index, event) in chain.events.iter().enumerate() {
        if let Issuer::SameAlu(other) = event.issuer {
            queues[index] = queues[other];
        }
    }
    Ok(queues.into_iter().map(|queue| queue.expect("every event has an issuer")).collect())
}

/// An ALU that is free for the event and for those that follow on the same ALU; small operations take small ALUs first.
fn free_alu(chip: &Chip, booking: &mut Booking, chain: &Chain, index: EventIndex, origin: i64) -> Option<Queue> {
    let event = &chain.events[index];
    let is_large = |alu: &u8| chip.alus_large.contains(alu);
    let small: Vec<u8> = (0..chip.alus).filter(|alu| !is_large(alu)).collect();
    let candidates = match event.issuer {
        Issuer::LargeAlu => chip.alus_large.clone(),
        _ => small.into_iter().chain((0..chip.alus).filter(is_large)).collect(),
    };
    let spans: Vec<Busy> = chain
        .events
        .iter()
        .enumerate()
        .filter(|(other, follower)| *other == index || follower.issuer == Issuer::SameAlu(index))
        .map(|(_, follower)| follower.busy(origin))
        .collect();
    let free = |booking: &Booking, alu: u8| spans.iter().all(|&busy| booking.table.queue_free(Queue::Alu(alu), busy));
    let alu = candidates.into_iter().find(|&alu| free(booking, alu))?;
    for busy in spans {
        booking.queue(Queue::Alu(alu), busy, Banks::Mask(0));
    }
    Some(Queue::Alu(alu))
}

fn book_streams(booking: &mut Booking, chain: &Chain, origin: i64) -> Result<Vec<u8>, Busied> {
    let mut numbers = Vec::with_capacity(chain.flows.len());
    for flow in &chain.flows {
        let width = flow.bytes.len().next_power_of_two() as u8;
        let bytes: Vec<Flow> = flow.bytes.iter().map(|byte| of_byte(flow, byte, origin)).collect();
        let fits = |first: u8| {
            bytes
                .iter()
                .zip(first..)
                .all(|(byte, number)| booking.table.stream_free(StreamId::new(flow.direction, number), byte))
        };
        let first = match flow.exactly {
            Some(number) => fits(number).then_some(number),
            None => (0..32).step_by(usize::from(width)).find(|&first| fits(first)),
        };
        let first = first.ok_or(Busied::Streams(flow.direction))?;
        for (byte, number) in bytes.iter().zip(first..) {
            let stream = StreamId::new(flow.direction, number);
            booking.table.book_stream(stream, byte);
            booking.streams.push(stream);
        }
        numbers.push(first);
    }
    Ok(numbers)
}

/// The way of one byte of a flow.
fn of_byte(flow: &ChainFlow, &(from, departs): &(Station, i64), origin: i64) -> Flow {
    Flow { direction: flow.direction, from, to: flow.to, departs: origin + departs, length: flow.length }
}

//! The search for a chain's place in time.
//!
//! In: a chain and the first cycle in which it may lie.  Out: its origin, booked, and what it had to wait for.
//! Invariant: what is booked is free; a place that fails leaves no booking behind.
//! Method: first fit. At a candidate cycle all queues and ports are looked at first; where one is busy, the next candidate is the cycle in
//!     which it no longer is. Then ALUs and streams are chosen together among those that are free (`wiring`), and everything is booked.

use super::chain::{Chain, ChainFlow, Event, Issuer, Planned, emit};
use super::reserve::{Banks, Busy, Flow, Reservations, Way};
use super::wiring::{Mask, Seat, Wiring};
use crate::CompileError;
use crate::error::{Lack, VxmPart};
use arch::{Chip, Direction, Queue, Station, StreamId};
use std::cell::LazyCell;

/// How far after the earliest cycle, and after all that is booked, a place is looked for before the chain is called infeasible.
const SEARCH_CYCLES: i64 = 200_000;

/// Most of a part of the VXM that a chip may have beside the first: 16 ALUs.
const MORE_MAX: u8 = 15;

/// What a chain had to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busied {
    /// This queue, or the other side of its slice.
    Queue(Queue),
    /// ALUs.
    Alus,
    /// Streams of a direction.
    Streams(Direction),
    /// ALUs and streams, though some of each are free: none of these ALUs reach those streams, or one another.
    Mesh,
}

impl std::fmt::Display for Busied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Busied::Queue(queue) => write!(f, "{queue}"),
            Busied::Alus => f.write_str("ALUs"),
            Busied::Streams(Direction::East) => f.write_str("eastward streams"),
            Busied::Streams(Direction::West) => f.write_str("westward streams"),
            Busied::Mesh => f.write_str("ALUs and streams in reach of one another"),
        }
    }
}

impl Busied {
    /// The same in Traditional Chinese (Taiwan).
    pub fn chinese(self) -> String {
        match self {
            Busied::Queue(queue) => queue.to_string(),
            Busied::Alus => "ALU".to_owned(),
            Busied::Streams(Direction::East) => "向東的資料流".to_owned(),
            Busied::Streams(Direction::West) => "向西的資料流".to_owned(),
            Busied::Mesh => "彼此連得到的 ALU 與資料流".to_owned(),
        }
    }
}

struct Booking<'a> {
    table: &'a mut Reservations,
    queues: Vec<Queue>,
}

impl Booking<'_> {
    fn queue(&mut self, queue: Queue, busy: Busy, banks: Banks) -> bool {
        let free = self.table.is_free(queue, busy, banks);
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
    let latest = earliest.max(table.end()) + SEARCH_CYCLES;
    place_until(table, plan, chain, (earliest, latest)).map_err(|busied| {
        let first = chain.events.first().and_then(|event| event.issuer.queue()).map_or(Busied::Alus, Busied::Queue);
        let (lack, chip, cycles) = (lack(chip, chain, busied), chip.name.clone(), SEARCH_CYCLES as u64);
        CompileError::Infeasible { chip, first, lack, cycles }
    })
}

/// What a chain lacks on a chip on which nothing else is: the least more of one part of the VXM with which it has a place there.
fn lack(chip: &Chip, chain: &Chain, busied: Busied) -> Lack {
    let has_place = |chip: &Chip| {
        chip.check().is_ok() && place_until(&mut Reservations::new(chip), &mut Vec::new(), chain, (0, 0)).is_ok()
    };
    let more = (1..=MORE_MAX).flat_map(|more| VXM_PARTS.map(|what| (what, what.of(chip).saturating_add(more))));
    let enough = more.into_iter().find(|(what, count)| what.raised(chip, *count).is_some_and(|chip| has_place(&chip)));
    enough.map_or(Lack::Other(busied), |(what, needed)| Lack::More {
        what,
        available: what.of(chip),
        needed,
        enough: vec![(what, needed)],
    })
}

/// What a chip may have more of, the part first of which more changes least.
const VXM_PARTS: [VxmPart; 3] = [VxmPart::LargeAlus, VxmPart::Alus, VxmPart::Window];

/// Like [`place`], with an origin of at most the later cycle (a chain that would start before cycle 0 is moved to it first).
///
/// Errors: what was busy in the last cycle tried.
pub fn place_until(
    table: &mut Reservations,
    plan: &mut Vec<Planned>,
    chain: &Chain,
    (earliest, latest): (i64, i64),
) -> Result<Place, Busied> {
    let first = earliest.max(chain.earliest());
    let cells: Vec<Vec<Flow>> =
        chain.flows.iter().map(|flow| flow.bytes.iter().map(|byte| of_byte(flow, byte, 0)).collect()).collect();
    let wiring = Wiring::new(table, chain, &cells);
    let is_possible = LazyCell::new(|| wiring.is_possible());
    let (mut origin, mut before) = (first, None);
    loop {
        let free = unhindered(table, chain, origin);
        if origin < free {
            if latest < free {
                return Err(hindered(table, chain, latest.max(origin)).expect("it is until a later cycle"));
            }
            (origin, before) = (free, None);
        }
        // Cycles that were passed over had something busy: what it was in the last one is of interest now.
        before = before.or_else(|| (first < origin).then(|| hindered(table, chain, origin - 1)).flatten());
        match attempt(table, chain, &wiring, origin) {
            Ok((queues, streams)) => {
                emit(plan, chain, origin, &queues, &streams);
                return Ok(Place { origin, busied: before });
            }
            Err(busied) if latest <= origin => return Err(busied),
            Err(Busied::Mesh) if !*is_possible => return Err(Busied::Mesh),
            Err(busied) => (origin, before) = (origin + 1, Some(busied)),
        }
    }
}

/// The first event whose queue is busy, if one is.
fn hindered(table: &Reservations, chain: &Chain, origin: i64) -> Option<Busied> {
    chain.events.iter().find_map(|event| {
        let (queue, busy) = (event.issuer.queue()?, event.busy(origin));
        (!table.is_free(queue, busy, event.banks)).then_some(Busied::Queue(queue))
    })
}

/// The first origin from this one on with which no event's queue is busy.
fn unhindered(table: &Reservations, chain: &Chain, mut origin: i64) -> i64 {
    let ways = |event: &Event| {
        let (busy, banks) = (event.busy(origin), event.banks);
        event.issuer.queue().into_iter().flat_map(move |queue| table.ways(queue, (busy, origin), banks))
    };
    let mut ways: Vec<Way> = chain.events.iter().flat_map(ways).collect();
    loop {
        let before = origin;
        ways.iter_mut().for_each(|way| origin = way.free_from(origin));
        if origin == before {
            return origin;
        }
    }
}

/// For how many iterations from `earliest` on everything that `chain` needs is free, if all its events and flows have as many as this one,
/// and each flow takes of its streams that which is free longest.
pub fn free_for(table: &Reservations, chain: &Chain, earliest: i64) -> i64 {
    let origin = earliest.max(chain.earliest());
    let queues = chain.events.iter().filter_map(|event| {
        let Issuer::Queue(queue) = event.issuer else { return None };
        let busy = event.busy(origin);
        table.hindering(queue, busy, event.banks).map(|other| (other.start - busy.start).max(0)).min()
    });
    let on = |flow: &ChainFlow, first: u8| {
        let bytes = flow.bytes.iter().zip(first..);
        let free = bytes.map(|(byte, number)| {
            table.stream_free_for(StreamId::new(flow.direction, number), &of_byte(flow, byte, origin))
        });
        free.min().unwrap_or(i64::MAX)
    };
    let streams = chain.flows.iter().filter_map(|flow| flow.candidates().map(|first| on(flow, first)).max());
    queues.chain(streams).min().unwrap_or(i64::MAX)
}

/// Queues and stream numbers of a chain.
type Found = (Vec<Queue>, Vec<u8>);

fn attempt(table: &mut Reservations, chain: &Chain, wiring: &Wiring, origin: i64) -> Result<Found, Busied> {
    let alus = free_alus(table, chain, wiring, origin)?;
    let streams = free_streams(table, chain, origin)?;
    let choice = wiring.choose(&alus, &streams).ok_or(Busied::Mesh)?;
    let mut queues: Vec<Option<Queue>> = chain.events.iter().map(|event| event.issuer.queue()).collect();
    for (seat, &alu) in wiring.seats.iter().zip(&choice.alus) {
        seat.events.iter().for_each(|&event| queues[event] = Some(Queue::Alu(alu)));
    }
    let queues: Vec<Queue> = queues.into_iter().map(|queue| queue.expect("every event has an issuer")).collect();
    let mut booking = Booking { table, queues: Vec::new() };
    for (event, &queue) in chain.events.iter().zip(&queues) {
        if !booking.queue(queue, event.busy(origin), event.banks) {
            booking.undo();
            return Err(Busied::Queue(queue));
        }
    }
    for (flow, &first) in chain.flows.iter().zip(&choice.streams) {
        for (byte, number) in flow.bytes.iter().zip(first..) {
            table.book_stream(StreamId::new(flow.direction, number), &of_byte(flow, byte, origin));
        }
    }
    Ok((queues, choice.streams))
}

/// By seat: the ALUs that can do it and are free for all its events.
fn free_alus(table: &Reservations, chain: &Chain, wiring: &Wiring, origin: i64) -> Result<Vec<Mask>, Busied> {
    let free = |seat: &Seat| {
        let is_free = |alu: &u8| {
            let spans = || seat.events.iter().map(|&event| chain.events[event].busy(origin));
            seat.able >> alu & 1 == 1 && spans().all(|busy| table.queue_free(Queue::Alu(*alu), busy))
        };
        let alus = (0..32).filter(is_free).fold(0, |mask, alu| mask | 1 << alu);
        (alus != 0).then_some(alus).ok_or(Busied::Alus)
    };
    wiring.seats.iter().map(free).collect()
}

/// By flow: the first streams from which on all its bytes have free cells.
fn free_streams(table: &Reservations, chain: &Chain, origin: i64) -> Result<Vec<Mask>, Busied> {
    let free = |flow: &ChainFlow| {
        let bytes: Vec<Flow> = flow.bytes.iter().map(|byte| of_byte(flow, byte, origin)).collect();
        let fits = |first: &u8| {
            let mut streams = bytes.iter().zip(*first..);
            streams.all(|(byte, number)| table.stream_free(StreamId::new(flow.direction, number), byte))
        };
        let first = flow.candidates().filter(fits).fold(0, |mask, first| mask | 1 << first);
        (first != 0).then_some(first).ok_or(Busied::Streams(flow.direction))
    };
    chain.flows.iter().map(free).collect()
}

/// The way of one byte of a flow.
fn of_byte(flow: &ChainFlow, &(from, departs): &(Station, i64), origin: i64) -> Flow {
    Flow { direction: flow.direction, from, to: flow.to, departs: origin + departs, length: flow.length }
}

#[cfg(test)]
mod tests {
    use super::super::chain::{Draft, DraftOperand};
    use super::*;
    use arch::{Hemisphere, SliceId};
    use graph::{DType, ScalarOp};

    /// As many events at once.
    fn at_once(count: usize, issuer: Issuer) -> Chain {
        let mut chain = Chain::default();
        let draft = Draft::Alu(ScalarOp::Tanh, DType::F32, [DraftOperand::Immediate(0), DraftOperand::None], None);
        (0..count).for_each(|_| {
            chain.push(Event::once(issuer, 0, draft.clone(), 0));
        });
        chain
    }

    fn refusal(chip: &Chip, chain: &Chain) -> [String; 2] {
        let error = place(chip, &mut Reservations::new(chip), &mut Vec::new(), chain, 0).map(|place| place.origin);
        let error = error.expect_err("there is no place");
        [error.to_string(), error.chinese()]
    }

    #[test]
    fn what_a_chain_lacks_is_named_with_how_much_and_the_least_that_will_do() {
        let mut chip = Chip::lpu_14nm();
        chip.alus = 8;
        chip.alus_large = vec![0, 2];
        let [english, chinese] = refusal(&chip, &at_once(11, Issuer::AnyAlu));
        let said =
            "no place within 200000 cycles for the chain that starts with ALUs, not even alone on chip `lpu-14nm`: ";
        assert_eq!(english, format!("{said}it needs 11 ALUs, found 8; use a chip with at least 11 ALUs"));
        assert!(chinese.ends_with("它需要 11 個 ALU，這裡只有 8。請使用至少有 11 個 ALU 的晶片。"), "{chinese}");
        let [english, chinese] = refusal(&chip, &at_once(5, Issuer::LargeAlu));
        assert_eq!(english, format!("{said}it needs 5 large ALUs, found 2; use a chip with at least 5 large ALUs"));
        assert!(chinese.contains("它需要 5 個大型 ALU，這裡只有 2。"), "{chinese}");
        chip.alus = 11;
        assert!(place(&chip, &mut Reservations::new(&chip), &mut Vec::new(), &at_once(11, Issuer::AnyAlu), 0).is_ok());
    }

    #[test]
    fn a_flow_with_a_choice_of_streams_is_free_as_long_as_the_best_of_them() {
        let chip = Chip::lpu_14nm();
        let mut table = Reservations::new(&chip);
        let (from, to) = (table.geometry().vxm(), table.geometry().mxm(Hemisphere::East));
        let flow = |among| ChainFlow {
            direction: Direction::East,
            bytes: vec![(from, 0)],
            drivers: vec![0],
            to,
            length: 20,
            among: Some(among),
        };
        let free =
            |table: &Reservations, among| free_for(table, &Chain { events: Vec::new(), flows: vec![flow(among)] }, 100);
        for (number, departs) in [(4, 100), (5, 107), (6, 103)] {
            let taken = Flow { direction: Direction::East, from, to, departs, length: 1 };
            table.book_stream(StreamId::new(Direction::East, number), &taken);
        }
        assert_eq!([(4, 1), (5, 1), (6, 1), (7, 1)].map(|among| free(&table, among)), [0, 7, 3, 20]);
        assert_eq!([(4, 3), (4, 4)].map(|among| free(&table, among)), [7, 20]);
    }

    #[test]
    fn a_chain_that_no_wider_unit_helps_says_so() {
        let slice = SliceId { hemisphere: Hemisphere::West, number: 3 };
        let chip = Chip::lpu_14nm();
        for (chain, what) in [
            (at_once(17, Issuer::AnyAlu), "it lacks ALUs and streams in reach of one another, and more"),
            (at_once(2, Issuer::Queue(Queue::MemRead(slice))), "it lacks W3.read, and more"),
        ] {
            let [english, chinese] = refusal(&chip, &chain);
            assert!(english.contains(what) && english.ends_with("use another chip or number format"), "{english}");
            assert!(chinese.contains("它缺少「") && chinese.ends_with('。'), "{chinese}");
        }
    }
}

//! Rigid chains: instructions whose distances in time are fixed, placed as one block.
//!
//! In: events relative to the chain's origin, flows between them.  Out: the same with a cycle, ALUs and stream numbers.
//! Invariant: every flow's driver and listeners meet: distances come from the geometry, never from the search.
//! Method: first fit in time. At a candidate cycle all queues and ports are tried first, then ALUs, then streams, each booked as it
//!     is found and taken back when a later one fails.

use super::reserve::{Banks, Busy, Flow, Reservations};
use crate::CompileError;
use arch::{Chip, Direction, Queue, Station, StreamId};
use graph::{DType, ScalarOp};
use program::{AccumulateMode, Address, AluOp, Burst, Instruction, MxmFormat, Operand};

/// How far after the earliest cycle a place is looked for before the chain is called infeasible.
const SEARCH_CYCLES: i64 = 200_000;

/// Index of a flow in its chain.
pub type FlowIndex = usize;
/// Index of an event in its chain.
pub type EventIndex = usize;

/// Streams of one value: a driver and a departure per byte, listeners downstream.
#[derive(Clone, Debug)]
pub struct ChainFlow {
    /// Direction of flow.
    pub direction: Direction,
    /// Station and relative departure of each byte's driver, least significant byte first.
    pub bytes: Vec<(Station, i64)>,
    /// The event that drives each byte.
    pub drivers: Vec<EventIndex>,
    /// Last listener.
    pub to: Station,
    /// Cycles from first to last value, plus one.
    pub length: i64,
    /// Only streams from this number on (0 or 16 for weights, which need exactly those).
    pub exactly: Option<u8>,
}

/// Operand of a drafted ALU instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftOperand {
    /// All bytes of a flow.
    Flow(FlowIndex),
    /// The ALU of another event of the chain.
    Alu(EventIndex),
    /// Literal bits.
    Immediate(u32),
    /// None.
    None,
}

/// An instruction whose streams and ALUs are still open.
#[derive(Clone, Debug)]
pub enum Draft {
    /// Drives byte `.1` of flow `.0`.
    Read(Address, (FlowIndex, usize)),
    /// Samples byte `.1` of flow `.0`.
    Write(Address, (FlowIndex, usize)),
    /// Map flow; driven byte.
    Gather(FlowIndex, (FlowIndex, usize)),
    /// Map flow; sampled byte.
    Scatter(FlowIndex, (FlowIndex, usize)),
    /// First group and the flows of 16 streams.
    Load(u8, Vec<FlowIndex>),
    /// Buffer to array.
    Install,
    /// Flow sampled.
    Activate(FlowIndex, MxmFormat),
    /// Slot, step, mode, flow driven.
    Accumulate(u16, u16, AccumulateMode, Option<FlowIndex>),
    /// Operation, operand type, operands, flow driven.
    Alu(ScalarOp, DType, [DraftOperand; 2], Option<FlowIndex>),
    /// Sampled byte, driven byte, map.
    Distribute((FlowIndex, usize), (FlowIndex, usize), [u8; 16]),
}

/// Who issues an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// This queue.
    Queue(Queue),
    /// Any free ALU.
    AnyAlu,
    /// Any free ALU that can do transcendental functions.
    LargeAlu,
    /// The ALU of an earlier event of the chain.
    SameAlu(EventIndex),
}

/// One burst of a chain.
#[derive(Clone, Debug)]
pub struct Event {
    /// Who issues it.
    pub issuer: Issuer,
    /// Dispatch relative to the chain's origin.
    pub offset: i64,
    /// Iterations.
    pub count: u32,
    /// Cycles between iterations.
    pub interval: u32,
    /// What is issued.
    pub draft: Draft,
    /// Banks touched, for memory.
    pub banks: Banks,
    /// Label of the witness.
    pub label: u16,
    /// Iteration of each sampled flow's driver that iteration 0 takes.
    pub first_iteration: u32,
}

/// A rigid block of events.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// Bursts.
    pub events: Vec<Event>,
    /// Stream values.
    pub flows: Vec<ChainFlow>,
}

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

/// A burst with its place in time.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Queue.
    pub queue: Queue,
    /// Dispatch of iteration 0.
    pub cycle: i64,
    /// What is issued.
    pub burst: Burst,
    /// Label of the witness.
    pub label: u16,
    /// Drivers of the sampled streams: place in the plan, iteration.
    pub sources: Vec<(usize, u32)>,
}

impl Event {
    fn busy(&self, origin: i64) -> Busy {
        let start = origin + self.offset;
        Busy { start, end: start + i64::from(self.count - 1) * i64::from(self.interval) + 1 }
    }
}

impl Chain {
    /// Appends an event.
    pub fn push(&mut self, event: Event) -> EventIndex {
        self.events.push(event);
        self.events.len() - 1
    }

    /// Appends a flow.
    pub fn flow(&mut self, flow: ChainFlow) -> FlowIndex {
        self.flows.push(flow);
        self.flows.len() - 1
    }
}

struct Booking<'a> {
    table: &'a mut Reservations,
    queues: Vec<Queue>,
    streams: Vec<StreamId>,
}

impl Booking<'_> {
    fn queue(&mut self, queue: Queue, busy: Busy, banks: Banks) -> bool {
        let free = self.table.queue_free(queue, busy) && self.table.port_free(queue, busy, banks);
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

/// Places `chain` at the first cycle from `earliest` on where everything is free, appends its bursts to `plan` and returns its origin.
///
/// Errors: `Infeasible` with the chain's first event when no place is found within `SEARCH_CYCLES`.
pub fn place(
    chip: &Chip,
    table: &mut Reservations,
    plan: &mut Vec<Planned>,
    chain: &Chain,
    earliest: i64,
) -> Result<i64, CompileError> {
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
) -> Result<i64, Busied> {
    let first = chain.events.iter().map(|event| event.offset).min().unwrap_or(0);
    let mut origin = earliest.max(-first);
    loop {
        match attempt(chip, table, chain, origin) {
            Ok((queues, streams)) => {
                emit(plan, chain, origin, &queues, &streams);
                return Ok(origin);
            }
            Err(busied) if latest <= origin => return Err(busied),
            Err(_) => origin += 1,
        }
    }
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
        let of_byte = |&(from, departs): &(Station, i64)| Flow {
            direction: flow.direction,
            from,
            to: flow.to,
            departs: origin + departs,
            length: flow.length,
        };
        let bytes: Vec<Flow> = flow.bytes.iter().map(of_byte).collect();
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

fn emit(plan: &mut Vec<Planned>, chain: &Chain, origin: i64, queues: &[Queue], numbers: &[u8]) {
    let base = plan.len();
    for (event, &queue) in chain.events.iter().zip(queues) {
        let finish = Finish { chain, queues, numbers };
        let sampled = finish.sampled(&event.draft);
        let sources =
            sampled.iter().map(|&(flow, byte)| (base + chain.flows[flow].drivers[byte], event.first_iteration));
        plan.push(Planned {
            queue,
            cycle: origin + event.offset,
            burst: Burst {
                instruction: finish.instruction(&event.draft),
                count: event.count,
                interval: event.interval,
            },
            label: event.label,
            sources: sources.collect(),
        });
    }
}

struct Finish<'a> {
    chain: &'a Chain,
    queues: &'a [Queue],
    numbers: &'a [u8],
}

impl Finish<'_> {
    fn stream(&self, (flow, byte): (FlowIndex, usize)) -> StreamId {
        StreamId::new(self.chain.flows[flow].direction, self.numbers[flow] + byte as u8)
    }

    fn operand(&self, operand: DraftOperand) -> Operand {
        match operand {
            DraftOperand::Flow(flow) => Operand::Stream(self.stream((flow, 0))),
            DraftOperand::Alu(event) => match self.queues[event] {
                Queue::Alu(alu) => Operand::Alu(alu),
                other => panic!("event {event} feeds an ALU but is issued by {other}"),
            },
            DraftOperand::Immediate(bits) => Operand::Immediate(bits),
            DraftOperand::None => Operand::None,
        }
    }

    fn instruction(&self, draft: &Draft) -> Instruction {
        match draft {
            Draft::Read(address, to) => Instruction::Read { address: *address, to: self.stream(*to) },
            Draft::Write(address, from) => Instruction::Write { address: *address, from: self.stream(*from) },
            Draft::Gather(map, to) => Instruction::Gather { map: self.stream((*map, 0)), to: self.stream(*to) },
            Draft::Scatter(map, from) => Instruction::Scatter { map: self.stream((*map, 0)), from: self.stream(*from) },
            Draft::Load(group, flows) => Instruction::Load { group: *group, from: self.numbers[flows[0]] },
            Draft::Install => Instruction::Install,
            Draft::Activate(flow, format) => Instruction::Activate { from: self.numbers[*flow], format: *format },
            Draft::Accumulate(slot, step, mode, emit) => {
                let emit = emit.map(|flow| self.numbers[flow]);
                Instruction::Accumulate { slot: *slot, step: *step, mode: *mode, emit }
            }
            Draft::Alu(op, dtype, [a, b], to) => Instruction::Alu(AluOp {
                op: *op,
                dtype: *dtype,
                a: self.operand(*a),
                b: self.operand(*b),
                to: to.map(|flow| self.stream((flow, 0))),
            }),
            Draft::Distribute(from, to, map) => {
                Instruction::Distribute { from: self.stream(*from).number, to: self.stream(*to).number, map: *map }
            }
        }
    }

    /// Sampled bytes in the order in which the instruction names its streams.
    fn sampled(&self, draft: &Draft) -> Vec<(FlowIndex, usize)> {
        let whole = |flow: FlowIndex| (0..self.chain.flows[flow].bytes.len()).map(move |byte| (flow, byte));
        match draft {
            Draft::Write(_, from) => vec![*from],
            Draft::Gather(map, _) => vec![(*map, 0)],
            Draft::Scatter(map, from) => vec![(*map, 0), *from],
            Draft::Load(_, flows) => flows.iter().map(|&flow| (flow, 0)).collect(),
            Draft::Activate(flow, _) => whole(*flow).collect(),
            Draft::Alu(_, _, operands, _) => operands
                .iter()
                .filter_map(|operand| if let DraftOperand::Flow(flow) = operand { Some(*flow) } else { None })
                .flat_map(whole)
                .collect(),
            Draft::Distribute(from, _, _) => vec![*from],
            Draft::Read(..) | Draft::Install | Draft::Accumulate(..) => Vec::new(),
        }
    }
}

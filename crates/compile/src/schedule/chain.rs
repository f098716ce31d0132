//! Rigid chains: instructions whose distances in time are fixed.
//!
//! In: events relative to the chain's origin, flows between them.  Out: with an origin, queues and stream numbers: bursts.
//! Invariant: every flow's driver and listeners meet: distances come from the geometry, never from the search.
//! Method: drafts name flows and events of their chain; they become streams and ALUs when the chain has its place (`search`).

use super::reserve::{Banks, Busy};
use arch::{Direction, Queue, Station, StreamId};
use graph::{DType, ScalarOp};
use program::{AccumulateMode, Address, AluOp, Burst, Instruction, MxmFormat, Operand};

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
    /// Only so many streams from this number on: of weights the one that they need, of digits those that load their own plane.
    pub among: Option<(u8, u8)>,
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
    /// Sampled byte.
    Send((FlowIndex, usize)),
    /// Driven byte.
    Receive((FlowIndex, usize)),
    /// Flow sampled, byte driven, lane map.
    Permute(FlowIndex, (FlowIndex, usize), u16),
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
    /// Cycles that the last iteration takes its queue.
    pub takes: u32,
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

impl Issuer {
    /// The queue, where it is no matter of choice.
    pub fn queue(self) -> Option<Queue> {
        if let Issuer::Queue(queue) = self { Some(queue) } else { None }
    }
}

impl ChainFlow {
    /// Streams on which its first byte may run: those of its number, or all on which its bytes are aligned.
    pub fn candidates(&self) -> impl Iterator<Item = u8> {
        let width = self.bytes.len().next_power_of_two();
        let (first, count) = self.among.unwrap_or((0, 32));
        (first..first + count).step_by(width)
    }
}

impl Event {
    /// Cycles in which its queue is taken.
    pub fn busy(&self, origin: i64) -> Busy {
        let start = origin + self.offset;
        Busy { start, end: start + i64::from(self.count - 1) * i64::from(self.interval) + i64::from(self.takes) }
    }
}

impl Chain {
    /// The origin with which its first event lies in cycle 0.
    pub fn earliest(&self) -> i64 {
        -self.events.iter().map(|event| event.offset).min().unwrap_or(0)
    }

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

/// Appends the bursts of a chain with its place to `plan`.
pub fn emit(plan: &mut Vec<Planned>, chain: &Chain, origin: i64, queues: &[Queue], numbers: &[u8]) {
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
            Draft::Send(from) => Instruction::Send { from: self.stream(*from).number },
            Draft::Receive(to) => Instruction::Receive { to: self.stream(*to).number },
            Draft::Permute(from, to, map) => {
                Instruction::Permute { from: self.numbers[*from], to: self.stream(*to).number, map: *map }
            }
        }
    }

    /// Sampled bytes in the order in which the instruction names its streams.
    fn sampled(&self, draft: &Draft) -> Vec<(FlowIndex, usize)> {
        let whole = |flow: FlowIndex| (0..self.chain.flows[flow].bytes.len()).map(move |byte| (flow, byte));
        match draft {
            Draft::Write(_, from) | Draft::Send(from) => vec![*from],
            Draft::Gather(map, _) | Draft::Permute(map, ..) => vec![(*map, 0)],
            Draft::Scatter(map, from) => vec![(*map, 0), *from],
            Draft::Load(_, flows) => flows.iter().map(|&flow| (flow, 0)).collect(),
            Draft::Activate(flow, _) => whole(*flow).collect(),
            Draft::Alu(_, _, operands, _) => operands
                .iter()
                .filter_map(|operand| if let DraftOperand::Flow(flow) = operand { Some(*flow) } else { None })
                .flat_map(whole)
                .collect(),
            Draft::Read(..) | Draft::Install | Draft::Accumulate(..) | Draft::Receive(_) => Vec::new(),
        }
    }
}

//! From what happened to a plan.
//!
//! In: a trace of one instance in which no rule was broken.  Out: the template's plan, or nothing where it is of an unusual kind.
//! Invariant: an operand is what the trace says it was; what the trace does not say follows from registers: the array that was installed
//!     last, the product that meets its Accumulate, the result that another ALU made exactly `vxm_alu` cycles before.
//! Method: one walk over the dispatches in order of execution, naming each value once; slots are given out afterwards.

use super::alias::{self, Accesses, Scattered};
use super::plan::{Computed, End, Op, Part, Place, Plan, Slot, Tail, Touch};
use super::planes::Planes;
use super::slots;
use super::trace::{Event, Operand, Sites, Trace};
use crate::prepare::{Issue, Prepared, Track};
use crate::step::Shared;
use crate::stream::{delay_max, horizon};
use crate::vxm;
use arch::{Hemisphere, Queue, StreamId};
use graph::{DType, ScalarOp};
use program::{Address, AluOp, Instruction, MxmFormat, Operand as AluOperand};
use std::collections::BTreeMap;
use units::Order;

/// When an operation is executed: cycle, writes first, then in the order of the walk.
pub(super) type Key = (i64, u8, u32);

/// What an event drives.
#[derive(Clone, Copy)]
enum Made {
    /// One word.
    One(Part),
    /// The bytes of lanes, from this stream number on.
    Bytes { first: u8, value: Slot },
}

/// A plan under construction; values are numbered, slots come later.
pub(super) struct Builder<'a> {
    pub(super) shared: &'a Shared,
    template: &'a Prepared,
    trace: &'a Trace,
    sites: Sites,
    /// Number of the instance.
    instance: u32,
    /// The event at hand.
    pub(super) cycle: u64,
    made: Vec<Option<Made>>,
    /// Bytes of an element of each value.
    widths: Vec<u8>,
    words: u32,
    pub(super) ops: Vec<(Key, Op)>,
    joined: BTreeMap<([Part; 4], u8), Slot>,
    constants: BTreeMap<u32, Slot>,
    computed: Vec<Computed>,
    accesses: Accesses,
    early: Vec<Touch>,
    tails: Vec<Tail>,
    /// The latest diagonal that a value of an instance before may lie on.
    horizon: i64,
    /// The longest way of a value.
    reach: i64,
}

/// The plan of the template that `trace` is an instance of, which started at `start`.
pub(super) fn build(shared: &Shared, number: usize, start: u64, trace: &Trace) -> Option<Plan> {
    let template = shared.templates.get(number)?;
    let instance = trace.events.first()?.site.instance;
    let mut builder = Builder {
        shared,
        template,
        trace,
        sites: Sites::new(template, &trace.events),
        instance,
        cycle: 0,
        made: vec![None; trace.events.len()],
        widths: Vec::new(),
        words: 0,
        ops: Vec::new(),
        joined: BTreeMap::new(),
        constants: BTreeMap::new(),
        computed: Vec::new(),
        accesses: Accesses::default(),
        early: Vec::new(),
        tails: Vec::new(),
        horizon: i64::from(horizon(&shared.chip.latency)),
        reach: i64::from(delay_max(&shared.geometry)),
    };
    let mut planes = Planes::new(shared, template, trace, start);
    for (index, event) in trace.events.iter().enumerate() {
        builder.cycle = event.cycle - start;
        builder.step(index, event, &mut planes)?;
    }
    builder.finish(number, planes)
}

impl Builder<'_> {
    fn step(&mut self, index: usize, event: &Event, planes: &mut Planes) -> Option<()> {
        let track = &self.template.tracks[self.sites.track(event.site.queue)];
        let issue = issue(track, event)?;
        let operands = self.operands(track, event)?;
        let latency = &self.shared.chip.latency;
        match (event.queue, issue.burst.instruction) {
            (Queue::MemRead(slice), Instruction::Read { address, to }) => {
                let place = self.place(self.shared.slice(slice), address, event)?;
                self.accesses.read.push(place);
                self.made[index] = Some(Made::One(Part::Sram(place)));
                self.drive(index, track, event, latency.mem_read, to);
            }
            (Queue::MemRead(slice), Instruction::Gather { to, .. }) => {
                let word = self.word();
                let slice = self.shared.slice(slice);
                self.accesses.gathered.push(Scattered { slice, cycle: self.cycle });
                self.push(1, Op::Gather { slice: slice as u16, map: *operands.first()?, to: word });
                self.made[index] = Some(Made::One(Part::Word(word)));
                self.drive(index, track, event, latency.mem_gather, to);
            }
            (Queue::MemWrite(slice), Instruction::Write { address, .. }) => {
                let to = self.place(self.shared.slice(slice), address, event)?;
                self.accesses.written.push(to);
                self.push(0, Op::Write { to, part: *operands.first()? });
            }
            (Queue::MemWrite(slice), Instruction::Scatter { .. }) => {
                let slice = self.shared.slice(slice);
                self.accesses.scattered.push(Scattered { slice, cycle: self.cycle });
                let [map, part] = operands[..] else { return None };
                self.push(0, Op::Scatter { slice: slice as u16, map, part });
            }
            (Queue::Alu(number), Instruction::Alu(op)) => {
                let value = self.alu(number, &op, &operands)?;
                if let Some(to) = op.to {
                    self.made[index] = Some(Made::Bytes { first: to.number, value });
                    self.drive_group(index, track, event, latency.vxm_entry + latency.vxm_alu, to, op.result());
                }
            }
            (Queue::MxmWeights(half, plane), Instruction::Load { group, .. }) => {
                planes.load((half, plane), usize::from(group) + event.site.iteration as usize, &operands);
            }
            (Queue::MxmWeights(half, plane), Instruction::Install) => planes.install((half, plane), self.cycle),
            (Queue::MxmActivate(half, plane), Instruction::Activate { format, .. }) => {
                self.activate(half, plane, format, &operands, planes)?;
            }
            (Queue::MxmAccumulate(half, plane), Instruction::Accumulate { slot, step, mode, emit }) => {
                let slot = u64::from(slot) + u64::from(step) * u64::from(event.site.iteration);
                let value = planes.accumulate(self, (half, plane), u16::try_from(slot).ok()?, mode)?;
                if let Some(emit) = emit {
                    self.made[index] = Some(Made::Bytes { first: emit, value });
                    let to = StreamId::new(half.inward(), emit);
                    self.drive_group(index, track, event, latency.mxm_accumulate, to, DType::I32);
                }
            }
            (Queue::Distributor(half, _), Instruction::Distribute { to, map, .. }) => {
                let word = self.word();
                self.push(1, Op::Distribute { from: *operands.first()?, map: Box::new(map), to: word });
                self.made[index] = Some(Made::One(Part::Word(word)));
                self.drive(index, track, event, latency.sxm_distribute, StreamId::new(half.inward(), to));
            }
            _ => return None,
        }
        Some(())
    }

    /// The words that an event sampled.
    fn operands(&mut self, track: &Track, event: &Event) -> Option<Vec<Part>> {
        let operands = self.trace.operands(event);
        operands.iter().map(|operand| self.sampled(track, operand)).collect()
    }

    fn sampled(&mut self, track: &Track, operand: &Operand) -> Option<Part> {
        let Operand { stream, producer } = *operand;
        let site = producer.filter(|site| site.instance == self.instance)?;
        let producer = self.sites.event(site)?;
        let direction = stream.direction.index();
        let diagonal = self.cycle as i64 - track.place.arrive[direction];
        if diagonal <= self.horizon {
            let from = &self.template.tracks[self.sites.track(site.queue)];
            let (low, high) = (from.place.rank[direction], track.place.heard_below[direction]);
            self.early.push(Touch { cell: (stream.index(), diagonal), low, high });
        }
        match (*self.made.get(producer)?)? {
            Made::One(part) => Some(part),
            Made::Bytes { first, value } => Some(Part::Lanes { slot: value, byte: stream.number.checked_sub(first)? }),
        }
    }

    fn place(&self, slice: usize, address: Address, event: &Event) -> Option<Place> {
        let offset = i64::from(address.offset) + i64::from(address.stride) * i64::from(event.site.iteration);
        let (offset, cycle) = (i32::try_from(offset).ok()?, u32::try_from(self.cycle).ok()?);
        Some(Place { slice: slice as u16, base: address.base, offset, cycle })
    }

    /// Notes that an event drives a stream, if that may concern other instances.
    fn drive(&mut self, index: usize, track: &Track, event: &Event, after: u32, stream: StreamId) {
        let direction = stream.direction.index();
        let diagonal = self.cycle as i64 + i64::from(after) - track.place.depart[direction];
        let rank = track.place.rank[direction];
        if diagonal <= self.horizon {
            self.early.push(Touch { cell: (stream.index(), diagonal), low: rank, high: rank + 1 });
        }
        if (self.template.length as i64) <= diagonal + self.reach {
            let site = [event.site.queue, event.site.entry, event.site.iteration];
            let part = match self.made[index] {
                Some(Made::Bytes { first, value }) => Part::Lanes { slot: value, byte: stream.number - first },
                Some(Made::One(part)) => part,
                None => return,
            };
            self.tails.push(Tail { stream, diagonal, rank, site, part });
        }
    }

    fn drive_group(&mut self, index: usize, track: &Track, event: &Event, after: u32, first: StreamId, dtype: DType) {
        for byte in 0..dtype.bytes() as u8 {
            let stream = StreamId::new(first.direction, first.number.saturating_add(byte));
            self.drive(index, track, event, after, stream);
        }
    }

    fn alu(&mut self, number: u8, op: &AluOp, operands: &[Part]) -> Option<Slot> {
        let mut streams = operands.iter().copied();
        let [a, b] = op.inputs();
        let a = self.operand(a, &mut streams)?;
        let value = if op.op.arity() == 2 {
            let b = self.operand(b, &mut streams)?;
            self.binary(op.op, op.dtype, a, b)
        } else if op.op == ScalarOp::Identity {
            a
        } else {
            let to = self.value(op.result());
            self.push(1, Op::Unary { op: op.op, dtype: op.dtype, a, to });
            to
        };
        let ways = vxm::ways(&self.shared.mesh, number, op.to);
        self.computed.push(Computed { alu: number, cycle: self.cycle, dtype: op.result(), value, ways });
        Some(value)
    }

    /// The value of two.
    pub(super) fn binary(&mut self, op: ScalarOp, dtype: DType, a: Slot, b: Slot) -> Slot {
        let to = self.value(op.result(dtype));
        self.push(1, Op::Binary { op, dtype, a, b, to });
        to
    }

    fn operand(
        &mut self,
        (operand, dtype): (AluOperand, DType),
        streams: &mut impl Iterator<Item = Part>,
    ) -> Option<Slot> {
        match operand {
            AluOperand::Stream(_) => {
                let parts: Vec<Part> = streams.take(dtype.bytes() as usize).collect();
                self.join(&parts, dtype)
            }
            AluOperand::Immediate(bits) => Some(self.constant(bits)),
            AluOperand::Alu(alu) => {
                let made = self.cycle.checked_sub(u64::from(self.shared.chip.latency.vxm_alu))?;
                let recent = self.computed.iter().rev().take_while(|computed| made <= computed.cycle);
                let mut found = recent.filter(|computed| (computed.cycle, computed.alu) == (made, alu));
                found.next().map(|computed| computed.value)
            }
            AluOperand::None => None,
        }
    }

    /// The lanes that lie in some words.
    pub(super) fn join(&mut self, parts: &[Part], dtype: DType) -> Option<Slot> {
        let first = *parts.first()?;
        if parts.len() as u64 != dtype.bytes() {
            return None;
        }
        if let Part::Lanes { slot, byte: 0 } = first
            && usize::from(self.widths[slot as usize]) == parts.len()
            && parts.iter().zip(0..).all(|(part, byte)| *part == Part::Lanes { slot, byte })
        {
            return Some(slot);
        }
        let mut four = [first; 4];
        four[..parts.len()].copy_from_slice(parts);
        let key = (four, parts.len() as u8);
        if let Some(value) = self.joined.get(&key) {
            return Some(*value);
        }
        let to = self.value(dtype);
        self.push(1, Op::Join { parts: four, count: parts.len() as u8, to });
        self.joined.insert(key, to);
        Some(to)
    }

    fn activate(
        &mut self,
        half: Hemisphere,
        plane: u8,
        format: MxmFormat,
        operands: &[Part],
        planes: &mut Planes,
    ) -> Option<()> {
        match format {
            MxmFormat::I8 => planes.activate_i8(self.cycle, (half, plane), *operands.first()?),
            MxmFormat::F16 { half: lanes } => {
                let value = self.join(operands, DType::F16)?;
                planes.activate_f16(self.cycle, half, value, lanes)
            }
        }
    }

    fn constant(&mut self, bits: u32) -> Slot {
        if let Some(slot) = self.constants.get(&bits) {
            return *slot;
        }
        let slot = self.value(DType::I32);
        self.constants.insert(bits, slot);
        slot
    }

    /// A new value.
    pub(super) fn value(&mut self, dtype: DType) -> Slot {
        self.widths.push(dtype.bytes() as u8);
        (self.widths.len() - 1) as Slot
    }

    fn word(&mut self) -> Slot {
        self.words += 1;
        self.words - 1
    }

    /// Adds an operation of the event at hand; writes are of class 0, all others of class 1.
    pub(super) fn push(&mut self, class: u8, op: Op) {
        let number = self.ops.len() as u32;
        self.ops.push(((self.cycle as i64, class, number), op));
    }

    fn finish(self, number: usize, planes: Planes) -> Option<Plan> {
        let length = self.template.length;
        let latency = &self.shared.chip.latency;
        let (arrays, planes) = planes.finish();
        let (visible, recent) = (u64::from(latency.mem_write), u64::from(latency.vxm_alu));
        let is_late = |place: &Place| length < u64::from(place.cycle) + visible;
        if self.accesses.scattered.iter().any(|scattered| length < scattered.cycle + visible) {
            return None;
        }
        let (mut ops, mut writes) = (Vec::new(), Vec::new());
        for (key, op) in self.ops {
            match op {
                Op::Write { to, part } if is_late(&to) => writes.push((to, part)),
                op => ops.push((key, op)),
            }
        }
        let computed = self.computed.into_iter().filter(|computed| length <= computed.cycle + recent);
        let end = End { planes, alus: computed.collect(), tails: self.tails, writes };
        let mut early = self.early;
        early.order_by_key(|touch| touch.cell);
        let constants = self.constants.into_iter().map(|(bits, slot)| (slot, bits)).collect();
        let mut plan = Plan {
            ops: Vec::new(),
            arrays,
            constants,
            lanes: self.widths.len(),
            words: self.words as usize,
            end,
            early,
            length,
            instances: Default::default(),
        };
        alias::settle(self.shared, number, &self.accesses, &mut ops, &mut plan)?;
        slots::assign(ops, &mut plan);
        Some(plan)
    }
}

fn issue<'a>(track: &'a Track, event: &Event) -> Option<&'a Issue> {
    let index = track.issues.binary_search_by_key(&event.site.entry, |issue| issue.entry).ok()?;
    track.issues.get(index)
}

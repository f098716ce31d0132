//! What can become of one byte next.
//!
//! In: a byte: its chip, its lane, where it is since when.  Out: every meeting that it may have next, the nearest first, and where it is
//!     after that.
//! Invariant: each meeting is a dispatch of the schedule that takes the byte's own lane in the cycle in which it is there; a byte that was
//!     overwritten, dropped or reset meets nobody.
//! Method: streams are asked for their listeners, words for their reads until the next write, planes for the Activates after the Install.

use super::lanes::{LANES, moved};
use crate::flight::FlightId;
use crate::selection::{Cursor, IssueId, Selection, ValueId};
use crate::timeline::{Issue, Listener, Timeline};
use arch::{Hemisphere, Queue, SliceId, StreamId};
use program::{AccumulateMode, Instruction, MxmFormat, Operand};

/// Reads of one word that are looked at.
const READS_MOST: usize = 8;

/// Where a byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// In memory.
    Word { slice: SliceId, address: u16 },
    /// On a stream.
    Stream(ValueId),
    /// In a plane's weight buffer or array; its lane is the row.
    Weight { half: Hemisphere, plane: u8, column: u16, is_installed: bool },
    /// In the product that has just been made; its lane is the column.
    Product { half: Hemisphere, plane: u8 },
    /// In the sum of an accumulator.
    Sum { half: Hemisphere, plane: u8, slot: u32 },
    /// Inside the vector unit.
    Alu(IssueId),
    /// Between two chips.
    Flight(FlightId),
}

/// One byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Byte {
    pub(super) on: u16,
    pub(super) lane: u16,
    pub(super) place: Place,
    /// Cycle since which it is there.
    pub(super) since: u64,
}

/// What happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    SetOut,
    Write,
    Load {
        row: u16,
        column: u16,
    },
    Install,
    /// As a weight it meets an activation.
    Weigh {
        row: u16,
        column: u16,
    },
    /// As an activation it meets a row of weights.
    Spread {
        row: u16,
        column: u16,
    },
    Add {
        slot: u32,
    },
    Emit,
    Compute,
    Move {
        from: u16,
        to: u16,
    },
    Send,
    Receive,
}

/// One meeting, and the byte after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    pub(super) issue: Issue<'a>,
    pub(super) deed: Deed,
    /// Whether it goes from ALU to ALU, over no stream.
    pub(super) from_alu: bool,
    pub(super) after: Byte,
}

impl<'a> Step<'a> {
    fn new(issue: Issue<'a>, deed: Deed, after: Byte) -> Self {
        Step { issue, deed, from_alu: false, after }
    }
}

/// Asks on behalf of one token.
pub(super) struct Follower<'a> {
    pub(super) timeline: &'a Timeline,
    pub(super) token: u32,
}

impl<'a> Follower<'a> {
    /// What may become of a byte, the nearest meeting first.
    pub(super) fn steps(&self, byte: Byte) -> Vec<Step<'a>> {
        match byte.place {
            Place::Word { slice, address } => self.reads(byte, slice, address),
            Place::Stream(id) => {
                let Some(live) = self.timeline.value(id) else { return Vec::new() };
                let listeners = self.timeline.listeners(&live);
                listeners.into_iter().filter_map(|listener| self.taken(byte, &listener)).collect()
            }
            Place::Weight { half, plane, column, is_installed: false } => {
                let install =
                    self.first(Queue::MxmWeights(half, plane), byte.since, |one| *one == Instruction::Install);
                let place = Place::Weight { half, plane, column, is_installed: true };
                install.map(|issue| Step::new(issue, Deed::Install, at(byte, place, issue.cycle))).into_iter().collect()
            }
            Place::Weight { half, plane, column, is_installed: true } => self.weighs(byte, half, plane, column),
            Place::Product { half, plane } => self.added(byte, half, plane),
            Place::Sum { half, plane, slot } => self.summed(byte, half, plane, slot),
            Place::Alu(id) => self.computed(byte, id),
            Place::Flight(id) => self.landed(byte, id),
        }
    }

    fn first(&self, queue: Queue, after: u64, is_it: impl Fn(&Instruction) -> bool) -> Option<Issue<'a>> {
        let mut cycle = after + 1;
        loop {
            let issue = self.timeline.around(queue, cycle).1?;
            if is_it(issue.instruction()) {
                return Some(issue);
            }
            cycle = issue.cycle + 1;
        }
    }

    /// On the first of the streams that an issue drives, or `more` after it.
    fn driven(&self, byte: Byte, issue: &Issue<'a>, more: u8) -> Option<Byte> {
        let (first, count) = self.timeline.streams_driven(issue)?;
        let stream = StreamId::new(first.direction, first.number + more);
        let place = Place::Stream(ValueId { issue: issue.id, stream });
        (more < count).then(|| at(byte, place, issue.cycle))
    }

    fn reads(&self, byte: Byte, slice: SliceId, address: u16) -> Vec<Step<'a>> {
        // What a write leaves is there for reads from so many cycles after it.
        let seen = if byte.since == 0 { 0 } else { u64::from(self.timeline.chip.latency.mem_write) - 1 };
        let mut cursor = Cursor { token: self.token, cycle: byte.since + seen };
        let mut steps = Vec::new();
        while let Some(issue) = self.timeline.next_read(slice, address, cursor).filter(|_| steps.len() < READS_MOST) {
            let write = self.timeline.last_write(slice, address, Cursor { cycle: issue.cycle, ..cursor });
            if write.is_some_and(|write| byte.since < write.cycle && write.cycle + seen < issue.cycle) {
                break;
            }
            let step = self.driven(byte, &issue, 0).map(|after| Step::new(issue, Deed::SetOut, after));
            steps.extend(step);
            cursor.cycle = issue.cycle;
        }
        steps
    }

    /// What a unit does with the byte that it samples.
    fn taken(&self, byte: Byte, listener: &Listener<'a>) -> Option<Step<'a>> {
        let Listener { issue, operand } = *listener;
        let step = |deed, after| Some(Step::new(issue, deed, after));
        let now = |place| at(byte, place, issue.cycle);
        match (issue.queue, *issue.instruction()) {
            (Queue::MemWrite(slice), Instruction::Write { .. }) => {
                step(Deed::Write, now(Place::Word { slice, address: self.timeline.word_of(&issue, self.token)? }))
            }
            // The first operand says where, the second is what is written.
            (Queue::MemWrite(slice), Instruction::Scatter { .. }) if operand == 1 => {
                step(Deed::Write, now(Place::Word { slice, address: self.timeline.word_of(&issue, self.token)? }))
            }
            (Queue::MxmWeights(half, plane), Instruction::Load { group, .. }) => {
                let column = LANES * (u16::from(group) + issue.id.iteration as u16) + u16::from(operand);
                let place = Place::Weight { half, plane, column, is_installed: false };
                step(Deed::Load { row: byte.lane, column }, now(place))
            }
            (Queue::MxmActivate(half, plane), Instruction::Activate { format, .. }) => {
                let column = self.spread(half, plane, byte.lane, issue.cycle, format)?;
                let product = Byte { lane: column, ..now(Place::Product { half, plane }) };
                step(Deed::Spread { row: byte.lane, column }, product)
            }
            (Queue::LinkSend(_), Instruction::Send { .. }) => {
                step(Deed::Send, now(Place::Flight(FlightId { issue: issue.id, from: byte.on })))
            }
            (_, Instruction::Alu(_)) => step(Deed::Compute, now(Place::Alu(issue.id))),
            (_, instruction) => {
                let (more, lane) = moved(&instruction, operand, byte.lane, &self.timeline.executable.maps)?;
                step(Deed::Move { from: byte.lane, to: lane }, Byte { lane, ..self.driven(byte, &issue, more)? })
            }
        }
    }

    /// The column in which an activation's lane is followed: its own, if weights are installed there, else the first that has some.
    fn spread(&self, half: Hemisphere, plane: u8, lane: u16, cycle: u64, format: MxmFormat) -> Option<u16> {
        let takes_part = match format {
            MxmFormat::I8 => true,
            MxmFormat::F16 { half } => (lane % LANES) / 8 == u16::from(half),
        };
        let installed = self.timeline.plane(half, plane, cycle)?.installed;
        let group = lane / LANES;
        let is_there = installed >> group & 1 == 1;
        let column = if is_there { lane } else { LANES * u16::try_from(installed.trailing_zeros()).ok()? };
        (takes_part && installed != 0).then_some(column)
    }

    /// Activates that use an installed weight, until another array takes its place.
    fn weighs(&self, byte: Byte, half: Hemisphere, plane: u8, column: u16) -> Vec<Step<'a>> {
        let ready = byte.since + u64::from(self.timeline.chip.latency.mxm_install);
        let until = self.first(Queue::MxmWeights(half, plane), byte.since, |one| *one == Instruction::Install);
        let until = until.map_or(u64::MAX, |issue| issue.cycle);
        // Both planes of a hemisphere work as one on f16, led by the first.
        let own = self.first(Queue::MxmActivate(half, plane), ready - 1, is_activate);
        let led = self.first(Queue::MxmActivate(half, 0), ready - 1, is_half).filter(|_| plane != 0);
        let issue = own.into_iter().chain(led).filter(|issue| issue.cycle < until).min_by_key(|issue| issue.cycle);
        let step = issue.and_then(|issue| {
            let Queue::MxmActivate(_, led_by) = issue.queue else { return None };
            let Instruction::Activate { format, .. } = *issue.instruction() else { return None };
            let (row, column) = match format {
                MxmFormat::I8 => (byte.lane, column),
                MxmFormat::F16 { half } => {
                    let within = byte.lane % LANES / 2 + 8 * u16::from(half);
                    let columns = self.timeline.chip.lanes() as u16 / 2;
                    (byte.lane / LANES * LANES + within, columns * u16::from(plane) + column)
                }
            };
            let product = Byte { lane: column, ..at(byte, Place::Product { half, plane: led_by }, issue.cycle) };
            Some(Step::new(issue, Deed::Weigh { row, column }, product))
        });
        step.into_iter().collect()
    }

    /// The Accumulate that takes a product.
    fn added(&self, byte: Byte, half: Hemisphere, plane: u8) -> Vec<Step<'a>> {
        let latency = &self.timeline.chip.latency;
        let cycle = byte.since + u64::from(latency.mxm_entry + latency.mxm_multiply);
        let issues = self.timeline.issues_of(Queue::MxmAccumulate(half, plane), cycle, cycle + 1);
        issues.into_iter().filter_map(|issue| self.accumulated(byte, issue, half, plane)).collect()
    }

    fn accumulated(&self, byte: Byte, issue: Issue<'a>, half: Hemisphere, plane: u8) -> Option<Step<'a>> {
        let (slot, _, emits) = accumulate(&issue)?;
        if emits {
            return Some(Step::new(issue, Deed::Emit, self.driven(byte, &issue, 0)?));
        }
        let after = at(byte, Place::Sum { half, plane, slot }, issue.cycle);
        Some(Step::new(issue, Deed::Add { slot }, after))
    }

    /// The next Accumulate on the sum's accumulator, unless it begins another sum.
    fn summed(&self, byte: Byte, half: Hemisphere, plane: u8, slot: u32) -> Vec<Step<'a>> {
        let queue = Queue::MxmAccumulate(half, plane);
        let mut next = self.timeline.around(queue, byte.since + 1).1;
        while let Some(issue) = next {
            match accumulate(&issue) {
                Some((other, mode, _)) if other == slot => {
                    let step = self.accumulated(byte, issue, half, plane);
                    return step.filter(|_| mode == AccumulateMode::Add).into_iter().collect();
                }
                _ => next = self.timeline.around(queue, issue.cycle + 1).1,
            }
        }
        Vec::new()
    }

    /// ALUs that take the result inside the vector unit, then the stream it leaves on.
    fn computed(&self, byte: Byte, id: IssueId) -> Vec<Step<'a>> {
        let Some(issue) = self.timeline.issue(id) else { return Vec::new() };
        let Queue::Alu(number) = issue.queue else { return Vec::new() };
        let cycle = issue.cycle + u64::from(self.timeline.chip.latency.vxm_alu);
        let all =
            (0..self.timeline.chip.alus).flat_map(|alu| self.timeline.issues_of(Queue::Alu(alu), cycle, cycle + 1));
        let takes = |one: &Issue| {
            let Instruction::Alu(alu) = *one.instruction() else { return false };
            [alu.a, alu.b].contains(&Operand::Alu(number))
        };
        let inside = all.filter(takes).map(|issue| Step {
            from_alu: true,
            ..Step::new(issue, Deed::Compute, at(byte, Place::Alu(issue.id), issue.cycle))
        });
        let mut steps: Vec<Step<'a>> = inside.collect();
        if let Some(driven) = self.driven(byte, &issue, 0) {
            steps.extend(self.steps(driven));
        }
        steps
    }

    fn landed(&self, byte: Byte, id: FlightId) -> Vec<Step<'a>> {
        let Some(flight) = self.timeline.flight(id) else { return Vec::new() };
        let received = self.timeline.issues_of(Queue::LinkReceive(flight.to.link), flight.lands, flight.lands + 1);
        let there = Byte { on: flight.to.chip, ..byte };
        let step = |issue| Some(Step::new(issue, Deed::Receive, self.driven(there, &issue, 0)?));
        received.into_iter().filter_map(step).collect()
    }
}

/// What the camera is locked on while a byte is on its way to a meeting.
pub(super) fn carrier(byte: &Byte) -> Selection {
    match byte.place {
        Place::Word { slice, address } => Selection::Sram { slice, address },
        Place::Stream(id) => Selection::Value(id),
        Place::Weight { half, plane, .. } | Place::Product { half, plane } | Place::Sum { half, plane, .. } => {
            Selection::Plane { hemisphere: half, plane }
        }
        Place::Alu(id) => Selection::Issue(id),
        Place::Flight(id) => Selection::Flight(id),
    }
}

fn at(byte: Byte, place: Place, since: u64) -> Byte {
    Byte { place, since, ..byte }
}

fn is_activate(instruction: &Instruction) -> bool {
    matches!(instruction, Instruction::Activate { .. })
}

fn is_half(instruction: &Instruction) -> bool {
    matches!(instruction, Instruction::Activate { format: MxmFormat::F16 { .. }, .. })
}

/// Accumulator, mode, and whether the sum leaves.
fn accumulate(issue: &Issue) -> Option<(u32, AccumulateMode, bool)> {
    let Instruction::Accumulate { slot, step, mode, emit } = *issue.instruction() else { return None };
    Some((u32::from(slot) + issue.id.iteration * u32::from(step), mode, emit.is_some()))
}

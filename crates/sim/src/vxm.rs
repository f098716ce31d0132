//! The vector unit: ALUs and their chains.
//!
//! In: dispatches of ALU queues.  Out: results for ALUs dispatched `vxm_alu` later, and words on streams.
//! Invariant: a result can be taken as an operand in exactly one cycle, by ALUs that all hear it on one way through the mesh.
//! Method: each ALU keeps its results of the last `vxm_alu` cycles in a ring indexed by cycle, each with the ways that its takers left.

use crate::icu;
use crate::lanes;
use crate::step::Step;
use crate::timing::StandIn;
use crate::word::Value;
use crate::{Cause, Empty, Observer, PoisonId};
use arch::{Mesh, StreamId, Ways};
use graph::{DType, ScalarOp};
use program::{AluOp, Operand, WORD_BYTES, alu_does};
use std::sync::Arc;

#[derive(Clone)]
struct Outcome {
    dispatched: u64,
    dtype: DType,
    value: Value,
    ways: Ways,
}

/// One ALU: what it computed lately.
#[derive(Clone)]
pub(crate) struct Alu {
    recent: Vec<Option<Outcome>>,
}

impl Alu {
    /// An ALU that has computed nothing.
    pub(crate) fn new(vxm_alu: u32) -> Self {
        Alu { recent: vec![None; vxm_alu as usize + 1] }
    }

    fn ring(&self, cycle: u64) -> usize {
        (cycle % self.recent.len() as u64) as usize
    }

    /// The result of a dispatch, and the ways that are left to it.
    fn result(&mut self, dispatched: u64, dtype: DType) -> Option<(&Value, &mut Ways)> {
        let ring = self.ring(dispatched);
        let outcome = self.recent[ring].as_mut()?;
        (outcome.dispatched == dispatched && outcome.dtype == dtype).then_some((&outcome.value, &mut outcome.ways))
    }

    /// Leaves a result of a dispatch, which goes on along some of `ways`.
    pub(crate) fn leave(&mut self, dispatched: u64, dtype: DType, value: Value, ways: Ways) {
        self.keep(Outcome { dispatched, dtype, value, ways });
    }

    fn keep(&mut self, outcome: Outcome) {
        let index = self.ring(outcome.dispatched);
        self.recent[index] = Some(outcome);
    }
}

/// An ALU that takes results, and the ways on which it may beside the streams that it samples.
#[derive(Clone, Copy)]
struct Taker {
    alu: u8,
    open: Ways,
}

/// The streams that an instruction names as operands.
fn streams(op: &AluOp) -> impl Iterator<Item = StreamId> {
    let stream = |operand| if let Operand::Stream(stream) = operand { Some(stream) } else { None };
    [op.a, op.b].into_iter().filter_map(stream)
}

/// Executes one ALU instruction on ALU `number`.
pub(crate) fn alu<O: Observer>(step: &mut Step<O>, number: u8, op: &AluOp) {
    let legal = legality(step, number, op);
    let mesh = step.shared.mesh;
    let open = streams(op).fold(mesh.ways(number), |open, stream| open.and(mesh.beside(stream)));
    let taker = Taker { alu: number, open };
    let [a, b] = op.inputs();
    let a = operand(step, (0, taker), a);
    let b = (op.op.arity() == 2).then(|| operand(step, (1, taker), b));
    let stand_in = step.shared.stand_in.as_ref();
    let value = match (legal, a, b) {
        (Err(id), ..) | (_, Value::Poison(id), _) | (_, _, Some(Value::Poison(id))) => Value::Poison(id),
        (_, Value::Lanes(a), None) => {
            StandIn::made(stand_in, || Value::made(|to| lanes::unary(op.op, op.dtype, &a, to)))
        }
        (_, Value::Lanes(a), Some(Value::Lanes(b))) => {
            StandIn::made(stand_in, || Value::made(|to| lanes::binary(op.op, op.dtype, [&a, &b], to)))
        }
    };
    let value = icu::cut_lanes(value, step.superlanes);
    let dtype = op.result();
    if let Some(to) = op.to {
        let latency = &step.shared.chip.latency;
        let after = latency.vxm_entry + latency.vxm_alu;
        drive_group(step, to, after, dtype.bytes() as u8, &value);
    }
    let ways = ways(&step.shared.mesh, number, op.to);
    let dispatched = step.cycle;
    step.state.alus[usize::from(number)].keep(Outcome { dispatched, dtype, value, ways });
}

/// The ways on which a result of ALU `number` may go on.
pub(crate) fn ways(mesh: &Mesh, number: u8, to: Option<StreamId>) -> Ways {
    to.map_or(mesh.ways(number), Ways::of)
}

/// Drives the `count` bytes of each lane on the streams from `first` on.
pub(crate) fn drive_group<O: Observer>(step: &mut Step<O>, first: StreamId, after: u32, count: u8, value: &Value) {
    if !step.is_group(first, count) {
        return;
    }
    for (byte, word) in StandIn::split(step.shared.stand_in.as_ref(), value, count).into_iter().enumerate() {
        step.drive(StreamId::new(first.direction, first.number.saturating_add(byte as u8)), after, word);
    }
}

fn legality<O: Observer>(step: &mut Step<O>, number: u8, op: &AluOp) -> Result<(), PoisonId> {
    if !alu_does(op.op, op.dtype) {
        return Err(step.violation(Cause::Operation));
    }
    let large_only = matches!(op.op, ScalarOp::Exp | ScalarOp::Tanh | ScalarOp::Rsqrt);
    if large_only && !step.shared.chip.alus_large.contains(&number) {
        return Err(step.violation(Cause::SmallAlu));
    }
    if op.op.arity() == 1 && op.b != Operand::None {
        return Err(step.violation(Cause::Operand { operand: 1 }));
    }
    let (mesh, there) = (step.shared.mesh, step.shared.chip.streams);
    let is_beyond = |stream: &StreamId| stream.number < there && !mesh.reaches(number, *stream);
    if let Some(stream) = streams(op).chain(op.to).find(is_beyond) {
        return Err(step.violation(Cause::Window { stream }));
    }
    match streams(op).collect::<Vec<_>>()[..] {
        [a, b] if !mesh.are_apart(a, b) => Err(step.violation(Cause::BothSides { stream: b })),
        _ => Ok(()),
    }
}

fn operand<O: Observer>(step: &mut Step<O>, (number, taker): (u8, Taker), (operand, dtype): (Operand, DType)) -> Value {
    match operand {
        Operand::Stream(first) => {
            let words = step.sample_group(first, dtype.bytes() as u8);
            StandIn::joined(step.shared.stand_in.as_ref(), &words)
        }
        Operand::Immediate(bits) if matches!(dtype, DType::F32 | DType::I32) => {
            Value::Lanes(Arc::new([bits; WORD_BYTES]))
        }
        Operand::Alu(alu) => chained(step, (alu, taker), dtype).unwrap_or_else(|cause| {
            let id = step.violation(cause);
            match step.shared.empty {
                Empty::Poisons => Value::Poison(id),
                Empty::ReadsZero => Value::Lanes(Arc::new([0; WORD_BYTES])),
            }
        }),
        Operand::Immediate(_) | Operand::None => Value::Poison(step.violation(Cause::Operand { operand: number })),
    }
}

/// The result of `alu` for `taker`, which leaves it fewer ways.
fn chained<O: Observer>(step: &mut Step<O>, (alu, taker): (u8, Taker), dtype: DType) -> Result<Value, Cause> {
    let latency = u64::from(step.shared.chip.latency.vxm_alu);
    let unit = step.state.alus.get_mut(usize::from(alu));
    let found = step.cycle.checked_sub(latency).zip(unit).and_then(|(dispatched, unit)| unit.result(dispatched, dtype));
    let (value, ways) = found.ok_or(Cause::AluAbsent { alu })?;
    let heard = ways.and(taker.open).and(step.shared.mesh.between(alu, taker.alu));
    if heard.is_empty() {
        return Err(Cause::NotHeard { alu });
    }
    *ways = heard;
    Ok(value.clone())
}

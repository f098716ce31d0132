//! What an instruction puts on streams and what it takes from them, and when.
//!
//! In: an instruction and the hemisphere of its queue.  Out: streams driven with their latency, streams sampled.
//! Invariant: as stated at `program::Instruction`; iterations of a burst drive and sample the same streams.

use arch::{Chip, Hemisphere, Queue, StreamId};
use program::{Instruction, MxmFormat, group};

/// Streams that an instruction drives: `count` from `first` on, departing `after` cycles after its dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Drives {
    pub(crate) first: StreamId,
    pub(crate) count: u8,
    pub(crate) after: u32,
}

impl Drives {
    /// Whether `stream` is one of them.
    pub(crate) fn includes(self, stream: StreamId) -> bool {
        let first = self.first;
        let numbers = first.number..first.number.saturating_add(self.count);
        first.direction == stream.direction && numbers.contains(&stream.number)
    }
}

/// What `instruction` of `queue` drives.
pub(crate) fn drives(chip: &Chip, queue: Queue, instruction: &Instruction) -> Option<Drives> {
    let latency = &chip.latency;
    let half = hemisphere(queue);
    let one = |first, after| Some(Drives { first, count: 1, after });
    match *instruction {
        Instruction::Read { to, .. } => one(to, latency.mem_read),
        Instruction::Gather { to, .. } => one(to, latency.mem_gather),
        Instruction::Distribute { to, .. } => one(StreamId::new(half?.inward(), to), latency.sxm_distribute),
        Instruction::Transpose { to, .. } => {
            Some(Drives { first: StreamId::new(half?.inward(), to), count: 16, after: latency.sxm_transpose })
        }
        Instruction::Rotate { to, size, .. } => {
            let first = StreamId::new(half?.inward(), to);
            Some(Drives { first, count: size.saturating_mul(size), after: latency.sxm_rotate })
        }
        Instruction::Permute { to, .. } | Instruction::Shift { to, .. } => {
            one(StreamId::new(half?.inward(), to), latency.sxm_permute)
        }
        Instruction::Receive { to } => one(StreamId::new(half?.inward(), to), latency.link_receive),
        Instruction::Accumulate { emit, .. } => {
            let first = StreamId::new(half?.inward(), emit?);
            Some(Drives { first, count: 4, after: latency.mxm_accumulate })
        }
        Instruction::Alu(alu) => {
            let count = alu.result().bytes() as u8;
            Some(Drives { first: alu.to?, count, after: latency.vxm_entry + latency.vxm_alu })
        }
        _ => None,
    }
}

/// What `instruction` of `queue` samples in the cycle of its dispatch, in the order in which it names them.
pub(crate) fn samples(queue: Queue, instruction: &Instruction, mut visit: impl FnMut(StreamId)) {
    let Some(half) = hemisphere(queue) else {
        if let Instruction::Alu(alu) = instruction {
            alu.inputs().into_iter().flat_map(|(operand, dtype)| operand.streams(dtype)).for_each(visit);
        }
        return;
    };
    let outward = |number| StreamId::new(half.outward(), number);
    match *instruction {
        Instruction::Write { from, .. } => visit(from),
        Instruction::Gather { map, .. } => visit(map),
        Instruction::Scatter { map, from } => [map, from].into_iter().for_each(visit),
        Instruction::Load { from, .. } | Instruction::Transpose { from, .. } => {
            (0..16u8).for_each(|lane| visit(outward(from.wrapping_add(lane))))
        }
        Instruction::Rotate { from, size, .. } => {
            (0..size).for_each(|row| visit(outward(from.wrapping_add(row))));
        }
        Instruction::Activate { from, format: MxmFormat::I8 } => visit(outward(from)),
        Instruction::Activate { from, format: MxmFormat::F16 { .. } } => {
            group(outward(from), graph::DType::F16).into_iter().for_each(visit);
        }
        Instruction::Distribute { from, .. } | Instruction::Permute { from, .. } => visit(outward(from)),
        Instruction::Send { from } => visit(outward(from)),
        Instruction::Shift { north, south, .. } => [north, south].map(outward).into_iter().for_each(visit),
        _ => {}
    }
}

/// The half a queue belongs to; the VXM belongs to none.
pub(crate) fn hemisphere(queue: Queue) -> Option<Hemisphere> {
    match queue {
        Queue::MemRead(slice) | Queue::MemWrite(slice) => Some(slice.hemisphere),
        Queue::MxmWeights(half, _)
        | Queue::MxmActivate(half, _)
        | Queue::MxmAccumulate(half, _)
        | Queue::Distributor(half, _)
        | Queue::Transposer(half, _)
        | Queue::Permuter(half) => Some(half),
        Queue::LinkSend(link) | Queue::LinkReceive(link) => Some(link.hemisphere),
        Queue::Alu(_) => None,
    }
}

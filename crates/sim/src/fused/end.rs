//! What a plan leaves behind besides SRAM: registers as the plain way would have left them.
//!
//! In: a plan that was executed.  Out: planes, recent results of ALUs, values under way, writes on their way.
//! Invariant: whatever an instance after it, or a look at the chip, can still see is there.
//! Method: first every word is found, which may fail; only then is anything changed.

use super::alias::address;
use super::plan::{End, Part};
use super::run::{Run, Surprise};
use crate::Site;
use crate::mxm::{Array, Kind};
use crate::step::PendingWrite;
use crate::stream::{Driver, Streams};
use crate::vxm::Alu;
use crate::word::{Lanes, Value, Word};
use std::collections::VecDeque;
use std::sync::Arc;

/// The machine's registers, planes aside.
pub(super) struct Registers<'a> {
    pub(super) streams: &'a mut Streams,
    pub(super) pending: &'a mut VecDeque<PendingWrite>,
    pub(super) alus: &'a mut [Alu],
}

/// When and where a plan was executed.
#[derive(Clone, Copy)]
pub(super) struct Instance {
    pub(super) number: u32,
    pub(super) start: u64,
}

/// The words that are left.
struct Left {
    /// By plane: words by column, and the array.
    buffers: Vec<Vec<(u16, Word)>>,
    arrays: Vec<Option<Array>>,
    tails: Vec<Word>,
    writes: Vec<Word>,
}

/// Leaves the registers as they are at the end of the instance; on a surprise nothing is changed.
pub(super) fn leave(run: &mut Run, registers: Registers, instance: Instance) -> Result<(), Surprise> {
    let left = find(run, instance)?;
    let lanes = &run.scratch.lanes;
    let End { planes, alus, tails, writes } = &run.plan.end;
    let Registers { streams, pending, alus: units } = registers;
    let words = left.buffers.into_iter().zip(left.arrays);
    for ((plane, end), (buffer, array)) in run.planes.iter_mut().zip(planes).zip(words) {
        plane.leave(buffer, array);
        for (slot, kind, value) in &end.accumulators {
            set(&mut plane.accumulators[usize::from(*slot)], *kind, &lanes[*value as usize]);
        }
    }
    for computed in alus {
        let value = Value::made(|to| *to = lanes[computed.value as usize]);
        units[usize::from(computed.alu)].leave(instance.start + computed.cycle, computed.dtype, value, computed.ways);
    }
    for (tail, word) in tails.iter().zip(left.tails) {
        let [queue, entry, iteration] = tail.site;
        let site = Site { instance: instance.number, queue, entry, iteration };
        streams.drive(tail.stream, instance.start as i64 + tail.diagonal, Driver { rank: tail.rank, site, word });
    }
    for ((place, _), word) in writes.iter().zip(left.writes) {
        let (dispatched, slice) = (instance.start + u64::from(place.cycle), usize::from(place.slice));
        let address = address(place, run.bases).expect("the plan was checked for these bases");
        pending.push_back(PendingWrite { dispatched, slice, address, word, superlane: None });
    }
    Ok(())
}

fn find(run: &mut Run, instance: Instance) -> Result<Left, Surprise> {
    let plan = run.plan;
    let mut left = Left { buffers: Vec::new(), arrays: Vec::new(), tails: Vec::new(), writes: Vec::new() };
    for plane in &plan.end.planes {
        let columns = plane.buffer.iter().map(|(column, part)| Ok((*column, run.word(part)?)));
        left.buffers.push(columns.collect::<Result<_, Surprise>>()?);
        let array = plane.array.map(|array| {
            let array = &plan.arrays[array as usize];
            let words = array.columns.iter().map(|part| part.as_ref().map(|part| run.word(part)).transpose());
            let columns = Arc::new(words.collect::<Result<Vec<_>, Surprise>>()?);
            Ok(Array { ready: instance.start + array.ready, columns })
        });
        left.arrays.push(array.transpose()?);
    }
    let mut words = |parts: &mut dyn Iterator<Item = &Part>| -> Result<Vec<Word>, Surprise> {
        parts.map(|part| run.word(part)).collect()
    };
    left.tails = words(&mut plan.end.tails.iter().map(|tail| &tail.part))?;
    left.writes = words(&mut plan.end.writes.iter().map(|(_, part)| part))?;
    Ok(left)
}

/// Sets an accumulator, in the memory that it has if nobody else looks at it.
fn set(accumulator: &mut Option<(Kind, Value)>, kind: Kind, lanes: &Lanes) {
    if let Some((old, Value::Lanes(now))) = accumulator
        && let Some(now) = Arc::get_mut(now)
    {
        (*old, *now) = (kind, *lanes);
        return;
    }
    *accumulator = Some((kind, Value::made(|to| *to = *lanes)));
}

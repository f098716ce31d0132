//! Which unit does what: an instruction is handed to the unit of its queue.
//!
//! In: a dispatch, its instruction.  Out: the unit's work done, or a violation where the queue has no such instruction.
//! Invariant: nothing is computed here; every pair of queue and instruction has one unit or is a violation.
//! Method: one match for what works on values, one for what queues are told about themselves.

use crate::mem::{self, resolve};
use crate::prepare::{Prepared, Track};
use crate::step::Step;
use crate::{Cause, Observer, c2c, icu, mxm, sxm, vxm};
use arch::Queue;
use program::Instruction;

/// Lets the queue's unit execute an instruction.
pub fn work<O: Observer>(step: &mut Step<O>, instruction: &Instruction, bases: &[u16]) {
    match (step.queue, instruction) {
        (Queue::MemRead(slice), Instruction::Read { address, to }) => {
            let word = resolve(step, slice, *address, bases);
            mem::read(step, slice, word, *to);
        }
        (Queue::MemRead(slice), Instruction::Gather { map, to }) => mem::gather(step, slice, *map, *to),
        (Queue::MemWrite(slice), Instruction::Write { address, from }) => {
            let word = resolve(step, slice, *address, bases);
            mem::write(step, slice, word, *from);
        }
        (Queue::MemWrite(slice), Instruction::Scatter { map, from }) => mem::scatter(step, slice, *map, *from),
        (Queue::Alu(number), Instruction::Alu(op)) => vxm::alu(step, number, op),
        (Queue::MxmWeights(half, plane), Instruction::Load { group, from }) => {
            mxm::load(step, half, plane, *group, *from)
        }
        (Queue::MxmWeights(half, plane), Instruction::Install) => mxm::install(step, half, plane),
        (Queue::MxmActivate(half, plane), Instruction::Activate { from, format }) => {
            mxm::activate(step, half, plane, *from, *format);
        }
        (Queue::MxmAccumulate(half, plane), Instruction::Accumulate { slot, step: stride, mode, emit }) => {
            let op = mxm::Accumulate { slot: *slot, step: *stride, mode: *mode, emit: *emit };
            mxm::accumulate(step, half, plane, &op);
        }
        (Queue::Distributor(half, _), Instruction::Distribute { from, to, map }) => {
            sxm::distribute(step, half, *from, *to, map);
        }
        (Queue::Transposer(half, _), Instruction::Transpose { from, to }) => sxm::transpose(step, half, *from, *to),
        (Queue::Transposer(half, _), Instruction::Rotate { from, to, size }) => {
            sxm::rotate(step, half, (*from, *to), *size);
        }
        (Queue::Permuter(half), Instruction::Permute { from, to, map }) => sxm::permute(step, half, (*from, *to), *map),
        (Queue::Permuter(half), Instruction::Shift { north, south, lanes, to }) => {
            sxm::shift(step, half, (*north, *south), *lanes, *to);
        }
        (Queue::LinkSend(link), Instruction::Send { from }) => c2c::send(step, link, *from),
        (Queue::LinkReceive(link), Instruction::Receive { to }) => c2c::receive(step, link, *to),
        _ => {
            step.violation(Cause::WrongQueue);
        }
    }
}

/// Lets the queue do what it was told about itself.
pub fn control<O: Observer>(
    step: &mut Step<O>,
    (template, track, start): (&Prepared, &Track, u64),
    instruction: &Instruction,
    bases: &[u16],
) {
    match (step.queue, instruction) {
        (_, Instruction::Fetch { slice, address }) => {
            icu::fetch(step, (*slice, *address), bases, |cycle| track.used(cycle.saturating_sub(start)));
        }
        (_, Instruction::Notify) => icu::notify(step),
        (_, Instruction::Config { superlanes }) => icu::config(step, *superlanes),
        (_, Instruction::Sync) => {}
        (Queue::LinkSend(_), Instruction::Deskew { cycles }) => icu::deskew(step, *cycles, template.parked != 0),
        _ => {
            step.violation(Cause::WrongQueue);
        }
    }
}

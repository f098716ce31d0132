//! One dispatch on the symbolic machine.
//!
//! In: an instruction in place, its iteration and cycle.  Out: changed streams, SRAM, planes and ALUs; faults reported.
//! Invariant: samples see only what earlier cycles drove; each stream sampled is checked once for a driver (rule 3) and, at
//!     iteration 0, against the driver that the witness claims (rule 8).
//! Method: one function per kind of instruction.

use super::plan::{Drive, Input, Step, Tap};
use super::sram::Share;
use super::streams::Driven;
use super::vxm::Taker;
use super::{Issue, Machine, mxm};
use crate::term::Term;
use crate::word::{Value, Word};
use crate::{Fault, Noun, Phrase, machine::streams::Origin};
use arch::{LinkId, StreamId};
use graph::{DType, ScalarOp};
use program::{Address, Instruction, MxmFormat, Source};

impl<'a> Machine<'a> {
    /// Carries out one dispatch.
    pub(super) fn dispatch(&mut self, issue: &Issue<'a>) {
        self.set_length(issue);
        match self.plans[issue.plan].bursts[issue.origin.burst as usize].step {
            Step::Read { slice, address, to } => {
                let word = match self.address(issue, address) {
                    Some(address) => self.core().sram.read(slice, address, issue.cycle),
                    None => Ok(Word::POISON),
                };
                let word = self.or_poison(issue, word);
                self.drive(issue, &to, 0, word);
            }
            Step::Write { slice, address, from } => {
                let word = self.sample(issue, &from, 0, 0);
                if let Some(address) = self.address(issue, address) {
                    let share = Share { word, superlanes: self.superlanes };
                    let faults = self.core().sram.write(slice, address, share, issue.cycle);
                    self.faults(issue, faults);
                }
            }
            Step::Gather { slice, map, to } => {
                let map = self.sample(issue, &map, 0, 0);
                self.reserved(issue);
                let word = if map.is_poison() { Ok(map) } else { self.core().sram.gather(slice, map, issue.cycle) };
                let word = self.or_poison(issue, word);
                self.made(issue, word.term);
                self.drive(issue, &to, 0, word);
            }
            Step::Scatter { slice, map, from } => {
                let map = self.sample(issue, &map, 0, 0);
                let word = self.sample(issue, &from, 0, 1);
                self.reserved(issue);
                let faults = match map.is_poison() {
                    true => self.core().sram.scatter_nowhere(slice, None),
                    false => {
                        let share = Share { word, superlanes: self.superlanes };
                        self.core().sram.scatter(slice, map, share, issue.cycle)
                    }
                };
                self.faults(issue, faults);
            }
            Step::Distribute { map, from, to } => {
                let word = self.sample(issue, &from, 0, 0).lanes(&map);
                self.made(issue, word.term);
                self.drive(issue, &to, 0, word);
            }
            Step::Fetch { slice, address } => self.fetch(issue, slice, address),
            Step::Config { superlanes } => self.config(issue, superlanes),
            Step::Deskew => self.deskew(issue),
            Step::Rest => {}
            Step::Transpose { .. } | Step::Rotate { .. } | Step::Permute { .. } | Step::Shift { .. } => {
                self.switch(issue, self.plans[issue.plan].bursts[issue.origin.burst as usize].step);
            }
            Step::Send { link, from } => {
                let word = self.sample(issue, &from, 0, 0);
                let sent = self.links.send(self.at, link, word, *issue);
                self.faults(issue, [sent.err(), None]);
            }
            Step::Receive { link, to } => self.receive(issue, link, &to),
            Step::Alu { alu, op, dtype, a, b, to } => self.alu(issue, alu, (op, dtype), (a, b), to),
            step => self.matrix(issue, step),
        }
    }

    /// Takes what lands on a link, and reports what landed there before and met nobody.
    fn receive(&mut self, issue: &Issue<'a>, link: LinkId, to: &Drive) {
        let (landed, missed) = self.links.receive(self.at, link, issue.cycle);
        self.missed(missed);
        if let Some(flight) = &landed {
            self.flown(issue, flight);
        }
        let word = landed.map(|flight| flight.word).ok_or(Fault::NothingLands);
        let word = self.or_poison(issue, word);
        self.drive(issue, to, 0, word);
    }

    /// What transposers and the permuter do.
    fn switch(&mut self, issue: &Issue<'a>, step: Step) {
        match step {
            Step::Transpose { from, to } => {
                let words: [Word; 16] = std::array::from_fn(|offset| self.sample(issue, &from, offset as u8, offset));
                for offset in 0..16 {
                    let word = Word::transposed(&words, offset);
                    self.made(issue, word.term);
                    self.drive(issue, &to, offset, word);
                }
            }
            Step::Rotate { size, from, to } => {
                for row in 0..size {
                    let word = self.sample(issue, &from, row, usize::from(row));
                    for turn in 0..size {
                        let word = word.lanes(&std::array::from_fn(|lane| (lane as u8 + turn) % 16));
                        self.made(issue, word.term);
                        self.drive(issue, &to, size * row + turn, word);
                    }
                }
            }
            Step::Permute { map, from, to } => {
                let maps = self.maps;
                let word = self.sample(issue, &from, 0, 0);
                let word = maps.get(usize::from(map)).map_or(Word::POISON, |map| word.permuted(&map.from));
                self.made(issue, word.term);
                self.drive(issue, &to, 0, word);
            }
            Step::Shift { lanes, north, south, to } => {
                let (north, south) = (self.sample(issue, &north, 0, 0), self.sample(issue, &south, 0, 1));
                let word = Word::shifted(north, south, lanes);
                self.made(issue, word.term);
                self.drive(issue, &to, 0, word);
            }
            _ => {}
        }
    }

    fn matrix(&mut self, issue: &Issue<'a>, step: Step) {
        match step {
            Step::Load { plane, group, from } => {
                let group = u32::from(group) + issue.origin.iteration;
                if group == mxm::GROUPS || (issue.origin.iteration == 0 && mxm::GROUPS < group) {
                    self.fault(issue, Fault::LoadGroup { group });
                    self.core().mxm.spoil(plane);
                }
                for offset in 0..16 {
                    let word = self.sample(issue, &from, offset, usize::from(offset));
                    if group < mxm::GROUPS {
                        self.core().mxm.load(plane, 16 * group as u16 + u16::from(offset), word);
                    }
                }
            }
            Step::Install { plane } => self.core().mxm.install(plane, issue.cycle),
            Step::Activate { plane, format, from } => {
                let dtype = match format {
                    MxmFormat::I8 => DType::I8,
                    MxmFormat::F16 { .. } => DType::F16,
                };
                let activation = self.sample_value(issue, &from, dtype, 0);
                let fault = self.core().mxm.activate(plane, format, &activation, issue.cycle);
                self.faults(issue, [fault, None]);
            }
            Step::Accumulate { plane, slot, step, mode, emit } => {
                let slot = u64::from(slot) + u64::from(issue.origin.iteration) * u64::from(step);
                let name = match self.core().mxm.accumulate(plane, slot, mode, issue.cycle) {
                    Ok(name) => name,
                    Err(fault) => {
                        self.fault(issue, fault);
                        Term::POISON
                    }
                };
                self.made(issue, name);
                if let Some(to) = emit {
                    self.drive_value(issue, &to, DType::I32, &Value::whole(name));
                }
            }
            _ => {}
        }
    }

    fn alu(
        &mut self,
        issue: &Issue<'a>,
        alu: u8,
        (op, dtype): (ScalarOp, DType),
        inputs: (Input, Input),
        to: Option<Drive>,
    ) {
        let large = matches!(op, ScalarOp::Exp | ScalarOp::Tanh | ScalarOp::Rsqrt);
        let small = large && !self.site.chip.alus_large.contains(&alu);
        if small && issue.origin.iteration == 0 {
            self.fault(issue, Fault::SmallAlu { operation: op.name().to_owned() });
        }
        let streams =
            [inputs.0, inputs.1].map(|input| if let Input::Stream(tap) = input { Some(tap.stream) } else { None });
        let driven = to.map(|to| to.stream);
        let miswired = self.core().vxm.wiring(alu, streams, driven);
        let is_wired = miswired.is_empty();
        if issue.origin.iteration == 0 {
            miswired.into_iter().for_each(|fault| self.fault(issue, fault));
        }
        let mut sampled = 0;
        let superlanes = self.superlanes;
        let taker = self.core().vxm.taker((alu, superlanes), streams);
        let a = self.operand((issue, taker), inputs.0, dtype, &mut sampled);
        let b = self.operand((issue, taker), inputs.1, op.operand(1, dtype), &mut sampled);
        let value = match (op, a) {
            (_, None) => Value::POISON,
            _ if small || !is_wired => Value::POISON,
            (ScalarOp::Identity, Some(a)) => a,
            (op, Some(a)) => Value::whole(Term::operation(op, dtype, a.term, b.map(|b| b.term))),
        };
        if op != ScalarOp::Identity {
            self.made(issue, value.term);
        }
        let result = op.result(dtype);
        self.core().vxm.keep((alu, driven), issue.cycle, (result, value, superlanes));
        if let Some(to) = to {
            self.drive_value(issue, &to, result, &value);
        }
    }

    #[inline]
    fn operand(
        &mut self,
        (issue, taker): (&Issue<'a>, Taker),
        input: Input,
        dtype: DType,
        sampled: &mut usize,
    ) -> Option<Value> {
        match input {
            Input::Stream(tap) => {
                let value = self.sample_value(issue, &tap, dtype, *sampled);
                *sampled += usize::from(Value::bytes(dtype));
                Some(value)
            }
            Input::Alu(alu) => {
                let made = self.core().vxm.operand((alu, taker), issue.cycle, dtype);
                Some(made.unwrap_or_else(|fault| {
                    self.fault(issue, fault);
                    Value::POISON
                }))
            }
            Input::Immediate(bits) => Some(Value::whole(Term::immediate(bits))),
            Input::None => None,
        }
    }

    #[inline]
    fn sample_value(&mut self, issue: &Issue<'a>, tap: &Tap, dtype: DType, number: usize) -> Value {
        let bytes = Value::bytes(dtype);
        let mut words = [Word::POISON; 4];
        for offset in 0..bytes {
            words[usize::from(offset)] = self.sample(issue, tap, offset, number + usize::from(offset));
        }
        Value::join(&words[..usize::from(bytes)])
    }

    /// The word on a stream; `number` is its place among the instruction's samples.
    #[inline]
    fn sample(&mut self, issue: &Issue<'a>, tap: &Tap, offset: u8, number: usize) -> Word {
        let Some(&Driven { word, origin }) = self.cores[self.at].streams.sample(tap, offset, issue.cycle) else {
            self.fault(issue, Fault::Undriven { stream: stream(tap.stream, offset) });
            return Word::POISON;
        };
        if issue.origin.iteration == 0 {
            self.claim(issue, tap, offset, number, origin);
        }
        self.across(issue, origin, stream(tap.stream, offset));
        word.cut(self.superlanes)
    }

    /// Compares the driver of a sample with the one that the witness claims, if it claims one.
    fn claim(&mut self, issue: &Issue<'a>, tap: &Tap, offset: u8, number: usize, origin: Origin) {
        let plan = &self.plans[issue.plan];
        let Some(source) = plan.bursts[issue.origin.burst as usize].sources.get(number) else { return };
        let expected = if origin.instance == issue.origin.instance {
            let driver = &plan.bursts[origin.burst as usize];
            if (driver.queue, driver.entry, origin.iteration) == (source.queue, source.entry, source.iteration) {
                return;
            }
            Phrase::Driver { queue: driver.queue, entry: driver.entry, iteration: origin.iteration }
        } else {
            Phrase::One(Noun::Instance, u64::from(origin.instance))
        };
        let Source { queue, entry, iteration } = *source;
        let found = Phrase::Driver { queue, entry, iteration };
        let fault = Fault::WitnessSource { stream: stream(tap.stream, offset), expected, found };
        self.fault(issue, fault);
    }

    #[inline]
    fn drive_value(&mut self, issue: &Issue<'a>, to: &Drive, dtype: DType, value: &Value) {
        for offset in 0..Value::bytes(dtype) {
            self.drive(issue, to, offset, value.word(offset));
        }
    }

    #[inline]
    fn drive(&mut self, issue: &Issue<'a>, to: &Drive, offset: u8, word: Word) {
        let driven = Driven { word: word.cut(self.superlanes), origin: issue.origin };
        if self.core().streams.drive(to, offset, issue.cycle, driven).is_err() {
            self.fault(issue, Fault::Collision { stream: stream(to.stream, offset) });
        }
    }

    /// The word that an access names, if it lies in the slice. The whole burst is judged at iteration 0.
    #[inline]
    fn address(&mut self, issue: &Issue<'a>, address: Address) -> Option<u16> {
        let words = self.site.chip.words;
        if issue.origin.iteration == 0 {
            self.reserved(issue);
            let count = self.plans[issue.plan].bursts[issue.origin.burst as usize].count;
            let ends = [0, count - 1].map(|iteration| address.word(issue.bases, iteration).unwrap_or(-1));
            let (first, last) = (ends[0], ends[1]);
            if ends.iter().any(|&end| end < 0 || i64::from(words) <= end) {
                self.fault(issue, Fault::AddressRange { words, first, last });
            }
        }
        let word = address.word(issue.bases, issue.origin.iteration)?;
        u16::try_from(word).ok().filter(|&word| word < words)
    }

    /// Refuses data in a slice of instructions, once per burst.
    fn reserved(&mut self, issue: &Issue<'a>) {
        let (arch::Queue::MemRead(slice) | arch::Queue::MemWrite(slice)) = issue.queue else { return };
        if issue.origin.iteration == 0 && self.site.chip.is_reserved(slice) {
            self.fault(issue, Fault::ReservedSlice);
        }
    }

    fn or_poison(&mut self, issue: &Issue<'a>, word: Result<Word, Fault>) -> Word {
        word.unwrap_or_else(|fault| {
            self.fault(issue, fault);
            Word::POISON
        })
    }

    fn faults(&mut self, issue: &Issue<'a>, faults: [Option<Fault>; 2]) {
        for fault in faults.into_iter().flatten() {
            self.fault(issue, fault);
        }
    }
}

fn stream(first: StreamId, offset: u8) -> StreamId {
    StreamId::new(first.direction, first.number.wrapping_add(offset))
}

/// Streams that an instruction samples: how many drivers a witness names.
pub(crate) fn samples(instruction: &Instruction) -> usize {
    match instruction {
        Instruction::Read { .. } | Instruction::Install | Instruction::Accumulate { .. } => 0,
        Instruction::Receive { .. } | Instruction::Deskew { .. } | Instruction::Fetch { .. } => 0,
        Instruction::Sync | Instruction::Notify | Instruction::Config { .. } => 0,
        Instruction::Rotate { size, .. } => usize::from(*size),
        Instruction::Write { .. } | Instruction::Gather { .. } | Instruction::Distribute { .. } => 1,
        Instruction::Send { .. } => 1,
        Instruction::Permute { .. } => 1,
        Instruction::Scatter { .. } | Instruction::Shift { .. } => 2,
        Instruction::Load { .. } | Instruction::Transpose { .. } => 16,
        Instruction::Activate { format: MxmFormat::I8, .. } => 1,
        Instruction::Activate { format: MxmFormat::F16 { .. }, .. } => 2,
        Instruction::Alu(alu) => alu.inputs().map(|(operand, dtype)| operand.streams(dtype).len()).iter().sum(),
    }
}

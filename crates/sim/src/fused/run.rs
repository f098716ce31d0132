//! Executes a plan.
//!
//! In: a plan, the bases of an instance, SRAM.  Out: SRAM as the instance leaves it, and values in slots.
//! Invariant: where something is not as the plan takes it to be (a word that nobody wrote, a poisoned one, a map that leaves its slice),
//!     SRAM is put back as it was and the instance is left to the plain way, which knows what that means.
//! Method: operation by operation; words of SRAM are read where they lie. Every write keeps the word that it replaces.

use super::alias::address;
use super::multiply::Multiplier;
use super::plan::{Op, Part, Place, Plan, Slot};
use crate::lanes;
use crate::mem::{SUPERLANE_BYTES, map_addresses, same_for_all};
use crate::mxm::Plane;
use crate::sram::{Held, Sram};
use crate::sxm::distributed;
use crate::word::{Lanes, Word, WordBytes, WordPool, join_bytes, take_bytes};
use program::WORD_BYTES;

/// Something is not as the plan takes it to be.
pub(super) struct Surprise;

/// Memory that plans are executed in; its content means nothing between two runs.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(super) lanes: Vec<Lanes>,
    pub(super) words: Vec<WordBytes>,
    /// Words that were replaced: slice, address, what was there.
    replaced: Vec<(usize, u16, Option<Word>)>,
    pool: WordPool,
    pub(super) multiplier: Multiplier,
}

/// A clone has no use for the content.
impl Clone for Scratch {
    fn clone(&self) -> Self {
        Scratch::default()
    }
}

/// A run of a plan.
pub(super) struct Run<'a> {
    pub(super) plan: &'a Plan,
    pub(super) bases: &'a [u16],
    /// Words of a slice.
    pub(super) words: u16,
    pub(super) sram: &'a mut Sram,
    /// The planes as they are at the start.
    pub(super) planes: &'a mut [Plane],
    pub(super) scratch: &'a mut Scratch,
}

impl Run<'_> {
    /// Executes all operations; on a surprise SRAM is as it was.
    pub(super) fn execute(&mut self) -> Result<(), Surprise> {
        let Scratch { lanes, words, replaced, multiplier, .. } = &mut *self.scratch;
        lanes.resize(lanes.len().max(self.plan.lanes), [0; WORD_BYTES]);
        words.resize(words.len().max(self.plan.words), [0; WORD_BYTES]);
        replaced.clear();
        multiplier.forget();
        for (slot, bits) in &self.plan.constants {
            lanes[*slot as usize].fill(*bits);
        }
        let plan = self.plan;
        let outcome = plan.ops.iter().try_for_each(|op| self.step(op));
        if outcome.is_err() {
            self.undo();
        }
        outcome
    }

    /// Puts SRAM back as it was.
    pub(super) fn undo(&mut self) {
        while let Some((slice, address, word)) = self.scratch.replaced.pop() {
            self.sram.put(slice, address, word);
        }
    }

    /// Accepts all that was written.
    pub(super) fn settle(&mut self) {
        let Scratch { replaced, pool, .. } = &mut *self.scratch;
        replaced.drain(..).filter_map(|(.., word)| word).for_each(|word| pool.take_back(word));
    }

    fn step(&mut self, op: &Op) -> Result<(), Surprise> {
        match op {
            Op::Join { parts, count, to } => self.join(&parts[..usize::from(*count)], *to)?,
            Op::Unary { op, dtype, a, to } => {
                let ([a, _], to) = apart(&mut self.scratch.lanes, [*a, *a], *to);
                lanes::unary(*op, *dtype, a, to);
            }
            Op::Binary { op, dtype, a, b, to } => {
                let (operands, to) = apart(&mut self.scratch.lanes, [*a, *b], *to);
                lanes::binary(*op, *dtype, operands, to);
            }
            Op::Write { to, part } => {
                let word = self.word(part)?;
                let address = address(to, self.bases).ok_or(Surprise)?;
                self.put(usize::from(to.slice), address, word);
            }
            Op::Gather { slice, map, to } => self.gather(usize::from(*slice), map, *to)?,
            Op::Scatter { slice, map, part } => self.scatter(usize::from(*slice), map, part)?,
            Op::Keep { from, to } => self.scratch.words[*to as usize] = *look(self.sram, self.bases, from)?,
            Op::Distribute { from, map, to } => {
                let mut bytes = [0; WORD_BYTES];
                self.copy(from, &mut bytes)?;
                self.scratch.words[*to as usize] = distributed(&bytes, map);
            }
            Op::Multiply(batch) => self.multiply(batch)?,
        }
        Ok(())
    }

    fn join(&mut self, parts: &[Part], to: Slot) -> Result<(), Surprise> {
        let mut made = [[0; WORD_BYTES]; 4];
        for (part, made) in parts.iter().zip(&mut made) {
            if let Part::Lanes { slot, byte } = part {
                take_bytes(&self.scratch.lanes[*slot as usize], *byte, made);
            }
        }
        let Scratch { lanes, words, .. } = &mut *self.scratch;
        let mut bytes = [&made[0], &made[1], &made[2], &made[3]];
        for (bytes, part) in bytes.iter_mut().zip(parts) {
            match part {
                Part::Sram(place) => *bytes = look(self.sram, self.bases, place)?,
                Part::Word(slot) => *bytes = &words[*slot as usize],
                Part::Lanes { .. } => {}
            }
        }
        join_bytes(&bytes[..parts.len()], &mut lanes[to as usize]);
        Ok(())
    }

    /// The bytes of a part.
    pub(super) fn copy(&self, part: &Part, to: &mut WordBytes) -> Result<(), Surprise> {
        match part {
            Part::Sram(place) => *to = *look(self.sram, self.bases, place)?,
            Part::Word(slot) => *to = self.scratch.words[*slot as usize],
            Part::Lanes { slot, byte } => take_bytes(&self.scratch.lanes[*slot as usize], *byte, to),
        }
        Ok(())
    }

    /// A part as a word to keep.
    pub(super) fn word(&mut self, part: &Part) -> Result<Word, Surprise> {
        let Scratch { lanes, words, pool, .. } = &mut *self.scratch;
        match part {
            Part::Sram(place) => {
                let address = address(place, self.bases).ok_or(Surprise)?;
                let word = self.sram.get(usize::from(place.slice), address).ok_or(Surprise)?;
                if word.poison().is_some() { Err(Surprise) } else { Ok(word) }
            }
            Part::Word(slot) => Ok(pool.word(|to| *to = words[*slot as usize])),
            Part::Lanes { slot, byte } => Ok(pool.word(|to| take_bytes(&lanes[*slot as usize], *byte, to))),
        }
    }

    fn put(&mut self, slice: usize, address: u16, word: Word) {
        let old = self.sram.put(slice, address, Some(word));
        self.scratch.replaced.push((slice, address, old));
    }

    fn gather(&mut self, slice: usize, map: &Part, to: Slot) -> Result<(), Surprise> {
        let addresses = self.addresses(map)?;
        let to = &mut self.scratch.words[to as usize];
        for (superlane, address) in addresses.into_iter().enumerate() {
            let Some(Held::Bytes(word)) = self.sram.look(slice, address) else { return Err(Surprise) };
            let span = superlane * SUPERLANE_BYTES..(superlane + 1) * SUPERLANE_BYTES;
            to[span.clone()].copy_from_slice(&word[span]);
        }
        Ok(())
    }

    fn scatter(&mut self, slice: usize, map: &Part, part: &Part) -> Result<(), Surprise> {
        let addresses = self.addresses(map)?;
        if let Some(address) = same_for_all(&addresses) {
            let word = self.word(part)?;
            self.put(slice, address, word);
            return Ok(());
        }
        let mut new = [0; WORD_BYTES];
        self.copy(part, &mut new)?;
        for (superlane, address) in addresses.into_iter().enumerate() {
            let Some(Held::Bytes(old)) = self.sram.look(slice, address) else { return Err(Surprise) };
            let mut bytes = *old;
            let span = superlane * SUPERLANE_BYTES..(superlane + 1) * SUPERLANE_BYTES;
            bytes[span.clone()].copy_from_slice(&new[span]);
            self.put(slice, address, Word::new(bytes));
        }
        Ok(())
    }

    fn addresses(&self, map: &Part) -> Result<[u16; WORD_BYTES / SUPERLANE_BYTES], Surprise> {
        let mut bytes = [0; WORD_BYTES];
        self.copy(map, &mut bytes)?;
        let addresses = map_addresses(&bytes);
        if addresses.iter().all(|address| *address < self.words) { Ok(addresses) } else { Err(Surprise) }
    }
}

/// The bytes of a word of SRAM.
#[inline]
fn look<'a>(sram: &'a Sram, bases: &[u16], place: &Place) -> Result<&'a WordBytes, Surprise> {
    let address = address(place, bases).ok_or(Surprise)?;
    match sram.look(usize::from(place.slice), address) {
        Some(Held::Bytes(bytes)) => Ok(bytes),
        _ => Err(Surprise),
    }
}

/// Two operands, and the result, which lies in none of their slots.
fn apart(lanes: &mut [Lanes], operands: [Slot; 2], to: Slot) -> ([&Lanes; 2], &mut Lanes) {
    let (before, rest) = lanes.split_at_mut(to as usize);
    let (result, after) = rest.split_first_mut().expect("slots were counted when they were given out");
    let (before, after) = (&*before, &*after);
    let operand = |slot: Slot| if slot < to { &before[slot as usize] } else { &after[(slot - to - 1) as usize] };
    (operands.map(operand), result)
}

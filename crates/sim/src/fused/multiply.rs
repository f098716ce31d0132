//! Products of a plan: arrays whose columns lie in SRAM, times activations.
//!
//! In: a batch.  Out: lanes with its products.
//! Invariant: each product is the one of `crate::dot`, which the plain way uses too.
//! Method: int8 weights are read where they lie, column after column of one slice, which is the order of memory. f16 weights are made
//!     real numbers once per array; of neighbouring columns that are equal one is multiplied.

use super::alias::address;
use super::plan::{Activation, Array, Batch, Part, Slot};
use super::run::{Run, Scratch, Surprise};
use crate::dot::{self, HalfActivation, HalfBlock, Widened};
use crate::lanes::canonical;
use crate::mxm::{COLUMNS, GROUP_COLUMNS, HALF_COLUMNS};
use crate::word::{Lanes, WordBytes, take_bytes};
use program::WORD_BYTES;

/// Columns that a run has at most.
const COLUMNS_PER_RUN: usize = COLUMNS / GROUP_COLUMNS;
/// Stands where a word will.
static NOTHING: WordBytes = [0; WORD_BYTES];

/// Arrays of f16 weights as real numbers, and room for activations.
#[derive(Default)]
pub(crate) struct Multiplier {
    /// By hemisphere.
    halves: [Halves; 2],
    activations: Vec<Widened>,
}

/// The columns of a plane pair.
#[derive(Default)]
struct Halves {
    /// Whose columns they are.
    arrays: Option<[u32; 2]>,
    /// Columns that differ from their left neighbours.
    blocks: Vec<HalfBlock>,
    /// Columns that were loaded, and their places among the blocks.
    columns: Vec<(u16, u16)>,
    /// Whether all weights are finite.
    is_finite: bool,
}

impl Multiplier {
    /// What is known of arrays belongs to a run that is over.
    pub(super) fn forget(&mut self) {
        self.halves.iter_mut().for_each(|halves| halves.arrays = None);
    }
}

impl Run<'_> {
    /// Makes the products of a batch.
    pub(super) fn multiply(&mut self, batch: &Batch) -> Result<(), Surprise> {
        match batch.products.first() {
            Some((Activation::I8(_), _)) => self.multiply_i8(batch),
            Some((Activation::F16 { .. }, _)) => self.multiply_f16(batch),
            None => Ok(()),
        }
    }

    fn multiply_i8(&mut self, batch: &Batch) -> Result<(), Surprise> {
        let mut activations = std::mem::take(&mut self.scratch.multiplier.activations);
        activations.clear();
        let mut bytes = [0; WORD_BYTES];
        for (activation, to) in &batch.products {
            if let Activation::I8(part) = activation {
                self.copy(part, &mut bytes)?;
                activations.push(Widened::new(&bytes));
            }
            self.scratch.lanes[*to as usize] = [0; WORD_BYTES];
        }
        let widened: Vec<&Widened> = activations.iter().collect();
        let to: Vec<Slot> = batch.products.iter().map(|(_, to)| *to).collect();
        let array = &self.plan.arrays[batch.arrays[0] as usize];
        let outcome = match array.held {
            Some(held) => self.held_i8(held.plane, &widened, &to),
            None => self.columns_i8(array, &widened, &to),
        };
        self.scratch.multiplier.activations = activations;
        outcome
    }

    fn held_i8(&mut self, plane: usize, activations: &[&Widened], to: &[Slot]) -> Result<(), Surprise> {
        let array = self.planes[plane].array.as_ref().ok_or(Surprise)?;
        for (column, word) in array.columns.iter().enumerate() {
            let Some(word) = word else { continue };
            let bytes = word.bytes().ok_or(Surprise)?;
            dot::i8(&[bytes], activations, |activation, _, sum| {
                self.scratch.lanes[to[activation] as usize][column] = sum as u32;
            });
        }
        Ok(())
    }

    fn columns_i8(&mut self, array: &Array, activations: &[&Widened], to: &[Slot]) -> Result<(), Surprise> {
        let mut made = [0; WORD_BYTES];
        for run in &array.runs {
            let Scratch { lanes, words, .. } = &mut *self.scratch;
            let mut columns: [&WordBytes; COLUMNS_PER_RUN] = [&NOTHING; COLUMNS_PER_RUN];
            let columns = &mut columns[..usize::from(run.count)];
            match run.part {
                Part::Sram(place) => {
                    let first = address(&place, self.bases).ok_or(Surprise)?;
                    self.sram.look_along(usize::from(place.slice), first, run.stride, columns).ok_or(Surprise)?;
                }
                Part::Word(slot) => columns[0] = &words[slot as usize],
                Part::Lanes { slot, byte } => {
                    take_bytes(&lanes[slot as usize], byte, &mut made);
                    columns[0] = &made;
                }
            }
            let (first, step) = (usize::from(run.column), usize::from(run.step));
            dot::i8(columns, activations, |activation, column, sum| {
                lanes[to[activation] as usize][first + step * column] = sum as u32;
            });
        }
        Ok(())
    }

    fn multiply_f16(&mut self, batch: &Batch) -> Result<(), Surprise> {
        let mut halves = std::mem::take(&mut self.scratch.multiplier.halves[batch.hemisphere]);
        if halves.arrays != Some(batch.arrays) {
            self.fill(&mut halves, batch)?;
        }
        let mut products = Vec::with_capacity(halves.blocks.len());
        for (activation, to) in &batch.products {
            let Activation::F16 { slot, half } = activation else { continue };
            let activation = HalfActivation::new(&self.scratch.lanes[*slot as usize], *half);
            products.clear();
            dot::f16_all(&activation, &halves.blocks, halves.is_finite, &mut products);
            // A column that was not loaded holds zeros, whose product with an infinity is a NaN.
            let nothing = canonical(dot::f16(activation.block(), &HalfBlock::zeros()));
            let lanes: &mut Lanes = &mut self.scratch.lanes[*to as usize];
            lanes.fill(nothing);
            for (column, block) in &halves.columns {
                lanes[usize::from(*column)] = canonical(products[usize::from(*block)]);
            }
        }
        self.scratch.multiplier.halves[batch.hemisphere] = halves;
        Ok(())
    }

    /// Makes the columns of a plane pair real.
    fn fill(&self, halves: &mut Halves, batch: &Batch) -> Result<(), Surprise> {
        halves.blocks.clear();
        halves.columns.clear();
        halves.is_finite = true;
        halves.arrays = Some(batch.arrays);
        let (mut left, mut bytes) = ([0; WORD_BYTES], [0; WORD_BYTES]);
        for column in 0..COLUMNS {
            let array = &self.plan.arrays[batch.arrays[column / HALF_COLUMNS] as usize];
            if self.column(array, column % HALF_COLUMNS, &mut bytes)?.is_none() {
                continue;
            }
            if halves.blocks.is_empty() || bytes != left {
                let mut block = HalfBlock::zeros();
                block.fill(&bytes);
                halves.is_finite &= block.is_finite();
                halves.blocks.push(block);
                left = bytes;
            }
            halves.columns.push((column as u16, (halves.blocks.len() - 1) as u16));
        }
        Ok(())
    }

    /// The word of a column, if the array has that one.
    fn column(&self, array: &Array, column: usize, to: &mut WordBytes) -> Result<Option<()>, Surprise> {
        if let Some(held) = array.held {
            let array = self.planes[held.plane].array.as_ref().ok_or(Surprise)?;
            let Some(word) = &array.columns[column] else { return Ok(None) };
            *to = *word.bytes().ok_or(Surprise)?;
            return Ok(Some(()));
        }
        array.columns[column].as_ref().map(|part| self.copy(part, to)).transpose()
    }
}

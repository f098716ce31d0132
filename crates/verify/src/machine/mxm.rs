//! The MXM, symbolically: weight buffers, arrays, products, accumulators (rule 6).
//!
//! In: loads, installs, activations and accumulates in order of dispatch.  Out: names of accumulators, or the fault committed.
//! Invariant: an array is the set of its (column, word) pairs; columns not loaded are zero and do not show in the name.
//! Method: an array's name is the sum of its columns' names, kept up to date while the buffer fills. Products wait in a ring
//!     as wide as the way to the accumulators.

use crate::Fault;
use crate::term::{Tag, Term};
use crate::word::{Value, Word};
use arch::Chip;
use program::{AccumulateMode, MxmFormat};

/// Columns of 16 of a plane.
pub(crate) const GROUPS: u32 = 20;
/// Columns of a plane that f16 uses.
const COLUMNS_F16: u16 = 160;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Columns {
    sum: Option<Term>,
    count: u16,
    last: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Array {
    name: Term,
    last: u16,
    usable: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Product {
    cycle: u64,
    half: Option<u8>,
    name: Term,
}

#[derive(Clone, Debug)]
struct Plane {
    buffer: Vec<Option<Word>>,
    columns: Columns,
    poisoned: bool,
    array: Option<Array>,
    products: Vec<Option<Product>>,
    slots: Vec<Option<(bool, Term)>>,
}

/// All planes of a chip.
pub(crate) struct Mxm {
    planes: Vec<Plane>,
    install: u64,
    product: u64,
    mask: u64,
}

impl Mxm {
    /// Empty planes.
    pub(crate) fn new(chip: &Chip) -> Self {
        let product = chip.latency.mxm_product().0;
        let ring = (product + 1).next_power_of_two();
        let plane = Plane {
            buffer: vec![None; 320],
            columns: Columns::default(),
            poisoned: false,
            array: None,
            products: vec![None; ring as usize],
            slots: vec![None; usize::from(chip.accumulators)],
        };
        Mxm {
            planes: vec![plane; 2 * usize::from(chip.planes)],
            install: u64::from(chip.latency.mxm_install),
            product,
            mask: ring - 1,
        }
    }

    /// Fills one column of a buffer; the column is below 320.
    #[inline]
    pub(crate) fn load(&mut self, plane: u8, column: u16, word: Word) {
        let plane = &mut self.planes[usize::from(plane)];
        plane.poisoned |= word.is_poison();
        let columns = &mut plane.columns;
        let mut sum = columns.sum.unwrap_or(Term::POISON).plus(word.column(column));
        match plane.buffer[usize::from(column)].replace(word) {
            Some(old) => sum = sum.minus(old.column(column)),
            None => columns.count += 1,
        }
        columns.sum = Some(sum);
        columns.last = columns.last.max(column);
    }

    /// Makes the array to come poison: its loads went wrong.
    pub(crate) fn spoil(&mut self, plane: u8) {
        self.planes[usize::from(plane)].poisoned = true;
    }

    /// Turns a buffer into the array.
    pub(crate) fn install(&mut self, plane: u8, cycle: u64) {
        let usable = cycle + self.install;
        let plane = &mut self.planes[usize::from(plane)];
        let name = match plane.columns.sum {
            _ if plane.poisoned => Term::POISON,
            Some(sum) => Term::of(Tag::Array, u64::from(plane.columns.count), &[sum]),
            None => array_of_zeros(),
        };
        plane.array = Some(Array { name, last: plane.columns.last, usable });
        plane.buffer.fill(None);
        plane.columns = Columns::default();
        plane.poisoned = false;
    }

    /// Sends an activation through the array of a plane, or of a pair.
    pub(crate) fn activate(&mut self, plane: u8, format: MxmFormat, activation: &Value, cycle: u64) -> Option<Fault> {
        let number = plane % 2;
        let sent = match format {
            MxmFormat::I8 => self.usable(plane, cycle).map(|array| product_i8(array.name, activation.term)),
            MxmFormat::F16 { .. } if number != 0 => Err(Fault::PlanePair),
            MxmFormat::F16 { half } => {
                self.pair(plane, cycle).map(|(low, high)| product_f16(half, low, high, activation.term))
            }
        };
        let half = match format {
            MxmFormat::I8 => None,
            MxmFormat::F16 { half } => Some(half),
        };
        let name = *sent.as_ref().unwrap_or(&Term::POISON);
        let index = (cycle & self.mask) as usize;
        // Plane 0 acts before plane 1 in a cycle, so a pair already at work is seen here.
        let pair_works = number == 1
            && self.planes[usize::from(plane) - 1].products[index]
                .is_some_and(|product| product.cycle == cycle && product.half.is_some());
        self.planes[usize::from(plane)].products[index] = Some(Product { cycle, half, name });
        sent.err().or(pair_works.then_some(Fault::PlanePair))
    }

    /// Takes a product into an accumulator, and returns the accumulator's new name.
    pub(crate) fn accumulate(&mut self, plane: u8, slot: u64, mode: AccumulateMode, cycle: u64) -> Result<Term, Fault> {
        let index = (cycle.wrapping_sub(self.product) & self.mask) as usize;
        let plane = &mut self.planes[usize::from(plane)];
        let slots = plane.slots.len() as u16;
        let place = usize::try_from(slot).ok().and_then(|slot| plane.slots.get_mut(slot));
        let Some(place) = place else { return Err(Fault::SlotRange { slots, slot }) };
        let sent = plane.products[index].filter(|product| product.cycle + self.product == cycle);
        let slot = slot as u16;
        let Some(product) = sent else {
            *place = Some((false, Term::POISON));
            return Err(Fault::NoProduct { activate: cycle.saturating_sub(self.product) });
        };
        let is_f16 = product.half.is_some();
        let (name, fault) = match (mode, *place) {
            (AccumulateMode::Set, _) => (product.name, None),
            (AccumulateMode::Add, None) => (Term::POISON, Some(Fault::SlotUnset { slot })),
            (AccumulateMode::Add, Some((_, old))) if old.is_poison() => (old, None),
            (AccumulateMode::Add, Some((format, _))) if format != is_f16 => {
                (Term::POISON, Some(Fault::SlotFormat { slot }))
            }
            (AccumulateMode::Add, Some((_, old))) => (accumulated(old, product.name), None),
        };
        *place = Some((is_f16, name));
        fault.map_or(Ok(name), Err)
    }

    fn usable(&self, plane: u8, cycle: u64) -> Result<Array, Fault> {
        let number = plane % 2;
        match self.planes[usize::from(plane)].array {
            Some(array) if array.usable <= cycle => Ok(array),
            array => Err(Fault::NoArray { plane: number, usable: array.map(|array| array.usable) }),
        }
    }

    fn pair(&self, plane: u8, cycle: u64) -> Result<(Term, Term), Fault> {
        let (low, high) = (self.usable(plane, cycle)?, self.usable(plane + 1, cycle)?);
        for (plane, array) in [(0, low), (1, high)] {
            if COLUMNS_F16 <= array.last {
                return Err(Fault::ColumnRange { plane, column: array.last });
            }
        }
        Ok((low.name, high.name))
    }
}

/// The name of an array of the given columns, for whoever knows them all at once.
pub(crate) fn array(columns: impl Iterator<Item = (u16, Word)>) -> Term {
    let mut sum: Option<Term> = None;
    let mut count = 0;
    for (column, word) in columns {
        if word.is_poison() {
            return Term::POISON;
        }
        sum = Some(sum.unwrap_or(Term::POISON).plus(word.column(column)));
        count += 1;
    }
    sum.map_or(array_of_zeros(), |sum| Term::of(Tag::Array, count, &[sum]))
}

fn array_of_zeros() -> Term {
    Term::of(Tag::Array, 0, &[])
}

/// The name of an int8 product.
pub(crate) fn product_i8(array: Term, activation: Term) -> Term {
    Term::of(Tag::Dot, 2, &[array, activation])
}

/// The name of the product of one half of the lanes, f16.
pub(crate) fn product_f16(half: u8, low: Term, high: Term, activation: Term) -> Term {
    let pair = Term::of(Tag::Pair, 0, &[low, high]);
    Term::of(Tag::Dot, u64::from(half), &[pair, activation])
}

/// The name of an accumulator after an addition.
pub(crate) fn accumulated(old: Term, product: Term) -> Term {
    Term::of(Tag::Accumulate, 0, &[old, product])
}

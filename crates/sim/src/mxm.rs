//! The matrix unit: weight buffers, installed arrays, products and accumulators of the planes.
//!
//! In: dispatches of a plane's three queues.  Out: accumulators, and their values on inward streams.
//! Invariant: an array is usable from `mxm_install` after its Install until the next Install is dispatched; a product meets exactly the
//!     Accumulate dispatched `mxm_entry + mxm_multiply` after its Activate, or nobody.
//! Method: buffer and array hold shared words, not copies; products are computed when the first of them meets its Accumulate, for all
//!     activations of the array at once, so that each weight is fetched and widened once.

use crate::dot::{self, HalfBlock, Widened};
use crate::lanes::canonical;
use crate::step::Step;
use crate::tally::Tally;
use crate::timing::StandIn;
use crate::vxm::drive_group;
use crate::word::{Lanes, Value, Word, WordBytes};
use crate::{Cause, Observer, PoisonId};
use arch::{Hemisphere, StreamId};
use program::{AccumulateMode, MxmFormat, WORD_BYTES};
use std::collections::VecDeque;
use std::sync::Arc;

/// Columns of a plane, and of the result of an f16 plane pair.
pub(crate) const COLUMNS: usize = WORD_BYTES;
/// Columns loaded at once.
pub(crate) const GROUP_COLUMNS: usize = 16;
/// Columns of each plane in the f16 format.
pub(crate) const HALF_COLUMNS: usize = COLUMNS / 2;

/// Element type of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    I32,
    F32,
}

/// Weight words by column.
type Columns = Vec<Option<Word>>;

/// An installed array.
#[derive(Clone)]
pub(crate) struct Array {
    /// First cycle in which it may be used.
    pub(crate) ready: u64,
    pub(crate) columns: Arc<Columns>,
}

#[derive(Clone)]
struct Product {
    /// Dispatch of the Accumulate that takes it.
    meets: u64,
    kind: Kind,
    content: Content,
}

#[derive(Clone)]
enum Content {
    Known(Value),
    /// Still to be multiplied, together with the other activations of the same arrays.
    Waiting {
        activation: Activation,
        arrays: Arrays,
    },
}

#[derive(Clone)]
enum Activation {
    I8(Arc<Widened>),
    F16(Arc<HalfBlock>),
}

/// The array of the plane, twice, or those of plane 0 and 1.
type Arrays = [Arc<Columns>; 2];

/// One plane of a hemisphere.
#[derive(Clone)]
pub(crate) struct Plane {
    pub(crate) buffer: Columns,
    pub(crate) array: Option<Array>,
    products: VecDeque<Product>,
    pub(crate) accumulators: Vec<Option<(Kind, Value)>>,
}

impl Plane {
    /// A plane with nothing in it.
    pub(crate) fn new(accumulators: u16) -> Self {
        Plane {
            buffer: vec![None; COLUMNS],
            array: None,
            products: VecDeque::new(),
            accumulators: vec![None; usize::from(accumulators)],
        }
    }
}

impl Plane {
    /// Adds what it holds.
    pub(crate) fn weigh(&self, tally: &mut Tally) {
        tally.own(self.buffer.len() * size_of::<Option<Word>>());
        self.buffer.iter().flatten().for_each(|word| word.weigh(tally));
        if let Some(array) = &self.array
            && tally.shared(&array.columns, array.columns.len() * size_of::<Option<Word>>())
        {
            array.columns.iter().flatten().for_each(|word| word.weigh(tally));
        }
        tally.own(self.accumulators.len() * size_of::<Option<(Kind, Value)>>());
        self.accumulators.iter().flatten().for_each(|(_, value)| value.weigh(tally));
    }

    /// Whether nothing waits in it for an instruction dispatched from `cycle` on; array and accumulators aside.
    pub(crate) fn is_idle(&self, cycle: u64) -> bool {
        self.buffer.iter().all(Option::is_none) && self.products.iter().all(|product| product.meets < cycle)
    }

    /// Leaves words in its buffer and, if one was installed, an array.
    pub(crate) fn leave(&mut self, buffer: Vec<(u16, Word)>, array: Option<Array>) {
        for (column, word) in buffer {
            self.buffer[usize::from(column)] = Some(word);
        }
        if array.is_some() {
            self.array = array;
        }
        self.products.clear();
    }
}

/// Place of a plane among those of the chip.
pub(crate) fn index(hemisphere: Hemisphere, plane: u8, planes: u8) -> usize {
    hemisphere.index() * usize::from(planes) + usize::from(plane)
}

/// Executes a Load.
pub(crate) fn load<O: Observer>(step: &mut Step<O>, hemisphere: Hemisphere, plane: u8, group: u8, from: u8) {
    if from != 0 && from != GROUP_COLUMNS as u8 {
        step.violation(Cause::LoadFrom { from });
        return;
    }
    let group = u64::from(group) + u64::from(step.site.iteration);
    let first = group.saturating_mul(GROUP_COLUMNS as u64);
    let index = index(hemisphere, plane, step.shared.chip.planes);
    for lane in 0..GROUP_COLUMNS as u8 {
        let word = step.sample(StreamId::new(hemisphere.outward(), from + lane));
        let column = usize::try_from(first.saturating_add(u64::from(lane))).unwrap_or(usize::MAX);
        if let Some(cell) = step.state.planes[index].buffer.get_mut(column) {
            *cell = Some(word);
        }
    }
    if COLUMNS as u64 <= first {
        step.violation(Cause::Column { group });
    }
}

/// Executes an Install.
pub(crate) fn install<O: Observer>(step: &mut Step<O>, hemisphere: Hemisphere, plane: u8) {
    let ready = step.cycle + u64::from(step.shared.chip.latency.mxm_install);
    let index = index(hemisphere, plane, step.shared.chip.planes);
    let plane = &mut step.state.planes[index];
    let columns = std::mem::replace(&mut plane.buffer, vec![None; COLUMNS]);
    plane.array = Some(Array { ready, columns: Arc::new(columns) });
}

/// Executes an Activate.
pub(crate) fn activate<O: Observer>(
    step: &mut Step<O>,
    hemisphere: Hemisphere,
    plane: u8,
    from: u8,
    format: MxmFormat,
) {
    let first = StreamId::new(hemisphere.outward(), from);
    let (kind, content) = match format {
        MxmFormat::I8 => (Kind::I32, activate_i8(step, hemisphere, plane, first)),
        MxmFormat::F16 { half } => (Kind::F32, activate_f16(step, hemisphere, plane, first, half)),
    };
    let meets = step.cycle + step.shared.chip.latency.mxm_product().0;
    let content = content.unwrap_or_else(|id| Content::Known(Value::Poison(id)));
    let index = index(hemisphere, plane, step.shared.chip.planes);
    step.state.planes[index].products.push_back(Product { meets, kind, content });
}

fn activate_i8<O: Observer>(
    step: &mut Step<O>,
    hemisphere: Hemisphere,
    plane: u8,
    from: StreamId,
) -> Result<Content, PoisonId> {
    let word = step.sample(from);
    let array = usable(step, hemisphere, plane)?;
    let stand_in = step.shared.stand_in.as_ref();
    if stand_in.is_some() {
        bytes(&word)?;
        let poison = array.iter().flatten().find_map(Word::poison);
        return poison.map_or_else(|| Ok(Content::Known(StandIn::joined(stand_in, &[]))), Err);
    }
    let activation = Activation::I8(Arc::new(Widened::new(bytes(&word)?)));
    Ok(Content::Waiting { activation, arrays: [Arc::clone(&array), array] })
}

fn activate_f16<O: Observer>(
    step: &mut Step<O>,
    hemisphere: Hemisphere,
    plane: u8,
    from: StreamId,
    half: u8,
) -> Result<Content, PoisonId> {
    let words = step.sample_group(from, 2);
    let arrays = [usable(step, hemisphere, 0)?, usable(step, hemisphere, 1)?];
    let is_wide = arrays.iter().any(|columns| columns.iter().skip(HALF_COLUMNS).any(Option::is_some));
    if plane != 0 || 1 < half || is_wide {
        return Err(step.violation(Cause::HalfShape));
    }
    let stand_in = step.shared.stand_in.as_ref();
    match StandIn::joined(stand_in, &words) {
        Value::Poison(id) => Err(id),
        value if stand_in.is_some() => {
            let poison = arrays.iter().flat_map(|columns| columns.iter()).flatten().find_map(Word::poison);
            poison.map_or(Ok(Content::Known(value)), Err)
        }
        Value::Lanes(lanes) => {
            let activation = Activation::F16(Arc::new(dot::half_activation(&lanes, half)));
            Ok(Content::Waiting { activation, arrays })
        }
    }
}

/// Multiplies the arrays of `products[0]`, if it waits, with all activations next in line for the same.
fn multiply(products: &mut VecDeque<Product>) {
    let Some(Content::Waiting { arrays, .. }) = products.front().map(|product| &product.content) else { return };
    let arrays = arrays.clone();
    let is_same = |other: &Arrays| other.iter().zip(&arrays).all(|(other, array)| Arc::ptr_eq(other, array));
    let waiting: Vec<Activation> = products
        .iter()
        .map_while(|product| match &product.content {
            Content::Waiting { activation, arrays } if is_same(arrays) => Some(activation.clone()),
            _ => None,
        })
        .collect();
    let of_i8: Vec<&Widened> =
        waiting.iter().map_while(|one| if let Activation::I8(one) = one { Some(&**one) } else { None }).collect();
    let of_f16: Vec<&HalfBlock> =
        waiting.iter().map_while(|one| if let Activation::F16(one) = one { Some(&**one) } else { None }).collect();
    let values = if of_f16.is_empty() { products_i8(&arrays[0], &of_i8) } else { products_f16(&arrays, &of_f16) };
    for (product, value) in products.iter_mut().zip(values) {
        product.content = Content::Known(value.map_or_else(Value::Poison, |lanes| Value::Lanes(Arc::new(lanes))));
    }
}

fn products_i8(columns: &Columns, activations: &[&Widened]) -> Vec<Result<Lanes, PoisonId>> {
    if let Some(id) = columns.iter().flatten().find_map(Word::poison) {
        return vec![Err(id); activations.len()];
    }
    let mut values = vec![[0; WORD_BYTES]; activations.len()];
    // Column `first` of each group: words of one slice, hence neighbours in memory.
    for first in 0..GROUP_COLUMNS {
        let columns = columns.iter().enumerate().skip(first).step_by(GROUP_COLUMNS);
        let present = columns.filter_map(|(column, word)| Some((column, word.as_ref()?.bytes()?)));
        let (numbers, words): (Vec<usize>, Vec<&WordBytes>) = present.unzip();
        dot::i8(&words, activations, |activation, word, sum| values[activation][numbers[word]] = sum as u32);
    }
    values.into_iter().map(Ok).collect()
}

fn products_f16(arrays: &Arrays, activations: &[&HalfBlock]) -> Vec<Result<Lanes, PoisonId>> {
    // A column that was not loaded holds zeros, whose product with an infinity is a NaN.
    let nothing = |activation: &&HalfBlock| Ok([canonical(dot::f16(activation, &HalfBlock::zeros())); WORD_BYTES]);
    let mut values: Vec<Result<Lanes, PoisonId>> = activations.iter().map(nothing).collect();
    let mut weights = HalfBlock::zeros();
    for (number, column) in arrays.iter().flat_map(|columns| columns.iter().take(HALF_COLUMNS)).enumerate() {
        match column {
            None => {}
            Some(Word::Poison(id)) => spoil(&mut values, *id),
            Some(Word::Bytes(bytes)) => {
                weights.fill(bytes);
                for (value, activation) in values.iter_mut().zip(activations) {
                    if let Ok(lanes) = value {
                        lanes[number] = canonical(dot::f16(activation, &weights));
                    }
                }
            }
        }
    }
    values
}

fn spoil(values: &mut [Result<Lanes, PoisonId>], id: PoisonId) {
    values.iter_mut().filter(|value| value.is_ok()).for_each(|value| *value = Err(id));
}

/// The plane's array, if it may be used in this cycle.
fn usable<O: Observer>(step: &mut Step<O>, hemisphere: Hemisphere, plane: u8) -> Result<Arc<Columns>, PoisonId> {
    let index = index(hemisphere, plane, step.shared.chip.planes);
    match &step.state.planes[index].array {
        Some(array) if array.ready <= step.cycle => Ok(Arc::clone(&array.columns)),
        _ => Err(step.violation(Cause::ArrayAbsent { plane })),
    }
}

fn bytes(word: &Word) -> Result<&[u8; WORD_BYTES], PoisonId> {
    match word {
        Word::Bytes(bytes) => Ok(bytes),
        Word::Poison(id) => Err(*id),
    }
}

/// Operands of an Accumulate.
pub(crate) struct Accumulate {
    pub(crate) slot: u16,
    pub(crate) step: u16,
    pub(crate) mode: AccumulateMode,
    pub(crate) emit: Option<u8>,
}

/// Executes an Accumulate.
pub(crate) fn accumulate<O: Observer>(step: &mut Step<O>, hemisphere: Hemisphere, plane: u8, op: &Accumulate) {
    let index = index(hemisphere, plane, step.shared.chip.planes);
    let slot = u64::from(op.slot) + u64::from(op.step) * u64::from(step.site.iteration);
    let (kind, product) = match take(step, index) {
        Some(product) => product,
        None => (Kind::I32, Value::Poison(step.violation(Cause::ProductAbsent))),
    };
    let slots = step.state.planes[index].accumulators.len() as u64;
    let value = if slots <= slot {
        Value::Poison(step.violation(Cause::SlotRange { slot }))
    } else {
        let value = match op.mode {
            AccumulateMode::Set => product,
            AccumulateMode::Add => add(step, index, slot, kind, product),
        };
        step.state.planes[index].accumulators[slot as usize] = Some((kind, value.clone()));
        value
    };
    if let Some(emit) = op.emit {
        let after = step.shared.chip.latency.mxm_accumulate;
        drive_group(step, StreamId::new(hemisphere.inward(), emit), after, 4, &value);
    }
}

/// The product that meets the accumulators of a plane in this cycle.
fn take<O: Observer>(step: &mut Step<O>, index: usize) -> Option<(Kind, Value)> {
    let cycle = step.cycle;
    let products = &mut step.state.planes[index].products;
    while products.front().is_some_and(|product| product.meets < cycle) {
        products.pop_front();
    }
    if products.front()?.meets != cycle {
        return None;
    }
    multiply(products);
    let product = products.pop_front()?;
    match product.content {
        Content::Known(value) => Some((product.kind, value)),
        Content::Waiting { .. } => None,
    }
}

/// Accumulator `slot`, which exists, plus `product`.
fn add<O: Observer>(step: &mut Step<O>, index: usize, slot: u64, kind: Kind, product: Value) -> Value {
    let product = match product {
        Value::Lanes(product) => product,
        poison => return poison,
    };
    match &step.state.planes[index].accumulators[slot as usize] {
        Some((old_kind, old)) if *old_kind == kind => match old {
            Value::Poison(id) => Value::Poison(*id),
            Value::Lanes(old) => {
                let stand_in = step.shared.stand_in.as_ref();
                StandIn::made(stand_in, || Value::Lanes(Arc::new(sum(kind, old, &product))))
            }
        },
        _ => Value::Poison(step.violation(Cause::SlotEmpty { slot })),
    }
}

fn sum(kind: Kind, old: &Lanes, product: &Lanes) -> Lanes {
    let mut result = *old;
    match kind {
        Kind::I32 => result.iter_mut().zip(product).for_each(|(old, new)| *old = old.wrapping_add(*new)),
        Kind::F32 => result
            .iter_mut()
            .zip(product)
            .for_each(|(old, new)| *old = canonical(f32::from_bits(*old) + f32::from_bits(*new))),
    }
    result
}

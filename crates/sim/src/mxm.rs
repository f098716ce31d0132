//! The matrix unit: weight buffers, installed arrays, products and accumulators of the planes.
//!
//! In: dispatches of a plane's three queues.  Out: accumulators, and their values on inward streams.
//! Invariant: an array is usable from `mxm_install` after its Install until the next Install is dispatched; a product meets exactly the
//!     Accumulate dispatched `mxm_entry + mxm_multiply` after its Activate, or nobody.
//! Method: buffer and array hold shared words, not copies; i8 products are computed when the first of them meets its Accumulate, for all
//!     activations of the array at once, so that each weight is fetched and widened once.

use crate::dot::{self, HalfWeights, Widened};
use crate::lanes::canonical;
use crate::step::Step;
use crate::vxm::drive_group;
use crate::word::{Lanes, Value, Word, join};
use crate::{Cause, Observer, PoisonId};
use arch::{Hemisphere, StreamId};
use program::{AccumulateMode, MxmFormat, WORD_BYTES};
use std::collections::VecDeque;
use std::sync::Arc;

/// Columns of a plane, and of the result of an f16 plane pair.
pub(crate) const COLUMNS: usize = WORD_BYTES;
/// Columns loaded at once.
const GROUP_COLUMNS: usize = 16;
/// Columns of each plane in the f16 format.
const HALF_COLUMNS: usize = COLUMNS / 2;

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
    /// Still to be multiplied, together with the other activations of the same array.
    Waiting {
        activation: Arc<Widened>,
        columns: Arc<Columns>,
    },
}

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
        MxmFormat::F16 { half } => {
            let product = activate_f16(step, hemisphere, plane, first, half);
            (Kind::F32, product.map(|lanes| Content::Known(Value::Lanes(Arc::new(lanes)))))
        }
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
    let activation = Arc::new(dot::widened(bytes(&word)?));
    let columns = step.state.planes[array].array.as_ref().map(|array| Arc::clone(&array.columns));
    Ok(columns.map_or(Content::Known(Value::Lanes(Arc::new([0; WORD_BYTES]))), |columns| Content::Waiting {
        activation,
        columns,
    }))
}

/// Multiplies the array of `products[0]`, if that waits, with all activations that wait for it.
fn multiply(products: &mut VecDeque<Product>) {
    let Some(Content::Waiting { columns, .. }) = products.front().map(|product| &product.content) else { return };
    let columns = Arc::clone(columns);
    let waiting = |product: &Product| match &product.content {
        Content::Waiting { activation, columns: other } if Arc::ptr_eq(other, &columns) => Some(Arc::clone(activation)),
        _ => None,
    };
    let activations: Vec<Arc<Widened>> = products.iter().map_while(waiting).collect();
    let mut values = vec![Ok([0; WORD_BYTES]); activations.len()];
    // Column by column of each group: words of one slice, hence neighbours in memory.
    for number in (0..GROUP_COLUMNS).flat_map(|first| (first..COLUMNS).step_by(GROUP_COLUMNS)) {
        match &columns[number] {
            None => {}
            Some(Word::Poison(id)) => {
                values.iter_mut().filter(|value| value.is_ok()).for_each(|value| *value = Err(*id));
            }
            Some(Word::Bytes(bytes)) => {
                let weights = dot::widened(bytes);
                for (value, activation) in values.iter_mut().zip(&activations) {
                    if let Ok(lanes) = value {
                        lanes[number] = dot::i8(activation, &weights) as u32;
                    }
                }
            }
        }
    }
    for (product, value) in products.iter_mut().zip(values) {
        product.content = Content::Known(value.map_or_else(Value::Poison, |lanes| Value::Lanes(Arc::new(lanes))));
    }
}

fn activate_f16<O: Observer>(
    step: &mut Step<O>,
    hemisphere: Hemisphere,
    plane: u8,
    from: StreamId,
    half: u8,
) -> Result<Lanes, PoisonId> {
    let words = step.sample_group(from, 2);
    let pair = [usable(step, hemisphere, 0)?, usable(step, hemisphere, 1)?];
    let arrays = pair.map(|index| step.state.planes[index].array.as_ref().map_or(&[][..], |array| &array.columns[..]));
    let is_wide = arrays.iter().any(|columns| columns.iter().skip(HALF_COLUMNS).any(Option::is_some));
    if plane != 0 || 1 < half || is_wide {
        return Err(step.violation(Cause::HalfShape));
    }
    let activation = match join(&words) {
        Value::Poison(id) => return Err(id),
        Value::Lanes(lanes) => dot::half_activation(&lanes, half),
    };
    let nothing = dot::f16(&activation, &HalfWeights::zeros());
    let mut lanes = [0; WORD_BYTES];
    let columns = arrays.iter().flat_map(|columns| columns.iter().take(HALF_COLUMNS));
    for (lane, column) in lanes.iter_mut().zip(columns) {
        *lane = canonical(match column {
            Some(column) => dot::f16(&activation, &HalfWeights::new(bytes(column)?)),
            None => nothing,
        });
    }
    Ok(lanes)
}

/// The plane's index, if its array may be used in this cycle.
fn usable<O: Observer>(step: &mut Step<O>, hemisphere: Hemisphere, plane: u8) -> Result<usize, PoisonId> {
    let index = index(hemisphere, plane, step.shared.chip.planes);
    let ready = step.state.planes[index].array.as_ref().map(|array| array.ready);
    match ready {
        Some(ready) if ready <= step.cycle => Ok(index),
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
            Value::Lanes(old) => Value::Lanes(Arc::new(sum(kind, old, &product))),
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

//! The registers of the matrix unit while a plan is made.
//!
//! In: the dispatches of the planes' queues, in order.  Out: arrays, batches of activations, accumulators at the end.
//! Invariant: a product is that of the array which was installed last when its activation came.
//! Method: products are made when the first of them meets its Accumulate, for all activations of the same arrays that came until then.

use super::build::Builder;
use super::plan::{Activation, Array, Batch, Held, Op, Part, PlaneEnd, Slot};
use super::trace::Trace;
use crate::mxm::{self, COLUMNS, GROUP_COLUMNS, HALF_COLUMNS, Kind};
use crate::prepare::Prepared;
use crate::step::Shared;
use arch::{Hemisphere, Queue};
use graph::{DType, ScalarOp};
use program::AccumulateMode;
use std::collections::{BTreeMap, BTreeSet};

/// A plane of a half.
type PlaneId = (Hemisphere, u8);

struct Waiting {
    /// Cycle of the Accumulate that takes the product.
    meets: u64,
    kind: Kind,
    arrays: [u32; 2],
    activation: Activation,
    /// The product, once it is made.
    product: Option<Slot>,
}

#[derive(Default)]
struct Plane {
    buffer: BTreeMap<u16, Part>,
    array: Option<u32>,
    waiting: Vec<Waiting>,
    accumulators: BTreeMap<u16, (Kind, Slot)>,
}

/// All planes.
pub(super) struct Planes {
    planes: Vec<Plane>,
    planes_per_half: u8,
    arrays: Vec<Array>,
    install: u64,
    product: u64,
    length: u64,
    /// Cycles of Accumulates, by plane.
    takes: BTreeSet<(usize, u64)>,
}

impl Planes {
    /// Planes with nothing in them.
    pub(super) fn new(shared: &Shared, template: &Prepared, trace: &Trace, start: u64) -> Self {
        let planes_per_half = shared.chip.planes;
        let takes = trace.events.iter().filter_map(|event| match event.queue {
            Queue::MxmAccumulate(half, plane) => Some((mxm::index(half, plane, planes_per_half), event.cycle - start)),
            _ => None,
        });
        Planes {
            planes: (0..2 * planes_per_half).map(|_| Plane::default()).collect(),
            planes_per_half,
            arrays: Vec::new(),
            install: u64::from(shared.chip.latency.mxm_install),
            product: shared.chip.latency.mxm_product().0,
            length: template.length,
            takes: takes.collect(),
        }
    }

    fn index(&self, (half, plane): PlaneId) -> usize {
        mxm::index(half, plane, self.planes_per_half)
    }

    /// A Load of the group's columns.
    pub(super) fn load(&mut self, plane: PlaneId, group: usize, operands: &[Part]) {
        let index = self.index(plane);
        let columns = (group * GROUP_COLUMNS) as u16..;
        self.planes[index].buffer.extend(columns.zip(operands.iter().copied()));
    }

    /// An Install.
    pub(super) fn install(&mut self, plane: PlaneId, cycle: u64) {
        let index = self.index(plane);
        let mut columns = vec![None; COLUMNS];
        for (column, part) in std::mem::take(&mut self.planes[index].buffer) {
            columns[usize::from(column)] = Some(part);
        }
        self.planes[index].array = Some(self.arrays.len() as u32);
        self.arrays.push(Array { ready: cycle + self.install, columns, ..Array::default() });
    }

    /// An Activate of int8.
    pub(super) fn activate_i8(&mut self, cycle: u64, plane: PlaneId, part: Part) -> Option<()> {
        let array = self.array(cycle, plane, COLUMNS);
        self.activate(cycle, plane, Kind::I32, [array; 2], Activation::I8(part))
    }

    /// An Activate of f16, on both planes of a half.
    pub(super) fn activate_f16(&mut self, cycle: u64, half: Hemisphere, slot: Slot, lanes: u8) -> Option<()> {
        let arrays = [0, 1].map(|plane| self.array(cycle, (half, plane), HALF_COLUMNS));
        self.activate(cycle, (half, 0), Kind::F32, arrays, Activation::F16 { slot, half: lanes })
    }

    /// The array of a plane that is used in this cycle, up to a column: the one installed last, or the one from before the template.
    fn array(&mut self, cycle: u64, plane: PlaneId, columns: usize) -> u32 {
        let index = self.index(plane);
        let array = *self.planes[index].array.get_or_insert_with(|| {
            let held = Some(Held { plane: index, columns });
            self.arrays.push(Array { held, ready: cycle, ..Array::default() });
            (self.arrays.len() - 1) as u32
        });
        if let Some(held) = &mut self.arrays[array as usize].held {
            held.columns = held.columns.min(columns);
        }
        array
    }

    fn activate(
        &mut self,
        cycle: u64,
        plane: PlaneId,
        kind: Kind,
        arrays: [u32; 2],
        activation: Activation,
    ) -> Option<()> {
        let meets = cycle + self.product;
        let index = self.index(plane);
        if self.length <= meets {
            return None;
        }
        // A product that nobody takes is never made.
        if self.takes.contains(&(index, meets)) {
            self.planes[index].waiting.push(Waiting { meets, kind, arrays, activation, product: None });
        }
        Some(())
    }

    /// An Accumulate: the value that its accumulator then has.
    pub(super) fn accumulate(
        &mut self,
        builder: &mut Builder,
        plane: PlaneId,
        slot: u16,
        mode: AccumulateMode,
    ) -> Option<Slot> {
        let index = self.index(plane);
        self.multiply(builder, plane);
        let first = self.planes[index].waiting.first()?;
        let (kind, product) = (first.kind, first.product.filter(|_| first.meets == builder.cycle)?);
        self.planes[index].waiting.remove(0);
        let value = match mode {
            AccumulateMode::Set => product,
            AccumulateMode::Add => {
                let (_, old) = *self.planes[index].accumulators.get(&slot).filter(|(old, _)| *old == kind)?;
                builder.binary(ScalarOp::Add, dtype(kind), old, product)
            }
        };
        self.planes[index].accumulators.insert(slot, (kind, value));
        Some(value)
    }

    /// Makes the first product in line, if it is not made, with all that follow of the same arrays.
    fn multiply(&mut self, builder: &mut Builder, plane: PlaneId) {
        let index = self.index(plane);
        let waiting = &mut self.planes[index].waiting;
        let Some(first) = waiting.first().filter(|first| first.product.is_none()) else { return };
        let (arrays, kind) = (first.arrays, first.kind);
        let mut products = Vec::new();
        for one in waiting.iter_mut().take_while(|one| (one.arrays, one.kind) == (arrays, kind)) {
            let to = builder.value(dtype(kind));
            one.product = Some(to);
            products.push((one.activation.clone(), to));
        }
        let batch = Batch { hemisphere: plane.0.index(), arrays, products };
        builder.push(1, Op::Multiply(Box::new(batch)));
    }

    /// The arrays, and the planes as they are at the end.
    pub(super) fn finish(self) -> (Vec<Array>, Vec<PlaneEnd>) {
        let arrays = self.arrays;
        let end = |plane: Plane| PlaneEnd {
            buffer: plane.buffer.into_iter().collect(),
            array: plane.array.filter(|array| arrays[*array as usize].held.is_none()),
            accumulators: plane.accumulators.into_iter().map(|(slot, (kind, value))| (slot, kind, value)).collect(),
        };
        let planes = self.planes.into_iter().map(end).collect();
        (arrays, planes)
    }
}

fn dtype(kind: Kind) -> DType {
    match kind {
        Kind::F32 => DType::F32,
        Kind::I32 => DType::I32,
    }
}

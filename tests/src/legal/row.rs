//! Rows of the pool: where they lie, what the graph calls them, what their bits are.
//!
//! In: draws.  Out: sources (inputs and constants), and the arithmetic of an ALU on one lane.
//! Invariant: numbers stay so small that no f32 overflows and no NaN arises.
//! Source: what an operation does to a lane: `graph::ScalarOp`.

use super::Maker;
use arch::{Hemisphere, SliceId};
use graph::{DType, NodeId, ScalarOp, Tensor};
use program::{Packing, RecordContent, RecordField, Residency, WordSource};
use std::sync::Arc;

/// Four bytes of each lane in four slices of one half.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) slices: Vec<SliceId>,
    pub(super) address: u16,
    /// First cycle in which it may be read.
    pub(super) ready: u64,
    pub(super) dtype: DType,
    pub(super) lanes: u32,
    /// No f32 in it is greater.
    pub(super) limit: f64,
    /// Per chip: its name in the graph and its bits, zeros past its lanes.
    pub(super) chips: Vec<(NodeId, Vec<u32>)>,
}

/// Greatest f32 that a step may make.
pub(super) const LIMIT: f64 = 1e30;

impl Row {
    pub(super) fn half(&self) -> Hemisphere {
        self.slices[0].hemisphere
    }
}

impl Maker<'_> {
    fn bits(&mut self, dtype: DType, lanes: u32) -> Vec<u32> {
        let one = |number: u64| match dtype {
            DType::F32 => ((number % 2001) as f32 / 8.0 - 125.0).to_bits(),
            _ => number as u32,
        };
        (0..lanes).map(|_| one(self.rng.next_u64())).collect()
    }

    /// An input of the token, the same on every chip, or a constant table of which each chip holds its row.
    pub(super) fn source(&mut self) {
        let half = self.rng.pick(&Hemisphere::BOTH);
        let slices = self.slices(half, 4);
        let address = self.words(&slices, 1);
        let dtype = self.rng.pick(&[DType::F32, DType::I32]);
        let tensor = |rows: u32, bits: &[u32]| match dtype {
            DType::F32 => Tensor::f32(&[rows, 320], bits.iter().map(|bits| f32::from_bits(*bits)).collect()),
            _ => Tensor::i32(&[rows, 320], bits.iter().map(|bits| *bits as i32).collect()),
        };
        let chips = if self.below(2) == 0 {
            let name = format!("x{}", self.rows.len());
            let node = self.graph.input(&name, dtype, &[1, 320]);
            let bits = self.bits(dtype, 320);
            self.inputs.insert(name.clone(), tensor(1, &bits));
            for (plane, slice) in (0..).zip(&slices) {
                let content = RecordContent::Input { name: name.clone(), plane };
                self.record.push(RecordField { slice: *slice, address, content });
            }
            vec![(node, bits); usize::from(self.chips)]
        } else {
            let rows = u32::from(self.chips);
            let id = self.graph.tensor(&format!("c{}", self.rows.len()), dtype, &[rows, 320]);
            let table = self.graph.constant(id);
            let bits = self.bits(dtype, 320 * rows);
            self.tables.insert(id, Arc::new(tensor(rows, &bits)));
            let mut chips = Vec::new();
            for (chip, bits) in (0..self.chips).zip(bits.chunks(320)) {
                for (plane, slice) in (0..).zip(&slices) {
                    let source = WordSource::Tensor { tensor: id, packing: Packing::Plane(plane) };
                    let row = u32::from(chip);
                    self.image.push(Residency { chip, slice: *slice, address, words: 1, source, row, step: 1 });
                }
                chips.push((self.graph.rows(table, u32::from(chip), 1), bits.to_vec()));
            }
            chips
        };
        self.rows.push(Row { slices, address, ready: 0, dtype, lanes: 320, limit: 125.0, chips });
    }
}

/// What an ALU makes of one lane.
pub(super) fn lane(op: ScalarOp, dtype: DType, a: u32, b: u32) -> u32 {
    let (x, y) = (f32::from_bits(a), f32::from_bits(b));
    // Of two zeros the greater is +0 and the smaller -0.
    let order = |first: bool, zeros: u32| {
        if x == y {
            zeros
        } else if first {
            a
        } else {
            b
        }
    };
    match (op, dtype) {
        (ScalarOp::Add, DType::F32) => (x + y).to_bits(),
        (ScalarOp::Sub, DType::F32) => (x - y).to_bits(),
        (ScalarOp::Mul, DType::F32) => (x * y).to_bits(),
        (ScalarOp::Max, DType::F32) => order(y < x, a & b),
        (ScalarOp::Min, DType::F32) => order(x < y, a | b),
        (ScalarOp::Add, _) => a.wrapping_add(b),
        (ScalarOp::Sub, _) => a.wrapping_sub(b),
        (ScalarOp::Mul, _) => a.wrapping_mul(b),
        (ScalarOp::Max, _) => (a as i32).max(b as i32) as u32,
        (ScalarOp::Min, _) => (a as i32).min(b as i32) as u32,
        (ScalarOp::AddSat, _) => (a as i32).saturating_add(b as i32) as u32,
        (ScalarOp::And, _) => a & b,
        (ScalarOp::Or, _) => a | b,
        (ScalarOp::Xor, _) => a ^ b,
        (ScalarOp::ShiftRightSigned, _) => (a as i32 >> b.min(31)) as u32,
        (ScalarOp::I32ToF32, _) => (a as i32 as f32).to_bits(),
        _ => a,
    }
}

//! Weights that mean nothing, for models of any shape.
//!
//! In: a generator, a graph.  Out: a tensor for each of its external ones, and launches.
//! Invariant: the same seed gives the same weights.

use arch::Chip;
use compile::Compiled;
use graph::{Elements, Graph, Tensor, TensorId};
use std::collections::BTreeMap;
use std::sync::Arc;
use units::Rng;

/// Tensors by id.
pub type Weights = BTreeMap<TensorId, Arc<Tensor>>;

/// Weights of a graph; gains around one, some matrices with rows of zeros.
pub fn weights(rng: &mut Rng, graph: &Graph) -> Weights {
    let mut tensors = Weights::new();
    for (id, info) in graph.tensors.iter() {
        let extents = info.shape.extents();
        let (middle, lanes) = if extents.len() == 1 { (1.0, 1) } else { (0.0, extents[1]) };
        let scale = 1.0 / f64::from(lanes).sqrt();
        let is_spotted = rng.below(8) == 0;
        let mut values: Vec<f32> = Vec::new();
        for _ in 0..info.shape.elements() / u64::from(lanes) {
            let zeros = is_spotted && rng.below(3) == 0;
            values.extend((0..lanes).map(|_| if zeros { 0.0 } else { (middle + scale * (rng.unit() - 0.5)) as f32 }));
        }
        tensors.insert(id, Arc::new(Tensor::f32(extents, values)));
    }
    tensors
}

/// What the host sends for `token` at `position`.
pub fn launch(compiled: &Compiled, weights: &Weights, token: u32, position: u32) -> BTreeMap<String, Tensor> {
    let Elements::F32(rows) = weights[&compiled.launch.embedding].elements() else { panic!("weights are f32") };
    let width = rows.len() / compiled.launch.vocabulary as usize;
    compiled.launch.inputs(&rows[token as usize * width..][..width], position)
}

/// The published machine, or one with other latencies or sizes.
pub fn chip(rng: &mut Rng) -> Chip {
    let mut chip = Chip::lpu_14nm();
    for _ in 0..rng.pick(&[0, 1, 3]) {
        let latency = &mut chip.latency;
        let cycles = 1 + rng.below(9) as u32;
        match rng.below(9) {
            0 => latency.mem_read = cycles,
            1 => latency.mem_write = cycles,
            2 => latency.vxm_alu = cycles,
            3 => latency.mxm_accumulate = 5 * cycles,
            4 => latency.mxm_install = cycles,
            5 => latency.hop = cycles / 2,
            6 => chip.accumulators = 16 << rng.below(4),
            7 => chip.banks = 1 << rng.below(3),
            _ => chip.alus = 14 + rng.below(3) as u8,
        }
        chip.alus_large.retain(|&alu| alu < chip.alus);
    }
    chip
}

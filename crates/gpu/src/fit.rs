//! Whether a model fits in the memory of its GPUs.
//!
//! In: a recipe and a case.  Out: nothing, or the arithmetic and the least number of GPUs that does; for how many sequences there is room.
//! Invariant: what is refused does not fit by the stated sum.
//! Method: weights divided and whole, cache of every sequence divided, and a reserve.

use crate::case::Case;
use crate::engine::HeadPlace;
use crate::error::{GpuError, Shortage};
use crate::format::Format;
use crate::machine::Tensor;
use crate::recipe::Recipe;

/// Errors: [`GpuError::Memory`] where weights, cache and programs exceed a GPU's memory.
pub fn fits(recipe: &Recipe, case: &Case) -> Result<(), GpuError> {
    let (weights, cache) = needed(recipe, case, case.tensor);
    let (reserved, memory) = (case.gpu.reserved, case.gpu.memory);
    if weights + cache + reserved <= memory {
        return Ok(());
    }
    let does = |tensor: &Tensor| {
        let (weights, cache) = needed(recipe, case, *tensor);
        weights + cache + reserved <= memory
    };
    let fits = Tensor::ALL.into_iter().find(does);
    let gpu = case.gpu.name.clone();
    let most = room(recipe, case).most();
    Err(GpuError::Memory(Shortage { gpu, tensor: case.tensor, weights, cache, reserved, memory, fits, most }))
}

/// How the memory of each GPU is divided; bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// Weights.
    pub weights: f64,
    /// Cache of one sequence at the case's context.
    pub cache: f64,
    /// Kept for programs and buffers.
    pub reserved: f64,
    /// All of it.
    pub memory: f64,
}

impl Room {
    /// Sequences whose caches fit.
    pub fn most(&self) -> u32 {
        ((self.memory - self.reserved - self.weights) / self.cache).max(0.0) as u32
    }
}

/// The room of a case, whatever its batch.
pub fn room(recipe: &Recipe, case: &Case) -> Room {
    let (weights, cache) = needed(recipe, &Case { batch: 1, ..case.clone() }, case.tensor);
    Room { weights, cache, reserved: case.gpu.reserved, memory: case.gpu.memory }
}

/// Bytes of weights and of cache on each of `tensor` GPUs.
fn needed(recipe: &Recipe, case: &Case, tensor: Tensor) -> (f64, f64) {
    let ways = tensor.ways();
    let stored = recipe.stored;
    let head = if case.engine.head == HeadPlace::Split { stored.head / ways } else { stored.head };
    let weights = case.format.bytes() * (stored.split / ways + head) + Format::Bf16.bytes() * stored.whole;
    let positions = f64::from(case.batch) * f64::from(case.context);
    (weights, case.engine.cache.bytes() * recipe.cache * positions / ways)
}

//! A model on a box of GPUs: checked, read off the graph, priced, ready to run any step.
//!
//! In: a graph and a case.  Out: steps by number, each the same whenever it is asked for; times without randomness.
//! Invariant: computed from the graph alone; nothing of our chip, program or schedule is known here.
//! Method: recipe, fit, price; then `step` draws.

use crate::case::{Case, Mechanism};
use crate::error::GpuError;
use crate::fit::{Room, fits, room};
use crate::kernel::Kind;
use crate::price::{Demand, Priced, price};
use crate::recipe::{Recipe, recipe};
use crate::run::{Delay, Run};
use crate::source::Sources;
use crate::step::run_step;
use crate::time::Nanos;
use graph::Graph;
use std::sync::Arc;
use units::Order;

/// A model on a box.
#[derive(Clone, Debug)]
pub struct Rival {
    case: Case,
    recipe: Arc<Recipe>,
    kernels: Arc<[Priced]>,
}

impl Rival {
    /// Puts the model of `graph` on the box of `case`.
    ///
    /// Errors: an empty batch or context, a format without units, key lanes that do not divide, a part of the graph without a
    /// kernel, or a model that does not fit, with the arithmetic.
    pub fn new(graph: &Graph, case: Case) -> Result<Self, GpuError> {
        Rival::of(Arc::new(recipe(graph)?), case)
    }

    fn of(recipe: Arc<Recipe>, case: Case) -> Result<Self, GpuError> {
        for (what, number) in [("batch", case.batch), ("context", case.context)] {
            if number == 0 {
                return Err(GpuError::Empty { what });
            }
        }
        if case.gpu.math_rate(case.format).is_none() {
            return Err(GpuError::Format { gpu: case.gpu.name.clone(), format: case.format });
        }
        if !recipe.key_lanes.is_multiple_of(u64::from(case.tensor.gpus())) {
            return Err(GpuError::Indivisible { lanes: recipe.key_lanes, tensor: case.tensor });
        }
        fits(&recipe, &case)?;
        let kernels = price(&recipe, &case, Demand::decode(&case)).into();
        Ok(Rival { case, recipe, kernels })
    }

    /// The same model under another case; the graph is not read again.
    ///
    /// Errors: as [`Rival::new`].
    pub fn with(&self, case: Case) -> Result<Self, GpuError> {
        Rival::of(Arc::clone(&self.recipe), case)
    }

    /// The case.
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// Kernels of a step in order, as priced without randomness.
    pub fn kernels(&self) -> &Arc<[Priced]> {
        &self.kernels
    }

    /// Number of the kernel `kind` of `layer` in the step.
    pub fn kernel(&self, layer: Option<u32>, kind: Kind) -> Option<u32> {
        let number = self.kernels.iter().position(|kernel| (kernel.layer, kernel.kind) == (layer, kind))?;
        Some(number as u32)
    }

    /// Decode step `number` of this box: the silicon is the same for all, everything else is drawn anew.
    pub fn step(&self, number: u32) -> Run {
        run_step(self, number, None)
    }

    /// The same step with one kernel of one GPU held up: the accident that anybody can have again.
    pub fn delayed(&self, number: u32, delay: Delay) -> Run {
        run_step(self, number, Some(delay))
    }

    /// The same case with the seed `offset` further.
    pub fn another_box(&self, offset: u32) -> Self {
        let mut rival = self.clone();
        rival.case.seed = self.case.seed.wrapping_add(u64::from(offset));
        rival
    }

    /// Time of a step with nothing random.
    pub fn quiet(&self) -> Nanos {
        self.without_noise().step(0).duration()
    }

    /// Mean time of the first `steps` steps.
    pub fn mean(&self, steps: u32) -> Nanos {
        (0..steps).map(|number| self.step(number).duration()).sum::<Nanos>() / f64::from(steps.max(1))
    }

    /// The cloud: times of one step each of `boxes` boxes, the case's seed and those after it.
    pub fn boxes(&self, boxes: u32) -> Vec<Nanos> {
        (0..boxes).map(|offset| self.another_box(offset).step(offset).duration()).collect()
    }

    /// Mean of the cloud: over silicon as well as steps.
    pub fn mean_of_boxes(&self, boxes: u32) -> Nanos {
        self.boxes(boxes).into_iter().sum::<Nanos>() / f64::from(boxes.max(1))
    }

    /// The seed, among `boxes` from the case's on, whose first step takes the median time: neither lucky nor unlucky.
    pub fn median_seed(&self, boxes: u32) -> u64 {
        let seeds = (0..boxes.max(1)).map(|offset| self.another_box(offset));
        let mut timed: Vec<(f64, u64)> = seeds.map(|rival| (rival.step(0).duration().0, rival.case.seed)).collect();
        timed.order_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        timed[(timed.len() - 1) / 2].1
    }

    /// Time from the arrival of `tokens` prompt tokens (of each sequence of the batch) to the first new token, nothing random.
    pub fn prefill(&self, tokens: u32) -> Nanos {
        let mut rival = self.without_noise();
        rival.kernels = price(&self.recipe, &self.case, Demand::prefill(&self.case, tokens.max(1))).into();
        rival.step(0).duration()
    }

    /// Bytes that each GPU reads from HBM in a step.
    pub fn bytes(&self) -> f64 {
        self.kernels.iter().map(|kernel| kernel.bytes).sum()
    }

    /// No step is shorter than this: bytes over the peak of the HBM.
    pub fn bound(&self) -> Nanos {
        Nanos(self.bytes() / self.case.gpu.hbm_peak)
    }

    /// How the memory of each GPU is divided, by the rule that refuses a batch.
    pub fn room(&self) -> Room {
        room(&self.recipe, &self.case)
    }

    /// Elements of the cache that a position takes, all layers, all GPUs.
    pub fn cache_elements(&self) -> f64 {
        self.recipe.cache
    }

    /// Whether `mechanism` is thought away.
    pub(crate) fn removed(&self, mechanism: Mechanism) -> bool {
        self.case.removed.contains(&mechanism)
    }

    fn without_noise(&self) -> Self {
        let mut rival = self.clone();
        rival.case.sources = Sources::none();
        rival
    }
}

//! Moves the weights against their gradient.
//!
//! In: weights, gradient, a step size.  Out: new weights; the gradient is cleared.
//! Invariant: the sum behind the clip runs in tensor order, so the step is the same on any number of threads.
//! Method: AdamW with bias correction; the gradient is first scaled down to a norm of at most 1.
//! Source: Loshchilov and Hutter 2019, "Decoupled weight decay regularization".

use crate::model::Weights;

const MEAN_KEPT: f32 = 0.9;
const SQUARE_KEPT: f32 = 0.98;
const TINY: f32 = 1e-8;
const DECAY: f32 = 0.05;
const LARGEST_NORM: f64 = 1.0;

/// Running moments of the gradient.
pub struct AdamW {
    mean: Weights,
    square: Weights,
    mean_left: f32,
    square_left: f32,
}

impl AdamW {
    /// Before the first step.
    pub fn new() -> AdamW {
        AdamW { mean: Weights::zeros(), square: Weights::zeros(), mean_left: 1.0, square_left: 1.0 }
    }

    /// One step of size `rate`.
    pub fn step(&mut self, weights: &mut Weights, gradient: &mut Weights, rate: f32) {
        let norm = norm(gradient);
        let clip = if norm < LARGEST_NORM { 1.0 } else { (LARGEST_NORM / norm) as f32 };
        self.mean_left *= MEAN_KEPT;
        self.square_left *= SQUARE_KEPT;
        let mean_factor = 1.0 / (1.0 - self.mean_left);
        let square_factor = 1.0 / (1.0 - self.square_left);
        let moments = self.mean.tensors_mut().into_iter().zip(self.square.tensors_mut());
        let tensors = weights.tensors_mut().into_iter().zip(gradient.tensors_mut()).zip(moments);
        for ((tensor, gradient), (mean, square)) in tensors {
            let shrink = if tensor.is_matrix() { 1.0 - rate * DECAY } else { 1.0 };
            let values = tensor.data.iter_mut().zip(&mut gradient.data);
            for ((value, slope), (mean, square)) in values.zip(mean.data.iter_mut().zip(&mut square.data)) {
                let clipped = *slope * clip;
                *slope = 0.0;
                *mean = MEAN_KEPT * *mean + (1.0 - MEAN_KEPT) * clipped;
                *square = SQUARE_KEPT * *square + (1.0 - SQUARE_KEPT) * clipped * clipped;
                let direction = *mean * mean_factor / ((*square * square_factor).sqrt() + TINY);
                *value = *value * shrink - rate * direction;
            }
        }
    }
}

impl Default for AdamW {
    fn default() -> AdamW {
        AdamW::new()
    }
}

fn norm(gradient: &Weights) -> f64 {
    let square = |values: &[f32]| values.iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>();
    gradient.named().iter().map(|(_, tensor)| square(&tensor.data)).sum::<f64>().sqrt()
}

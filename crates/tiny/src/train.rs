//! Trains the model from a plan.
//!
//! In: a plan: seed, steps, threads.  Out: tokenizer and weights; a line of progress now and then.
//! Invariant: the result depends on seed and steps, never on the number of threads.
//! Method: each step is cut into two fixed shares with a gradient each, added in order; the step size rises, then falls
//!   in a line to zero; the last part runs the passes on weights rounded to Q4_0, the gradient going to the full ones.
//! Source: straight-through rounding of Bengio, Leonard, Courville 2013; one pass over fresh stories, none seen twice.

use crate::adamw::AdamW;
use crate::attention::Rotations;
use crate::batch::Batch;
use crate::bpe::Tokenizer;
use crate::corpus;
use crate::model::{VOCAB, Weights};
use crate::pass::there_and_back;

/// Stories per step.
pub const STORIES_PER_STEP: usize = 24;
/// Parts of a step that may run at the same time.
const SHARES: usize = 2;
/// Stories from which the tokenizer is learned.
const STORIES_FOR_WORDS: usize = 4_000;
const PEAK_RATE: f32 = 4e-3;
const WARM_UP: usize = 100;

/// How many threads take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// Shares run one after the other.
    One,
    /// Shares run side by side.
    Two,
}

/// What to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Of weights and stories.
    pub seed: u64,
    /// Number of optimizer steps.
    pub steps: usize,
    /// Speed only.
    pub threads: Threads,
}

impl Plan {
    /// Number of stories the plan reads.
    pub fn stories(self) -> usize {
        self.steps * STORIES_PER_STEP
    }

    fn rate(self, step: usize) -> f32 {
        let rising = (step + 1) as f32 / WARM_UP as f32;
        let falling = (self.steps - step) as f32 / self.steps as f32;
        PEAK_RATE * rising.min(1.0) * falling
    }

    fn rounds(self, step: usize) -> bool {
        self.steps <= step * 2
    }
}

/// The result of training.
pub struct Trained {
    /// Learned first.
    pub tokenizer: Tokenizer,
    /// Full-precision weights, good to be rounded.
    pub weights: Weights,
}

/// The tokenizer that belongs to a seed.
pub fn tokenizer(seed: u64) -> Tokenizer {
    let text: Vec<String> = corpus::training(seed).take(STORIES_FOR_WORDS).collect();
    Tokenizer::learn(&text.join("\n"), VOCAB)
}

/// Trains; `report` gets the step and the mean loss in nats per token since the last report.
pub fn train(plan: Plan, mut report: impl FnMut(usize, f64)) -> Trained {
    let tokenizer = tokenizer(plan.seed);
    let rotations = Rotations::new();
    let mut weights = Weights::random(plan.seed);
    let mut rounded = weights.clone();
    let mut optimizer = AdamW::new();
    let mut gradients: Vec<Weights> = (0..SHARES).map(|_| Weights::zeros()).collect();
    let mut stories = corpus::training(plan.seed);
    let (mut loss, mut positions) = (0.0, 0);
    for step in 0..plan.steps {
        let shares = next_shares(&mut stories, &tokenizer);
        let count: usize = shares.iter().map(|share| share.inputs.len()).sum();
        let source = if plan.rounds(step) {
            weights.round_to_file(&mut rounded);
            &rounded
        } else {
            &weights
        };
        loss += run_shares(source, &shares, &rotations, plan.threads, &mut gradients);
        positions += count;
        let (first, others) = gradients.split_at_mut(1);
        others.iter_mut().for_each(|other| drain(other, &mut first[0]));
        optimizer.step(&mut weights, &mut first[0], plan.rate(step));
        if (step + 1).is_multiple_of(100) || step + 1 == plan.steps {
            report(step + 1, loss / positions as f64);
            (loss, positions) = (0.0, 0);
        }
    }
    Trained { tokenizer, weights }
}

fn next_shares(stories: &mut impl Iterator<Item = String>, tokenizer: &Tokenizer) -> Vec<Batch> {
    let mut shares = vec![Batch::default(); SHARES];
    for (index, story) in stories.take(STORIES_PER_STEP).enumerate() {
        shares[index * SHARES / STORIES_PER_STEP].push(&tokenizer.encode(&story));
    }
    shares
}

fn run_shares(
    weights: &Weights,
    shares: &[Batch],
    rotations: &Rotations,
    threads: Threads,
    gradients: &mut [Weights],
) -> f64 {
    let count: usize = shares.iter().map(|share| share.inputs.len()).sum();
    let factor = 1.0 / count as f32;
    let run = |share: &Batch, gradient: &mut Weights| there_and_back(weights, share, rotations, factor, gradient);
    let work = shares.iter().zip(gradients);
    if threads == Threads::One {
        return work.map(|(share, gradient)| run(share, gradient)).sum();
    }
    std::thread::scope(|scope| {
        let handles: Vec<_> = work.map(|(share, gradient)| scope.spawn(move || run(share, gradient))).collect();
        handles.into_iter().map(|handle| handle.join().expect("a share does not panic")).sum()
    })
}

/// Adds `from` to `to` and clears it.
fn drain(from: &mut Weights, to: &mut Weights) {
    for (from, to) in from.tensors_mut().into_iter().zip(to.tensors_mut()) {
        for (from, to) in from.data.iter_mut().zip(&mut to.data) {
            *to += *from;
            *from = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CONTEXT;

    #[test]
    fn no_story_is_longer_than_the_context() {
        let tokenizer = tokenizer(1);
        let longest = corpus::training(1).take(2_000).map(|story| tokenizer.encode(&story).len()).max();
        assert!(longest.unwrap() < CONTEXT, "{longest:?}");
    }

    #[test]
    fn one_thread_and_two_give_the_same_weights() {
        let plan = |threads| Plan { seed: 3, steps: 1, threads };
        let mut losses = Vec::new();
        let one = train(plan(Threads::One), |_, loss| losses.push(loss));
        let two = train(plan(Threads::Two), |_, loss| losses.push(loss));
        assert!(one.weights == two.weights);
        assert_eq!(losses[0], losses[1]);
        assert!(losses[0] < (VOCAB as f64).ln() + 0.1, "{losses:?}");
    }
}

//! From logits to the next token.
//!
//! In: logits.  Out: candidates with probabilities, and a choice.
//! Invariant: ties go to the lowest id; the same seed gives the same text, native and wasm.
//! Method: probabilities by a correctly rounded exp; seeded choice among the first few.

use serde::{Deserialize, Serialize};
use sim::exp;
use units::Order;
use units::Rng;

/// Candidates kept per token.
pub const CANDIDATES: usize = 8;

/// One possible next token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its id.
    pub id: u32,
    /// Its text, incomplete bytes shown as such.
    pub text: String,
    /// Its probability at temperature 1.
    pub probability: f32,
}

/// How the next token is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Sampling {
    /// The most probable one.
    Greedy,
    /// By chance among the kept candidates, in proportion to their probability.
    Seeded {
        /// Seed of the whole text.
        seed: u64,
    },
}

/// The ids of the greatest logits with their probabilities, greatest first.
pub fn best(logits: &[f32]) -> Vec<(u32, f32)> {
    let mut order: Vec<u32> = (0..logits.len() as u32).collect();
    let by_logit = |a: &u32, b: &u32| logits[*b as usize].total_cmp(&logits[*a as usize]).then(a.cmp(b));
    if CANDIDATES < order.len() {
        order.select_nth_unstable_by(CANDIDATES, by_logit);
        order.truncate(CANDIDATES);
    }
    order.order_by(by_logit);
    let greatest = order.first().map_or(0.0, |&id| logits[id as usize]);
    let total: f64 = logits.iter().map(|&logit| f64::from(exp_below(logit - greatest))).sum();
    order.into_iter().map(|id| (id, (f64::from(exp_below(logits[id as usize] - greatest)) / total) as f32)).collect()
}

/// e^x for x <= 0; far below, where nothing is visible, zero at once.
pub(crate) fn exp_below(x: f32) -> f32 {
    if x < -40.0 { 0.0 } else { exp(x) }
}

/// The choice for `position`.
pub fn choose(sampling: Sampling, best: &[(u32, f32)], position: u32) -> u32 {
    let first = best.first().map_or(0, |(id, _)| *id);
    match sampling {
        Sampling::Greedy => first,
        Sampling::Seeded { seed } => {
            let kept: f64 = best.iter().map(|(_, probability)| f64::from(*probability)).sum();
            let mut drawn = Rng::new(seed ^ (u64::from(position) << 32)).unit() * kept;
            for (id, probability) in best {
                drawn -= f64::from(*probability);
                if drawn < 0.0 {
                    return *id;
                }
            }
            first
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_logits_go_to_the_lowest_id() {
        let best = best(&[1.0, 3.0, 3.0, 2.0]);
        assert_eq!(choose(Sampling::Greedy, &best, 0), 1);
        let total: f32 = best.iter().map(|(_, probability)| probability).sum();
        assert!((total - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_seed_always_draws_the_same() {
        let best = best(&[1.0, 1.1, 0.9, 1.2, 0.8, 1.0, 1.0, 1.0, 1.0, 1.0]);
        let drawn: Vec<u32> = (0..20).map(|position| choose(Sampling::Seeded { seed: 7 }, &best, position)).collect();
        let again: Vec<u32> = (0..20).map(|position| choose(Sampling::Seeded { seed: 7 }, &best, position)).collect();
        assert_eq!(drawn, again);
        assert!(drawn.iter().any(|id| *id != drawn[0]), "not always the same token");
    }
}

//! What the chip's formats cost on a text: perplexity and the most probable token, beside the same model in f32.
//!
//! In: a session, a text.  Out: sums over all predicted tokens, for chip and f32.
//! Invariant: both see the same tokens in the same windows; the f32 side is the imported graph under `graph::eval`, untouched by the
//!     compiler. The text of the session is left as it is.
//! Method: windows as long as the context, each from empty caches; a window's last token predicts the first of the next, so that
//!     every token but the first is predicted once. ln by the series of artanh: the core has no library logarithm.
//! Source: perplexity as in Jelinek et al., "Perplexity, a measure of the difficulty of speech recognition tasks", 1977.

use crate::progress::{Listener, Stage, tell};
use crate::sampling::exp_below;
use crate::{Session, StudyError};
use graph::{Evaluator, Tensor};
use import::{PromptError, Source};
use sim::exp;
use std::collections::BTreeMap;

/// Sums over the predicted tokens of a text, for one of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Sum of -ln of the probabilities that the text's tokens were given.
    pub nats: f64,
    /// How often the text's token was the most probable one.
    pub right: u32,
}

/// Chip and f32 on one text.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Tokens predicted.
    pub tokens: u32,
    /// The simulated chip.
    pub chip: Score,
    /// The imported graph in f32.
    pub f32: Score,
    /// How often both held the same token for the most probable.
    pub agreed: u32,
}

impl Evaluation {
    /// Perplexity of a score.
    pub fn perplexity(&self, score: Score) -> f64 {
        f64::from(exp((score.nats / f64::from(self.tokens)) as f32))
    }

    /// `count` as a share of the tokens predicted.
    pub fn share(&self, count: u32) -> f64 {
        f64::from(count) / f64::from(self.tokens)
    }
}

impl Score {
    /// Adds a prediction; returns the most probable token.
    fn add(&mut self, logits: &[f32], truth: u32) -> u32 {
        let first = (1..logits.len()).fold(0, |first, id| if logits[first] < logits[id] { id } else { first });
        let greatest = logits[first];
        let total: f64 = logits.iter().map(|logit| f64::from(exp_below(logit - greatest))).sum();
        let gap = f64::from(greatest) - f64::from(logits[truth as usize]);
        self.nats += gap + ln(total);
        self.right += u32::from(first as u32 == truth);
        first as u32
    }
}

impl<S: Source> Session<S> {
    /// Scores chip and f32 on the first `most` predictions of `text`.
    ///
    /// Errors: `Prompt` for text that the vocabulary cannot spell; `Short`; what the runs report; `Cancelled`.
    pub fn evaluate(&self, text: &str, most: u32, listener: Listener) -> Result<Evaluation, StudyError> {
        let mut ids = self.model.tokenizer.encode(text).map_err(PromptError::from)?;
        ids.truncate((most as usize).saturating_add(1));
        if ids.len() < 2 {
            return Err(StudyError::Short { found: ids.len() as u32 });
        }
        let total = ids.len() as u32 - 1;
        let mut reference = Evaluator::new(&self.model.graph, &self.model.weights)?;
        let mut evaluation = Evaluation::default();
        let context = self.launch.context as usize;
        for window in ids[..total as usize].chunks(context) {
            let mut system = self.fresh();
            reference.reset();
            for (position, &id) in window.iter().enumerate() {
                tell(listener, Stage::Run, evaluation.tokens, total)?;
                let truth = ids[evaluation.tokens as usize + 1];
                system.launch(&self.inputs(id, position as u32)?, position as u16)?;
                system.run_token();
                let poisoned = StudyError::Poisoned { token: evaluation.tokens };
                let on_chip = evaluation.chip.add(&self.logits(&system).ok_or(poisoned)?, truth);
                let logits = in_f32(&mut reference, id, position as u32)?;
                let in_f32 = evaluation.f32.add(logits.as_f32().expect("logits are f32"), truth);
                evaluation.agreed += u32::from(on_chip == in_f32);
                evaluation.tokens += 1;
            }
        }
        Ok(evaluation)
    }
}

/// One step of the imported graph.
fn in_f32(reference: &mut Evaluator<'_>, id: u32, position: u32) -> Result<Tensor, StudyError> {
    let scalar = |value: u32| Tensor::i32(&[1], vec![value as i32]);
    let inputs = [("token", scalar(id)), ("position", scalar(position))];
    let inputs: BTreeMap<String, Tensor> = inputs.map(|(name, value)| (name.to_owned(), value)).into();
    let mut outputs = reference.step(&inputs)?;
    Ok(outputs.remove("logits").expect("an imported decoding step has logits"))
}

/// Natural logarithm of a normal number from 1 on.
fn ln(x: f64) -> f64 {
    let mut exponent = ((x.to_bits() >> 52) as i32) - 1023;
    let mut mantissa = f64::from_bits(x.to_bits() & ((1 << 52) - 1) | 1023 << 52);
    if std::f64::consts::SQRT_2 < mantissa {
        mantissa /= 2.0;
        exponent += 1;
    }
    // ln m = 2 artanh s = 2 (s + s^3 / 3 + ...) with |s| at most 0.172.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let series = (0..12).rev().fold(0.0, |sum, k| sum * s * s + 1.0 / f64::from(2 * k + 1));
    f64::from(exponent) * std::f64::consts::LN_2 + 2.0 * s * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_those_of_the_library() {
        for x in (0..4000).map(|step| 1.0 + f64::from(step * step) * 0.013) {
            assert!((ln(x) - x.ln()).abs() <= 1e-14 * (1.0 + x.ln()), "{x}: {} {}", ln(x), x.ln());
        }
    }

    #[test]
    fn equal_logits_have_the_perplexity_of_their_number() {
        let mut evaluation = Evaluation::default();
        for truth in 0..3 {
            evaluation.chip.add(&[0.5; 7], truth);
            evaluation.f32.add(&[0.0, 0.0, 90.0], truth);
            evaluation.tokens += 1;
        }
        assert!((evaluation.perplexity(evaluation.chip) - 7.0).abs() < 1e-5);
        assert_eq!((evaluation.chip.right, evaluation.f32.right), (1, 1));
        assert!((evaluation.f32.nats - 180.0).abs() < 1e-9, "far off counts in full: {}", evaluation.f32.nats);
        assert!((evaluation.share(evaluation.chip.right) - 1.0 / 3.0).abs() < 1e-12);
    }
}

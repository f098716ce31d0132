//! Judges a model by the stories it tells from openings it has never seen.
//!
//! In: a model, the plan it was trained by.  Out: per language, how many continuations parse and how many are new.
//! Invariant: no prompt occurs in the training text; the grammar that judges is the grammar that generates.
//! Method: a prompt is a held-back opening sentence and a little more; prompt and greedy continuation must be one story;
//!   a continuation is new if it is nowhere in the whole training text, which is generated again for the purpose.
//! Source: ours.

use crate::corpus::{self, Side, Stories, opening};
use crate::decode::continuation;
use crate::grammar::{Grammar, Language};
use crate::random::Random;
use crate::read::Model;

/// Prompts per language in the full gate.
pub const PROMPTS: usize = 50;
/// Least share of continuations that parse, in percent.
pub const PARSED_PERCENT: usize = 95;
/// Least share of continuations that are new, in percent.
pub const NEW_PERCENT: usize = 80;

const PROMPT_SEED: u64 = 50;

/// One prompt and what came of it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Held back from training.
    pub prompt: String,
    /// Greedy, up to the end token.
    pub continuation: String,
    /// Whether both together are a story.
    pub parsed: bool,
}

/// Held-back prompts: an opening sentence and up to three words (or characters) more, all different.
pub fn prompts(language: Language, count: usize) -> Vec<String> {
    let mut random = Random::new(PROMPT_SEED);
    let mut all: Vec<String> = Vec::new();
    for story in Stories::new(language, Side::HeldBack, PROMPT_SEED) {
        let first = opening(&story, language);
        let rest = &story[first.len()..];
        let extra = random.below(4);
        let end = match language {
            Language::English => rest.match_indices(' ').nth(extra).map_or(0, |(at, _)| at),
            Language::Chinese => rest.char_indices().nth(extra).map_or(0, |(at, _)| at),
        };
        let prompt = story[..first.len() + end].to_string();
        if !all.contains(&prompt) {
            all.push(prompt);
        }
        if all.len() == count {
            break;
        }
    }
    all
}

/// Lets the model continue `count` prompts.
pub fn samples(model: &Model, language: Language, count: usize) -> Vec<Sample> {
    let grammar = Grammar::of(language);
    let sample = |prompt: String| {
        let continuation = continuation(&model.weights, &model.tokenizer, &prompt);
        let parsed = grammar.accepts(&format!("{prompt}{continuation}"));
        Sample { prompt, continuation, parsed }
    };
    prompts(language, count).into_iter().map(sample).collect()
}

/// The first `stories` training stories, one a line.
pub fn training_text(seed: u64, stories: usize) -> String {
    corpus::training(seed).take(stories).collect::<Vec<_>>().join("\n")
}

/// How many continuations `text` does not contain.
pub fn count_new(samples: &[Sample], text: &str) -> usize {
    samples.iter().filter(|sample| !text.contains(sample.continuation.trim())).count()
}

/// How many samples parse.
pub fn count_parsed(samples: &[Sample]) -> usize {
    samples.iter().filter(|sample| sample.parsed).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_new_and_can_be_finished() {
        let text = training_text(9, 4_000);
        for language in Language::ALL {
            let prompts = prompts(language, PROMPTS);
            assert_eq!(prompts.len(), PROMPTS);
            assert!(prompts.iter().all(|prompt| !text.contains(prompt.as_str())));
            assert!(prompts.iter().all(|prompt| prompt.contains(language.stop())));
        }
    }
}

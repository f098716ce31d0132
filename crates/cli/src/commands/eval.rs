//! `greenwave eval`: what the chip's formats cost on a text, beside the same model in f32.
//!
//! In: a model, a text.  Out: perplexity of both, how often both hold the same token for the most probable, how often each is right.
//! Invariant: the model file's own block scales are the reference: what is shown is the loss of the chip's formats alone.

use super::{COMPILER, JSON, opened, options};
use crate::args::{Flag, Given, Usage};
use crate::failure::{Code, Failure};
use crate::files;
use crate::output::Output;
use crate::progress::Ticker;
use serde::Serialize;
use std::io::Write;
use std::time::Instant;
use study::{Evaluation, Progress, StudyError};

pub static USAGE: Usage = Usage {
    name: "eval",
    operand: "MODEL",
    says: "Perplexity and most probable tokens on a text: the chip's formats against f32.",
    flags: &[
        COMPILER,
        &[
            Flag {
                name: "text",
                value: Some("FILE"),
                says: "The text, in UTF-8; cut into windows as long as the context.",
            },
            Flag { name: "tokens", value: Some("N"), says: "Stops after so many predictions; all unless given." },
        ],
        JSON,
    ],
};

#[derive(Serialize)]
struct Answer {
    model: String,
    /// Formats of the weights on the chip.
    weights: String,
    /// Tokens predicted, each once.
    tokens: u32,
    context: u32,
    perplexity_chip: f64,
    perplexity_f32: f64,
    top1_agreement: f64,
    top1_right_chip: f64,
    top1_right_f32: f64,
    wall_tokens_per_second: f64,
}

pub fn work<W: Write>(given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    let name = given.operand()?;
    let path = given.path("text").ok_or_else(|| given.missing("text"))?;
    let most = given.number("tokens", 1..=u32::MAX)?.unwrap_or(u32::MAX);
    let options = options(given)?;
    let text = files::text(&path, "a text")?;
    let session = opened(name, &options)?;
    let started = Instant::now();
    let mut ticker = Ticker::new();
    let evaluated = session.evaluate(&text, most, &mut |progress: Progress| ticker.tell(progress));
    drop(ticker);
    let evaluation = evaluated.map_err(|error| match error {
        StudyError::Prompt(_) | StudyError::Short { .. } => Failure::about(&path, error),
        _ => Failure::of_study(&name.display().to_string(), &error),
    })?;
    let Evaluation { tokens, chip, f32, agreed } = evaluation;
    let answer = Answer {
        model: name.display().to_string(),
        weights: options.formats.to_string(),
        tokens,
        context: options.context,
        perplexity_chip: evaluation.perplexity(chip),
        perplexity_f32: evaluation.perplexity(f32),
        top1_agreement: evaluation.share(agreed),
        top1_right_chip: evaluation.share(chip.right),
        top1_right_f32: evaluation.share(f32.right),
        wall_tokens_per_second: f64::from(tokens) / started.elapsed().as_secs_f64().max(f64::MIN_POSITIVE),
    };
    super::tell(given, output, &answer, in_words)?;
    Ok(Code::Done)
}

fn in_words(answer: &Answer) -> String {
    let percent = |share: f64| share * 100.0;
    format!(
        "{}: {} tokens predicted, in windows of {}\n\
         perplexity: {:.4} on the chip (weights in {}), {:.4} in f32: {:+.2} %\n\
         the same most probable token: {:.2} %; the text's own: {:.2} % on the chip, {:.2} % in f32\n",
        answer.model,
        answer.tokens,
        answer.context,
        answer.perplexity_chip,
        answer.weights,
        answer.perplexity_f32,
        percent(answer.perplexity_chip / answer.perplexity_f32 - 1.0),
        percent(answer.top1_agreement),
        percent(answer.top1_right_chip),
        percent(answer.top1_right_f32),
    )
}

//! `greenwave run` with several rows at once: texts that advance together, or a prompt in blocks.
//!
//! In: a model, prompts, how many tokens.  Out: every text, and what a step, or the prompt, cost on the chip.
//! Invariant: cycles are those of the simulator, predicted cycles those of the compiler; rates count every text's tokens.

use super::run::whole;
use super::{model_bytes, options};
use crate::args::Given;
use crate::failure::{Advice, Code, Failure};
use crate::files::{self, ModelBytes};
use crate::output::Output;
use crate::progress::{Ticker, say};
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use study::{Advance, Progress, Sampling, StudyError, Together};

/// Most rows that anybody may ask for; the chip has a limit of its own.
pub const ROWS_MAX: u32 = 1024;

/// A text that was continued.
#[derive(Serialize)]
struct Continued {
    prompt: String,
    /// What was written; the prompt is not part of it.
    text: String,
    prompt_tokens: usize,
    tokens: usize,
}

/// What the prompt cost, where it was taken in blocks.
#[derive(Serialize)]
struct Blocks {
    /// Tokens of a block.
    tokens: u32,
    /// Blocks that were run; the rest of the prompt went token by token.
    launches: usize,
    /// Cycles of each, as simulated.
    cycles: u64,
    /// Cycles from the first launch to the first token written, as simulated.
    cycles_to_first_token: u64,
    /// The same, had every token of the prompt taken a step of its own.
    cycles_token_by_token: u64,
}

#[derive(Serialize)]
struct Answer {
    texts: Vec<Continued>,
    chips: u32,
    /// Of a step, in which every text gets a token, as simulated.
    cycles: u64,
    /// Likewise as compiled.
    predicted_cycles: u64,
    violations: u64,
    /// Of all texts, while all of them write.
    chip_tokens_per_second: f64,
    with_host_tokens_per_second: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<Blocks>,
}

/// Whether the words ask for several rows.
pub fn is_wanted(given: &Given) -> bool {
    given.has("prompts") || given.has("block")
}

/// The prompts in a file, one in each line that holds one.
fn prompts(path: &Path) -> Result<Vec<String>, Failure> {
    let text = files::text(path, "a text with one prompt per line")?;
    let prompts: Vec<String> = text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    if !(1..=ROWS_MAX as usize).contains(&prompts.len()) {
        let expected = format!("1 to {ROWS_MAX} lines with a prompt each");
        let advice = Advice { expected: &expected, remedy: "put one prompt in each line" };
        return Err(Failure::new(path.display(), advice, format!("{} of them", prompts.len())));
    }
    Ok(prompts)
}

/// Continues the texts; `count` tokens at most for each.
pub fn work<W: Write>(
    given: &Given,
    output: &mut Output<W>,
    (count, sampling): (u32, Sampling),
) -> Result<Code, Failure> {
    for pair in [["prompts", "prompt"], ["prompts", "block"], ["buckets", "prompts"], ["buckets", "block"]] {
        given.at_most_one(pair)?;
    }
    let prompts = match given.path("prompts") {
        Some(path) => prompts(&path)?,
        None => vec![super::prompt(given)?.ok_or_else(|| given.missing("prompt"))?.to_owned()],
    };
    let block = given.number("block", 2..=ROWS_MAX)?;
    let name = given.operand()?;
    let failed = |error: StudyError| Failure::of_study(&name.display().to_string(), &error);
    let mut ticker = Ticker::new();
    let mut listener = |progress: Progress| ticker.tell(progress);
    let (bytes, options) = (model_bytes(name)?, options(given)?);
    let together = match block {
        Some(tokens) => Together::open_block(bytes, &options, tokens, &mut listener),
        None => Together::open_texts(bytes, &options, prompts.len() as u32, &mut listener),
    }
    .map_err(failed)?;
    let asked: Vec<&str> = prompts.iter().map(String::as_str).collect();
    let (lines, advances) = together.write(&asked, (count, sampling), &mut listener).map_err(failed)?;
    drop(ticker);
    let is_full = lines.iter().any(|line| !line.is_ended && line.written.len() < count as usize);
    let decode = |ids: &[u32]| whole(&together.model().tokenizer.decode(ids));
    let texts = prompts.into_iter().zip(&lines).map(|(prompt, line)| Continued {
        prompt,
        text: decode(&line.written),
        prompt_tokens: line.prompt,
        tokens: line.written.len(),
    });
    let answer = answer(&together, texts.collect(), &advances);
    super::tell(given, output, &answer, text)?;
    if is_full {
        let context = together.context();
        say(&format!("stopped: the context of {context} positions is full; give a larger --context"));
    }
    let is_as_promised = |advance: &Advance| advance.cycles == advance.predicted_cycles && advance.violations == 0;
    Ok(if advances.iter().all(is_as_promised) { Code::Done } else { Code::Violated })
}

fn answer(together: &Together<ModelBytes>, texts: Vec<Continued>, advances: &[Advance]) -> Answer {
    let figures = together.figures();
    let steps = || advances.iter().filter(|advance| advance.positions == 1);
    let cycles = steps().map(|advance| advance.cycles).max().unwrap_or(0);
    let several = texts.len() as f64;
    let block = together.block().map(|(tokens, _)| {
        let prompt = texts.first().map_or(0, |text| text.prompt_tokens as u64);
        let blocks = || advances.iter().filter(|advance| advance.positions == tokens);
        let until_first = advances.iter().filter(|advance| u64::from(advance.position) < prompt);
        Blocks {
            tokens,
            launches: blocks().count(),
            cycles: blocks().map(|advance| advance.cycles).max().unwrap_or(0),
            cycles_to_first_token: until_first.map(|advance| advance.cycles).sum(),
            cycles_token_by_token: prompt * cycles,
        }
    });
    Answer {
        texts,
        chips: figures.chips,
        cycles,
        predicted_cycles: figures.predicted_cycles,
        violations: advances.iter().map(|advance| advance.violations).sum(),
        chip_tokens_per_second: several * figures.chip_tokens_per_second,
        with_host_tokens_per_second: several * figures.with_host_tokens_per_second,
        block,
    }
}

fn text(answer: &Answer) -> String {
    let number = frame::grouped;
    let mut words = String::new();
    for Continued { prompt, text, prompt_tokens, tokens } in &answer.texts {
        words.push_str(&format!("{prompt}{text}\n    {prompt_tokens} tokens of prompt, {tokens} written\n"));
    }
    words.push_str(&format!(
        "\nchips: {}, {} cycles for a token of each text as simulated, {} predicted, {} violations\n\
         tokens per second of all texts: {:.0} on the simulated chip, {:.0} with its host\n",
        answer.chips,
        number(answer.cycles),
        number(answer.predicted_cycles),
        answer.violations,
        answer.chip_tokens_per_second,
        answer.with_host_tokens_per_second,
    ));
    if let Some(block) = &answer.block {
        words.push_str(&format!(
            "the prompt: {} blocks of {} tokens, {} cycles each; {} cycles to the first token, {} token by token\n",
            block.launches,
            block.tokens,
            number(block.cycles),
            number(block.cycles_to_first_token),
            number(block.cycles_token_by_token),
        ));
    }
    words
}

//! `greenwave run`: a model on the simulated chip continues a text.
//!
//! In: a model, a prompt, how many tokens.  Out: the text, and what it cost on the chip and here.
//! Invariant: an answer that is shorter than asked for says why; cycles are those of the simulator, predicted cycles those of the compiler;
//!     tokens per second name their clock.
//! Method: the last token of the prompt gives the first of the answer, so that N tokens take prompt + N - 1 steps.

use super::beside::BUCKETS;
use super::bounds_text;
use super::{COMPILER, CONTEXT_MAX, JSON, opened_with, options, together};
use crate::args::{Flag, Given, Usage};
use crate::failure::{Code, Failure};
use crate::files::ModelBytes;
use crate::output::Output;
use crate::progress::{Ticker, say};
use serde::Serialize;
use std::io::Write;
use std::time::Instant;
use study::{Progress, Sampling, Session, Staircase, Token};

pub static USAGE: Usage = Usage {
    name: "run",
    operand: "MODEL",
    says: "Continues a text on the simulated chip.",
    flags: &[
        COMPILER,
        BUCKETS,
        &[
            Flag { name: "prompt", value: Some("TEXT"), says: "The text to continue." },
            Flag { name: "tokens", value: Some("N"), says: "How many tokens to write at most." },
            Flag { name: "greedy", value: None, says: "Always the most probable token; so unless --seed is given." },
            Flag {
                name: "seed",
                value: Some("S"),
                says: "Draws among the most probable tokens; the same seed, the same text.",
            },
        ],
        &[
            Flag {
                name: "prompts",
                value: Some("FILE"),
                says: "Texts that advance together, instead of --prompt: one in each line.",
            },
            Flag {
                name: "block",
                value: Some("N"),
                says: "Takes the prompt N tokens at once, as long as so many are left.",
            },
        ],
        JSON,
    ],
};

#[derive(Serialize)]
struct Answer {
    /// What was written; the prompt is not part of it.
    text: String,
    prompt_tokens: usize,
    tokens: usize,
    chips: u32,
    /// Per token, as simulated; the greatest, if they differ.
    cycles: u64,
    /// Likewise as compiled.
    predicted_cycles: u64,
    violations: u64,
    chip_tokens_per_second: f64,
    with_host_tokens_per_second: f64,
    wall_tokens_per_second: f64,
    /// The programs that took turns; tokens per second are those of an average token then.
    #[serde(skip_serializing_if = "Option::is_none")]
    buckets: Option<Staircase>,
    /// Whether the context was full before all tokens were written; said beside the answer, whose fields are promised.
    #[serde(skip)]
    is_context_full: bool,
}

pub fn work<W: Write>(given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    let name = given.operand()?;
    let count = given.number("tokens", 1..=CONTEXT_MAX)?.ok_or_else(|| given.missing("tokens"))?;
    given.at_most_one(["greedy", "seed"])?;
    let seed = given.number("seed", 0..=u64::MAX)?;
    let sampling = seed.map_or(Sampling::Greedy, |seed| Sampling::Seeded { seed });
    if together::is_wanted(given) {
        return together::work(given, output, (count, sampling));
    }
    let prompt = super::prompt(given)?.ok_or_else(|| given.missing("prompt"))?;
    let open = if given.has("buckets") { Session::open_in_buckets } else { Session::open };
    let mut session = opened_with(name, &options(given)?, open)?;
    let started = Instant::now();
    let mut ticker = Ticker::new();
    let mut listener = |progress: Progress| ticker.tell(progress);
    let written = session.prompt(prompt, sampling, &mut listener);
    let written = written.and_then(|()| session.generate(count - 1, sampling, &mut listener));
    written.map_err(|error| Failure::of_study(&name.display().to_string(), &error))?;
    drop(ticker);
    let answer = answer(&session, given, count as usize, started.elapsed().as_secs_f64());
    super::tell(given, output, &answer, |answer| text(prompt, answer))?;
    if answer.is_context_full {
        say(&format!(
            "stopped at {} of {count} tokens: the context of {} positions is full; give a larger --context",
            answer.tokens,
            session.program().executable.context
        ));
    }
    let promised = |(token, run): (u32, &Token)| run.cycles == session.verified_at(token).extent().cycles;
    let is_as_promised = answer.violations == 0 && (0..).zip(session.tokens()).all(promised);
    Ok(if is_as_promised { Code::Done } else { Code::Violated })
}

fn answer(session: &Session<ModelBytes>, given: &Given, count: usize, seconds: f64) -> Answer {
    let tokens = session.tokens();
    let prompt_tokens = tokens.iter().filter(|token| token.is_prompt).count();
    let is_end = |id: &u32| session.model().tokenizer.is_end(*id);
    let after_prompt = tokens.iter().skip(prompt_tokens.saturating_sub(1)).map(|token| token.next);
    let written: Vec<u32> = after_prompt.take(count).take_while(|id| !is_end(id)).collect();
    let is_ended = written.len() < count && tokens.last().is_some_and(|token| is_end(&token.next));
    let figures = session.figures_on_average();
    let predicted = (0..tokens.len() as u32).map(|token| session.verified_at(token).extent().cycles);
    Answer {
        text: whole(&session.model().tokenizer.decode(&written)),
        prompt_tokens,
        tokens: written.len(),
        chips: figures.chips,
        cycles: tokens.iter().map(|token| token.cycles).max().unwrap_or(0),
        predicted_cycles: predicted.max().unwrap_or(figures.predicted_cycles),
        violations: session.violations(),
        chip_tokens_per_second: figures.chip_tokens_per_second,
        with_host_tokens_per_second: figures.with_host_tokens_per_second,
        wall_tokens_per_second: tokens.len() as f64 / seconds.max(f64::MIN_POSITIVE),
        buckets: given.has("buckets").then(|| session.staircase()),
        is_context_full: written.len() < count && !is_ended,
    }
}

/// The text in `bytes`, without a last character of which only some bytes were written.
pub(super) fn whole(bytes: &[u8]) -> String {
    let length = match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    };
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

fn text(prompt: &str, answer: &Answer) -> String {
    let number = frame::grouped;
    format!(
        "{prompt}{}\n\n{} tokens of prompt, {} written; chips: {}, {} cycles per token as simulated, {} predicted, {} violations\n\
         tokens per second: {:.0} on the simulated chip, {:.0} with its host, {:.1} of simulation here\n",
        answer.text,
        answer.prompt_tokens,
        answer.tokens,
        answer.chips,
        number(answer.cycles),
        number(answer.predicted_cycles),
        answer.violations,
        answer.chip_tokens_per_second,
        answer.with_host_tokens_per_second,
        answer.wall_tokens_per_second,
    ) + &answer.buckets.as_ref().map_or_else(String::new, bounds_text::staircase)
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn half_a_character_at_the_end_is_left_out() {
        assert_eq!(whole("綠燈".as_bytes()), "綠燈");
        assert_eq!(whole(&"綠燈".as_bytes()[..5]), "綠");
        assert_eq!(whole(b"\xff green"), "\u{fffd} green");
    }
}

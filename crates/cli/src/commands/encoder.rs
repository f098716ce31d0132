//! `greenwave compile` of a published encoder: compiled without weights, judged, its pass accounted for.
//!
//! In: a built-in name such as `BERT-base`, the machine, the number of tokens.  Out: cycles, bounds, accounts, the published time.
//! Invariant: a file of that name goes first; what is not known is called unknown.

use super::{CHIP, CONTEXT_MAX, lang, machine, said};
use crate::args::Given;
use crate::failure::{Advice, Code, Failure};
use crate::output::Output;
use frame::{Lang, grouped};
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use study::Encoder;
use study::account::{Account, PassError, PublishedTime};
use study::encoder::{Pass, TOKENS, pass};

/// Options of the compiler that an encoder does not have.
const OTHERS: [&str; 10] =
    ["chips", "weights", "keep-fp16", "buckets", "texts", "block", "out", "funnel", "stop-after", "prompt"];

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    pass: Pass,
    /// By how many microseconds it takes longer than was published.
    difference: Option<f64>,
}

/// The published encoder called `name`, unless a file is.
pub fn of(name: &Path) -> Option<Encoder> {
    if name.exists() { None } else { Encoder::find(name.to_str()?) }
}

/// What is known of an encoder.
pub fn work<W: Write>(model: Encoder, given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    alone(model.name(), given, &[])?;
    let chip = machine(given.text("chip")?.unwrap_or(CHIP), "--chip: ")?;
    let tokens = given.number("context", 1..=CONTEXT_MAX)?.unwrap_or(TOKENS);
    let lang = lang(given)?;
    let pass = pass(model, tokens, &chip).map_err(|error| refused(model.name(), lang, &error))?;
    let difference = pass.account.difference().map(|(microseconds, _)| microseconds);
    super::tell(given, output, &Answer { pass, difference }, text)?;
    Ok(Code::Done)
}

/// Why there is no pass of the shape called `name`.
pub fn refused(name: &str, lang: Lang, error: &PassError) -> Failure {
    Failure::refused(format!("{name}: {}", said(lang, &error.to_string(), &error.chinese())))
}

/// Refuses options that a shape without weights, or without a program, does not have: those and `others`.
pub fn alone(name: &str, given: &Given, others: &[&str]) -> Result<(), Failure> {
    let Some(other) = OTHERS.iter().chain(others).find(|flag| given.has(flag)) else { return Ok(()) };
    let advice = Advice {
        expected: "--chip, --lang and --json beside this shape, and --context (its tokens) beside an encoder",
        remedy: "leave it out: what is said is of one chip, in int8, without weights",
    };
    Err(Failure::new(name, advice, format!("--{other}")))
}

fn text(answer: &Answer) -> String {
    let Pass { tokens, account } = &answer.pass;
    let Account { model, chip, cycles, microseconds, .. } = account;
    let mut text =
        format!("{model}: verified, for 1 x {chip}, int8, a sequence of {tokens} tokens, batch 1; no weights\n");
    text += &format!("  {} cycles a pass: {microseconds:.1} us\n", grouped(*cycles));
    text += &format!(
        "  {} instructions, {} bytes of them; {} bytes of weights\n",
        grouped(account.instructions),
        grouped(account.instruction_bytes),
        grouped(account.weight_bytes)
    );
    text + &accounts(account, 0)
}

/// Both bounds, where the cycles go, each with its microseconds, and what was published, to so many decimals.
pub fn accounts(account: &Account, decimals: usize) -> String {
    let Account { first, second, gaps, spent, .. } = account;
    let mut text = format!(
        "  bound of the model {} cycles: its products {}, installing its weights {}, its chain {}; this program is {:.1} % over it\n",
        grouped(first.cycles),
        grouped(first.multiply),
        grouped(first.install),
        grouped(first.chain),
        100.0 * gaps[0]
    );
    text += &format!(
        "  bound of the lowered program {}: this schedule is {:.1} % over it\n",
        grouped(*second),
        100.0 * gaps[1]
    );
    text += "  where the cycles go, the planes of the MXM being what is scarce:\n";
    for spent in spent {
        let cycles = spent.cycles.round() as u64;
        text += &format!(
            "    {:>9} cycles {:>6.1} us  {}\n",
            grouped(cycles),
            account.microseconds_of(spent.cycles),
            spent.what.en
        );
    }
    let Some((published, (difference, unknown))) = account.published.zip(account.difference()) else {
        return text + "  nothing was published of it on one chip\n";
    };
    let PublishedTime { microseconds, standing, source } = published;
    text += &format!("  published: {microseconds:.decimals$} us ({standing}; {source})\n");
    text + &format!("  {difference:.1} us more than that: {}\n", unknown.en)
}

//! `greenwave compile` of a published encoder: compiled without weights, judged, its pass accounted for.
//!
//! In: a built-in name such as `BERT-base`, the machine, the number of tokens.  Out: cycles, bounds, accounts, the published time.
//! Invariant: a file of that name goes first; what is not known is called unknown.

use super::{CHIP, CONTEXT_MAX, machine};
use crate::args::Given;
use crate::failure::{Advice, Code, Failure};
use crate::output::Output;
use frame::grouped;
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use study::Encoder;
use study::encoder::{FirstOfRows, Pass, Spent, TOKENS, pass};

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
    let pass = pass(model, tokens, &chip).map_err(|error| Failure::refused(format!("{}: {error}", model.name())))?;
    let difference = pass.difference().map(|(microseconds, _)| microseconds);
    super::tell(given, output, &Answer { pass, difference }, text)?;
    Ok(Code::Done)
}

/// Refuses options that a shape without weights, or without a program, does not have: those and `others`.
pub fn alone(name: &str, given: &Given, others: &[&str]) -> Result<(), Failure> {
    let Some(other) = OTHERS.iter().chain(others).find(|flag| given.has(flag)) else { return Ok(()) };
    let advice = Advice {
        expected: "--chip and --json beside this shape, and --context (its tokens) beside an encoder",
        remedy: "leave it out: what is said is of one chip, in int8, without weights",
    };
    Err(Failure::new(name, advice, format!("--{other}")))
}

fn text(answer: &Answer) -> String {
    let Pass { model, chip, tokens, cycles, microseconds, first, second, gaps, .. } = &answer.pass;
    let mut text =
        format!("{model}: verified, for 1 x {chip}, int8, a sequence of {tokens} tokens, batch 1; no weights\n");
    text += &format!("  {} cycles a pass: {microseconds:.1} us\n", grouped(*cycles));
    text += &format!(
        "  {} instructions, {} bytes of them; {} bytes of weights\n",
        grouped(answer.pass.instructions),
        grouped(answer.pass.instruction_bytes),
        grouped(answer.pass.weight_bytes)
    );
    text += &accounts((first, *second, gaps), &answer.pass.spent, |cycles| answer.pass.microseconds_of(cycles));
    let Some((published, (difference, unknown))) = answer.pass.published.zip(answer.pass.difference()) else {
        return text + "  nothing was published of it on one chip\n";
    };
    text += &format!("  published: {:.0} us ({}; {})\n", published.microseconds, published.standing, published.source);
    text + &format!("  {difference:.1} us more than that: {}\n", unknown.en)
}

/// Both bounds, and where the cycles go, each with its microseconds.
pub fn accounts(
    (first, second, gaps): (&FirstOfRows, u64, &[f64; 2]),
    all: &[Spent],
    microseconds: impl Fn(f64) -> f64,
) -> String {
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
        grouped(second),
        100.0 * gaps[1]
    );
    text += "  where the cycles go, the planes of the MXM being what is scarce:\n";
    for spent in all {
        let cycles = spent.cycles.round() as u64;
        text +=
            &format!("    {:>9} cycles {:>6.1} us  {}\n", grouped(cycles), microseconds(spent.cycles), spent.what.en);
    }
    text
}

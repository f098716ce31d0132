//! `greenwave compile`: a model becomes a verified program.
//!
//! In: a model, options.  Out: its figures and what binds them; with `--out` the program as a file.
//! Invariant: nothing is written or counted unless the judge has found no violation.

use super::beside::{self, BUCKETS, Block, Judged, Kind, ROWS};
use super::{COMPILER, JSON, LANG, bounds_text, encoder, graphs, lang, model_bytes, options, resnet, shape};
use crate::args::{Flag, Given, Usage};
use crate::failure::{Code, Failure};
use crate::files;
use crate::output::Output;
use frame::Lang;
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use study::{Bounds, Funnel, JudgeError, Options, Staircase};
use units::Cycles;

pub static USAGE: Usage = Usage {
    name: "compile",
    operand: "MODEL",
    says: "Compiles a model, verifies the program, says what it costs and what binds it; of a shape such as Llama-2-70B only the latter; BERT-base and ResNet-50 without weights; a FILE.graph, operations as text, is also run.",
    flags: &[
        COMPILER,
        BUCKETS,
        ROWS,
        &[
            Flag { name: "out", value: Some("P.gw"), says: "Writes the program to this file." },
            Flag {
                name: "funnel",
                value: None,
                says: "Adds the funnel: a framework's calls, operators, the ten, instructions.",
            },
        ],
        STOP,
        LANG,
        JSON,
    ],
};

/// Where to stop.
const STOP: &[Flag] = &[Flag {
    name: "stop-after",
    value: Some("PASS"),
    says: "Prints what stands after that pass, on one chip: check, recognise, lower, schedule or emit.",
}];

#[derive(Serialize)]
struct Answer {
    model: String,
    chip: String,
    chips: u16,
    weights: String,
    context: u32,
    verified: bool,
    violations: u64,
    /// Texts that advance together: a token of each in the cycles of one program.
    texts: u32,
    predicted_cycles: u64,
    chip_tokens_per_second: f64,
    instructions: u64,
    instruction_bytes: u64,
    program_bytes: usize,
    bounds: Bounds,
    buckets: Option<Staircase>,
    block: Option<Block>,
    funnel: Option<Funnel>,
    out: Option<String>,
}

pub fn work<W: Write>(given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    let name = given.operand()?;
    if graphs::is_graph(name) {
        return graphs::work(name, given, output);
    }
    let lang = lang(given)?;
    if let Some(model) = shape::of(name) {
        return shape::work(model, given, output);
    }
    if let Some(model) = encoder::of(name) {
        return encoder::work(model, given, output);
    }
    if let Some(model) = resnet::of(name) {
        return resnet::work(model, given, output);
    }
    let options = options(given)?;
    if let Some(pass) = given.text("stop-after")? {
        return stopped((given, lang), (name, pass), &options, output);
    }
    let kind = Kind::of(given)?;
    given.at_most_one(["buckets", "out"])?;
    given.at_most_one(["block", "out"])?;
    let Judged { built, verified, staircase, block } = match beside::judged(name, &options, kind, lang)? {
        Ok(judged) => judged,
        Err(JudgeError::Rejected(verdict)) => {
            match lang {
                Lang::English => super::verify::print(&verdict, output)?,
                Lang::Chinese => super::verify::print_all(&verdict, lang, output)?,
            }
            return Ok(Code::Violated);
        }
        Err(error) => return Err(Failure::about(name, error)),
    };
    let file = study::write_with_weights(&built.program, &built.tables).map_err(|error| Failure::about(name, error))?;
    let texts = if let Kind::Texts(texts) = kind { texts } else { 1 };
    let out = given.path("out");
    if let Some(path) = &out {
        files::write(path, &file)?;
    }
    let extent = verified.extent();
    let answer = Answer {
        model: name.display().to_string(),
        chip: verified.chip().name.clone(),
        chips: options.topology.chips,
        weights: options.formats.to_string(),
        context: options.context,
        verified: true,
        violations: 0,
        texts,
        predicted_cycles: extent.cycles,
        chip_tokens_per_second: f64::from(texts) * verified.chip().clock.per_second(Cycles(extent.cycles)),
        instructions: extent.issues,
        instruction_bytes: extent.instruction_bytes,
        program_bytes: file.len(),
        bounds: built.bounds,
        buckets: staircase,
        block,
        funnel: given.has("funnel").then(|| study::funnel(&built.model.graph, Some(&verified))),
        out: out.map(|path| path.display().to_string()),
    };
    super::tell(given, output, &answer, text)?;
    Ok(Code::Done)
}

/// The state after a pass.
fn stopped<W: Write>(
    (given, lang): (&Given, Lang),
    (name, pass): (&Path, &str),
    options: &Options,
    output: &mut Output<W>,
) -> Result<Code, Failure> {
    for other in ["out", "buckets", "texts", "block"] {
        given.at_most_one(["stop-after", other])?;
    }
    let pass = study::pass_named(pass).map_err(|error| Failure::refused(format!("--stop-after: {error}")))?;
    let state = study::state_after(model_bytes(name)?, options, pass);
    let state = state.map_err(|error| Failure::of_study_in(lang, &name.display().to_string(), &error))?;
    if given.has("json") {
        output.json(&state.lines().collect::<Vec<_>>())?
    } else {
        output.text(&state)?
    }
    Ok(Code::Done)
}

fn text(answer: &Answer) -> String {
    let number = frame::grouped;
    let mut text = format!(
        "{}: verified, for {} x {}, weights in {}, room for {} positions\n",
        answer.model, answer.chips, answer.chip, answer.weights, answer.context
    );
    let each = match answer.texts {
        1 => "per token".to_owned(),
        texts => {
            let each = number(answer.predicted_cycles.div_ceil(u64::from(texts)));
            format!("for a token of each of {texts} texts, {each} each")
        }
    };
    text += &format!(
        "  {} cycles {each}: {:.0} tokens per second on the simulated chip\n",
        number(answer.predicted_cycles),
        answer.chip_tokens_per_second
    );
    text += &format!(
        "  {} instructions per token, {} bytes of them on each chip\n",
        number(answer.instructions),
        number(answer.instruction_bytes)
    );
    text += &format!("  {} bytes as a program file", number(answer.program_bytes as u64));
    match &answer.out {
        Some(path) => text += &format!(", written to {path}\n"),
        None => text += "\n",
    }
    text.extend(answer.buckets.as_ref().map(bounds_text::staircase));
    if let Some(Block { tokens, cycles, instruction_bytes }) = answer.block {
        text += &format!(
            "  {tokens} tokens of a prompt at once: {} cycles, {} each; {} bytes of instructions beside those above\n",
            number(cycles),
            number(cycles.div_ceil(u64::from(tokens))),
            number(instruction_bytes)
        );
    }
    text += &bounds_text::bounds(&answer.bounds);
    text.extend(answer.funnel.as_ref().map(bounds_text::funnel));
    text
}

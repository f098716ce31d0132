//! `greenwave compile` of a published shape: there are no weights, so nothing is compiled, but the model's own bound is known.
//!
//! In: a built-in name such as `Llama-2-7B`, options.  Out: its bound by number of chips, and its funnel as far as it goes.
//! Invariant: says that nothing was compiled; a file of that name goes first.

use super::{CHIP, CONTEXT_MAX, bounds_text, lang, machine, said};
use crate::args::Given;
use crate::failure::{Advice, Code, Failure};
use crate::output::Output;
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use study::{Builtin, First, Funnel, Options, StudyError};

/// Numbers of chips that are answered for unless one is asked for: one, a node, a rack, and those that ran Llama-2-70B.
const CHIPS: [u32; 4] = [1, 8, 64, 576];

#[derive(Serialize)]
struct Answer {
    model: &'static str,
    chip: String,
    context: u32,
    compiled: bool,
    /// Why there is none, where there is none.
    no_bound: Option<String>,
    first_bounds: Vec<First>,
    funnel: Option<Funnel>,
}

/// The published shape called `name`, unless a file is.
pub fn of(name: &Path) -> Option<Builtin> {
    if name.exists() { None } else { Builtin::find(name.to_str()?).ok() }
}

/// What is known of a shape.
pub fn work<W: Write>(model: Builtin, given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    if given.has("out") {
        let advice =
            Advice { expected: "a model with weights", remedy: "give a .gguf file or `tiny`, or leave --out out" };
        return Err(Failure::new("--out", advice, format!("the shape {}", model.name())));
    }
    let chip = machine(given.text("chip")?.unwrap_or(CHIP), "--chip: ")?;
    let lang = lang(given)?;
    let context = given.number("context", 1..=CONTEXT_MAX)?.unwrap_or(Options::default().context);
    let chips = given.number("chips", 1..=u16::MAX)?.map_or(CHIPS.to_vec(), |chips| vec![u32::from(chips)]);
    let graph = model.decode_step(context);
    let bounds: Result<Vec<First>, StudyError> =
        chips.into_iter().map(|chips| study::first_bound(&graph, &chip, chips)).collect();
    let answer = Answer {
        model: model.name(),
        chip: chip.name.clone(),
        context,
        compiled: false,
        no_bound: bounds.as_ref().err().map(|error| said(lang, &error.to_string(), &error.chinese()).to_owned()),
        first_bounds: bounds.unwrap_or_default(),
        funnel: given.has("funnel").then(|| study::funnel(&graph, None)),
    };
    super::tell(given, output, &answer, text)?;
    Ok(Code::Done)
}

fn text(answer: &Answer) -> String {
    let mut text = format!(
        "{}: a published shape without weights, nothing was compiled; room for {} positions on {}\n",
        answer.model, answer.context, answer.chip
    );
    if let Some(reason) = &answer.no_bound {
        text += &format!("  no bound: {reason}\n");
    }
    text.extend(answer.first_bounds.iter().map(bounds_text::first));
    text.extend(answer.funnel.as_ref().map(bounds_text::funnel));
    text
}

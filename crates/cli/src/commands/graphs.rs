//! `greenwave compile` of a graph that somebody wrote: compiled node by node, judged, run and compared.
//!
//! In: a file that ends in `.graph`, the machine.  Out: cycles, instructions, the first elements of each output; with `--out` the program.
//! Invariant: what is printed was computed by a verified program, bit for bit as the reference evaluator does.

use super::{CHIP, lang, machine, said};
use crate::args::Given;
use crate::failure::{Advice, Code, Failure};
use crate::files;
use crate::output::Output;
use crate::progress::Ticker;
use frame::grouped;
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use study::graphs::{GraphError, GraphRun, graph_tables, run_graph};
use study::{Chip, Progress, StudyError, Tables};

/// Options of the compiler that a graph does not have.
const OTHERS: [&str; 9] =
    ["chips", "weights", "keep-fp16", "context", "buckets", "texts", "block", "funnel", "stop-after"];
/// How the file of a graph ends.
const ENDING: &str = "graph";

#[derive(Serialize)]
struct Answer<'a> {
    graph: String,
    verified: bool,
    /// Every bit of every output is the evaluator's.
    equal: bool,
    #[serde(flatten)]
    run: &'a GraphRun,
    out: Option<String>,
}

/// Whether the name is that of a graph's file.
pub fn is_graph(name: &Path) -> bool {
    name.extension().is_some_and(|ending| ending == ENDING)
}

/// Compiles and runs the graph in a file.
pub fn work<W: Write>(name: &Path, given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    if let Some(other) = OTHERS.iter().find(|flag| given.has(flag)) {
        let advice = Advice {
            expected: "--chip, --out, --lang and --json beside a graph",
            remedy: "leave it out: a graph is compiled as it stands, for one chip",
        };
        return Err(Failure::new(name.display(), advice, format!("--{other}")));
    }
    let chip = machine(given.text("chip")?.unwrap_or(CHIP), "--chip: ")?;
    let text = files::text(name, "the text of a graph")?;
    let lang = lang(given)?;
    let mut ticker = Ticker::new();
    let run =
        run_graph(&text, &chip, &mut |progress: Progress| ticker.tell(progress)).map_err(|error| match error {
            GraphError::Cancelled => Failure::of_study(&name.display().to_string(), &StudyError::Cancelled),
            _ => Failure::about(name, said(lang, &error.to_string(), &error.chinese())),
        })?;
    let out = given.path("out");
    if let Some(path) = &out {
        let file = study::write_with_weights(&run.program, &run.tables).map_err(|error| Failure::about(name, error))?;
        files::write(path, &file)?;
    }
    let out = out.map(|path| path.display().to_string());
    let answer = Answer { graph: name.display().to_string(), verified: true, equal: true, run: &run, out };
    super::tell(given, output, &answer, text_of)?;
    Ok(Code::Done)
}

/// What the image of a graph's program is filled from.
pub fn tables(name: &Path, chip: &Chip) -> Result<Tables, Failure> {
    let text = files::text(name, "the text of a graph")?;
    graph_tables(&text, chip).map_err(|error| Failure::about(name, error))
}

fn text_of(answer: &Answer) -> String {
    let run = answer.run;
    let counts: Vec<String> = run.operations.iter().map(|(name, count)| format!("{count} {name}")).collect();
    let mut text = format!("{}: verified, for 1 x {}: {}\n", answer.graph, run.chip, counts.join(", "));
    text += &format!("  {} cycles a pass: {:.2} us\n", grouped(run.cycles), run.microseconds);
    text +=
        &format!("  {} instructions, {} bytes of them\n", grouped(run.instructions), grouped(run.instruction_bytes));
    let passes = if run.passes == 1 { "1 pass".to_owned() } else { format!("{} passes", run.passes) };
    text += &format!(
        "  inputs drawn from seed {}; in {passes}, every bit of the outputs is the reference evaluator's; at last:\n",
        run.seed
    );
    for told in &run.outputs {
        let first: Vec<String> = told.first.iter().map(|element| element.0.to_string()).collect();
        text += &format!("    {} : {} = {} ..\n", told.name, told.stated, first.join(" "));
    }
    match &answer.out {
        Some(path) => text + &format!("  written to {path}: see `greenwave asm` and `greenwave verify`\n"),
        None => text,
    }
}

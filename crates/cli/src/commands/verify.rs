//! `greenwave verify`: what the judge says of a program, or of one that was broken in a seeded place.
//!
//! In: a program file or a model; with a program file also the model whose weights it is to run with; a text of `greenwave asm` with the
//!     graph that it claims to compute.  Out: `verified`, or every violation
//!     with rule, chip, cycle, unit, expected and found.
//! Invariant: exit code 0 means that every theorem holds; a mutation that breaks none is `unchanged`. No name from a program moves a cursor.

use super::{COMPILER, JSON, LANG, built, graphs, judged, options, said};
use crate::args::{Flag, Given, Usage};
use crate::failure::{Advice, Code, Failure, one_line};
use crate::files;
use crate::output::Output;
use frame::Lang;
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use study::{Front, JudgeError, Options, Topology, Verdict, ViolationLine};

/// Most violations that are printed; JSON has more.
const LINES: usize = 20;

pub static USAGE: Usage = Usage {
    name: "verify",
    operand: "P.gw|MODEL",
    says: "Judges a program: every violation, or the proof that there is none.",
    flags: &[
        COMPILER,
        &[
            Flag { name: "mutate", value: Some("SEED"), says: "Breaks the program in one place first." },
            Flag {
                name: "model",
                value: Some("MODEL"),
                says: "With P.gw: judges also whether the weights of this model are those that it was compiled for.",
            },
            Flag {
                name: "graph",
                value: Some("FILE.graph"),
                says: "The operand is a text of `greenwave asm`: judges whether it computes this graph; all violations.",
            },
        ],
        LANG,
        JSON,
    ],
};

#[derive(Serialize)]
struct Answer<'a> {
    verified: bool,
    mutation: Option<&'a str>,
    unchanged: bool,
    total: u64,
    violations: &'a [ViolationLine],
    front: Option<&'a Front>,
    /// A seed whose mutation is proved harmless.
    harmless: Option<u64>,
}

pub fn work<W: Write>(given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    let name = given.operand()?;
    if let Some(graph) = given.path("graph") {
        return claim(given, (name, &graph), output);
    }
    if given.has("lang") {
        let advice = Advice { expected: "a text with --graph", remedy: "leave it out" };
        return Err(Failure::new("--lang", advice, "another subject"));
    }
    if let Some(model) = given.path("model") {
        return weights(given, (name, &model), output);
    }
    let seed = given.number("mutate", 0..=u64::MAX)?;
    let mut harmless = None;
    let (mutation, verdict, front) = match (judged(name, given)?, seed) {
        (Err(verdict), _) => (None, verdict, None),
        (Ok(verified), None) => {
            let extent = verified.extent();
            if !given.has("json") {
                let (issues, cycles) = (frame::grouped(extent.issues), frame::grouped(extent.cycles));
                output.text(&format!(
                    "{}: verified, {issues} instructions in {cycles} cycles per token\n",
                    name.display()
                ))?;
                return Ok(Code::Done);
            }
            (None, Verdict::default(), None)
        }
        (Ok(verified), Some(seed)) => {
            let mutant = study::judge_mutant(&verified, seed).ok_or_else(|| {
                let advice = Advice { expected: "a program with a place to break", remedy: "give a larger program" };
                Failure::new(name.display(), advice, "none")
            })?;
            if mutant.verdict.total != 0 {
                harmless = study::harmless_seed(&verified, seed);
            }
            (Some(mutant.change.english), mutant.verdict, mutant.front)
        }
    };
    let is_clean = verdict.total == 0;
    if given.has("json") {
        let answer = Answer {
            verified: is_clean,
            mutation: mutation.as_deref(),
            unchanged: is_clean && mutation.is_some(),
            total: verdict.total,
            violations: &verdict.violations,
            front: front.as_ref(),
            harmless,
        };
        output.json(&answer)?;
    } else {
        if let Some(mutation) = &mutation {
            output.text(&format!("mutation: {}\n", one_line(mutation)))?;
        }
        print(&verdict, output)?;
        front.iter().try_for_each(|front| print_front(front, &verdict, output))?;
        if let Some(seed) = harmless {
            output.text(&format!("a harmless mutation: --mutate {seed}\n"))?;
        }
    }
    Ok(if is_clean { Code::Done } else { Code::Violated })
}

/// Options that say nothing of a text.
const NOT_OF_TEXTS: [&str; 6] = ["chips", "weights", "keep-fp16", "context", "mutate", "model"];

/// Judges the text of a program against the graph that it claims to compute.
fn claim<W: Write>(given: &Given, (name, graph): (&Path, &Path), output: &mut Output<W>) -> Result<Code, Failure> {
    if let Some(other) = NOT_OF_TEXTS.into_iter().find(|flag| given.has(flag)) {
        let advice = Advice { expected: "--chip, --lang and --json beside it", remedy: "leave it out" };
        return Err(Failure::new("--graph", advice, format!("--{other}")));
    }
    let lang = super::lang(given)?;
    let text = files::text(name, "a text of `greenwave asm`")?;
    let mut found = study::read_back_all(&text).map_err(|error| Failure::about(name, error))?;
    let (Some(program), true) = (found.pop(), found.is_empty()) else {
        let advice = Advice { expected: "one program", remedy: "give each program with its graph alone" };
        return Err(Failure::new(name.display(), advice, "several"));
    };
    let lowered = files::text(graph, "the text of a graph")?;
    let lowered = study::graphs::parse_graph(&lowered).map_err(|error| Failure::about(graph, error))?;
    let chip = super::chip_given(given)?;
    let (verdict, extent) = match study::judge_claim(chip.as_ref(), program.executable, lowered) {
        Ok(verified) => (Verdict::default(), Some(verified.extent())),
        Err(JudgeError::Rejected(verdict)) => (verdict, None),
        Err(error) => return Err(Failure::about(name, error)),
    };
    if given.has("json") {
        let (violations, total) = (verdict.violations.as_slice(), verdict.total);
        let verified = extent.is_some();
        output.json(&Answer {
            verified,
            mutation: None,
            unchanged: false,
            total,
            violations,
            front: None,
            harmless: None,
        })?;
    } else if let Some(extent) = extent {
        let (issues, cycles) = (frame::grouped(extent.issues), frame::grouped(extent.cycles));
        let english =
            format!("verified, {issues} instructions in {cycles} cycles, of the graph in {}", graph.display());
        let chinese = format!("通過裁判：{cycles} 個週期內 {issues} 道指令，計算的是 {} 的運算圖", graph.display());
        output.text(&format!("{}: {}\n", name.display(), said(lang, &english, &chinese)))?;
    } else {
        print_all(&verdict, lang, output)?;
    }
    Ok(if verdict.total == 0 { Code::Done } else { Code::Violated })
}

/// Every violation that the report holds, as a sentence, and how many there are.
pub fn print_all<W: Write>(verdict: &Verdict, lang: Lang, output: &mut Output<W>) -> Result<(), Failure> {
    for line in &verdict.violations {
        let sentence = one_line(said(lang, &line.english, &line.chinese));
        output.text(&format!("{} {}: {sentence}\n", said(lang, "rule", "規則"), line.number))?;
    }
    let english = format!("{}, {} listed", verdict.count(), verdict.violations.len());
    let chinese = format!("共 {} 項違規，列出 {} 項", verdict.total, verdict.violations.len());
    output.text(&format!("{}\n", said(lang, &english, &chinese)))
}

/// Options that are the program's own, or another question.
const OTHERS: [&str; 4] = ["chips", "context", "mutate", "json"];

/// Judges a program, and then the weights of a model that is said to be its own.
fn weights<W: Write>(given: &Given, (name, model): (&Path, &Path), output: &mut Output<W>) -> Result<Code, Failure> {
    if let Some(other) = OTHERS.into_iter().find(|flag| given.has(flag)) {
        let advice = Advice {
            expected: "--weights, --keep-fp16 and --chip beside it",
            remedy: "leave it out: chips and context are those of the program",
        };
        return Err(Failure::new("--model", advice, format!("--{other}")));
    }
    if !files::is_program(name) {
        let advice =
            Advice { expected: "a program beside --model", remedy: "give a file of `greenwave compile --out`" };
        return Err(Failure::new(name.display(), advice, "another file"));
    }
    let bytes = files::bytes(name, "a program")?;
    let (program, ranges) = study::read_with_weights(&bytes).map_err(|error| Failure::about(name, error))?;
    let chosen = options(given)?;
    let executable = &program.executable;
    let topology = Topology::named(&executable.topology).map_err(|error| Failure::about(name, error))?;
    let options = Options { context: executable.context.into(), topology, ..chosen };
    let tables =
        if graphs::is_graph(model) { graphs::tables(model, &options.chip)? } else { built(model, &options)?.tables };
    let verified = match study::judge_on(&options.chip, program) {
        Ok(verified) => verified,
        Err(JudgeError::Rejected(verdict)) => return print(&verdict, output).map(|()| Code::Violated),
        Err(error) => return Err(Failure::about(name, error)),
    };
    let faults = study::check_weights(verified.program(), &ranges, &tables);
    faults
        .iter()
        .take(LINES)
        .try_for_each(|fault| output.text(&format!("weights: {}\n", one_line(&fault.to_string()))))?;
    if !faults.is_empty() {
        output.text(&format!(
            "{}: {} of its weights are not those of {}\n",
            name.display(),
            faults.len(),
            model.display()
        ))?;
        return Ok(Code::Violated);
    }
    let rows: u64 = ranges.iter().map(|range| u64::from(range.rows)).sum();
    let (rows, hashes) = (frame::grouped(rows), frame::grouped(ranges.len() as u64));
    output.text(&format!(
        "{}: verified, and the weights of {} are its own: {rows} rows, {hashes} hashes\n",
        name.display(),
        model.display()
    ))?;
    Ok(Code::Done)
}

/// The first violations as lines, and how many there are; for none, that the mutation left everything `unchanged`.
pub fn print<W: Write>(verdict: &Verdict, output: &mut Output<W>) -> Result<(), Failure> {
    if verdict.total == 0 {
        return output.text("unchanged: every rule still holds, and the chip computes the same graph\n");
    }
    let shown = &verdict.violations[..verdict.violations.len().min(LINES)];
    for line in shown {
        output.text(&(one_line(&line_of(line)) + "\n"))?;
    }
    let listed: u64 = shown.iter().map(|line| line.chips.len() as u64).sum();
    let left = verdict.total.saturating_sub(listed);
    let more = if left == 0 { String::new() } else { format!(", {left} of them not listed") };
    output.text(&format!("{}{more}\n", verdict.count()))
}

/// How far the damage comes, unit by unit, and how it can be that none comes out of a program that is refused.
fn print_front<W: Write>(front: &Front, verdict: &Verdict, output: &mut Output<W>) -> Result<(), Failure> {
    let Front { seed, overflowed, damage, outputs, of } = front;
    let why = match overflowed {
        0 => String::new(),
        seeds => format!(" ({seeds} before it overflow: not all outputs of the whole program are finite)"),
    };
    output.text(&format!("one token on weights and inputs drawn from seed {seed}{why}:\n"))?;
    for study::Damage { chip, unit, link, words, bytes, first, .. } in damage {
        let link = link.as_ref().map(|link| format!(" {link}")).unwrap_or_default();
        output.text(&format!(
            "  chip {chip} {unit}{link}: {words} words, {bytes} bytes differ, the first of cycle {first}\n"
        ))?;
    }
    output.text(&format!("  {outputs} of {of} outputs differ\n"))?;
    match (outputs, damage.is_empty()) {
        (1.., _) => Ok(()),
        _ if verdict.total == 0 => Ok(()),
        (0, true) => output.text("  with these words nothing differs; it is refused because a rule holds for all words\n"),
        (0, false) => output.text(
            "  with these words nothing wrong comes out: it is not used, or lost on the way, under a greater value or in rounding; \
             it is refused because a rule holds for all words\n",
        ),
    }
}

fn line_of(line: &ViolationLine) -> String {
    let cycle = line.cycle.map_or("-".to_owned(), |cycle| cycle.to_string());
    let unit = line.unit.as_deref().unwrap_or("-");
    let ViolationLine { number, rule, chip, chips, place, expected, found, .. } = line;
    let chips = match chips.as_slice() {
        [] | [_] => format!("chip {chip}"),
        chips => format!("chips {}", chips.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
    };
    format!("rule {number} {rule}: {chips}, cycle {cycle}, unit {unit}, {place}: expected {expected}, found {found}")
}

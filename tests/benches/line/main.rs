//! Measures the whole line: import, compile, verify, load, one token, how long a seek to any moment takes; and a system of 576 chips.
//!
//! In: the committed model, and the real one where `models/` holds it; `--json`, `--seeks N`.  Out: a table, or one JSON object.
//! Invariant: a wrong answer is a panic, not a time; times of one report come from one run, so that their ratios hold on a busy machine.
//! Method: every figure is the fastest of several runs, other load only ever adds; the yardstick is a plain loop over as many weights
//!     as the token reads, timed between the tokens.

mod clock;
mod fleet;
mod report;
mod seek;
mod token;
mod yardstick;

use arch::Chip;
use clock::{Times, timed};
use compile::Compiled;
use report::{Report, Row};
use std::process::ExitCode;

/// The prompt of every run.
const PROMPT: &str = "The traffic light turned green and every car";

/// What is asked for.
struct Options {
    is_json: bool,
    seeks: u32,
}

/// A model and how often its stages are run.
struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    context: u32,
    /// Runs of compile and verify.
    builds: u32,
    /// Tokens generated after the prompt.
    generated: u32,
}

fn main() -> ExitCode {
    // Cargo adds its own `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let options = match parse(&words) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    let mut reports: Vec<Report> = cases().iter().map(|case| measure(case, options.seeks)).collect();
    reports.push(fleet::measure());
    if options.is_json {
        println!("{}", report::json(&reports));
    } else {
        reports.iter().for_each(|report| println!("{report}"));
    }
    ExitCode::SUCCESS
}

fn parse(words: &[String]) -> Result<Options, String> {
    let mut options = Options { is_json: false, seeks: 1000 };
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "--json" => options.is_json = true,
            "--seeks" => {
                let number = rest.next().and_then(|number| number.parse().ok()).filter(|number| 0 < *number);
                options.seeks = number.ok_or("--seeks takes a number, at least 1")?;
            }
            _ => return Err(format!("`{word}` is not an option; there are --json and --seeks N")),
        }
    }
    Ok(options)
}

fn cases() -> Vec<Case> {
    let tiny = include_bytes!("../../../static/models/tiny.gguf").to_vec();
    let mut cases = vec![Case { name: "tiny", bytes: tiny, context: 256, builds: 20, generated: 32 }];
    match tests::real_model() {
        Some(bytes) => cases.push(Case { name: "SmolLM2-135M", bytes, context: 128, builds: 3, generated: 8 }),
        None => {
            eprintln!("models/ holds no .gguf, so only tiny is measured; `cargo xtask models` fetches the real one")
        }
    }
    cases
}

fn measure(case: &Case, seeks: u32) -> Report {
    let chip = Chip::lpu_14nm();
    let options = import::gguf::LoadOptions { context: case.context };
    let mut rows = Vec::new();
    let (model, import) = timed(case.builds, || import::gguf::load(case.bytes.as_slice(), options).expect("it loads"));
    rows.push(Row::milliseconds("import", &import));
    let (compiled, compile) =
        timed(case.builds, || compile::compile(&model.graph, &model.weights, &chip).expect("it fits one chip"));
    rows.push(Row::milliseconds("compile", &compile));
    let (verdict, verify) = timed(case.builds, || verify::violations(&chip, &compiled.program));
    assert_eq!(verdict.total, 0, "{verdict:?}");
    rows.push(Row::milliseconds("verify", &verify));
    let both: Times = compile.iter().zip(&verify).map(|(compile, verify)| compile + verify).collect();
    rows.push(Row::milliseconds("compile + verify", &both));
    let Compiled { program, tables, launch, .. } = compiled;
    let line = token::Line { chip: &chip, model: &model, program: &program, tables: &tables, launch: &launch };
    rows.extend(token::measure(&line, case.builds, case.generated));
    rows.extend(seek::measure(&case.bytes, case.context, case.generated, seeks));
    Report { name: case.name, rows }
}

//! The command `tiny`: trains the default model, judges it, lets it talk.
//!
//! In: arguments.  Out: a GGUF file, figures, text; exit 1 when the gate fails, 2 when the command is wrong.
//! Invariant: no figure is printed that was not just measured.
//! Method: one function per command.
//! Source: ours.

use std::process::ExitCode;

use tiny::decode::continuation;
use tiny::gate::{self, NEW_PERCENT, PARSED_PERCENT, PROMPTS};
use tiny::gguf::{MAX_BYTES, write};
use tiny::grammar::Language;
use tiny::read::{Model, read};
use tiny::train::{Plan, Threads, train};

const USAGE: &str = "usage:
  tiny train --out FILE [--seed N] [--steps N] [--threads 1|2]   trains and writes the model; the same bytes every time
  tiny check [FILE] [--seed N] [--steps N]                       the quality gate, against the training text of that plan
  tiny say TEXT [FILE]                                           continues TEXT
  tiny stories N                                                 prints N training stories per language
FILE is static/models/tiny.gguf unless named. Training takes about 15 minutes of one core; built with
RUSTFLAGS=\"-C target-cpu=native\" it takes half of that and gives the same bytes.";

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../static/models/tiny.gguf");
const DEFAULT_PLAN: Plan = Plan { seed: 1, steps: 1_500, threads: Threads::One };

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// Arguments that belong to no option, and the options.
struct Arguments {
    plain: Vec<String>,
    out: Option<String>,
    plan: Plan,
}

fn number<T: std::str::FromStr>(option: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{option} needs a whole number, not `{value}`\n{USAGE}"))
}

fn threads(value: &str) -> Result<Threads, String> {
    match value {
        "1" => Ok(Threads::One),
        "2" => Ok(Threads::Two),
        _ => Err(format!("--threads needs 1 or 2, not `{value}`\n{USAGE}")),
    }
}

fn arguments(all: &[String]) -> Result<Arguments, String> {
    let mut read = Arguments { plain: Vec::new(), out: None, plan: DEFAULT_PLAN };
    let mut rest = all.iter();
    while let Some(argument) = rest.next() {
        if !argument.starts_with("--") {
            read.plain.push(argument.clone());
            continue;
        }
        let value = rest.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"))?;
        match argument.as_str() {
            "--out" => read.out = Some(value.clone()),
            "--seed" => read.plan.seed = number(argument, value)?,
            "--steps" => read.plan.steps = number(argument, value)?,
            "--threads" => read.plan.threads = threads(value)?,
            _ => return Err(format!("there is no option {argument}\n{USAGE}")),
        }
    }
    Ok(read)
}

fn run(all: &[String]) -> Result<ExitCode, String> {
    let (command, rest) = all.split_first().ok_or(USAGE)?;
    let arguments = arguments(rest)?;
    let plain: Vec<&str> = arguments.plain.iter().map(String::as_str).collect();
    match (command.as_str(), plain.as_slice()) {
        ("train", []) => make(arguments.plan, &arguments.out.ok_or(USAGE)?),
        ("check", []) => check(DEFAULT_FILE, arguments.plan),
        ("check", [file]) => check(file, arguments.plan),
        ("say", [text]) => say(DEFAULT_FILE, text),
        ("say", [text, file]) => say(file, text),
        ("stories", [count]) => {
            println!("{}", gate::training_text(arguments.plan.seed, 2 * number::<usize>("stories", count)?));
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(USAGE.to_string()),
    }
}

fn load(file: &str) -> Result<(Model, usize), String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}; name a file or run `tiny train`"))?;
    let model = read(&bytes).map_err(|error| format!("{file}: {error}"))?;
    Ok((model, bytes.len()))
}

fn make(plan: Plan, file: &str) -> Result<ExitCode, String> {
    let start = std::time::Instant::now();
    let report = |step: usize, loss: f64| {
        println!("step {step} of {}: {loss:.4} nats per token, {:.0} s", plan.steps, start.elapsed().as_secs_f64());
    };
    let trained = train(plan, report);
    let bytes = write(&trained.tokenizer, &trained.weights);
    std::fs::write(file, &bytes).map_err(|error| format!("{file}: {error}"))?;
    println!("{file}: {} bytes of at most {MAX_BYTES}", bytes.len());
    Ok(ExitCode::SUCCESS)
}

fn say(file: &str, text: &str) -> Result<ExitCode, String> {
    let (model, _) = load(file)?;
    println!("{text}{}", continuation(&model.weights, &model.tokenizer, text));
    Ok(ExitCode::SUCCESS)
}

fn check(file: &str, plan: Plan) -> Result<ExitCode, String> {
    let (model, size) = load(file)?;
    let text = gate::training_text(plan.seed, plan.stories());
    println!("{file}: {size} bytes of at most {MAX_BYTES}; training text: {} bytes", text.len());
    let mut good = size <= MAX_BYTES;
    for language in Language::ALL {
        let samples = gate::samples(&model, language, PROMPTS);
        let (parsed, new) = (gate::count_parsed(&samples), gate::count_new(&samples, &text));
        println!(
            "{language:?}: {parsed} of {PROMPTS} parsed (at least {PARSED_PERCENT} %), {new} new (at least {NEW_PERCENT} %)"
        );
        for sample in samples.iter().filter(|sample| !sample.parsed) {
            println!("  not a story: {} >>>{}", sample.prompt, sample.continuation);
        }
        good &= PARSED_PERCENT * PROMPTS <= parsed * 100 && NEW_PERCENT * PROMPTS <= new * 100;
    }
    println!("{}", if good { "passed" } else { "failed" });
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

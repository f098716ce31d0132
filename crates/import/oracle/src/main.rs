//! Compares the f32 reference evaluator with candle on a real model, token by token.
//!
//! In: a GGUF file of the Llama family.  Out: differences of the most probable token and of logits; with `--record`, a reference file.
//! Invariant: both see the same tokens (teacher-forced on candle's own choice), and both compute with weights dequantised to f32.
//! Method: 20 prompts, 32 tokens each, one token per step on either side. Run from the repository's root:
//! `CANDLE_DEQUANTIZE_ALL=1 cargo run --release --manifest-path crates/import/oracle/Cargo.toml --target-dir target/oracle --
//! models/SmolLM2-135M-Instruct.Q4_1.gguf [--record crates/import/tests/smollm2_f32.txt]`
//! Source: candle-transformers 0.11.1, `models::quantized_llama`, as the other implementation.

mod prompts;

use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Tensor as CandleTensor};
use candle_transformers::models::quantized_llama::ModelWeights;
use graph::eval::Evaluator;
use import::{LoadOptions, gguf};
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::process::ExitCode;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Tokens after each prompt.
const TOKENS: usize = 32;
/// A smaller margin between the two best tokens may fall either way by rounding alone.
const MARGIN_MIN: f32 = 0.02;
const CONTEXT: u32 = 96;

/// What one comparison found.
#[derive(Default)]
struct Findings {
    positions: usize,
    differing: usize,
    differing_beyond_margin: usize,
    logit_error_max: f32,
}

fn main() -> ExitCode {
    match run() {
        Ok(findings) if findings.differing_beyond_margin == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Outcome<Findings> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (path, record) = match words.as_slice() {
        [path] => (path, None),
        [path, flag, record] if flag == "--record" => (path, Some(record)),
        _ => return Err("usage: oracle MODEL.gguf [--record FILE]".into()),
    };
    if std::env::var("CANDLE_DEQUANTIZE_ALL").as_deref() != Ok("1") {
        return Err(
            "set CANDLE_DEQUANTIZE_ALL=1: candle's quantised kernels round activations and are no oracle".into()
        );
    }
    let model = gguf::load(std::fs::read(path)?, LoadOptions { context: CONTEXT })?;
    let mut evaluator = Evaluator::new(&model.graph, &model.weights)?;
    let mut file = std::fs::File::open(path)?;
    let content = Content::read(&mut file)?;
    let mut candle = ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?;
    let mut findings = Findings::default();
    let mut lines = header(path);
    for prompt in prompts::PROMPTS {
        let tokens = model.tokenizer.encode(prompt)?;
        evaluator.reset();
        candle.clear_kv_cache();
        let choices = compare(&tokens, &mut evaluator, &mut candle, &mut findings)?;
        writeln!(lines, "{}", line(&tokens, &choices))?;
        let text: Vec<u32> = choices.iter().map(|choice| choice.token).collect();
        let text = String::from_utf8_lossy(&model.tokenizer.decode(&text)).replace('\n', " ");
        println!(
            "{}/{} differ, logits within {:.2e} | {prompt:?} {text}",
            findings.differing, findings.positions, findings.logit_error_max
        );
    }
    println!(
        "{} positions: {} differ, {} of them where candle's margin exceeds {MARGIN_MIN}; greatest logit difference {:.3e}",
        findings.positions, findings.differing, findings.differing_beyond_margin, findings.logit_error_max
    );
    if let Some(record) = record {
        std::fs::write(record, lines)?;
    }
    Ok(findings)
}

/// Candle's best token and how far it is ahead of the second.
struct Choice {
    token: u32,
    margin: f32,
}

fn compare(
    prompt: &[u32],
    evaluator: &mut Evaluator<'_>,
    candle: &mut ModelWeights,
    findings: &mut Findings,
) -> Outcome<Vec<Choice>> {
    let mut tokens = prompt.to_vec();
    let mut choices = Vec::new();
    for position in 0..prompt.len() + TOKENS - 1 {
        let ours = step(evaluator, tokens[position], position)?;
        let input = CandleTensor::new(&[[tokens[position]]], &Device::Cpu)?;
        let theirs = candle.forward(&input, position)?.flatten_all()?.to_vec1::<f32>()?;
        let error = ours.iter().zip(&theirs).map(|(ours, theirs)| (ours - theirs).abs()).fold(0.0, f32::max);
        findings.logit_error_max = findings.logit_error_max.max(error);
        if position + 1 < prompt.len() {
            continue;
        }
        let choice = choice(&theirs);
        findings.positions += 1;
        if best(&ours) != choice.token as usize {
            findings.differing += 1;
            findings.differing_beyond_margin += usize::from(MARGIN_MIN < choice.margin);
        }
        tokens.push(choice.token);
        choices.push(choice);
    }
    Ok(choices)
}

fn step(evaluator: &mut Evaluator<'_>, token: u32, position: usize) -> Outcome<Vec<f32>> {
    let scalar = |value: i32| graph::Tensor::i32(&[1], vec![value]);
    let token = ("token".to_owned(), scalar(i32::try_from(token)?));
    let position = ("position".to_owned(), scalar(i32::try_from(position)?));
    let outputs = evaluator.step(&BTreeMap::from([token, position]))?;
    let logits = outputs.get("logits").and_then(graph::Tensor::as_f32);
    Ok(logits.ok_or("the graph has f32 logits")?.to_vec())
}

/// Index of the greatest, the lowest among equals.
fn best(logits: &[f32]) -> usize {
    (1..logits.len()).fold(0, |best, id| if logits[best] < logits[id] { id } else { best })
}

fn choice(logits: &[f32]) -> Choice {
    let token = best(logits);
    let others = logits.iter().enumerate().filter(|&(id, _)| id != token).map(|(_, &logit)| logit);
    Choice { token: token as u32, margin: logits[token] - others.fold(f32::NEG_INFINITY, f32::max) }
}

fn header(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    format!(
        "# {name}, weights dequantised to f32, greedy: recorded with candle-transformers 0.11.1 by crates/import/oracle.\n\
         # Each line: prompt tokens | best token:margin to the second best, {TOKENS} times.\n"
    )
}

fn line(prompt: &[u32], choices: &[Choice]) -> String {
    let prompt: Vec<String> = prompt.iter().map(u32::to_string).collect();
    let choices: Vec<String> = choices.iter().map(|choice| format!("{}:{:.4}", choice.token, choice.margin)).collect();
    format!("{} | {}", prompt.join(" "), choices.join(" "))
}

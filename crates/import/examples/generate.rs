//! Continues a prompt with the reference evaluator in f32: `cargo run -p import --example generate -- FILE PROMPT [TOKENS]`.
//!
//! In: a GGUF file of the Llama family and a text.  Out: the most probable continuation, and seconds per token.
//! Invariant: greedy, ties to the lowest id; nothing is quantised again, so that this is the text to compare with.
//! Method: one `Evaluator` step per token; slow on purpose.

use graph::Tensor;
use graph::eval::Evaluator;
use import::{LoadOptions, Model, TextStream, gguf};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (file, prompt, count) = match words.as_slice() {
        [file, prompt] => (file, prompt, 32),
        [file, prompt, count] => (file, prompt, count.parse()?),
        _ => return Err("usage: generate FILE PROMPT [TOKENS]".into()),
    };
    let start = Instant::now();
    let bytes = std::fs::read(file)?;
    let prompt_tokens = gguf::tokenizer(&gguf::Header::parse(&bytes)?)?.encode(prompt)?;
    let context = u32::try_from(prompt_tokens.len() + count)?;
    let model = gguf::load(bytes, LoadOptions { context })?;
    println!("{:?}: {} nodes, loaded in {:.2?}", model.name, model.graph.nodes.len(), start.elapsed());
    generate(&model, &prompt_tokens, count)
}

fn generate(model: &Model<Vec<u8>>, prompt: &[u32], count: usize) -> Result<(), Box<dyn Error>> {
    let mut evaluator = Evaluator::new(&model.graph, &model.weights)?;
    let mut text = TextStream::default();
    let mut tokens = prompt.to_vec();
    let mut seconds = Vec::new();
    print!("{}", text.push(&model.tokenizer.decode(prompt)));
    for position in 0..prompt.len() + count {
        let start = Instant::now();
        let inputs = BTreeMap::from([
            ("token".to_owned(), Tensor::i32(&[1], vec![tokens[position] as i32])),
            ("position".to_owned(), Tensor::i32(&[1], vec![position as i32])),
        ]);
        let outputs = evaluator.step(&inputs)?;
        seconds.push(start.elapsed().as_secs_f64());
        if position + 1 < tokens.len() {
            continue;
        }
        let logits = outputs["logits"].as_f32().ok_or("logits are f32")?;
        let best = (0..logits.len()).reduce(|best, id| if logits[best] < logits[id] { id } else { best });
        let best = best.ok_or("a vocabulary is not empty")? as u32;
        if model.tokenizer.is_end(best) {
            print!("{}", model.tokenizer.label(best));
            break;
        }
        print!("{}", text.push(model.tokenizer.token_bytes(best)));
        std::io::stdout().flush()?;
        tokens.push(best);
    }
    let later = &seconds[1..];
    println!("\nfirst token {:.2} s, then {:.3} s each", seconds[0], later.iter().sum::<f64>() / later.len() as f64);
    Ok(())
}

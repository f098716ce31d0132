//! The page's default model, from its committed file to values.
//!
//! In: `static/models/tiny.gguf`.  Out: pass, or what is wrong.
//! Invariant: nothing here depends on one training run: another seed of the same model passes too.
//! Method: the model must find its own language likely, which a wrong rotation, layout or merge would spoil.

use graph::Tensor;
use graph::eval::Evaluator;
use import::{LoadOptions, Model, gguf};

fn model(context: u32) -> Model<Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../static/models/tiny.gguf");
    let file = std::fs::read(path).expect("the model is committed");
    gguf::load(file, LoadOptions { context }).expect("the model is supported")
}

/// Mean over the tokens of `text` after its first of `-ln(probability)`, in nats.
fn surprise(model: &Model<Vec<u8>>, text: &str) -> f64 {
    let tokens = model.tokenizer.encode(text).expect("the vocabulary has every byte");
    let mut evaluator = Evaluator::new(&model.graph, &model.weights).expect("the graph is legal");
    let mut total = 0.0;
    for (position, pair) in tokens.windows(2).enumerate() {
        let scalar = |value: usize| Tensor::i32(&[1], vec![value as i32]);
        let inputs = [("token", scalar(pair[0] as usize)), ("position", scalar(position))];
        let inputs = inputs.map(|(name, value)| (name.to_owned(), value)).into();
        let outputs = evaluator.step(&inputs).expect("position and token are in range");
        let logits = outputs["logits"].as_f32().expect("logits are f32");
        let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = logits.iter().map(|logit| f64::from(logit - greatest).exp()).sum();
        total -= f64::from(logits[pair[1] as usize] - greatest) - sum.ln();
    }
    total / (tokens.len() - 1) as f64
}

#[test]
fn the_model_finds_its_own_language_likely() {
    let model = model(64);
    for text in [
        "The traffic light turned green and every car",
        "In the control center an engineer watched the bus on the map and opened",
        "綠燈亮了，每一輛車",
    ] {
        let nats = surprise(&model, text);
        assert!(nats < 1.5, "{text:?}: {nats} nats a token; a uniform guess has {:.1}", 480f64.ln());
    }
    let nats = surprise(&model, "tha green eveyr lihgt");
    assert!(2.5 < nats, "misspelled text is as likely as any: {nats} nats a token");
}

#[test]
fn its_tokenizer_spells_anything() {
    let model = model(8);
    for text in ["A green wave!", "綠燈亮了，車子走了。", "\0\u{4}\u{10FFFF}é 🚗\r\n"] {
        let ids = model.tokenizer.encode(text).expect("the vocabulary has every byte");
        assert_eq!(ids.first().copied(), model.tokenizer.bos());
        assert_eq!(model.tokenizer.decode(&ids[1..]), text.as_bytes());
    }
    assert_eq!(model.tokenizer.special("<|end|>"), model.tokenizer.eos());
}

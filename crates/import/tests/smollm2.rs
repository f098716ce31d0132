//! What only the real model can show: its tokenizer and its values against recorded answers.
//!
//! In: `models/SmolLM2-135M-Instruct.Q4_1.gguf`, fetched by `cargo xtask models`; without it these tests have nothing to test.
//! Out: pass, or the first difference.
//! Invariant: the recorded answers come from another implementation, named beside them.
//! Method: short sentences written for this file; of the recorded continuations the first tokens of one, as the evaluator is slow.
//! All 20 continuations of 32 tokens are compared by the command in `crates/import/oracle`.

use graph::Tensor;
use graph::eval::Evaluator;
use import::gguf::{self, Header};
use import::{LoadOptions, Tokenizer};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/SmolLM2-135M-Instruct.Q4_1.gguf");

fn tokenizer() -> Option<Tokenizer> {
    let file = std::fs::read(MODEL).ok()?;
    let header = Header::parse(&file).expect("the published file is sound");
    Some(gguf::tokenizer(&header).expect("its tokenizer is supported"))
}

/// Recorded 2026-11-24 with the Python package `tokenizers` 0.23.3: a BPE model from this file's vocabulary and merges, behind
/// `Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)])`, the control tokens as special tokens.
/// 6000 random texts under each of the four pre-tokenizers were compared then too: no difference.
const RECORDED: [(&str, &[u32]); 5] = [
    (
        "A green wave is a road on which every light is green when you reach it.",
        &[49, 2654, 6053, 314, 253, 3398, 335, 527, 897, 1420, 314, 2654, 645, 346, 3470, 357, 30],
    ),
    (
        "It's 08:15, and 1234 cars don't stop.",
        &[1589, 506, 216, 32, 40, 42, 33, 37, 28, 284, 216, 33, 34, 35, 36, 5989, 1326, 982, 2853, 30],
    ),
    (
        "綠燈亮了,車子走了。",
        &[178, 131, 250, 178, 225, 226, 16736, 123, 46025, 28, 179, 136, 228, 47222, 179, 130, 125, 46025, 19076],
    ),
    ("  two  spaces\n\n\tand a tab\u{a0}", &[216, 827, 216, 5600, 1116, 197, 397, 253, 10147, 15442]),
    ("<|im_start|>user\nHello!<|im_end|>\n", &[1, 4093, 198, 19556, 17, 2, 198]),
];

#[test]
fn the_tokenizer_gives_the_recorded_ids() {
    let Some(tokenizer) = tokenizer() else { return };
    for (text, ids) in RECORDED {
        assert_eq!(tokenizer.encode(text).as_deref(), Ok(ids), "{text:?}");
        assert_eq!(tokenizer.decode(ids), text.as_bytes());
    }
}

#[test]
fn its_special_tokens_have_names() {
    let Some(tokenizer) = tokenizer() else { return };
    assert_eq!(tokenizer.special("<|im_start|>"), Some(1));
    assert_eq!((tokenizer.bos(), tokenizer.eos()), (Some(1), Some(2)));
    assert!(tokenizer.is_end(2) && tokenizer.is_end(0) && !tokenizer.is_end(1));
    assert_eq!(tokenizer.vocabulary_len(), 49_152);
    let error = tokenizer.encode("go\u{4}").expect_err("this vocabulary lacks 21 bytes, 0x04 among them");
    assert_eq!((error.at, error.byte), (2, 4));
}

/// Written by `crates/import/oracle` with candle 0.11.1, weights dequantised to f32; its header says how.
const CONTINUATIONS: &str = include_str!("smollm2_f32.txt");

/// A best token and its margin to the second best.
type Choice = (u32, f32);

/// Prompt tokens, then the choices after it.
fn continuation(line: &str) -> Option<(Vec<u32>, Vec<Choice>)> {
    let (prompt, choices) = line.split_once(" | ")?;
    let prompt = prompt.split(' ').map(|id| id.parse().ok()).collect::<Option<_>>()?;
    let choice =
        |text: &str| text.split_once(':').and_then(|(id, margin)| Some((id.parse().ok()?, margin.parse().ok()?)));
    Some((prompt, choices.split(' ').map(choice).collect::<Option<_>>()?))
}

fn best(logits: &[f32]) -> usize {
    (1..logits.len()).fold(0, |best, id| if logits[best] < logits[id] { id } else { best })
}

#[test]
fn the_record_is_whole() {
    let lines: Vec<_> = CONTINUATIONS.lines().filter(|line| !line.starts_with('#')).map(continuation).collect();
    assert_eq!(lines.len(), 20);
    assert!(lines.iter().all(|line| line.as_ref().is_some_and(|(_, choices)| choices.len() == 32)));
}

#[test]
fn the_evaluator_makes_the_recorded_choices() {
    const TOKENS: usize = 8;
    const MARGIN_MIN: f32 = 0.02;
    let Ok(file) = std::fs::read(MODEL) else { return };
    let model = gguf::load(file, LoadOptions { context: 32 }).expect("the published file is supported");
    let line = CONTINUATIONS.lines().find(|line| !line.starts_with('#')).and_then(continuation);
    let (prompt, choices) = line.expect("the record has a line");
    let mut evaluator = Evaluator::new(&model.graph, &model.weights).expect("the graph is legal");
    let forced = choices.iter().map(|&(token, _)| token);
    let tokens: Vec<u32> = prompt.iter().copied().chain(forced).collect();
    for (position, &token) in tokens.iter().enumerate().take(prompt.len() + TOKENS - 1) {
        let scalar = |value: usize| Tensor::i32(&[1], vec![value as i32]);
        let inputs = [("token", scalar(token as usize)), ("position", scalar(position))];
        let inputs = inputs.map(|(name, value)| (name.to_owned(), value)).into();
        let outputs = evaluator.step(&inputs).expect("position and token are in range");
        let Some(&(expected, margin)) = (position + 1).checked_sub(prompt.len()).and_then(|index| choices.get(index))
        else {
            continue;
        };
        let found = best(outputs["logits"].as_f32().expect("logits are f32"));
        assert!(margin < MARGIN_MIN || found == expected as usize, "position {position}: {found}, expected {expected}");
    }
}

//! What only the real model can show: its tokenizer against recorded answers.
//!
//! In: `models/SmolLM2-135M-Instruct.Q4_1.gguf`, fetched by `cargo xtask models`; without it these tests have nothing to test.
//! Out: pass, or the first difference.
//! Invariant: the recorded answers come from another implementation, named beside them.
//! Method: short sentences written for this file.

use import::Tokenizer;
use import::gguf::{self, Header};

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

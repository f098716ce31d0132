//! Whole small models: loaded, and refused for one flaw each.
//!
//! In: files written here.  Out: models, or errors that name key, tensor and remedy.
//! Invariant: a flaw in the file never reaches the graph builder.
//! Method: a writer with one change per case.

use super::writer::Writer;
use super::{LoadOptions, load};
use crate::error::{Expected, Found, ImportError, check_languages};
use crate::llama::tensors;
use crate::{Kind, LlamaShape, PromptError};
use graph::TensorData;
use units::{Rng, Span};

const OPTIONS: LoadOptions = LoadOptions { context: 8 };

fn shape() -> LlamaShape {
    crate::llama::small()
}

/// Metadata of the small model, but for the keys left out.
fn metadata(left_out: &[&str]) -> Writer {
    let shape = shape();
    let mut writer = Writer::default();
    let mut numbers = vec![
        ("llama.block_count", shape.layers),
        ("llama.embedding_length", shape.width),
        ("llama.attention.head_count", shape.heads),
        ("llama.attention.head_count_kv", shape.kv_heads),
        ("llama.attention.key_length", shape.head_dim),
        ("llama.feed_forward_length", shape.ffn),
        ("llama.context_length", shape.context_max),
    ];
    numbers.retain(|(key, _)| !left_out.contains(key));
    writer.text("general.architecture", "llama");
    numbers.into_iter().for_each(|(key, value)| {
        writer.u32(key, value);
    });
    if !left_out.contains(&"llama.attention.layer_norm_rms_epsilon") {
        writer.f32("llama.attention.layer_norm_rms_epsilon", shape.epsilon);
    }
    let tokens: Vec<String> = (b'a'..b'a' + shape.vocab as u8).map(|byte| char::from(byte).to_string()).collect();
    writer.text("tokenizer.ggml.model", "gpt2").texts("tokenizer.ggml.tokens", &tokens);
    writer.texts::<&str>("tokenizer.ggml.merges", &[]);
    writer
}

/// All tensors, but for those left out; values are seeded.
fn with_tensors(mut writer: Writer, left_out: &[&str]) -> Writer {
    let mut rng = Rng::new(7);
    for (name, extents) in tensors::all(&shape()).filter(|(name, _)| !left_out.contains(&name.as_str())) {
        let count: u32 = extents.iter().product();
        let values: Vec<f32> = (0..count).map(|_| rng.unit() as f32 - 0.5).collect();
        let innermost_first: Vec<u64> = extents.iter().rev().map(|&extent| u64::from(extent)).collect();
        writer.f32_tensor(&name, &innermost_first, &values);
    }
    writer
}

fn error_of(writer: &Writer) -> ImportError {
    load(writer.file(), OPTIONS).map(|model| model.shape).unwrap_err()
}

fn refused(writer: &Writer, words: &str) {
    let error = error_of(writer);
    check_languages(&error);
    assert!(error.to_string().contains(words), "`{error}` lacks `{words}`");
    assert!(error.kind == Kind::Missing || error.at.is_some(), "`{error}` has no position");
}

#[test]
fn a_small_model_loads_and_its_weights_read_by_row() {
    let model = load(with_tensors(metadata(&[]), &[]).file(), OPTIONS).unwrap();
    assert_eq!(model.shape, shape());
    let id = graph::TensorId::new(0);
    assert_eq!(model.graph.tensors[id].name, "token_embd.weight");
    let whole = model.weights.load(id).unwrap();
    assert_eq!(whole.shape().extents(), [11, 8]);
    let rows = model.weights.rows(id, Span::new(3, 2)).unwrap();
    assert_eq!(rows, whole.as_f32().unwrap()[24..40]);
    assert!(model.weights.load(graph::TensorId::new(99)).is_err());
}

#[test]
fn defaults_stand_in_for_optional_keys() {
    let writer = with_tensors(metadata(&["llama.attention.head_count_kv", "llama.attention.key_length"]), &[]);
    refused(&writer, "`blk.0.attn_q.weight`: expected extents [8, 8], found [24, 8]");
}

#[test]
fn keys_are_named() {
    refused(Writer::default().text("x", "y"), "`tokenizer.ggml.model`: expected a value");
    let mut writer = metadata(&[]);
    writer.u32("llama.expert_count", 8);
    refused(&with_tensors(writer, &[]), "`llama.expert_count`: expected 0, found 8");
    let mut writer = metadata(&[]);
    writer.text("llama.rope.scaling.type", "yarn");
    refused(&with_tensors(writer, &[]), "expected `none`, found `yarn`");
    let mut writer = metadata(&[]);
    writer.f32("llama.rope.scaling.factor", 4.0);
    refused(&with_tensors(writer, &[]), "expected 1, found 4");
    let mut writer = metadata(&[]);
    writer.u32("llama.rope.dimension_count", 4);
    refused(&with_tensors(writer, &[]), "expected 6, found 4");
    for key in ["llama.block_count", "llama.context_length", "llama.attention.layer_norm_rms_epsilon"] {
        refused(&with_tensors(metadata(&[key]), &[]), &format!("`{key}`: expected a value, found nothing"));
    }
    let mut writer = metadata(&["llama.attention.head_count"]);
    writer.f32("llama.attention.head_count", 4.0);
    refused(&with_tensors(writer, &[]), "expected 0 to 4294967295, found Float(4.0)");
    let mut writer = metadata(&["llama.attention.head_count"]);
    writer.u32("llama.attention.head_count", 0);
    refused(&with_tensors(writer, &[]), "`llama.attention.head_count`: expected 1 to 16777216, found 0");
}

#[test]
fn another_architecture_is_refused() {
    let mut writer = Writer::default();
    writer.text("general.architecture", "mamba").text("tokenizer.ggml.model", "gpt2");
    writer.texts("tokenizer.ggml.tokens", &["a"]).texts::<&str>("tokenizer.ggml.merges", &[]);
    let error = error_of(&writer);
    assert_eq!(error.kind, Kind::Unsupported);
    assert!(error.to_string().contains("expected `llama`, found `mamba`; choose a model of the plain Llama family"));
}

#[test]
fn tensors_are_named() {
    let writer = with_tensors(metadata(&[]), &["blk.1.ffn_up.weight", "output_norm.weight"]);
    refused(&writer, "tensors: expected `output_norm.weight`, `blk.1.ffn_up.weight`, found nothing");
    let mut writer = with_tensors(metadata(&[]), &[]);
    writer.f32_tensor("blk.0.attn_q.bias", &[24], &[0.0; 24]);
    refused(&writer, "`blk.0.attn_q.bias`: expected only tensors of the family");
    let mut writer = with_tensors(metadata(&[]), &["output_norm.weight"]);
    writer.tensor("output_norm.weight", &[8], 24, &[0; 8]);
    refused(&writer, "`output_norm.weight`: expected F32, F16, BF16, Q8_0, Q4_0, Q4_1, found I8; convert the model");
}

#[test]
fn a_lying_layer_count_costs_nothing() {
    let mut writer = metadata(&["llama.block_count"]);
    writer.u32("llama.block_count", 16_000_000);
    refused(&with_tensors(writer, &[]), "and more, found nothing");
}

#[test]
fn the_context_is_the_callers_to_choose_within_the_models() {
    for context in [0, 65] {
        let error = load(with_tensors(metadata(&[]), &[]).file(), LoadOptions { context }).map(|_| ()).unwrap_err();
        assert_eq!((error.kind, error.at), (Kind::Option, None));
        assert_eq!(
            (error.expected, error.found),
            (Expected::Range { low: 1, high: 64 }, Found::Number(context.into()))
        );
    }
}

#[test]
fn mutated_models_never_panic_and_what_loads_can_be_read() {
    let file = with_tensors(metadata(&[]), &[]).file();
    let header = super::Header::parse(&file).unwrap().size.0;
    let mut loaded = 0;
    for seed in 0..20_000 {
        let mut rng = Rng::new(seed);
        let mut bytes = file.clone();
        for _ in 0..=rng.below(2) {
            let at = rng.below(header) as usize;
            bytes[at] = if rng.below(2) == 0 { bytes[at] ^ (1 << rng.below(8)) } else { rng.next_u64() as u8 };
        }
        let Ok(model) = load(bytes, OPTIONS) else { continue };
        loaded += 1;
        for (id, info) in model.graph.tensors.iter() {
            let tensor = model.weights.load(id).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert_eq!(tensor.shape(), &info.shape, "seed {seed}");
        }
    }
    assert!((40..4_000).contains(&loaded), "{loaded} of 20000 mutants load: the mutations test nothing");
}

#[test]
fn a_prompt_leaves_room_for_an_answer() {
    let model = load(with_tensors(metadata(&[]), &[]).file(), OPTIONS).unwrap();
    assert_eq!(model.prompt("abcdefg"), Ok(vec![0, 1, 2, 3, 4, 5, 6]));
    assert_eq!(model.prompt("abcdefgh"), Err(PromptError::TooLong { most: 7, found: 8 }));
    assert_eq!(model.prompt(""), Err(PromptError::Empty));
    let error = model.prompt("ab z").unwrap_err();
    let english =
        "prompt, byte 2: expected text that the model's vocabulary can spell, found 0x20 in ' '; remove that character";
    assert_eq!(error.to_string(), english);
    assert!(error.chinese().contains("位元組位置 2"));
}

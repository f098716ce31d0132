//! Writes the model as a GGUF file.
//!
//! In: tokenizer, weights.  Out: the bytes of a GGUF version 3 file.
//! Invariant: at most 400 kB; every tensor starts at a multiple of 32; the same model gives the same bytes.
//! Method: header, metadata, tensor directory, padding, data; matrices as Q4_0, vectors as F32.
//! Source: the GGUF specification in ggml's documentation; names as llama.cpp's converter gives them to Llama models.

use crate::bpe::{BEGIN, CONTROL, END, Tokenizer};
use crate::model::{CONTEXT, EMBED, EPSILON, FFN, HEAD, HEADS, KV_HEADS, LAYERS, ROPE_BASE, VOCAB, Weights};
use crate::q4;

/// The largest file the page is promised.
pub const MAX_BYTES: usize = 400_000;
/// Tensor data starts at multiples of this.
pub const ALIGNMENT: usize = 32;

/// Type numbers of metadata values.
pub mod kind {
    /// 32 bits without sign.
    pub const U32: u32 = 4;
    /// 32 bits with sign.
    pub const I32: u32 = 5;
    /// Single precision.
    pub const F32: u32 = 6;
    /// One byte, 0 or 1.
    pub const BOOL: u32 = 7;
    /// Length, then UTF-8.
    pub const STRING: u32 = 8;
    /// Element type, length, elements.
    pub const ARRAY: u32 = 9;
}

/// Type numbers of tensors.
pub mod tensor_kind {
    /// Single precision.
    pub const F32: u32 = 0;
    /// Blocks of 32 weights in 18 bytes.
    pub const Q4_0: u32 = 2;
}

/// A metadata value.
enum Value {
    U32(u32),
    F32(f32),
    Bool(bool),
    Text(String),
    Texts(Vec<String>),
    Numbers(Vec<i32>),
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn put_array(out: &mut Vec<u8>, element: u32, length: usize) {
    out.extend(kind::ARRAY.to_le_bytes());
    out.extend(element.to_le_bytes());
    out.extend((length as u64).to_le_bytes());
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::U32(number) => {
            out.extend(kind::U32.to_le_bytes());
            out.extend(number.to_le_bytes());
        }
        Value::F32(number) => {
            out.extend(kind::F32.to_le_bytes());
            out.extend(number.to_le_bytes());
        }
        Value::Bool(truth) => {
            out.extend(kind::BOOL.to_le_bytes());
            out.push(u8::from(*truth));
        }
        Value::Text(text) => {
            out.extend(kind::STRING.to_le_bytes());
            put_text(out, text);
        }
        Value::Texts(texts) => {
            put_array(out, kind::STRING, texts.len());
            texts.iter().for_each(|text| put_text(out, text));
        }
        Value::Numbers(numbers) => {
            put_array(out, kind::I32, numbers.len());
            numbers.iter().for_each(|number| out.extend(number.to_le_bytes()));
        }
    }
}

fn metadata(tokenizer: &Tokenizer) -> Vec<(&'static str, Value)> {
    let number = |value: usize| Value::U32(value as u32);
    let text = |value: &str| Value::Text(value.to_string());
    // Type 3 marks control tokens, type 1 all others.
    let types = (0..tokenizer.size()).map(|id| if id < CONTROL.len() { 3 } else { 1 }).collect();
    vec![
        ("general.architecture", text("llama")),
        ("general.name", text("tiny")),
        ("general.license", text("MIT OR Apache-2.0")),
        ("general.file_type", number(2)),
        ("general.quantization_version", number(2)),
        ("llama.block_count", number(LAYERS)),
        ("llama.context_length", number(CONTEXT)),
        ("llama.embedding_length", number(EMBED)),
        ("llama.feed_forward_length", number(FFN)),
        ("llama.attention.head_count", number(HEADS)),
        ("llama.attention.head_count_kv", number(KV_HEADS)),
        ("llama.attention.key_length", number(HEAD)),
        ("llama.attention.value_length", number(HEAD)),
        ("llama.attention.layer_norm_rms_epsilon", Value::F32(EPSILON)),
        ("llama.rope.dimension_count", number(HEAD)),
        ("llama.rope.freq_base", Value::F32(ROPE_BASE as f32)),
        ("llama.vocab_size", number(VOCAB)),
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text("gpt-2")),
        ("tokenizer.ggml.tokens", Value::Texts(tokenizer.texts())),
        ("tokenizer.ggml.token_type", Value::Numbers(types)),
        ("tokenizer.ggml.merges", Value::Texts(tokenizer.merge_texts())),
        ("tokenizer.ggml.bos_token_id", Value::U32(BEGIN)),
        ("tokenizer.ggml.eos_token_id", Value::U32(END)),
        ("tokenizer.ggml.add_bos_token", Value::Bool(true)),
        ("tokenizer.ggml.add_eos_token", Value::Bool(false)),
    ]
}

fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
}

/// The whole file.
pub fn write(tokenizer: &Tokenizer, weights: &Weights) -> Vec<u8> {
    let metadata = metadata(tokenizer);
    let tensors = weights.named();
    let mut out = b"GGUF".to_vec();
    out.extend(3u32.to_le_bytes());
    out.extend((tensors.len() as u64).to_le_bytes());
    out.extend((metadata.len() as u64).to_le_bytes());
    for (key, value) in &metadata {
        put_text(&mut out, key);
        put_value(&mut out, value);
    }
    let mut data = Vec::new();
    for (name, tensor) in &tensors {
        pad(&mut data);
        put_text(&mut out, name);
        let lengths = if tensor.is_matrix() { vec![tensor.columns, tensor.rows] } else { vec![tensor.columns] };
        out.extend((lengths.len() as u32).to_le_bytes());
        lengths.iter().for_each(|length| out.extend((*length as u64).to_le_bytes()));
        let kind = if tensor.is_matrix() { tensor_kind::Q4_0 } else { tensor_kind::F32 };
        out.extend(kind.to_le_bytes());
        out.extend((data.len() as u64).to_le_bytes());
        if tensor.is_matrix() {
            data.extend(q4::pack(&tensor.data));
        } else {
            data.extend(tensor.data.iter().flat_map(|value| value.to_le_bytes()));
        }
    }
    pad(&mut out);
    out.extend(data);
    out
}

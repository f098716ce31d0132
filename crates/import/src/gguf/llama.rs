//! The shape of a Llama model, from the metadata of its file.
//!
//! In: a header.  Out: a [`LlamaShape`] for which every tensor is there, with the right extents, in a decodable type.
//! Invariant: a file that means more than this family does (experts, biases, scaled rotation) is refused, never read wrongly.
//! Method: keys first, then each expected tensor, then no tensor may be left over.
//! Source: GGUF specification, "LLM" keys.

use super::header::{Header, Tensor};
use crate::error::{Expected, Found, ImportError, Kind, Remedy, Subject, quoted};
use crate::llama::tensors::{self, OuterPart};
use crate::llama::{Field, Head, LlamaShape};
use std::collections::BTreeSet;

const ARCHITECTURE: &str = "general.architecture";
const BASE_DEFAULT: f32 = 10_000.0;
/// How many missing tensors one message names.
const NAMES_MAX: usize = 4;

/// Reads and checks the shape; `vocab` is the tokenizer's number of tokens.
///
/// Errors: another architecture, a missing or wrong key, missing, superfluous or misshapen tensors, each by name.
pub fn shape(header: &Header, vocab: usize) -> Result<LlamaShape, ImportError> {
    let architecture = header.required(ARCHITECTURE, header.optional_text(ARCHITECTURE)?)?;
    if architecture != "llama" {
        return Err(unsupported(header, ARCHITECTURE, "`llama`", quoted(architecture)));
    }
    refuse_variants(header)?;
    let required = |field| header.required(key(field), header.optional_u32(key(field))?);
    let (width, heads) = (required(Field::Width)?, required(Field::Heads)?);
    let shape = LlamaShape {
        layers: required(Field::Layers)?,
        width,
        heads,
        kv_heads: header.optional_u32(key(Field::KvHeads))?.unwrap_or(heads),
        head_dim: head_dim(header, width, heads)?,
        ffn: required(Field::Ffn)?,
        vocab: u32::try_from(vocab).unwrap_or(u32::MAX),
        rope_base: header.optional_f32(key(Field::RopeBase))?.unwrap_or(BASE_DEFAULT),
        epsilon: header.required(key(Field::Epsilon), header.optional_f32(key(Field::Epsilon))?)?,
        context_max: required(Field::ContextMax)?,
        head: if header.tensor(OuterPart::Output.name()).is_some() { Head::Own } else { Head::Tied },
    };
    shape.check().map_err(|error| header.wrong(key(error.field), error.expected, error.found))?;
    check_tensors(header, &shape)?;
    Ok(shape)
}

/// The key that states a size.
fn key(field: Field) -> &'static str {
    match field {
        Field::Layers => "llama.block_count",
        Field::Width => "llama.embedding_length",
        Field::Heads => "llama.attention.head_count",
        Field::KvHeads => "llama.attention.head_count_kv",
        Field::HeadDim => "llama.attention.key_length",
        Field::Ffn => "llama.feed_forward_length",
        Field::Vocab => "tokenizer.ggml.tokens",
        Field::RopeBase => "llama.rope.freq_base",
        Field::Epsilon => "llama.attention.layer_norm_rms_epsilon",
        Field::ContextMax => "llama.context_length",
    }
}

fn unsupported(header: &Header, key: &str, expected: impl Into<String>, found: String) -> ImportError {
    let error = header.wrong(key, Expected::Literal(expected.into()), Found::Text(found));
    ImportError { kind: Kind::Unsupported, remedy: Remedy::OtherFamily, ..error }
}

/// Refuses what this family's graph does not have.
fn refuse_variants(header: &Header) -> Result<(), ImportError> {
    const EXPERTS: &str = "llama.expert_count";
    const SCALING: &str = "llama.rope.scaling.type";
    const FACTORS: [&str; 2] = ["llama.rope.scaling.factor", "llama.rope.scale_linear"];
    if let Some(count) = header.optional_u32(EXPERTS)?.filter(|&count| count != 0) {
        return Err(unsupported(header, EXPERTS, "0", count.to_string()));
    }
    let scaling = header.optional_text(SCALING)?.unwrap_or("none");
    if scaling != "none" {
        return Err(unsupported(header, SCALING, "`none`", quoted(scaling)));
    }
    for key in FACTORS {
        if let Some(factor) = header.optional_f32(key)?.filter(|&factor| factor != 1.0) {
            return Err(unsupported(header, key, "1", factor.to_string()));
        }
    }
    Ok(())
}

/// Lanes per head: stated, or the width divided among the heads; keys, values and rotation must agree on it.
fn head_dim(header: &Header, width: u32, heads: u32) -> Result<u32, ImportError> {
    const OTHERS: [&str; 2] = ["llama.attention.value_length", "llama.rope.dimension_count"];
    let head_dim = match header.optional_u32(key(Field::HeadDim))? {
        Some(stated) => stated,
        None => width.checked_div(heads).filter(|head_dim| head_dim * heads == width).ok_or_else(|| {
            header.wrong(key(Field::Heads), Expected::DivisorOf(width.into()), Found::Number(heads.into()))
        })?,
    };
    for other in OTHERS {
        if let Some(stated) = header.optional_u32(other)?.filter(|&stated| stated != head_dim) {
            return Err(unsupported(header, other, head_dim.to_string(), stated.to_string()));
        }
    }
    Ok(head_dim)
}

fn check_tensors(header: &Header, shape: &LlamaShape) -> Result<(), ImportError> {
    let absent = tensors::all(shape).map(|(name, _)| name).filter(|name| header.tensor(name).is_none());
    let absent: Vec<String> = absent.take(NAMES_MAX + 1).map(|name| quoted(&name)).collect();
    if !absent.is_empty() {
        let expected = match absent.get(..NAMES_MAX).filter(|_| NAMES_MAX < absent.len()) {
            Some(first) => Expected::NamesAndMore(first.to_vec()),
            None => Expected::Names(absent),
        };
        return Err(ImportError::missing(Subject::Tensors, expected, Remedy::DownloadAgain));
    }
    let mut expected_names = BTreeSet::new();
    for (name, extents) in tensors::all(shape) {
        if let Some(tensor) = header.tensor(&name) {
            check_tensor(tensor, &extents)?;
        }
        expected_names.insert(name);
    }
    match header.tensors().find(|tensor| !expected_names.contains(&tensor.name)) {
        Some(extra) => {
            let subject = Subject::Tensor(quoted(&extra.name));
            let remedy = Remedy::OtherFamily;
            Err(ImportError::unsupported(extra.at, subject, Expected::OnlyFamily, Found::Another, remedy))
        }
        None => Ok(()),
    }
}

fn check_tensor(tensor: &Tensor, extents: &[u32]) -> Result<(), ImportError> {
    let subject = Subject::Tensor(quoted(&tensor.name));
    let extents: Vec<u64> = extents.iter().map(|&extent| u64::from(extent)).collect();
    if tensor.extents != extents {
        let found = Found::Extents(tensor.extents.clone());
        return Err(ImportError::malformed(tensor.at, subject, Expected::Extents(extents), found));
    }
    if tensor.kind.encoding.is_none() {
        let expected = Expected::Literal("F32, F16, BF16, Q8_0, Q4_0, Q4_1".into());
        let found = Found::Text(tensor.kind.name.into());
        return Err(ImportError::unsupported(tensor.at, subject, expected, found, Remedy::ConvertType));
    }
    Ok(())
}

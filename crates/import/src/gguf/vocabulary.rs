//! Reads the tokenizer of a model file.
//!
//! In: the `tokenizer.ggml.*` keys.  Out: a [`Tokenizer`].
//! Invariant: only byte-level BPE (`gpt2`) with a known pre-tokenizer is accepted: another would cut text wrongly without a sign.
//! Method: keys to a `tokenizer::Spec`; its flaws are mapped back to the keys' positions.
//! Source: GGUF specification, "Tokenizer".

use super::header::Header;
use super::value::Number;
use crate::error::{Expected, Found, ImportError, Kind, Remedy, quoted};
use crate::tokenizer::{List, PreTokenizer, Spec, SpecError, TokenKind, Tokenizer};

const MODEL: &str = "tokenizer.ggml.model";
const PRE: &str = "tokenizer.ggml.pre";
const TOKENS: &str = "tokenizer.ggml.tokens";
const TYPES: &str = "tokenizer.ggml.token_type";
const MERGES: &str = "tokenizer.ggml.merges";
const BOS: &str = "tokenizer.ggml.bos_token_id";
const EOS: &str = "tokenizer.ggml.eos_token_id";
const ADD_BOS: &str = "tokenizer.ggml.add_bos_token";

/// The tokenizer that `header` describes.
///
/// Errors: another tokenizer model or pre-tokenizer, missing or contradictory lists, each with its key and position.
pub fn tokenizer(header: &Header) -> Result<Tokenizer, ImportError> {
    let model = header.required(MODEL, header.optional_text(MODEL)?)?;
    if model != "gpt2" {
        return Err(unsupported(header, MODEL, "`gpt2`", model));
    }
    let pre = pre_tokenizer(header)?;
    let tokens = header.required(TOKENS, header.optional_texts(TOKENS)?)?;
    let merges = header.required(MERGES, header.optional_texts(MERGES)?)?;
    let spec = Spec {
        tokens: tokens.iter().collect(),
        kinds: kinds(header, tokens.len())?,
        merges: merges.iter().collect(),
        pre,
        bos: header.optional_u32(BOS)?,
        eos: header.optional_u32(EOS)?,
        // Llama 3's files leave the flag out and mean yes; all others mean no.
        add_bos: header.optional_bool(ADD_BOS)?.unwrap_or(pre == PreTokenizer::Llama3),
    };
    if spec.tokens.is_empty() {
        return Err(header.wrong(TOKENS, Expected::NotEmpty, Found::Nothing));
    }
    Tokenizer::new(&spec).map_err(|error| located(header, error))
}

fn pre_tokenizer(header: &Header) -> Result<PreTokenizer, ImportError> {
    // Files from before the key existed are of the GPT-2 kind.
    let name = header.optional_text(PRE)?.unwrap_or("gpt-2");
    PreTokenizer::named(name).ok_or_else(|| unsupported(header, PRE, PreTokenizer::NAMES, name))
}

fn unsupported(header: &Header, key: &str, expected: &str, found: &str) -> ImportError {
    let error = header.wrong(key, Expected::Literal(expected.to_owned()), Found::Text(quoted(found)));
    ImportError { kind: Kind::Unsupported, remedy: Remedy::OtherTokenizer, ..error }
}

/// Kinds of all tokens: all normal where the file lists none.
fn kinds(header: &Header, count: usize) -> Result<Vec<TokenKind>, ImportError> {
    let Some(codes) = header.optional_numbers(TYPES)? else { return Ok(Vec::new()) };
    if codes.len() != count {
        let found = Found::Number(codes.len() as u64);
        return Err(header.wrong(TYPES, Expected::OnePerToken(count as u64), found));
    }
    let kind = |(index, code): (usize, Number)| {
        let kind = code.as_u64().and_then(TokenKind::of);
        kind.ok_or_else(|| {
            let found = Found::AtIndex { text: format!("{code:?}").into(), index: index as u64 };
            header.wrong(TYPES, Expected::Range { low: 1, high: 6 }, found)
        })
    };
    codes.iter().enumerate().map(kind).collect()
}

fn located(header: &Header, error: SpecError) -> ImportError {
    let key = match error.list {
        List::Tokens => TOKENS,
        List::Merges => MERGES,
        List::Bos => BOS,
        List::Eos => EOS,
    };
    header.wrong(key, error.expected, error.found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gguf::writer::Writer;

    fn check(writer: &Writer, words: &str) {
        let header = Header::parse(&writer.file()).unwrap();
        let error = tokenizer(&header).unwrap_err();
        crate::error::check_languages(&error);
        let error = error.to_string();
        assert!(error.contains(words), "`{error}` lacks `{words}`");
    }

    fn small() -> Writer {
        let mut writer = Writer::default();
        writer.text(MODEL, "gpt2").texts(TOKENS, &["a", "b", "ab", "<end>"]).texts(MERGES, &["a b"]);
        writer
    }

    #[test]
    fn a_small_vocabulary_encodes() {
        let mut writer = small();
        writer.i32s(TYPES, &[1, 1, 1, 3]).u32(EOS, 3).text(PRE, "smollm");
        let tokenizer = tokenizer(&Header::parse(&writer.file()).unwrap()).unwrap();
        assert_eq!(tokenizer.encode("aba<end>b"), Ok(vec![2, 0, 3, 1]));
        assert!(tokenizer.is_end(3) && tokenizer.is_special(3));
    }

    #[test]
    fn flaws_are_named_by_key() {
        check(&Writer::default(), "`tokenizer.ggml.model`: expected a value, found nothing");
        check(Writer::default().text(MODEL, "llama"), "expected `gpt2`, found `llama`");
        check(Writer::default().text(MODEL, "gpt2"), "`tokenizer.ggml.tokens`: expected a value");
        check(small().text(PRE, "tekken"), "expected gpt-2, default, smollm, llama-bpe, qwen2, found `tekken`");
        check(small().i32s(TYPES, &[1, 1]), "expected 4 elements, one per token, found 2");
        check(small().i32s(TYPES, &[1, 1, 1, 9]), "expected 1 to 6, found Signed(9) at index 3");
        check(small().u32(BOS, 4), "`tokenizer.ggml.bos_token_id`: expected the id of a token");
        let mut writer = Writer::default();
        writer.text(MODEL, "gpt2").texts(TOKENS, &["a", "b"]).texts(MERGES, &["a b"]);
        check(&writer, "found `a b` at index 0");
    }
}

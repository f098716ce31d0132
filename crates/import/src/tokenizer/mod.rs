//! Byte-level BPE, as GPT-2 introduced it and most models with a `gpt2` vocabulary use it.
//!
//! In: text.  Out: token ids; and back, byte for byte.
//! Invariant: `decode(encode(text))` is `text` (after the start token, where one is added); special tokens are never split.
//! Method: cut at special tokens, cut at the pre-tokenizer's borders (`split`), merge bytes by rank (`merge`).
//! Source: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, section 2.2.

mod bytes;
#[cfg(test)]
mod encode_test;
mod merge;
mod split;
mod stream;
mod vocabulary;

pub use split::PreTokenizer;
pub use stream::TextStream;
pub use vocabulary::TokenKind;

use crate::error::{Expected, Found};
use merge::Merges;
use vocabulary::Vocabulary;

/// What a tokenizer is made of.
#[derive(Clone, Debug)]
pub struct Spec<'t> {
    /// Token texts in the byte-to-character alphabet of GPT-2; the index is the id.
    pub tokens: Vec<&'t str>,
    /// Kinds of the tokens; `Normal` where the list is shorter.
    pub kinds: Vec<TokenKind>,
    /// Merges, most urgent first: two token texts with a space between them.
    pub merges: Vec<&'t str>,
    /// How text is cut before merging.
    pub pre: PreTokenizer,
    /// Start-of-text token.
    pub bos: Option<u32>,
    /// End-of-text token.
    pub eos: Option<u32>,
    /// Whether a text begins with the start token.
    pub add_bos: bool,
}

/// A flaw of a [`Spec`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError {
    /// Which list.
    pub list: List,
    /// What should have been there.
    pub expected: Expected,
    /// What was there, and where in the list.
    pub found: Found,
}

/// A list of a [`Spec`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// The token texts.
    Tokens,
    /// The merges.
    Merges,
    /// The start token.
    Bos,
    /// The end token.
    Eos,
}

/// A byte of a text for which the vocabulary has no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "prompt, byte {at}: expected text that the model's vocabulary can spell, found {byte:#04x} in {character:?}; remove that character"
)]
pub struct EncodeError {
    /// Position in the text.
    pub at: usize,
    /// The byte.
    pub byte: u8,
    /// The character that it is part of.
    pub character: char,
}

impl EncodeError {
    /// The error in Traditional Chinese as written in Taiwan; `Display` is the English.
    pub fn chinese(&self) -> String {
        let EncodeError { at, byte, character } = self;
        format!("提示詞的位元組位置 {at}：模型的詞彙表拼不出 {character:?} 裡的位元組 {byte:#04x}。請刪掉這個字元。")
    }
}

/// Text to token ids and back.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    vocabulary: Vocabulary,
    merges: Merges,
    pre: PreTokenizer,
    bos: Option<u32>,
    eos: Option<u32>,
    add_bos: bool,
}

impl Tokenizer {
    /// Builds the tables.
    ///
    /// Errors: a merge of tokens that the vocabulary lacks, a start or end token outside it, too many tokens.
    pub fn new(spec: &Spec<'_>) -> Result<Self, SpecError> {
        let vocabulary = Vocabulary::new(&spec.tokens, &spec.kinds)?;
        let merges = Merges::new(&spec.merges, &vocabulary)?;
        for (list, id) in [(List::Bos, spec.bos), (List::Eos, spec.eos)] {
            if let Some(id) = id.filter(|&id| vocabulary.len() <= id as usize) {
                return Err(SpecError { list, expected: Expected::KnownToken, found: Found::Number(id.into()) });
            }
        }
        let (pre, bos, eos) = (spec.pre, spec.bos, spec.eos);
        Ok(Tokenizer { vocabulary, merges, pre, bos, eos, add_bos: spec.add_bos })
    }

    /// Number of tokens.
    pub fn vocabulary_len(&self) -> usize {
        self.vocabulary.len()
    }

    /// Start-of-text token.
    pub fn bos(&self) -> Option<u32> {
        self.bos
    }

    /// End-of-text token.
    pub fn eos(&self) -> Option<u32> {
        self.eos
    }

    /// The special token spelled `name`, such as `<|im_start|>`.
    pub fn special(&self, name: &str) -> Option<u32> {
        self.vocabulary.special(name.as_bytes())
    }

    /// Whether `id` stands for itself (control and user-defined tokens) and not for a stretch of text.
    pub fn is_special(&self, id: u32) -> bool {
        self.vocabulary.is_special(id)
    }

    /// Whether a text ends at `id`: the end token, or one of the names that chat models use for it.
    pub fn is_end(&self, id: u32) -> bool {
        const NAMES: [&str; 4] = ["<|endoftext|>", "<|im_end|>", "<|eot_id|>", "<|end_of_text|>"];
        self.eos == Some(id) || NAMES.iter().any(|name| self.special(name) == Some(id))
    }

    /// The ids of `text`; special tokens spelled out in it become their ids.
    ///
    /// Errors: a byte that the vocabulary has no token for (some vocabularies lack rare control characters).
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, EncodeError> {
        let mut ids = Vec::new();
        if self.add_bos {
            ids.extend(self.bos);
        }
        let mut plain_start = 0;
        let mut at = 0;
        while at < text.len() {
            match self.vocabulary.special_at(&text.as_bytes()[at..]) {
                Some((id, length)) => {
                    self.encode_plain(text, plain_start, at, &mut ids)?;
                    ids.push(id);
                    at += length;
                    plain_start = at;
                }
                None => at += 1,
            }
        }
        self.encode_plain(text, plain_start, text.len(), &mut ids)?;
        Ok(ids)
    }

    /// The bytes that `ids` stand for; an id outside the vocabulary stands for none.
    pub fn decode(&self, ids: &[u32]) -> Vec<u8> {
        ids.iter().flat_map(|&id| self.token_bytes(id)).copied().collect()
    }

    /// The bytes of one token; none for an id outside the vocabulary.
    pub fn token_bytes(&self, id: u32) -> &[u8] {
        self.vocabulary.bytes(id)
    }

    /// One token for display: its text, with each byte of an incomplete character as `<0xE4>`.
    pub fn label(&self, id: u32) -> String {
        let mut label = String::new();
        for chunk in self.token_bytes(id).utf8_chunks() {
            label.push_str(chunk.valid());
            chunk.invalid().iter().for_each(|byte| label.push_str(&format!("<0x{byte:02X}>")));
        }
        label
    }

    /// Appends the ids of `text[start..end]`, which holds no special token.
    fn encode_plain(&self, text: &str, start: usize, end: usize, ids: &mut Vec<u32>) -> Result<(), EncodeError> {
        let mut at = start;
        for piece in self.pre.pieces(&text[start..end]) {
            let whole = self.pre.takes_whole_words().then(|| self.vocabulary.ordinary(piece.as_bytes())).flatten();
            match whole {
                Some(id) => ids.push(id),
                None => self.merges.apply(piece.as_bytes(), ids).map_err(|offset| {
                    let byte = text.as_bytes()[at + offset];
                    let character = text[text.floor_char_boundary(at + offset)..].chars().next();
                    EncodeError { at: at + offset, byte, character: character.unwrap_or_default() }
                })?,
            }
            at += piece.len();
        }
        Ok(())
    }
}

//! Tokens as bytes, and bytes as tokens.
//!
//! In: token texts and kinds.  Out: lookup both ways.
//! Invariant: special tokens are looked up apart from ordinary ones, so that text never becomes a special token by merging.
//! Method: all bytes in one allocation; lookup by binary search over ids sorted by bytes (lowest id first among equals).

use super::bytes::byte_of;
use super::{List, SpecError};
use crate::error::{Expected, Found};
use units::Order;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenKind {
    /// A stretch of text.
    Normal,
    /// Stands for what cannot be spelled.
    Unknown,
    /// Steers the model: start, end, turn.
    Control,
    /// Added by a user, never split.
    UserDefined,
    /// A place without use.
    Unused,
    /// One byte.
    Byte,
}

impl TokenKind {
    /// The kind with this code in a GGUF file.
    pub fn of(code: u64) -> Option<Self> {
        Some(match code {
            1 => TokenKind::Normal,
            2 => TokenKind::Unknown,
            3 => TokenKind::Control,
            4 => TokenKind::UserDefined,
            5 => TokenKind::Unused,
            6 => TokenKind::Byte,
            _ => return None,
        })
    }

    fn is_special(self) -> bool {
        matches!(self, TokenKind::Unknown | TokenKind::Control | TokenKind::UserDefined)
    }
}

/// All tokens.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    /// Whether the token is special, by id.
    special_flags: Vec<bool>,
    /// Ids of ordinary tokens, sorted by bytes, then id.
    ordinary: Vec<u32>,
    /// Ids of special tokens, sorted by bytes, then id.
    special: Vec<u32>,
    /// Lengths that special tokens have, longest first.
    special_lengths: Vec<usize>,
}

impl Vocabulary {
    /// Builds the tables; a text outside the byte alphabet stands for its own UTF-8.
    pub fn new(tokens: &[&str], kinds: &[TokenKind]) -> Result<Self, SpecError> {
        let mut bytes = Vec::new();
        let mut ends = Vec::new();
        let mut special_flags = Vec::new();
        for (index, token) in tokens.iter().enumerate() {
            let is_special = kinds.get(index).is_some_and(|kind| kind.is_special());
            let start = bytes.len();
            bytes.extend(token.chars().map_while(byte_of));
            if is_special || bytes.len() - start != token.chars().count() {
                bytes.truncate(start);
                bytes.extend_from_slice(token.as_bytes());
            }
            special_flags.push(is_special);
            ends.push(u32::try_from(bytes.len()).map_err(|_| {
                let found = Found::Length(bytes.len() as u64);
                SpecError { list: List::Tokens, expected: Expected::TokensFit, found }
            })?);
        }
        let mut vocabulary =
            Vocabulary { bytes, ends, special_flags, ordinary: vec![], special: vec![], special_lengths: vec![] };
        vocabulary.sort();
        Ok(vocabulary)
    }

    fn sort(&mut self) {
        let mut ids: Vec<u32> = (0..self.ends.len() as u32).filter(|&id| !self.bytes(id).is_empty()).collect();
        ids.order_by(|&a, &b| self.bytes(a).cmp(self.bytes(b)).then(a.cmp(&b)));
        let (special, ordinary) = ids.into_iter().partition(|&id| self.is_special(id));
        (self.special, self.ordinary) = (special, ordinary);
        let mut lengths: Vec<usize> = self.special.iter().map(|&id| self.bytes(id).len()).collect();
        lengths.order_by(|a, b| b.cmp(a));
        lengths.dedup();
        self.special_lengths = lengths;
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of a token; none outside the vocabulary.
    pub fn bytes(&self, id: u32) -> &[u8] {
        let index = id as usize;
        let Some(&end) = self.ends.get(index) else { return &[] };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..end as usize]
    }

    /// Whether the token is special.
    pub fn is_special(&self, id: u32) -> bool {
        self.special_flags.get(id as usize).copied().unwrap_or(false)
    }

    /// The ordinary token with exactly these bytes.
    pub fn ordinary(&self, bytes: &[u8]) -> Option<u32> {
        self.find(&self.ordinary, bytes)
    }

    /// The special token with exactly these bytes.
    pub fn special(&self, bytes: &[u8]) -> Option<u32> {
        self.find(&self.special, bytes)
    }

    /// The longest special token at the start of `bytes`, and its length.
    pub fn special_at(&self, bytes: &[u8]) -> Option<(u32, usize)> {
        let heads = self.special_lengths.iter().filter_map(|&length| bytes.get(..length));
        heads.into_iter().find_map(|head| self.special(head).map(|id| (id, head.len())))
    }

    fn find(&self, sorted: &[u32], bytes: &[u8]) -> Option<u32> {
        let index = sorted.partition_point(|&id| self.bytes(id) < bytes);
        sorted.get(index).copied().filter(|&id| self.bytes(id) == bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_and_special_tokens_do_not_mix() {
        let kinds = [TokenKind::Control, TokenKind::Control, TokenKind::Normal, TokenKind::Normal];
        let vocabulary = Vocabulary::new(&["<a>", "<a>b", "<a>", "Ġx"], &kinds).unwrap();
        assert_eq!(vocabulary.special(b"<a>"), Some(0));
        assert_eq!(vocabulary.ordinary(b"<a>"), Some(2));
        assert_eq!(vocabulary.special_at(b"<a>bc"), Some((1, 4)));
        assert_eq!(vocabulary.special_at(b"<a>c"), Some((0, 3)));
        assert_eq!(vocabulary.bytes(3), b" x");
        assert_eq!(vocabulary.bytes(4), b"");
    }
}

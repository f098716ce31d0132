//! Learns and applies a byte-level byte-pair encoding.
//!
//! In: text.  Out: token ids; a vocabulary of two control tokens, 256 bytes and the learned merges, in this order.
//! Invariant: decode(encode(text)) == text for every text; a token never holds parts of two Chinese characters.
//! Method: text is cut into words as GPT-2 cuts it; the most frequent adjacent pair is merged, ties by lower ids, and again.
//! Source: Sennrich, Haddow, Birch 2016; byte alphabet of Radford et al. 2019. Ours: pairs across characters are barred, so
//!   that a prompt cut after any Chinese character is encoded as the same text is in the middle of a story.

use std::collections::BTreeMap;

/// Id of the token that begins a story.
pub const BEGIN: u32 = 0;
/// Id of the token that ends a story.
pub const END: u32 = 1;
/// Text of the control tokens, by id.
pub const CONTROL: [&str; 2] = ["<|story|>", "<|end|>"];

const FIRST_BYTE: u32 = CONTROL.len() as u32;
const FIRST_MERGE: u32 = FIRST_BYTE + 256;

/// A tokenizer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokenizer {
    /// The bytes of each token; empty for control tokens.
    bytes: Vec<Vec<u8>>,
    /// The pairs in the order in which they are merged; pair i makes token `FIRST_MERGE + i`.
    merges: Vec<(u32, u32)>,
}

impl Tokenizer {
    /// Learns a vocabulary of `size` tokens from `text`.
    pub fn learn(text: &str, size: usize) -> Tokenizer {
        let mut tokenizer = Tokenizer::bare();
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for word in words(text) {
            *counts.entry(word).or_default() += 1;
        }
        let mut pieces: Vec<(Vec<u32>, u64)> =
            counts.into_iter().map(|(word, count)| (byte_ids(word), count)).collect();
        while tokenizer.bytes.len() < size {
            let Some(pair) = tokenizer.best_pair(&pieces) else { break };
            let merged = tokenizer.add(pair);
            for (ids, _) in &mut pieces {
                merge(ids, pair, merged);
            }
        }
        tokenizer
    }

    /// A tokenizer with the given merges, each a pair of texts in the byte alphabet; None if one is not made of earlier tokens.
    pub fn from_merges(merges: &[(String, String)]) -> Option<Tokenizer> {
        let mut tokenizer = Tokenizer::bare();
        let mut ids: BTreeMap<Vec<u8>, u32> =
            (FIRST_BYTE..).zip(0..=255u8).map(|(id, byte)| (vec![byte], id)).collect();
        for (left, right) in merges {
            let left = *ids.get(&from_alphabet(left)?)?;
            let right = *ids.get(&from_alphabet(right)?)?;
            let merged = tokenizer.add((left, right));
            ids.insert(tokenizer.bytes[merged as usize].clone(), merged);
        }
        Some(tokenizer)
    }

    fn bare() -> Tokenizer {
        let control = CONTROL.iter().map(|_| Vec::new());
        Tokenizer { bytes: control.chain((0..=255u8).map(|byte| vec![byte])).collect(), merges: Vec::new() }
    }

    fn add(&mut self, pair: (u32, u32)) -> u32 {
        let joined = [self.bytes[pair.0 as usize].as_slice(), &self.bytes[pair.1 as usize]].concat();
        self.bytes.push(joined);
        self.merges.push(pair);
        self.bytes.len() as u32 - 1
    }

    fn best_pair(&self, pieces: &[(Vec<u32>, u64)]) -> Option<(u32, u32)> {
        let mut counts: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        for (ids, count) in pieces {
            for pair in ids.windows(2) {
                *counts.entry((pair[0], pair[1])).or_default() += count;
            }
        }
        let allowed = counts.into_iter().filter(|(pair, _)| self.within_one_character(*pair));
        allowed.min_by_key(|(pair, count)| (u64::MAX - count, *pair)).map(|(pair, _)| pair)
    }

    fn within_one_character(&self, (left, right): (u32, u32)) -> bool {
        let (left, right) = (&self.bytes[left as usize], &self.bytes[right as usize]);
        let ascii = |bytes: &[u8]| bytes.iter().all(u8::is_ascii);
        (ascii(left) && ascii(right)) || (!ascii(left) && right.iter().all(|byte| byte & 0xc0 == 0x80))
    }

    /// The number of tokens.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The tokens of `text`, without control tokens.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut all = Vec::new();
        for word in words(text) {
            let mut ids = byte_ids(word);
            while let Some((rank, pair)) = self.first_merge(&ids) {
                merge(&mut ids, pair, FIRST_MERGE + rank);
            }
            all.extend(ids);
        }
        all
    }

    fn first_merge(&self, ids: &[u32]) -> Option<(u32, (u32, u32))> {
        let rank = |pair: (u32, u32)| self.merges.iter().position(|merge| *merge == pair).map(|at| (at as u32, pair));
        ids.windows(2).filter_map(|pair| rank((pair[0], pair[1]))).min()
    }

    /// The text of `ids`; control tokens are silent, broken characters are replaced.
    pub fn decode(&self, ids: &[u32]) -> String {
        let bytes: Vec<u8> = ids.iter().flat_map(|id| self.bytes[*id as usize].iter().copied()).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Every token in the alphabet of printable characters that GGUF files use, control tokens by name.
    pub fn texts(&self) -> Vec<String> {
        let control = CONTROL.iter().map(|name| name.to_string());
        control.chain(self.bytes[CONTROL.len()..].iter().map(|bytes| to_alphabet(bytes))).collect()
    }

    /// Every merge as "left right" in the same alphabet.
    pub fn merge_texts(&self) -> Vec<String> {
        let text = |id: u32| to_alphabet(&self.bytes[id as usize]);
        self.merges.iter().map(|(left, right)| format!("{} {}", text(*left), text(*right))).collect()
    }
}

fn byte_ids(word: &str) -> Vec<u32> {
    word.bytes().map(|byte| FIRST_BYTE + u32::from(byte)).collect()
}

fn merge(ids: &mut Vec<u32>, pair: (u32, u32), merged: u32) {
    let mut kept = 0;
    let mut at = 0;
    while at < ids.len() {
        let found = at + 1 < ids.len() && (ids[at], ids[at + 1]) == pair;
        ids[kept] = if found { merged } else { ids[at] };
        at += if found { 2 } else { 1 };
        kept += 1;
    }
    ids.truncate(kept);
}

/// The character that stands for a byte: itself where it prints, else the next free one from U+0100 on.
fn letter(byte: u8) -> char {
    if prints(byte) {
        return char::from(byte);
    }
    let free = (0..byte).filter(|earlier| !prints(*earlier)).count() as u32;
    char::from_u32(0x100 + free).expect("U+0100 to U+0143 are characters")
}

fn prints(byte: u8) -> bool {
    matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff)
}

fn to_alphabet(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| letter(*byte)).collect()
}

fn from_alphabet(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|wanted| (0..=255u8).find(|byte| letter(*byte) == wanted)).collect()
}

/// What a character is to the cutter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    Space,
    Other,
}

fn class(character: char) -> Class {
    if character.is_alphabetic() {
        Class::Letter
    } else if character.is_numeric() {
        Class::Digit
    } else if character.is_whitespace() {
        Class::Space
    } else {
        Class::Other
    }
}

const SUFFIXES: [&str; 7] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

/// Cuts text as GPT-2 does: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
pub fn words(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(word_length(rest));
        all.push(word);
        rest = after;
    }
    all
}

fn word_length(text: &str) -> usize {
    if let Some(suffix) = SUFFIXES.iter().find(|suffix| text.starts_with(**suffix)) {
        return suffix.len();
    }
    let body = text.strip_prefix(' ').unwrap_or(text);
    if let Some(first) = body.chars().next().map(class)
        && first != Class::Space
    {
        return text.len() - body.len() + run(body, first);
    }
    let spaces = run(text, Class::Space);
    let last = text[..spaces].chars().next_back().map_or(0, char::len_utf8);
    if spaces == text.len() || spaces == last { spaces } else { spaces - last }
}

fn run(text: &str, wanted: Class) -> usize {
    text.char_indices().find(|(_, character)| class(*character) != wanted).map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_as_gpt2_cuts_them() {
        assert_eq!(words("The bus's 12 stops."), ["The", " bus", "'s", " 12", " stops", "."]);
        assert_eq!(words("a  b \n"), ["a", " ", " b", " \n"]);
        assert_eq!(words("綠燈亮了,車走。"), ["綠燈亮了", ",", "車走", "。"]);
    }

    #[test]
    fn any_text_survives_and_merges_shorten_it() {
        let text = "the car and the bus and the tram 綠燈亮了,綠燈亮了。";
        let tokenizer = Tokenizer::learn(text, 300);
        for sample in [text, "\u{0}é 😀 'll  x\n", ""] {
            assert_eq!(tokenizer.decode(&tokenizer.encode(sample)), sample);
        }
        assert_eq!(tokenizer.encode(" the").len(), 1);
        assert_eq!(tokenizer.encode("綠燈").len(), 2, "one token per character, never one for both");
    }

    #[test]
    fn the_texts_of_merges_rebuild_the_tokenizer() {
        let tokenizer = Tokenizer::learn("a rainy city, a rainy day 雨停了。", 280);
        let texts = tokenizer.merge_texts();
        let pairs: Vec<(String, String)> =
            texts.iter().map(|text| text.split_once(' ').unwrap()).map(|(a, b)| (a.into(), b.into())).collect();
        assert_eq!(Tokenizer::from_merges(&pairs), Some(tokenizer.clone()));
        assert_eq!(tokenizer.texts()[2 + 32], "Ġ");
        assert_eq!(Tokenizer::from_merges(&[("aa".into(), "b".into())]), None);
    }
}

//! How tokens and names are written: characters that several tokens share, what a candidate would complete, what fits.
//!
//! In: the bytes of each token of a text; a name and its room.  Out: the characters that a token shares with its neighbours; texts.
//! Invariant: the texts shown, joined, are the text; a character is shown once, at the token that begins it.
//! Method: bytes are collected until they end where a character ends; bytes that begin no character stand for themselves.

use serde::{Deserialize, Serialize};
use std::str::from_utf8;

/// What stands for a character of which the last bytes have not come.
const UNFINISHED: &str = "▯";

/// A token's share of characters that no token holds alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The characters.
    pub letters: String,
    /// Which of the tokens that share them, from one.
    pub part: u32,
    /// How many tokens share them; `None` while the last has not come.
    pub of: Option<u32>,
}

impl Share {
    /// `燈 1/3`.
    pub fn label(&self) -> String {
        let of = self.of.map_or("…".to_owned(), |of| of.to_string());
        format!("{} {}/{of}", self.letters, self.part)
    }

    /// `燈₁`, where there is little room.
    pub fn short(&self) -> String {
        let lowered = |digit: char| char::from_u32(u32::from('₀') + digit.to_digit(10)?);
        let part = self.part.to_string();
        self.letters.chars().chain(part.chars().filter_map(lowered)).collect()
    }
}

/// How bytes end.
enum Ending {
    /// Where a character ends.
    Whole,
    /// Within a character.
    Within,
    /// They are no text.
    Broken,
}

fn ending(bytes: &[u8]) -> Ending {
    match from_utf8(bytes) {
        Ok(_) => Ending::Whole,
        Err(error) if error.error_len().is_none() => Ending::Within,
        Err(_) => Ending::Broken,
    }
}

/// The shares of tokens with these bytes; `None` for a token that stands for itself.
pub fn shares(tokens: &[&[u8]]) -> Vec<Option<Share>> {
    let mut shares = vec![None; tokens.len()];
    let mut first = 0;
    while first < tokens.len() {
        let mut bytes = Vec::new();
        let group = tokens[first..].iter().position(|token| {
            bytes.extend_from_slice(token);
            !matches!(ending(&bytes), Ending::Within)
        });
        let (count, is_text) = (group.map_or(tokens.len() - first, |last| last + 1), from_utf8(&bytes).is_ok());
        if group.is_some() && (count == 1 || !is_text) {
            // A byte that continues nothing spoils no more than the token it follows.
            first += 1;
            continue;
        }
        let letters = from_utf8(&bytes).unwrap_or(UNFINISHED);
        let of = group.map(|_| count as u32);
        for (part, share) in (1..).zip(&mut shares[first..first + count]) {
            *share = Some(Share { letters: letters.to_owned(), part, of });
        }
        first += count;
    }
    shares
}

/// The text of a token after the tokens before it: the character that it completes; bytes that only begin one in hex, as `E7…`.
pub fn completed(before: &[&[u8]], token: &[u8]) -> String {
    // A character has four bytes at most, so at most three tokens of it come before.
    let whole = (1..=before.len().min(3)).find_map(|count| {
        let last = &before[before.len() - count..];
        let bytes = last.concat();
        let all = [bytes.as_slice(), token].concat();
        matches!(ending(&bytes), Ending::Within).then(|| from_utf8(&all).ok().map(str::to_owned)).flatten()
    });
    whole.unwrap_or_else(|| plain(token))
}

/// A token by itself.
fn plain(token: &[u8]) -> String {
    let mut text = String::new();
    for chunk in token.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("{byte:02X}")));
        text.push_str(if chunk.invalid().is_empty() { "" } else { "…" });
    }
    text
}

/// Letters that a name keeps at least, where it is cut off rather than left out.
const LETTERS_LEAST: usize = 3;

/// As much of a name as there is room for, in letters as wide as those of English; `None` where too little of it would be left.
pub fn cut(name: &str, room: f64) -> Option<String> {
    let width = |letters: &str| letters.chars().map(|c| if c.is_ascii() { 1.0 } else { 1.9 }).sum::<f64>();
    if width(name) < room {
        return Some(name.to_owned());
    }
    let ends = name.char_indices().map(|(end, _)| end).rev();
    let cut = ends.map(|end| name[..end].trim_end()).find(|cut| width(cut) + 1.0 < room)?;
    (LETTERS_LEAST <= cut.chars().count()).then(|| format!("{cut}…"))
}

/// A probability in percent; what is possible at all is not called nothing.
pub fn chance(percent: f64) -> String {
    if 0.0 < percent && percent < 0.05 { "< 0.1 %".to_owned() } else { format!("{percent:.1} %") }
}

/// A space at the front of a token is part of it; alone it must be seen.
pub fn visible(text: &str) -> String {
    if text.trim().is_empty() { text.replace(' ', "␣").replace('\n', "⏎") } else { text.to_owned() }
}

/// Whether a text holds a byte that is no character, as two digits and the mark after it.
pub fn has_byte(text: &str) -> bool {
    let digits = |part: &str| part.chars().rev().take(2).filter(|c| matches!(c, '0'..='9' | 'A'..='F')).count() == 2;
    text.match_indices('…').any(|(at, _)| digits(&text[..at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_is_no_character_is_known_by_its_digits() {
        assert!(has_byte(&plain(&[0xe7])) && has_byte(&plain(b"a\xe7\xb6")));
        assert!(!has_byte(&plain("綠…".as_bytes())) && !has_byte(&plain(b"on")) && !has_byte("E7"));
    }

    #[test]
    fn a_name_is_written_as_far_as_there_is_room() {
        let cases = [
            ("softmax", 7.5, Some("softmax")),
            ("norm before attention", 21.0, Some("norm before attenti…")),
            ("norm before attention", 6.5, Some("norm…")),
            ("down", 3.9, None),
            ("前饋前正規化", 11.0, Some("前饋前正規…")),
            ("softmax", -1.0, None),
        ];
        for (name, room, expected) in cases {
            assert_eq!(cut(name, room).as_deref(), expected, "{name} in {room}");
        }
    }

    #[test]
    fn only_what_cannot_be_has_no_chance() {
        let written = [0.0, 0.000_1, 0.049, 0.06, 12.34, 100.0].map(chance);
        assert_eq!(written, ["0.0 %", "< 0.1 %", "< 0.1 %", "0.1 %", "12.3 %", "100.0 %"]);
    }

    #[test]
    fn a_token_of_spaces_has_a_name() {
        assert_eq!(["", " ", " \n", " on"].map(visible), ["", "␣", "␣⏎", " on"]);
    }

    fn share(letters: &str, part: u32, of: Option<u32>) -> Option<Share> {
        Some(Share { letters: letters.to_owned(), part, of })
    }

    #[test]
    fn a_character_of_three_tokens_is_shown_across_them() {
        let bytes = "a燈b".as_bytes();
        let tokens = [&bytes[..1], &bytes[1..2], &bytes[2..3], &bytes[3..4], &bytes[4..]];
        let of = Some(3);
        let expected = [None, share("燈", 1, of), share("燈", 2, of), share("燈", 3, of), None];
        assert_eq!(shares(&tokens), expected);
        assert_eq!(expected[2].as_ref().map(Share::label).as_deref(), Some("燈 2/3"));
        assert_eq!(expected[2].as_ref().map(Share::short).as_deref(), Some("燈₂"));
        assert_eq!(share("a", 12, None).as_ref().map(Share::short).as_deref(), Some("a₁₂"));
    }

    #[test]
    fn a_token_may_end_one_character_and_hold_the_next() {
        let bytes = "燈。".as_bytes();
        assert_eq!(shares(&[&bytes[..2], &bytes[2..]]), [share("燈。", 1, Some(2)), share("燈。", 2, Some(2))]);
    }

    #[test]
    fn what_is_unfinished_or_broken_is_said_to_be_so() {
        let bytes = "燈".as_bytes();
        assert_eq!(shares(&[b"a", &bytes[..1]]), [None, share(UNFINISHED, 1, None)]);
        assert_eq!(shares(&[&bytes[..1], b"a", &bytes[1..2]]), [None, None, None], "no character");
        assert_eq!(shares(&[b"", b"x"]), [None, None]);
    }

    #[test]
    fn a_candidate_shows_the_character_that_it_would_complete() {
        let bytes = "燈".as_bytes();
        assert_eq!(completed(&[b"a", &bytes[..1], &bytes[1..2]], &bytes[2..]), "燈");
        assert_eq!(completed(&[&bytes[..1]], &bytes[1..2]), "87…");
        assert_eq!(completed(&[b"a"], b"b"), "b");
    }
}

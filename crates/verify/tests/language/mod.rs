//! What a Chinese sentence may hold that is not Chinese.
//!
//! In: a sentence.  Out: its English words.
//! Invariant: types, mnemonics, places and names in 「」 are none.
//! Method: words outside quotes, held against a list.

use graph::ScalarOp;

/// Words of a Chinese sentence that a reader of Chinese must not be given: lower-case ones outside quotes, beside types and places.
pub fn foreign(sentence: &str) -> Vec<&str> {
    let outside = sentence.split(['「', '」']).enumerate().filter(|(part, _)| part % 2 == 0).map(|(_, text)| text);
    let words = outside.flat_map(|text| text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.'));
    words.filter(|word| !is_term(word)).collect()
}

/// Whether a word is the same in both languages: a number, a unit in capitals, an order, a type, a queue, a stream, an ALU, a token.
fn is_term(word: &str) -> bool {
    const ORDERS: [&str; 8] = ["Sync", "Notify", "Deskew", "Fetch", "Config", "Send", "Receive", "NOP"];
    const TYPES: [&str; 6] = ["f32", "f16", "i32", "i16", "i8", "u8"];
    let is_place = word.contains(|letter: char| letter.is_ascii_digit());
    let is_unit = word.chars().all(|letter| letter.is_ascii_uppercase() || letter == '.');
    is_place
        || is_unit
        || word == "token"
        || ORDERS.contains(&word)
        || TYPES.contains(&word)
        || ScalarOp::ALL.iter().any(|op| op.name() == word)
}

//! Texts in both languages of the page.
//!
//! In: two phrasings of one thing.  Out: a text that is asked for in a language.
//! Invariant: every text of this crate exists in Traditional Chinese (Taiwan) and in English; neither is a fallback.

use serde::{Deserialize, Serialize};

/// A language of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Lang {
    /// Traditional Chinese as written in Taiwan.
    Chinese,
    /// English.
    English,
}

impl Lang {
    /// Both.
    pub const BOTH: [Lang; 2] = [Lang::Chinese, Lang::English];
}

/// One text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Text {
    /// Traditional Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// Both phrasings.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Text { zh: zh.into(), en: en.into() }
    }

    /// What is written the same in both languages: numbers, mnemonics, names of slices.
    pub fn same(text: impl ToString) -> Self {
        let text = text.to_string();
        Text { zh: text.clone(), en: text }
    }

    /// The text in one language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Chinese => &self.zh,
            Lang::English => &self.en,
        }
    }

    /// This text and then another, in Chinese with the space that stands between letters and characters.
    pub fn then(mut self, other: &Text) -> Self {
        self.zh = zh(&[&self.zh, &other.zh]);
        self.en.push_str(&other.en);
        self
    }
}

/// Chinese fragments in a row; where a Latin letter or digit meets a Chinese character stands a space.
pub(crate) fn zh(fragments: &[&str]) -> String {
    let mut text = String::new();
    for fragment in fragments {
        if let (Some(before), Some(after)) = (text.chars().next_back(), fragment.chars().next()) {
            let meets = |a: char, b: char| a.is_ascii_alphanumeric() && is_character(b);
            if meets(before, after) || meets(after, before) {
                text.push(' ');
            }
        }
        text.push_str(fragment);
    }
    text
}

fn is_character(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// Digits in groups of three, for both languages.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index != 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_characters_stand_apart() {
        assert_eq!(zh(&["平面 0", "收下", "softmax", "的", "權重"]), "平面 0 收下 softmax 的權重");
        assert_eq!(zh(&["ALU", "。"]), "ALU。");
    }

    #[test]
    fn digits_are_grouped_from_the_right() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(56_320), "56\u{202f}320");
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
    }
}

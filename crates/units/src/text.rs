//! A text in both languages of the product.
//!
//! In: two phrasings of one thing.  Out: a text that is asked for in a language, and written to JSON with both.
//! Invariant: neither language is a fallback of the other.
//! Method: a text that stands in the code is borrowed, one that is put together is owned; who names languages chooses between the two.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One text in Traditional Chinese (Taiwan) and in English.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Text {
    /// Traditional Chinese as written in Taiwan.
    pub zh: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

/// A name of one of the two languages.
pub trait Language {
    /// The phrasing of `text` in this language.
    fn choose(self, text: &Text) -> &str;
}

impl Text {
    /// Both phrasings of a text that stands in the code.
    pub const fn of(zh: &'static str, en: &'static str) -> Text {
        Text { zh: Cow::Borrowed(zh), en: Cow::Borrowed(en) }
    }

    /// Both phrasings.
    pub fn new(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Text { zh: zh.into(), en: en.into() }
    }

    /// What is written the same in both languages: numbers, mnemonics, names of slices.
    pub fn same(text: impl ToString) -> Self {
        let text = text.to_string();
        Text::new(text.clone(), text)
    }

    /// The text in one language.
    pub fn get(&self, language: impl Language) -> &str {
        language.choose(self)
    }

    /// This text and then another, in Chinese with the space that stands between letters and characters.
    pub fn then(self, other: &Text) -> Self {
        Text::new(spaced(&[&self.zh, &other.zh]), self.en.into_owned() + &other.en)
    }
}

/// Chinese fragments in a row; where a Latin letter or digit meets a Chinese character stands a space.
pub fn spaced(fragments: &[&str]) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_characters_stand_apart() {
        assert_eq!(spaced(&["平面 0", "收下", "softmax", "的", "權重"]), "平面 0 收下 softmax 的權重");
        assert_eq!(spaced(&["ALU", "。"]), "ALU。");
        assert_eq!(Text::of("切片", "slice ").then(&Text::same(7)), Text::of("切片 7", "slice 7"));
    }
}

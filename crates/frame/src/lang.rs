//! The languages of the page, and numbers as both write them.
//!
//! In: a text, a number.  Out: its phrasing in a language.
//! Invariant: every text of this crate exists in Traditional Chinese (Taiwan) and in English; neither is a fallback.

use serde::{Deserialize, Serialize};
use units::Language;

pub use units::Text;
pub(crate) use units::spaced as zh;

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

impl Language for Lang {
    fn choose(self, text: &Text) -> &str {
        match self {
            Lang::Chinese => &text.zh,
            Lang::English => &text.en,
        }
    }
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
    fn digits_are_grouped_from_the_right() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(56_320), "56\u{202f}320");
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
    }
}

//! A text in both languages of the page.
//!
//! In: two phrasings.  Out: a value that is written to JSON with both.
//! Invariant: neither language is a fallback of the other.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One text in Traditional Chinese (Taiwan) and in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Traditional Chinese as written in Taiwan.
    pub zh: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Text {
    /// Both phrasings of a text that stands in the code.
    pub const fn of(zh: &'static str, en: &'static str) -> Text {
        Text { zh: Cow::Borrowed(zh), en: Cow::Borrowed(en) }
    }

    /// Both phrasings of a text that is put together.
    pub fn new(zh: String, en: String) -> Text {
        Text { zh: Cow::Owned(zh), en: Cow::Owned(en) }
    }
}

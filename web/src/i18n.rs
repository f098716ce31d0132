//! Every text of the page in both languages, side by side.
//!
//! In: a language.  Out: the table of its texts.
//! Invariant: a text missing in one language does not compile; an empty or untranslated one fails the test.
//! Method: one macro line per text makes a field and both values; sentences with numbers are functions below.

/// A language of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lang {
    /// Traditional Chinese as written in Taiwan.
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The tag for the document and for the address.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-Hant-TW",
            Lang::En => "en",
        }
    }

    /// The language of an address or a browser setting: Chinese for any tag that starts so, otherwise English.
    pub fn from_tag(tag: &str) -> Self {
        if tag.to_ascii_lowercase().starts_with("zh") { Lang::Zh } else { Lang::En }
    }

    /// The other language.
    pub fn other(self) -> Self {
        match self {
            Lang::Zh => Lang::En,
            Lang::En => Lang::Zh,
        }
    }

    /// The texts in this language.
    pub fn texts(self) -> &'static Texts {
        match self {
            Lang::Zh => &ZH,
            Lang::En => &EN,
        }
    }
}

macro_rules! texts {
    ($($name:ident: $zh:literal, $en:literal;)+) => {
        /// The texts of one language.
        pub struct Texts {
            $(#[doc = $en] pub $name: &'static str,)+
        }
        const ZH: Texts = Texts { $($name: $zh,)+ };
        const EN: Texts = Texts { $($name: $en,)+ };
        #[cfg(test)]
        const PAIRS: &[(&str, &str, &str)] = &[$((stringify!($name), $zh, $en),)+];
    };
}

texts! {
    title: "Greenwave:一路綠燈的晶片", "Greenwave: a chip on which nothing waits";
    skip_to_main: "跳到主要內容", "Skip to the main part";
    views: "檢視", "Views";
    view_token: "詞元", "Token";
    view_chip: "晶片", "Chip";
    explore: "自由探索", "explore freely";
    story: "回到開場", "back to the opening";
    switch_language: "EN", "中";
    switch_language_hint: "Switch to English", "切換成中文";
    deck: "時間軸", "Time deck";
    worker_starting: "正在啟動瀏覽器裡的編譯器…", "Starting the compiler in your browser…";
    worker_ready: "瀏覽器裡的編譯器已就緒。", "The compiler in your browser is ready.";
    worker_stale: "頁面與背景程式的版本不同。請重新載入頁面。", "The page and its worker are of different versions. Please reload.";
    worker_failed: "背景程式停止了。請重新載入頁面;若再發生,請回報下面的訊息。", "The worker stopped. Please reload; if it happens again, report the message below.";
    nothing_yet: "還沒有編譯任何模型。", "No model has been compiled yet.";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_chinese(text: &str) -> bool {
        text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
    }

    #[test]
    fn every_text_is_there_in_both_languages() {
        for (name, zh, en) in PAIRS {
            assert!(!zh.is_empty() && !en.is_empty(), "{name} is empty");
            // The two texts of the language switch are each in the other language, on purpose.
            if !name.starts_with("switch_language") {
                assert!(is_chinese(zh), "{name} is not Chinese: {zh}");
                assert!(!is_chinese(en), "{name} is not English: {en}");
            }
        }
    }

    #[test]
    fn tags_lead_back_to_their_language() {
        for lang in [Lang::Zh, Lang::En] {
            assert_eq!(Lang::from_tag(lang.tag()), lang);
            assert_eq!(lang.other().other(), lang);
        }
        assert_eq!(Lang::from_tag("zh-TW"), Lang::Zh);
        assert_eq!(Lang::from_tag("de"), Lang::En);
    }
}

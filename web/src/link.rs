//! The state of the page as the fragment of its address.
//!
//! In: a fragment.  Out: a [`Link`]; and back.
//! Invariant: `parse(print(x)) == x`; an unknown or broken part is left out, never an error.
//! Method: `key=value` pairs with short keys, `s` naming the version of the form.

use crate::i18n::Lang;

const VERSION: &str = "1";

/// A view of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum View {
    /// The first ten seconds: one sentence, one chip, one button.
    Opening,
    /// What word comes next and what it cost.
    Token,
    /// The floor plan with what every register holds.
    Chip,
}

impl View {
    /// The views that have a tab, in the order of their number keys.
    pub const TABS: [View; 2] = [View::Token, View::Chip];

    fn word(self) -> &'static str {
        match self {
            View::Opening => "opening",
            View::Token => "token",
            View::Chip => "chip",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [View::Opening, View::Token, View::Chip].into_iter().find(|view| view.word() == word)
    }
}

/// A place in the run: a cycle of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cursor {
    /// Index of the token in the run, prompt included.
    pub token: u32,
    /// Cycle since the token's launch.
    pub cycle: u64,
}

/// What an address says; parts it leaves out stay as they are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Link {
    /// Which view is shown.
    pub view: Option<View>,
    /// Where in the run.
    pub cursor: Option<Cursor>,
    /// Which language.
    pub lang: Option<Lang>,
}

/// The link in a fragment, with or without its `#`.
pub fn parse(fragment: &str) -> Link {
    let mut link = Link::default();
    let mut cursor = Cursor::default();
    for pair in fragment.trim_start_matches('#').split('&') {
        let Some((key, value)) = pair.split_once('=') else { continue };
        match key {
            "v" => link.view = View::from_word(value),
            "t" => {
                let Ok(token) = value.parse() else { continue };
                cursor.token = token;
                link.cursor = Some(cursor);
            }
            "c" => {
                let Ok(cycle) = value.parse() else { continue };
                cursor.cycle = cycle;
                link.cursor = Some(cursor);
            }
            "lang" => link.lang = Some(Lang::from_tag(value)),
            _ => {}
        }
    }
    link
}

/// The fragment of a link, with its `#`.
pub fn print(link: &Link) -> String {
    let mut parts = vec![format!("s={VERSION}")];
    if let Some(view) = link.view {
        parts.push(format!("v={}", view.word()));
    }
    if let Some(Cursor { token, cycle }) = link.cursor {
        parts.push(format!("t={token}&c={cycle}"));
    }
    if let Some(lang) = link.lang {
        parts.push(format!("lang={}", lang.tag()));
    }
    format!("#{}", parts.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_and_parsing_are_inverse() {
        for view in [None, Some(View::Opening), Some(View::Token), Some(View::Chip)] {
            for cursor in [None, Some(Cursor { token: 12, cycle: 41_208 })] {
                for lang in [None, Some(Lang::Zh), Some(Lang::En)] {
                    let link = Link { view, cursor, lang };
                    assert_eq!(parse(&print(&link)), link);
                }
            }
        }
    }

    #[test]
    fn broken_parts_are_left_out() {
        assert_eq!(parse(""), Link::default());
        assert_eq!(parse("#v=nowhere&t=-1&c=x&&=&q"), Link::default());
        assert_eq!(parse("c=7").cursor, Some(Cursor { token: 0, cycle: 7 }));
    }
}

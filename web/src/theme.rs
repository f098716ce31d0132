//! How the page looks: dark, light, or for a projector.
//!
//! In: a word of the settings.  Out: a theme; the word for the style sheet.
//! Invariant: a theme is a block of the style sheet; no colour and no size stands in code. In the projector's one no text is smaller than
//!     18 px and none has less than 7:1 contrast: here for the colours, in the browser for every view.

use crate::state::{Effect, State};
use frame::Text;

/// A theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Light on dark.
    #[default]
    Dark,
    /// Dark on light.
    Light,
    /// Dark on white, large.
    Projector,
}

impl Theme {
    const ALL: [Theme; 3] = [Theme::Dark, Theme::Light, Theme::Projector];

    /// Its word in the style sheet and the settings.
    pub fn word(self) -> &'static str {
        match self {
            Theme::Dark => "dark",
            Theme::Light => "light",
            Theme::Projector => "projector",
        }
    }

    /// The theme of a word; nothing for any other.
    pub fn from_word(word: &str) -> Option<Self> {
        Theme::ALL.into_iter().find(|theme| theme.word() == word)
    }

    /// The one after it.
    pub fn next(self) -> Self {
        match self {
            Theme::Dark => Theme::Light,
            Theme::Light => Theme::Projector,
            Theme::Projector => Theme::Dark,
        }
    }
}

/// Longest remembered word that is repeated to the viewer, in letters.
const WORD: usize = 20;

impl State {
    /// Takes the word that was kept; one that is no theme is named, and the page is dark.
    pub fn take_theme(&mut self, word: &str) {
        self.theme = Theme::from_word(word).unwrap_or_default();
        if Theme::from_word(word).is_none() {
            let word: String = word.chars().take(WORD).collect();
            self.trouble = Some(Text::new(
                format!("記住的外觀「{word}」不認得，改用深色。"),
                format!("the remembered look `{word}` is none of this page; it is dark instead"),
            ));
        }
    }

    /// The next theme, kept for the next visit.
    pub(crate) fn switch_theme(&mut self) -> Vec<Effect> {
        self.theme = self.theme.next();
        vec![Effect::Remember(self.theme)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEET: &str = include_str!("../../static/page.css");

    /// Custom properties of the block that begins with `head`.
    fn block(head: &str) -> Vec<(&'static str, &'static str)> {
        let start = SHEET.find(head).unwrap_or_else(|| panic!("the style sheet has `{head}`")) + head.len();
        let body = &SHEET[start..start + SHEET[start..].find('}').expect("blocks end")];
        body.split(';').filter_map(|line| line.trim().split_once(": ")).collect()
    }

    /// Relative luminance of WCAG.
    fn luminance(colour: &str) -> f64 {
        let digits = colour.strip_prefix('#').expect("a colour in digits");
        let channel = |at: usize| {
            let level = f64::from(u8::from_str_radix(&digits[at..at + 2], 16).expect("two digits")) / 255.0;
            if level <= 0.04045 { level / 12.92 } else { ((level + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (a, b) = (luminance(one), luminance(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn a_word_leads_back_to_its_theme() {
        for theme in Theme::ALL {
            assert_eq!(Theme::from_word(theme.word()), Some(theme));
            assert_eq!(theme.next().next().next(), theme);
        }
        assert_eq!(Theme::from_word("neon"), None);
    }

    #[test]
    fn a_written_text_stands_out_in_the_dark_whoever_wrote_it() {
        let ground = block(":root {").iter().find(|(key, _)| *key == "--ground").expect("a ground").1;
        for part in [".given", ".later", ".damaged.later"] {
            let head = format!(".sentence {part} {{");
            let colour = block(&head).iter().find(|(key, _)| *key == "color").expect("a colour").1;
            let found = contrast(colour, ground);
            assert!(4.5 <= found, "{part}: {found:.2}, expected 4.5");
        }
    }

    /// One colour over another, at a strength from 0 to 255.
    fn over(top: &str, level: u8, ground: &str) -> String {
        let channel = |colour: &str, at: usize| u8::from_str_radix(&colour[1 + at..3 + at], 16).expect("two digits");
        let mixed = [0, 2, 4].map(|at| {
            let (top, ground) = (u32::from(channel(top, at)), u32::from(channel(ground, at)));
            (top * u32::from(level) + ground * (255 - u32::from(level))) / 255
        });
        format!("#{:02x}{:02x}{:02x}", mixed[0], mixed[1], mixed[2])
    }

    #[test]
    fn a_chip_of_the_ring_bears_its_name() {
        for head in [":root {", "html[data-theme=\"light\"] {", "html[data-theme=\"projector\"] {"] {
            let known = block(head);
            let value = |name: &str| known.iter().find(|(key, _)| *key == name).unwrap_or_else(|| panic!("{name}")).1;
            let ground = over(value("--instructions"), frame::CHIP_LEVEL, value("--ground"));
            let found = contrast(value("--ink"), &ground);
            assert!(4.5 <= found, "{head} {found:.2}, expected 4.5");
            let at_full = contrast(value("--ink"), value("--instructions"));
            assert!(head != ":root {" || at_full < 4.5, "the block need not be faint: {at_full:.2}");
        }
    }

    #[test]
    fn text_stands_out_and_units_are_told_from_the_ground() {
        assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 1e-9);
        for (head, least) in [("html[data-theme=\"light\"] {", 4.5), ("html[data-theme=\"projector\"] {", 7.0)] {
            let known = block(head);
            let value = |name: &str| known.iter().find(|(key, _)| *key == name).unwrap_or_else(|| panic!("{name}")).1;
            for text in ["--text", "--quiet", "--brand", "--warn", "--ink"] {
                for ground in ["--ground", "--raised", "--panel", "--chosen"] {
                    let found = contrast(value(text), value(ground));
                    assert!(least <= found, "{head} {text} on {ground}: {found:.2}, expected {least}");
                }
            }
            for unit in ["--mem", "--vxm", "--mxm", "--sxm", "--c2c", "--control", "--east", "--west"] {
                let found = contrast(value(unit), value("--ground"));
                assert!(3.0 <= found, "{head} {unit}: {found:.2}, expected 3");
            }
        }
    }
}

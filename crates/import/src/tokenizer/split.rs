//! Cuts text into the pieces within which bytes are merged.
//!
//! In: text without special tokens.  Out: pieces whose concatenation is the text.
//! Invariant: each scanner takes at least one character and looks no further than the run it takes.
//! Method: one small scanner per alternative of the pattern that each model family publishes, tried in its order.
//! `default`, which some old files say, is taken as GPT-2's, since the models that say it were trained so.
//! Source: the patterns published with GPT-2, Llama 3, Qwen 2 and SmolLM; names as in `tokenizer.ggml.pre`.

use unicode_general_category::{GeneralCategory, get_general_category};

/// A rule for cutting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreTokenizer {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    Gpt2,
    /// Each `\p{N}` on its own, then GPT-2 on what lies between.
    SmolLm,
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    Llama3,
    /// As Llama 3, with single digits: `\p{N}`.
    Qwen2,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Number,
    Space,
    Other,
}

const CONTRACTIONS: [&str; 7] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

impl PreTokenizer {
    /// The names that [`PreTokenizer::named`] knows, for messages.
    pub const NAMES: &'static str = "gpt-2, default, smollm, llama-bpe, qwen2";

    /// The rule with this name in a model file.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "gpt-2" | "default" | "phi-2" | "mpt" | "olmo" => PreTokenizer::Gpt2,
            "smollm" | "starcoder" | "refact" | "command-r" => PreTokenizer::SmolLm,
            "llama-bpe" | "llama3" | "llama-v3" => PreTokenizer::Llama3,
            "qwen2" | "stablelm2" | "deepseek-r1-qwen" => PreTokenizer::Qwen2,
            _ => return None,
        })
    }

    /// Whether a piece that is a token is taken as such, whatever its merges say.
    pub fn takes_whole_words(self) -> bool {
        self == PreTokenizer::Llama3
    }

    /// The pieces of `text`, in order; none is empty.
    pub fn pieces(self, text: &str) -> Vec<&str> {
        let mut pieces = Vec::new();
        match self {
            PreTokenizer::Gpt2 => cut(text, gpt2, &mut pieces),
            PreTokenizer::SmolLm => {
                let is_number = |character| class(character) == Class::Number;
                for part in text.split_inclusive(is_number) {
                    let digit_start = part.char_indices().next_back().filter(|&(_, last)| is_number(last));
                    let (between, digit) = part.split_at(digit_start.map_or(part.len(), |(start, _)| start));
                    cut(between, gpt2, &mut pieces);
                    pieces.extend(Some(digit).filter(|digit| !digit.is_empty()));
                }
            }
            PreTokenizer::Llama3 => cut(text, |text| llama3(text, 3), &mut pieces),
            PreTokenizer::Qwen2 => cut(text, |text| llama3(text, 1), &mut pieces),
        }
        pieces
    }
}

/// Takes pieces off the front of `text` until nothing is left; `scan` gives the length of the first.
fn cut<'t>(mut text: &'t str, scan: impl Fn(&str) -> usize, pieces: &mut Vec<&'t str>) {
    while !text.is_empty() {
        let (piece, rest) = text.split_at(scan(text));
        pieces.push(piece);
        text = rest;
    }
}

fn gpt2(text: &str) -> usize {
    let contraction = CONTRACTIONS.iter().find(|suffix| text.starts_with(*suffix)).map(|suffix| suffix.len());
    contraction.or_else(|| spaced_run(text)).unwrap_or_else(|| white_space(text))
}

fn llama3(text: &str, digits_max: usize) -> usize {
    contraction_in_any_case(text)
        .or_else(|| letters_after_one(text))
        .or_else(|| numbers(text, digits_max))
        .or_else(|| others_and_line_ends(text))
        .or_else(|| lines(text))
        .unwrap_or_else(|| white_space(text))
}

/// ` ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+`
fn spaced_run(text: &str) -> Option<usize> {
    let start = usize::from(text.starts_with(' '));
    let kind = class(text[start..].chars().next()?);
    (kind != Class::Space).then(|| start + run(&text[start..], |character| class(character) == kind))
}

/// `\s+(?!\S)|\s+`: white space, but for the last character where something follows.
fn white_space(text: &str) -> usize {
    let length = run(text, |character| class(character) == Class::Space);
    let last = text[..length].chars().next_back().map_or(0, char::len_utf8);
    if length == text.len() || length == last { length } else { length - last }
}

/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)`, in ASCII.
fn contraction_in_any_case(text: &str) -> Option<usize> {
    let fits = |suffix: &&&str| text.get(..suffix.len()).is_some_and(|head| head.eq_ignore_ascii_case(suffix));
    CONTRACTIONS.iter().find(fits).map(|suffix| suffix.len())
}

/// `[^\r\n\p{L}\p{N}]?\p{L}+`
fn letters_after_one(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let joins = !is_line_end(first) && matches!(class(first), Class::Space | Class::Other);
    let start = if joins { first.len_utf8() } else { 0 };
    let letters = run(&text[start..], |character| class(character) == Class::Letter);
    (letters != 0).then_some(start + letters)
}

/// `\p{N}{1,max}`
fn numbers(text: &str, max: usize) -> Option<usize> {
    let digits = text.chars().take(max).take_while(|&character| class(character) == Class::Number);
    Some(digits.map(char::len_utf8).sum()).filter(|&length| length != 0)
}

/// ` ?[^\s\p{L}\p{N}]+[\r\n]*`
fn others_and_line_ends(text: &str) -> Option<usize> {
    let start = usize::from(text.starts_with(' '));
    let others = run(&text[start..], |character| class(character) == Class::Other);
    let end = start + others;
    (others != 0).then(|| end + run(&text[end..], is_line_end))
}

/// `\s*[\r\n]+`: white space up to its last line end.
fn lines(text: &str) -> Option<usize> {
    let length = run(text, |character| class(character) == Class::Space);
    text[..length].rfind(is_line_end).map(|last| last + 1)
}

/// Bytes of the characters at the front of `text` that `fits` accepts.
fn run(text: &str, fits: impl Fn(char) -> bool) -> usize {
    text.find(|character| !fits(character)).unwrap_or(text.len())
}

fn is_line_end(character: char) -> bool {
    character == '\r' || character == '\n'
}

fn class(character: char) -> Class {
    use GeneralCategory as Category;
    if is_white_space(character) {
        return Class::Space;
    }
    match get_general_category(character) {
        Category::UppercaseLetter
        | Category::LowercaseLetter
        | Category::TitlecaseLetter
        | Category::ModifierLetter
        | Category::OtherLetter => Class::Letter,
        Category::DecimalNumber | Category::LetterNumber | Category::OtherNumber => Class::Number,
        _ => Class::Other,
    }
}

/// Unicode's property White_Space, which has not changed since Unicode 6.3.
fn is_white_space(character: char) -> bool {
    matches!(
        character,
        '\t'..='\r'
            | ' '
            | '\u{85}'
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::Rng;

    fn check(pre: PreTokenizer, text: &str, expected: &str) {
        assert_eq!(pre.pieces(text).join("|"), expected, "{pre:?} on {text:?}");
    }

    #[test]
    fn gpt2_pieces() {
        let pre = PreTokenizer::Gpt2;
        check(pre, "Hello world, it's 2026!", "Hello| world|,| it|'s| 2026|!");
        check(pre, "we'll I'LL don't", "we|'ll| I|'|LL| don|'t");
        check(pre, "a   b \n c\n\n", "a|  | b| \n| c|\n\n");
        check(pre, "  lead", " | lead");
        check(pre, "綠燈亮了。 走", "綠燈亮了|。| 走");
        check(pre, "a1 2b\u{e9}\u{301}", "a|1| 2|b\u{e9}|\u{301}");
    }

    #[test]
    fn smollm_pieces() {
        let pre = PreTokenizer::SmolLm;
        check(pre, "in 1984 ²³", "in| |1|9|8|4| |²|³");
        check(pre, "a  5", "a|  |5");
        check(pre, "x", "x");
    }

    #[test]
    fn llama3_and_qwen2_pieces() {
        let pre = PreTokenizer::Llama3;
        check(pre, "I'LL pay $12345.67\n\n\tnow", "I|'LL| pay| $|123|45|.|67|\n\n|\tnow");
        check(pre, "end.\r\n  next", "end|.\r\n| | next");
        check(pre, " \n  \n x  ", " \n  \n| x|  ");
        check(PreTokenizer::Qwen2, "a 12b", "a| |1|2|b");
    }

    #[test]
    fn pieces_concatenate_to_the_text() {
        let alphabet: Vec<char> = "aZé好 \n\r\t\u{3000}0９½'’sLl!$。\u{301}🚗".chars().collect();
        for seed in 0..2000 {
            let mut rng = Rng::new(seed);
            let length = rng.below(24);
            let text: String = (0..length).map(|_| alphabet[rng.below(alphabet.len() as u64) as usize]).collect();
            for pre in [PreTokenizer::Gpt2, PreTokenizer::SmolLm, PreTokenizer::Llama3, PreTokenizer::Qwen2] {
                let pieces = pre.pieces(&text);
                assert_eq!(pieces.concat(), text, "{pre:?}, seed {seed}");
                assert!(pieces.iter().all(|piece| !piece.is_empty()), "{pre:?}, seed {seed}");
            }
        }
    }
}

//! Cuts a line into words and hands them out one by one.
//!
//! In: one line.  Out: words with their columns; what is not what the caller expects becomes an error at its column.
//! Invariant: `unquote(quote(name)) == name` for every string, and a quoted name never holds a line break.
//! Method: blanks separate words, `;` ends the line, `"` opens a name with the escapes \" \\ \n \r \t \u{hex}.

use super::error::{REMEDY_WORD, TextError, quoted};
use std::str::FromStr;

/// One word of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    column: usize,
    text: String,
    is_quoted: bool,
}

/// The words of one line, and how far they are read.
#[derive(Clone, Debug)]
pub(super) struct Words {
    line: usize,
    end: usize,
    words: std::iter::Peekable<std::vec::IntoIter<Word>>,
    column: usize,
}

/// `name` as it stands in a text: bare when that is unmistakable, else quoted.
pub(super) fn quote(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:".contains(c);
    if !name.is_empty() && name.chars().all(is_plain) {
        return name.to_owned();
    }
    let mut text = "\"".to_owned();
    for c in name.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            _ if c.is_control() => text.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            _ => text.push(c),
        }
    }
    text.push('"');
    text
}

impl Words {
    /// Cuts `text`, which is line number `line`.
    pub fn new(line: usize, text: &str) -> Result<Self, TextError> {
        let chars: Vec<char> = text.chars().collect();
        let (mut words, mut at) = (Vec::new(), 0);
        while let Some(&c) = chars.get(at) {
            match c {
                ';' => break,
                '"' => {
                    let (text, length) = unquote(&chars[at..]).map_err(|offset| unclosed(line, at + offset))?;
                    words.push(Word { column: at + 1, text, is_quoted: true });
                    at += length;
                }
                _ if c.is_whitespace() => at += 1,
                _ => {
                    let is_end = |c: &char| c.is_whitespace() || *c == ';' || *c == '"';
                    let length = chars[at..].iter().position(is_end).unwrap_or(chars.len() - at);
                    words.push(Word {
                        column: at + 1,
                        text: chars[at..at + length].iter().collect(),
                        is_quoted: false,
                    });
                    at += length;
                }
            }
        }
        Ok(Words { line, end: at + 1, words: words.into_iter().peekable(), column: 1 })
    }

    /// An error at the word read last.
    pub fn error(&self, found: impl Into<String>, expected: impl Into<String>, remedy: &'static str) -> TextError {
        TextError { line: self.line, column: self.column, found: found.into(), expected: expected.into(), remedy }
    }

    /// The next word; `expected` says what it should be.
    pub fn word(&mut self, expected: &str) -> Result<String, TextError> {
        match self.words.next() {
            Some(word) => {
                self.column = word.column;
                Ok(word.text)
            }
            None => {
                self.column = self.end;
                Err(self.error("the end of the line", expected, REMEDY_WORD))
            }
        }
    }

    /// The next word, which must be `keyword`.
    pub fn keyword(&mut self, keyword: &str) -> Result<(), TextError> {
        let expected = format!("`{keyword}`");
        let word = self.word(&expected)?;
        if word == keyword { Ok(()) } else { Err(self.wrong(&word, &expected)) }
    }

    /// Takes the next word when it is `keyword`, bare.
    pub fn take(&mut self, keyword: &str) -> Option<()> {
        let word = self.words.next_if(|word| !word.is_quoted && word.text == keyword)?;
        self.column = word.column;
        Some(())
    }

    /// The first letter of the next word, without taking it.
    pub fn peek(&mut self) -> Option<char> {
        self.words.peek().and_then(|word| word.text.chars().next())
    }

    /// The next word as a number; `expected` names it.
    pub fn number<T: FromStr>(&mut self, expected: &str) -> Result<T, TextError> {
        let word = self.word(expected)?;
        self.convert(&word, expected)
    }

    /// The next word, a number behind the letter `prefix`.
    pub fn prefixed<T: FromStr>(&mut self, prefix: char, expected: &str) -> Result<T, TextError> {
        let word = self.word(expected)?;
        self.convert(word.strip_prefix(prefix).unwrap_or(""), expected).map_err(|_| self.wrong(&word, expected))
    }

    /// `text`, a part of the word read last, as a number. A sign `+`, leading zeros and `-0` are no numbers here: one value, one text.
    pub fn convert<T: FromStr>(&self, text: &str, expected: &str) -> Result<T, TextError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_plain = !digits.starts_with('+') && (text == "0" || !digits.starts_with('0'));
        let number = text.parse().ok().filter(|_| is_plain);
        number.ok_or_else(|| self.wrong(text, expected))
    }

    /// The word read last is `found`, not what was `expected`.
    pub fn wrong(&self, found: &str, expected: &str) -> TextError {
        self.error(quoted(found), expected, REMEDY_WORD)
    }

    /// Nothing may follow.
    pub fn end(mut self) -> Result<(), TextError> {
        match self.words.next() {
            None => Ok(()),
            Some(word) => {
                self.column = word.column;
                Err(self.wrong(&word.text, "the end of the line"))
            }
        }
    }
}

fn unclosed(line: usize, at: usize) -> TextError {
    let expected = "a closing `\"`, or an escape \\\" \\\\ \\n \\r \\t \\u{hex}".to_owned();
    TextError { line, column: at + 1, found: "a name that does not end well".to_owned(), expected, remedy: REMEDY_WORD }
}

/// The name whose opening quote is `chars[0]`, and its length in the text; or how far in the fault lies.
fn unquote(chars: &[char]) -> Result<(String, usize), usize> {
    let (mut name, mut at) = (String::new(), 1);
    loop {
        match chars.get(at..).unwrap_or(&[]) {
            ['"', ..] => return Ok((name, at + 1)),
            ['\\', 'u', '{', rest @ ..] => {
                let digits: String = rest.iter().take(7).take_while(|&&c| c != '}').collect();
                let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                name.push(code.filter(|_| rest.get(digits.len()) == Some(&'}')).ok_or(at)?);
                at += 4 + digits.len();
            }
            ['\\', escaped, ..] => {
                let plain = "\"\\nrt".find(*escaped).ok_or(at)?;
                name.push(['"', '\\', '\n', '\r', '\t'][plain]);
                at += 2;
            }
            [c, ..] => {
                name.push(*c);
                at += 1;
            }
            [] => return Err(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for name in ["layer.3", "", " ", "a;b", "\"", "\\", "\n\r\t\u{1}\u{7f}\u{85}", "層", "->", "a\\u{41}"] {
            let mut words = Words::new(1, &format!("  {} ; comment", quote(name))).expect("quoted well");
            assert_eq!(words.word("a name").as_deref(), Ok(name));
            words.end().expect("one word");
        }
    }

    #[test]
    fn faults_have_columns() {
        let column = |text: &str| Words::new(1, text).expect_err("an unclosed name").column;
        assert_eq!(column("a \"b"), 5);
        assert_eq!(column("a \"\\q\""), 4);
        assert_eq!(column("\"\\u{110000}\""), 2);
        let mut words = Words::new(4, "nop  0x2").expect("two words");
        words.keyword("nop").expect("it is");
        let error = words.number::<u32>("cycles").expect_err("hexadecimal");
        assert_eq!((error.line, error.column), (4, 6));
        assert!(Words::new(1, "+5").expect("a word").number::<u32>("cycles").is_err());
        assert!(Words::new(1, "05").expect("a word").number::<u32>("cycles").is_err());
        let signed = |text: &str| Words::new(1, text).expect("a word").number::<i16>("words").ok();
        assert_eq!(["-0", "-05", "-5", "0"].map(signed), [None, None, Some(-5), Some(0)]);
    }
}

//! Reads a formula: recursive descent over bytes, one function a level of binding.
//!
//! In: text.  Out: its tree, or the byte at which something else was expected.
//! Invariant: no panic and no deep recursion, whatever the text.
//! Method: sum = product {+ product}; product = signed {* signed}; signed = -signed | power; power = atom [^ signed].

use super::{Formula, Operator};
use std::fmt;

/// Parentheses, signs and powers that may stand inside one another.
const DEPTH_MAX: usize = 64;
/// Length of a formula; a sum of this many bytes is still evaluated on a small stack.
const BYTES_MAX: usize = 4096;

/// What is wrong with the text of a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormulaError {
    /// Byte at which reading stopped.
    pub at: usize,
    /// What may stand there.
    pub expected: &'static str,
    /// What stands there.
    pub found: String,
}

impl fmt::Display for FormulaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: expected {}, found {}", self.at, self.expected, self.found)
    }
}

impl std::error::Error for FormulaError {}

pub(super) fn parse(text: &str) -> Result<Formula, FormulaError> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    if BYTES_MAX < text.len() {
        return Err(reader.error("a formula of at most 4096 bytes"));
    }
    let formula = reader.sum()?;
    if reader.peek().is_some() { Err(reader.error("an operator or the end")) } else { Ok(formula) }
}

/// Whether `text` is a dotted id: segments of lower-case letters, digits and `_` that begin with a letter.
pub(crate) fn is_id(text: &str) -> bool {
    let is_segment = |segment: &str| {
        segment.starts_with(|c: char| c.is_ascii_lowercase())
            && segment.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    text.split('.').all(is_segment)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn error(&self, expected: &'static str) -> FormulaError {
        let found = self.text[self.at..].chars().next().map_or("the end".to_owned(), |c| format!("`{c}`"));
        FormulaError { at: self.at, expected, found }
    }

    /// The next byte that is no space; `None` at the end.
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\n']).len();
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over the operator that comes next, if it is one of `choices`.
    fn operator(&mut self, choices: &[(u8, Operator)]) -> Option<Operator> {
        let next = self.peek()?;
        let (_, operator) = choices.iter().find(|(sign, _)| *sign == next)?;
        self.at += 1;
        Some(*operator)
    }

    fn sum(&mut self) -> Result<Formula, FormulaError> {
        let mut left = self.product()?;
        while let Some(operator) = self.operator(&[(b'+', Operator::Add), (b'-', Operator::Subtract)]) {
            left = Formula::Binary(operator, Box::new(left), Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Formula, FormulaError> {
        let mut left = self.signed()?;
        while let Some(operator) = self.operator(&[(b'*', Operator::Multiply), (b'/', Operator::Divide)]) {
            left = Formula::Binary(operator, Box::new(left), Box::new(self.signed()?));
        }
        Ok(left)
    }

    fn signed(&mut self) -> Result<Formula, FormulaError> {
        if DEPTH_MAX <= self.depth {
            return Err(self.error("at most 64 parts inside one another"));
        }
        self.depth += 1;
        let formula = if self.peek() == Some(b'-') {
            self.at += 1;
            Formula::Negate(Box::new(self.signed()?))
        } else {
            self.power()?
        };
        self.depth -= 1;
        Ok(formula)
    }

    fn power(&mut self) -> Result<Formula, FormulaError> {
        let base = self.atom()?;
        match self.operator(&[(b'^', Operator::Power)]) {
            Some(operator) => Ok(Formula::Binary(operator, Box::new(base), Box::new(self.signed()?))),
            None => Ok(base),
        }
    }

    fn atom(&mut self) -> Result<Formula, FormulaError> {
        match self.peek() {
            Some(b'(') => {
                self.at += 1;
                let inner = self.sum()?;
                if self.peek() != Some(b')') {
                    return Err(self.error("`)`"));
                }
                self.at += 1;
                Ok(inner)
            }
            Some(b'0'..=b'9' | b'.') => self.number(),
            Some(b'a'..=b'z') => self.id(),
            _ => Err(self.error("a number, an id, `-` or `(`")),
        }
    }

    /// The longest run of bytes from here on that `belongs` to one word.
    fn word(&self, belongs: impl Fn(usize, u8) -> bool) -> &'t str {
        let bytes = &self.text.as_bytes()[self.at..];
        let length = bytes.iter().enumerate().take_while(|(index, byte)| belongs(*index, **byte)).count();
        &self.text[self.at..self.at + length]
    }

    fn number(&mut self) -> Result<Formula, FormulaError> {
        let bytes = &self.text.as_bytes()[self.at..];
        let word = self.word(|index, byte| {
            let after_e = index != 0 && matches!(bytes[index - 1], b'e' | b'E');
            byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E') || (after_e && matches!(byte, b'+' | b'-'))
        });
        let number = word.parse::<f64>().ok().filter(|number| number.is_finite());
        let number = number.ok_or_else(|| self.error("a finite number such as 12, 0.5 or 2e9"))?;
        self.at += word.len();
        Ok(Formula::Number(number))
    }

    fn id(&mut self) -> Result<Formula, FormulaError> {
        let word = self.word(|_, byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'));
        if !is_id(word) {
            return Err(self.error("an id such as `money.rate`"));
        }
        self.at += word.len();
        Ok(Formula::Id(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rng;

    fn refused(text: &str) -> (usize, &'static str, String) {
        let error = parse(text).expect_err(text);
        (error.at, error.expected, error.found)
    }

    #[test]
    fn errors_name_the_byte_and_what_belongs_there() {
        let operand = "a number, an id, `-` or `(`";
        assert_eq!(refused(""), (0, operand, "the end".to_owned()));
        assert_eq!(refused("a + "), (4, operand, "the end".to_owned()));
        assert_eq!(refused("a + * b"), (4, operand, "`*`".to_owned()));
        assert_eq!(refused("(a + b"), (6, "`)`", "the end".to_owned()));
        assert_eq!(refused("a b"), (2, "an operator or the end", "`b`".to_owned()));
        assert_eq!(refused("1.2.3"), (0, "a finite number such as 12, 0.5 or 2e9", "`1`".to_owned()));
        assert_eq!(refused("1e999").1, "a finite number such as 12, 0.5 or 2e9");
        assert_eq!(refused("2 * a..b"), (4, "an id such as `money.rate`", "`a`".to_owned()));
        assert_eq!(refused("價格"), (0, operand, "`價`".to_owned()));
        assert_eq!(parse("(1").expect_err("open").to_string(), "at byte 2: expected `)`, found the end");
    }

    #[test]
    fn depth_and_length_are_bounded() {
        for nest in ["(", "-", "2^"] {
            assert_eq!(refused(&nest.repeat(1000)).1, "at most 64 parts inside one another");
        }
        assert_eq!(refused(&"1+".repeat(3000)).1, "a formula of at most 4096 bytes");
        let longest = "1+".repeat(2047) + "1";
        assert!(parse(&longest).is_ok_and(|sum| sum.evaluate(&|_| Ok(0.0)) == Ok(2048.0)));
    }

    #[test]
    fn no_text_makes_it_panic() {
        let (alphabet, mut rng) = (b"ae.1_ +-*/^()Z\xc3\xa9", Rng::new(3));
        for _ in 0..20_000 {
            let bytes: Vec<u8> = (0..rng.below(12)).map(|_| alphabet[rng.below(16) as usize]).collect();
            let text = String::from_utf8_lossy(&bytes);
            if let Err(error) = parse(&text) {
                assert!(error.at <= text.len() && text.is_char_boundary(error.at), "{text}");
            }
        }
    }
}

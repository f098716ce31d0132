//! Words of the text form.
//!
//! In: text.  Out: one token after another, each with its position.
//! Invariant: a token is at most as long as the text; the end is a token of its own, so that no reader runs past it.
//! Method: one look at the next character decides the kind.

use super::error::{ParseError, quoted};

/// A token's kind and content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A letter or `_`, then letters, digits and `_`.
    Word(String),
    /// A digit or `-`, then letters, digits, `.` and the signs of exponents; not yet judged.
    Number(String),
    /// A name in quotes, escapes resolved.
    Name(String),
    /// One of `% = : [ ] , { } ; ( )`.
    Mark(char),
    /// The end of the text.
    End,
}

/// A token and where it starts.
#[derive(Clone, Debug)]
pub struct Token {
    pub kind: Kind,
    pub line: usize,
    pub column: usize,
}

impl Token {
    /// The error that something else was expected here.
    pub fn unexpected(&self, expected: impl Into<String>, remedy: &'static str) -> ParseError {
        let found = match &self.kind {
            Kind::Word(text) | Kind::Number(text) => quoted(text),
            Kind::Name(name) => format!("the name {}", quoted(name)),
            Kind::Mark(mark) => format!("`{mark}`"),
            Kind::End => "the end of the text".to_string(),
        };
        ParseError { line: self.line, column: self.column, expected: expected.into(), found, remedy }
    }
}

/// Reads tokens off a text.
pub struct Lexer<'t> {
    rest: &'t str,
    line: usize,
    column: usize,
}

impl<'t> Lexer<'t> {
    pub fn new(text: &'t str) -> Self {
        Lexer { rest: text, line: 1, column: 1 }
    }

    /// The next token. Errors: a character that starts none, or a name that is not closed or escaped well.
    pub fn next(&mut self) -> Result<Token, ParseError> {
        self.skip_blanks();
        let (line, column) = (self.line, self.column);
        let kind = match self.rest.chars().next() {
            None => Kind::End,
            Some('"') => self.name()?,
            Some(mark @ ('%' | '=' | ':' | '[' | ']' | ',' | '{' | '}' | ';' | '(' | ')')) => {
                self.advance();
                Kind::Mark(mark)
            }
            Some(start) if start.is_ascii_alphabetic() || start == '_' => {
                Kind::Word(self.take_while(|_, next| next.is_ascii_alphanumeric() || next == '_'))
            }
            Some(start) if start.is_ascii_digit() || start == '-' => Kind::Number(self.take_while(is_number_part)),
            Some(other) => {
                let found = format!("{other:?}");
                let (expected, remedy) = ("a word, a number, a name in quotes or a mark".to_string(), "remove it");
                return Err(ParseError { line, column, expected, found, remedy });
            }
        };
        Ok(Token { kind, line, column })
    }

    /// Moves past one character.
    fn advance(&mut self) -> Option<char> {
        let mut rest = self.rest.chars();
        let next = rest.next()?;
        self.rest = rest.as_str();
        if next == '\n' {
            (self.line, self.column) = (self.line + 1, 1);
        } else {
            self.column += 1;
        }
        Some(next)
    }

    fn skip_blanks(&mut self) {
        while let Some(next) = self.rest.chars().next() {
            if next == '#' {
                self.take_while(|_, next| next != '\n');
            } else if next.is_whitespace() {
                self.advance();
            } else {
                return;
            }
        }
    }

    /// Takes characters while `is_part(taken so far, next)`.
    fn take_while(&mut self, is_part: impl Fn(&str, char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(next) = self.rest.chars().next().filter(|next| is_part(&taken, *next)) {
            taken.push(next);
            self.advance();
        }
        taken
    }

    /// A name; the next character is the opening quote.
    fn name(&mut self) -> Result<Kind, ParseError> {
        let (line, column) = (self.line, self.column);
        let mut name = String::new();
        self.advance();
        loop {
            match self.advance() {
                Some('"') => return Ok(Kind::Name(name)),
                Some('\\') => name.push(self.escape()?),
                Some(plain) if plain != '\n' => name.push(plain),
                _ => {
                    let (expected, found) = ("a closing quote".to_string(), "the end of the line".to_string());
                    return Err(ParseError { line, column, expected, found, remedy: "close the name on its line" });
                }
            }
        }
    }

    /// The character of an escape; the backslash is behind.
    fn escape(&mut self) -> Result<char, ParseError> {
        let (line, column) = (self.line, self.column);
        let code = match self.advance() {
            Some(plain @ ('"' | '\\')) => return Ok(plain),
            Some('u') => self.take_while(|taken, next| taken.len() < 8 && (next == '{' || next.is_ascii_hexdigit())),
            other => other.map(String::from).unwrap_or_default(),
        };
        let digits = code.strip_prefix('{').filter(|_| self.rest.starts_with('}'));
        let character = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        let unknown = || {
            let expected = "`\\\"`, `\\\\` or `\\u{..}` with the hexadecimal code of a character".to_string();
            ParseError { line, column, expected, found: quoted(&code), remedy: "write a backslash as `\\\\`" }
        };
        let character = character.ok_or_else(unknown)?;
        self.advance();
        Ok(character)
    }
}

/// Whether `next` belongs to a number that began with `taken`.
fn is_number_part(taken: &str, next: char) -> bool {
    let exponent = taken.ends_with(['e', 'E']) && !taken.starts_with("0x");
    match next {
        '-' => taken.is_empty() || exponent,
        '+' => exponent,
        _ => next.is_ascii_alphanumeric() || next == '.',
    }
}

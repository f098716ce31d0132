//! How a command ends: exit codes, and the one line that says why it could not do its work.
//!
//! In: where, what was expected, what was found, what helps.  Out: a failure with its exit code.
//! Invariant: a message is one line; control characters of foreign texts are escaped.
//! Method: errors of other crates already hold all four parts and only get the name of their file.

use frame::Lang;
use std::fmt::Display;
use std::path::Path;
use study::StudyError;

/// Exit code of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Done, and nothing speaks against the answer.
    Done,
    /// The judge found violations, or a text that is not what it claims.
    Violated,
    /// The input or the command line is not usable.
    Refused,
    /// Stopped by Ctrl-C.
    Interrupted,
}

impl Code {
    /// The number that the shell sees.
    pub fn number(self) -> u8 {
        match self {
            Code::Done => 0,
            Code::Violated => 1,
            Code::Refused => 2,
            Code::Interrupted => 130,
        }
    }
}

/// Why a command could not do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub code: Code,
    /// One line for the terminal.
    pub message: String,
}

/// What was expected and what helps.
#[derive(Clone, Copy, Debug)]
pub struct Advice<'a> {
    /// What would have been right.
    pub expected: &'a str,
    /// What to do.
    pub remedy: &'a str,
}

impl Failure {
    /// Something is not as it should be: `subject: expected .., found ..; remedy`.
    pub fn new(subject: impl Display, advice: Advice<'_>, found: impl Display) -> Self {
        let Advice { expected, remedy } = advice;
        Failure::refused(format!("{subject}: expected {expected}, found {found}; {remedy}"))
    }

    /// A whole sentence of another crate.
    pub fn refused(sentence: impl Display) -> Self {
        Failure { code: Code::Refused, message: one_line(&sentence.to_string()) }
    }

    /// An error about the file at `path`.
    pub fn about(path: &Path, error: impl Display) -> Self {
        Failure::refused(format!("{}: {error}", path.display()))
    }

    /// An error of a session on the model called `name`.
    pub fn of_study(name: &str, error: &StudyError) -> Self {
        Failure::of_study_in(Lang::English, name, error)
    }

    /// The same in a language.
    pub fn of_study_in(lang: Lang, name: &str, error: &StudyError) -> Self {
        let (sentence, interrupted) = match lang {
            Lang::English => (error.to_string(), "interrupted"),
            Lang::Chinese => (error.chinese(), "已中斷"),
        };
        match error {
            StudyError::Cancelled => Failure { code: Code::Interrupted, message: interrupted.to_owned() },
            StudyError::Prompt(_) => Failure::refused(sentence),
            _ => Failure::refused(format!("{name}: {sentence}")),
        }
    }
}

/// The text with control characters escaped, so that it stays one line and moves no cursor.
pub fn one_line(text: &str) -> String {
    let mut line = String::new();
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_debug());
        } else {
            line.push(character);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_and_moves_no_cursor() {
        let advice = Advice { expected: "a name", remedy: "choose another" };
        let failure = Failure::new("a\nb", advice, "\u{1b}[2J 綠燈");
        assert_eq!(failure.message, "a\\nb: expected a name, found \\u{1b}[2J 綠燈; choose another");
        assert_eq!(failure.code.number(), 2);
    }

    #[test]
    fn an_interrupted_command_says_so() {
        let failure = Failure::of_study("tiny", &StudyError::Cancelled);
        assert_eq!((failure.code.number(), failure.message.as_str()), (130, "interrupted"));
    }
}

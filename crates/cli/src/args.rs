//! The words of a command line, held against the table of what a command takes.
//!
//! In: words, a command's table.  Out: its operand and options, each once; or one line that says which word is wrong.
//! Invariant: a word is used or refused, never skipped; an option that a command does not know is named beside those it knows.
//! Method: `lexopt` splits (`--name value`, `--name=value`, `--`); the table decides.

use crate::failure::{Advice, Failure};
use lexopt::Arg;
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// An option.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Its name without the two dashes.
    pub name: &'static str,
    /// What its value is called; `None` for a switch.
    pub value: Option<&'static str>,
    /// What it does.
    pub says: &'static str,
}

/// What a command takes.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Its name.
    pub name: &'static str,
    /// What its operand is called.
    pub operand: &'static str,
    /// What it does.
    pub says: &'static str,
    /// Its options, in groups that commands share.
    pub flags: &'static [&'static [Flag]],
}

/// What was given to a command.
#[derive(Clone, Debug)]
pub struct Given {
    usage: &'static Usage,
    operand: Option<OsString>,
    values: Vec<(&'static str, OsString)>,
}

/// What the words ask for.
#[derive(Clone, Debug)]
pub enum Asked {
    /// The command's help.
    Help,
    /// Its work.
    Work(Given),
}

impl Usage {
    fn flags(&self) -> impl Iterator<Item = &'static Flag> {
        self.flags.iter().flat_map(|group| group.iter())
    }

    /// The command's help.
    pub fn help(&self) -> String {
        let Usage { name, operand, says, .. } = self;
        let mut text = format!("greenwave {name} {operand} [options]\n\n{says}\n\nOptions:\n");
        for flag in self.flags() {
            let left = match flag.value {
                Some(value) => format!("--{} {value}", flag.name),
                None => format!("--{}", flag.name),
            };
            text.push_str(&format!("  {left:<24} {}\n", flag.says));
        }
        text.push_str(&format!("  {:<24} {}\n", "--help", "This text."));
        text
    }

    /// Reads the words of this command.
    pub fn read(&'static self, words: &[OsString]) -> Result<Asked, Failure> {
        let mut given = Given { usage: self, operand: None, values: Vec::new() };
        let mut parser = lexopt::Parser::from_args(words.iter().cloned());
        while let Some(word) = parser.next().map_err(|error| self.wrong(error))? {
            match word {
                Arg::Long("help") | Arg::Short('h') => return Ok(Asked::Help),
                Arg::Long(name) => {
                    let flag = self
                        .flags()
                        .find(|flag| flag.name == name)
                        .ok_or_else(|| self.unknown(&format!("--{name}")))?;
                    let value = match flag.value {
                        Some(_) => parser.value().map_err(|error| self.wrong(error))?,
                        None => OsString::new(),
                    };
                    given.put(flag.name, value)?;
                }
                Arg::Short(letter) => return Err(self.unknown(&format!("-{letter}"))),
                Arg::Value(value) => given.put_operand(value)?,
            }
        }
        Ok(Asked::Work(given))
    }

    fn wrong(&self, error: impl Display) -> Failure {
        Failure::refused(format!("{}: {error}; {}", self.name, self.see()))
    }

    fn unknown(&self, word: &str) -> Failure {
        let names: Vec<String> = self.flags().map(|flag| format!("--{}", flag.name)).collect();
        Failure::new(self.name, Advice { expected: &names.join(", "), remedy: &self.see() }, word)
    }

    fn see(&self) -> String {
        format!("see `greenwave {} --help`", self.name)
    }
}

impl Given {
    fn put(&mut self, name: &'static str, value: OsString) -> Result<(), Failure> {
        if self.has(name) {
            let advice = Advice { expected: "it once", remedy: "leave one of them out" };
            return Err(Failure::new(format!("--{name}"), advice, "it again"));
        }
        self.values.push((name, value));
        Ok(())
    }

    fn put_operand(&mut self, value: OsString) -> Result<(), Failure> {
        if self.operand.is_some() {
            let advice = Advice { expected: &format!("one {}", self.usage.operand), remedy: &self.usage.see() };
            return Err(Failure::new(self.usage.name, advice, format!("{value:?} too")));
        }
        self.operand = Some(value);
        Ok(())
    }

    /// Whether an option was given.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Whether an operand was given.
    pub fn has_operand(&self) -> bool {
        self.operand.is_some()
    }

    /// The operand.
    pub fn operand(&self) -> Result<&Path, Failure> {
        self.operand.as_deref().map(Path::new).ok_or_else(|| {
            let advice = Advice { expected: self.usage.operand, remedy: &self.usage.see() };
            Failure::new(self.usage.name, advice, "nothing")
        })
    }

    /// The value of an option as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.value(name).map(PathBuf::from)
    }

    /// The value of an option as text.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Failure> {
        let as_text = |value: &'_ OsStr| format!("{value:?}");
        let Some(value) = self.value(name) else { return Ok(None) };
        let advice = Advice { expected: "text in UTF-8", remedy: "type it again" };
        value.to_str().map(Some).ok_or_else(|| Failure::new(format!("--{name}"), advice, as_text(value)))
    }

    /// The failure of a command that lacks an option.
    pub fn missing(&self, name: &str) -> Failure {
        let flag = self.usage.flags().find(|flag| flag.name == name);
        let expected = format!("--{name} {}", flag.and_then(|flag| flag.value).unwrap_or_default());
        Failure::new(self.usage.name, Advice { expected: expected.trim(), remedy: &self.usage.see() }, "nothing")
    }

    /// The value of an option as a number within `range`.
    pub fn number<N>(&self, name: &str, range: RangeInclusive<N>) -> Result<Option<N>, Failure>
    where
        N: FromStr + PartialOrd + Display,
    {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let advice = Advice { expected: &expected, remedy: "give such a number" };
        number.map(Some).ok_or_else(|| Failure::new(format!("--{name}"), advice, format!("{text:?}")))
    }

    /// Refuses two options that exclude one another.
    pub fn at_most_one(&self, names: [&str; 2]) -> Result<(), Failure> {
        if names.iter().all(|name| self.has(name)) {
            let advice = Advice { expected: "one of them", remedy: "leave one out" };
            return Err(Failure::new(format!("--{} and --{}", names[0], names[1]), advice, "both"));
        }
        Ok(())
    }

    /// Refuses options that are not among `names`, which this use of the command would pass over.
    pub fn only(&self, names: &[&str], advice: Advice<'_>) -> Result<(), Failure> {
        match self.values.iter().find(|(name, _)| !names.contains(name)) {
            Some((name, _)) => Err(Failure::new(format!("--{name}"), advice, format!("--{name}"))),
            None => Ok(()),
        }
    }

    /// Refuses an operand.
    pub fn no_operand(&self, advice: Advice<'_>) -> Result<(), Failure> {
        match &self.operand {
            Some(operand) => Err(Failure::new(self.usage.name, advice, format!("{operand:?}"))),
            None => Ok(()),
        }
    }

    fn value(&self, name: &str) -> Option<&OsStr> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_os_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static USAGE: Usage = Usage {
        name: "run",
        operand: "MODEL",
        says: "Runs.",
        flags: &[&[
            Flag { name: "tokens", value: Some("N"), says: "How many." },
            Flag { name: "json", value: None, says: "As JSON." },
        ]],
    };

    fn read(words: &[&str]) -> Result<Given, String> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        match USAGE.read(&words) {
            Ok(Asked::Work(given)) => Ok(given),
            Ok(Asked::Help) => Err("help".to_owned()),
            Err(failure) => Err(failure.message),
        }
    }

    #[test]
    fn options_stand_in_any_order_and_form() {
        for words in [["--tokens", "7", "--json", "tiny"].as_slice(), &["tiny", "--json", "--tokens=7"]] {
            let given = read(words).expect("legal");
            assert_eq!(given.number("tokens", 1..=9), Ok(Some(7)));
            assert!(given.has("json") && given.operand() == Ok(Path::new("tiny")));
        }
        assert_eq!(read(&["--help", "--nonsense"]).err().as_deref(), Some("help"));
        assert_eq!(read(&["--", "--odd"]).expect("a name").operand(), Ok(Path::new("--odd")));
    }

    #[test]
    fn each_wrong_word_is_named_with_what_would_be_right() {
        let refusals = [
            (["--nonsense"].as_slice(), "run: expected --tokens, --json, found --nonsense; see `greenwave run --help`"),
            (&["-q"], "run: expected --tokens, --json, found -q; see `greenwave run --help`"),
            (&["--tokens"], "run: missing argument for option '--tokens'; see `greenwave run --help`"),
            (&["--json=yes"], "run: unexpected argument for option '--json': \"yes\"; see `greenwave run --help`"),
            (&["--json", "--json"], "--json: expected it once, found it again; leave one of them out"),
            (&["a", "b"], "run: expected one MODEL, found \"b\" too; see `greenwave run --help`"),
        ];
        for (words, message) in refusals {
            assert_eq!(read(words).err().as_deref(), Some(message));
        }
        let given = read(&["--tokens", "many"]).expect("its value is looked at later");
        let message = "--tokens: expected a whole number from 1 to 9, found \"many\"; give such a number";
        assert_eq!(given.number("tokens", 1..=9).expect_err("no number").message, message);
        assert_eq!(
            given.operand().expect_err("none").message,
            "run: expected MODEL, found nothing; see `greenwave run --help`"
        );
    }
}

//! A machine as a JSON file.
//!
//! In: text from anywhere.  Out: a machine that `check` accepts, or the first fault with field, value and what would be legal.
//! Invariant: two machines of one name are one machine: the name of a machine from a file ends with a checksum of all it says, and
//!     the published name belongs to the published machine. So a program, which names its machine, is refused on any other.
//! Method: serde; no field is missing or unknown, and nothing is filled in.
//! Source: Fowler, Noll, Vo: FNV-1a, 64 bits, of which the name shows 32.

use crate::{Chip, ChipError};

/// What divides a name from its checksum.
const MARK: char = '#';
/// Longest name in a file.
const NAME_MAX: usize = 40;

/// Why a text is no machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChipFileError {
    /// Not JSON, or not the fields of a machine.
    #[error(
        "machine file, line {line}, column {column}: {reason}; expected the fields of a machine; start from `greenwave chip --machine`"
    )]
    Text {
        /// Line, from 1; 0 when the file as a whole is meant.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the reader says.
        reason: String,
    },
    /// A name that cannot be.
    #[error("machine file: name is `{found}`, expected {expected}; choose another name")]
    Name {
        /// The name.
        found: String,
        /// What would be legal.
        expected: &'static str,
    },
    /// A machine that contradicts itself.
    #[error("machine file: {0}; change the field")]
    Impossible(#[from] ChipError),
}

/// FNV-1a, 64 bits.
pub fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

impl Chip {
    /// The machine that `text` describes; unless it is the published one, its name gets a checksum of all its constants.
    pub fn from_json(text: &str) -> Result<Chip, ChipFileError> {
        let mut chip: Chip = serde_json::from_str(text).map_err(|error| {
            let reason = error.to_string();
            let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
            ChipFileError::Text { line: error.line(), column: error.column(), reason }
        })?;
        let name =
            |found: &str, expected| Err(ChipFileError::Name { found: found.escape_debug().to_string(), expected });
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if chip.name.is_empty() || NAME_MAX < chip.name.len() || !chip.name.chars().all(is_plain) {
            return name(&chip.name, "1 to 40 letters, digits, `.`, `_` or `-`");
        }
        chip.check()?;
        let published = Chip::lpu_14nm();
        if chip == published {
            return Ok(chip);
        }
        if chip.name == published.name {
            return name(
                &chip.name,
                "a name of its own, because its constants differ from those of the published machine",
            );
        }
        let sum = checksum(chip.to_json().as_bytes()) as u32;
        chip.name = format!("{}{MARK}{sum:08x}", chip.name);
        Ok(chip)
    }

    /// The machine as a file, which `from_json` reads back.
    pub fn to_json(&self) -> String {
        let name = self.name.split(MARK).next().unwrap_or_default().to_owned();
        let plain = Chip { name, ..self.clone() };
        serde_json::to_string_pretty(&plain).expect("a machine is plain data") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published machine's file with `from` replaced, read.
    fn edited(edits: &[(&str, &str)]) -> Result<Chip, ChipFileError> {
        let mut text = Chip::lpu_14nm().to_json();
        for (from, to) in edits {
            assert!(text.contains(from), "{from}");
            text = text.replacen(from, to, 1);
        }
        Chip::from_json(&text)
    }

    const NAMED: (&str, &str) = ("lpu-14nm", "fast");

    #[test]
    fn what_is_written_is_read_back_and_named_by_what_it_says() {
        assert_eq!(edited(&[]), Ok(Chip::lpu_14nm()));
        let fast = edited(&[NAMED, ("\"hop\": 1", "\"hop\": 2")]).expect("slower hops are possible");
        assert_eq!(fast.latency.hop, 2);
        let (name, sum) = fast.name.split_once(MARK).expect("its name has a checksum");
        assert_eq!((name, sum.len()), ("fast", 8));
        assert_eq!(Chip::from_json(&fast.to_json()).as_ref(), Ok(&fast));
        let other = edited(&[NAMED, ("\"hop\": 1", "\"hop\": 3")]).expect("slower still");
        assert_ne!(other.name, fast.name);
    }

    #[test]
    fn what_is_no_machine_is_refused_with_its_place() {
        let said = |edits: &[(&str, &str)]| edited(edits).expect_err("no machine").to_string();
        assert!(said(&[("\"hop\": 1", "\"hop\": -1")]).starts_with("machine file, line "), "{}", said(&[NAMED]));
        assert!(said(&[("\"hop\"", "\"hip\"")]).contains("unknown field `hip`"));
        assert!(said(&[("\"words\": 8192,", "")]).contains("missing field `words`"));
        assert!(
            said(&[NAMED, ("\"words\": 8192", "\"words\": 9000")])
                .contains("words is 9000 words in 2 banks, expected at most")
        );
        assert!(
            said(&[NAMED, ("\"transposers\": 2", "\"transposers\": 3")])
                .contains("transposers is 3, expected at most 2")
        );
        assert!(said(&[NAMED, ("\"number\": 16", "\"number\": 44")]).contains("slices_reserved is W44"));
        assert!(said(&[("\"hop\": 1", "\"hop\": 2")]).contains("a name of its own"));
        assert!(said(&[("lpu-14nm", "a#b")]).contains("name is `a#b`"));
        assert!(said(&[("{", "[")]).contains("expected the fields of a machine"));
        assert!(Chip::from_json("").expect_err("nothing").to_string().contains("line 1"));
    }
}

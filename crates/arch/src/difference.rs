//! A machine as what differs from the published one: short enough for an address.
//!
//! In: a machine; lines `field=value`.  Out: the same, the other way round.
//! Invariant: reading what was written gives the machine again, name and checksum included.
//! Method: both machines as JSON trees, field by field; fields of `latency` are written `latency.hop`.

use crate::{Chip, ChipFileError};
use serde_json::Value;

/// The fields of a machine in order, those of its latencies included.
fn fields(chip: &Chip) -> Vec<(String, Value)> {
    let text = chip.to_json();
    let Ok(Value::Object(tree)) = serde_json::from_str(&text) else { return Vec::new() };
    let mut fields = Vec::new();
    for (name, value) in tree {
        match value {
            Value::Object(inner) => {
                fields.extend(inner.into_iter().map(|(part, value)| (format!("{name}.{part}"), value)))
            }
            value => fields.push((name, value)),
        }
    }
    fields
}

impl Chip {
    /// What differs from the published machine, a line `field=value` each; nothing for the published machine.
    pub fn differences(&self) -> String {
        let published = fields(&Chip::lpu_14nm());
        let differs = fields(self).into_iter().filter(|field| !published.contains(field));
        differs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("\n")
    }

    /// The published machine with these differences.
    ///
    /// Errors: a line that is no `field=value` of a machine, named with its number; whatever `from_json` refuses.
    pub fn from_differences(text: &str) -> Result<Chip, ChipFileError> {
        let mut tree: Value = serde_json::from_str(&Chip::lpu_14nm().to_json()).expect("a machine's own text is JSON");
        for (number, line) in text.lines().enumerate() {
            let wrong = |reason: String| ChipFileError::Text { line: number + 1, column: 1, reason };
            let (name, value) = line.split_once('=').ok_or_else(|| wrong(format!("`{line}` is no `field=value`")))?;
            let value = serde_json::from_str(value).map_err(|error| wrong(format!("{name}: {error}")))?;
            let pointer = format!("/{}", name.replace('.', "/"));
            let place = tree.pointer_mut(&pointer).ok_or_else(|| wrong(format!("unknown field `{name}`")))?;
            *place = value;
        }
        Chip::from_json(&tree.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_makes_the_machine_again() {
        assert_eq!(Chip::lpu_14nm().differences(), "");
        assert_eq!(Chip::from_differences(""), Ok(Chip::lpu_14nm()));
        let text = Chip::lpu_14nm().to_json().replace("lpu-14nm", "fast").replace("\"hop\": 1", "\"hop\": 2");
        let text = text.replace("\"words\": 8192", "\"words\": 4096");
        let fast = Chip::from_json(&text).expect("a possible machine");
        assert_eq!(fast.differences(), "latency.hop=2\nname=\"fast\"\nwords=4096");
        assert_eq!(Chip::from_differences(&fast.differences()), Ok(fast));
    }

    #[test]
    fn lines_that_say_nothing_are_refused_with_their_place() {
        let said = |text: &str| Chip::from_differences(text).expect_err("no machine").to_string();
        assert!(said("hop").contains("line 1") && said("hop").contains("`field=value`"));
        assert!(said("name=\"a\"\nlatency.hip=2").contains("line 2, column 1: unknown field `latency.hip`"));
        assert!(said("name=\"a\"\nlatency={}").contains("missing field"));
        assert!(said("latency.hop=2").contains("a name of its own"));
        assert!(said("name=\"a\"\nwords=9000").contains("words is 9000"));
    }
}

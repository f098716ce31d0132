//! What the field of an input accepts, and what it says to anything else.
//!
//! In: unit and sensible range of an input, a number from outside.  Out: nothing, or the refusal that stands at the field.
//! Invariant: a refusal names the field, what was found, what is expected and what to do, in both languages.
//! Method: the unit decides: a share ends at 1, a count is whole; other quantities may leave their range by a factor of 1,000.

use crate::Text;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Beyond its sensible range by more than this factor, a quantity is taken for a slip of the finger.
const SLIP: f64 = 1000.0;
/// Below one in ten thousand a share is taken for a slip, too; the annuity needs an interest rate that is not zero.
const SHARE_LEAST: f64 = 1e-4;

/// Quantities that may well be nothing: power for free, no maintenance, no correlation, no reading, no link.
const MAY_BE_ZERO: [&str; 8] = [
    "money.kwh",
    "money.maintenance",
    "tail.correlation",
    "use.kv_bytes",
    "use.link_bits",
    "use.macs_g",
    "use.weight_gb",
    "use.stored_gb",
];

/// Whether an input counts things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A measure.
    Real,
    /// A count.
    Whole,
}

/// What a field accepts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Least value.
    pub least: f64,
    /// Greatest value.
    pub most: f64,
    /// Whether fractions are refused.
    pub kind: Kind,
}

/// A value that an input cannot have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// The field.
    pub id: String,
    /// What was given.
    pub found: String,
    /// What belongs there.
    pub expected: Text,
    /// What to do.
    pub remedy: Text,
}

impl Refusal {
    /// The whole refusal in one sentence.
    pub fn text(&self) -> Text {
        let Refusal { id, found, expected, remedy } = self;
        Text::new(
            format!("「{id}」：輸入的是 {found}，這裡要的是{}；{}", expected.zh, remedy.zh),
            format!("`{id}`: found {found}, expected {}: {}", expected.en, remedy.en),
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text().en)
    }
}

impl std::error::Error for Refusal {}

impl Bounds {
    /// What an input of this unit and sensible range accepts.
    pub(crate) fn of(id: &str, unit: &str, low: f64, high: f64) -> Bounds {
        let (least, most, kind) = match unit {
            "share" => (SHARE_LEAST, 1.0, Kind::Real),
            "overhead" => (1.0, 10.0, Kind::Real),
            "years" => (1.0, 40.0, Kind::Whole),
            "calls" | "chips" | "servers" | "tokens" | "users" => (1.0, high * SLIP, Kind::Whole),
            "s" => (0.0, 3600.0, Kind::Real),
            _ => (low / SLIP, high * SLIP, Kind::Real),
        };
        let least = if MAY_BE_ZERO.contains(&id) { 0.0 } else { least };
        Bounds { least, most: most.max(least), kind }
    }

    /// The number in `text`.
    ///
    /// Errors: it is none, or none that the field `id` accepts.
    pub fn read(self, id: &str, text: &str) -> Result<f64, Box<Refusal>> {
        let value = text.trim().parse().map_err(|_| self.refuse(id, text.trim().to_owned()))?;
        self.check(id, value).map(|()| value)
    }

    pub(crate) fn check(self, id: &str, value: f64) -> Result<(), Box<Refusal>> {
        let is_whole = self.kind == Kind::Real || value.fract() == 0.0;
        let is_within = self.least <= value && value <= self.most;
        if is_within && is_whole { Ok(()) } else { Err(self.refuse(id, written(value))) }
    }

    /// The refusal of `found`, which is no number or none within the bounds.
    pub(crate) fn refuse(self, id: &str, found: String) -> Box<Refusal> {
        let Bounds { least, most, kind } = self;
        let (zh, en) = match kind {
            Kind::Real => ("數", "number"),
            Kind::Whole => ("整數", "whole number"),
        };
        let number = found.parse::<f64>();
        let nearest = number.ok().filter(|value| value.is_finite()).map(|value| value.clamp(least, most));
        let remedy = match nearest.map(|value| if kind == Kind::Whole { value.round() } else { value }) {
            Some(nearest) => {
                Text::new(format!("最接近而可接受的值是 {nearest}"), format!("the nearest accepted value is {nearest}"))
            }
            None => Text::of("請只輸入數字，例如 0.5 或 2e9", "type digits only, as 0.5 or 2e9"),
        };
        let expected = Text::new(format!(" {least} 到 {most} 之間的{zh}"), format!("a {en} from {least} to {most}"));
        Box::new(Refusal { id: id.to_owned(), found, expected, remedy })
    }
}

/// A number as it is read: no more digits than it needs.
fn written(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e15).contains(&size) { format!("{value:e}") } else { value.to_string() }
}

pub(crate) fn unknown(id: &str) -> Box<Refusal> {
    Box::new(Refusal {
        id: id.to_owned(),
        found: format!("`{id}`"),
        expected: Text::of("帳單上某個輸入的代號", "the id of an input of the bill"),
        remedy: Text::of("請從輸入清單選一個", "choose one from the list of inputs"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(unit: &str, value: f64) -> Option<String> {
        Bounds::of("a.b", unit, 1.0, 4.0).check("a.b", value).err().map(|refusal| refusal.to_string())
    }

    #[test]
    fn the_unit_decides_what_is_absurd() {
        let share = "`a.b`: found 1.5, expected a number from 0.0001 to 1: the nearest accepted value is 1";
        assert_eq!(refused("share", 1.5).as_deref(), Some(share));
        let years = "`a.b`: found 3.5, expected a whole number from 1 to 40: the nearest accepted value is 4";
        assert_eq!(refused("years", 3.5).as_deref(), Some(years));
        assert!(refused("W", -70.0).is_some() && refused("W", 0.0).is_some() && refused("W", 4001.0).is_some());
        let huge = refused("W", 1e308).expect("too much");
        assert!(huge.contains("found 1e308,") && refused("W", 1e-300).is_some_and(|said| said.contains("1e-300")));
        assert!(refused("W", f64::NAN).is_some() && refused("W", f64::INFINITY).is_some());
        assert_eq!(
            [refused("W", 0.001), refused("W", 4000.0), refused("s", 0.0), refused("years", 4.0)],
            [None, None, None, None]
        );
    }

    #[test]
    fn both_languages_say_it() {
        let refusal = Bounds::of("a.b", "W", 1.0, 4.0).refuse("a.b", "much".to_owned());
        assert_eq!(
            refusal.text().zh,
            "「a.b」：輸入的是 much，這裡要的是 0.001 到 4000 之間的數；請只輸入數字，例如 0.5 或 2e9"
        );
        assert_eq!(refusal.expected.zh, " 0.001 到 4000 之間的數");
        assert_eq!(refusal.remedy.zh, "請只輸入數字，例如 0.5 或 2e9");
    }
}

//! How well a number is known, and what says so.
//!
//! In: what was read, run, computed or chosen.  Out: constants that carry their evidence.
//! Invariant: no constant without evidence; low <= default <= high.
//! Method: the kinds of evidence carry what is needed to look them up, so that a claim without a place does not compile.

use crate::formula::{Formula, is_id};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How well a number is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Standing {
    /// Printed in a named public source.
    Published,
    /// Read off a machine by a command on a date, or used by programs that ran on one.
    Measured,
    /// Arithmetic over other facts.
    Derived,
    /// Our choice, switchable; nothing public fixes it.
    Assumed,
}

impl Standing {
    /// All four, the strongest first.
    pub const ALL: [Standing; 4] = [Standing::Published, Standing::Measured, Standing::Derived, Standing::Assumed];

    /// The weakest of `standings`: what is computed from several numbers is known no better than the least known.
    pub fn weakest(standings: impl IntoIterator<Item = Standing>) -> Option<Standing> {
        standings.into_iter().max()
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Standing::Published => "published",
            Standing::Measured => "measured",
            Standing::Derived => "derived",
            Standing::Assumed => "assumed",
        })
    }
}

/// What a number rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Evidence {
    /// Printed: in which work, and where in it.
    Published {
        /// Author, title or publisher, year.
        work: &'static str,
        /// Section, table, slide or page.
        section: &'static str,
    },
    /// Read off a machine.
    Measured {
        /// What was run, by whom if it was not us.
        command: &'static str,
        /// When, as `2026-11-26`, or as precise as is known.
        date: &'static str,
    },
    /// Computed from other constants.
    Derived {
        /// An arithmetic expression over numbers and ids of constants.
        formula: &'static str,
    },
    /// Chosen.
    Assumed {
        /// Why so and not otherwise.
        why: &'static str,
    },
}

impl Evidence {
    /// The kind of evidence.
    pub fn standing(&self) -> Standing {
        match self {
            Evidence::Published { .. } => Standing::Published,
            Evidence::Measured { .. } => Standing::Measured,
            Evidence::Derived { .. } => Standing::Derived,
            Evidence::Assumed { .. } => Standing::Assumed,
        }
    }
}

/// An input of a model: what it is by default, between which bounds it may sensibly lie, and why.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Constant {
    /// Dotted name, unique among all constants: `h100.hbm_peak`.
    pub id: &'static str,
    /// Value where nobody says otherwise.
    pub default: f64,
    /// Least sensible value.
    pub low: f64,
    /// Greatest sensible value.
    pub high: f64,
    /// Unit of the three; empty for a ratio or a count.
    pub unit: &'static str,
    /// What it rests on.
    pub evidence: Evidence,
}

impl Constant {
    /// What is missing or contradictory in this constant, each as a sentence with the remedy; empty if it is sound.
    ///
    /// That ids of a formula exist is a matter of the whole set: see `Book`.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = self.evidence.faults();
        if !is_id(self.id) {
            faults.push("an id is lower-case words joined by dots, as `money.rate`".to_owned());
        }
        if ![self.low, self.default, self.high].iter().all(|value| value.is_finite()) {
            faults.push("low, default and high must be finite numbers".to_owned());
        } else if !(self.low <= self.default && self.default <= self.high) {
            let Constant { low, default, high, .. } = self;
            faults.push(format!("low <= default <= high must hold, found {low}, {default}, {high}"));
        }
        faults
    }
}

impl Evidence {
    fn faults(&self) -> Vec<String> {
        let (named, mut faults) = match self {
            Evidence::Published { work, section } => (vec![("work", work), ("section", section)], Vec::new()),
            Evidence::Measured { command, date } => {
                let fault = "a date is written as 2026, 2026-11 or 2026-11-26".to_owned();
                let faults = if is_date(date) { Vec::new() } else { vec![fault] };
                (vec![("command", command)], faults)
            }
            Evidence::Derived { formula } => {
                let error = Formula::parse(formula).err();
                (vec![], error.map(|error| format!("formula, {error}")).into_iter().collect())
            }
            Evidence::Assumed { why } => (vec![("why", why)], Vec::new()),
        };
        let empty = named.iter().filter(|(_, text)| text.trim().is_empty());
        faults.extend(empty.map(|(name, _)| format!("{} evidence must say its {name}", self.standing())));
        faults
    }
}

/// Whether `text` is a year, a month or a day.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_number = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let within = |part: &&str, most: u32| is_number(part, 2) && part.parse().is_ok_and(|n: u32| 0 < n && n <= most);
    is_number(parts[0], 4)
        && parts.len() <= 3
        && parts.get(1).is_none_or(|month| within(month, 12))
        && parts.get(2).is_none_or(|day| within(day, 31))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(id: &'static str, range: [f64; 3], evidence: Evidence) -> Vec<String> {
        Constant { id, default: range[1], low: range[0], high: range[2], unit: "", evidence }.faults()
    }

    #[test]
    fn evidence_without_a_place_is_refused() {
        let range = [1.0, 2.0, 3.0];
        let published = |work, section| faults("a.b", range, Evidence::Published { work, section });
        assert_eq!(published("ISCA 2020", "abstract"), [""; 0]);
        assert_eq!(published("ISCA 2020", " "), ["published evidence must say its section"]);
        assert_eq!(published("", "2").len(), 1);
        let measured = |command, date| faults("a.b", range, Evidence::Measured { command, date });
        assert_eq!(measured("gpu-benches", "2024-02"), [""; 0]);
        assert_eq!(measured("", "2024-02"), ["measured evidence must say its command"]);
        for date in ["", "24", "2024-13", "2024-00", "2024-01-32", "2024-1", "last week", "2024-01-01-01"] {
            assert_eq!(measured("x", date).len(), 1, "{date}");
        }
        assert_eq!(faults("a.b", range, Evidence::Derived { formula: "a *" }).len(), 1);
        assert_eq!(faults("a.b", range, Evidence::Assumed { why: "" }), ["assumed evidence must say its why"]);
    }

    #[test]
    fn bounds_and_ids_are_checked() {
        let why = Evidence::Assumed { why: "a test" };
        assert_eq!(faults("a.b", [1.0, 0.5, 3.0], why), ["low <= default <= high must hold, found 1, 0.5, 3"]);
        assert_eq!(faults("a.b", [1.0, f64::NAN, 3.0], why).len(), 1);
        for id in ["", "A", "a b", "a..b", "a.", "1.a", "a-b"] {
            assert_eq!(faults(id, [1.0, 2.0, 3.0], why).len(), 1, "{id}");
        }
    }

    #[test]
    fn the_weakest_decides() {
        assert_eq!(Standing::weakest(Standing::ALL), Some(Standing::Assumed));
        assert_eq!(Standing::weakest([Standing::Derived, Standing::Published]), Some(Standing::Derived));
        assert_eq!(Standing::weakest([]), None);
    }
}

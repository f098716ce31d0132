//! How well a number is known, and what says so.
//!
//! In: what was read, run, computed or chosen.  Out: constants that carry their evidence.
//! Invariant: no constant without evidence; low <= default <= high.
//! Method: the kinds of evidence carry what is needed to look them up, so that a claim without a place does not compile.

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

//! What the tour reads off the scenes with the rival, and off the compiler's view.
//!
//! In: the moment that is shown; the compiler's figures.  Out: values for texts.
//! Invariant: a figure is of the moment or the program that is shown.

use crate::rush::Shown;
use frame::{CompilerFacts, grouped};

/// What a text may name of the scene: the second worker says it with the picture.
pub fn value(name: &str, shown: &Shown) -> Option<String> {
    shown.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

/// What a text may name of the compiler's view: the funnel in its order, and the bounds.
pub fn compiled(name: &str, facts: &CompilerFacts) -> Option<String> {
    let step = |place: usize| facts.funnel.get(place).map(|step| grouped(step.count));
    match name {
        "imported" => step(0),
        "kinds" => step(1),
        "sized" => step(2),
        "written" => step(3),
        "issued" => step(4),
        "first_bound" => Some(grouped(facts.bounds.first.cycles)),
        "second_bound" => Some(grouped(facts.bounds.second.cycles)),
        _ => None,
    }
}

/// The names of both.
#[cfg(test)]
pub const NAMES: [&str; 23] = [
    "crowd_groups",
    "crowd_channels",
    "crowd_waits",
    "crowd_time",
    "crowd_fast",
    "crowd_slow",
    "crowd_refreshes",
    "crowd_later",
    "crowd_before",
    "routed_time",
    "served_requests",
    "served_users",
    "served_inserted",
    "served_gap",
    "served_most",
    "served_frame",
    "imported",
    "kinds",
    "sized",
    "written",
    "issued",
    "first_bound",
    "second_bound",
];

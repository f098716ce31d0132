//! What the tour reads off the scene inside a chip, and off the compiler's view.
//!
//! In: the moment that is shown; the compiler's figures.  Out: values for texts.
//! Invariant: a figure is of the moment or the program that is shown.

use crate::numbers::digits;
use crate::rush::Shown;
use frame::{CompilerFacts, grouped};

fn ns(value: f64) -> String {
    format!("{} ns", digits(value))
}

/// What a text may name of the scene.
pub fn value(name: &str, shown: &Shown) -> Option<String> {
    let crowd = &shown.crowd;
    Some(match name {
        "crowd_groups" => crowd.groups.to_string(),
        "crowd_channels" => crowd.channels.to_string(),
        "crowd_waits" => format!("{:.0} %", 100.0 * crowd.waiting),
        "crowd_time" => ns(crowd.length),
        "crowd_fast" => ns(crowd.range.0),
        "crowd_slow" => ns(crowd.range.1),
        "crowd_refreshes" => crowd.refreshes.to_string(),
        "crowd_later" => ns(crowd.length - crowd.punctual),
        "crowd_before" => ns(crowd.before),
        "routed_time" => ns(shown.routed.length()),
        _ => return None,
    })
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
pub const NAMES: [&str; 17] = [
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
    "imported",
    "kinds",
    "sized",
    "written",
    "issued",
    "first_bound",
    "second_bound",
];

//! What the tour reads off the waterfall: shares, times, and what they say together.
//!
//! In: the waterfall that is shown, a language.  Out: values for texts; one sentence that holds in every order of the switches.
//! Invariant: nothing is said of which step counts that the waterfall does not say.

use crate::i18n::Lang;
use crate::numbers::{between, digits, percent, time};
use study::cases::{Ramp, Reason, Switch, Waterfall};

/// What a text may name.
pub fn value(name: &str, lang: Lang, fall: &Waterfall) -> Option<String> {
    let rate = |ns: i64| digits(1e9 / ns.max(1) as f64);
    // Without the ramp of the kernels, which is told by itself.
    let in_turn = |reason: Reason| {
        let without = if reason == Reason::Sram { Ramp::Planning } else { Ramp::Memory };
        percent(fall, fall.orders.causes(without)[reason as usize].in_turn_ns)
    };
    let saves = |switch: Switch| fall.steps.iter().find(|step| step.switch == switch).map(|step| step.saves_ns);
    Some(match name {
        "box" => lang.pick(&fall.box_name),
        "box_time" => time(fall.whole_ns),
        "box_rate" => rate(fall.whole_ns),
        "noise_share" => in_turn(Reason::Determinism),
        "plan_share" => in_turn(Reason::Planning),
        "sram_share" => in_turn(Reason::Sram),
        "many_share" => in_turn(Reason::Chips),
        "noise_range" => between(fall, Reason::Determinism as usize),
        "sram_range" => between(fall, Reason::Sram as usize),
        "many_range" => between(fall, Reason::Chips as usize),
        "bound_time" => time(fall.bound_ns),
        "ramp_share" => percent(fall, saves(Switch::Ramp)?),
        "turns_time" => time(-saves(Switch::Turns)?),
        "compiled_time" => time(fall.compiled_ns?),
        "compiled_rate" => rate(fall.compiled_ns?),
        "system_chips" => fall.chips.to_string(),
        "lpu_time" => time(fall.goal.as_ref()?.ns),
        "lpu_rate" => digits(fall.goal.as_ref()?.per_second),
        "unknown_time" => time(fall.unknown_ns?),
        "fall_lead" => lang.pick(&fall.orders.lead),
        "fall_verdict" => lang.pick(&fall.orders.verdict),
        _ => return None,
    })
}

/// The names of them.
#[cfg(test)]
pub const NAMES: [&str; 21] = [
    "box",
    "box_time",
    "box_rate",
    "noise_share",
    "plan_share",
    "ramp_share",
    "sram_share",
    "many_share",
    "noise_range",
    "sram_range",
    "many_range",
    "bound_time",
    "turns_time",
    "compiled_time",
    "compiled_rate",
    "system_chips",
    "lpu_time",
    "lpu_rate",
    "unknown_time",
    "fall_lead",
    "fall_verdict",
];

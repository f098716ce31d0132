//! What the tour reads off the waterfall: shares, times, and what they say together.
//!
//! In: the waterfall that is shown, a language.  Out: values for texts; which prediction is right; one sentence.
//! Invariant: nothing is said of which step counts that the waterfall does not say.

use super::{Both, both};
use crate::i18n::Lang;
use crate::numbers::{GUESSES, best_guess, digits, time};
use study::cases::{Step, Switch, Waterfall};

/// More than half of the whole counts as the answer alone.
const HALF: f64 = 0.5;

const ALONE: Both = both(
    "光是這一步就省下一半以上。其餘的單獨做，都到不了那裡。",
    "That step alone saves more than half. None of the others would come so far by itself.",
);
const TOGETHER: Both = both(
    "沒有一步單獨省到一半：快，是它們加在一起。拿掉任何一步，就到不了下面那條線。",
    "No step alone saves half: it is their sum that is fast. Without any one of them the line below is out of reach.",
);

/// A share of the whole.
fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// What a text may name.
pub fn value(name: &str, lang: Lang, fall: &Waterfall) -> Option<String> {
    let rate = |ns: i64| digits(1e9 / ns.max(1) as f64);
    let share = |index: usize| percent(GUESSES[index].share(fall));
    let step = |switch: Switch| fall.steps.iter().find(|step: &&Step| step.switch == switch);
    let best = &GUESSES[best_guess(fall)];
    Some(match name {
        "box" => lang.pick(&fall.box_name),
        "box_time" => time(fall.whole_ns),
        "box_rate" => rate(fall.whole_ns),
        "noise_share" => share(0),
        "plan_share" => share(1),
        "sram_share" => share(2),
        "many_share" => share(3),
        "sram_alone" => percent(step(Switch::Sram)?.alone_ns as f64 / fall.whole_ns.max(1) as f64),
        "best_step" => if lang == Lang::Zh { best.zh } else { best.en }.to_owned(),
        "best_share" => percent(best.share(fall)),
        "bound_time" => time(fall.bound_ns),
        "system_chips" => fall.chips.to_string(),
        "lpu_time" => time(fall.goal.as_ref()?.ns),
        "lpu_rate" => digits(fall.goal.as_ref()?.per_second),
        "unknown_time" => time(fall.unknown_ns?),
        "fall_verdict" => if HALF < best.share(fall) { ALONE } else { TOGETHER }.of(lang).to_owned(),
        _ => return None,
    })
}

/// The names of them.
#[cfg(test)]
pub const NAMES: [&str; 16] = [
    "box",
    "box_time",
    "box_rate",
    "noise_share",
    "plan_share",
    "sram_share",
    "many_share",
    "sram_alone",
    "best_step",
    "best_share",
    "bound_time",
    "system_chips",
    "lpu_time",
    "lpu_rate",
    "unknown_time",
    "fall_verdict",
];

//! The scene inside a chip: opened from the traffic, one car late, dragged to a moment, found again by its address.
//!
//! In: a visit.  Out: success, or what differed.
//! Invariant: the first moment may take as long as compiling for 576 chips takes; after that nothing is waited for.

use super::{Case, PATIENCE, Visit};
use crate::Outcome;
use std::time::Duration;

/// The tests, in order.
pub const CASES: [Case; 1] = [Case { name: "inside_a_chip_one_car_is_late_and_still_right", run: inside }];

/// How long 576 chips may take on a machine that does other things too.
pub const COMPILING: Duration = Duration::from_secs(150);

/// A figure of a side, by its place.
fn figure(side: &str, place: usize) -> String {
    format!("document.querySelector('[data-side={side}] div:nth-child({place}) dd')?.textContent")
}

fn inside(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=traffic&n=8&lang=en")?;
    visit.browser.wait_for("the switch", "document.querySelector('[data-action=scene-inside]')", PATIENCE)?;
    visit.browser.click("[data-action=scene-inside]")?;
    let there = |lateness: &str| format!("document.querySelector('.rush-view[data-late={lateness}] [data-side=gpu]')");
    visit.browser.wait_for("both sides", &there("Nobody"), COMPILING)?;
    let punctual = visit.browser.eval(&figure("gpu", 1))?;
    let kept = visit.browser.eval(&figure("lpu", 2))?;
    let is_whole = kept.as_str().and_then(|text| text.split_once(" / ")).is_some_and(|(kept, all)| kept == all);
    if !is_whole {
        return Err(format!("appointments kept: {kept}"));
    }
    visit.screenshots("rush")?;
    visit.browser.click("[data-action=crowd-late]")?;
    visit.browser.wait_for("one is late", &there("One"), PATIENCE)?;
    visit.expect_text("the result is right", "document.querySelector('[data-still=right]')")?;
    if visit.browser.eval(&figure("gpu", 1))? == punctual {
        return Err("a late car changes nothing".to_owned());
    }
    let drag = "(() => { const field = document.querySelector('.rush-clock input'); field.value = Math.round(field.max / 2); \
                field.dispatchEvent(new InputEvent('input', { bubbles: true })); return field.value; })()";
    let moment = visit.browser.eval(drag)?;
    let address = format!("location.hash.includes('in=late.{}')", moment.as_str().unwrap_or_default());
    visit.browser.wait_for("the moment in the address", &address, PATIENCE)?;
    visit.screenshots("rush-late")?;
    let hash = visit.browser.eval("location.hash")?;
    visit.open(hash.as_str().unwrap_or_default())?;
    visit.browser.wait_for("the same scene from its address", &there("One"), COMPILING)?;
    visit.expect_text("the same moment", &address)?;
    visit.browser.click("[data-action=scene-between]")?;
    visit.browser.wait_for(
        "the other scene",
        "!document.querySelector('.rush-view') && !location.hash.includes('in=')",
        PATIENCE,
    )?;
    visit.browser.wait_for("its picture", super::opening::PAINTED, PATIENCE).map(drop)
}

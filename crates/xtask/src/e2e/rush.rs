//! The scenes with the rival: opened from the traffic, one car late, too many users, dragged to a moment, found again by address.
//!
//! In: a visit.  Out: success, or what differed.
//! Invariant: the first moment may take as long as compiling for 576 chips takes; after that nothing is waited for.

use super::{Case, PATIENCE, Visit};
use crate::Outcome;
use std::time::Duration;

/// The tests, in order.
pub const CASES: [Case; 2] = [
    Case { name: "inside_a_chip_one_car_is_late_and_still_right", run: inside },
    Case { name: "at_the_server_newcomers_delay_one_side_only", run: at_the_server },
];

/// How long 576 chips may take on a machine that does other things too.
pub const COMPILING: Duration = Duration::from_secs(150);

/// A figure of a side, by its place.
fn figure(side: &str, place: usize) -> String {
    format!("document.querySelector('[data-side={side}] div:nth-child({place}) dd')?.textContent")
}

/// A scene that is set so is shown, with its figures.
fn there(set: &str) -> String {
    format!("document.querySelector('.rush-view[data-set={set}] [data-side=gpu]')")
}

fn inside(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=traffic&n=8&lang=en")?;
    visit.browser.wait_for("the switch", "document.querySelector('[data-action=scene-inside]')", PATIENCE)?;
    visit.browser.click("[data-action=scene-inside]")?;
    visit.browser.wait_for("both sides", &there("rush"), COMPILING)?;
    let punctual = visit.browser.eval(&figure("gpu", 1))?;
    let kept = visit.browser.eval(&figure("lpu", 2))?;
    let is_whole = kept.as_str().and_then(|text| text.split_once(" / ")).is_some_and(|(kept, all)| kept == all);
    if !is_whole {
        return Err(format!("appointments kept: {kept}"));
    }
    visit.screenshots("rush")?;
    visit.browser.click("[data-action=crowd-late]")?;
    visit.browser.wait_for("one is late", &there("late"), PATIENCE)?;
    visit.expect_text("the result is right", "document.querySelector('[data-still=right]')")?;
    if visit.browser.eval(&figure("gpu", 1))? == punctual {
        return Err("a late car changes nothing".to_owned());
    }
    let address = drag(visit, "late", 0.5)?;
    visit.screenshots("rush-late")?;
    let hash = visit.browser.eval("location.hash")?;
    visit.open(hash.as_str().unwrap_or_default())?;
    visit.browser.wait_for("the same scene from its address", &there("late"), COMPILING)?;
    visit.expect_text("the same moment", &address)?;
    visit.browser.click("[data-action=scene-between]")?;
    visit.browser.wait_for(
        "the other scene",
        "!document.querySelector('.rush-view') && !location.hash.includes('in=')",
        PATIENCE,
    )?;
    visit.browser.wait_for("its picture", super::opening::PAINTED, PATIENCE).map(drop)
}

/// Drags the scene's time to a part of the whole; returns what is true of the address then.
fn drag(visit: &mut Visit, set: &str, part: f64) -> Outcome<String> {
    let moment = visit.browser.eval(&format!(
        "(() => {{ const field = document.querySelector('.rush-clock input'); field.value = Math.round(field.max * {part}); \
         field.dispatchEvent(new InputEvent('input', {{ bubbles: true }})); return field.value; }})()"
    ))?;
    let address = format!("location.hash.includes('in={set}.{}')", moment.as_str().unwrap_or_default());
    visit.browser.wait_for("the moment in the address", &address, PATIENCE)?;
    Ok(address)
}

/// A figure of a side as a number, by its place.
fn number(visit: &mut Visit, side: &str, place: usize) -> Outcome<f64> {
    let text = visit.browser.eval(&figure(side, place))?;
    let text = text.as_str().unwrap_or_default().rsplit(" / ").next().unwrap_or_default();
    text.trim_end_matches(" ms").parse().map_err(|_| format!("{side} {place}: `{text}` is no time"))
}

fn at_the_server(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=traffic&n=8&lang=en")?;
    visit.browser.wait_for("the switch", "document.querySelector('[data-action=scene-server]')", PATIENCE)?;
    visit.browser.click("[data-action=scene-server]")?;
    visit.browser.wait_for("both servers", &there("busy"), COMPILING)?;
    // From token to token, in the median and at most: one frame on the one side, a prompt longer on the other.
    let [usual, most, frame, longest] =
        [("gpu", 2), ("gpu", 3), ("lpu", 2), ("lpu", 3)].map(|(side, place)| number(visit, side, place));
    let (usual, most, frame, longest) = (usual?, most?, frame?, longest?);
    if most < 2.0 * usual || (longest - frame).abs() > 0.01 {
        return Err(format!("GPU {usual} and {most} ms, LPU {frame} and {longest} ms from token to token"));
    }
    visit.expect_text("each source and its seed", "6 < document.querySelectorAll('[data-side=chance] dd').length")?;
    drag(visit, "busy", 0.4)?;
    visit.screenshots("server")?;
    visit.browser.click("[data-action=full]")?;
    visit.browser.wait_for("too many", &there("full"), PATIENCE)?;
    let address = drag(visit, "full", 0.3)?;
    visit.screenshots("server-full")?;
    if number(visit, "lpu", 4)? < number(visit, "gpu", 4)? {
        return Err("with too many users the queue stands before the LPU".to_owned());
    }
    let hash = visit.browser.eval("location.hash")?;
    visit.open(hash.as_str().unwrap_or_default())?;
    visit.browser.wait_for("the same scene from its address", &there("full"), COMPILING)?;
    visit.expect_text("the same moment", &address)?;
    visit.browser.click("[data-action=language]")?;
    let chinese = "document.querySelector('.rush-view h2').textContent.includes('伺服器')";
    visit.browser.wait_for("Chinese", chinese, PATIENCE)?;
    visit.screenshots("server-zh")?;
    visit.browser.click("[data-action=theme]")?;
    visit.browser.wait_for("another theme", "document.documentElement.dataset.theme === 'light'", PATIENCE)?;
    visit.screenshots("server-light")?;
    visit.open("#tour=2.6&lang=en")?;
    let told =
        "document.querySelector('.tour')?.dataset.step === '2.6' && !document.querySelector('.tour .busy, .tour .gap')";
    visit.browser.wait_for("the tour's step about it", told, COMPILING)?;
    visit.browser.press("Space", " ")?;
    visit.browser.wait_for("what it tells", "document.querySelector('.tour').dataset.told === 'all'", PATIENCE)?;
    visit.expect_text("all its figures", told)?;
    visit.screenshots("server-tour")
}

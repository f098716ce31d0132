//! The first minute: a sentence is written, time is stopped, one car is made late, all is mended.
//!
//! In: a visit.  Out: success, or what differed.
//! Invariant: every expectation is about what a viewer reads.

use super::{Case, PATIENCE, Visit};
use crate::Outcome;

/// The tests, in order.
pub const CASES: [Case; 4] = [
    Case { name: "opening_writes_a_token", run: writes_a_token },
    Case { name: "stop_time_shows_bytes", run: stop_time_shows_bytes },
    Case { name: "steps_go_both_ways", run: steps_go_both_ways },
    Case { name: "one_late_car_changes_the_words", run: one_late_car },
];

/// At least one token has been written by the model.
pub const WRITTEN: &str = "document.querySelector('.sentence .made')";
/// The drawer shows what is at the cursor.
pub const LOOKED: &str = "document.querySelector('.drawer .fresh')";
const BYTES: &str = "document.querySelector('.drawer .fresh .bytes')?.dataset.bytes.length === 640";
const TEXT: &str = "document.querySelector('.deck .tokens').textContent";
/// The canvas holds a picture: some of its pixels are bright.
pub const PAINTED: &str = "(() => { const c = document.querySelector('canvas.chip'); if (!c || !c.width) return false; \
     const o = document.createElement('canvas'); o.width = c.width; o.height = c.height; \
     const x = o.getContext('2d', { willReadFrequently: true }); x.drawImage(c, 0, 0); \
     const d = x.getImageData(0, 0, c.width, c.height).data; let n = 0; \
     for (let i = 0; i < d.length; i += 4) if (d[i + 3] && d[i] + d[i + 1] + d[i + 2] > 200) n++; return n > 500; })()";

fn writes_a_token(visit: &mut Visit) -> Outcome<()> {
    visit.open("#lang=en")?;
    visit.browser.wait_for("a written token", WRITTEN, PATIENCE)?;
    visit.browser.wait_for("a picture of the chip", PAINTED, PATIENCE)?;
    visit.expect_text(
        "browser",
        "document.querySelector('.caption').textContent.includes('Compiled in your browser')",
    )?;
    visit.expect_text("slow-down", "document.querySelector('.slowdown').textContent.includes('40 ns')")?;
    let buttons = "[...document.querySelectorAll('main button')].map(b => b.dataset.action).join() === 'stop,tour'";
    visit.expect_text("one button, and the way into the tour", buttons)?;
    std::thread::sleep(std::time::Duration::from_millis(1500));
    visit.screenshots("opening")
}

/// Opens the page and stops time.
pub fn stopped(visit: &mut Visit, fragment: &str) -> Outcome<()> {
    visit.open(fragment)?;
    visit.browser.wait_for("a written token", WRITTEN, PATIENCE)?;
    visit.browser.wait_for("a picture of the chip", PAINTED, PATIENCE)?;
    visit.browser.click("[data-action=stop]")?;
    visit.browser.wait_for("the drawer", LOOKED, PATIENCE).map(drop)
}

fn stop_time_shows_bytes(visit: &mut Visit) -> Outcome<()> {
    stopped(visit, "#lang=en")?;
    visit.browser.wait_for("320 bytes", BYTES, PATIENCE)?;
    visit.expect_text("what it is", "document.querySelector('.drawer h2').textContent.length > 5")?;
    visit.expect_text("who sent it", "document.querySelectorAll('.drawer .fact').length >= 2")?;
    visit.screenshots("stopped")
}

fn cycle(visit: &mut Visit) -> Outcome<i64> {
    let text = visit.browser.eval("document.querySelector('.deck .cycle').textContent.replace(/\\D/g, '')")?;
    text.as_str().and_then(|digits| digits.parse().ok()).ok_or_else(|| format!("no cycle is shown: {text}"))
}

fn moved(visit: &mut Visit, from: i64) -> Outcome<i64> {
    let other = format!("document.querySelector('.deck .cycle').textContent.replace(/\\D/g, '') !== '{from}'");
    visit.browser.wait_for("another cycle", &other, PATIENCE)?;
    cycle(visit)
}

fn steps_go_both_ways(visit: &mut Visit) -> Outcome<()> {
    stopped(visit, "#lang=en")?;
    visit.browser.press("Escape", "Escape")?;
    let start = cycle(visit)?;
    let mut at = start;
    for (code, key, back, back_key) in [("Period", ".", "Comma", ","), ("BracketRight", "]", "BracketLeft", "[")] {
        visit.browser.press(code, key)?;
        let on = moved(visit, at)?;
        visit.browser.press(back, back_key)?;
        let returned = moved(visit, on)?;
        if !(at < on && returned < on) {
            return Err(format!("{key} went from {at} to {on}, {back_key} then to {returned}"));
        }
        at = returned;
    }
    visit.browser.wait_for("the address", &format!("location.hash.includes('c={at}&')"), PATIENCE).map(drop)
}

fn one_late_car(visit: &mut Visit) -> Outcome<()> {
    stopped(visit, "#lang=en")?;
    let done = "document.querySelectorAll('.deck .token').length > 20";
    visit.browser.wait_for("the whole text", done, PATIENCE)?;
    let before = visit.browser.eval(TEXT)?;
    visit.browser.click("[data-action=break]")?;
    visit.browser.wait_for("the watermark", "document.querySelector('.watermark')", PATIENCE)?;
    visit.expect_text("changed words", "document.querySelectorAll('.sentence .damaged').length > 0")?;
    visit.expect_text("a verdict", "document.querySelector('.verdict span').textContent.length > 20")?;
    visit.expect_text("a count", "document.querySelector('.count').textContent.includes('violations')")?;
    visit.expect_text("the badge", "document.querySelector('.model').textContent.includes('broken')")?;
    visit.screenshots("late")?;
    visit.browser.click("[data-action=undo]")?;
    visit.browser.wait_for("no watermark", "!document.querySelector('.watermark')", PATIENCE)?;
    let after = visit.browser.eval(TEXT)?;
    if before == after { Ok(()) } else { Err(format!("before: {before}; after undo: {after}")) }
}

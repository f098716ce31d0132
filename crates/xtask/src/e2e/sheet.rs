//! The sheet of keys: every key of the table on it, and whatever is typed found and done.
//!
//! In: a visit.  Out: success, or what differed.
//! Invariant: opened, searched and closed by keys alone.

use super::{Case, PATIENCE, Visit};
use crate::Outcome;

/// The tests, in order.
pub const CASES: [Case; 2] = [
    Case { name: "sheet_shows_every_key_and_closes", run: shows },
    Case { name: "sheet_finds_what_is_typed", run: finds },
];

const OPEN: &str = "document.querySelector('.sheet-of-keys')?.open";
const READY: &str = "document.querySelectorAll('.deck .token').length > 4";

fn shows(visit: &mut Visit) -> Outcome<()> {
    for (lang, word) in [("en", "one cycle on"), ("zh", "進一個週期")] {
        visit.open(&format!("#v=chip&t=4&c=900&lang={lang}"))?;
        visit.browser.wait_for("the tokens", READY, PATIENCE)?;
        visit.browser.press("Slash", "/")?;
        visit.browser.wait_for("the sheet", OPEN, PATIENCE)?;
        visit.expect_text("all keys", "document.querySelectorAll('.keys kbd').length >= 30")?;
        visit.expect_text(word, &format!("document.querySelector('.keys').textContent.includes('{word}')"))?;
        visit.expect_text("the field has the focus", "document.activeElement.type === 'search'")?;
        visit.screenshots(&format!("sheet-{lang}"))?;
        visit.browser.press("Escape", "Escape")?;
        visit.browser.wait_for("the view again", &format!("!({OPEN})"), PATIENCE)?;
        visit.expect_text("nothing moved", "location.hash.includes('v=chip&t=4&c=900')")?;
    }
    visit.browser.click("[data-action=sheet]")?;
    visit.browser.wait_for("the sheet by its button", OPEN, PATIENCE)?;
    visit.browser.click("[data-action=sheet-close]")?;
    visit.browser.wait_for("the view again", &format!("!({OPEN})"), PATIENCE).map(drop)
}

fn finds(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=token&t=4&c=900&lang=en")?;
    visit.browser.wait_for("the tokens", READY, PATIENCE)?;
    let mut choose = |typed: &str, downs: usize| {
        visit.browser.press("Slash", "/")?;
        visit.browser.wait_for("the field", "document.activeElement.type === 'search'", PATIENCE)?;
        visit.browser.type_text(typed)?;
        visit.browser.wait_for("what was found", "document.querySelectorAll('.found li').length > 0", PATIENCE)?;
        for _ in 0..downs {
            visit.browser.press("ArrowDown", "ArrowDown")?;
        }
        visit.screenshots("sheet-found")?;
        visit.browser.press("Enter", "Enter")?;
        visit.browser.wait_for("the page again", &format!("!({OPEN})"), PATIENCE)
    };
    choose("schedule", 0)?;
    choose("permuter west", 0)?;
    visit.browser.wait_for(
        "the unit on the chip",
        "location.hash.includes('v=chip') && location.hash.includes('sel=')",
        PATIENCE,
    )?;
    visit.browser.press("Slash", "/")?;
    visit.browser.wait_for("the field", "document.activeElement.type === 'search'", PATIENCE)?;
    visit.browser.type_text("rush hour")?;
    visit.browser.wait_for(
        "the chapter",
        "document.querySelector('.found small')?.textContent === 'Chapter'",
        PATIENCE,
    )?;
    visit.browser.press("Enter", "Enter")?;
    visit
        .browser
        .wait_for("its first step", "document.querySelector('.tour')?.dataset.step === '2.1'", PATIENCE)
        .map(drop)
}

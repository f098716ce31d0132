//! Ride along with one byte, and the way from a second of all chips to one byte.
//!
//! In: a visit.  Out: success, or what differed.
//! Invariant: every meeting and every level is in the address, and the address alone brings it back.

use super::fleet::COMPILING;
use super::opening::{LOOKED, PAINTED};
use super::{Case, PATIENCE, Visit};
use crate::Outcome;

/// The tests, in order.
pub const CASES: [Case; 4] = [
    Case { name: "ride_follows_a_byte_to_the_logit", run: ride },
    Case { name: "ten_levels_lead_from_a_chip_to_a_byte", run: near },
    Case { name: "ten_levels_lead_from_a_second_to_a_chip", run: far },
    Case { name: "characters_are_shown_across_their_tokens", run: characters },
];

const SAYS: &str = "document.querySelector('.ride .says').textContent";

fn at(stop: usize) -> String {
    format!(
        "document.querySelector('.ride')?.dataset.stop === '{stop}' && document.querySelector('.ride').dataset.moving === 'false'"
    )
}

/// Moves the slider to its end.
const TO_THE_END: &str = "(() => { const field = document.querySelector('.ride input'); field.value = field.max; \
     field.dispatchEvent(new InputEvent('input', { bubbles: true })); return field.max; })()";

fn ride(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=token&t=4&c=900&lang=en")?;
    visit.browser.wait_for("the tokens", "document.querySelectorAll('.deck .token').length > 4", PATIENCE)?;
    visit.browser.press("KeyR", "r")?;
    visit.browser.wait_for("the first meeting", &at(0), PATIENCE)?;
    visit.expect_text("it sets out", &format!("{SAYS}.startsWith('Sets out: ')"))?;
    visit.browser.wait_for("a picture of the chip", PAINTED, PATIENCE)?;
    visit.screenshots("ride")?;
    for stop in 1..=4 {
        visit.browser.press("Space", " ")?;
        visit.browser.wait_for("the next meeting", &at(stop), PATIENCE)?;
    }
    visit.expect_text("the address", "/ride=[^&]*\\.4(&|$)/.test(location.hash)")?;
    visit.browser.wait_for("its bytes", LOOKED, PATIENCE)?;
    visit.screenshots("ride-on")?;
    let (hash, said) = (visit.browser.eval("location.hash")?, visit.browser.eval(SAYS)?);
    visit.browser.press("ArrowLeft", "ArrowLeft")?;
    visit.browser.wait_for("the meeting before", &at(3), PATIENCE)?;
    let last = visit.browser.eval(TO_THE_END)?;
    println!("     {} meetings", last.as_str().unwrap_or_default());
    visit.browser.wait_for("the logit", &format!("{SAYS}.startsWith('Arrives: ')"), PATIENCE)?;
    visit.screenshots("ride-logit")?;
    visit.browser.eval("history.back()")?;
    visit.browser.wait_for(
        "Back: before the ride",
        "!document.querySelector('.ride') && location.hash.includes('v=token')",
        PATIENCE,
    )?;
    visit.open(hash.as_str().unwrap_or_default())?;
    visit.browser.wait_for("the same meeting", &at(4), PATIENCE)?;
    if visit.browser.eval(SAYS)? != said {
        return Err(format!("the address leads to another sentence than {said}"));
    }
    visit.browser.press("Escape", "Escape")?;
    visit.browser.wait_for(
        "nobody rides",
        "!document.querySelector('.ride') && !location.hash.includes('ride=')",
        PATIENCE,
    )?;
    visit.open(&hash.as_str().unwrap_or_default().replace("lang=en", "lang=zh-Hant-TW"))?;
    visit.browser.wait_for("the same meeting", &at(4), PATIENCE)?;
    visit.expect_text("Chinese", &format!("/[\\u4e00-\\u9fff]/.test({SAYS})"))?;
    visit.screenshots("ride-zh")
}

fn level(name: &str) -> String {
    format!("document.querySelector('.scale')?.dataset.level === '{name}' && location.hash.includes('ten={name}')")
}

/// A level has its width and, once the state holds it, its time.
const MEASURED: &str =
    "[...document.querySelectorAll('.scale .measure b')].every(b => /[\\d.]+ \\S+/.test(b.textContent))";

fn near(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=chip&t=4&c=900&lang=en")?;
    visit.browser.wait_for("the tokens", "document.querySelectorAll('.deck .token').length > 4", PATIENCE)?;
    visit.browser.press("KeyZ", "z")?;
    visit.browser.wait_for("a chip", &level("chip"), PATIENCE)?;
    for name in ["unit", "slice", "word", "byte"] {
        visit.browser.press("KeyW", "w")?;
        visit.browser.wait_for(name, &level(name), PATIENCE)?;
        visit.browser.wait_for("its width and its time", MEASURED, PATIENCE)?;
        match name {
            "word" => visit.browser.wait_for(
                "320 bytes",
                "document.querySelectorAll('.close-up .lane-row i').length === 320",
                PATIENCE,
            ),
            "byte" => {
                visit.browser.wait_for("8 bits", "document.querySelectorAll('.close-up .bit').length === 8", PATIENCE)
            }
            _ => visit.browser.wait_for("a picture of the chip", PAINTED, PATIENCE),
        }?;
        visit.screenshots(&format!("ten-{name}"))?;
    }
    visit.browser.eval("history.back()")?;
    visit.browser.wait_for("Back: the word", &level("word"), PATIENCE)?;
    visit.browser.press("Escape", "Escape")?;
    visit
        .browser
        .wait_for("the way is left", "!document.querySelector('.scale') && !location.hash.includes('ten=')", PATIENCE)
        .map(drop)
}

fn far(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=chip&n=8&t=2&c=900&lang=en")?;
    visit.browser.wait_for("the tokens", "document.querySelectorAll('.deck .token').length > 2", PATIENCE)?;
    visit.browser.press("KeyZ", "z")?;
    visit.browser.wait_for("a chip", &level("chip"), PATIENCE)?;
    for name in ["chips", "node", "rack", "city", "second"] {
        visit.browser.press("KeyS", "s")?;
        visit.browser.wait_for(name, &level(name), PATIENCE)?;
        visit.browser.wait_for("its width and its time", MEASURED, COMPILING)?;
        visit.browser.wait_for("a picture", PAINTED, PATIENCE)?;
        visit.screenshots(&format!("ten-{name}"))?;
    }
    visit.browser.press("Escape", "Escape")?;
    visit
        .browser
        .wait_for(
            "all chips, looked at freely",
            "!document.querySelector('.scale') && document.querySelector('.fleet-view')",
            PATIENCE,
        )
        .map(drop)
}

/// A text whose characters the model's vocabulary spells byte by byte.
fn characters(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=token&lang=zh-Hant-TW")?;
    visit.browser.wait_for("the tokens", "document.querySelectorAll('.deck .token').length > 2", PATIENCE)?;
    visit.browser.eval("document.querySelector('.prompt input').focus()")?;
    visit.browser.type_text("鑫淼")?;
    visit.browser.click("[data-action=run]")?;
    visit.browser.wait_for(
        "the characters",
        "document.querySelector('.sentence').textContent.startsWith('鑫淼')",
        PATIENCE,
    )?;
    visit.expect_text(
        "a character across its tokens",
        "[...document.querySelectorAll('.deck .token')].some(e => e.textContent === '鑫₂' && e.title === '鑫 2/3' && e.scrollWidth <= e.clientWidth)",
    )?;
    visit.expect_text(
        "no raw bytes",
        "!/<0x/.test(document.querySelector('main').innerText + document.querySelector('.deck').innerText)",
    )?;
    visit.screenshots("token-characters")
}

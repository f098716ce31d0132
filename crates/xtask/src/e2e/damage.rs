//! One car late, seen to its end: the front of the damage drawn and counted, and a change that the judge proves harmless.
//!
//! In: a visit.  Out: success, or what differed.
//! Invariant: every expectation is about what a viewer reads or sees.

use super::views::real_model_is_on;
use super::{Case, PATIENCE, Visit};
use crate::Outcome;
use std::time::Instant;

/// The tests, in order.
pub const CASES: [Case; 2] = [
    Case { name: "damage_is_drawn_and_counted", run: damage },
    Case { name: "damage_of_a_real_model_has_a_harmless_sister", run: real_model },
];

/// Every chip has been counted.
const COUNTED: &str =
    "(() => { const f = document.querySelector('.front'); return f && f.dataset.counted === f.dataset.chips; })()";
/// The last column of the table, cycles, none of which lies before the late car's.
const ROWS: &str = "[...document.querySelectorAll('.front tbody tr')].every(row => [...row.querySelectorAll('td')].slice(1)\
    .every(cell => /^[\\d\\s]+$/.test(cell.textContent)))";
/// The picture of the front has a background, an axis and bars: several colours.
const DRAWN: &str = "(() => { const c = document.querySelector('canvas.front-picture'); if (!c || !c.width) return false; \
     const o = document.createElement('canvas'); o.width = c.width; o.height = c.height; \
     const x = o.getContext('2d', { willReadFrequently: true }); x.drawImage(c, 0, 0); \
     const d = x.getImageData(0, 0, c.width, c.height).data; const seen = new Set(); \
     for (let i = 0; i < d.length; i += 4) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return seen.size > 2; })()";

fn damage(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=chip&t=4&c=2000&lang=en")?;
    let done = "document.querySelectorAll('.deck .token').length > 20";
    visit.browser.wait_for("the whole text", done, PATIENCE)?;
    visit.browser.click("[data-action=break]")?;
    visit.browser.wait_for("the watermark", "document.querySelector('.watermark')", PATIENCE)?;
    visit.browser.wait_for("the front", COUNTED, 2 * PATIENCE)?;
    let units = "document.querySelectorAll('.front tbody tr').length > 1";
    visit.browser.wait_for("units that drive other bytes", units, PATIENCE)?;
    visit.expect_text("numbers", ROWS)?;
    visit.browser.wait_for("a picture of the front", DRAWN, PATIENCE)?;
    harmless(visit)?;
    visit.browser.eval("document.querySelector('.front').scrollIntoView()")?;
    visit.screenshots("damage")?;
    visit.browser.click("[data-action=undo]")?;
    visit.browser.wait_for("the verified program", "!document.querySelector('.front')", PATIENCE).map(drop)
}

/// Asks for a harmless change and waits until the judge has found one.
fn harmless(visit: &mut Visit) -> Outcome<()> {
    let clock = Instant::now();
    visit.browser.click("[data-action=harmless]")?;
    let proved = "document.querySelector('.harmless .good')?.textContent.includes('unchanged')";
    visit.browser.wait_for("a change that is proved harmless", proved, PATIENCE)?;
    println!("     harmless after {:.1} s", clock.elapsed().as_secs_f32());
    visit.expect_text("what was changed", "document.querySelector('.harmless code').textContent.length > 10")
}

fn real_model(visit: &mut Visit) -> Outcome<()> {
    if !real_model_is_on(visit, 2 * PATIENCE)? {
        return Ok(());
    }
    visit.browser.press("Digit2", "2")?;
    visit.browser.wait_for("a car to make late", "document.querySelector('[data-action=break]')", PATIENCE)?;
    visit.browser.click("[data-action=break]")?;
    visit.browser.wait_for("the watermark", "document.querySelector('.watermark')", 4 * PATIENCE)?;
    visit.browser.wait_for("the front", COUNTED, 4 * PATIENCE)?;
    visit.browser.wait_for("a picture of the front", DRAWN, PATIENCE)?;
    harmless(visit)?;
    visit.screenshots("damage-smollm2")
}

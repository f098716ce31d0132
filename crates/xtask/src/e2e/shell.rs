//! What holds for the page as a whole: it opens, its worker answers, languages and views change.
//!
//! In: a visit.  Out: success, or what differed.
//! Invariant: reads only the text and attributes that assistive tools read too.
//! Method: wait for a state that the page itself announces, then compare.

use super::{Case, PATIENCE, Visit};
use crate::Outcome;

/// The tests, in order.
pub const CASES: [Case; 4] = [
    Case { name: "page_opens_and_worker_answers", run: page_opens },
    Case { name: "views_follow_keys_and_history", run: views_follow },
    Case { name: "address_follows_a_held_key", run: held_key },
    Case { name: "language_switches_and_stays", run: language_switches },
];

const READY: &str = "document.documentElement.dataset.worker === 'ready'";

fn page_opens(visit: &mut Visit) -> Outcome<()> {
    visit.open("")?;
    visit.browser.wait_for("the worker's handshake", READY, PATIENCE).map(drop)
}

fn views_follow(visit: &mut Visit) -> Outcome<()> {
    visit.open("#lang=en")?;
    visit.browser.wait_for("the worker's handshake", READY, PATIENCE)?;
    visit.browser.press("Digit2", "2")?;
    let shown = |label: &str| format!("document.querySelector('[aria-current=page]')?.textContent.includes('{label}')");
    visit.browser.wait_for("the chip's tab", &shown("Chip"), PATIENCE)?;
    visit.browser.click("[data-action=view-1]")?;
    visit.browser.wait_for("the token's tab", &shown("Token"), PATIENCE)?;
    visit.browser.eval("history.back()")?;
    visit.browser.wait_for("the chip's tab after Back", &shown("Chip"), PATIENCE)?;
    let address = visit.browser.eval("location.hash")?;
    let is_chip = address.as_str().is_some_and(|hash| hash.starts_with("#s=1&v=chip&t=") && hash.ends_with("&lang=en"));
    if is_chip { Ok(()) } else { Err(format!("the address reads {address}, expected the chip's view")) }
}

/// More changes than a browser takes in ten seconds.
const HELD: u32 = 300;

fn held_key(visit: &mut Visit) -> Outcome<()> {
    visit.open("#s=1&v=chip&t=4&c=100&lang=en")?;
    visit.browser.wait_for("the token", "4 < document.querySelectorAll('.deck .token').length", PATIENCE)?;
    for _ in 0..HELD {
        visit.browser.press("Period", ".")?;
    }
    let cycle = 100 + HELD;
    let there = format!("document.querySelector('.deck .cycle').textContent.replace(/\\D/g, '') === '{cycle}'");
    visit.browser.wait_for("the last cycle", &there, PATIENCE)?;
    visit.browser.wait_for("its address", &format!("location.hash.includes('&c={cycle}&')"), PATIENCE).map(drop)
}

fn language_switches(visit: &mut Visit) -> Outcome<()> {
    visit.open("#lang=en")?;
    visit.browser.wait_for("the worker's handshake", READY, PATIENCE)?;
    visit.browser.click("[data-action=language]")?;
    visit.browser.wait_for("Chinese", "document.documentElement.lang === 'zh-Hant-TW'", PATIENCE)?;
    visit.browser.wait_for("the language in the address", "location.hash.includes('lang=zh')", PATIENCE).map(drop)
}

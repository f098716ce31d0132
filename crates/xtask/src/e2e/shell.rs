//! What holds for the page as a whole: it opens, its worker answers, languages and views change.
//!
//! In: a visit.  Out: success, or what differed.
//! Invariant: reads only the text and attributes that assistive tools read too.
//! Method: wait for a state that the page itself announces, then compare.

use super::{Case, PATIENCE, Visit};
use crate::Outcome;

/// The tests, in order.
pub const CASES: [Case; 2] = [
    Case { name: "page_opens_and_worker_answers", run: page_opens },
    Case { name: "language_switches_and_stays", run: language_switches },
];

const READY: &str = "document.documentElement.dataset.worker === 'ready'";

fn page_opens(visit: &mut Visit) -> Outcome<()> {
    visit.open("")?;
    visit.browser.wait_for("the worker's handshake", READY, PATIENCE)?;
    visit.screenshots("opening")
}

fn language_switches(visit: &mut Visit) -> Outcome<()> {
    visit.open("#lang=en")?;
    visit.browser.wait_for("the worker's handshake", READY, PATIENCE)?;
    visit.browser.click("[data-action=language]")?;
    visit.browser.wait_for("Chinese", "document.documentElement.lang === 'zh-Hant-TW'", PATIENCE)?;
    visit.browser.wait_for("the language in the address", "location.hash.includes('lang=zh')", PATIENCE)?;
    visit.screenshots("opening-zh")
}

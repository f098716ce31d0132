//! The rules of accessibility, put to every view in every theme and both languages.
//!
//! In: a visit, and axe-core as set-up fetched it.  Out: success, or each serious finding with the element it is about.
//! Invariant: a rule that could not be decided is no finding; a view is judged once it has its content.
//! Source: axe-core (Deque Systems, MPL-2.0), its rules for WCAG 2.1 A and AA.

use super::themes::{THEMES, each_view, theme};
use super::{Case, PATIENCE, Visit};
use crate::{Outcome, setup};

/// The tests, in order.
pub const CASES: [Case; 2] = [
    Case { name: "access_has_no_serious_findings", run: views },
    Case { name: "access_by_keys_reaches_every_block", run: blocks },
];

/// What axe calls serious or critical, one line each.
const FINDINGS: &str = "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }).then(found => found.violations \
    .filter(rule => ['serious', 'critical'].includes(rule.impact)) \
    .map(rule => `${rule.id} (${rule.nodes.length}): ${rule.nodes[0].target} ${rule.nodes[0].failureSummary.slice(0, 300)}`))";
/// Rules that a view must have passed at the least, or the answer means nothing.
const PASSES: &str = "axe.run({ runOnly: ['wcag2a', 'wcag2aa'] }).then(found => found.passes.length)";
const PASSES_LEAST: u64 = 10;

/// The blocks of a token's cycles are reached and pressed by keys alone.
fn blocks(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=token&t=6&c=900&lang=en")?;
    visit.browser.wait_for("blocks", "document.querySelectorAll('.spans .part').length > 4", PATIENCE)?;
    visit.browser.wait_for("the token", "document.querySelector('.deck .token[aria-current]')", PATIENCE)?;
    let reached = "[...document.querySelectorAll('.spans g')].every(g => g.tabIndex === 0 && g.querySelector('title')?.textContent)";
    visit.expect_text("every block in the order of Tab", reached)?;
    visit.browser.eval("(document.querySelectorAll('.spans .layer')[2].focus(), true)")?;
    visit.browser.press("Enter", "Enter")?;
    visit.browser.wait_for("its first cycle", "!location.hash.includes('c=900&')", PATIENCE)?;
    let units = "[...document.querySelectorAll('.units span')].map(s => s.textContent.split(' ')[0]).join() === 'MEM,VXM,MXM,SXM'";
    visit.expect_text("the legend of units", units)?;
    let whole = "[...document.querySelectorAll('.deck .token')].every(t => t.scrollWidth <= t.clientWidth + 1)";
    visit.expect_text("no word of the deck is cut off", whole)?;
    let seen = "(b => (r => b.left >= r.left - 1 && b.right <= r.right + 1)(document.querySelector('.deck .tokens').getBoundingClientRect()))\
        (document.querySelector('.deck .token[aria-current]').getBoundingClientRect())";
    visit.expect_text("the present token is in sight", seen)
}

fn views(visit: &mut Visit) -> Outcome<()> {
    let file = setup::axe_file();
    let rules = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut found = Vec::new();
    for lang in ["en", "zh"] {
        visit.open(&format!("#v=token&lang={lang}"))?;
        visit.browser.wait_for("the whole text", "document.querySelectorAll('.deck .token').length > 20", PATIENCE)?;
        visit.browser.eval(&format!("{rules}; true"))?;
        for name in THEMES {
            theme(visit, name)?;
            each_view(visit, |visit, view| {
                visit.expect_text("one heading of the page", "document.querySelectorAll('h1').length === 1")?;
                let findings = visit.browser.eval(FINDINGS)?;
                let lines = findings.as_array().ok_or_else(|| format!("{view}: axe answered {findings}"))?;
                for line in lines {
                    found.push(format!("{view}, {name}, {lang}: {}", line.as_str().unwrap_or_default()));
                }
                Ok(())
            })?;
        }
        let passes = visit.browser.eval(PASSES)?.as_u64().unwrap_or(0);
        if passes < PASSES_LEAST {
            return Err(format!("axe found {passes} rules kept: too few to mean anything"));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(format!("{} findings:\n    {}", found.len(), found.join("\n    "))) }
}

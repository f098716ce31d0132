//! The three themes: kept for the next visit, and for a projector no text too small or too faint in any view.
//!
//! In: a visit.  Out: success, or the texts that are too small or too faint.
//! Invariant: what is measured is what the browser computed, element by element.

use super::opening::PAINTED;
use super::{Case, PATIENCE, Visit};
use crate::Outcome;

/// The tests, in order.
pub const CASES: [Case; 2] = [
    Case { name: "themes_are_kept", run: kept },
    Case { name: "themes_projector_is_large_and_strong", run: projector },
];

/// What the button goes through.
pub(super) const THEMES: [&str; 3] = ["dark", "light", "projector"];

/// Texts below 18 px or 7:1, with size and contrast.
const WEAK: &str = "(() => { \
    const parts = text => text.match(/[\\d.]+/g).map(Number); \
    const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); \
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; }; \
    const over = (a, b) => [0, 1, 2].map(i => a[i] * (a[3] ?? 1) + b[i] * (1 - (a[3] ?? 1))); \
    const weak = [], seen = new Set(); const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); \
    for (let node; (node = walk.nextNode());) { \
        const text = node.textContent.trim(), e = node.parentElement; \
        if (!text || !e.checkVisibility({ visibilityProperty: true }) || e.closest('script, style, noscript, svg, option, [aria-hidden=true]')) continue; \
        const style = getComputedStyle(e), size = parseFloat(style.fontSize); \
        let ground = [255, 255, 255], alpha = 1; const grounds = []; \
        for (let p = e; p; p = p.parentElement) { const s = getComputedStyle(p); grounds.unshift(parts(s.backgroundColor)); alpha *= Number(s.opacity); } \
        for (const g of grounds) ground = over(g, ground); \
        const ink = over([...parts(style.color).slice(0, 3), (parts(style.color)[3] ?? 1) * alpha], ground); \
        const [a, b] = [light(ink), light(ground)], contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); \
        const kind = e.className || e.tagName; \
        if ((size < 18 || contrast < 7) && !seen.has(kind)) seen.add(kind), weak.push(`${text.slice(0, 24)} (${e.className || e.tagName}): ${size} px, ${contrast.toFixed(1)}:1`); \
    } return weak; })()";

/// Each view, and what is there once it has its content.
const VIEWS: [(&str, &str); 7] = [
    ("token", "document.querySelectorAll('.candidate').length > 4"),
    ("chip", "document.querySelectorAll('.deck .token').length > 20"),
    ("memory", "document.querySelectorAll('.classes .swatch').length === 9"),
    ("traffic", "document.querySelectorAll('.figures dd').length === 9"),
    ("compiler", "document.querySelectorAll('.funnel dd').length === 5"),
    ("schedule", "document.querySelectorAll('.compared tbody tr').length > 2"),
    ("numbers", "document.querySelectorAll('.sheet button, .sheet table').length > 0"),
];

/// Presses the button until the page has the theme `name`.
pub(super) fn theme(visit: &mut Visit, name: &str) -> Outcome<()> {
    let now = "document.documentElement.dataset.theme";
    for _ in 1..THEMES.len() {
        let before = visit.browser.eval(now)?;
        if before == name {
            return Ok(());
        }
        visit.browser.click("[data-action=theme]")?;
        visit.browser.wait_for("another theme", &format!("{now} !== {before}"), PATIENCE)?;
    }
    visit.expect_text(name, &format!("{now} === '{name}'"))
}

/// Goes to one view after the other by its key, and has `look` look at it once it has its content.
pub(super) fn each_view(visit: &mut Visit, mut look: impl FnMut(&mut Visit, &str) -> Outcome<()>) -> Outcome<()> {
    for (key, (view, content)) in VIEWS.into_iter().enumerate() {
        let digit = (key + 1).to_string();
        visit.browser.press(&format!("Digit{digit}"), &digit)?;
        // A view that still waits for its content has no text to be judged.
        let there =
            format!("document.querySelector('.{view}-view') && !document.querySelector('.working') && {content}");
        visit.browser.wait_for(view, &there, 3 * PATIENCE)?;
        // What appears fades in, for 160 ms at most.
        visit.browser.eval("new Promise(done => setTimeout(done, 500))")?;
        look(visit, view)?;
    }
    Ok(())
}

fn kept(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=chip&t=4&c=2000&lang=en")?;
    visit.browser.wait_for("a picture of the chip", PAINTED, PATIENCE)?;
    visit.expect_text("dark at first", "document.documentElement.dataset.theme === 'dark'")?;
    theme(visit, "light")?;
    visit.browser.wait_for(
        "a light page",
        "getComputedStyle(document.body).backgroundColor === 'rgb(255, 255, 255)'",
        PATIENCE,
    )?;
    visit.screenshots("chip-light")?;
    visit.open("#v=schedule&t=4&c=900&lang=zh")?;
    visit.browser.wait_for("light again", "document.documentElement.dataset.theme === 'light'", PATIENCE)?;
    visit.browser.wait_for(
        "busy units",
        "document.querySelectorAll('.schedule-view .compared tr').length > 2",
        PATIENCE,
    )?;
    visit.screenshots("schedule-light")?;
    visit.browser.press("Digit4", "4")?;
    visit.browser.wait_for("a node", "document.querySelectorAll('.figures dd').length === 9", PATIENCE)?;
    visit.screenshots("traffic-light")
}

fn projector(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=token&lang=en")?;
    visit.browser.wait_for("the whole text", "document.querySelectorAll('.deck .token').length > 20", PATIENCE)?;
    theme(visit, "projector")?;
    let mut weak = Vec::new();
    each_view(visit, |visit, view| {
        let found = visit.browser.eval(WEAK)?;
        for text in found.as_array().into_iter().flatten() {
            weak.push(format!("{view}: {}", text.as_str().unwrap_or_default()));
        }
        visit.screenshots(&format!("{view}-projector"))
    })?;
    if weak.is_empty() {
        Ok(())
    } else {
        Err(format!("{} texts:\n    {}", weak.len(), weak[..weak.len().min(40)].join("\n    ")))
    }
}

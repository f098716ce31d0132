//! The tour in a real browser: by keyboard alone in both languages, left and resumed, under an input method, from a link.
//!
//! In: a visit.  Out: success, or what differed.
//! Invariant: every step is seen: its text without gaps, what it points at, its answer; a key that is pressed is the only way on.

use super::opening::WRITTEN;
use super::rush::COMPILING;
use super::{Case, PATIENCE, Visit};
use crate::Outcome;
use crate::browser::Size;

/// The tests, in order.
pub const CASES: [Case; 5] = [
    Case { name: "tour_by_keyboard_in_english", run: in_english },
    Case { name: "tour_by_keyboard_in_chinese", run: in_chinese },
    Case { name: "tour_is_left_and_resumed", run: left_and_resumed },
    Case { name: "tour_steps_are_links", run: steps_are_links },
    Case { name: "tour_fits_the_page", run: fits },
];

/// Steps of each chapter.
const STEPS: [(u32, u32); 7] = [(1, 7), (2, 6), (3, 7), (4, 7), (5, 5), (7, 6), (8, 7)];

fn places() -> impl Iterator<Item = String> {
    STEPS.iter().flat_map(|(chapter, count)| (1..=*count).map(move |step| format!("{chapter}.{step}")))
}

fn at(place: &str) -> String {
    format!("document.querySelector('.tour')?.dataset.step === '{place}'")
}

/// All that the step says is there: the model it needs, every number, what it points at, the picture's spot.
const SETTLED: &str = "document.querySelector('.tour') && !document.querySelector('.tour .busy, .tour .gap')";
const POINTED: &str = "document.querySelector('[data-lit], .spot')";
/// Texts of the tour that are in the other language.
const ENGLISH: &str = "[...document.querySelectorAll('.tour p, .answer span, .scrub span, .race .who')].map(e => e.textContent).filter(t => t.trim())";

fn in_english(visit: &mut Visit) -> Outcome<()> {
    through(visit, "en")
}

fn in_chinese(visit: &mut Visit) -> Outcome<()> {
    through(visit, "zh-Hant-TW")
}

/// The whole tour with T, Space and the letters of the answers.
fn through(visit: &mut Visit, lang: &str) -> Outcome<()> {
    visit.open(&format!("#lang={lang}"))?;
    visit.browser.wait_for("a written token", WRITTEN, PATIENCE)?;
    visit.browser.press("KeyT", "t")?;
    for place in places() {
        visit.browser.wait_for(&format!("step {place}"), &at(&place), PATIENCE)?;
        let patience = if place == "2.1" { super::rush::COMPILING } else { PATIENCE };
        visit.browser.wait_for(&format!("the whole text of {place}"), SETTLED, patience)?;
        visit.browser.wait_for(&format!("what {place} points at"), POINTED, PATIENCE)?;
        visit.expect_text("the address", &format!("location.hash.includes('tour={place}&')"))?;
        look(visit, lang, &place)?;
        if visit.browser.eval("Boolean(document.querySelector('.answer'))")? == true {
            visit.browser.press("KeyB", "b")?;
            let chosen = "document.querySelector('.answer[aria-pressed=true] kbd')?.textContent === 'B'";
            visit.browser.wait_for("the prediction", chosen, PATIENCE)?;
        }
        let asks = "document.querySelector('[data-action=tour-perform]').textContent";
        let before = visit.browser.eval(asks)?;
        visit.browser.press("Space", " ")?;
        let gone = format!("!({}) || document.querySelector('.tour').dataset.told === 'all'", at(&place));
        visit.browser.wait_for(&format!("what Space does in {place}"), &gone, PATIENCE)?;
        if visit.browser.eval(&at(&place))? == true {
            visit.browser.wait_for(&format!("the answer of {place}"), SETTLED, PATIENCE)?;
            let asked = visit.browser.eval("document.querySelectorAll('.answer').length")?;
            if asked != 0 {
                visit.expect_text(
                    "one right answer, or why there is none",
                    "document.querySelectorAll('.answer.correct').length === 1 \
                     || /depends on|要看/.test(document.querySelector('.reveal').textContent)",
                )?;
            }
            look(visit, lang, &format!("{place}-told"))?;
            visit.expect_text("another label", &format!("{asks} !== {before}"))?;
            visit.browser.press("Space", " ")?;
        }
    }
    visit.browser.wait_for("the end of the tour", "!document.querySelector('.tour')", PATIENCE).map(drop)
}

/// The page speaks one language; a screenshot of the step in both sizes.
fn look(visit: &mut Visit, lang: &str, name: &str) -> Outcome<()> {
    let short = &lang[..2];
    let wrong = match short {
        "en" => format!("{ENGLISH}.filter(t => /[\\u4e00-\\u9fff]/.test(t))"),
        _ => format!("{ENGLISH}.filter(t => !/[\\u4e00-\\u9fff]/.test(t) && /[a-z]{{3,}} [a-z]{{2,}} /.test(t))"),
    };
    let wrong = visit.browser.eval(&wrong)?;
    if wrong.as_array().is_none_or(|texts| !texts.is_empty()) {
        return Err(format!("{name}: texts in the other language: {wrong}"));
    }
    visit.screenshots(&format!("tour-{short}-{name}"))
}

fn left_and_resumed(visit: &mut Visit) -> Outcome<()> {
    visit.open("#lang=en")?;
    visit.browser.wait_for("a written token", WRITTEN, PATIENCE)?;
    visit.browser.click("[data-action=tour]")?;
    visit.browser.wait_for("the first step", &at("1.1"), PATIENCE)?;
    visit.expect_text("no tab yet", "!document.querySelector('.tab')")?;
    visit.browser.press("ArrowRight", "ArrowRight")?;
    visit.browser.wait_for("the second step", &at("1.2"), PATIENCE)?;
    visit.expect_text("one tab", "document.querySelectorAll('.tab').length === 1")?;
    // Under a Chinese input method a key has a place but no name; it decides when it is let go.
    visit.browser.press("Space", "Process")?;
    let told = "document.querySelector('.tour').dataset.told === 'all'";
    visit.browser.wait_for("Space under an input method", told, PATIENCE)?;
    visit.browser.press("Escape", "Escape")?;
    visit.browser.wait_for("the tour is left", "!document.querySelector('.tour')", PATIENCE)?;
    visit.expect_text("every tab", "3 < document.querySelectorAll('.tab').length")?;
    visit.browser.press("Digit2", "2")?;
    visit.browser.wait_for("the chip", "location.hash.includes('v=chip')", PATIENCE)?;
    visit.browser.press("Period", ".")?;
    visit.browser.wait_for("a picture", super::opening::PAINTED, PATIENCE)?;
    let explored = visit.browser.eval("location.hash")?;
    visit.browser.click("[data-action=resume]")?;
    visit.browser.wait_for("the same step", &at("1.2"), PATIENCE)?;
    // The focus is on a button that is gone or stays; the arrows still go.
    visit.browser.press("ArrowRight", "ArrowRight")?;
    visit.browser.wait_for("the next step", &at("1.3"), PATIENCE)?;
    visit.browser.eval("history.back()")?;
    visit.browser.wait_for("the step before", &at("1.2"), PATIENCE)?;
    visit.browser.eval("history.back()")?;
    visit.browser.wait_for("free exploring", "!document.querySelector('.tour')", PATIENCE)?;
    let back = visit.browser.eval("location.hash")?;
    visit.expect_text("the way back", "document.querySelector('[data-action=resume]').textContent.includes('1.2')")?;
    if back == explored { Ok(()) } else { Err(format!("explored at {explored}, Back led to {back}")) }
}

fn steps_are_links(visit: &mut Visit) -> Outcome<()> {
    for place in ["3.6", "7.3", "4.6"] {
        visit.open(&format!("#tour={place}&lang=en"))?;
        visit.browser.wait_for(&format!("step {place}"), &at(place), PATIENCE)?;
        visit.browser.wait_for("its text", SETTLED, COMPILING)?;
        visit.browser.wait_for("a picture", super::opening::PAINTED, PATIENCE)?;
    }
    visit.open("#tour=3.6&lang=en")?;
    visit.browser.wait_for(
        "the judge's sentence",
        "document.querySelector('.verdict')?.textContent.length > 40",
        PATIENCE,
    )?;
    visit.browser.wait_for("its address", "location.hash.includes('late=')", PATIENCE)?;
    visit.browser.click("[data-action='tour-7.2']")?;
    visit.browser.wait_for("a step by its tick", &at("7.2"), PATIENCE)?;
    let eight = "document.querySelector('.model').textContent.includes('8 chips')";
    visit.browser.wait_for("its chips", eight, PATIENCE)?;
    visit.expect_text("nothing broken", "!document.querySelector('.watermark')").map(drop)
}

/// At neither size does the panel need to be scrolled, nor is a button cut off.
fn fits(visit: &mut Visit) -> Outcome<()> {
    let mut bad = Vec::new();
    for lang in ["en", "zh"] {
        visit.open(&format!("#tour=1.1&lang={lang}"))?;
        visit.browser.wait_for("a written token", WRITTEN, PATIENCE)?;
        for place in places() {
            visit.browser.click(&format!("[data-action='tour-{place}']"))?;
            visit.browser.wait_for(&format!("step {place}"), &at(&place), PATIENCE)?;
            visit.browser.wait_for("its text", SETTLED, COMPILING)?;
            for told in ["asking", "all"] {
                visit.browser.resize(Size { width: 1280, height: 720 })?;
                let over = "(() => { const t = document.querySelector('.told'); const p = document.querySelector('.paces').getBoundingClientRect(); \
                     return [t.scrollHeight - t.clientHeight, Math.round(p.bottom) - window.innerHeight]; })()";
                let over = visit.browser.eval(over)?;
                if over.as_array().is_none_or(|pair| pair.iter().any(|length| 0 < length.as_i64().unwrap_or(1))) {
                    bad.push(format!("{lang} {place} {told}: {over}"));
                }
                let asking = visit.browser.eval("document.querySelector('.tour').dataset.told")? == "asking";
                let has_more = "document.querySelector('.answer') !== null";
                if told == "all" || !asking || visit.browser.eval(has_more)? != true {
                    break;
                }
                visit.browser.eval("document.activeElement?.blur()")?;
                visit.browser.press("Space", " ")?;
                visit.browser.wait_for("the answer", "document.querySelector('.tour .reveal')", PATIENCE)?;
                visit.browser.wait_for("its text", SETTLED, COMPILING)?;
            }
        }
    }
    if bad.is_empty() { Ok(()) } else { Err(format!("{} steps need scrolling: {}", bad.len(), bad.join("; "))) }
}

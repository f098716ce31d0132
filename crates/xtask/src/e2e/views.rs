//! The tabs, the address, files: what else a viewer does.
//!
//! In: a visit.  Out: success, or what differed.
//! Invariant: every expectation is about what a viewer reads.

use super::opening::{LOOKED, PAINTED, WRITTEN, stopped};
use super::{Case, PATIENCE, Visit};
use crate::Outcome;
use std::time::Duration;

/// The tests, in order.
pub const CASES: [Case; 14] = [
    Case { name: "token_view_shows_what_comes_next", run: token_view },
    Case { name: "chip_view_shows_what_is_clicked", run: chip_view },
    Case { name: "memory_view_shows_where_everything_lives", run: memory_view },
    Case { name: "traffic_view_runs_on_a_node", run: traffic_view },
    Case { name: "a_real_model_is_opened", run: real_model },
    Case { name: "address_restores_the_state", run: address_restores },
    Case { name: "a_bad_file_changes_nothing", run: bad_file },
    Case { name: "a_dropped_model_is_opened", run: dropped_model },
    Case { name: "work_is_cancelled", run: cancelled },
    Case { name: "a_prompt_that_is_too_long_is_refused", run: long_prompt },
    Case { name: "a_prompt_is_run", run: prompt_is_run },
    Case { name: "a_text_is_drawn_by_a_seed", run: drawn_text },
    Case { name: "what_the_pointer_is_over_is_outlined", run: outlined },
    Case { name: "every_text_follows_the_language", run: language_follows },
];

fn token_view(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=token&lang=en")?;
    visit.browser.wait_for("candidates", "document.querySelectorAll('.candidate.taken').length === 1", PATIENCE)?;
    visit.browser.wait_for("a picture of the chip", PAINTED, PATIENCE)?;
    visit.browser.wait_for("the whole text", "document.querySelectorAll('.deck .token').length > 20", PATIENCE)?;
    visit.screenshots("token")
}

fn chip_view(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=chip&t=4&c=2000&lang=en")?;
    visit.browser.wait_for("a picture of the chip", PAINTED, PATIENCE)?;
    visit.browser.wait_for("the tokens", "document.querySelectorAll('.deck .token').length > 4", PATIENCE)?;
    visit.browser.click("canvas.chip")?;
    visit.browser.wait_for("the drawer", LOOKED, PATIENCE)?;
    visit.browser.wait_for("the selection in the address", "location.hash.includes('sel=')", PATIENCE)?;
    visit.screenshots("chip")
}

fn memory_view(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=memory&t=6&c=2500&lang=en")?;
    visit.browser.wait_for("the tokens", "document.querySelectorAll('.deck .token').length > 6", PATIENCE)?;
    visit.browser.wait_for("a picture of the memory", PAINTED, PATIENCE)?;
    visit.expect_text("all classes", "document.querySelectorAll('.classes .swatch').length === 9")?;
    visit
        .expect_text("the chip's bytes", "document.querySelector('.scene .where').textContent.includes('230.7 MB')")?;
    visit.browser.wait_for("a row of the cache", "document.querySelector('.written .named')", PATIENCE)?;
    visit.browser.click(".written .named")?;
    visit.browser.wait_for("its bytes", "document.querySelector('.drawer .fresh .bytes')", PATIENCE)?;
    visit.screenshots("memory")?;
    memory_of_two_tokens(visit)
}

/// At the end of a token its rows of the cache differ from those of the token before, and no weight does.
fn memory_of_two_tokens(visit: &mut Visit) -> Outcome<()> {
    visit.browser.eval(
        "(() => { const s = document.querySelector('[data-action=versus]'); s.value = '5'; \
         s.dispatchEvent(new Event('change', { bubbles: true })); return true; })()",
    )?;
    visit.browser.wait_for("the comparison", "document.querySelectorAll('.changed tbody tr').length > 4", PATIENCE)?;
    visit.expect_text("its address", "location.hash.includes('vs=5')")?;
    let words = |name: &str| {
        format!(
            "Number([...document.querySelectorAll('.changed tr')].find(r => r.textContent.includes('{name}')).dataset.words)"
        )
    };
    visit.expect_text("rows of the cache", &format!("{} === 8", words("KV cache")))?;
    for table in ["attention weights", "feed-forward weights", "constants"] {
        visit.expect_text(table, &format!("{} === 0", words(table)))?;
    }
    visit.screenshots("memory-versus")
}

/// A node of eight chips, a car with its bytes, another chip, and fewer chips.
fn traffic_view(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=token&lang=en")?;
    visit.browser.wait_for("the tokens", "document.querySelectorAll('.deck .token').length > 4", PATIENCE)?;
    visit.browser.press("Digit4", "4")?;
    visit.browser.wait_for(
        "eight chips",
        "document.querySelector('.model')?.textContent.includes('8 chips')",
        PATIENCE,
    )?;
    visit.browser.wait_for("the tokens", "document.querySelectorAll('.deck .token').length > 4", PATIENCE)?;
    visit.browser.wait_for("figures", "document.querySelectorAll('.figures dd').length === 9", PATIENCE)?;
    visit.browser.wait_for("a picture of the node", PAINTED, PATIENCE)?;
    visit.expect_text("nobody waits", "document.querySelectorAll('.figures dd')[3].textContent === '0'")?;
    visit.expect_text("one way for all", "document.querySelectorAll('.figures dd')[2].textContent === '0 cycles'")?;
    visit.screenshots("traffic")?;
    // Chip 2 stands at the right end of the ring, the middle of its block at 640, 320 of 1520 x 640.
    let corner = "(() => { const r = document.querySelector('canvas.chip').getBoundingClientRect(); const s = Math.min(r.width / 1520, \
                  r.height / 640); return [r.x + (r.width - 1520 * s) / 2 + 640 * s, r.y + (r.height - 640 * s) / 2 + 320 * s]; })()";
    let place = visit.browser.eval(corner)?;
    visit.browser.click_at(place[0].as_f64().unwrap_or(0.0), place[1].as_f64().unwrap_or(0.0))?;
    visit.browser.wait_for("another chip in the address", "location.hash.includes('on=2')", PATIENCE)?;
    visit.browser.press("Digit2", "2")?;
    visit.browser.wait_for(
        "that chip",
        "document.querySelector('[data-action=on-2]')?.ariaPressed === 'true'",
        PATIENCE,
    )?;
    visit.browser.click("[data-action=on-7]")?;
    visit.browser.wait_for("the last chip", "location.hash.includes('on=7')", PATIENCE)?;
    visit.browser.press("Digit4", "4")?;
    visit.browser.wait_for("the way back", "document.querySelector('.traffic-view')", PATIENCE)?;
    visit.browser.click("[data-action=break]")?;
    visit.browser.wait_for("two texts", "document.querySelector('.damage-report .verdict')", 3 * PATIENCE)?;
    visit.expect_text("a vector is lost", "document.querySelector('.change').textContent.includes('c2c')")?;
    let counted = "document.querySelector('.front')?.dataset.counted === '8'";
    visit.browser.wait_for("the front on all chips", counted, 3 * PATIENCE)?;
    visit.expect_text("units and links", "document.querySelectorAll('.front tbody tr').length > 2")?;
    visit.expect_text("links", "/\\d+ links/.test(document.querySelector('.front tbody').textContent)")?;
    visit.browser.click("[data-action=harmless]")?;
    visit.browser.wait_for("a harmless change", "document.querySelector('.harmless .good')", PATIENCE)?;
    visit.screenshots("traffic-late")?;
    visit.browser.eval("document.querySelector('.front-picture').scrollIntoView()")?;
    visit.browser.click(".front-picture")?;
    visit.browser.wait_for("the first token", "location.hash.includes('t=0&')", PATIENCE)?;
    visit.browser.click("[data-action=undo]")?;
    visit.browser.wait_for("the verified program", "!document.querySelector('.damage-report')", PATIENCE)?;
    visit.open("#v=traffic&n=2&t=2&c=3000&lang=en&sel=chip1:1.0.0.0")?;
    visit.browser.wait_for(
        "two chips",
        "document.querySelector('.model')?.textContent.includes('2 chips')",
        PATIENCE,
    )?;
    visit.browser.click("[data-action=chips-1]")?;
    let alone = "document.querySelector('.model span')?.textContent.endsWith(' 1 chip')";
    visit.browser.wait_for("one chip", alone, PATIENCE).map(drop)
}

/// Puts the model that set-up has fetched on the chip, as far as its first token; its name may take so long. `false` where there is none: a
/// page without one offers none.
pub fn real_model_is_on(visit: &mut Visit, patience: Duration) -> Outcome<bool> {
    if crate::models::files_ending(&crate::root().join("models"), ".gguf").is_empty() {
        println!("     no model in models/: the page offers none");
        return Ok(false);
    }
    visit.open("#v=token&lang=en")?;
    visit.browser.wait_for("the offer", "document.querySelector('[data-action=offer]')", PATIENCE)?;
    visit.browser.wait_for("the whole text", "document.querySelectorAll('.deck .token').length > 20", PATIENCE)?;
    visit.browser.click("[data-action=offer]")?;
    let named = "document.querySelector('.model').textContent.toLowerCase().includes('smollm2')";
    visit.browser.wait_for("its name", named, patience)?;
    visit.browser.wait_for("a written token", WRITTEN, PATIENCE)?;
    Ok(true)
}

fn real_model(visit: &mut Visit) -> Outcome<()> {
    if !real_model_is_on(visit, PATIENCE)? {
        return Ok(());
    }
    visit.browser.wait_for("its cost", "/\\d/.test(document.querySelector('.went .where').textContent)", PATIENCE)?;
    println!("     {}", visit.browser.eval("document.querySelector('.went .where').textContent")?);
    visit.screenshots("token-smollm2")?;
    visit.browser.press("Digit3", "3")?;
    visit.browser.wait_for("its memory", "document.querySelectorAll('.classes .swatch').length === 9", PATIENCE)?;
    visit.browser.wait_for("a picture of the memory", PAINTED, PATIENCE)?;
    visit.screenshots("memory-smollm2")
}

fn address_restores(visit: &mut Visit) -> Outcome<()> {
    stopped(visit, "#lang=en")?;
    visit.browser.press("Digit2", "2")?;
    visit.browser.wait_for("the chip's address", "location.hash.includes('v=chip')", PATIENCE)?;
    let read =
        "document.querySelector('.deck .cycle').textContent + document.querySelector('.drawer .fresh').textContent";
    let (hash, before) = (visit.browser.eval("location.hash")?, visit.browser.eval(read)?);
    visit.open(hash.as_str().unwrap_or_default())?;
    visit.browser.wait_for("the drawer", LOOKED, PATIENCE)?;
    let after = visit.browser.eval(read)?;
    if before == after { Ok(()) } else { Err(format!("before: {before}; restored: {after}")) }
}

/// Drops a file of these bytes on the page.
fn drop_script(bytes: &str, name: &str) -> String {
    format!(
        "(() => {{ const t = new DataTransfer(); t.items.add(new File([{bytes}], '{name}')); \
         window.dispatchEvent(new DragEvent('drop', {{ dataTransfer: t, bubbles: true, cancelable: true }})); return true; }})()"
    )
}

fn bad_file(visit: &mut Visit) -> Outcome<()> {
    stopped(visit, "#lang=en")?;
    visit.browser.wait_for("the whole text", "document.querySelectorAll('.deck .token').length > 20", PATIENCE)?;
    let read = "document.querySelector('.sentence').textContent + document.querySelector('.drawer').textContent";
    let before = visit.browser.eval(read)?;
    visit.browser.eval(&drop_script("'this is no model'", "letter.gguf"))?;
    visit.browser.wait_for("the refusal", "document.querySelector('.trouble')", PATIENCE)?;
    visit.expect_text("a reason", "document.querySelector('.trouble span').textContent.length > 20")?;
    visit.screenshots("refused")?;
    let after = visit.browser.eval(read)?;
    visit.browser.click("[data-action=break]")?;
    visit.browser.wait_for("an answer of the model still open", "document.querySelector('.watermark')", PATIENCE)?;
    if before == after { Ok(()) } else { Err(format!("before: {before}; after: {after}")) }
}

/// The page's own model under another name, as a file that a viewer drops.
const OTHER_NAME: &str = "(async () => { const b = new Uint8Array(await (await fetch('static/models/tiny.gguf')).arrayBuffer()); \
     const key = new TextEncoder().encode('general.name'); \
     const at = b.findIndex((_, i) => key.every((c, j) => b[i + j] === c)); \
     b.set(new TextEncoder().encode('tidy'), at + key.length + 12); window.other = b; return true; })()";

fn dropped_model(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=token&lang=en")?;
    visit.browser.wait_for("candidates", "document.querySelector('.candidate')", PATIENCE)?;
    visit.browser.eval(&format!("void {OTHER_NAME}"))?;
    visit.browser.wait_for("the file", "window.other", PATIENCE)?;
    visit.browser.eval(&drop_script("window.other", "tidy.gguf"))?;
    visit.browser.wait_for("its name", "document.querySelector('.model').textContent.includes('tidy')", PATIENCE)?;
    visit.browser.wait_for("what it writes", WRITTEN, PATIENCE)?;
    visit.browser.click("[data-action=own]")?;
    visit
        .browser
        .wait_for("tiny again", "document.querySelector('.model').textContent.includes('tiny')", PATIENCE)
        .map(drop)
}

/// A break takes long enough to be cancelled; the page starts another worker and shows the same text.
fn cancelled(visit: &mut Visit) -> Outcome<()> {
    stopped(visit, "#lang=en")?;
    visit.browser.wait_for("the whole text", "document.querySelectorAll('.deck .token').length > 30", PATIENCE)?;
    let read = "document.querySelector('.deck .tokens').textContent";
    let before = visit.browser.eval(read)?;
    visit.browser.eval(
        "(window.seen = new MutationObserver(() => document.querySelector('[data-action=cancel]')?.click()), \
         window.seen.observe(document.body, { childList: true, subtree: true }), true)",
    )?;
    visit.browser.click("[data-action=break]")?;
    visit.browser.wait_for("another worker", "document.documentElement.dataset.worker === 'starting'", PATIENCE)?;
    visit.browser.eval("(window.seen.disconnect(), true)")?;
    visit.browser.wait_for("its handshake", "document.documentElement.dataset.worker === 'ready'", PATIENCE)?;
    visit.browser.wait_for(
        "the whole text again",
        "document.querySelectorAll('.deck .token').length > 30",
        PATIENCE,
    )?;
    let after = visit.browser.eval(read)?;
    visit.expect_text("no watermark", "!document.querySelector('.watermark')")?;
    if before == after { Ok(()) } else { Err(format!("before: {before}; after: {after}")) }
}

fn long_prompt(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=token&lang=en")?;
    visit.browser.wait_for("the whole text", "document.querySelectorAll('.deck .token').length > 33", PATIENCE)?;
    let before = visit.browser.eval("document.querySelector('.sentence').textContent")?;
    visit.browser.eval("document.querySelector('.prompt input').focus()")?;
    visit.browser.type_text(&"the car and the bus and the tram ".repeat(40))?;
    visit.browser.click("[data-action=run]")?;
    visit.browser.wait_for("the refusal", "document.querySelector('.trouble')", PATIENCE)?;
    visit.expect_text("how many fit", "document.querySelector('.trouble').textContent.includes('127')")?;
    let after = visit.browser.eval("document.querySelector('.sentence').textContent")?;
    if before == after { Ok(()) } else { Err(format!("before: {before}; after: {after}")) }
}

fn prompt_is_run(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=token&lang=en")?;
    visit.browser.wait_for("candidates", "document.querySelector('.candidate')", PATIENCE)?;
    visit.browser.click(".example:nth-of-type(3)")?;
    let starts = "document.querySelector('.sentence').textContent.includes('First came a bus with')";
    visit.browser.wait_for("the example", starts, PATIENCE)?;
    visit.browser.eval("document.querySelector('.prompt input').focus()")?;
    visit.browser.type_text("綠燈亮了，每一輛車")?;
    visit.browser.click("[data-action=run]")?;
    visit.browser.wait_for(
        "Chinese",
        "document.querySelector('.sentence').textContent.includes('每一輛車')",
        PATIENCE,
    )?;
    visit.browser.wait_for("what was written", WRITTEN, PATIENCE)?;
    visit.screenshots("token-prompt")
}

/// The same seed writes the same text again, the most probable tokens come back, and Back leads to the drawn ones.
fn drawn_text(visit: &mut Visit) -> Outcome<()> {
    let text = "document.querySelector('.sentence').textContent";
    let written = "document.querySelectorAll('.deck .token').length > 30";
    visit.open("#v=token&lang=en")?;
    visit.browser.wait_for("the text", written, PATIENCE)?;
    let greedy = visit.browser.eval(text)?;
    visit.browser.click("[data-action=draw]")?;
    // More may be written by the time that it is read again.
    visit.browser.wait_for("another text", &format!("{written} && !{text}.startsWith({greedy})"), PATIENCE)?;
    let drawn = visit.browser.eval(text)?;
    visit.expect_text("the seed", "document.querySelector('.next .where').textContent.includes('seed 1')")?;
    visit.screenshots("token-drawn")?;
    let hash = visit.browser.eval("location.hash")?.as_str().unwrap_or_default().to_owned();
    if !hash.contains("&seed=1&") {
        return Err(format!("the address {hash} has no seed"));
    }
    visit.open(&hash)?;
    let is_drawn = format!("{text}.startsWith({drawn})");
    visit.browser.wait_for("the same text", &is_drawn, PATIENCE)?;
    visit.browser.click("[data-action=greedy]")?;
    visit.browser.wait_for("the most probable tokens", &format!("{text}.startsWith({greedy})"), PATIENCE)?;
    visit.browser.eval("history.back()")?;
    visit.browser.wait_for("the drawn text after Back", &is_drawn, PATIENCE).map(drop)
}

/// Dashes around what a click would select, as long as the pointer is there.
fn outlined(visit: &mut Visit) -> Outcome<()> {
    for view in ["chip", "memory", "traffic", "compiler", "schedule"] {
        visit.open(&format!("#v={view}&t=4&c=1500&n=8&lang=en"))?;
        visit.browser.wait_for("the text", "document.querySelectorAll('.deck .token').length > 4", PATIENCE)?;
        visit.browser.wait_for("a picture", PAINTED, PATIENCE)?;
        let corner = visit.browser.eval(
            "(() => { const r = document.querySelector('canvas.chip').getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })()",
        )?;
        let side = |index: usize| corner[index].as_f64().unwrap_or(0.0);
        let places =
            (1..40).flat_map(|column| (1..12).map(move |row| (f64::from(column) / 40.0, f64::from(row) / 12.0)));
        let mut is_outlined = false;
        for (across, down) in places {
            visit.browser.move_to(side(0) + side(2) * across, side(1) + side(3) * down)?;
            is_outlined = visit.browser.eval("!!document.querySelector('.hovered rect')")? == true;
            if is_outlined {
                break;
            }
        }
        if !is_outlined {
            return Err(format!("nothing of {view} is outlined under the pointer"));
        }
        visit.browser.move_to(1.0, 1.0)?;
        visit.browser.wait_for("no outline", "!document.querySelector('.hovered')", PATIENCE)?;
    }
    Ok(())
}

/// Texts on the page that hold Chinese letters, those meant for the other language and the model's own left out.
const CHINESE: &str = "[...document.querySelectorAll('body *')].flatMap(e => e.closest('[lang]:not(html)') || e.closest('.sentence, .tokens') ? [] : \
     [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent).concat(['title', 'aria-label', 'placeholder'].map(a => e.getAttribute(a) || ''))) \
     .filter(t => t.trim().length > 0)";

fn language_follows(visit: &mut Visit) -> Outcome<()> {
    for view in ["opening", "token", "chip", "memory"] {
        visit.open(&format!("#v={view}&t=3&c=1500&lang=en"))?;
        visit.browser.wait_for("the tokens", "document.querySelectorAll('.deck .token').length > 3", PATIENCE)?;
        visit.browser.wait_for("a picture of the chip", PAINTED, PATIENCE)?;
        let wrong = visit.browser.eval(&format!("{CHINESE}.filter(t => /[\\u4e00-\\u9fff]/.test(t))"))?;
        if wrong.as_array().is_none_or(|texts| !texts.is_empty()) {
            return Err(format!("{view}: Chinese on the English page: {wrong}"));
        }
        visit.browser.click("[data-action=language]")?;
        visit.browser.wait_for(
            "Chinese",
            "document.querySelector('[data-action=language]').textContent === 'EN'",
            PATIENCE,
        )?;
        let wrong = visit.browser.eval(&format!(
            "{CHINESE}.filter(t => !/[\\u4e00-\\u9fff]/.test(t) && /[a-z]{{3,}} [a-z]{{2,}} /.test(t))"
        ))?;
        if wrong.as_array().is_none_or(|texts| !texts.is_empty()) {
            return Err(format!("{view}: English on the Chinese page: {wrong}"));
        }
        visit.screenshots(&format!("{view}-zh"))?;
    }
    Ok(())
}

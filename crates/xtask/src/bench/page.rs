//! Measures the page in a browser without a GPU: how soon it lives, how soon a seek is drawn, how smooth the way from all chips to one byte is.
//!
//! In: `dist/`, built before.  Out: a table, each figure beside its budget where the design has one.
//! Invariant: the figures are the browser's own clock's; nothing of the page is changed for them, and none of them fails the run.
//! Method: a script runs before the page's own and notes every picture (a canvas is cleared before it is painted) and how long each
//!     frame's work takes; an empty page in the same browser is the yardstick of this machine.

use crate::browser::Browser;
use crate::e2e::fleet::{COMPILING, READY};
use crate::e2e::{PATIENCE, SIZES};
use crate::serve::{Folders, Server};
use crate::{Outcome, memory};
use serde_json::Value;

/// Loads, each in a browser of its own; the middle one is reported.
const LOADS: usize = 5;
/// Seeks in the view of the chip.
const SEEKS: usize = 200;
/// Notes when pictures are painted and how long the work of a frame takes.
const METER: &str = "(() => { const meter = window.meter = { painted: [], busy: [] }; \
    const clear = CanvasRenderingContext2D.prototype.clearRect; \
    CanvasRenderingContext2D.prototype.clearRect = function (...all) { if (this.canvas.isConnected) meter.painted.push(performance.now()); return clear.apply(this, all); }; \
    const frame = requestAnimationFrame.bind(window); \
    window.requestAnimationFrame = call => frame(now => { const from = performance.now(); call(now); meter.busy.push(performance.now() - from); }); \
    meter.every = millis => new Promise(done => { const at = []; const step = now => { at.push(now); \
        if (now - at[0] < millis) frame(step); else done(at.slice(1).map((next, index) => next - at[index])); }; frame(step); }); })()";
/// The picture of a cycle is there when nothing more is painted for so many milliseconds.
const QUIET: f64 = 150.0;
/// The ten levels, far to near, one a second.
const FLIGHT: [&str; 9] = ["city", "rack", "node", "chips", "chip", "unit", "slice", "word", "byte"];
const FLIGHT_MILLIS: f64 = 10_000.0;
const MIB: f64 = 1_048_576.0;

/// Measures and prints.
pub fn run() -> Outcome<()> {
    let server = Server::bind(0, Folders::of_repository())?;
    server.start();
    let address = server.address();
    println!("{:<58} {:>12} {:>10}", "Chromium without a GPU, 1920 x 1080", "measured", "budget");
    empty()?;
    loads(&address)?;
    seeks(&address)?;
    flight(&address)
}

fn row(what: &str, measured: &str, budget: &str) {
    println!("{what:<58} {measured:>12} {budget:>10}");
}

fn millis(value: f64) -> String {
    format!("{value:.1} ms")
}

/// The value below which `part` of all lie; all zero of none.
fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(index.saturating_sub(1)).copied().unwrap_or(0.0)
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

fn open(address: &str) -> Outcome<Browser> {
    let mut browser = Browser::start(SIZES[0])?;
    browser.before_load(METER)?;
    browser.open(address)?;
    Ok(browser)
}

/// Frames a second, and the interval that 95 of 100 frames keep.
fn smooth(what: &str, intervals: &[f64], budget: &str) {
    let total: f64 = intervals.iter().sum();
    row(&format!("{what}: frames a second"), &format!("{:.1}", intervals.len() as f64 * 1000.0 / total), budget);
    row(&format!("{what}: interval, p95"), &millis(quantile(intervals, 0.95)), "");
}

fn empty() -> Outcome<()> {
    let mut browser = open("about:blank")?;
    let intervals = numbers(&browser.eval("window.meter.every(2000)")?);
    smooth("an empty page, as yardstick", &intervals, "");
    Ok(())
}

fn loads(address: &str) -> Outcome<()> {
    let (mut first, mut alive, mut bytes, mut held) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..LOADS {
        let empty = memory::of_pages(open("about:blank")?.process_id());
        let mut browser = open(&format!("{address}#lang=en"))?;
        browser.wait_for("a picture of the chip", "window.meter?.painted.length > 2", PATIENCE)?;
        browser.wait_for("a written token", "document.querySelector('.sentence .made')", PATIENCE)?;
        let read =
            |browser: &mut Browser, script: &str| browser.eval(script).map(|value| value.as_f64().unwrap_or(f64::NAN));
        first.push(read(&mut browser, "performance.getEntriesByName('first-contentful-paint')[0].startTime")?);
        alive.push(read(&mut browser, "window.meter.painted[0]")?);
        let received = "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce((sum, one) => sum + one.encodedBodySize, 0)";
        bytes.push(read(&mut browser, received)?);
        let now = memory::of_pages(browser.process_id());
        held.extend(now.zip(empty).map(|(now, empty)| now.saturating_sub(empty) as f64));
    }
    row("first picture", &millis(quantile(&first, 0.5)), "500 ms");
    row("live chip", &millis(quantile(&alive, 0.5)), "1500 ms");
    row(
        "received by the page until then, its workers' code apart",
        &format!("{:.0} kB", quantile(&bytes, 0.5) / 1000.0),
        "",
    );
    let held = if held.is_empty() { "not known".to_owned() } else { format!("{:.0} MiB", quantile(&held, 0.5) / MIB) };
    row("memory with `tiny`, beyond that of an empty page", &held, "143 MiB");
    Ok(())
}

/// Jumps to cycles far apart; the clock stops at the last picture that follows.
fn seeks(address: &str) -> Outcome<()> {
    let mut browser = open(&format!("{address}#s=1&v=chip&t=4&c=900&lang=en"))?;
    browser.wait_for("the whole text", "document.querySelectorAll('.deck .token').length > 30", PATIENCE)?;
    browser.wait_for("a picture of the chip", "window.meter.painted.length > 2", PATIENCE)?;
    let length = browser.eval("Number(document.querySelector('.strip').dataset.length)")?;
    let length = length.as_u64().filter(|cycles| *cycles != 0).ok_or("a token has no cycles")?;
    let mut took = Vec::new();
    for seek in 0..SEEKS as u64 {
        let (token, cycle) = (seek * 7 % 30, seek.wrapping_mul(2_654_435_761) % length);
        let script = format!(
            "new Promise(done => {{ const from = performance.now(), meter = window.meter; meter.painted.length = 0; \
             location.hash = '#s=1&v=chip&t={token}&c={cycle}&lang=en'; \
             const look = () => {{ const last = meter.painted.at(-1) ?? performance.now(); \
             if (meter.painted.length && {QUIET} < performance.now() - last) done(last - from); \
             else if (5000 < performance.now() - from) done(-1); else setTimeout(look, 10); }}; look(); }})"
        );
        let answer = browser.eval(&script)?.as_f64().unwrap_or(-1.0);
        if answer < 0.0 {
            return Err(format!("a seek to token {token}, cycle {cycle} painted nothing for five seconds"));
        }
        took.push(answer);
    }
    row(&format!("a seek to any cycle, until it is painted: median of {SEEKS}"), &millis(quantile(&took, 0.5)), "");
    row("the same, p95", &millis(quantile(&took, 0.95)), "16 ms");
    Ok(())
}

/// From all 576 chips of Llama-2-70B down to one byte, by the page's own levels.
fn flight(address: &str) -> Outcome<()> {
    let mut browser = open(&format!("{address}#v=traffic&fleet=llama-2-70b.576&fc=900000&lang=en"))?;
    let compiled = browser.wait_for("576 chips", READY, COMPILING)?;
    println!("{}", browser.eval("document.querySelector('.fleet-note .good').textContent")?);
    row(
        "Llama-2-70B on 576 chips, from the address to the picture",
        &format!("{:.1} s", compiled.as_secs_f32()),
        "5 s",
    );
    let held = memory::of_pages(browser.process_id());
    row(
        "memory of the page's process with it",
        &held.map_or("not known".to_owned(), |held| format!("{:.0} MiB", held as f64 / MIB)),
        "286 MiB",
    );
    browser.press("KeyZ", "z")?;
    let level = |name: &str| format!("document.querySelector('.scale')?.dataset.level === '{name}'");
    browser.wait_for("the way", "document.querySelector('.scale')", PATIENCE)?;
    while browser.eval(&format!("Boolean({})", level("city")))? == false {
        let before = browser.eval("document.querySelector('.scale').dataset.level")?;
        browser.press("KeyS", "s")?;
        browser.wait_for(
            "the level above",
            &format!("document.querySelector('.scale').dataset.level !== {before}"),
            PATIENCE,
        )?;
    }
    let steps: Vec<String> = (1u32..).zip(&FLIGHT[1..]).map(|(second, _)| format!("setTimeout(() => window.dispatchEvent(new KeyboardEvent('keydown', {{ code: 'KeyW', key: 'w', bubbles: true }})), {second} * 1100)")).collect();
    browser.eval(&format!("(window.meter.busy.length = 0, {}, true)", steps.join(", ")))?;
    let intervals = numbers(&browser.eval(&format!("window.meter.every({FLIGHT_MILLIS})"))?);
    let busy = numbers(&browser.eval("window.meter.busy")?);
    if browser.eval(&format!("Boolean({})", level("byte")))? != true {
        let at = browser.eval("document.querySelector('.scale')?.dataset.level")?;
        return Err(format!("the flight ended at {at}, not at a byte"));
    }
    smooth("ten seconds from all chips to a byte", &intervals, "50");
    row("the same: work of a frame, p95", &millis(quantile(&busy, 0.95)), "");
    Ok(())
}

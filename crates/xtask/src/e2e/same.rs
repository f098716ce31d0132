//! The page shows what native code finds: bytes, inspections, fingerprints.
//!
//! In: a visit.  Out: success, or the first place at which page, command line and simulator differ.
//! Invariant: three answers to one question: a click in Chromium, `greenwave frame --json`, and a dump of the simulator alone.
//! Method: places are drawn by a seed and clicked with the mouse; the native answers come from processes of their own.

use super::{Case, PATIENCE, Visit};
use crate::{Outcome, root};
use std::io::Write;
use std::process::{Command, Stdio};

/// The tests, in order.
pub const CASES: [Case; 4] = [
    Case { name: "clicks_equal_command_line_and_simulator", run: clicks },
    Case { name: "wasm_and_native_have_one_fingerprint", run: fingerprints },
    Case { name: "wasm_and_native_have_one_fingerprint_in_buckets", run: fingerprints_in_buckets },
    Case { name: "numbers_in_wasm_are_the_same_bytes_as_native", run: numbers },
];

/// Clicks, and the seed of their places.
const CLICKS: usize = 200;
const SEED: u64 = 20_240_318;
/// Tokens that are drawn from.
const TOKENS: u64 = 30;

/// Numbers from a seed: 64-bit linear congruential, Knuth's constants, the high half used.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Runs a native program of this workspace with a text on its standard input.
fn native(arguments: &[&str], input: &str) -> Outcome<String> {
    let failed = |error: std::io::Error| format!("cargo {}: {error}", arguments.join(" "));
    let mut child = Command::new("cargo")
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut stdin = child.stdin.take().ok_or("the child has no standard input")?;
    stdin.write_all(input.as_bytes()).map_err(failed)?;
    drop(stdin);
    let output = child.wait_with_output().map_err(failed)?;
    if !output.status.success() {
        return Err(format!("cargo {} ended with {}", arguments.join(" "), output.status));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("cargo {}: {error}", arguments.join(" ")))
}

/// What the page showed of one place.
struct Seen {
    question: String,
    inspection: String,
}

fn clicks(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=chip&t=0&c=0&lang=en")?;
    let whole = format!("{TOKENS} < document.querySelectorAll('.deck .token').length");
    visit.browser.wait_for("the whole text", &whole, PATIENCE)?;
    let length = visit.browser.eval("Number(document.querySelector('.strip').dataset.length)")?;
    let cycles =
        length.as_u64().filter(|cycles| 1_000 < *cycles).ok_or_else(|| format!("a token has {length} cycles"))?;
    let mut draw = Draw(SEED);
    let seen: Vec<Seen> = (0..CLICKS).map(|_| click(visit, &mut draw, cycles)).collect::<Outcome<_>>()?;
    let questions: String = seen.iter().map(|seen| format!("{}\n", seen.question)).collect();
    let folder = root().join("target");
    let file = folder.join("clicks.txt");
    let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, &questions));
    written.map_err(|error| format!("{}: {error}", file.display()))?;
    let path = file.to_string_lossy();
    let run = ["run", "--quiet", "-p", "cli", "--bin", "greenwave", "--", "frame", "tiny", "--json", "--batch"];
    let framed = native(&[&run[..], &[path.as_ref()]].concat(), "")?;
    let dumped = native(&["run", "--quiet", "-p", "tests", "--bin", "dump"], &questions)?;
    compare(&seen, &framed, &dumped)
}

fn compare(seen: &[Seen], framed: &str, dumped: &str) -> Outcome<()> {
    let (framed, dumped): (Vec<&str>, Vec<&str>) = (framed.lines().collect(), dumped.lines().collect());
    if framed.len() != seen.len() || dumped.len() != seen.len() {
        return Err(format!("{} clicks, {} frames, {} dumps", seen.len(), framed.len(), dumped.len()));
    }
    let (mut words, mut empty) = (0, 0);
    for ((seen, framed), dumped) in seen.iter().zip(framed).zip(dumped) {
        let Seen { question, inspection } = seen;
        if inspection != framed {
            return Err(format!("{question}: the page shows {inspection}, the command line {framed}"));
        }
        let value: serde_json::Value = serde_json::from_str(inspection).map_err(|error| error.to_string())?;
        let shown = match &value["holding"] {
            serde_json::Value::String(word) if word == "Empty" => "empty".to_owned(),
            holding => holding["Bytes"].as_array().map_or("other".to_owned(), |bytes| {
                bytes.iter().map(|byte| format!("{:02x}", byte.as_u64().unwrap_or(256))).collect()
            }),
        };
        if shown != dumped {
            return Err(format!("{question}: the page shows {shown}, the simulator has {dumped}"));
        }
        empty += usize::from(dumped == "empty");
        words += usize::from(dumped.len() == 640);
    }
    println!("     {} places: {words} words, {empty} empty, {} others", seen.len(), seen.len() - words - empty);
    if words < CLICKS / 10 || empty < CLICKS / 10 {
        return Err("the clicks met too few words or too few empty cells to mean anything".to_owned());
    }
    Ok(())
}

/// Goes to a drawn moment and clicks a drawn point of the die; between two units nothing is picked, and another point is drawn.
fn click(visit: &mut Visit, draw: &mut Draw, cycles: u64) -> Outcome<Seen> {
    for _ in 0..20 {
        let (token, cycle) = (draw.below(TOKENS), draw.below(cycles));
        let address = format!("(location.hash = '#s=1&v=chip&t={token}&c={cycle}&lang=en', true)");
        visit.browser.eval(&address)?;
        let there = format!("document.querySelector('.deck .cycle').textContent.replace(/\\D/g, '') === '{cycle}'");
        visit.browser.wait_for("the cycle", &there, PATIENCE)?;
        let canvas = visit.browser.eval(
            "(() => { const r = document.querySelector('canvas.chip').getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })()",
        )?;
        let side = |index: usize| canvas[index].as_f64().unwrap_or(0.0);
        let part = |draw: &mut Draw, low: f64, high: f64| low + (high - low) * draw.below(10_000) as f64 / 10_000.0;
        let x = side(0) + side(2) * part(draw, 0.15, 0.9);
        let y = side(1) + side(3) * part(draw, 0.12, 0.75);
        // While nothing is selected, the panel says so.
        let hint = "document.querySelector('.drawer .hint')?.textContent";
        let nothing = visit.browser.eval(hint)?;
        let picks = visit.browser.eval("Number(document.documentElement.dataset.picks)")?;
        visit.browser.click_at(x, y)?;
        let answered = format!("Number(document.documentElement.dataset.picks) === {picks} + 1");
        visit.browser.wait_for("an answer to the click", &answered, PATIENCE)?;
        if visit.browser.eval(hint)? == nothing {
            continue;
        }
        let settled = format!(
            "document.querySelector('.drawer .fresh')?.dataset.cycle === '{cycle}' \
             && location.hash.includes(`&sel=${{document.querySelector('.drawer .fresh').dataset.place}}&`)"
        );
        visit.browser.wait_for("the drawer", &settled, PATIENCE)?;
        let read = |visit: &mut Visit, name: &str| -> Outcome<String> {
            let value = visit.browser.eval(&format!("document.querySelector('.drawer .fresh').dataset.{name}"))?;
            value.as_str().map(str::to_owned).ok_or_else(|| format!("the drawer has no {name}"))
        };
        let place = read(visit, "place")?;
        return Ok(Seen { question: format!("{token} {cycle} {place}"), inspection: read(visit, "inspection")? });
    }
    Err("twenty clicks on the die met nothing".to_owned())
}

fn fingerprints(visit: &mut Visit) -> Outcome<()> {
    fingerprinted(visit, "", &[], 3)
}

/// Of the first tokens, and of the first that each of the other programs runs.
fn fingerprints_in_buckets(visit: &mut Visit) -> Outcome<()> {
    fingerprinted(visit, "&turns=buckets", &["buckets"], 5)
}

fn fingerprinted(visit: &mut Visit, part: &str, words: &[&str], lines: usize) -> Outcome<()> {
    visit.open(&format!("#v=token&lang=en{part}"))?;
    let whole = format!("{TOKENS} < document.querySelectorAll('.deck .token').length");
    visit.browser.wait_for("the whole text", &whole, PATIENCE)?;
    visit.browser.click("[data-action=fingerprint]")?;
    visit.browser.wait_for("the fingerprint", "document.querySelector('.fingerprint')", PATIENCE)?;
    let shown = visit.browser.eval("document.querySelector('.fingerprint').textContent")?;
    let dump = ["run", "--quiet", "-p", "tests", "--bin", "dump", "--", "fingerprint"];
    let native = native(&[&dump[..], words].concat(), "")?;
    if native.lines().count() != lines {
        return Err(format!("native code has not {lines} lines:\n{native}"));
    }
    let shown = shown.as_str().unwrap_or_default().trim();
    if shown == native.trim() { Ok(()) } else { Err(format!("the page computed\n{shown}\nand native code\n{native}")) }
}

/// The case whose steps are timed.
const TIMED: &str = "llama-2-70b";
/// Milliseconds in which the page computes a decode step of Llama-2-70B on eight GPUs: the budget of the design.
const STEP_MILLIS: f64 = 50.0;

/// Every view of the rival and the bill, bit for bit; and how long one step of the box takes here.
fn numbers(visit: &mut Visit) -> Outcome<()> {
    let native = native(&["run", "--quiet", "-p", "tests", "--bin", "dump", "--", "numbers"], "")?;
    let mut open = "";
    for line in native.lines() {
        let [case, topic, hash] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!("`{line}` is no case, topic and hash"));
        };
        if case != open {
            open = case;
            let name: String = case.bytes().map(|byte| format!("{byte:02x}")).collect();
            visit.open(&format!("#v=numbers&lang=en&case={name}"))?;
        }
        let word = topic.to_lowercase();
        let shown = format!("document.querySelector('.numbers-view:not(.due)[data-topic={word}]')");
        visit.browser.wait_for("the numbers", "document.querySelector('[data-action=topic-claims]')", PATIENCE)?;
        visit.browser.click(&format!("[data-action=topic-{word}]"))?;
        // The small model is on its chip a moment later than the first answer about it.
        let is_same = format!("{shown}?.dataset.hash === '{hash}'");
        if visit.browser.wait_for(topic, &is_same, PATIENCE).is_err() {
            let found = visit.browser.eval(&format!("{shown}?.dataset.hash"))?;
            return Err(format!("{case}, {topic}: the page has {found}, native code {hash}"));
        }
        if (case, topic) == (TIMED, "Jitter") {
            let step =
                visit.browser.eval("document.querySelector('[data-fabric=gpu] div:last-child dd').textContent")?;
            println!("     a decode step of Llama-2-70B on 8 GPUs takes the page {step}");
            let millis =
                step.as_str().and_then(|text| text.trim_end_matches(" ms").parse().ok()).unwrap_or(f64::INFINITY);
            if STEP_MILLIS < millis {
                return Err(format!("a step takes {millis} ms, {STEP_MILLIS} are the budget"));
            }
        }
    }
    Ok(())
}

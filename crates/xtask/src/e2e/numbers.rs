//! The numbers view: opened by its key, driven with mouse and keyboard, held against the command line.
//!
//! In: a visit; answers of `greenwave study`.  Out: success, or what differed.
//! Invariant: every figure that is compared was computed twice: in the browser and natively.

use super::{Case, PATIENCE, Visit};
use crate::serve::{Folders, Server};
use crate::{Outcome, root};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The tests, in order.
pub const CASES: [Case; 5] = [
    Case { name: "numbers_are_those_of_the_command_line", run: same_figures },
    Case { name: "numbers_are_edited_and_refused_at_their_field", run: edited },
    Case { name: "numbers_of_a_case_as_a_file", run: as_file },
    Case { name: "numbers_show_every_view_in_both_languages", run: every_view },
    Case { name: "numbers_that_do_not_come_say_so_and_come_when_asked_again", run: missing },
];

/// What the command line answers.
fn study(words: &[&str]) -> Outcome<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--package", "cli", "--bin", "greenwave", "--", "study"]).args(words).arg("--json");
    let output = command.current_dir(root()).output().map_err(|error| format!("greenwave: {error}"))?;
    serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("greenwave study: {error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// A number as the page writes it: three digits that count.
fn digits(value: f64) -> String {
    if 1000.0 <= value.abs() {
        let whole = format!("{:.0}", value.abs());
        let cut = whole.len() % 3;
        let mut text = whole[..cut].to_owned();
        for start in (cut..whole.len()).step_by(3) {
            if !text.is_empty() {
                text.push('\u{202f}');
            }
            text += &whole[start..start + 3];
        }
        return text;
    }
    let decimals = (0..9).find(|decimals| 100.0 <= value.abs() * 10f64.powi(*decimals)).unwrap_or(9);
    let text = format!("{value:.*}", decimals as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn shown(topic: &str) -> String {
    format!("document.querySelector('.numbers-view:not(.due)[data-topic={topic}] .sheet')")
}

/// By key 5, a guess, then every bar; then the claims with the keyboard alone.
fn same_figures(visit: &mut Visit) -> Outcome<()> {
    let answer = study(&["llama-2-70b"])?;
    visit.open("#v=token&lang=en")?;
    visit.browser.wait_for("the page", "document.querySelector('[data-action=view-5]')", PATIENCE)?;
    visit.browser.press("Digit7", "7")?;
    visit.browser.wait_for("the waterfall", &shown("waterfall"), PATIENCE)?;
    visit.browser.wait_for("the address", "location.hash.includes('num=waterfall')", PATIENCE)?;
    visit.expect_text("nothing is told before the guess", "!document.querySelector('.bars')")?;
    visit.browser.click("[data-action=guess-2]")?;
    let steps = answer["waterfall"]["steps"].as_array().cloned().unwrap_or_default();
    let bars = format!("5 < {0} && document.querySelectorAll('.bars > details').length === {0}", steps.len());
    visit.browser.wait_for("a bar for each switch, and for what the program adds", &bars, PATIENCE)?;
    for step in &steps {
        let share =
            100.0 * step["saves_ns"].as_f64().unwrap_or(0.0) / answer["waterfall"]["whole_ns"].as_f64().unwrap_or(1.0);
        let row = format!("[data-row={}] .share", step["switch"].as_str().unwrap_or_default());
        // With the sign that means less, and none for less than a tenth.
        let written = format!("{:.1} %", (10.0 * share).round() / 10.0 + 0.0).replace('-', "−");
        visit.expect_text(&row, &format!("document.querySelector('{row}').textContent === '{written}'"))?;
    }
    let unknown = answer["waterfall"]["unknown_ns"].as_f64().unwrap_or(0.0) * 1e-6;
    let script = format!("document.querySelector('[data-row=unknown] b').textContent === '+{} ms'", digits(unknown));
    visit.expect_text("what nobody explains", &script)?;
    let compiled = answer["waterfall"]["compiled_ns"].as_f64().unwrap_or(0.0) * 1e-6;
    let script = format!("document.querySelector('[data-row=compiled] b').textContent === '{} ms'", digits(compiled));
    visit.expect_text("what this build compiled", &script)?;
    visit.browser.click("[data-row=Noise] summary")?;
    let noises = answer["waterfall"]["noises"].as_array().map_or(0, Vec::len);
    let shown_noises = format!("0 < {noises} && document.querySelectorAll('[data-noise]').length === {noises}");
    visit.expect_text("each source of noise", &shown_noises)?;
    visit.browser.click("[data-row=Sram] summary")?;
    visit.browser.wait_for("what it rests on", "document.querySelector('[data-row=Sram][open] .source')", PATIENCE)?;
    visit.screenshots("numbers-waterfall")?;
    visit.browser.eval("document.querySelector('[data-action=topic-claims]').focus()")?;
    visit.browser.press("Space", " ")?;
    visit.browser.wait_for("the claims", &shown("claims"), PATIENCE)?;
    let claims = study(&["claims"])?;
    let count = claims.as_array().map_or(0, Vec::len);
    visit.expect_text("a row per claim", &format!("document.querySelectorAll('[data-claim]').length === {count}"))
}

/// A field takes a number, refuses another, and is reset; the totals are those of the command line.
fn edited(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=numbers&num=bill&lang=en&users=8")?;
    visit.browser.wait_for("the bill", &shown("bill"), PATIENCE)?;
    let total = |who: &str| format!("document.querySelector('[data-who={who}] [data-bill=owned] .total').textContent");
    let compare = |visit: &mut Visit, answer: &Value| -> Outcome<()> {
        for (index, who) in ["GPU", "LPU"].iter().enumerate() {
            let dollars = answer["bill"]["ledgers"][index]["owned"]["total"].as_f64().unwrap_or(0.0);
            visit.expect_text(who, &format!("{} === '{}'", total(who), digits(dollars)))?;
        }
        Ok(())
    };
    compare(visit, &study(&["llama-2-70b", "--users", "8"])?)?;
    visit.screenshots("numbers-bill")?;
    let field = "document.getElementById('field-money.kwh')";
    let put = |visit: &mut Visit, text: &str| -> Outcome<()> {
        visit.browser.eval(&format!("({field}.focus(), {field}.select(), true)"))?;
        visit.browser.type_text(text)?;
        visit.browser.eval(&format!("({field}.blur(), true)")).map(drop)
    };
    put(visit, "0.5")?;
    visit.browser.wait_for("the edit", &format!("{} && location.hash.includes('set=')", shown("bill")), PATIENCE)?;
    compare(visit, &study(&["llama-2-70b", "--users", "8", "--set", "money.kwh=0.5"])?)?;
    let hash = visit.browser.eval("location.hash")?;
    put(visit, "-3")?;
    visit.browser.wait_for("the refusal", "document.querySelector('.fields [role=alert]')", PATIENCE)?;
    visit.expect_text(
        "what is expected",
        "document.querySelector('.fields [role=alert]').textContent.includes('from 0 to 150')",
    )?;
    visit.browser.click("[data-action=reset-numbers]")?;
    visit.browser.wait_for("the defaults", &format!("{} && {field}.value === '0.08'", shown("bill")), PATIENCE)?;
    visit.open(hash.as_str().unwrap_or_default())?;
    visit
        .browser
        .wait_for("the address again", &format!("{} && {field}.value === '0.5'", shown("bill")), PATIENCE)
        .map(drop)
}

fn every_view(visit: &mut Visit) -> Outcome<()> {
    let answer = study(&["gpu-wins-at-64-users"])?;
    visit.open("#v=numbers&lang=en&case=6770752d77696e732d61742d36342d7573657273&num=joules")?;
    visit.browser.wait_for("the joules", &shown("joules"), PATIENCE)?;
    for (index, who) in ["gpu", "lpu"].iter().enumerate() {
        let joules = digits(answer["curves"]["dots"][index]["joules"].as_f64().unwrap_or(0.0));
        let script = format!(
            "document.querySelector('[data-dot={who}] dd').textContent.endsWith('$ {} · {joules} J') || document.querySelector('[data-dot={who}] dd').textContent.endsWith('· {joules} J')",
            joules
        );
        visit.expect_text(who, &script)?;
    }
    visit.screenshots("numbers-joules")?;
    let lines = "decodeURIComponent(document.querySelector('[data-action=as-csv]').href.split(',').slice(1).join(',')).trim().split('\\r\\n').length";
    let rows_behind = "document.querySelectorAll('.chart tbody tr').length";
    visit.expect_text("a line of the file per row, and its head", &format!("{lines} === {rows_behind} + 1"))?;
    visit.browser.click("[data-action=as-table]")?;
    let rows = answer["curves"]["curves"][0]["points"].as_array().map_or(0, Vec::len);
    visit
        .expect_text("the table behind", &format!("{rows} <= document.querySelectorAll('.behind tbody tr').length"))?;
    for topic in ["frontier", "jitter", "plans", "node", "claims"] {
        visit.browser.click(&format!("[data-action=topic-{topic}]"))?;
        visit.browser.wait_for(topic, &shown(topic), PATIENCE)?;
        visit.screenshots(&format!("numbers-{topic}"))?;
        if topic == "jitter" {
            let gates = answer["jitter"]["gates"].as_array().cloned().unwrap_or_default();
            let missed = gates.iter().filter(|gate| gate["is_met"] == false).count();
            let count = |class: &str| format!("document.querySelectorAll('[data-gate={class}]').length");
            let script = format!("{} === {missed} && {} === {}", count("bad"), count("good"), gates.len() - missed);
            visit.expect_text("gates that are met and those that are missed", &script)?;
        }
    }
    visit.browser.click("[data-action=language]")?;
    visit.browser.wait_for("Chinese", "document.documentElement.lang.startsWith('zh')", PATIENCE)?;
    visit.expect_text(
        "the claims in Chinese",
        "document.querySelector('.claims td:nth-child(2)').textContent.includes('清單')",
    )?;
    visit.browser.click("[data-action=topic-waterfall]")?;
    visit.browser.wait_for("the waterfall", &shown("waterfall"), PATIENCE)?;
    visit.browser.click("[data-action=guess-0]")?;
    visit.screenshots("numbers-waterfall-zh")
}

/// The second worker's code.
const LATE: &str = "rival_bg.wasm";

/// A copy of the page without the second worker's code; it is deleted when dropped.
struct Lacking(PathBuf);

impl Lacking {
    fn new() -> std::io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("greenwave-lacking-{}", std::process::id()));
        copy(&root().join("dist"), &folder)?;
        Ok(Lacking(folder))
    }

    /// The code is there after all.
    fn complete(&self) -> std::io::Result<()> {
        std::fs::copy(root().join("dist").join(LATE), self.0.join(LATE)).map(drop)
    }
}

impl Drop for Lacking {
    fn drop(&mut self) {
        // What is left in a folder for such things does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(name))?;
        } else if !name.to_string_lossy().starts_with(LATE) {
            std::fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

/// The first load does without the second worker; a view that needs it says what is missing and tries again when asked.
fn missing(visit: &mut Visit) -> Outcome<()> {
    let lacking = Lacking::new().map_err(|error| format!("cannot copy dist/: {error}"))?;
    let server = Server::bind(0, Folders { page: lacking.0.clone(), models: root().join("models") })?;
    server.start();
    visit.address = server.address();
    visit.open("#v=token&lang=en")?;
    visit.browser.wait_for("the page", "document.querySelector('[data-action=view-7]')", PATIENCE)?;
    let fetched = "performance.getEntriesByType('resource').some(entry => entry.name.includes('rival'))";
    visit.expect_text("nothing of it is fetched yet", &format!("!{fetched}"))?;
    visit.browser.press("Digit7", "7")?;
    visit.browser.wait_for("the reason", "document.querySelector('.sheet [role=alert] code')", PATIENCE)?;
    let says = format!("document.querySelector('.sheet [role=alert]').textContent.includes('{LATE}: HTTP 404')");
    visit.expect_text("what is missing", &says)?;
    visit.screenshots("numbers-missing")?;
    lacking.complete().map_err(|error| format!("cannot copy {LATE}: {error}"))?;
    visit.browser.click("[data-action=rival-again]")?;
    visit.browser.wait_for("the waterfall", &shown("waterfall"), PATIENCE).map(drop)
}

/// A case is read, changed and refused as a file; an input of the rival's model moves its bars, as on the command line.
fn as_file(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=numbers&num=waterfall&lang=en")?;
    visit.browser.wait_for("the waterfall", &shown("waterfall"), PATIENCE)?;
    visit.browser.click("[data-action=guess-2]")?;
    let whole = "document.querySelector('.bars .whole b').textContent";
    let put = |visit: &mut Visit, field: &str, text: &str| -> Outcome<()> {
        let script = format!(
            "(() => {{ const field = {field}; field.value = {}; field.dispatchEvent(new Event('change', {{ bubbles: true }})); return true; }})()",
            serde_json::to_string(text).unwrap_or_default()
        );
        visit.browser.eval(&script).map(drop)
    };
    let time =
        |answer: &Value| format!("{} ms", digits(answer["waterfall"]["whole_ns"].as_f64().unwrap_or(0.0) * 1e-6));
    put(visit, "document.getElementById('field-hbm.imbalance')", "0.6")?;
    let slower = time(&study(&["llama-2-70b", "--set", "hbm.imbalance=0.6"])?);
    visit.browser.wait_for(
        "a box with uneven channels",
        &format!("{} && {whole} === '{slower}'", shown("waterfall")),
        PATIENCE,
    )?;
    put(visit, "document.getElementById('field-hbm.imbalance')", "9")?;
    visit.browser.wait_for("the refusal at the field", "document.querySelector('.fields [role=alert]')", PATIENCE)?;
    visit.browser.click("[data-action=reset-numbers]")?;
    visit.browser.wait_for("the defaults", "!document.querySelector('.fields [role=alert]')", PATIENCE)?;
    let area = "document.querySelector('[data-action=case-file]')";
    let file = visit.browser.eval(&format!("{area}.value"))?;
    let file = file.as_str().unwrap_or_default().replace("\"count\": 8", "\"count\": 4");
    let path = root().join("target/case.json");
    std::fs::write(&path, &file).map_err(|error| format!("{}: {error}", path.display()))?;
    let fewer = time(&study(&[&path.to_string_lossy()])?);
    put(visit, area, &file)?;
    visit.browser.wait_for(
        "the case of the file",
        &format!("{} && {whole} === '{fewer}'", shown("waterfall")),
        PATIENCE,
    )?;
    visit.browser.eval("(document.querySelector('.file').open = true)")?;
    visit.browser.eval("document.querySelector('.file').scrollIntoView()")?;
    visit.screenshots("numbers-file")?;
    put(visit, area, &file.replace("H100 SXM", "B200"))?;
    let said = "document.querySelector('.sheet > [role=alert]')?.textContent.includes('found `B200`')";
    visit.browser.wait_for("what is wrong with it", said, PATIENCE)?;
    visit.expect_text("the text to be corrected", &format!("{area}.value.includes('B200')"))
}

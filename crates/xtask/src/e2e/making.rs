//! How the program came about, and every queue of it: the compiler view and the schedule view.
//!
//! In: a visit.  Out: success, or what differed.
//! Invariant: what is clicked is in the address, and the address alone brings it back.

use super::opening::PAINTED;
use super::{Case, PATIENCE, Visit};
use crate::Outcome;

/// The tests, in order.
pub const CASES: [Case; 5] = [
    Case { name: "compiler_view_takes_another_machine", run: machine },
    Case { name: "compiler_view_makes_a_program_for_each_bucket", run: buckets },
    Case { name: "compiler_view_says_why_here", run: compiler },
    Case { name: "compiler_view_steps_and_compares", run: steps },
    Case { name: "schedule_view_comes_nearer", run: schedule },
];

const TOKENS: &str = "document.querySelectorAll('.deck .token').length > 4";

/// Clicks a point of the picture, in its own units.
fn click(visit: &mut Visit, (width, height): (f64, f64), (x, y): (f64, f64)) -> Outcome<()> {
    let place = visit.browser.eval(&format!(
        "(() => {{ const r = document.querySelector('canvas.chip').getBoundingClientRect(); const s = Math.min(r.width / {width}, \
         r.height / {height}); return [r.x + (r.width - {width} * s) / 2 + {x} * s, r.y + (r.height - {height} * s) / 2 + {y} * s]; }})()"
    ))?;
    visit.browser.click_at(place[0].as_f64().unwrap_or(0.0), place[1].as_f64().unwrap_or(0.0))
}

fn compiler(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=chip&t=4&c=900&lang=en")?;
    visit.browser.wait_for("the tokens", TOKENS, PATIENCE)?;
    visit.browser.press("Digit5", "5")?;
    visit.browser.wait_for("the funnel", "document.querySelectorAll('.funnel dd').length === 5", PATIENCE)?;
    visit.browser.wait_for("a picture of the columns", PAINTED, PATIENCE)?;
    visit.expect_text(
        "at most ten",
        "/^([1-9]|10) \\/ 10$/.test(document.querySelectorAll('.funnel dd')[1].textContent)",
    )?;
    click(visit, (1520.0, 660.0), (1200.0, 90.0))?;
    visit.browser.wait_for("an instruction in the address", "location.hash.includes('sel=issue:')", PATIENCE)?;
    let why = "document.querySelector('.why')?.textContent.includes('rigid chain')";
    visit.browser.wait_for("its reason", why, PATIENCE)?;
    visit.screenshots("compiler")?;
    let shown = visit.browser.eval("[location.hash, document.querySelector('.here').textContent]")?;
    let (hash, here) = (shown[0].as_str().unwrap_or_default().to_owned(), shown[1].clone());
    visit.open(&hash)?;
    visit.browser.wait_for("the reason again", why, PATIENCE)?;
    visit.expect_text("the same instruction", &format!("document.querySelector('.here').textContent === {here}"))?;
    // A part of the model: its first instruction.
    click(visit, (1520.0, 660.0), (100.0, 130.0))?;
    visit.browser.wait_for("another instruction", &format!("location.hash !== '{hash}'"), PATIENCE).map(drop)
}

fn steps(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=compiler&t=4&c=900&lang=zh")?;
    visit.browser.wait_for("the passes", "document.querySelectorAll('.pass').length === 7", PATIENCE)?;
    for pass in ["check", "recognise", "lower", "schedule", "emit"] {
        visit.browser.click(&format!("[data-action=pass-{pass}]"))?;
        let state = format!("document.querySelector('.state')?.dataset.pass === '{pass}'");
        visit.browser.wait_for(pass, &state, PATIENCE)?;
        visit.expect_text("its address", &format!("location.hash.includes('pass={pass}')"))?;
    }
    visit.screenshots("compiler-state")?;
    visit.browser.click("[data-action=pass-none]")?;
    visit.browser.wait_for("the columns", PAINTED, PATIENCE)?;
    visit.browser.click("[data-action=change-n8]")?;
    visit.browser.wait_for(
        "eight chips beside one",
        "Number(document.querySelector('.compared')?.dataset.cycles) > 1000",
        PATIENCE,
    )?;
    visit.expect_text("its address", "location.hash.includes('ab=n8')")?;
    visit.screenshots("compiler-compared")
}

/// Programs that take turns: the staircase, the exact step between two of them, and the views at a token of the second.
fn buckets(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=compiler&t=4&c=900&lang=en")?;
    visit.browser.wait_for("the tokens", TOKENS, PATIENCE)?;
    visit.browser.wait_for("the bounds", "document.querySelector('.figures dd')", PATIENCE)?;
    visit.browser.click("[data-action=programs-buckets]")?;
    visit.browser.wait_for("four programs", "document.querySelectorAll('.turns tbody tr').length === 4", PATIENCE)?;
    visit.expect_text("its address", "location.hash.includes('turns=buckets')")?;
    visit.browser.wait_for("the whole text", "document.querySelectorAll('.deck .token').length > 30", PATIENCE)?;
    visit.browser.eval("document.querySelector('.turns').scrollIntoView()")?;
    visit.screenshots("compiler-buckets")?;
    visit.browser.press("Digit1", "1")?;
    visit.browser.wait_for("the staircase", "document.querySelectorAll('.stairs li').length === 4", PATIENCE)?;
    visit.browser.click("[data-action=stair-16]")?;
    let more = "/Position 16: [\\d\\s]+ cycles, \\d+ more than the token before. The next bucket begins at 32/";
    let said = format!("{more}.test(document.querySelector('[data-step=\"16\"]')?.textContent)");
    visit.browser.wait_for("the step between two programs", &said, PATIENCE)?;
    let cycles =
        "[15, 16].map(i => Number(document.querySelectorAll('[data-plot=cycles] tr')[i].lastChild.textContent))";
    visit.expect_text(
        "it is exact",
        &format!(
            "(([a, b]) => document.querySelector('[data-step]').textContent.includes(`, ${{b - a}} more`))({cycles})"
        ),
    )?;
    let length = "Number(document.querySelector('.strip').dataset.length)";
    visit.expect_text("the strip is the second program's", &format!("{length} === ({cycles})[1]"))?;
    visit.screenshots("token-stairs")?;
    visit.browser.click("[data-action=language]")?;
    visit.screenshots("token-stairs-zh")?;
    let hash = visit.browser.eval("location.hash")?;
    visit.open(hash.as_str().unwrap_or_default())?;
    visit.browser.wait_for(
        "the same from its address",
        &format!("document.querySelector('.strip') && {length} === ({cycles})[1]"),
        PATIENCE,
    )?;
    visit.browser.press("Digit5", "5")?;
    visit.browser.wait_for("one program", "document.querySelector('[data-action=programs-one]')", PATIENCE)?;
    visit.browser.click("[data-action=programs-one]")?;
    visit
        .browser
        .wait_for("no turns", "!location.hash.includes('turns') && !document.querySelector('.turns')", PATIENCE)
        .map(drop)
}

/// A machine with slower hops: compiled for, named, in the address; Back is the published one; what cannot be is refused.
fn machine(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=compiler&t=4&c=900&pass=machine&lang=en")?;
    let named = |name: &str| format!("document.querySelector('[data-machine]')?.dataset.machine.startsWith('{name}')");
    visit.browser.wait_for("the published machine", &named("lpu-14nm"), PATIENCE)?;
    visit.browser.wait_for("its cycles", "document.querySelector('.figures dd')", PATIENCE)?;
    let before = visit.browser.eval("document.querySelector('.figures dd').textContent")?;
    let edit = |from: &str, to: &str| {
        format!(
            "(() => {{ const a = document.querySelector('.machine textarea'); a.value = a.value.replace('{from}', '{to}'); return a.value.includes('{to}'); }})()"
        )
    };
    visit.expect_text("an edit", &edit("\"lpu-14nm\"", "\"mine\""))?;
    visit.expect_text("an edit", &edit("\"words\": 8192", "\"words\": 9000"))?;
    visit.browser.click("[data-action=machine-compile]")?;
    let refused = "document.querySelector('.trouble')?.textContent.includes('words is 9000')";
    visit.browser.wait_for("a refusal with its field", refused, PATIENCE)?;
    visit.expect_text("still the published machine", &named("lpu-14nm"))?;
    visit.screenshots("machine-refused")?;
    visit.expect_text("an edit", &edit("\"words\": 9000", "\"words\": 8192"))?;
    visit.expect_text("an edit", &edit("\"mxm_multiply\": 13", "\"mxm_multiply\": 40"))?;
    visit.browser.click("[data-action=machine-compile]")?;
    visit.browser.wait_for("the machine's name with its checksum", &named("mine#"), PATIENCE)?;
    visit.expect_text("its name in the bar", "document.querySelector('.model').textContent.includes('mine#')")?;
    visit.browser.wait_for("the tokens", TOKENS, PATIENCE)?;
    let slower = format!("document.querySelector('.figures dd').textContent !== {before}");
    visit.browser.wait_for("other cycles", &slower, PATIENCE)?;
    visit.screenshots("machine")?;
    let hash = visit.browser.eval("location.hash")?.as_str().unwrap_or_default().to_owned();
    visit.browser.eval("history.back()")?;
    visit.browser.wait_for("Back: the published machine", &named("lpu-14nm"), PATIENCE)?;
    visit.open(&hash)?;
    visit.browser.wait_for("the machine again, from its address", &named("mine#"), PATIENCE).map(drop)
}

fn schedule(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=chip&t=4&c=900&lang=en")?;
    visit.browser.wait_for("the tokens", TOKENS, PATIENCE)?;
    visit.browser.press("Digit6", "6")?;
    visit.browser.wait_for(
        "busy units",
        "document.querySelectorAll('.schedule-view .compared tbody tr').length > 2",
        PATIENCE,
    )?;
    visit.browser.wait_for("a picture of the queues", PAINTED, PATIENCE)?;
    visit.screenshots("schedule")?;
    for step in 1..=5 {
        visit.browser.press("KeyW", "w")?;
        visit.browser.wait_for("nearer", &format!("location.hash.includes('z={step}')"), PATIENCE)?;
    }
    let near = "document.querySelector('.schedule-view .where').textContent";
    visit.browser.wait_for("a short stretch", &format!("!{near}.includes('cycles 0 to 2,')"), PATIENCE)?;
    // Somewhere in the picture something is issued: row after row, at ten places of each.
    let places = (0..38)
        .flat_map(|row| (0..10).map(move |place| (140.0 + 136.0 * f64::from(place), 96.0 + 15.0 * f64::from(row))));
    for place in places {
        click(visit, (1520.0, 700.0), place)?;
        if visit.browser.eval("new Promise(done => setTimeout(() => done(location.hash.includes('sel=issue')), 60))")?
            == true
        {
            visit.browser.wait_for("what it is", "document.querySelector('.schedule-view .here')", PATIENCE)?;
            return visit.screenshots("schedule-near");
        }
    }
    Err("clicks all over the picture met no instruction".to_owned())
}

//! Hundreds of chips in the traffic view: compiled in the browser, looked at from all racks to one link, and left again.
//!
//! In: a visit.  Out: success, or what differed.
//! Invariant: what is shown is in the address, and the address alone brings it back.

use super::{Case, PATIENCE, Visit};
use crate::Outcome;
use std::time::Duration;

/// The tests, in order.
pub const CASES: [Case; 2] = [
    Case { name: "fleet_is_looked_at_from_all_racks_to_one_link", run: levels },
    Case { name: "fleet_is_cancelled_and_refused", run: cancelled },
];

/// Compiling for hundreds of chips takes seconds, on a machine that others use more.
pub const COMPILING: Duration = Duration::from_secs(240);
/// What was compiled is there to be looked at.
pub const READY: &str =
    "document.querySelector('.fleet-view')?.dataset.stand === 'ready' && document.querySelector('.fleet-moment')";

fn levels(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=traffic&fleet=llama-2-70b.576&fc=900000&lang=en")?;
    visit.browser.wait_for("what it does", "document.querySelector('.fleet-working progress')", PATIENCE)?;
    let counts = "(b => b && 0 < Number(b.dataset.done) && b.textContent.includes('programs'))(document.querySelector('.fleet-working b'))";
    visit.browser.wait_for("how far it is", counts, COMPILING)?;
    visit.browser.wait_for("576 chips", READY, COMPILING)?;
    println!("     {}", visit.browser.eval("document.querySelector('.fleet-note .good').textContent")?);
    visit.expect_text("no violation", "document.querySelector('.fleet-note').textContent.includes('no violation')")?;
    visit.expect_text("72 nodes", "/ \\/ 72$/.test(document.querySelector('.fleet-moment dd').textContent)")?;
    visit.screenshots("fleet")?;
    visit.browser.click("[data-action=users-all]")?;
    visit.browser.wait_for(
        "several nodes at once",
        "Number(document.querySelector('.fleet-moment dd').textContent.split(' ')[0]) > 1",
        PATIENCE,
    )?;
    visit.screenshots("fleet-all-users")?;
    visit.browser.click("[data-action=users-one]")?;
    routing(visit)?;
    // The next event is a vector that sets out.
    visit.browser.press("BracketRight", "]")?;
    visit.browser.wait_for("another cycle", "!location.hash.includes('fc=900000')", PATIENCE)?;
    visit.browser.wait_for("somebody travels", "document.querySelectorAll('.rides li').length > 0", PATIENCE)?;
    let node = visit.browser.eval("document.querySelector('.fleet-moment .now').dataset.node")?;
    let node = node.as_str().unwrap_or_default().parse::<u16>().map_err(|error| format!("no node: {error}"))?;
    let cycle = visit.browser.eval("document.querySelector('.fleet-moment').dataset.cycle")?;
    let cycle = cycle.as_str().unwrap_or_default().to_owned();
    visit.open(&format!("#v=traffic&fleet=llama-2-70b.576&at=r{}&fc={cycle}&lang=zh", node / 9))?;
    visit.browser.wait_for("a rack", READY, COMPILING)?;
    visit.screenshots("fleet-rack")?;
    visit.browser.press("Escape", "Escape")?;
    visit.browser.wait_for("all racks", "!location.hash.includes('at=')", PATIENCE)?;
    visit.browser.eval(&format!("location.hash = '#v=traffic&fleet=llama-2-70b.576&at=n{node}&fc={cycle}&lang=en'"))?;
    let here = |place: &str| {
        format!(
            "location.hash.includes('at={place}') && document.querySelector('.fleet-view [aria-current=location]')?.textContent.startsWith('{}')",
            if place.starts_with('l') { "link" } else { "node" }
        )
    };
    visit.browser.wait_for("a node", &here("n"), PATIENCE)?;
    visit.browser.eval("new Promise(done => setTimeout(done, 600))")?;
    visit.screenshots("fleet-node")?;
    // The first band on the right: its label is 45 units left of the ruler.
    let corner = "(() => { const r = document.querySelector('canvas.chip').getBoundingClientRect(); const s = Math.min(r.width / 1520, \
                  r.height / 640); return [r.x + (r.width - 1520 * s) / 2 + 915 * s, r.y + (r.height - 640 * s) / 2 + 76 * s]; })()";
    let place = visit.browser.eval(corner)?;
    visit.browser.click_at(place[0].as_f64().unwrap_or(0.0), place[1].as_f64().unwrap_or(0.0))?;
    visit.browser.wait_for("a link", &here("l"), PATIENCE)?;
    visit.browser.eval("new Promise(done => setTimeout(done, 600))")?;
    visit.screenshots("fleet-link")?;
    visit.browser.eval("history.back()")?;
    visit.browser.wait_for("Back: the node", &here("n"), PATIENCE)?;
    visit.browser.click("[data-action=fleet-close]")?;
    visit.browser.wait_for("the model on the chip", "!document.querySelector('.fleet-view')", PATIENCE).map(drop)
}

/// The same vectors on a network that decides as it goes: ties are shown, those of the others too.
fn routing(visit: &mut Visit) -> Outcome<()> {
    visit.browser.click("[data-action=beside-routing]")?;
    visit.expect_text("its address", "location.hash.includes('fb=routing')")?;
    visit.browser.wait_for("all loads", "document.querySelector('.routing')?.dataset.loads === '10'", COMPILING)?;
    let ties =
        visit.browser.eval("[...document.querySelectorAll('.routing .verdict')].map(one => one.dataset.ties)")?;
    println!("     ties of minimal, UGAL and the right of way: {ties}");
    visit.expect_text("three demands", "document.querySelectorAll('.routing table').length === 3")?;
    visit.expect_text(
        "the right of way ties at most loads",
        "[...document.querySelectorAll('.routing .verdict')].every(one => Number(one.dataset.ties.split(' ')[2]) >= 8)",
    )?;
    // Where only our vectors travel, routing as one goes costs nothing.
    visit.expect_text(
        "on an empty network nobody is slower than ours",
        "[...document.querySelectorAll('.routing tbody')].every(body => [...body.rows[0].cells].slice(2).every(cell => /^[＝＜]/.test(cell.textContent)))",
    )?;
    visit.screenshots("fleet-routing")?;
    visit.browser.click("[data-action=beside-holds]")?;
    visit.browser.wait_for("what each chip holds", "!document.querySelector('.routing')", PATIENCE).map(drop)
}

fn cancelled(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=traffic&n=8&fleet=llama-2-70b.576&lang=en")?;
    visit.browser.wait_for("what it does", "document.querySelector('.fleet-working progress')", PATIENCE)?;
    visit.browser.click("[data-action=fleet-cancel]")?;
    visit.browser.wait_for(
        "the node of eight",
        "document.querySelectorAll('.traffic-view .figures dd').length >= 8",
        PATIENCE,
    )?;
    visit.expect_text("nothing of it in the address", "!location.hash.includes('fleet=')")?;
    visit.open("#v=traffic&n=8&fleet=llama-2-70b.320&lang=en")?;
    let refused = "document.querySelector('.trouble')?.textContent.includes('chips')";
    visit.browser.wait_for("a refusal with the arithmetic", refused, COMPILING)?;
    visit.screenshots("fleet-refused")
}

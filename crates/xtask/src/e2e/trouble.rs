//! What can go wrong around the page: addresses and settings that mean nothing, a worker that is lost, a page that nobody sees, windows of
//! any size.
//!
//! In: a visit.  Out: success, or what the page did not say.
//! Invariant: the page stays usable and says what happened.

use super::opening::{PAINTED, WRITTEN};
use super::{Case, PATIENCE, Visit};
use crate::Outcome;
use crate::browser::Size;

/// The tests, in order.
pub const CASES: [Case; 5] = [
    Case { name: "trouble_with_an_address_is_named", run: address },
    Case { name: "trouble_with_a_setting_is_named", run: setting },
    Case { name: "trouble_with_a_worker_is_told_and_mended", run: worker },
    Case { name: "trouble_of_a_hidden_page_is_none", run: hidden },
    Case { name: "trouble_with_small_windows_is_told", run: windows },
];

const WHOLE: &str = "document.querySelectorAll('.deck .token').length > 30";

fn says(text: &str) -> String {
    format!("document.querySelector('.trouble')?.textContent.includes('{text}')")
}

fn address(visit: &mut Visit) -> Outcome<()> {
    visit.open("#v=chip&t=4&c=900&sel=nowhere&colour=blue&lang=en")?;
    visit.browser.wait_for("what means nothing", &says("sel=nowhere, colour=blue"), PATIENCE)?;
    visit.browser.wait_for("the rest of the address", WHOLE, PATIENCE)?;
    visit.expect_text("its cycle", "document.querySelector('.deck .cycle').textContent === 'Cycle 900'")?;
    visit.screenshots("trouble-address")?;
    visit.browser.click("[data-action=dismiss]")?;
    visit.browser.wait_for("nothing more", "!document.querySelector('.trouble')", PATIENCE)?;
    // A place on the page is no state of it.
    visit.open("#v=traffic&n=8&lang=en")?;
    let eight = "document.querySelectorAll('.figures dd').length >= 8";
    visit.browser.wait_for("eight chips", eight, PATIENCE)?;
    visit.browser.eval("(document.querySelector('.skip').click(), true)")?;
    visit.browser.eval("new Promise(done => setTimeout(done, 500))")?;
    visit.expect_text("eight chips still", &format!("{eight} && !document.querySelector('.working, .trouble')"))
}

/// A new tab starts on an empty page, which has no storage to write to and says so with an exception.
const SETTING: &str = "if (location.protocol !== 'about:') { localStorage.setItem('greenwave.theme', 'mauve'); }";

fn setting(visit: &mut Visit) -> Outcome<()> {
    visit.browser.before_load(SETTING)?;
    visit.open("#v=token&lang=zh")?;
    visit.browser.wait_for("the look that is none", &says("mauve"), PATIENCE)?;
    visit.browser.wait_for("the whole text", WHOLE, PATIENCE)?;
    visit.expect_text("a dark page", "document.documentElement.dataset.theme === 'dark'")
}

/// Keeps the workers where a test can end them, as a browser does that has no memory left.
const WORKERS: &str = "(() => { const Real = Worker; window.workers = []; \
    window.Worker = function (...all) { const one = new Real(...all); window.workers.push(one); return one; }; })()";
const LOSE: &str = "(one => { one.terminate(); one.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' })); return true; })(window.workers.at(-1))";

fn worker(visit: &mut Visit) -> Outcome<()> {
    visit.browser.before_load(WORKERS)?;
    visit.open("#v=chip&t=4&c=900&lang=en")?;
    visit.browser.wait_for("the whole text", WHOLE, PATIENCE)?;
    visit.browser.eval(LOSE)?;
    let told = "document.querySelector('.working')?.textContent.includes('The worker stopped') && document.querySelector('.working').textContent.includes('out of memory')";
    visit.browser.wait_for("what happened", told, PATIENCE)?;
    visit.expect_text("the text is still there", WHOLE)?;
    visit.screenshots("trouble-worker")?;
    visit.browser.click("[data-action=worker-again]")?;
    visit.browser.wait_for("another worker", "window.workers.length === 2", PATIENCE)?;
    let mended = format!("!document.querySelector('.working') && {WHOLE}");
    visit.browser.wait_for("the page as it was", &mended, PATIENCE)?;
    visit.expect_text("the same cycle", "location.hash.includes('t=4&c=900')")?;
    // One that is lost before there is anything to see.
    visit.open("#v=token&lang=en")?;
    visit.browser.wait_for("a worker", "window.workers?.length === 1", PATIENCE)?;
    visit.browser.eval(LOSE)?;
    // One that is ended while it loads may say so itself, later than the test does.
    visit.browser.wait_for("what happened", "document.body.textContent.includes('The worker stopped')", PATIENCE)?;
    visit.browser.click("[data-action=worker-again]")?;
    visit.browser.wait_for("the whole text", WHOLE, PATIENCE).map(drop)
}

/// The screen asks for no frame of a hidden page; the next one comes late by as long as it was hidden.
const LEAP: &str = "(() => { const frame = requestAnimationFrame.bind(window); window.leap = 0; \
    window.requestAnimationFrame = call => frame(now => call(now + window.leap)); })()";

fn hidden(visit: &mut Visit) -> Outcome<()> {
    visit.browser.before_load(LEAP)?;
    visit.open("#v=chip&t=4&c=900&lang=en")?;
    visit.browser.wait_for("the whole text", WHOLE, PATIENCE)?;
    visit.browser.click("[data-action=play]")?;
    let cycle = "Number(document.querySelector('.deck .cycle').textContent.replace(/\\D/g, ''))";
    visit.browser.wait_for("time to go on", &format!("900 < {cycle}"), PATIENCE)?;
    visit.browser.eval("(window.leap = 3.6e6, true)")?;
    let rested = "document.querySelector('.slowdown').textContent.includes('time rested while the page was hidden')";
    visit.browser.wait_for("what happened", rested, PATIENCE)?;
    visit.expect_text("the same token", "document.querySelectorAll('.deck .token')[4].ariaCurrent === 'step'")
}

/// A telephone held upright, one held sideways, a window between telephone and desk, and a very large screen.
const WINDOWS: [Size; 4] = [
    Size { width: 390, height: 844 },
    Size { width: 740, height: 360 },
    Size { width: 900, height: 700 },
    Size { width: 3840, height: 2160 },
];
/// Up to this width everything stands in one column.
const TELEPHONE: u32 = 760;
/// Below this width, and above a telephone's, the page keeps its size and can be scrolled.
const DESK: u32 = 1024;

fn windows(visit: &mut Visit) -> Outcome<()> {
    visit.open("#lang=en")?;
    visit.browser.wait_for("a written token", WRITTEN, PATIENCE)?;
    for view in ["token", "chip", "memory", "traffic", "compiler", "schedule", "opening"] {
        visit.browser.eval(&format!("(location.hash = '#s=1&v={view}&t=4&c=900&n=8&lang=en', true)"))?;
        let there = "document.querySelectorAll('.deck .token').length > 4 && !document.querySelector('.working')";
        visit.browser.wait_for(view, there, 3 * PATIENCE)?;
        for size in WINDOWS {
            visit.browser.resize(size)?;
            visit.browser.wait_for("a picture", PAINTED, PATIENCE)?;
            let told = "getComputedStyle(document.querySelector('.cramped')).display !== 'none'";
            let (is_telephone, is_small) = (size.width <= TELEPHONE, size.width < DESK);
            visit.expect_text("what is said of the window", &format!("{told} === {}", is_small && !is_telephone))?;
            let sideways = "(d => d.scrollWidth > d.clientWidth)(document.documentElement)";
            if is_telephone {
                visit.expect_text("nothing beside the window", &format!("!{sideways}"))?;
                let wide = "document.querySelector('canvas.chip').getBoundingClientRect().width >= innerWidth * 0.85";
                visit.expect_text("a picture as wide as the window", wide)?;
            } else {
                let fits = "[...document.querySelectorAll('.topbar, main, .deck')].every(part => part.getBoundingClientRect().width >= 1000)";
                visit.expect_text("room for every part", fits)?;
                visit.expect_text("scrolling where there is no room", &format!("{sideways} === {is_small}"))?;
            }
            let file = format!("target/screenshots/window-{view}-{}x{}.png", size.width, size.height);
            visit.browser.screenshot(&crate::root().join(file))?;
        }
    }
    Ok(())
}

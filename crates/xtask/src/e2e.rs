//! The page's tests in a real browser, each one thing a viewer does.
//!
//! In: `dist/`.  Out: a line per test and a summary; screenshots in `target/screenshots/`.
//! Invariant: each test has its own browser and profile; a console that says anything fails the test.
//! Method: a plain list of functions, run in order, because two browsers on two cores only slow each other.

mod access;
mod damage;
pub mod fleet;
mod making;
mod numbers;
mod opening;
mod ride;
mod rush;
mod same;
mod sheet;
mod shell;
mod themes;
mod tour;
mod trouble;
mod views;

use crate::browser::{Browser, Size};
use crate::serve::{Folders, Server};
use crate::{Outcome, root};
use std::time::{Duration, Instant};

/// The two sizes every view is looked at in.
pub const SIZES: [Size; 2] = [Size { width: 1920, height: 1080 }, Size { width: 1280, height: 720 }];
/// How long the page may take for anything on a slow, shared machine.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// An open browser and the address of the page.
pub struct Visit {
    /// The browser.
    pub browser: Browser,
    address: String,
}

impl Visit {
    /// Opens the page with this fragment.
    pub fn open(&mut self, fragment: &str) -> Outcome<()> {
        self.browser.open("about:blank")?;
        self.browser.open(&format!("{}{fragment}", self.address))
    }

    /// An error that names `what` unless the expression is true now.
    pub fn expect_text(&mut self, what: &str, script: &str) -> Outcome<()> {
        match self.browser.eval(&format!("Boolean({script})"))?.as_bool() {
            Some(true) => Ok(()),
            _ => {
                let text = self.browser.eval("document.body.innerText.slice(0, 800)").unwrap_or_default();
                Err(format!("{what} is not as expected; the page reads: {text}"))
            }
        }
    }

    /// Saves a screenshot under this name in both sizes.
    pub fn screenshots(&mut self, name: &str) -> Outcome<()> {
        for size in SIZES {
            self.browser.resize(size)?;
            // Two frames: one to lay out, one to paint the canvases at their new size.
            self.browser.eval(
                "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))",
            )?;
            let file = format!("target/screenshots/{name}-{}x{}.png", size.width, size.height);
            self.browser.screenshot(&root().join(file))?;
        }
        self.browser.resize(SIZES[0])
    }
}

/// A named test.
pub struct Case {
    name: &'static str,
    run: fn(&mut Visit) -> Outcome<()>,
}

/// Runs the tests whose name holds `word`.
pub fn run(word: &str) -> Outcome<()> {
    let server = Server::bind(0, Folders::of_repository())?;
    server.start();
    let views = views::CASES
        .into_iter()
        .chain(damage::CASES)
        .chain(making::CASES)
        .chain(fleet::CASES)
        .chain(themes::CASES)
        .chain(access::CASES)
        .chain(sheet::CASES)
        .chain(numbers::CASES)
        .chain(rush::CASES)
        .chain(ride::CASES)
        .chain(tour::CASES)
        .chain(trouble::CASES);
    let all = shell::CASES.into_iter().chain(opening::CASES).chain(views).chain(same::CASES);
    let cases: Vec<Case> = all.filter(|case| case.name.contains(word)).collect();
    println!("running {} page tests", cases.len());
    let started = Instant::now();
    let mut failed = 0;
    for case in &cases {
        let clock = Instant::now();
        match visit(case, &server.address()) {
            Ok(()) => println!("test {} ... ok ({:.1} s)", case.name, clock.elapsed().as_secs_f32()),
            Err(message) => {
                failed += 1;
                println!("test {} ... FAILED\n    {message}", case.name);
            }
        }
    }
    let verdict = if failed == 0 && !cases.is_empty() { "ok" } else { "FAILED" };
    let passed = cases.len() - failed;
    println!(
        "test result: {verdict}. {passed} passed; {failed} failed; finished in {:.2}s",
        started.elapsed().as_secs_f32()
    );
    if verdict == "ok" { Ok(()) } else { Err(format!("page tests: {passed} of {} passed", cases.len())) }
}

fn visit(case: &Case, address: &str) -> Outcome<()> {
    let mut visit = Visit { browser: Browser::start(SIZES[0])?, address: address.to_owned() };
    (case.run)(&mut visit)?;
    match visit.browser.console() {
        [] => Ok(()),
        said => Err(format!("the console is not silent: {said:?}")),
    }
}

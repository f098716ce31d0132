//! Drives a real headless Chromium over its debugging port.
//!
//! In: an address and a window size.  Out: what scripts evaluate to, screenshots, everything the console said.
//! Invariant: each browser has a fresh profile and is ended when dropped; every wait has an end.
//! Method: one blocking WebSocket to the page's target, messages numbered; events that arrive in between are kept.
//! Source: Chrome DevTools Protocol: Page, Runtime, Input, Emulation, Log.

use crate::{Outcome, step};
use serde_json::{Value, json};
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tungstenite::{Message, WebSocket};

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "about:blank",
];
const START_WAIT: Duration = Duration::from_secs(60);
const ANSWER_WAIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// The browser on this machine, if there is one.
pub fn find() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| step::probe(Command::new("which").arg(name))).map(PathBuf::from)
}

/// A window's size in CSS pixels.
#[derive(Clone, Copy)]
pub struct Size {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// A running browser with one page.
pub struct Browser {
    process: Child,
    profile: PathBuf,
    socket: WebSocket<TcpStream>,
    next_id: u64,
    console: Vec<String>,
}

impl Browser {
    /// Starts Chromium with one empty page of this size.
    pub fn start(size: Size) -> Outcome<Self> {
        let program = find().ok_or("no Chromium found; `cargo xtask setup` installs it")?;
        let profile = std::env::temp_dir().join(format!("greenwave-browser-{}-{}", std::process::id(), unique()));
        let mut process = Command::new(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot start Chromium: {error}"))?;
        let socket = match connect(&profile) {
            Ok(socket) => socket,
            Err(error) => {
                // The process may already be gone; the error that matters is the one above.
                let _ = process.kill();
                let _ = process.wait();
                return Err(error);
            }
        };
        let mut browser = Browser { process, profile, socket, next_id: 0, console: Vec::new() };
        for domain in ["Page", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}))?;
        }
        browser.resize(size)?;
        Ok(browser)
    }

    /// The number of its process.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Gives the page another size.
    pub fn resize(&mut self, size: Size) -> Outcome<()> {
        let metrics = json!({ "width": size.width, "height": size.height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", metrics).map(drop)
    }

    /// Has a script run before those of every page that is opened from now on.
    pub fn before_load(&mut self, script: &str) -> Outcome<()> {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).map(drop)
    }

    /// Opens an address; returns when the navigation has been accepted, not when the page is ready.
    pub fn open(&mut self, address: &str) -> Outcome<()> {
        self.call("Page.navigate", json!({ "url": address })).map(drop)
    }

    /// The value of a script expression; promises are awaited.
    pub fn eval(&mut self, script: &str) -> Outcome<Value> {
        let answer = self
            .call("Runtime.evaluate", json!({ "expression": script, "returnByValue": true, "awaitPromise": true }))?;
        match answer.get("exceptionDetails") {
            Some(details) => Err(format!("script `{script}` threw: {details}")),
            None => Ok(answer["result"]["value"].clone()),
        }
    }

    /// Waits until the expression is true, at most `limit`.
    pub fn wait_for(&mut self, what: &str, script: &str, limit: Duration) -> Outcome<Duration> {
        let started = Instant::now();
        while started.elapsed() < limit {
            // While a page is being replaced there is nothing to evaluate in; that is not yet a failure.
            if let Ok(Value::Bool(true)) = self.eval(&format!("Boolean({script})")) {
                return Ok(started.elapsed());
            }
            std::thread::sleep(POLL);
        }
        let text = self.eval("document.body ? document.body.innerText.slice(0, 600) : ''").unwrap_or_default();
        Err(format!(
            "waited {} s in vain for {what}; the page reads: {text}; console: {:?}",
            limit.as_secs(),
            self.console
        ))
    }

    /// Clicks in the middle of the first element that matches.
    pub fn click(&mut self, selector: &str) -> Outcome<()> {
        let script = format!(
            "(() => {{ const e = document.querySelector({selector:?}); if (!e) return null; e.scrollIntoView({{block:'nearest'}}); \
             const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
        );
        let place = self.eval(&script)?;
        match (place[0].as_f64(), place[1].as_f64()) {
            (Some(x), Some(y)) => self.click_at(x, y),
            _ => Err(format!("nothing to click matches `{selector}`")),
        }
    }

    /// Clicks at a place, in CSS pixels from the top left.
    pub fn click_at(&mut self, x: f64, y: f64) -> Outcome<()> {
        self.move_to(x, y)?;
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event)?;
        }
        Ok(())
    }

    /// Moves the pointer to such a place.
    pub fn move_to(&mut self, x: f64, y: f64) -> Outcome<()> {
        let event = json!({ "type": "mouseMoved", "x": x, "y": y, "button": "none", "clickCount": 1 });
        self.call("Input.dispatchMouseEvent", event).map(drop)
    }

    /// Presses and releases a key, by its code on the keyboard and the text it types.
    pub fn press(&mut self, code: &str, key: &str) -> Outcome<()> {
        for kind in ["keyDown", "keyUp"] {
            self.call("Input.dispatchKeyEvent", json!({ "type": kind, "code": code, "key": key }))?;
        }
        Ok(())
    }

    /// Types a text into what has the focus.
    pub fn type_text(&mut self, text: &str) -> Outcome<()> {
        self.call("Input.insertText", json!({ "text": text })).map(drop)
    }

    /// Writes what the page shows to a PNG file.
    pub fn screenshot(&mut self, path: &Path) -> Outcome<()> {
        let answer = self.call("Page.captureScreenshot", json!({ "format": "png" }))?;
        let text = answer["data"].as_str().ok_or("the browser sent no picture")?;
        let bytes = data_encoding::BASE64.decode(text.as_bytes()).map_err(|error| error.to_string())?;
        let folder = path.parent().ok_or("a screenshot needs a folder")?;
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(path, bytes))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    }

    /// Everything the console has said since the start.
    pub fn console(&self) -> &[String] {
        &self.console
    }

    fn call(&mut self, method: &str, parameters: Value) -> Outcome<Value> {
        self.next_id += 1;
        let id = self.next_id;
        let request = json!({ "id": id, "method": method, "params": parameters }).to_string();
        self.socket.send(Message::text(request)).map_err(|error| format!("{method}: {error}"))?;
        let started = Instant::now();
        while started.elapsed() < ANSWER_WAIT {
            let message = self.socket.read().map_err(|error| format!("{method}: no answer: {error}"))?;
            let Ok(text) = message.to_text() else { continue };
            let Ok(value) = serde_json::from_str::<Value>(text) else { continue };
            if value["id"] == id {
                return match value.get("error") {
                    Some(error) => Err(format!("{method}: {error}")),
                    None => Ok(value["result"].clone()),
                };
            }
            self.note(&value);
        }
        Err(format!("{method}: no answer in {} s", ANSWER_WAIT.as_secs()))
    }

    fn note(&mut self, event: &Value) {
        let parameters = &event["params"];
        let line = match event["method"].as_str() {
            Some("Runtime.consoleAPICalled") => format!("{}: {}", parameters["type"], parameters["args"]),
            Some("Runtime.exceptionThrown") => format!("exception: {}", parameters["exceptionDetails"]),
            Some("Log.entryAdded") => format!("log: {}", parameters["entry"]),
            _ => return,
        };
        self.console.push(line);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Closed politely first, so that its helper processes end with it; a browser already gone answers nothing.
        let _ = self.call("Browser.close", json!({}));
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

fn unique() -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Connects to the first page of a browser that is starting.
fn connect(profile: &Path) -> Outcome<WebSocket<TcpStream>> {
    let started = Instant::now();
    let port_file = profile.join("DevToolsActivePort");
    while started.elapsed() < START_WAIT {
        std::thread::sleep(POLL);
        let Ok(text) = fs::read_to_string(&port_file) else { continue };
        let Some(port) = text.lines().next().and_then(|line| line.parse::<u16>().ok()) else { continue };
        let Some(address) = page_target(port) else { continue };
        let stream = TcpStream::connect(("127.0.0.1", port)).map_err(|error| format!("debugging port: {error}"))?;
        stream.set_read_timeout(Some(ANSWER_WAIT)).map_err(|error| error.to_string())?;
        return match tungstenite::client(address, stream) {
            Ok((socket, _)) => Ok(socket),
            Err(error) => Err(format!("debugging port: {error}")),
        };
    }
    Err(format!("Chromium opened no debugging port in {} s", START_WAIT.as_secs()))
}

/// The WebSocket address of the first page.
fn page_target(port: u16) -> Option<String> {
    use std::io::{Read, Write};
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET /json/list HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n").ok()?;
    let mut reply = Vec::new();
    let mut block = [0; 4096];
    // The port keeps the connection open: the answer is complete when it parses.
    let targets: Value = loop {
        let count = stream.read(&mut block).ok().filter(|count| *count != 0)?;
        reply.extend_from_slice(&block[..count]);
        let text = String::from_utf8_lossy(&reply);
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        if let Ok(targets) = serde_json::from_str(body) {
            break targets;
        }
    };
    let page = targets.as_array()?.iter().find(|target| target["type"] == "page")?;
    page["webSocketDebuggerUrl"].as_str().map(str::to_owned)
}

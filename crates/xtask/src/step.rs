//! One visible step of a chore: a name, a running clock, the last line of what the tool says.
//!
//! In: a command.  Out: its success, or the end of its log and where the whole log lies.
//! Invariant: no step is silent for longer than ten seconds; the whole output is kept in `.tools/log/`.
//! Method: both pipes are drained by threads into one log; the caller's thread prints.

use crate::{Outcome, root};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const TAIL_LINES: usize = 20;
const LINE_WIDTH: usize = 100;

/// How long a command may run.
#[derive(Clone, Copy)]
pub enum Limit {
    /// Until it ends.
    None,
    /// It is ended, and has failed, after this long.
    After(Duration),
}

/// Says that `name` was already done: the fast path of an idempotent step.
pub fn already(name: &str, found: &str) {
    println!("  ok    {name}: {found}");
}

/// Runs `command` as the step `name`, showing progress; the error holds the end of its log.
pub fn run(name: &str, command: &mut Command, limit: Limit) -> Outcome<()> {
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{name}: cannot start {:?}: {error}", command.get_program()))?;
    let log = Log::open(name)?;
    let drains = drain(&mut child, &log);
    let status = watch(name, &mut child, &log, started, limit)?;
    for drain in drains {
        drain.join().expect("a drain only copies lines and cannot panic");
    }
    let seconds = started.elapsed().as_secs_f32();
    if status {
        clear_line();
        println!("  done  {name}: {seconds:.1} s");
        return Ok(());
    }
    clear_line();
    Err(format!("{name} failed after {seconds:.1} s; whole log: {}\n{}", log.path, log.tail()))
}

/// Runs `command` quietly and returns its standard output, or `None` where it fails or does not exist.
pub fn probe(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[derive(Clone)]
struct Log {
    path: String,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    file: File,
    lines: Vec<String>,
}

impl Log {
    fn open(name: &str) -> Outcome<Self> {
        let folder = root().join(".tools/log");
        let file_name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let path = folder.join(format!("{file_name}.log"));
        let file = fs::create_dir_all(&folder)
            .and_then(|()| File::create(&path))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        let shared = Arc::new(Mutex::new(Shared { file, lines: Vec::new() }));
        Ok(Log { path: path.display().to_string(), shared })
    }

    fn push(&self, line: String) {
        let mut shared = self.shared.lock().expect("no holder of the log panics");
        // A full disk shows up in the step itself; losing a log line is no reason to end it.
        let _ = writeln!(shared.file, "{line}");
        shared.lines.push(line);
        if TAIL_LINES < shared.lines.len() {
            shared.lines.remove(0);
        }
    }

    fn tail(&self) -> String {
        self.shared.lock().expect("no holder of the log panics").lines.join("\n")
    }

    fn last(&self) -> String {
        self.shared.lock().expect("no holder of the log panics").lines.last().cloned().unwrap_or_default()
    }
}

fn drain(child: &mut Child, log: &Log) -> Vec<JoinHandle<()>> {
    let out = child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>);
    let err = child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>);
    let pipes = out.into_iter().chain(err);
    pipes
        .map(|pipe| {
            let log = log.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                    log.push(String::from_utf8_lossy(&line).trim_end().to_owned());
                }
            })
        })
        .collect()
}

/// Waits for the child; `Ok(true)` when it succeeded.
fn watch(name: &str, child: &mut Child, log: &Log, started: Instant, limit: Limit) -> Outcome<bool> {
    let beat = if std::io::stdout().is_terminal() { Duration::from_millis(500) } else { Duration::from_secs(10) };
    let mut shown = started;
    loop {
        if let Some(status) = child.try_wait().map_err(|error| format!("{name}: {error}"))? {
            return Ok(status.success());
        }
        if let Limit::After(most) = limit
            && most < started.elapsed()
        {
            log.push(format!("ended after {} s", most.as_secs()));
            // It may have ended by itself in between; either way it is waited for below.
            let _ = child.kill();
            let _ = child.wait();
            return Ok(false);
        }
        if beat < shown.elapsed() {
            shown = Instant::now();
            show(name, started.elapsed(), &log.last());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn show(name: &str, elapsed: Duration, last: &str) {
    let line = format!("  ....  {name}: {} s  {}", elapsed.as_secs(), last.trim());
    let line: String = line.chars().take(LINE_WIDTH).collect();
    if std::io::stdout().is_terminal() {
        print!("\r\x1b[2K{line}");
        // A closed terminal shows nothing either way.
        let _ = std::io::stdout().flush();
    } else {
        println!("{line}");
    }
}

fn clear_line() {
    if std::io::stdout().is_terminal() {
        print!("\r\x1b[2K");
    }
}

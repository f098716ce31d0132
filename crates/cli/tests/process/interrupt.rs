//! Ctrl-C in the middle of long work.
//!
//! In: a run of some seconds, and the signal that a terminal sends.  Out: exit code 130, one line, no answer.
//! Invariant: what was asked to stop does not pretend to have finished.
//! Method: the signal is sent after a second has gone; a run that has ended by then fails the test.

use crate::tool::{Folder, command};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

#[test]
fn ctrl_c_ends_long_work_between_two_steps() {
    let folder = Folder::new("interrupt");
    let text = folder.file("long.txt", "The traffic light turned green. ".repeat(400).as_bytes());
    let mut child = command()
        .args(["eval", "tiny", "--text", &text])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    sleep(Duration::from_secs(1));
    assert!(child.try_wait().expect("it can be asked").is_none(), "it is still at work");
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("a shell tool");
    assert!(sent.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "greenwave: interrupted\n");
    assert!(output.stdout.is_empty());
}

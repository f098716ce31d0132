//! Runs `greenwave` and keeps what it said; a folder for files of one test.
//!
//! In: words.  Out: exit code and both streams.
//! Invariant: a process that ends by a signal or a panic fails the test that started it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The committed model.
pub const TINY: &[u8] = include_bytes!("../../../../static/models/tiny.gguf");

/// What a run said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it speaks UTF-8");
        let said =
            Said { code: output.status.code().expect("no signal"), out: text(output.stdout), err: text(output.stderr) };
        assert!([0, 1, 2].contains(&said.code) && !said.err.contains("panicked"), "{said:?}");
        said
    }
}

pub fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_greenwave"))
}

pub fn greenwave(words: &[&str]) -> Said {
    command().args(words).output().expect("it starts").into()
}

/// The one line that says why the words are refused; it has all of `parts`.
pub fn refused(words: &[&str], parts: &[&str]) -> String {
    check_refusal(&greenwave(words), parts)
}

pub fn check_refusal(said: &Said, parts: &[&str]) -> String {
    assert_eq!((said.code, said.out.as_str()), (2, ""), "{said:?}");
    let lines: Vec<&str> = said.err.lines().collect();
    assert_eq!(lines.len(), 1, "one line: {said:?}");
    for part in parts.iter().chain(&["greenwave: ", "expected ", "; "]) {
        assert!(said.err.contains(part), "`{}` lacks `{part}`", said.err);
    }
    said.err.clone()
}

/// A folder of its own for a test, emptied first.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::remove_dir_all(&path).ok();
        std::fs::create_dir_all(&path).expect("the target folder can be written");
        Folder(path)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a path in UTF-8").to_owned()
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("the target folder can be written");
        path
    }
}

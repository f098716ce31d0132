//! Builds the page with Trunk, then compresses it as a static host would and says what it weighs.
//!
//! In: the toolchain that set-up found.  Out: `dist/`, each text or wasm file with `.br` and `.gz` beside it.
//! Invariant: needs no network; the sizes printed are the bytes that a browser receives.
//! Method: Trunk offline with the pinned tools first on the path; brotli 11, gzip 9.

use crate::setup::{Toolchain, tools_path};
use crate::step::{self, Limit};
use crate::{Outcome, root};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const COMPRESSED_ENDINGS: [&str; 6] = ["html", "js", "css", "wasm", "svg", "json"];
/// Bytes of page, code and texts with brotli: the budget of the design.
const FIRST_LOAD: usize = 800_000;
/// What they took when last recorded, rounded up: over the budget, and to shrink. A build that takes more is refused; who makes it
/// smaller lowers this, until it is the budget.
const FIRST_LOAD_RECORDED: usize = 885_000;
/// Files of the workers that come later: when somebody looks at the rival, at the bill or at hundreds of chips.
const LATER: [&str; 6] =
    ["static/rival.js", "rival.js", "rival_bg.wasm", "static/fleet.js", "fleet.js", "fleet_bg.wasm"];
const BROTLI_QUALITY: u32 = 11;
const BROTLI_WINDOW: u32 = 22;
const BROTLI_BUFFER: usize = 1 << 16;

/// Builds `dist/` in release form.
pub fn build(toolchain: Toolchain) -> Outcome<()> {
    println!("page");
    let mut trunk = Command::new(root().join(".tools/bin/trunk"));
    trunk.args(["build", "--release", "--offline"]).current_dir(root()).env("PATH", tools_path());
    // Trunk reads NO_COLOR as a boolean of its own and refuses other values.
    trunk.env_remove("NO_COLOR");
    if toolchain == Toolchain::Debian {
        // cargo run under rustup hands its own toolchain's names to children.
        trunk.env("RUSTUP_TOOLCHAIN", "debian").env_remove("CARGO").env_remove("RUSTC");
        trunk.env("CARGO_TARGET_DIR", root().join("target/debian"));
    }
    step::run("build with trunk", &mut trunk, Limit::None)?;
    let total = compress(&root().join("dist")).map_err(|error| format!("cannot compress dist/: {error}"))?;
    println!("  done  {} kB with brotli, {} kB unpacked", total.brotli / 1000, total.plain / 1000);
    println!("  done  of these {} kB later, for the rival and the bill", total.later / 1000);
    within_budget(total.first)
}

/// The first load is no more than it was, and the budget is named while it is missed.
fn within_budget(first: usize) -> Outcome<()> {
    let (found, budget) = (first / 1000, FIRST_LOAD / 1000);
    println!(
        "  {}  first load without a model: {found} of {budget} kB",
        if FIRST_LOAD < first { "miss" } else { "ok  " }
    );
    if FIRST_LOAD.max(FIRST_LOAD_RECORDED) < first {
        let most = FIRST_LOAD_RECORDED / 1000;
        return Err(format!(
            "page, code and texts take {found} kB with brotli, {most} were recorded and {budget} are the budget: make something smaller"
        ));
    }
    Ok(())
}

/// Whether a browser asks for the file before the viewer has done anything; the model is counted apart.
fn is_first(file: &Path) -> bool {
    // Trunk's copy of the style sheet under its plain name is never asked for.
    !is_later(file) && !file.starts_with("static/models") && file != Path::new("static/page.css")
}

fn is_later(file: &Path) -> bool {
    LATER.iter().any(|later| file == Path::new(later))
}

#[derive(Default)]
struct Sizes {
    plain: usize,
    brotli: usize,
    /// Of what is loaded first.
    first: usize,
    /// Of the second worker.
    later: usize,
}

impl Sizes {
    fn count(&mut self, file: &Path, bytes: usize) {
        self.brotli += bytes;
        if is_first(file) {
            self.first += bytes;
        }
        if is_later(file) {
            self.later += bytes;
        }
    }
}

fn compress(dist: &Path) -> std::io::Result<Sizes> {
    let mut total = Sizes::default();
    for path in files_below(dist)? {
        let plain = fs::read(&path)?;
        total.plain += plain.len();
        let name = path.strip_prefix(dist).unwrap_or(&path);
        let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        if !COMPRESSED_ENDINGS.contains(&ending.as_str()) {
            total.count(name, plain.len());
            continue;
        }
        let small = brotli_of(&plain)?;
        total.count(name, small.len());
        fs::write(with_suffix(&path, "br"), &small)?;
        fs::write(with_suffix(&path, "gz"), gzip_of(&plain)?)?;
    }
    Ok(total)
}

fn brotli_of(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut small = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut small, BROTLI_BUFFER, BROTLI_QUALITY, BROTLI_WINDOW);
    writer.write_all(plain)?;
    writer.flush()?;
    drop(writer);
    Ok(small)
}

fn gzip_of(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(plain)?;
    writer.finish()
}

/// `name.ext` with another ending behind it.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_load_above_the_recorded_one_fails_the_build() {
        assert!(within_budget(FIRST_LOAD).is_ok() && within_budget(FIRST_LOAD_RECORDED).is_ok());
        let refused = within_budget(FIRST_LOAD_RECORDED + 1_000).expect_err("too much");
        assert!(refused.contains("886 kB") && refused.contains("800 are the budget"), "{refused}");
        assert!(is_first(Path::new("worker_bg.wasm")) && is_first(Path::new("static/engine.js")));
        assert!(!is_first(Path::new("static/models/tiny.gguf")) && !is_first(Path::new("fleet_bg.wasm")));
        assert!(!is_first(Path::new("rival_bg.wasm")) && is_first(Path::new("app-0123_bg.wasm")));
    }

    #[test]
    fn compression_keeps_the_bytes() {
        let plain: Vec<u8> = (0..10_000u32).flat_map(|n| (n % 97).to_le_bytes()).collect();
        let mut back = Vec::new();
        let small = brotli_of(&plain).unwrap();
        std::io::copy(&mut brotli::Decompressor::new(small.as_slice(), BROTLI_BUFFER), &mut back).unwrap();
        assert_eq!(back, plain);
        assert!(small.len() < plain.len() / 10);
    }
}

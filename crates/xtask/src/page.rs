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
    Ok(())
}

#[derive(Default)]
struct Sizes {
    plain: usize,
    brotli: usize,
}

fn compress(dist: &Path) -> std::io::Result<Sizes> {
    let mut total = Sizes::default();
    for path in files_below(dist)? {
        let plain = fs::read(&path)?;
        total.plain += plain.len();
        let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        if !COMPRESSED_ENDINGS.contains(&ending.as_str()) {
            total.brotli += plain.len();
            continue;
        }
        let small = brotli_of(&plain)?;
        total.brotli += small.len();
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
    fn compression_keeps_the_bytes() {
        let plain: Vec<u8> = (0..10_000u32).flat_map(|n| (n % 97).to_le_bytes()).collect();
        let mut back = Vec::new();
        let small = brotli_of(&plain).unwrap();
        std::io::copy(&mut brotli::Decompressor::new(small.as_slice(), BROTLI_BUFFER), &mut back).unwrap();
        assert_eq!(back, plain);
        assert!(small.len() < plain.len() / 10);
    }
}

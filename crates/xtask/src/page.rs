//! Builds the page with Trunk, then compresses it as a static host would and says what it weighs.
//!
//! In: the toolchain that set-up found.  Out: `dist/`, each text or wasm file with `.br` and `.gz` beside it.
//! Invariant: needs no network; the sizes printed are the bytes that a browser receives.
//! Method: Trunk offline with the pinned tools first on the path; names between wasm and script shortened; brotli 11, gzip 9.

mod imports;

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
/// What they took when last recorded, rounded up by a kilobyte: functions are ordered by hashes of the path, and checkouts of one commit
/// differ by some hundred bytes. Over the budget, and to shrink: who makes it smaller lowers this, until it is the budget.
const FIRST_LOAD_RECORDED: usize = 889_500;
/// Files of the workers that come later: when somebody looks at the rival, at the bill, at hundreds of chips or at a machine.
const LATER: [&str; 9] = [
    "static/rival.js",
    "rival.js",
    "rival_bg.wasm",
    "static/fleet.js",
    "fleet.js",
    "fleet_bg.wasm",
    "static/machine.js",
    "machine.js",
    "machine_bg.wasm",
];
/// Bytes from which a file of the first load is named.
const NAMED: usize = 1000;
const BROTLI_QUALITY: i32 = 11;
const BROTLI_WINDOW: i32 = 22;
/// Logarithms of block lengths; 0 is the encoder's choice.
const BROTLI_BLOCKS: [i32; 2] = [0, 24];

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
    println!("  done  first: {}", total.largest());
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
        return Err(format!(
            "page, code and texts take {first} bytes with brotli, {FIRST_LOAD_RECORDED} were recorded and {budget} kB are the budget: \
             make something smaller"
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
    /// Each file that is loaded first, with its bytes.
    files: Vec<(String, usize)>,
}

impl Sizes {
    fn count(&mut self, file: &Path, bytes: usize) {
        self.brotli += bytes;
        if is_first(file) {
            self.first += bytes;
            self.files.push((file.display().to_string(), bytes));
        }
        if is_later(file) {
            self.later += bytes;
        }
    }

    /// The files that make the first load what it is: a kilobyte and more each, the largest first, in bytes.
    fn largest(&self) -> String {
        let mut files: Vec<_> = self.files.iter().filter(|(_, bytes)| NAMED <= *bytes).collect();
        files.sort_by(|(a, left), (b, right)| right.cmp(left).then(a.cmp(b)));
        files.iter().map(|(name, bytes)| format!("{name} {bytes}")).collect::<Vec<_>>().join(", ")
    }
}

fn compress(dist: &Path) -> std::io::Result<Sizes> {
    let mut total = Sizes::default();
    shorten_imports(dist)?;
    for path in files_below(dist)? {
        let name = path.strip_prefix(dist).unwrap_or(&path);
        let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        let mut plain = fs::read(&path)?;
        if let Some(short) = std::str::from_utf8(&plain).ok().and_then(|text| shortened(text, &ending)) {
            fs::write(&path, &short)?;
            plain = short.into_bytes();
        }
        total.plain += plain.len();
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

/// Gives what each module imports from its script short names, in both files.
fn shorten_imports(dist: &Path) -> std::io::Result<()> {
    for path in files_below(dist)? {
        let name = path.to_string_lossy().into_owned();
        let Some(script) = name.strip_suffix("_bg.wasm").map(|name| PathBuf::from(format!("{name}.js"))) else {
            continue;
        };
        let (module, text) = (fs::read(&path)?, fs::read_to_string(&script)?);
        if let Some((module, text)) = imports::shortened(&module, &text) {
            fs::write(&path, module)?;
            fs::write(&script, text)?;
        }
    }
    Ok(())
}

/// A style sheet or a script without what only its authors read: comments, and the space at the start of lines.
fn shortened(text: &str, ending: &str) -> Option<String> {
    match ending {
        "css" => {
            let rules = text_without(text, "/*", "*/").split_whitespace().collect::<Vec<_>>().join(" ");
            let close = [("; }", "}"), (" {", "{"), ("{ ", "{"), ("} ", "}"), ("; ", ";"), (": ", ":")];
            Some(close.into_iter().fold(rules, |rules, (wide, tight)| rules.replace(wide, tight)))
        }
        "js" => {
            let code = text_without(text, "/**", "*/");
            let lines = code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
            Some(lines.collect::<Vec<_>>().join("\n"))
        }
        _ => None,
    }
}

fn text_without(text: &str, open: &str, close: &str) -> String {
    let mut parts = text.split(open);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| kept + part.split_once(close).map_or("", |(_, after)| after))
}

/// The shorter of two: blocks as long as the encoder thinks best, and as long as they get.
fn brotli_of(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut shortest: Option<Vec<u8>> = None;
    for block in BROTLI_BLOCKS {
        let params = brotli::enc::BrotliEncoderParams {
            quality: BROTLI_QUALITY,
            lgwin: BROTLI_WINDOW,
            lgblock: block,
            size_hint: plain.len(),
            ..brotli::enc::BrotliEncoderParams::default()
        };
        let mut small = Vec::new();
        brotli::BrotliCompress(&mut &plain[..], &mut small, &params)?;
        shortest = shortest.filter(|known| known.len() <= small.len()).or(Some(small));
    }
    Ok(shortest.unwrap_or_default())
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
    fn a_first_load_above_what_was_recorded_fails_the_build() {
        let most = FIRST_LOAD.max(FIRST_LOAD_RECORDED);
        assert!(within_budget(most).is_ok());
        let refused = within_budget(most + 1).expect_err("too much");
        assert!(
            refused.contains(&format!("{} bytes", most + 1)) && refused.contains("800 kB are the budget"),
            "{refused}"
        );
        assert!(is_first(Path::new("worker_bg.wasm")) && is_first(Path::new("static/engine.js")));
        assert!(!is_first(Path::new("static/models/tiny.gguf")) && !is_first(Path::new("fleet_bg.wasm")));
        assert!(
            !is_first(Path::new("machine_bg.wasm"))
                && !is_first(Path::new("rival_bg.wasm"))
                && is_first(Path::new("app-0123_bg.wasm"))
        );
    }

    #[test]
    fn the_files_of_the_first_load_are_named_the_largest_first() {
        let mut sizes = Sizes::default();
        let files = [
            ("app.js", NAMED),
            ("static/boot.js", NAMED - 1),
            ("rival_bg.wasm", 9 * NAMED),
            ("static/models/tiny.gguf", 9 * NAMED),
            ("worker_bg.wasm", 2 * NAMED),
        ];
        files.into_iter().for_each(|(name, bytes)| sizes.count(Path::new(name), bytes));
        assert_eq!(sizes.largest(), format!("worker_bg.wasm {}, app.js {NAMED}", 2 * NAMED));
    }

    #[test]
    fn what_only_authors_read_is_left_out() {
        let css = "/* looks */\n.a, .b > c { top: 1px; left: 2px; }\n@media (x) {\n  .d { top: 0; }\n}\n";
        assert_eq!(shortened(css, "css").as_deref(), Some(".a, .b > c{top:1px;left:2px}@media (x){.d{top:0}}"));
        let script = "/**\n * @returns {number}\n */\nfunction f() {\n    // Why.\n    return 1 / 2; // half\n}\n";
        assert_eq!(shortened(script, "js").as_deref(), Some("function f() {\nreturn 1 / 2; // half\n}"));
        assert_eq!(shortened("<!doctype html>", "html"), None);
    }

    #[test]
    fn compression_keeps_the_bytes() {
        let plain: Vec<u8> = (0..10_000u32).flat_map(|n| (n % 97).to_le_bytes()).collect();
        let mut back = Vec::new();
        let small = brotli_of(&plain).unwrap();
        std::io::copy(&mut brotli::Decompressor::new(small.as_slice(), 1 << 16), &mut back).unwrap();
        assert_eq!(back, plain);
        assert!(small.len() < plain.len() / 10);
    }
}

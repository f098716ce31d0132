//! Brings a machine to the point where the page can be built, and tested where asked.
//!
//! In: a purpose.  Out: the [`Toolchain`] that compiles to wasm, with every pinned tool in `.tools/`.
//! Invariant: idempotent; a second run only probes and takes less than a second. Versions equal those in Trunk.toml and Cargo.lock.
//! Method: each step asks the tool itself whether it is there, so nothing recorded can be out of date.

mod debian;

use crate::step::{self, Limit};
use crate::{Outcome, root};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The wasm target of the page.
pub const TARGET: &str = "wasm32-unknown-unknown";
const WASM_BINDGEN: &str = "0.2.130";
const TRUNK: &str = "0.21.14";
const BINARYEN: &str = "132.0.0";
const AXE: &str = "4.14.1";
const TARGET_WAIT: Duration = Duration::from_secs(180);

/// What the machine is prepared for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Build and serve the page.
    Page,
    /// Also run the page's tests: a browser, a font with Chinese glyphs for its screenshots, the rules of accessibility.
    Tests,
}

/// Which compiler builds for wasm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Toolchain {
    /// The one that compiles natively, with rustup's wasm target.
    Own,
    /// Debian's packaged compiler under the name `debian`, where rustup cannot fetch the target.
    Debian,
}

/// Does every step that `purpose` needs and is not done.
pub fn run(purpose: Purpose) -> Outcome<Toolchain> {
    println!("set-up");
    let toolchain = wasm_target()?;
    cargo_tool("wasm-bindgen", "wasm-bindgen-cli", WASM_BINDGEN, &[])?;
    cargo_tool("trunk", "trunk", TRUNK, &["--locked"])?;
    wasm_opt()?;
    if purpose == Purpose::Tests {
        debian::browser_and_font()?;
        axe()?;
    }
    Ok(toolchain)
}

fn wasm_target() -> Outcome<Toolchain> {
    let name = "wasm target";
    if let Some(toolchain) = found_target() {
        step::already(name, &format!("{TARGET}, toolchain {toolchain:?}"));
        return Ok(toolchain);
    }
    let added = step::run(name, Command::new("rustup").args(["target", "add", TARGET]), Limit::After(TARGET_WAIT));
    if added.is_ok() && has_std(&mut Command::new("rustc")) {
        return Ok(Toolchain::Own);
    }
    println!("  note  rustup cannot add {TARGET} here; taking Debian's compiler instead");
    debian::toolchain()?;
    found_target().ok_or_else(|| format!("Debian's compiler is installed but finds no standard library for {TARGET}"))
}

fn found_target() -> Option<Toolchain> {
    if has_std(&mut Command::new("rustc")) {
        return Some(Toolchain::Own);
    }
    let linked = step::probe(Command::new("rustup").args(["toolchain", "list"]))?;
    let named = linked.lines().any(|line| line.split_whitespace().next() == Some("debian"));
    let built = has_std(Command::new(debian::RUSTC).env_remove("RUSTUP_TOOLCHAIN"));
    (named && built).then_some(Toolchain::Debian)
}

/// Whether this compiler has a compiled standard library for the target.
fn has_std(rustc: &mut Command) -> bool {
    let Some(folder) = step::probe(rustc.args(["--print", "target-libdir", "--target", TARGET])) else { return false };
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

/// Installs a pinned tool with cargo into `.tools/`, optimised little: the build time counts, not the tool's speed.
fn cargo_tool(binary: &str, package: &str, version: &str, options: &[&str]) -> Outcome<()> {
    let folder = root().join(".tools");
    let path = folder.join("bin").join(binary);
    let says = step::probe(Command::new(&path).arg("--version")).unwrap_or_default();
    if says.split_whitespace().any(|word| word == version) {
        step::already(package, version);
        return Ok(());
    }
    let mut command = Command::new("cargo");
    command.args(["install", package, "--version", version, "--force", "--root"]).arg(&folder).args(options);
    command.env("CARGO_TARGET_DIR", root().join("target/tools"));
    command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    command.env("CARGO_PROFILE_RELEASE_LTO", "off");
    command.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    command.current_dir(std::env::temp_dir());
    step::run(&format!("{package} {version} (built from source, minutes)"), &mut command, Limit::None)
}

fn wasm_opt() -> Outcome<()> {
    let path = root().join(".tools/node_modules/.bin/wasm-opt");
    let major = BINARYEN.split('.').next().expect("split yields at least one part");
    let says = step::probe(Command::new(&path).arg("--version")).unwrap_or_default();
    if says.split_whitespace().any(|word| word == major) {
        step::already("wasm-opt", major);
        return Ok(());
    }
    npm_tool(&format!("wasm-opt {major}"), "binaryen", BINARYEN, &root().join(".tools"))
}

/// The rules of accessibility that a page's test puts to every view; only tests load them, the page never does.
fn axe() -> Outcome<()> {
    let says = std::fs::read_to_string(axe_file()).unwrap_or_default();
    if says.contains(&format!("axe v{AXE}")) {
        step::already("axe-core", AXE);
        return Ok(());
    }
    npm_tool(&format!("axe-core {AXE}"), "axe-core", AXE, &root().join(".tools/axe"))
}

/// The one script of which axe-core consists.
pub fn axe_file() -> PathBuf {
    root().join(".tools/axe/node_modules/axe-core/axe.min.js")
}

/// Installs a pinned package below `folder`: one folder each, because npm clears what it was not asked for.
fn npm_tool(name: &str, package: &str, version: &str, folder: &Path) -> Outcome<()> {
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-save", "--prefix"]).arg(folder).arg(format!("{package}@{version}"));
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    step::run(name, &mut npm, Limit::None).map_err(|error| {
        format!("{error}\n{name} comes from npm's {package}@{version}: install node and npm, then repeat")
    })
}

/// The search path with the pinned tools first.
pub fn tools_path() -> OsString {
    let tools = root().join(".tools");
    let mut folders: Vec<PathBuf> = vec![tools.join("bin"), tools.join("node_modules/.bin")];
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    std::env::join_paths(folders).expect("every part came from a split path or from the repository's own folder")
}

//! What comes from Debian's packages: the fallback compiler, the test browser, a font with Chinese glyphs.
//!
//! In: nothing.  Out: packages installed, the standard library built for wasm, a toolchain named `debian`.
//! Invariant: nothing is installed without root; then the command to run is named and the chore stops.
//! Method: `apt-get`, then the compiler's own sources built for the target by `-Zbuild-std`.

use super::TARGET;
use crate::step::{self, Limit};
use crate::{Outcome, root};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Debian's compiler.
pub const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const COMPILER_PACKAGES: [&str; 5] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22"];
const FONT_FOLDER: &str = "/usr/share/fonts";

/// Installs the compiler, builds its standard library for wasm and links it as the toolchain `debian`.
pub fn toolchain() -> Outcome<()> {
    if step::probe(Command::new(RUSTC).args(["--version"])).is_none() {
        install("Debian's compiler", &COMPILER_PACKAGES)?;
    }
    if !super::has_std(Command::new(RUSTC).env_remove("RUSTUP_TOOLCHAIN")) {
        build_std()?;
    }
    step::run("toolchain name", Command::new("rustup").args(["toolchain", "link", "debian", "/usr"]), Limit::None)
}

/// Builds std in an empty library crate and copies what it compiled to where the compiler looks.
/// Without embedded bitcode the copies break link-time optimisation.
fn build_std() -> Outcome<()> {
    let folder = root().join("target/wasm-std");
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("joined below a folder"))
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    };
    write("Cargo.toml", "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n")?;
    write("src/lib.rs", "")?;
    let mut cargo = Command::new(CARGO);
    cargo.args(["build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort,proc_macro,test"]);
    cargo.current_dir(&folder).env("CARGO_TARGET_DIR", folder.join("target"));
    cargo.env("RUSTFLAGS", "-Cembed-bitcode=yes").env("RUSTC_BOOTSTRAP", "1").env("RUSTC", RUSTC);
    cargo.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    step::run("standard library for wasm", &mut cargo, Limit::None)?;
    let built = folder.join("target").join(TARGET).join("release/deps");
    let library = Path::new("/usr/lib/rustlib").join(TARGET).join("lib");
    copy_libraries(&built, &library)
        .map_err(|error| format!("cannot copy the standard library to {}: {error}; this needs root", library.display()))
}

fn copy_libraries(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.ends_with(".rlib") && !name.starts_with("libempty-") {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

/// Installs Chromium and a font with Chinese glyphs where they are missing.
pub fn browser_and_font() -> Outcome<()> {
    let browser = crate::browser::find();
    match &browser {
        Some(path) => step::already("browser", &path.display().to_string()),
        None => install("browser", &["chromium"])?,
    }
    if has_chinese_font() {
        step::already("font with Chinese", "found");
        return Ok(());
    }
    install("font with Chinese", &["fonts-noto-cjk"])
}

fn has_chinese_font() -> bool {
    if let Some(list) = step::probe(Command::new("fc-list").arg(":lang=zh-tw")) {
        return !list.is_empty();
    }
    Path::new(FONT_FOLDER).join("opentype/noto/NotoSansCJK-Regular.ttc").exists()
}

fn install(what: &str, packages: &[&str]) -> Outcome<()> {
    let list = packages.join(" ");
    let by_hand = format!("install it by hand, then repeat: apt-get install --no-install-recommends {list}");
    let root_user = step::probe(Command::new("id").arg("-u")).as_deref() == Some("0");
    if !root_user || step::probe(Command::new("apt-get").arg("--version")).is_none() {
        return Err(format!("{what} is missing, and this user may not install it; {by_hand}"));
    }
    step::run("package lists", Command::new("apt-get").arg("update"), Limit::None)?;
    let mut apt = Command::new("apt-get");
    apt.args(["install", "-y", "--no-install-recommends"]).args(packages).env("DEBIAN_FRONTEND", "noninteractive");
    step::run(&format!("{what} ({list})"), &mut apt, Limit::None).map_err(|error| format!("{error}\n{by_hand}"))
}

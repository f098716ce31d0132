//! The repository's files.
//!
//! In: the working tree.  Out: texts with their paths, sorted by path.
//! Invariant: what git ignores by folder (`target`, `dist`, `models`, `.tools`) is not read as text; everything else is.

use crate::{Manifest, Source};
use std::path::{Path, PathBuf};

/// One Rust file.
#[derive(Clone, Debug)]
pub struct File {
    /// Path from the repository's root, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its text, masked.
    pub source: Source,
    /// Whether only tests compile it.
    pub is_test: bool,
}

const FOLDERS_IGNORED: [&str; 5] = [".git", ".tools", "dist", "models", "target"];
const TEXT_ENDINGS: [&str; 12] =
    [".rs", ".toml", ".md", ".js", ".css", ".html", ".svg", ".txt", ".lock", ".json", "run", ".gitignore"];

/// The repository's root folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests package lies in the root folder").to_path_buf()
}

/// The text of one file, by its path from the root.
pub fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"))
}

/// Every text file, by path.
pub fn text_files() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    walk(&root(), "", &mut paths);
    paths.retain(|path| TEXT_ENDINGS.iter().any(|ending| path.ends_with(ending)));
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

/// Every Rust file, by path.
pub fn rust_files() -> Vec<File> {
    let texts = text_files().into_iter().filter(|(path, _)| path.ends_with(".rs"));
    let mut files: Vec<File> = texts
        .map(|(path, text)| {
            let is_test = path.starts_with("tests/");
            File { source: Source::new(&text), path, text, is_test }
        })
        .collect();
    let prefixes: Vec<String> = files.iter().flat_map(test_prefixes).collect();
    for file in &mut files {
        file.is_test |= prefixes.iter().any(|prefix| file.path.starts_with(prefix));
    }
    files
}

/// Every manifest of the workspace's packages (`crates/*`, `tests`, `web`), by path. A workspace of its own is no package of ours.
pub fn manifests() -> Vec<Manifest> {
    let is_member = |path: &str| match path.strip_suffix("/Cargo.toml") {
        Some(folder) => {
            ["tests", "web"].contains(&folder) || folder.strip_prefix("crates/").is_some_and(|name| !name.contains('/'))
        }
        None => false,
    };
    let texts = text_files().into_iter().filter(|(path, _)| is_member(path));
    texts.map(|(path, text)| Manifest::parse(&path, &text)).collect()
}

/// Where the modules live that `file` declares for tests only.
fn test_prefixes(file: &File) -> Vec<String> {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let stem = file.path.trim_end_matches(".rs");
    let is_owner = ["lib", "main", "mod"].iter().any(|name| stem.ends_with(&format!("/{name}")));
    let base = if is_owner { folder } else { stem };
    let names = file.source.test_modules.iter();
    names.flat_map(|name| [format!("{base}/{name}.rs"), format!("{base}/{name}/")]).collect()
}

fn walk(folder: &Path, prefix: &str, paths: &mut Vec<String>) {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{} cannot be listed: {error}", folder.display()));
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && !FOLDERS_IGNORED.contains(&name.as_str()) {
            walk(&entry.path(), &format!("{path}/"), paths);
        } else if !is_folder {
            paths.push(path);
        }
    }
}

/// Bytes of the real model, where `models/` holds it.
pub fn real_model() -> Option<Vec<u8>> {
    let entries = std::fs::read_dir(root().join("models")).ok()?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "gguf"));
    paths.sort();
    std::fs::read(paths.first()?).ok()
}

/// The same for a test that has nothing to check without it, and says so.
pub fn real_model_or_say() -> Option<Vec<u8>> {
    let bytes = real_model();
    if bytes.is_none() {
        println!("models/ holds no .gguf: nothing checked; `cargo xtask models` fetches one");
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_holds_what_we_know_of_it() {
        let files = rust_files();
        assert!(files.iter().any(|file| file.path == "crates/units/src/arena.rs" && !file.is_test));
        assert!(files.iter().any(|file| file.path == "tests/src/tree.rs" && file.is_test));
        assert!(files.iter().all(|file| !file.path.starts_with("target/")));
    }

    #[test]
    fn a_module_declared_for_tests_is_a_test_file() {
        let text = "#[cfg(test)]\nmod hostile;\n";
        let file = |path: &str| {
            let source = Source::new(text);
            File { path: path.to_owned(), text: text.to_owned(), source, is_test: false }
        };
        assert_eq!(test_prefixes(&file("crates/a/src/b/mod.rs"))[0], "crates/a/src/b/hostile.rs");
        assert_eq!(test_prefixes(&file("crates/a/src/b.rs"))[0], "crates/a/src/b/hostile.rs");
        assert_eq!(test_prefixes(&file("crates/a/src/lib.rs"))[1], "crates/a/src/hostile/");
    }
}

//! House rule: the core computes the same bytes everywhere, so it may not ask the machine it runs on for anything.
//!
//! In: the shipped code of the core crates.  Out: each use of a forbidden name, with the reason.
//! Invariant: same input, same bytes, native and wasm, on every run and in every browser.
//! Method: whole words in masked code outside `#[cfg(test)]`; exceptions are named below with their reason and must be in use.

use tests::{Finding, Source, expect_none, rust_files, word_lines};

const CORE: [&str; 12] =
    ["units", "graph", "import", "arch", "program", "verify", "sim", "compile", "gpu", "cost", "study", "frame"];

const ORDER: &str =
    "its order changes from run to run and would reach an output; use BTreeMap, BTreeSet or a sorted Vec";
const HOST: &str = "the core runs in a browser too and must not depend on where it runs; do this in cli, web or xtask";
const LIBM: &str = "its bits differ between platforms; use the correctly rounded functions of the crate, or integers";
const FUSED: &str = "a fused step rounds once where the specification rounds twice; write the two operations";

/// Forbidden word and rationale.
const FORBIDDEN: [(&str, &str); 26] = [
    ("HashMap", ORDER),
    ("HashSet", ORDER),
    ("RandomState", ORDER),
    ("std::time", HOST),
    ("std::env", HOST),
    ("std::fs", HOST),
    ("std::thread", HOST),
    ("std::process", HOST),
    ("std::net", HOST),
    (".exp(", LIBM),
    (".exp2(", LIBM),
    (".ln(", LIBM),
    (".log2(", LIBM),
    (".log10(", LIBM),
    (".powf(", LIBM),
    (".powi(", LIBM),
    (".sin(", LIBM),
    (".cos(", LIBM),
    (".tan(", LIBM),
    (".tanh(", LIBM),
    (".cbrt(", LIBM),
    ("f32::exp", LIBM),
    ("f64::exp", LIBM),
    ("f32::ln", LIBM),
    ("f64::ln", LIBM),
    (".mul_add(", FUSED),
];

/// Exceptions: file, word, reason why it is harmless there.
const ALLOWED: [(&str, &str, &str); 1] = [(
    "crates/units/src/parallel.rs",
    "std::thread",
    "results are put in the order of their numbers, the error is the first one of one thread; a browser starts none",
)];

fn forbidden(path: &str, text: &str) -> Vec<Finding> {
    let shipped = Source::new(text).code_shipped;
    let mut findings = Vec::new();
    for (word, reason) in FORBIDDEN {
        for line in word_lines(&shipped, word) {
            findings.push(Finding::new(path, line, format!("`{word}`: {reason}")));
        }
    }
    findings
}

fn is_allowed(finding: &Finding) -> bool {
    ALLOWED.iter().any(|(path, word, _)| finding.path == *path && finding.message.starts_with(&format!("`{word}`")))
}

fn core_findings() -> Vec<Finding> {
    let is_core = |path: &str| CORE.iter().any(|name| path.starts_with(&format!("crates/{name}/src/")));
    let files = rust_files().into_iter().filter(|file| is_core(&file.path) && !file.is_test);
    files.flat_map(|file| forbidden(&file.path, &file.text)).collect()
}

#[test]
fn the_core_asks_the_machine_for_nothing() {
    let findings: Vec<Finding> = core_findings().into_iter().filter(|finding| !is_allowed(finding)).collect();
    expect_none(&findings);
}

#[test]
fn no_exception_is_stale() {
    let used = core_findings().iter().filter(|finding| is_allowed(finding)).count();
    assert!(ALLOWED.len() <= used, "an exception in tests/determinism.rs is no longer needed");
}

#[test]
fn forbidden_names_are_found_in_code_only() {
    assert_eq!(forbidden("a", "use std::collections::HashMap;\nlet b = x.exp();\n").len(), 2);
    assert_eq!(forbidden("a", "// a HashMap would do\nlet b = \"std::fs\"; x.expect(\"y\"); env!(\"A\");\n"), []);
    assert_eq!(forbidden("a", "#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n"), []);
    assert_eq!(forbidden("a", "#[cfg(test)]\nmod tests {}\nuse std::fs;\n")[0].line, 3);
}

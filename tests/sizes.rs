//! House rule: files and functions stay short enough to be read at one sitting.
//!
//! In: every Rust file, tests included.  Out: files over 700 lines, functions over 70, and a median file over 200.
//! Invariant: the limits held from the first commit, so no exception is on record.
//! Method: a function runs from its `fn` to the brace that closes its body, found in masked code.

use tests::{File, Finding, Source, expect_none, rust_files};

const FILE_LINES_MAX: usize = 700;
const FILE_LINES_MEDIAN_MAX: usize = 200;
const FUNCTION_LINES_MAX: usize = 70;

/// Functions of masked `code`: name, first line, number of lines.
fn functions(code: &str) -> Vec<(String, usize, usize)> {
    let words = code.match_indices("fn ").filter(|(at, _)| {
        let before = code[..*at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    });
    let found = words.filter_map(|(at, _)| {
        let name: String = code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let lines = body_lines(&code[at..])?;
        (!name.is_empty()).then(|| (name, code[..at].matches('\n').count() + 1, lines))
    });
    found.collect()
}

/// Lines from the start of `code` to the end of the first body, or `None` when a `;` comes first (no body).
fn body_lines(code: &str) -> Option<usize> {
    let (mut nesting, mut braces, mut lines) = (0i32, 0i32, 1);
    for c in code.chars() {
        match c {
            '\n' => lines += 1,
            '(' | '[' => nesting += 1,
            ')' | ']' => nesting -= 1,
            '{' => braces += 1,
            '}' if braces == 1 => return Some(lines),
            '}' => braces -= 1,
            ';' if nesting == 0 && braces == 0 => return None,
            _ => {}
        }
    }
    None
}

fn too_long(path: &str, text: &str) -> Vec<Finding> {
    let lines = text.lines().count();
    let mut findings = Vec::new();
    if FILE_LINES_MAX < lines {
        findings.push(Finding::new(path, 0, format!("{lines} lines; split it, {FILE_LINES_MAX} is the limit")));
    }
    for (name, line, lines) in functions(&Source::new(text).code) {
        if FUNCTION_LINES_MAX < lines {
            let message = format!("`{name}` has {lines} lines; split it, {FUNCTION_LINES_MAX} is the limit");
            findings.push(Finding::new(path, line, message));
        }
    }
    findings
}

fn median(files: &[File]) -> usize {
    let mut lines: Vec<usize> = files.iter().map(|file| file.text.lines().count()).collect();
    lines.sort_unstable();
    lines.get(lines.len() / 2).copied().unwrap_or(0)
}

#[test]
fn no_file_and_no_function_is_too_long() {
    let findings: Vec<Finding> = rust_files().iter().flat_map(|file| too_long(&file.path, &file.text)).collect();
    expect_none(&findings);
}

#[test]
fn the_median_file_is_short() {
    let median = median(&rust_files());
    assert!(
        median <= FILE_LINES_MEDIAN_MAX,
        "the median file has {median} lines, the limit is {FILE_LINES_MEDIAN_MAX}"
    );
}

#[test]
fn long_files_and_functions_are_found() {
    let body = |lines: usize| format!("fn a() {{\n{}}}\n", "    b('{', \"{\"); // {\n".repeat(lines));
    assert_eq!(too_long("a", &body(FUNCTION_LINES_MAX - 2)), []);
    assert_eq!(too_long("a", &body(FUNCTION_LINES_MAX - 1)).len(), 1);
    assert_eq!(too_long("a", &"// line\n".repeat(FILE_LINES_MAX + 1)).len(), 1);
}

#[test]
fn functions_are_measured_by_their_braces() {
    let code = "trait A { fn b(x: [u8; 2]);\n fn c() -> u8 {\n  if d { 1 } else { 2 }\n }\n}\npub fn e() {}\ntype F = fn (u8);\n";
    assert_eq!(functions(code), [("c".to_owned(), 2, 3), ("e".to_owned(), 6, 1)]);
}

//! House rule: nothing half-finished, nothing that panics on a whim, nothing that belongs to one machine.
//!
//! In: every text file.  Out: each leftover, with what to do instead.
//! Invariant: what is in the tree is finished, and means the same on any other machine.
//! Method: words in masked code and comments; machine paths and hosts in the raw text. Words are put together here from
//!     halves so that this file does not find itself.

use tests::{File, Finding, Source, expect_none, rust_files, text_files, word_lines};

const CORE: [&str; 13] = [
    "units", "graph", "import", "arch", "program", "verify", "sim", "compile", "gpu", "cost", "study", "frame", "tiny",
];

/// Words in comments that announce unfinished work.
const UNFINISHED: [&str; 3] = ["TODO", "FIXME", "XXX"];
/// Macros that must not be committed.
const MACROS: [&str; 3] = ["dbg!", "todo!", "unimplemented!"];
/// Folders that exist on one machine only.
const MACHINE_PATHS: [[&str; 2]; 4] = [["/wo", "rk/"], ["/ro", "ot/"], ["/ho", "me/"], ["/tm", "p/"]];
/// Settings and host names by which a build would depend on somebody's own package registry.
const REGISTRIES: [[&str; 2]; 5] =
    [["replace", "-with"], ["index", "-url"], ["sparse", "+http"], ["artifac", "tory"], [".inter", "nal/"]];

fn leftovers(path: &str, source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for word in UNFINISHED {
        for line in word_lines(&source.comments, word) {
            findings.push(Finding::new(
                path,
                line,
                format!("`{word}`: finish it, or say as a fact what is not supported"),
            ));
        }
    }
    for word in MACROS {
        for line in word_lines(&source.code, word) {
            findings.push(Finding::new(path, line, format!("`{word}` must not be committed")));
        }
    }
    for line in commented_code(&source.comments) {
        findings.push(Finding::new(path, line, "a comment that looks like code: delete it, history keeps it"));
    }
    findings
}

/// Lines whose plain comment ends like a statement or a block. Doc comments may hold examples.
fn commented_code(comments: &str) -> Vec<usize> {
    let is_code = |line: &str| {
        let line = line.trim();
        let text = line.strip_prefix("//").filter(|rest| !rest.starts_with(['/', '!'])).map_or("", str::trim);
        let ends = text.ends_with(';') || text.ends_with(" {") || text.ends_with("});");
        let starts = ["let ", "fn ", "use ", "pub ", "if ", "for ", "return ", "match ", "}", "#["];
        (ends && (starts.iter().any(|start| text.starts_with(start)) || text.contains('('))) || text == "}"
    };
    comments.lines().enumerate().filter(|(_, line)| is_code(line)).map(|(index, _)| index + 1).collect()
}

fn unwraps(path: &str, source: &Source) -> Vec<Finding> {
    let lines = word_lines(&source.code_shipped, ".unwrap()").into_iter();
    let message = "`unwrap()`: use `?`, or `expect(\"why it holds\")`";
    lines.map(|line| Finding::new(path, line, message)).collect()
}

fn machine_words(path: &str, text: &str) -> Vec<Finding> {
    let words = MACHINE_PATHS.iter().chain(&REGISTRIES).map(|halves| halves.concat());
    let found = words.flat_map(|word| {
        let lines = text.lines().enumerate().filter(|(_, line)| line.contains(&word)).map(|(index, _)| index + 1);
        let lines: Vec<usize> = lines.collect();
        let message = format!("`{word}` belongs to one machine: use a path from the root, or what any machine has");
        lines.into_iter().map(move |line| Finding::new(path, line, message.clone()))
    });
    found.collect()
}

/// Lines with a wide gap inside a sentence: what is left of the indent where a literal was joined from two lines. Formatted code has
/// no such gap, and comments are not looked at; a literal's own line break may be followed by an indent.
fn gaps(path: &str, text: &str) -> Vec<Finding> {
    let ends = |c: char| c.is_alphanumeric() || ",.;:)、，。；".contains(c);
    let is_gap = |line: &str| {
        let line = line.trim();
        let mut before = line.match_indices("    ").map(|(at, _)| &line[..at]);
        !line.starts_with("//") && before.any(|text| text.ends_with(ends) && !text.ends_with("\\n"))
    };
    let lines = text.lines().enumerate().filter(|(_, line)| is_gap(line));
    lines.map(|(index, _)| Finding::new(path, index + 1, "a gap inside a sentence: one space is meant")).collect()
}

#[test]
fn sentences_have_single_spaces() {
    let speaks = |path: &str| {
        path.starts_with("web/src/") || CORE.iter().any(|name| path.starts_with(&format!("crates/{name}/src/")))
    };
    let texts = text_files().into_iter().filter(|(path, _)| speaks(path) && path != "crates/tiny/src/main.rs");
    let (mut files, mut findings) = (0, Vec::new());
    for (path, text) in texts.filter(|(path, _)| path.ends_with(".rs")) {
        files += 1;
        findings.extend(gaps(&path, &text));
    }
    assert!(400 < files, "{files} sources");
    expect_none(&findings);
}

#[test]
fn a_gap_in_a_sentence_is_found() {
    assert_eq!(gaps("a", "    \"planning saves,                 the memory\"\n").len(), 1);
    assert_eq!(gaps("a", "    \"planning saves,  the memory\\n    next\", // kept\n"), []);
    assert_eq!(gaps("a", "//! In: this.   Out: that.\n        let wide = 1;\n"), []);
}

#[test]
fn nothing_is_left_over() {
    let findings: Vec<Finding> = rust_files().iter().flat_map(|file| leftovers(&file.path, &file.source)).collect();
    expect_none(&findings);
}

#[test]
fn the_core_does_not_unwrap() {
    let is_core = |file: &&File| CORE.iter().any(|name| file.path.starts_with(&format!("crates/{name}/src/")));
    let files = rust_files();
    let shipped = files.iter().filter(is_core).filter(|file| !file.is_test);
    let findings: Vec<Finding> = shipped.flat_map(|file| unwraps(&file.path, &file.source)).collect();
    expect_none(&findings);
}

#[test]
fn nothing_belongs_to_one_machine() {
    let texts = text_files().into_iter().filter(|(path, _)| path != "Cargo.lock");
    let findings: Vec<Finding> = texts.flat_map(|(path, text)| machine_words(&path, &text)).collect();
    expect_none(&findings);
}

#[test]
fn leftovers_are_found() {
    let found = |text: &str| leftovers("a", &Source::new(text)).len();
    assert_eq!(found("// TODO later\nlet a = \"TODO\";\n"), 1);
    assert_eq!(found("let a = dbg!(b);\n"), 1);
    assert_eq!(found("// let a = b(c);\n//     d(e);\n// }\n"), 3);
    assert_eq!(found("// The sum ends here (see above).\n/// let a = b();\n//! }\n"), 0);
}

#[test]
fn an_unwrap_is_found_outside_tests_only() {
    let found = |text: &str| unwraps("a", &Source::new(text)).len();
    assert_eq!(found("a().unwrap();\n"), 1);
    assert_eq!(found("a().unwrap_or(b); // .unwrap()\n#[cfg(test)]\nmod tests { fn b() { c().unwrap(); } }\n"), 0);
}

#[test]
fn a_machine_path_is_found() {
    let path = MACHINE_PATHS[0].concat();
    assert_eq!(machine_words("a", &format!("see {path}notes\n")).len(), 1);
    assert_eq!(machine_words("a", "see crates/notes\n"), []);
}

//! House rule: README.md is a map, and the map agrees with the tree.
//!
//! In: README.md and the manifests.  Out: crates missing, invented or described otherwise than their manifest does.
//! Invariant: a newcomer who trusts the map is not misled.
//! Method: each line that opens with a name in bold is an entry: one sentence equal to the manifest's `description`, then one
//!     bold *Invariant*.

use tests::{Finding, Manifest, expect_none, manifests, read, root};

const LINES_MAX: usize = 80;

/// Entries of the map: line, crate, sentence, invariant.
fn entries(readme: &str) -> Vec<(usize, String, String, String)> {
    let lines = readme.lines().enumerate().filter_map(|(index, line)| {
        let (name, rest) = line.strip_prefix("- `")?.split_once("`: ")?;
        let (sentence, invariant) = rest.split_once(" **Invariant:** ").unwrap_or((rest, ""));
        Some((index + 1, name.to_owned(), sentence.to_owned(), invariant.to_owned()))
    });
    lines.collect()
}

fn differences(readme: &str, manifests: &[Manifest]) -> Vec<Finding> {
    let entries = entries(readme);
    let mut findings = Vec::new();
    for (line, name, sentence, invariant) in &entries {
        let Some(manifest) = manifests.iter().find(|manifest| manifest.name == *name) else {
            findings.push(Finding::new("README.md", *line, format!("there is no crate `{name}`")));
            continue;
        };
        if manifest.description != *sentence {
            let message = format!("`{name}`: {} says `{}`; make the two equal", manifest.path, manifest.description);
            findings.push(Finding::new("README.md", *line, message));
        }
        if !invariant.ends_with('.') {
            findings.push(Finding::new(
                "README.md",
                *line,
                format!("`{name}` lacks its sentence after **Invariant:**"),
            ));
        }
    }
    for manifest in manifests {
        let times = entries.iter().filter(|(_, name, ..)| *name == manifest.name).count();
        if times != 1 {
            let message = format!("`{}` is listed {times} times; each crate has one line", manifest.name);
            findings.push(Finding::new("README.md", 0, message));
        }
    }
    findings
}

#[test]
fn the_map_agrees_with_the_manifests() {
    expect_none(&differences(&read("README.md"), &manifests()));
}

#[test]
fn the_map_fits_one_screen() {
    let lines = read("README.md").lines().count();
    assert!(lines <= LINES_MAX, "README.md has {lines} lines; a map has at most {LINES_MAX}");
}

#[test]
fn the_files_that_the_map_points_to_exist() {
    for document in ["README.md", "crates/README.md"] {
        let text = read(document);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.starts_with("http")) {
            let folder = root().join(document);
            let folder = folder.parent().expect("a file lies in a folder");
            assert!(folder.join(target).exists(), "{document} points to {target}, which does not exist");
        }
    }
}

#[test]
fn a_map_that_drifted_is_found() {
    let manifest = Manifest::parse("a", "[package]\nname = \"units\"\ndescription = \"Physical quantities.\"\n");
    let check = |readme: &str| differences(readme, std::slice::from_ref(&manifest)).len();
    assert_eq!(check("- `units`: Physical quantities. **Invariant:** no domain words.\n"), 0);
    assert_eq!(check("- `units`: Other quantities. **Invariant:** no domain words.\n"), 1);
    assert_eq!(check("- `units`: Physical quantities.\n"), 1);
    assert_eq!(check(""), 1);
    assert_eq!(check("- `units`: Physical quantities. **Invariant:** no.\n- `gone`: It went. **Invariant:** no.\n"), 1);
}

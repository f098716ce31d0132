//! House rule: dependencies only point left along the straight line of crates.
//!
//! In: every manifest of the workspace.  Out: each dependency on a crate of ours that the table does not allow.
//! Invariant: judge (`verify`), executor (`sim`) and author (`compile`) never see one another in code that ships.
//! Method: the table below is the rule; Cargo alone would let `verify` import `compile`.

use tests::{Finding, Manifest, expect_none, manifests};

struct Layer {
    name: &'static str,
    may_use: &'static [&'static str],
    may_test_with: &'static [&'static str],
}

const fn layer(name: &'static str, may_use: &'static [&'static str]) -> Layer {
    Layer { name, may_use, may_test_with: &[] }
}

const LINE: [&str; 14] = [
    "units", "graph", "import", "arch", "program", "verify", "sim", "compile", "gpu", "cost", "study", "frame", "cli",
    "web",
];

/// Who may use whom. `cli` and `web` are of one rank; `tiny` and `xtask` stand outside the line.
const LAYERS: [Layer; 16] = [
    layer("units", &[]),
    layer("graph", &["units"]),
    layer("import", &["units", "graph"]),
    layer("arch", &["units"]),
    layer("program", &["units", "graph", "arch"]),
    layer("verify", &["units", "graph", "arch", "program"]),
    layer("sim", &["units", "graph", "arch", "program"]),
    Layer { name: "compile", may_use: &["units", "graph", "arch", "program"], may_test_with: &["verify", "sim"] },
    Layer { name: "gpu", may_use: &["units", "graph"], may_test_with: &["import"] },
    layer("cost", &["units"]),
    layer("study", &["units", "graph", "import", "arch", "program", "verify", "sim", "compile", "gpu", "cost"]),
    layer("frame", &["units", "graph", "arch", "program", "sim", "study"]),
    layer("cli", &["units", "study", "frame"]),
    layer("web", &["units", "study", "frame"]),
    Layer { name: "tiny", may_use: &[], may_test_with: &["import", "graph"] },
    layer("xtask", &[]),
];

/// Dependencies of `manifest` on crates of ours that its layer does not allow.
fn forbidden(manifest: &Manifest) -> Vec<Finding> {
    if manifest.name == "tests" {
        return Vec::new();
    }
    let Some(layer) = LAYERS.iter().find(|layer| layer.name == manifest.name) else {
        let message = format!("package `{}` has no place in the line; give it one in tests/layers.rs", manifest.name);
        return vec![Finding::new(&manifest.path, 0, message)];
    };
    let is_ours = |name: &&String| LAYERS.iter().any(|layer| layer.name == name.as_str());
    let normal = manifest.dependencies.iter().filter(is_ours).filter(|name| !layer.may_use.contains(&name.as_str()));
    let allowed_in_tests = |name: &str| layer.may_use.contains(&name) || layer.may_test_with.contains(&name);
    let tested = manifest.dev_dependencies.iter().filter(is_ours).filter(|name| !allowed_in_tests(name));
    let normal = normal.map(|name| format!("`{}` must not use `{name}`: it may use {:?}", layer.name, layer.may_use));
    let tested = tested
        .map(|name| format!("`{}` must not test with `{name}`: put the test into the `tests` package", layer.name));
    normal.chain(tested).map(|message| Finding::new(&manifest.path, 0, message)).collect()
}

#[test]
fn dependencies_only_point_left() {
    let manifests = manifests();
    let findings: Vec<Finding> = manifests.iter().flat_map(forbidden).collect();
    expect_none(&findings);
    for layer in &LAYERS {
        assert!(manifests.iter().any(|manifest| manifest.name == layer.name), "`{}` has no manifest", layer.name);
    }
}

#[test]
fn the_table_itself_only_points_left() {
    let place = |name: &str| LINE.iter().position(|&other| other == name);
    for layer in LAYERS.iter().filter(|layer| place(layer.name).is_some()) {
        for used in layer.may_use.iter().chain(layer.may_test_with) {
            assert!(place(used) < place(layer.name), "{} <- {used}", layer.name);
        }
    }
}

#[test]
fn a_judge_that_consults_the_author_is_found() {
    let table = |name: &str| format!("[package]\nname = \"{name}\"\n[dependencies]\nunits.workspace = true\n");
    let verify = Manifest::parse("verify", &(table("verify") + "compile.workspace = true\n"));
    assert_eq!(forbidden(&verify).len(), 1);
    let arch = Manifest::parse("arch", &(table("arch") + "[dev-dependencies]\nprogram.workspace = true\n"));
    assert_eq!(forbidden(&arch).len(), 1);
    let compile = Manifest::parse("compile", &(table("compile") + "[dev-dependencies]\nsim.workspace = true\n"));
    assert_eq!(forbidden(&compile), []);
    assert_eq!(forbidden(&Manifest::parse("new", &table("new"))).len(), 1);
}

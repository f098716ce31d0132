//! Graphs that somebody wrote, and texts of programs that claim to compute one.
//!
//! In: graphs with constants, numbers that JSON lacks, the library of small programs.  Out: exit codes, hashes, violations in two languages.
//! Invariant: a text is verified with its own graph only.

use crate::tool::{Folder, greenwave, refused};
use serde_json::Value;
use std::path::Path;

/// A text of the library of small programs.
fn library(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../program/library");
    folder.join(name).to_str().expect("a path in UTF-8").to_owned()
}

#[test]
fn what_json_has_no_number_for_is_a_string() {
    let folder = Folder::new("strings");
    let text = "graph 1\n%0 = const f32 (inf -inf nan 1.0) : f32 [4]\n\
                %1 = map { s0 = add in0 in0 } %0 : f32 [4]\noutput \"y\" %1\n";
    let file = folder.file("strings.graph", text.as_bytes());
    let said = greenwave(&["compile", &file, "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    let answer: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(answer["outputs"][0]["first"], serde_json::json!(["inf", "-inf", "NaN", 2.0]), "{answer}");
    assert!(greenwave(&["compile", &file]).out.contains("= inf -inf NaN 2 .."));
}

#[test]
fn a_program_of_a_graph_holds_hashes_of_what_its_image_is_filled_from() {
    let folder = Folder::new("hashes");
    let text = |number: &str| {
        format!(
            "graph 1\n%0 = input \"x\" : f32 [4]\n%1 = const f32 (1.0 {number} 1.0 1.0) : f32 [4]\n\
             %2 = map {{ s0 = add in0 in1 }} %0 %1 : f32 [4]\noutput \"y\" %2\n"
        )
    };
    let own = folder.file("own.graph", text("2.0").as_bytes());
    let other = folder.file("other.graph", text("2.0000002").as_bytes());
    let program = folder.path("own.gw");
    assert_eq!(greenwave(&["compile", &own, "--out", &program]).code, 0);
    let said = greenwave(&["verify", &program, "--model", &own]);
    assert!(said.code == 0 && said.out.contains("its own"), "{said:?}");
    let said = greenwave(&["verify", &program, "--model", &other]);
    assert!(said.code == 1 && said.out.contains("are not those of"), "one bit of a constant: {said:?}");
}

#[test]
fn a_text_is_judged_with_the_graph_that_it_claims_to_compute() {
    let (copy, graph) = (library("copy.asm"), library("copy.graph"));
    let said = greenwave(&["verify", &copy, "--graph", &graph]);
    assert!(said.code == 0 && said.out.contains("verified"), "{said:?}");
    let said = greenwave(&["verify", &copy, "--graph", &graph, "--lang", "zh"]);
    assert!(said.code == 0 && said.out.contains("通過裁判"), "{said:?}");
    let wrong = ["verify", &copy, "--graph", &library("add.graph")];
    let (english, chinese) = (greenwave(&wrong), greenwave(&[&wrong[..], &["--lang", "zh"]].concat()));
    assert!(english.code == 1 && chinese.code == 1, "{english:?} {chinese:?}");
    assert_eq!(english.out.lines().count(), chinese.out.lines().count());
    assert!(chinese.out.lines().all(|line| line.contains(['規', '共'])), "{chinese:?}");
    let json = greenwave(&[&wrong[..], &["--json"]].concat());
    let answer: Value = serde_json::from_str(&json.out).expect("JSON");
    let violations = answer["violations"].as_array().expect("a list").len();
    assert_eq!(english.out.lines().count(), violations + 1, "every one is listed, and their number");
    refused(&["verify", &copy, "--graph", &graph, "--chips", "2"], &["--graph", "--chips"]);
    refused(&["verify", &copy, "--graph", &graph, "--lang", "fr"], &["--lang", "en or zh", "\"fr\""]);
    refused(&["verify", "tiny", "--lang", "zh"], &["--lang", "--graph"]);
    refused(&["verify", &graph, "--graph", &graph], &[&graph]);
}

#[test]
fn what_is_wrong_with_a_graph_is_told_in_either_language() {
    let folder = Folder::new("told");
    let file = folder.file("large.graph", b"graph 1\n%0 = input \"x\" : f32 [65536,65536]\noutput \"y\" %0\n");
    refused(&["compile", &file], &["4294967296 elements"]);
    let said = greenwave(&["compile", &file, "--lang", "zh"]);
    assert!(said.code == 2 && said.err.contains("共有 4294967296 個元素"), "{said:?}");
}

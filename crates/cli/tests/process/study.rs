//! `greenwave study`: cases by name and by file, and what is said to those that are none.
//!
//! In: words, case files written here.  Out: answers as JSON, refusals at their field.
//! Invariant: a file of a case is worth as much as its name.

use crate::tool::{Folder, greenwave, refused};
use serde_json::Value;

fn json(words: &[&str]) -> Value {
    let said = greenwave(words);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    serde_json::from_str(&said.out).expect("JSON")
}

#[test]
fn a_case_is_answered_by_name_and_by_file() {
    let cases = json(&["study", "--list", "--json"]);
    let mut case = cases[0].clone();
    let by_name = json(&["study", case["id"].as_str().expect("a name"), "--json"]);
    let folder = Folder::new("study");
    let file = folder.file("case.json", case.to_string().as_bytes());
    assert_eq!(json(&["study", &file, "--json"]), by_name);
    case["seed"] = 2.into();
    let other = folder.file("other.json", case.to_string().as_bytes());
    assert_ne!(json(&["study", &other, "--json"])["waterfall"]["whole_ns"], by_name["waterfall"]["whole_ns"]);
    let words = ["study", "llama-2-70b", "--users", "8", "--set", "hbm.imbalance=0.6,money.kwh=0.2"];
    let said = greenwave(&[&words[..], &["--file"]].concat());
    let changed = folder.file("changed.json", said.out.as_bytes());
    let (of_file, of_words) = (json(&["study", &changed, "--json"]), json(&[&words[..], &["--json"]].concat()));
    for view in ["waterfall", "jitter"] {
        assert_eq!(of_file[view], of_words[view], "what was set is in the file");
    }
    let dollars = |answer: &Value| answer["bill"]["ledgers"][0]["owned"]["total"].clone();
    assert_eq!(dollars(&of_file), dollars(&of_words));
    assert!(greenwave(&["study", "tiny"]).out.contains("LPU 0 cycles"));
    assert!(json(&["study", "claims", "--json"]).as_array().is_some_and(|claims| 15 < claims.len()));
}

#[test]
fn what_is_no_case_is_refused_at_its_field() {
    refused(&["study", "nonsense"], &["case: ", "nonsense", "llama-2-70b"]);
    refused(&["study", "llama-2-70b", "--set", "money.kwh=-1"], &["--set: `money.kwh`", "from 0 to 150"]);
    refused(&["study", "llama-2-70b", "--set", "money.kwh=1e308"], &["--set: `money.kwh`", "found 1e308;"]);
    refused(&["study", "claims", "--set", "nothing=1"], &["--set: `nothing`", "the id of an input"]);
    refused(&["study", "claims", "--set", "record.chips=NaN"], &["--set: `record.chips`", "found NaN"]);
    refused(&["study", "llama-2-70b", "--set", "gpu.speed_spread=9"], &["--set: `gpu.speed_spread`", "from 0 to 0.03"]);
    refused(&["study", "llama-2-70b", "--set", "a100.hbm_eff=0.85"], &["--set: `a100.hbm_eff`", "depends on"]);
    refused(&["study", "llama-2-70b", "--set", "money.kwh"], &["--set: ", "ID=VALUE"]);
    refused(&["study", "llama-2-70b", "--users", "0"], &["--users: "]);
    refused(&["study", "llama-2-7b", "--chips", "64", "--routing", "--runs", "0"], &["--runs: ", "from 1 to 1000"]);
    let folder = Folder::new("study-refused");
    let text = json(&["study", "--list", "--json"])[0].to_string();
    let spoiled = folder.file("spoiled.json", text.replace("\"count\":8", "\"counts\":8").as_bytes());
    refused(&["study", &spoiled], &["line 1, column ", "unknown field `counts`"]);
    let absurd = folder.file("absurd.json", text.replace("\"context\":1024", "\"context\":0").as_bytes());
    refused(&["study", &absurd], &["context: ", "found 0"]);
    let dear = folder.file("rate.json", text.replace("record.lpu_llama70b", "money.kwh").as_bytes());
    refused(&["study", &dear], &["lpu.rate: ", "found `money.kwh`", "record.lpu_llama70b"]);
    let crowd = greenwave(&["study", "llama-2-70b", "--users", "4000"]);
    assert!(crowd.code == 2 && crowd.err.contains("gpu: ") && crowd.err.contains("GB of cache"), "{crowd:?}");
}

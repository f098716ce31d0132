//! Answers that need no file: the constants of the machine, published shapes, and a text that ends with its context.
//!
//! In: `greenwave chip`, a run that is asked for more than fits.  Out: rows, remarks, promised fields.
//! Invariant: what is cut short says so beside the answer.

use crate::tool::{greenwave, refused};
use serde_json::Value;

#[test]
fn the_chip_lists_every_constant_with_standing_and_source() {
    let said = greenwave(&["chip", "--json"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    let answer: Value = serde_json::from_str(&said.out).expect("JSON");
    let rows = answer["constants"].as_array().expect("a list");
    let table = greenwave(&["chip"]).out;
    for row in rows {
        let part = |name: &str| row[name].as_str().expect("a text").to_owned();
        let line = table.lines().find(|line| line.split_whitespace().next() == Some(part("name").as_str()));
        let line = line.unwrap_or_else(|| panic!("the table lacks {row}"));
        for name in ["value", "unit", "standing", "source"] {
            assert!(line.contains(&part(name)), "`{line}` lacks {name} of {row}");
        }
        let standing = part("standing");
        assert!(["published", "measured", "derived", "assumed"].contains(&standing.as_str()), "{row}");
    }
    for name in ["clock", "slices_reserved", "mxm_accumulate", "vxm_wiring", "host_bytes_per_second"] {
        assert!(rows.iter().any(|row| row["name"] == name), "{name} is missing");
    }
    assert!(table.contains(&format!("{} constants: ", rows.len())), "{table}");
    assert_eq!(greenwave(&["chip", "lpu-14nm"]).out, table);
    refused(&["chip", "abacus"], &["chip `abacus`: expected lpu-14nm"]);
    refused(&["chip", "--context", "1"], &["--json", "--context"]);
}

#[test]
fn a_text_that_fills_the_context_says_so() {
    let words = ["run", "tiny", "--context", "12", "--prompt", "The traffic light", "--tokens"];
    let run = |tokens: &'static str| greenwave(&[words.as_slice(), &[tokens, "--json"]].concat());
    let answer = |out: &str| -> Value { serde_json::from_str(out).expect("JSON") };
    let (short, long) = (run("2"), run("400"));
    assert_eq!((short.code, short.err.as_str(), long.code), (0, "", 0), "{short:?} {long:?}");
    let written = answer(&long.out)["tokens"].as_u64().expect("a number");
    let remark = format!("greenwave: stopped at {written} of 400 tokens: the context of 12 positions is full;");
    assert!(long.err.starts_with(&remark) && long.err.lines().count() == 1, "{long:?}");
    let fields = |out: &str| answer(out).as_object().expect("fields").keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(&long.out), fields(&short.out), "the promised fields and no other");
}

#[test]
fn formats_are_named_in_the_answer_and_change_the_program() {
    let answer = |words: &[&str]| -> Value {
        let said = greenwave(&[&["compile", "tiny", "--context", "32", "--json"], words].concat());
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
        serde_json::from_str(&said.out).expect("JSON")
    };
    let asked: [(&[&str], &str); 4] = [
        (&[], "int8"),
        (&["--weights", "fp16"], "fp16"),
        (&["--keep-fp16", "down, head"], "int8 with down, head in fp16"),
        (&["--weights", "fp16", "--keep-fp16", "down"], "fp16"),
    ];
    let answers = asked.map(|(words, name)| {
        let answer = answer(words);
        assert_eq!((answer["weights"].as_str(), answer["verified"].as_bool()), (Some(name), Some(true)), "{answer}");
        answer["program_bytes"].as_u64().expect("a size")
    });
    assert!(answers[0] != answers[1] && answers[0] != answers[2] && answers[1] == answers[3], "{answers:?}");
    let said = greenwave(&["run", "tiny", "--context", "32", "--weights", "fp16", "--prompt", "The", "--tokens", "3"]);
    assert!(said.code == 0 && said.out.contains(" 0 violations"), "{said:?}");
}

#[test]
fn published_shapes_beside_their_published_times_say_what_was_compiled() {
    let answer = |words: &[&str]| -> Value {
        let said = greenwave(&[&["compile"], words, &["--json"]].concat());
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
        serde_json::from_str(&said.out).expect("JSON")
    };
    let pass = answer(&["bert-base", "--context", "32"]);
    assert_eq!((pass["verified"].as_bool(), pass["tokens"].as_u64()), (Some(true), Some(32)), "{pass}");
    let spent = pass["spent"].as_array().expect("accounts").iter();
    let total: f64 = spent.map(|account| account["cycles"].as_f64().expect("cycles")).sum();
    assert!((total - pass["cycles"].as_f64().expect("cycles")).abs() < 1e-6, "{pass}");
    assert_eq!(pass["published"]["microseconds"].as_f64(), Some(130.0), "{pass}");
    let said = greenwave(&["compile", "BERT-base"]).out;
    assert!(said.contains("128 tokens") && said.contains("published: 130 us") && said.contains("unknown"), "{said}");
    let image = answer(&["resnet-50"]);
    assert_eq!(image["verified"].as_bool(), Some(true), "{image}");
    let time = |of: &Value| of["microseconds"].as_f64().expect("a time");
    let difference = time(&image) - time(&image["published"]);
    assert!((image["difference"].as_f64().expect("a time") - difference).abs() < 1e-9, "{image}");
    let said = greenwave(&["compile", "resnet-50"]).out;
    assert!(said.contains("published: 49.0 us") && said.contains("unknown") && said.contains("7 x 7"), "{said}");
    refused(&["compile", "bert-large"], &["BERT-large: ", "at most 960 lanes"]);
    refused(&["compile", "bert-base", "--context", "100"], &["a multiple of 16, 6 to 128"]);
    refused(&["compile", "bert-base", "--out", "p.gw"], &["BERT-base: ", "--out"]);
    refused(&["compile", "resnet-50", "--context", "8"], &["ResNet-50: ", "--context"]);
}

//! What binds a token, as the command line and the page are told: held to the record of makespans and to plain sums.
//!
//! In: the default model, the built-in shapes, `tests/makespans.txt`.  Out: a failure names the bound.
//! Invariant: no bound is above what it bounds; what binds is the greater of the two it is chosen from.

use cli::{Output, dispatch};
use serde_json::Value;
use std::ffi::OsString;

fn asked(words: &[&str]) -> Result<Value, String> {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let mut bytes = Vec::new();
    let mut output = Output::new(&mut bytes);
    dispatch(&words, &mut output).map_err(|failure| failure.message)?;
    output.finish().map_err(|failure| failure.message)?;
    drop(output);
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("a number, not {value}"))
}

fn sum(steps: &Value) -> u64 {
    steps.as_array().expect("steps").iter().map(|step| number(&step["cycles"])).sum()
}

#[test]
fn the_bounds_of_a_program_are_those_of_the_record() {
    let answer = asked(&["compile", "tiny", "--json"]).expect("it compiles");
    let (bounds, cycles) = (&answer["bounds"], number(&answer["predicted_cycles"]));
    let record = tests::read("tests/makespans.txt");
    let line = record.lines().find_map(|line| line.strip_prefix("tiny, context 128: ")).expect("it is recorded");
    let gap = |name: &str| format!("{:.1}", 100.0 * bounds[name].as_f64().expect("a share"));
    assert_eq!(line, format!("{cycles} {} {}", gap("first_gap"), gap("second_gap")));
    let (mut length, mut second) = (0, 0);
    for stage in bounds["second"]["stages"].as_array().expect("stages") {
        let [times, cycles, critical, busy] = ["times", "cycles", "critical", "busy"].map(|key| number(&stage[key]));
        length += times * cycles;
        second += times * critical.max(busy);
        let binds = if busy <= critical { "chain" } else { stage["busiest"].as_str().expect("a queue") };
        assert_eq!(stage["binds"], binds);
        let spent = sum(&stage["path"]);
        assert!(spent <= cycles && cycles <= spent + spent / 20 + 5, "{}: {spent} of {cycles}", stage["stage"]);
        assert!(number(&stage["waits_for_weights"]) <= spent);
    }
    assert_eq!((length, second), (cycles, number(&bounds["second"]["cycles"])));
    let first = &bounds["first"];
    assert_eq!(
        number(&first["chain"]),
        sum(&first["layer"]) * number(&first["layers"]) + number(&first["head"]["cycles"])
    );
    assert_eq!(number(&first["cycles"]), number(&first["chain"]).max(number(&first["install"])));
}

#[test]
fn a_shape_without_weights_has_a_bound_that_says_what_binds() {
    let binds = |model: &str| -> Vec<(u64, String, bool)> {
        let answer = asked(&["compile", model, "--json"]).expect("a built-in shape");
        assert_eq!(answer["compiled"], false);
        let bounds = answer["first_bounds"].as_array().expect("bounds").iter();
        bounds
            .map(|first| (number(&first["chips"]), first["binds"].to_string(), first["weights_fit"] == true))
            .collect()
    };
    let expected =
        |list: [(u64, &str, bool); 4]| list.map(|(chips, binds, fit)| (chips, format!("{binds:?}"), fit)).to_vec();
    let seven = [(1, "install", false), (8, "install", false), (64, "chain", true), (576, "chain", true)];
    assert_eq!(binds("Llama-2-7B"), expected(seven));
    let seventy = [(1, "install", false), (8, "install", false), (64, "install", false), (576, "chain", true)];
    assert_eq!(binds("meta-llama/Llama-2-70b-hf"), expected(seventy));
    // Two experts are installed, all eight are held.
    let mixed = [(1, "install", false), (8, "install", false), (64, "chain", false), (576, "chain", true)];
    assert_eq!(binds("mixtral"), expected(mixed));
    let mixture = asked(&["compile", "mixtral", "--funnel", "--json"]).expect("a built-in shape");
    assert_eq!(mixture["funnel"]["unknown"], Value::Array(Vec::new()));
    let refused = asked(&["compile", "70b", "--out", "/nonexistent/p.gw"]).expect_err("nothing to write");
    assert!(refused.contains("a model with weights"), "{refused}");
}

#[test]
fn the_funnel_is_there_when_asked_for() {
    let plain = asked(&["compile", "tiny", "--context", "32", "--json"]).expect("it compiles");
    assert_eq!(plain["funnel"], Value::Null);
    let answer = asked(&["compile", "tiny", "--context", "32", "--funnel", "--json"]).expect("it compiles");
    assert_eq!(answer["funnel"]["issues"], answer["instructions"]);
}

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
fn the_answer_in_words_has_all_that_the_question_is_about_in_100_columns() {
    let words = ["study", "mixtral-8x7b", "--users", "64", "--set", "lpu.use.batch=2,lpu.chips=640"];
    let said = greenwave(&words);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    for part in [
        "to break even, one of these must be true",
        "lpu.use.tokens_per_second",
        "what moves it most, from the low to the high of the input",
        "dollars and joules against speed",
        "claimed: 480 tokens/s, $0.27 per million (assumed: ",
        "it ends there: ",
        "joules against users",
        "rush hour at 8 requests/s",
        "API, ",
        "calls in a row, seconds with ",
        "from 14 to 4 nm: ",
    ] {
        assert!(said.out.contains(part), "no `{part}` in {}", said.out);
    }
    for words in [&words[..], &["study", "llama-2-70b-2023-software"], &["study", "tiny"], &["study", "claims"]] {
        let said = greenwave(words);
        let long: Vec<&str> = said.out.lines().filter(|line| 100 < line.chars().count()).collect();
        assert!(said.code == 0 && long.is_empty(), "{long:#?}");
    }
}

/// The small model is put on the chips and compiled for the context that the case names.
#[test]
fn the_case_of_the_small_model_is_compiled_as_it_asks() {
    let cycles =
        |words: &[&str]| json(&[&["study", "tiny", "--json"], words].concat())["lpu"]["Compiled"]["cycles"].clone();
    let plain = cycles(&[]);
    assert!(plain.is_u64() && cycles(&["--set", "lpu.chips=2"]) != plain && cycles(&["--set", "context=64"]) != plain);
    refused(&["study", "tiny", "--set", "lpu.chips=3"], &["lpu.chips: expected 1, 2, 4 or 8, found 3"]);
    refused(&["study", "tiny", "--set", "context=99999"], &["tiny: context: expected 1 to "]);
    refused(&["study", "tiny", "--set", "context=5"], &["context: expected room for the example", "found 5 positions"]);
}

/// What this use of the command would pass over is refused, and before anything is compiled.
#[test]
fn options_that_mean_nothing_here_are_refused() {
    for (words, parts) in [
        (
            ["llama-2-70b", "--lost", "3"].as_slice(),
            ["--lost: expected --users, --set, --file or --json beside a case"],
        ),
        (&["tiny", "--weights", "fp16"], ["--weights: "]),
        (&["claims", "--users", "8"], ["--users: expected --set or --json beside `claims`"]),
        (&["claims", "--file"], ["--file: expected --set or --json beside `claims`"]),
        (&["--list", "--users", "8"], ["--users: expected --list alone"]),
        (&["tiny", "--list"], ["expected --list alone"]),
        (&["llama-2-70b", "--chips", "576", "--users", "2", "--lost", "3"], ["--users: expected --context, "]),
        (&["llama-2-70b", "--chips", "576", "--set", "money.kwh=0.1"], ["--set: expected --context, "]),
        (&["llama-2-70b", "--chips", "576", "--seed", "1"], ["seed and runs those of --routing"]),
        (&["llama-2-70b", "--chips", "576", "--routing", "--out", "x"], ["no program is written"]),
        (&["llama-2-70b", "--chips", "576", "--out", "/nowhere/x.gw"], ["no folder around it"]),
        (&["llama-2-70b", "--chips", "576", "--lost", "999"], ["lost: expected 0 to 80"]),
        (&["llama-2-70b", "--chips", "576", "--lost", "3,3"], ["such as 3, c17 or c17:W4, each once"]),
        (&["llama-2-70b", "--chips", "576", "--lost", ""], ["--lost: "]),
        (&["llama-2-70b", "--chips", "576", "--lost", "-1"], ["--lost: "]),
        (&["llama-2-70b", "--chips", "577"], ["expected a multiple of 8 from 8 to 9280, found 577"]),
        (&["gpt-9", "--chips", "576"], ["gpt-9"]),
    ] {
        let started = std::time::Instant::now();
        refused(&[&["study"], words].concat(), &parts);
        assert!(started.elapsed().as_secs() < 20, "{words:?} is compiled before it is refused");
    }
}

#[test]
fn what_is_set_is_refused_with_a_file_as_without() {
    for set in ["money.kwh=-1", "money.life=0", "nothing=1", "record.chips=9", "use.batch=8", "hbm.imbalance=NaN"] {
        let plain = refused(&["study", "llama-2-70b", "--set", set], &["--set: `"]);
        assert_eq!(refused(&["study", "llama-2-70b", "--set", set, "--file"], &["--set: `"]), plain);
    }
    for (set, part) in [
        ("use.batch=8", "write `gpu.use.batch` or `lpu.use.batch`"),
        ("case.context=8", "change `context`, which is 1024"),
        ("record.chips=9", "greenwave study claims --set"),
        ("lpu.chips=0", "a whole number from 1 to 100000"),
        ("gpu.count=3", "1, 2, 4 or 8"),
        ("context=1e9", "a whole number from 1 to 1048576"),
        ("gpu.use.tokens_per_second=1e308", "found 1e308"),
        ("lpu.use.batch=-1", "from 1 to 4096"),
        ("money.kwh=0.1,money.kwh=0.2", "expected it once"),
        ("money.kwh=0.1,", "ID=VALUE"),
        ("=1", "the id of an input"),
        ("money.kwh=", "from 0 to 150"),
        ("money.kwh=inf", "from 0 to 150"),
    ] {
        refused(&["study", "llama-2-70b", "--set", set], &[part]);
    }
}

/// Case files of somebody who means no good: each is refused in one line that names the field.
#[test]
fn hostile_case_files() {
    const BOX: &str = "\"count\":8,\"engine\":\"modern\",\"format\":\"fp8\"";
    let folder = Folder::new("study-hostile");
    let text = json(&["study", "--list", "--json"])[0].to_string();
    let spoiled = |from: &str, to: &str, parts: &[&str]| {
        assert!(text.contains(from), "{from}");
        let path = folder.file("case.json", text.replacen(from, to, 1).as_bytes());
        refused(&["study", &path], &[&["case.json: "], parts].concat());
    };
    spoiled("\"users\":1", "\"users\":0", &["users: expected 1 to 4096 users, found 0"]);
    spoiled("\"users\":1", "\"users\":1e9", &["field `users`", "floating point"]);
    spoiled("\"users\":1", "\"users\":1000000000", &["users: ", "found 1000000000"]);
    spoiled("\"users\":1", "\"users\":-1", &["field `users`", "integer `-1`"]);
    spoiled("\"users\":1", "\"users\":\"one\"", &["field `users`", "string \"one\""]);
    spoiled("\"users\":1", "\"users\":null", &["field `users`", "null"]);
    spoiled("\"users\":1", "\"users\":1,\"users\":2", &["duplicate field `users`"]);
    spoiled(",\"users\":1", "", &["missing field `users`"]);
    spoiled("\"seed\":1", "\"seed\":99999999999999999999", &["field `seed`"]);
    spoiled("\"context\":1024", "\"context\":4294967295", &["context: ", "found 4294967295"]);
    spoiled("\"chips\":576", "\"chips\":0", &["lpu.chips: ", "found 0"]);
    spoiled("\"price\":\"materials\"", "\"price\":\"free\"", &["field `price`", "unknown variant `free`"]);
    spoiled("\"inputs\":{}", "\"inputs\":{\"money.kwh\":NaN}", &["field `money.kwh`"]);
    spoiled("\"inputs\":{}", "\"inputs\":{\"money.kwh\":1e999}", &["field `money.kwh`", "number out of range"]);
    spoiled("\"inputs\":{}", "\"inputs\":{\"money.kwh\":1,\"money.kwh\":1}", &["a second time"]);
    spoiled("\"inputs\":{}", "\"inputs\":[1]", &["field `inputs`", "expected ids of inputs"]);
    let path = |bytes: &[u8]| folder.file("odd.json", bytes);
    refused(&["study", &path(b"")], &["odd.json: line 1, column 0: "]);
    refused(&["study", &path(b"\xff\xfe{")], &["odd.json: line 1"]);
    refused(&["study", &path("[".repeat(60_000).as_bytes())], &["odd.json: line 1"]);
    refused(&["study", &path(&vec![b' '; 10 << 20])], &["case: expected at most 65536 bytes, found 10485760"]);
    for (from, to, parts) in [
        ("\"money.kwh\":1", "\"money.kwh\":1e308", ["`money.kwh`: found 1e308", "from 0 to 150"]),
        ("\"money.kwh\":1", "\"record.chips\":5", ["`record.chips`: found 5", "only the claims quote"]),
        ("\"money.kwh\":1", "\"use.batch\":5", ["`use.batch`: found 5", "`lpu.use.batch`"]),
        ("\"money.kwh\":1", "\"gpu.speed_spread\":-1", ["gpu.speed_spread", "found -1"]),
        ("\"H100 SXM\"", "\"B200\"", ["gpu.name: expected a GPU", "found `B200`"]),
        ("\"fp8\"", "\"int2\"", ["gpu.format: expected a format", "found `int2`"]),
        (BOX, "\"count\":1,\"engine\":\"modern\",\"format\":\"bf16\"", ["gpu.count: ", "138"]),
        ("\"model\":\"Llama-2-70B\"", "\"model\":\"\\u001b[2J\"", ["model: ", "\\u{1b}[2J"]),
    ] {
        let whole = text.replacen("\"inputs\":{}", "\"inputs\":{\"money.kwh\":1}", 1).replacen(from, to, 1);
        let said = greenwave(&["study", &folder.file("case.json", whole.as_bytes())]);
        assert!(said.code == 2 && said.out.is_empty() && said.err.lines().count() == 1, "{said:?}");
        assert!(
            parts.iter().all(|part| said.err.contains(part)) && !said.err.contains('\u{1b}'),
            "{parts:?}: {said:?}"
        );
    }
    let loud = text.replacen("\"en\":\"", "\"en\":\"\\u001b[2J\\u0007", 1);
    let said = greenwave(&["study", &folder.file("loud.json", loud.as_bytes())]);
    assert!(said.code == 0 && !said.out.contains(['\u{1b}', '\u{7}']), "{said:?}");
}

#[test]
fn collectives_are_told_in_words_and_as_json() {
    let answer = json(&["study", "collectives", "--rows", "1,2", "--json"]);
    assert_eq!((answer["chips"].as_u64(), answer["hop"].as_u64()), (Some(8), Some(522)));
    let lines = answer["lines"].as_array().expect("a line for each");
    assert_eq!((lines.len(), answer["judged"][0].as_u64()), (12, Some(24)));
    assert!(lines.iter().all(|line| line["minimal"]["closed_form"].as_u64() <= line["minimal"]["cycles"].as_u64()));
    let words = greenwave(&["study", "collectives", "--rows", "1", "--chips", "4"]).out;
    assert!(words.contains("all_reduce") && words.contains("node-4"), "{words}");
    refused(&["study", "collectives", "--chips", "9"], &["chips: expected 2 to 72", "found 9"]);
    refused(&["study", "collectives", "--rows", "0"], &["rows: expected 1 to 4096", "found 0"]);
    refused(&["study", "collectives", "--rows", "many"], &["--rows: ", "\"many\"", "1,64"]);
    refused(&["study", "llama-2-7b", "--chips", "64", "--lost", "c17:X9"], &["--lost: ", "c17:W4"]);
    refused(&["study", "llama-2-7b", "--chips", "64", "--lost", "c0:W7"], &["--lost: ", "cables that are there"]);
}

#[test]
fn what_is_no_case_is_refused_at_its_field() {
    refused(&["study", "nonsense"], &["case: ", "nonsense", "llama-2-70b"]);
    refused(&["study", "llama-2-70b", "--set", "money.kwh=-1"], &["--set: `money.kwh`", "from 0 to 150"]);
    refused(&["study", "llama-2-70b", "--set", "money.kwh=1e308"], &["--set: `money.kwh`", "found 1e308;"]);
    refused(&["study", "claims", "--set", "nothing=1"], &["--set: `nothing`", "the id of an input"]);
    refused(&["study", "claims", "--set", "record.chips=NaN"], &["--set: `record.chips`", "found NaN"]);
    refused(&["study", "claims", "--set", "hbm.imbalance=0.2"], &["--set: `hbm.imbalance`", "a claim depends on"]);
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
    assert!(
        crowd.code == 2
            && crowd.err.contains("users: ")
            && crowd.err.contains("at most 1642 users")
            && crowd.err.contains("GB of cache"),
        "{crowd:?}"
    );
}

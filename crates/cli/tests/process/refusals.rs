//! Words, options, prompts and paths that are wrong, each with its line.
//!
//! In: wrong command lines.  Out: exit code 2 and one line with place, expectation, finding and remedy.
//! Invariant: nothing is done before all words are understood.

use crate::tool::{Folder, greenwave, refused};

#[test]
fn unknown_words_are_named_beside_the_known_ones() {
    assert_eq!(refused(&[], &["expected a command, found nothing"]).matches("greenwave: ").count(), 1);
    refused(&["complie", "tiny"], &["compile, verify, run, asm, frame, trace, eval, chip, study", "\"complie\""]);
    refused(&["run", "tiny", "--promt", "a"], &["--prompt", "--promt", "run --help"]);
    refused(&["run", "tiny", "-q"], &["-q"]);
    refused(&["run"], &["MODEL", "nothing"]);
    refused(&["run", "tiny", "other", "--prompt", "a", "--tokens", "1"], &["\"other\" too"]);
    refused(&["verify", "tiny", "--json", "--json"], &["--json: expected it once"]);
    refused(&["run", "tiny", "--tokens", "1"], &["--prompt TEXT"]);
    refused(&["run", "tiny", "--prompt", "a"], &["--tokens N"]);
    refused(&["run", "tiny", "--prompt", "a", "--tokens", "1", "--greedy", "--seed", "1"], &["--greedy and --seed"]);
    for (words, wrong) in
        [(["run", "tiny", "--tokens"].as_slice(), "missing argument"), (&["asm", "tiny", "--chip"], "missing argument")]
    {
        let said = greenwave(words);
        assert!(
            said.code == 2 && said.out.is_empty() && said.err.contains(wrong) && said.err.lines().count() == 1,
            "{said:?}"
        );
    }
}

#[test]
fn help_and_version_are_answers() {
    assert!(greenwave(&["--help"]).out.contains("Exit codes"));
    assert!(greenwave(&["--version"]).out.starts_with("greenwave 0."));
    for name in ["compile", "verify", "run", "asm", "frame", "trace", "eval", "chip", "study"] {
        let said = greenwave(&[name, "--help"]);
        assert!(said.code == 0 && said.out.contains("Options:"), "{said:?}");
    }
}

#[test]
fn what_is_wrong_with_a_model_is_told_in_either_language() {
    let folder = Folder::new("model-told");
    let file = folder.file("short.gguf", b"GGUF\x03\0\0\0");
    let long = ["compile", "tiny", "--context", "9999"];
    let stopped = ["compile", "tiny", "--context", "9999", "--stop-after", "check"];
    for words in [["compile", &file].as_slice(), &long, &stopped, &["compile", "BERT-large"]] {
        let english = refused(words, &[words[1]]);
        assert_eq!(refused(&[words, &["--lang", "en"]].concat(), &[]), english);
        let said = greenwave(&[words, &["--lang", "zh"]].concat());
        assert!(said.code == 2 && said.out.is_empty() && said.err.lines().count() == 1, "{said:?}");
        assert!(english.is_ascii() && said.err.contains(words[1]) && said.err.trim_end().ends_with('。'), "{said:?}");
    }
    refused(&["compile", "tiny", "--lang", "fr"], &["--lang: expected en or zh, found \"fr\""]);
    assert_eq!(greenwave(&["compile", "tiny", "--lang", "zh"]).out, greenwave(&["compile", "tiny"]).out);
}

#[test]
fn what_this_build_cannot_do_says_what_is_possible() {
    refused(&["compile", "tiny", "--chips", "3"], &["--chips: expected 1, 2, 4 or 8, found 3"]);
    refused(&["compile", "tiny", "--chips", "0"], &["--chips"]);
    refused(&["compile", "tiny", "--weights", "fp8"], &["--weights: expected int8, fp16 or split, found \"fp8\""]);
    refused(&["verify", "tiny", "--keep-fp16", "down,norm"], &["--keep-fp16: expected query, key", "found \"norm\""]);
    refused(&["compile", "tiny", "--context", "0"], &["--context: expected a whole number from 1"]);
    refused(&["compile", "tiny", "--context", "70000"], &["to 65535"]);
    refused(&["compile", "tiny", "--context", "9999"], &["tiny: context: expected 1 to "]);
    let said = greenwave(&["compile", "tiny", "--chip", "abacus"]);
    assert!(said.code == 2 && said.err.contains("chip `abacus`: expected lpu-14nm; choose one of these"), "{said:?}");
    refused(
        &["frame", "tiny", "--token", "0", "--cycle", "0", "--view", "city"],
        &["token, chip, memory, traffic, compiler or schedule", "city"],
    );
    refused(&["frame", "tiny", "--token", "0", "--cycle", "0", "--svg"], &["--svg", "no picture files"]);
    refused(&["frame", "tiny", "--token", "0", "--cycle", "0", "--png", "a.png"], &["--png", "no picture files"]);
}

#[test]
fn prompts_that_cannot_be_run() {
    refused(&["run", "tiny", "--prompt", "", "--tokens", "1"], &["--prompt", "an empty one", "type a word"]);
    let long = "word ".repeat(200);
    refused(&["run", "tiny", "--prompt", &long, "--tokens", "1"], &["prompt: expected at most 127 tokens", "shorten"]);
    refused(&["run", "tiny", "--prompt", "a", "--tokens", "0"], &["--tokens: expected a whole number from 1"]);
    refused(&["run", "tiny", "--prompt", "a", "--tokens", "-1"], &["--tokens"]);
    refused(&["run", "tiny", "--prompt", "a", "--tokens", "1", "--seed", "x"], &["--seed"]);
}

#[test]
fn texts_that_cannot_be_evaluated() {
    let folder = Folder::new("texts");
    refused(&["eval", "tiny"], &["--text FILE"]);
    refused(&["eval", "tiny", "--text", &folder.path("absent.txt")], &["absent.txt", "nothing there"]);
    refused(
        &["eval", "tiny", "--text", &folder.file("empty.txt", b"")],
        &["empty.txt: text: expected at least 2 tokens"],
    );
    refused(&["eval", "tiny", "--text", &folder.file("odd.txt", b"car\xff")], &["odd.txt: byte 3", "UTF-8"]);
    refused(&["eval", "tiny", "--text", &folder.file("a.txt", b"a car"), "--tokens", "0"], &["--tokens"]);
}

#[test]
fn places_and_cursors_outside_the_chip() {
    let frame = |token: &str, cycle: &str, place: &str| {
        greenwave(&["frame", "tiny", "--token", token, "--cycle", cycle, "--at", place])
    };
    for (token, cycle, place, part) in [
        ("0", "999999", "E7@12", "cycle: expected one from 0 to "),
        ("128", "0", "E7@12", "token: expected one from 0 to 127, found 128"),
        ("0", "0", "E99@12", "--at: expected a stream from 0 to 31"),
        ("0", "0", "E7@99", "--at: expected a place from 0 to "),
        ("0", "0", "nowhere", "--at: expected a register (E7@12)"),
    ] {
        let said = frame(token, cycle, place);
        assert!(said.code == 2 && said.err.contains(part) && said.err.lines().count() == 1, "{said:?}");
    }
    let folder = Folder::new("batch");
    let batch = |text: &str, part: &str| {
        refused(
            &["frame", "tiny", "--batch", &folder.file("batch.txt", text.as_bytes())],
            &["batch.txt: line 2: ", part],
        );
    };
    batch("0 0 E7@12\n0 0\n", "found 2 words");
    batch("0 0 E7@12\n0 x E7@12\n", "a cycle");
    batch("0 0 E7@12\n0 0 E7\n", "a register");
    refused(&["frame", "tiny", "--batch", "x", "--token", "0"], &["--batch and --token"]);
}

#[test]
fn paths_that_hold_no_model() {
    let folder = Folder::new("paths");
    for command in ["compile", "verify", "asm"] {
        refused(&[command, &folder.path("absent.gguf")], &["absent.gguf", "nothing there", "check the path"]);
        refused(&[command, &folder.path("")], &["a folder"]);
        refused(&[command, &folder.file("empty", b"")], &["byte 0"]);
        refused(
            &[command, &folder.file("notes.txt", b"Not a model at all.")],
            &["byte 0: header: expected `GGUF`", "found `Not `", "choose a .gguf file"],
        );
    }
    for command in ["verify", "asm"] {
        refused(&[command, &folder.file("notes.gw", b"Neither of both.")], &["`GRNW` (a program)", "compile --out"]);
        refused(&[command, &folder.path("absent.gw")], &["a program of `greenwave compile --out`, a .gguf file"]);
    }
    refused(&["asm", "--check", &folder.path("absent.asm")], &["nothing there"]);
    refused(&["asm", "--check", &folder.file("odd.asm", b"program\xff")], &["byte 7", "UTF-8"]);
    #[cfg(unix)]
    refused(&["compile", "/dev/zero"], &["a device"]);
    let newline = greenwave(&["compile", "two\nlines\u{1b}[2J"]);
    assert_eq!(newline.err.lines().count(), 1, "{newline:?}");
    assert!(!newline.err.contains('\u{1b}'));
}

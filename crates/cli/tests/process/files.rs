//! Programs as files and as text: written, judged, tampered with, printed, read back.
//!
//! In: `tiny`, compiled.  Out: exit codes and violations.
//! Invariant: a program that was changed is never said to be verified.

use crate::tool::{Folder, check_refusal, command, greenwave, refused};
use std::fs;
use std::io::Read;
use std::process::Stdio;
use units::Rng;

fn compiled(folder: &Folder) -> (String, Vec<u8>) {
    let path = folder.path("tiny.gw");
    let said = greenwave(&["compile", "tiny", "--context", "64", "--out", &path]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("verified") && said.out.contains("cycles per token"), "{said:?}");
    let bytes = fs::read(&path).expect("it was written");
    (path, bytes)
}

#[test]
fn a_written_program_is_verified_and_is_the_models() {
    let folder = Folder::new("written");
    let (path, bytes) = compiled(&folder);
    let said = greenwave(&["verify", &path]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("verified"));
    let again = folder.path("again.gw");
    assert_eq!(greenwave(&["compile", "tiny", "--context=64", "--json", "--out", &again]).code, 0);
    assert_eq!(fs::read(again).expect("it was written"), bytes, "the same model gives the same bytes");
    assert!(!fs::exists(folder.path("tiny.gw.part")).expect("the folder can be read"), "nothing half written is left");
    refused(&["run", &path, "--prompt", "a", "--tokens", "1"], &[&path, "a program holds no weights"]);
    refused(&["verify", &path, "--context", "64"], &["--context", "compiled already"]);
    refused(&["frame", &path, "--token", "0", "--cycle", "1", "--at", "W1+0"], &["a model"]);
    let scene = |name| greenwave(&["frame", name, "--token=0", "--cycle=700", "--context=64", "--json"]);
    let of_program = greenwave(&["frame", &path, "--token=0", "--cycle=700", "--json"]);
    assert_eq!((scene("tiny").code, scene("tiny").out), (of_program.code, of_program.out), "a scene needs no weights");
}

/// Published shapes have programs without weights: their texts are read back to the bytes that they name, all of a file's.
#[test]
fn the_text_of_a_published_shape_is_read_back() {
    let folder = Folder::new("shapes");
    let text = greenwave(&["asm", "bert-base", "--context", "16"]);
    assert_eq!(text.code, 0, "{}", text.err);
    let path = folder.file("bert.asm", text.out.as_bytes());
    let said = greenwave(&["asm", "--check", &path]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("the same bytes"), "{said:?}");
    let changed = text.out.replacen("nop 1", "nop 2", 1);
    let twice = folder.file("twice.asm", [text.out.as_str(), &changed].concat().as_bytes());
    let said = greenwave(&["asm", "--check", &twice]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("the same bytes") && said.out.contains("other bytes"), "{said:?}");
    let said = greenwave(&["asm", "llama-2-70b", "--chips", "8"]);
    assert!(said.code == 2 && said.out.is_empty() && said.err.contains("no room for the weights"), "{said:?}");
    refused(&["asm", "llama-2-70b", "--chip", "lpu-14nm"], &["--chip"]);
    let text = greenwave(&["asm", "resnet-50"]);
    assert_eq!(text.code, 0, "{}", text.err);
    let said = greenwave(&["asm", "--check", &folder.file("resnet.asm", text.out.as_bytes())]);
    assert!(said.code == 0 && said.out.contains("the same bytes"), "{said:?}");
    refused(&["asm", "resnet-50", "--context", "8"], &["ResNet-50", "--context"]);
}

/// The program does not depend on what the weights are, so that only their hashes tell one model from another of its shape.
#[test]
fn a_changed_weight_is_refused_with_its_tensor_and_rows() {
    let folder = Folder::new("weights");
    let (path, _) = compiled(&folder);
    let said = greenwave(&["verify", &path, "--model", "tiny"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("verified, and the weights of tiny are its own"), "{said:?}");
    let mut model =
        fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../static/models/tiny.gguf")).expect("it is there");
    let own = folder.file("own.gguf", &model);
    assert_eq!(greenwave(&["verify", &path, "--model", &own]).code, 0, "the same bytes in a file");
    let at = model.len() - 4_000;
    model[at] ^= 0x20;
    let other = folder.file("other.gguf", &model);
    let said = greenwave(&["verify", &path, "--model", &other]);
    assert_eq!(said.code, 1, "{said:?}");
    for part in [
        "weights: tensor `",
        "rows ",
        "expected hash ",
        ", found ",
        "give the model that the program was compiled from",
    ] {
        assert!(said.out.contains(part), "{said:?} lacks {part}");
    }
    let said = greenwave(&["verify", &path, "--model", "tiny", "--weights", "fp16"]);
    assert_eq!(said.code, 1, "{said:?}");
    refused(&["verify", &path, "--model", "tiny", "--context", "64"], &["--model", "--context"]);
    refused(&["verify", "tiny", "--model", "tiny"], &["tiny", "a program beside --model"]);
}

#[test]
fn a_damaged_file_is_refused_with_its_position() {
    let folder = Folder::new("damaged");
    let (_, bytes) = compiled(&folder);
    let mut rng = Rng::new(1);
    for _ in 0..40 {
        let mut damaged = bytes.clone();
        let at = 4 + rng.below(bytes.len() as u64 - 4) as usize;
        damaged[at] ^= 1 << rng.below(8);
        refused(&["verify", &folder.file("damaged.gw", &damaged)], &["damaged.gw: program file, byte "]);
    }
    for length in [4, 7, 8, 40, bytes.len() / 2, bytes.len() - 1] {
        refused(&["verify", &folder.file("short.gw", &bytes[..length])], &["byte "]);
        refused(&["asm", &folder.file("short.gw", &bytes[..length])], &["byte "]);
    }
    refused(&["verify", &folder.file("long.gw", &[bytes.as_slice(), b"!"].concat())], &["1 bytes more"]);
}

#[test]
fn a_tampered_program_with_sound_checksums_breaks_rules() {
    let folder = Folder::new("tampered");
    let (_, bytes) = compiled(&folder);
    let mut program = study::read_program(&bytes).expect("it was written by the tool");
    program.executable.instances[1].bases[1] += 1;
    let said = greenwave(&["verify", &folder.file("base.gw", &study::write_program(&program))]);
    assert_eq!(said.code, 1, "{said:?}");
    for part in ["rule ", "chip 0", "cycle ", "unit ", "expected ", "found ", " violations"] {
        assert!(said.out.contains(part), "{} lacks {part}", said.out);
    }
    let mut program = study::read_program(&bytes).expect("it was written by the tool");
    program.witness.templates[0].entries[0].cycle += 1;
    let said = greenwave(&["verify", &folder.file("witness.gw", &study::write_program(&program)), "--json"]);
    assert_eq!(said.code, 1, "{said:?}");
    let answer: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(answer["verified"], false);
    let violation = &answer["violations"][0];
    assert_eq!(violation["rule"], "witness");
    for field in ["number", "rule", "chip", "unit", "place", "expected", "found", "english", "chinese"] {
        assert!(!violation[field].is_null(), "{violation} lacks {field}");
    }
}

#[test]
fn a_program_of_another_machine_is_refused() {
    let folder = Folder::new("machine");
    let (_, bytes) = compiled(&folder);
    let mut program = study::read_program(&bytes).expect("it was written by the tool");
    program.executable.chip = "abacus".to_owned();
    let said = greenwave(&["verify", &folder.file("abacus.gw", &study::write_program(&program))]);
    assert_eq!((said.code, said.out.as_str()), (2, ""), "{said:?}");
    assert!(said.err.contains("chip `abacus`: expected lpu-14nm"), "{said:?}");
}

#[test]
fn mutations_are_refused_by_name_or_said_to_be_unchanged() {
    let folder = Folder::new("mutants");
    let (path, bytes) = compiled(&folder);
    let program = study::read_program(&bytes).expect("it was written by the tool");
    let verified = study::judge(program).expect("it is verified");
    let is_harmless =
        |seed: &u64| study::judge_mutant(&verified, *seed).is_some_and(|mutant| mutant.verdict.total == 0);
    let harmful = (0..100).find(|seed| !is_harmless(seed)).expect("most mutations break something");
    let said = greenwave(&["verify", &path, "--mutate", &harmful.to_string()]);
    assert_eq!(said.code, 1, "{said:?}");
    for part in [
        "mutation: ",
        "rule ",
        "chip 0",
        "cycle ",
        "unit ",
        "expected ",
        "found ",
        " violations\n",
        " outputs differ\n",
        "drawn from seed",
    ] {
        assert!(said.out.contains(part), "{} lacks {part}", said.out);
    }
    let is_long =
        |seed: &u64| study::judge_mutant(&verified, *seed).is_some_and(|mutant| 20 < mutant.verdict.violations.len());
    let long = (0..100).find(is_long).expect("some mutations break much");
    let said = greenwave(&["verify", &path, "--mutate", &long.to_string()]);
    assert_eq!(said.out.lines().filter(|line| line.starts_with("rule ")).count(), 20);
    assert!(said.out.contains(" of them not listed\n"), "{said:?}");
    // What is offered as harmless is harmless.
    let offered =
        said.out.lines().find_map(|line| line.strip_prefix("a harmless mutation: --mutate ")).map(str::to_owned);
    for harmless in (0..100).find(is_harmless).map(|seed| seed.to_string()).into_iter().chain(offered) {
        let said = greenwave(&["verify", &path, "--mutate", &harmless]);
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.out.contains("unchanged") && said.out.contains("  0 of "), "{said:?}");
        assert!(!said.out.contains(HIDDEN), "{said:?}");
        let said = greenwave(&["verify", &path, "--mutate", &harmless, "--json"]);
        assert!(said.code == 0 && said.out.contains("\"unchanged\":true"), "{said:?}");
    }
}

/// What is said where a program is refused and its outputs are what they were.
const HIDDEN: &str = "it is refused because a rule holds for all words";

#[test]
fn a_refused_mutant_whose_outputs_are_right_says_how_that_can_be() {
    let folder = Folder::new("hidden");
    let path = folder.path("softmax.gw");
    let graph = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/graphs/softmax.graph");
    assert_eq!(greenwave(&["compile", graph, "--out", &path]).code, 0);
    let mut counts = [0, 0];
    for seed in 0..40 {
        let said = greenwave(&["verify", &path, "--mutate", &seed.to_string()]);
        let is_hidden = said.code == 1 && said.out.contains("  0 of 4 outputs differ");
        assert_eq!(said.out.contains(HIDDEN), is_hidden, "seed {seed}: {said:?}");
        counts[usize::from(is_hidden)] += 1;
    }
    assert!(counts.iter().all(|count| 2 <= *count), "{counts:?}: both kinds are met");
}

#[test]
fn a_printed_program_is_read_back_to_the_same_bytes() {
    let folder = Folder::new("printed");
    let (path, _) = compiled(&folder);
    let text = greenwave(&["asm", "tiny", "--context", "64"]);
    assert_eq!(text.code, 0);
    assert_eq!(greenwave(&["asm", &path]).out, text.out, "model and file give one text");
    let said = greenwave(&["asm", "--check", &folder.file("tiny.asm", text.out.as_bytes())]);
    assert!(said.code == 0 && said.out.contains("the same bytes"), "{said:?}");
    let changed = text.out.replacen("nop 5", "nop 6", 1);
    assert_ne!(changed, text.out);
    let said = greenwave(&["asm", "--check", &folder.file("changed.asm", changed.as_bytes())]);
    assert!(said.code == 1 && said.out.contains("other bytes"), "{said:?}");
    let broken = text.out.replacen("\ntemplate", "\ntemplet", 1);
    refused(&["asm", "--check", &folder.file("broken.asm", broken.as_bytes())], &["line 2, column 1", "`templet`"]);
    refused(&["asm", "tiny", "--check", &path], &["leave the model out"]);
}

#[test]
fn a_text_that_no_machine_can_hold_is_found_out() {
    let folder = Folder::new("forms");
    const TEXT: &str =
        "program lpu-14nm on chip context 1\ntemplate only\n  queue W1.read\n    nop 5\n    read b0+3 -> E8\n";
    let check = |name: &str, (from, to): (&str, &str)| {
        let path = folder.file(name, TEXT.replacen(from, to, 1).as_bytes());
        (greenwave(&["asm", "--check", &path]), path)
    };
    let (said, path) = check("plain.asm", ("", ""));
    assert!(said.code == 0 && said.out.contains("so nothing was compared"), "{said:?}");
    for (change, part) in [
        (("on chip ", "on nowhere "), "nowhere"),
        (("context 1", "context 0"), "context"),
        (("-> E8", "-> E32"), "stream 32"),
    ] {
        let (said, _) = check("wrong.asm", change);
        assert!(said.code == 1 && said.out.contains("rule 1 ") && said.out.contains(part), "{change:?}: {said:?}");
    }
    let (said, _) = check("other.asm", ("lpu-14nm", "nosuch"));
    assert!(
        said.code == 2 && said.err.contains("chip `nosuch`") && said.err.contains("give its file with --chip"),
        "{said:?}"
    );
    let machine = greenwave(&["chip", "--machine"]).out.replacen("lpu-14nm", "other", 1);
    let said = greenwave(&["asm", "--check", &path, "--chip", &folder.file("other.json", machine.as_bytes())]);
    assert!(said.code == 1 && said.out.contains("found one compiled for lpu-14nm, not for other#"), "{said:?}");
    refused(&["asm", "--check", &path, "--chips", "2"], &["--chips", "no option of the compiler"]);
}

#[test]
fn a_reader_who_stops_reading_ends_it_quietly() {
    for words in [["asm", "tiny"].as_slice(), &["verify", "tiny", "--mutate", "1"]] {
        let mut child = command().args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut start = [0; 1];
        let mut out = child.stdout.take().expect("piped");
        out.read_exact(&mut start).expect("it says something");
        drop(out);
        let output = child.wait_with_output().expect("it ends");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.status.code().is_some_and(|code| code < 2), "{:?}", output.status);
    }
    let output = command().arg("nonsense").stderr(Stdio::null()).output().expect("it starts");
    assert_eq!(output.status.code(), Some(2), "nobody hears why, but the code says it");
}

#[test]
fn a_file_that_cannot_be_written_is_one_line() {
    let folder = Folder::new("unwritable");
    let nowhere = folder.path("nowhere/tiny.gw");
    check_refusal(&greenwave(&["compile", "tiny", "--out", &nowhere]), &[&nowhere, "check that the folder exists"]);
    check_refusal(&greenwave(&["compile", "tiny", "--out", &folder.path("")]), &["a folder"]);
}

#[test]
fn a_machine_is_a_file_that_can_be_edited() {
    let folder = Folder::new("machine");
    let published = greenwave(&["chip", "--machine"]);
    assert_eq!(published.code, 0, "{published:?}");
    let edited = published.out.replacen("lpu-14nm", "slow", 1).replacen("\"hop\": 1", "\"hop\": 2", 1);
    let slow = folder.file("slow.json", edited.as_bytes());
    assert_eq!(greenwave(&["chip", &slow, "--machine"]).out, edited, "it is printed as it was read");
    let rows = greenwave(&["chip", &slow]).out;
    assert!(rows.starts_with("slow#") && rows.contains("the machine's own file"), "{rows}");
    let program = folder.path("slow.gw");
    let compiled = greenwave(&["compile", "tiny", "--context", "64", "--chip", &slow, "--out", &program]);
    assert!(compiled.code == 0 && compiled.out.contains("slow#"), "{compiled:?}");
    let judged = greenwave(&["verify", &program, "--chip", &slow]);
    assert!(judged.code == 0 && judged.out.contains("verified"), "{judged:?}");
    let unknown = greenwave(&["verify", &program]);
    assert!(unknown.code == 2 && unknown.err.contains("or give its file with --chip"), "{unknown:?}");
    let slower = folder.file("slower.json", edited.replacen("\"hop\": 2", "\"hop\": 3", 1).as_bytes());
    let other = greenwave(&["verify", &program, "--chip", &slower]);
    assert!(
        other.code == 1 && other.out.contains("rule 1 form") && other.out.contains("expected a program for slow#"),
        "{other:?}"
    );
    let impossible =
        folder.file("impossible.json", edited.replacen("\"words\": 8192", "\"words\": 9000", 1).as_bytes());
    refused(&["compile", "tiny", "--chip", &impossible], &["impossible.json: machine file: ", "words is 9000 words"]);
    refused(
        &["compile", "tiny", "--chip", &folder.file("no.json", b"{}")],
        &["line 1, column 2", "missing field `name`"],
    );
    refused(&["compile", "tiny", "--chip", &folder.path("absent.json")], &["absent.json", "nothing there"]);
}

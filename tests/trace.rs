//! The trace for Chrome and Perfetto, read back and held against the program's witness.
//!
//! In: `greenwave trace` on the default model, on one chip and on two.  Out: a failure names track and cycle.
//! Invariant: every claim of the witness is a slice of its track in its cycle, for every token, and there is no other slice.
//! Method: the expected slices are counted from the witness's starts and cycles, which the writer of the trace does not use for times.

use arch::Chip;
use cli::{Code, Failure, Output, dispatch};
use program::Entry;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use verify::Verified;

/// Process, track, first cycle, cycles, instructions, name.
type Slice = (u64, String, u64, u64, u64, String);

fn asked(words: &[&str]) -> Result<Code, Failure> {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let mut output = Output::new(Vec::new());
    dispatch(&words, &mut output)
}

/// A name for a file of this test that nobody else has.
fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("greenwave-trace-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    folder.join(name)
}

fn verified(chips: u16) -> Verified {
    let model = tests::tiny(128);
    let topology = arch::Topology::of(chips).expect("a node has as many");
    let compiled = compile::compile_for(&model.graph, &model.weights, &Chip::lpu_14nm(), &topology).expect("it fits");
    verify::check(&Chip::lpu_14nm(), compiled.program).expect("it is legal")
}

/// What the witness claims of `tokens` tokens, sorted.
fn claimed(verified: &Verified, chips: u64, tokens: u64) -> Vec<Slice> {
    let program = verified.program();
    let mut slices = Vec::new();
    for token in 0..tokens {
        for (instance, start) in program.executable.instances.iter().zip(&program.witness.starts) {
            let template = &program.executable.templates[instance.template];
            let claims = &program.witness.templates[instance.template.index()];
            for claim in &claims.entries {
                let (queue, entries) = &template.queues[claim.queue as usize];
                let Entry::Issue(burst) = &entries[claim.entry as usize] else { panic!("a claim about a wait") };
                let first = token * program.witness.end.0 + start.0 + u64::from(claim.cycle);
                let cycles = u64::from(burst.count - 1) * u64::from(burst.interval) + 1;
                let label = &claims.labels[usize::from(claim.label)];
                let name = format!("{} {}", label.part, format!("{:?}", label.kind).to_lowercase());
                slices.extend(
                    (0..chips)
                        .map(|chip| (chip, queue.to_string(), first, cycles, u64::from(burst.count), name.clone())),
                );
            }
        }
    }
    slices.sort();
    slices
}

struct Trace {
    events: Vec<Value>,
    tracks: BTreeMap<(u64, u64), String>,
}

impl Trace {
    fn read(path: &PathBuf) -> Self {
        let text = std::fs::read_to_string(path).expect("it was written");
        let mut value: Value = serde_json::from_str(&text).expect("JSON");
        let Value::Array(events) = value["traceEvents"].take() else { panic!("no events") };
        let named = events.iter().filter(|event| event["name"] == "thread_name");
        let name = |event: &Value| event["args"]["name"].as_str().expect("a name").to_owned();
        let tracks = named.map(|event| (place(event), name(event))).collect();
        Trace { events, tracks }
    }

    /// Slices of queues, or of links, sorted.
    fn slices(&self, of_links: impl Fn(&str) -> bool) -> Vec<Slice> {
        let mut slices = Vec::new();
        for event in self.events.iter().filter(|event| event["ph"] == "X") {
            let track = self.tracks[&place(event)].clone();
            let number = |key: &str| event[key].as_u64().expect("a number");
            let count = event["args"]["count"].as_u64().unwrap_or(1);
            let name = event["name"].as_str().expect("a name").to_owned();
            if of_links(&track) {
                slices.push((number("pid"), track, number("ts"), number("dur"), count, name));
            }
        }
        slices.sort();
        slices
    }
}

fn place(event: &Value) -> (u64, u64) {
    (event["pid"].as_u64().expect("a process"), event["tid"].as_u64().expect("a track"))
}

fn is_link(track: &str) -> bool {
    track.starts_with("link ")
}

#[test]
fn slices_are_what_the_witness_claims_and_never_overlap() {
    for (chips, tokens) in [(1u16, 3u64), (2, 2)] {
        let path = scratch(&format!("{chips}.json"));
        let (chips_text, tokens_text) = (chips.to_string(), tokens.to_string());
        let words = ["trace", "tiny", "--chips", &chips_text, "--tokens", &tokens_text, "--out"];
        let code = asked(&[&words[..], &[path.to_str().expect("UTF-8")]].concat()).map_err(|failure| failure.message);
        assert_eq!(code, Ok(Code::Done));
        let (trace, verified) = (Trace::read(&path), verified(chips));
        let found = trace.slices(|track| !is_link(track));
        let expected = claimed(&verified, u64::from(chips), tokens);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected);
        }
        let issued: u64 = found.iter().map(|slice| slice.4).sum();
        assert_eq!(issued, tokens * verified.extent().issues, "the judge counted the instructions of a token");
        for track in [found, trace.slices(is_link)] {
            for pair in track.windows(2).filter(|pair| (pair[0].0, &pair[0].1) == (pair[1].0, &pair[1].1)) {
                assert!(pair[0].2 + pair[0].3 <= pair[1].2, "{pair:?} overlap");
            }
        }
        std::fs::remove_file(&path).expect("it is there");
    }
}

#[test]
fn every_vector_arrives_in_the_cycle_in_which_somebody_receives_it() {
    let path = scratch("vectors.json");
    let out = path.to_str().expect("UTF-8");
    assert_eq!(
        asked(&["trace", "tiny", "--chips", "2", "--out", out]).map_err(|failure| failure.message),
        Ok(Code::Done)
    );
    let trace = Trace::read(&path);
    let receives = trace.slices(|track| track.starts_with("c2c") && track.ends_with(".receive"));
    let crossing = Chip::lpu_14nm().latency.link_crossing().0;
    let mut starts: BTreeMap<u64, u64> = BTreeMap::new();
    let mut arrows = 0;
    for event in &trace.events {
        let number = |key: &str| event[key].as_u64().expect("a number");
        match event["ph"].as_str() {
            Some("s") => drop(starts.insert(number("id"), number("ts"))),
            Some("f") => {
                let (lands, track) = (number("ts"), &trace.tracks[&place(event)]);
                assert_eq!(lands, starts[&number("id")] + crossing);
                let taken = receives.iter().any(|slice| {
                    (slice.0, &slice.1) == (number("pid"), track) && slice.2 <= lands && lands < slice.2 + slice.3
                });
                assert!(taken, "nobody on {track} in cycle {lands}");
                arrows += 1;
            }
            _ => {}
        }
    }
    let sent = trace.slices(is_link);
    assert!(0 < arrows && arrows == sent.len() && arrows == starts.len());
    std::fs::remove_file(&path).expect("it is there");
}

#[test]
fn pieces_are_small_and_a_full_disk_ends_it() {
    let verified = verified(1);
    let mut greatest = 0;
    let size = study::trace(&[&verified], 5, &mut |piece| {
        greatest = greatest.max(piece.len());
        Ok::<(), ()>(())
    });
    assert!(greatest < 1_000, "{greatest} bytes at once");
    assert_eq!(size.map(|size| (size.tokens, size.cycles)), Ok((5, 5 * verified.extent().cycles)));
    let mut left = 10;
    let stopped = study::trace(&[&verified], 5, &mut |_| {
        left -= 1;
        if left == 0 { Err("full") } else { Ok(()) }
    });
    assert_eq!((stopped, left), (Err("full"), 0), "it goes on after the sink failed");
}

#[test]
fn a_program_that_the_judge_rejects_leaves_no_trace() {
    let mut program = verified(1).program().clone();
    let first = program::TemplateId::new(0);
    let (_, entries) = program.executable.templates[first].queues.first_mut().expect("it has queues");
    entries.insert(0, Entry::Nop(1));
    let (broken, out) = (scratch("broken.gw"), scratch("broken.json"));
    std::fs::write(&broken, study::write_program(&program)).expect("the test's folder can be written");
    let words = ["trace", broken.to_str().expect("UTF-8"), "--out", out.to_str().expect("UTF-8")];
    assert_eq!(asked(&words).map_err(|failure| failure.message), Ok(Code::Violated));
    assert!(!out.exists() && !out.with_file_name("broken.json.part").exists());
    std::fs::remove_file(&broken).expect("it is there");
}

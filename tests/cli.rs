//! The command line's answers on `tiny`, compared with the simulator alone and with what the page would compute.
//!
//! In: words for `greenwave`, asked in this process.  Out: promised fields; bytes at 200 places that are the simulator's.
//! Invariant: the bytes compared with come from a machine that ran each token from its launch on, without checkpoints.

use arch::{Chip, Geometry, Hemisphere, Queue, SliceId, Station, StreamId};
use cli::{Code, Output};
use frame::{Cursor, Holding, Inspection, Selection, Timeline};
use serde_json::Value;
use sim::{Moment, WordView};
use std::ffi::OsString;
use std::fs;
use study::{Flow, Options, Progress, Sampling, Session};
use tests::{Alone, Tokens};
use units::{Cycle, Rng};

const TINY: &[u8] = include_bytes!("../static/models/tiny.gguf");
const PROMPT: &str = "The traffic light turned green and every car";
const CONTEXT: u32 = 64;
/// Tokens of the text in which places are drawn.
const TOKENS: u32 = 14;
/// Places per kind.
const PLACES: usize = 50;

fn greenwave(words: &[&str]) -> (Code, String) {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let mut bytes = Vec::new();
    let mut output = Output::new(&mut bytes);
    let code = cli::dispatch(&words, &mut output).and_then(|code| output.finish().map(|()| code));
    drop(output);
    (code.unwrap_or_else(|failure| panic!("{words:?}: {}", failure.message)), String::from_utf8(bytes).expect("UTF-8"))
}

fn json(words: &[&str]) -> Value {
    let (code, out) = greenwave(words);
    assert_eq!(code, Code::Done, "{out}");
    assert_eq!(out.lines().count(), 1, "one line");
    serde_json::from_str(&out).expect("JSON")
}

fn go_on(_: Progress) -> Flow {
    Flow::Continue
}

fn session() -> Session<&'static [u8]> {
    let options = Options { context: CONTEXT, ..Options::default() };
    let mut session = Session::open(TINY, &options, &mut go_on).expect("the committed model opens");
    session.prompt(PROMPT, Sampling::Greedy, &mut go_on).expect("it fits");
    session.generate(TOKENS - session.tokens().len() as u32, Sampling::Greedy, &mut go_on).expect("it fits");
    session
}

#[test]
fn a_run_has_the_promised_fields() {
    for (prompt, word) in [(PROMPT, "the"), ("綠燈亮了，每一輛車", "在")] {
        let words = ["run", "tiny", "--prompt", prompt, "--tokens", "12", "--context", "64", "--json"];
        let answer = json(&words);
        let fields: Vec<&str> = answer.as_object().expect("an object").keys().map(String::as_str).collect();
        let mut promised = [
            "text",
            "prompt_tokens",
            "tokens",
            "chips",
            "cycles",
            "predicted_cycles",
            "violations",
            "chip_tokens_per_second",
            "with_host_tokens_per_second",
            "wall_tokens_per_second",
        ];
        promised.sort_unstable();
        assert_eq!(fields, promised);
        assert!(answer["text"].as_str().is_some_and(|text| text.contains(word)), "{answer}");
        assert_eq!((answer["tokens"].as_u64(), answer["chips"].as_u64()), (Some(12), Some(1)));
        assert_eq!((&answer["cycles"], answer["violations"].as_u64()), (&answer["predicted_cycles"], Some(0)));
        let seconds = |field: &str| 1.0 / answer[field].as_f64().expect("a number");
        let (chip, host) = (seconds("chip_tokens_per_second"), seconds("with_host_tokens_per_second"));
        assert!(chip < host && 0.0 < seconds("wall_tokens_per_second"), "{answer}");
        assert!((chip * 900e6 - answer["cycles"].as_f64().expect("a number")).abs() < 1.0, "at 900 MHz");
        let (_, text) = greenwave(&words[..8]);
        assert!(text.starts_with(&format!("{prompt}{}", answer["text"].as_str().expect("text"))), "{text}");
    }
}

#[test]
fn a_seed_gives_one_text_and_another_seed_may_give_another() {
    let text = |seed: &str| {
        let words =
            ["run", "tiny", "--prompt", "Late at", "--tokens", "16", "--context", "64", "--json", "--seed", seed];
        json(&words)["text"].clone()
    };
    let texts: Vec<Value> = ["1", "2", "3", "4"].map(text).to_vec();
    assert_eq!(text("1"), texts[0]);
    assert!(texts.iter().any(|other| *other != texts[0]), "{texts:?}");
}

#[test]
fn compile_and_verify_agree_on_cycles() {
    let compiled = json(&["compile", "tiny", "--context", "64", "--json"]);
    assert_eq!((&compiled["verified"], &compiled["violations"]), (&Value::Bool(true), &Value::from(0)));
    let (code, text) = greenwave(&["verify", "tiny", "--context", "64"]);
    let cycles = frame::grouped(compiled["predicted_cycles"].as_u64().expect("a number"));
    assert!(code == Code::Done && text.contains(&format!("{cycles} cycles")), "{text}");
    let judged = json(&["verify", "tiny", "--json"]);
    assert_eq!((&judged["verified"], &judged["total"]), (&Value::Bool(true), &Value::from(0)));
}

#[test]
fn perplexity_is_that_of_the_probabilities_a_run_shows() {
    let text = "The traffic light turned green and every car on the avenue";
    let path = format!("{}/text.txt", env!("CARGO_TARGET_TMPDIR"));
    fs::write(&path, text).expect("the target folder can be written");
    let answer = json(&["eval", "tiny", "--text", &path, "--context", "64", "--json"]);
    let mut session = session();
    session.prompt(text, Sampling::Greedy, &mut go_on).expect("it fits");
    let tokens = session.tokens();
    let given = |token: &study::Token| {
        let candidate = token.candidates.iter().find(|candidate| candidate.id == token.next);
        f64::from(candidate.expect("tiny knows this text by heart").probability)
    };
    let predictions = &tokens[..tokens.len() - 1];
    let nats: f64 = predictions.iter().map(|token| -given(token).ln()).sum();
    let expected = (nats / predictions.len() as f64).exp();
    let number = |field: &str| answer[field].as_f64().expect("a number");
    assert_eq!(answer["tokens"].as_u64(), Some(predictions.len() as u64));
    assert!((number("perplexity_chip") - expected).abs() < 1e-5 * expected, "{answer}, expected {expected}");
    assert!((number("perplexity_f32") / expected - 1.0).abs() < 0.02, "int8 costs tiny less than 2 %: {answer}");
    let right = predictions.iter().filter(|token| token.candidates[0].id == token.next).count();
    assert!((number("top1_right_chip") - right as f64 / predictions.len() as f64).abs() < 1e-12, "{answer}");
    assert!(0.9 <= number("top1_agreement") && number("top1_agreement") <= 1.0, "{answer}");
    let first = json(&["eval", "tiny", "--text", &path, "--context", "16", "--tokens", "3", "--json"]);
    assert_eq!(first["tokens"].as_u64(), Some(3));
}

#[test]
fn a_text_longer_than_the_context_is_cut_into_windows() {
    let path = format!("{}/windows.txt", env!("CARGO_TARGET_TMPDIR"));
    fs::write(&path, "The traffic light turned green and every car on the avenue rolled on the beat. ".repeat(2))
        .expect("the target folder can be written");
    let tokens = |context: &str| {
        let answer = json(&["eval", "tiny", "--text", &path, "--context", context, "--json"]);
        (answer["tokens"].as_u64(), answer["perplexity_chip"].as_f64().expect("a number"))
    };
    let (whole, cut) = (tokens("128"), tokens("16"));
    assert_eq!(whole.0, cut.0, "every token but the first is predicted once");
    assert!(whole.1 < cut.1, "less context, less known: {whole:?} {cut:?}");
}

#[test]
fn scenes_are_the_pages() {
    let session = session();
    let timeline = Timeline::new(session.chip(), session.program());
    let cursor = Cursor { token: 3, cycle: 1234 };
    let answer = |view: &str| {
        let words = ["frame", "tiny", "--context", "64", "--token", "3", "--cycle", "1234", "--json", "--view", view];
        greenwave(&words).1
    };
    let line = |value: &dyn Fn() -> serde_json::Result<String>| value().expect("plain data") + "\n";
    let chip = frame::chip(&timeline, cursor, &frame::ChipView::full());
    assert_eq!(answer("chip"), line(&|| serde_json::to_string(&chip)));
    let memory = frame::memory(&timeline, cursor, None);
    assert_eq!(answer("memory"), line(&|| serde_json::to_string(&memory)));
    let token = frame::token(&timeline, session.tokens(), cursor);
    assert_eq!(answer("token"), line(&|| serde_json::to_string(&token)));
}

/// What the simulator has at a place.
fn held(moment: &Moment, selection: Selection) -> Holding {
    let word = match selection {
        Selection::Stream { stream, station } => moment.stream(stream, station).map(|word| word.word),
        Selection::Sram { slice, address } => moment.sram(slice, address),
        _ => return Holding::Unknown,
    };
    match word {
        None => Holding::Empty,
        Some(WordView::Bytes(bytes)) => Holding::Bytes(bytes.to_vec()),
        Some(WordView::Poisoned(_)) => Holding::Poisoned(String::new()),
    }
}

/// Cycles after an instance's start in which the busy registers are asked: a replay resumes there.
const AFTER_START: u64 = 12;

/// Seeded places: registers busy just after an instance's start, any registers, words of memory, queues and planes.
fn places(alone: &Alone) -> Vec<(Cursor, Selection)> {
    let chip = Chip::lpu_14nm();
    let stations = Geometry::new(&chip).stations();
    let length = alone.program().witness.end.0;
    // The first instance has nothing before it.
    let starts = &alone.program().witness.starts[1..];
    let registers: Vec<(StreamId, Station)> = arch::Direction::BOTH
        .into_iter()
        .flat_map(|way| (0..chip.streams).map(move |number| StreamId::new(way, number)))
        .flat_map(|stream| (0..stations).map(move |station| (stream, Station(station))))
        .collect();
    let queues = Queue::all(&chip);
    let mut rng = Rng::new(2026);
    let mut places = Vec::new();
    for index in 0..4 * PLACES {
        let mut cursor = Cursor { token: rng.below(TOKENS.into()) as u32, cycle: rng.below(length) };
        let mut register = registers[rng.below(registers.len() as u64) as usize];
        if index % 4 == 0 {
            cursor.cycle = starts[rng.below(starts.len() as u64) as usize].0 + rng.below(AFTER_START);
            let moment = alone.moment(cursor.token, Cycle(cursor.cycle));
            let busy: Vec<_> = registers.iter().filter(|(stream, at)| moment.stream(*stream, *at).is_some()).collect();
            if !busy.is_empty() {
                register = *busy[rng.below(busy.len() as u64) as usize];
            }
        }
        let slice = SliceId {
            hemisphere: Hemisphere::BOTH[rng.below(2) as usize],
            number: rng.below(chip.slices.into()) as u8,
        };
        let selection = match index % 4 {
            0 | 1 => Selection::Stream { stream: register.0, station: register.1 },
            2 => Selection::Sram { slice, address: rng.below(400) as u16 },
            _ if index % 8 == 3 => Selection::Queue(queues[rng.below(queues.len() as u64) as usize]),
            _ => Selection::Plane { hemisphere: slice.hemisphere, plane: rng.below(chip.planes.into()) as u8 },
        };
        places.push((cursor, selection));
    }
    places
}

#[test]
fn two_hundred_places_hold_what_the_simulator_alone_has_there() {
    let alone = Alone::new(TINY, PROMPT, Tokens::InAll(TOKENS as usize), CONTEXT);
    let places = places(&alone);
    let line = |(cursor, selection): &(Cursor, Selection)| {
        format!("{} {} {}\n", cursor.token, cursor.cycle, frame::selection(*selection))
    };
    let path = format!("{}/places.txt", env!("CARGO_TARGET_TMPDIR"));
    fs::write(&path, places.iter().map(line).collect::<String>()).expect("the target folder can be written");
    let (code, out) = greenwave(&["frame", "tiny", "--context", "64", "--prompt", PROMPT, "--batch", &path]);
    assert_eq!(code, Code::Done);
    let answers: Vec<&str> = out.lines().collect();
    assert_eq!(answers.len(), places.len());
    let mut with_bytes = 0;
    for ((cursor, selection), answer) in places.iter().zip(&answers) {
        let inspection: Inspection = serde_json::from_str(answer).expect("what it wrote can be read");
        assert_eq!(serde_json::to_string(&inspection).expect("plain data"), **answer, "the same bytes again");
        let held = held(&alone.moment(cursor.token, Cycle(cursor.cycle)), *selection);
        assert_eq!(inspection.holding, held, "{cursor:?} {selection:?}");
        with_bytes += usize::from(matches!(held, Holding::Bytes(_)));
    }
    assert!(PLACES <= with_bytes, "{with_bytes} of {} places hold bytes: too few to tell", places.len());
    let (cursor, selection) = places[0];
    let (token, cycle) = (cursor.token.to_string(), cursor.cycle.to_string());
    let at = frame::selection(selection);
    let one = ["frame", "tiny", "--context", "64", "--token", &token, "--cycle", &cycle, "--at", &at, "--json"];
    assert_eq!(greenwave(&one).1, format!("{}\n", answers[0]), "one place alone gives the same line");
}

#[test]
fn programs_for_fewer_positions_make_a_staircase_that_compile_run_and_trace_agree_on() {
    let compiled = json(&["compile", "tiny", "--buckets", "--json"]);
    let stairs = compiled["buckets"]["stairs"].as_array().expect("a list").clone();
    let number = |value: &Value| value.as_u64().expect("a number");
    let ends: Vec<u64> = stairs.iter().map(|stair| number(&stair["to"])).collect();
    assert_eq!(ends, [16, 32, 64, 128]);
    let cycles: Vec<u64> = stairs.iter().map(|stair| number(&stair["cycles"])).collect();
    assert!(cycles.is_sorted_by(|one, next| one < next), "{cycles:?}");
    assert_eq!(cycles[3], number(&compiled["predicted_cycles"]));
    let bytes: u64 = stairs.iter().map(|stair| number(&stair["instruction_bytes"])).sum();
    assert_eq!(bytes, number(&compiled["buckets"]["instruction_bytes"]));
    assert!(bytes <= number(&compiled["buckets"]["instruction_room"]));
    let (_, text) = greenwave(&["compile", "tiny", "--buckets"]);
    assert!(text.contains(&format!("positions 0 to 15: {} cycles", frame::grouped(cycles[0]))), "{text}");

    let ran = json(&["run", "tiny", "--prompt", PROMPT, "--tokens", "20", "--buckets", "--json"]);
    assert_eq!((number(&ran["cycles"]), &ran["buckets"]), (cycles[1], &compiled["buckets"]), "{ran}");
    let steps = number(&ran["prompt_tokens"]) + 19;
    let mean = (16 * cycles[0] + (steps - 16) * cycles[1]).div_ceil(steps);
    let told = 900e6 / ran["chip_tokens_per_second"].as_f64().expect("a number");
    assert!((told - mean as f64).abs() < 1.0, "{told} cycles an average token, not {mean}");

    let path = std::env::temp_dir().join(format!("greenwave-buckets-{}.json", std::process::id()));
    let out = path.to_str().expect("UTF-8");
    let traced = json(&["trace", "tiny", "--tokens", "18", "--buckets", "--out", out, "--json"]);
    fs::remove_file(&path).expect("it was written");
    assert_eq!(number(&traced["cycles"]), 16 * cycles[0] + 2 * cycles[1]);
}

#[test]
fn a_file_holds_one_program() {
    let words = ["compile", "tiny", "--buckets", "--out", "never.gw"].map(OsString::from);
    let mut output = Output::new(Vec::new());
    let failure = cli::dispatch(&words, &mut output).err().expect("two options that exclude one another");
    assert!(failure.message.contains("--buckets and --out"), "{}", failure.message);
}

#[test]
fn several_texts_share_the_weights_and_are_counted_each() {
    let words = ["compile", "tiny", "--texts", "4", "--context", "64"];
    let together = json(&[&words[..], &["--json"]].concat());
    let alone = json(&["compile", "tiny", "--context", "64", "--json"]);
    let cycles = |answer: &Value| answer["predicted_cycles"].as_u64().expect("a number");
    assert!(cycles(&alone) < cycles(&together) && cycles(&together) < 4 * cycles(&alone));
    let rate = |answer: &Value| answer["chip_tokens_per_second"].as_f64().expect("a number");
    assert!((rate(&together) * cycles(&together) as f64 / 4.0 / 900e6 - 1.0).abs() < 1e-9, "four tokens each time");
    let (_, text) = greenwave(&words);
    assert!(text.contains("a token of each of 4 texts"), "{text}");
    let words = ["compile", "tiny", "--block", "4", "--context", "64"];
    let prompt = json(&[&words[..], &["--json"]].concat());
    let block = prompt["block"]["cycles"].as_u64().expect("a number");
    assert_eq!((cycles(&prompt), prompt["block"]["tokens"].as_u64()), (cycles(&alone), Some(4)));
    assert!(cycles(&alone) < block && block < 4 * cycles(&alone), "{block}");
    let (_, text) = greenwave(&words);
    assert!(text.contains(&format!("4 tokens of a prompt at once: {} cycles", frame::grouped(block))), "{text}");
}

#[test]
fn a_graph_that_somebody_wrote_is_judged_and_run() {
    let root = tests::root();
    let file = root.join("tests/graphs/softmax.graph").display().to_string();
    let answer = json(&["compile", &file, "--json"]);
    assert_eq!((&answer["verified"], &answer["equal"]), (&Value::Bool(true), &Value::Bool(true)), "{answer}");
    assert_eq!(answer["operations"]["map"], 3);
    let sum: f64 = answer["outputs"][0]["first"].as_array().expect("a row").iter().filter_map(Value::as_f64).sum();
    assert!((sum - 1.0).abs() < 1e-6, "the weights of a row add up to one: {answer}");
    let out = std::env::temp_dir().join(format!("greenwave-graph-{}.gw", std::process::id())).display().to_string();
    let (code, words) = greenwave(&["compile", &file, "--out", &out]);
    assert!(code == Code::Done && words.contains("every bit of the outputs"), "{words}");
    assert_eq!(greenwave(&["verify", &out]).0, Code::Done);
    assert!(greenwave(&["asm", &out]).1.contains("permute"));
    fs::remove_file(&out).expect("it was written");
}

#[test]
fn no_name_of_a_program_moves_the_cursor() {
    let root = tests::root();
    let graph = root.join("crates/program/library/copy.graph").display().to_string();
    let text =
        "program lpu-14nm on chip context 8\ntemplate \"\u{1b}[2J\"\nqueue E0.read\nnop 1\nqueue E1.read\nnop 2\n";
    let path = std::env::temp_dir().join(format!("greenwave-escape-{}.asm", std::process::id()));
    fs::write(&path, text).expect("a text is written");
    let file = path.to_str().expect("UTF-8");
    let answers = [greenwave(&["asm", "--check", file]), greenwave(&["verify", file, "--graph", &graph])];
    fs::remove_file(&path).expect("it was written");
    for (code, said) in answers {
        assert_eq!(code, Code::Violated);
        assert!(said.contains("\\u{1b}[2J") && !said.contains('\u{1b}'), "{said}");
    }
}

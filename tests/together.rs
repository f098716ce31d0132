//! Texts that advance together, and a prompt in blocks: every text becomes what it becomes alone.
//!
//! In: `tiny` on one chip and on several, prompts of several lengths in two languages, greedy and seeded.  Out: the same words as a session of one text writes; the
//!     cycles of every launch.
//! Invariant: the words compared with come from the program for one text, which takes the prompt token by token.

use cli::{Code, Output};
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use study::{Advance, Flow, Options, Progress, Sampling, Session, Together, Topology};

const TINY: &[u8] = include_bytes!("../static/models/tiny.gguf");
const PROMPTS: [&str; 3] = ["The traffic light turned green and every car", "Late at night", "綠燈亮了，每一輛車"];
const WAYS: [Sampling; 2] = [Sampling::Greedy, Sampling::Seeded { seed: 7 }];

fn go_on(_: Progress) -> Flow {
    Flow::Continue
}

fn options(context: u32) -> Options {
    Options { context, ..Options::default() }
}

fn on_chips(chips: u16, context: u32) -> Options {
    Options { topology: Topology::of(chips).expect("a part of a node"), ..options(context) }
}

/// What a text becomes alone: the tokens that `count` choices give, up to an end.
fn alone(context: u32, prompt: &str, count: u32, sampling: Sampling) -> Vec<u32> {
    alone_with(&options(context), prompt, (count, sampling))
}

fn alone_with(options: &Options, prompt: &str, (count, sampling): (u32, Sampling)) -> Vec<u32> {
    let mut session = Session::open(TINY, options, &mut go_on).expect("the committed model opens");
    session.prompt(prompt, sampling, &mut go_on).expect("it fits");
    session.generate(count - 1, sampling, &mut go_on).expect("it fits");
    let read = session.tokens().iter().filter(|token| token.is_prompt).count();
    let chosen = session.tokens()[read - 1..].iter().map(|token| token.next);
    chosen.take_while(|id| !session.model().tokenizer.is_end(*id)).collect()
}

#[test]
fn texts_that_advance_together_become_what_they_become_alone() {
    let together = Together::open_texts(TINY, &options(64), 3, &mut go_on).expect("three texts fit");
    for sampling in WAYS {
        let (lines, advances) = together.write(&PROMPTS, (20, sampling), &mut go_on).expect("they fit");
        for (line, prompt) in lines.iter().zip(PROMPTS) {
            assert_eq!(line.written, alone(64, prompt, 20, sampling), "{prompt} {sampling:?}");
            assert!(line.is_ended || line.written.len() == 20, "{line:?}");
        }
        let longest = lines.iter().map(|line| line.prompt).max().expect("three");
        assert!(longest < advances.len() && advances.len() < longest + 20, "one launch for all texts");
        assert!(advances.iter().all(|one| (one.positions, one.violations) == (1, 0)), "{advances:?}");
        assert!(advances.iter().all(|one| one.cycles == one.predicted_cycles), "{advances:?}");
    }
}

#[test]
fn a_prompt_in_blocks_is_read_as_token_by_token() {
    for (block, launches) in [(2, 4), (4, 2), (8, 1)] {
        let together = Together::open_block(TINY, &options(64), block, &mut go_on).expect("both programs fit");
        for sampling in WAYS {
            let (lines, advances) = together.write(&PROMPTS[..1], (12, sampling), &mut go_on).expect("it fits");
            assert_eq!(lines[0].written, alone(64, PROMPTS[0], 12, sampling), "{block} {sampling:?}");
            let blocks: Vec<&Advance> = advances.iter().filter(|one| one.positions == block).collect();
            assert_eq!((lines[0].prompt, blocks.len()), (10, launches), "never the last token of the prompt");
            assert!(advances.iter().all(|one| (one.cycles, one.violations) == (one.predicted_cycles, 0)));
            let positions: u32 = advances.iter().map(|one| one.positions).sum();
            assert_eq!(positions as usize, lines[0].prompt + 11);
            let (tokens, cycles) = together.block().expect("there is one");
            assert_eq!((tokens, cycles), (block, blocks[0].cycles));
            let step = advances.last().expect("it wrote").cycles;
            assert!(cycles < u64::from(block) * step, "{block} at once: {cycles}, one: {step}");
        }
    }
}

/// A plane has accumulators for 16 rows of three digits beside another contraction: what is over takes another round of the tiles.
#[test]
fn more_rows_than_a_plane_has_accumulators_for_become_what_they_become_alone() {
    let together = Together::open_texts(TINY, &options(32), 35, &mut go_on).expect("35 texts fit");
    let prompts: Vec<&str> = PROMPTS.into_iter().cycle().take(35).collect();
    let (lines, advances) = together.write(&prompts, (6, Sampling::Greedy), &mut go_on).expect("they fit");
    let alone_each = PROMPTS.map(|prompt| alone(32, prompt, 6, Sampling::Greedy));
    for (number, line) in lines.iter().enumerate() {
        assert_eq!(line.written, alone_each[number % PROMPTS.len()], "text {number}");
    }
    assert!(advances.iter().all(|one| (one.cycles, one.violations) == (one.predicted_cycles, 0)), "{advances:?}");

    let prompt = "The traffic light turned green and every car went on. ".repeat(2);
    let blocks = Together::open_block(TINY, &options(64), 20, &mut go_on).expect("both programs fit");
    let (lines, advances) = blocks.write(&[&prompt], (6, Sampling::Greedy), &mut go_on).expect("it fits");
    assert_eq!(lines[0].written, alone(64, &prompt, 6, Sampling::Greedy));
    assert!(advances.iter().all(|one| (one.cycles, one.violations) == (one.predicted_cycles, 0)), "{advances:?}");
    assert_eq!(advances[0].positions, 20, "the prompt has {} tokens", lines[0].prompt);
}

/// A row's exchanges between the chips go beside another row's, on the same links.
#[test]
fn on_several_chips_too() {
    for chips in [2, 8] {
        let options = on_chips(chips, 32);
        let alone = |prompt| alone_with(&options, prompt, (8, Sampling::Greedy));
        let together = Together::open_texts(TINY, &options, 3, &mut go_on).expect("three texts fit");
        let (lines, advances) = together.write(&PROMPTS, (8, Sampling::Greedy), &mut go_on).expect("they fit");
        assert_eq!(lines.len(), 3);
        for (line, prompt) in lines.iter().zip(PROMPTS) {
            assert_eq!(line.written, alone(prompt), "{prompt} on {chips} chips");
        }
        assert!(advances.iter().all(|one| (one.cycles, one.violations) == (one.predicted_cycles, 0)), "{advances:?}");
        let step = Session::open(TINY, &options, &mut go_on).expect("it fits").figures().predicted_cycles;
        assert!(advances[0].cycles < 3 * step, "three texts: {}, one: {step}", advances[0].cycles);

        let blocks = Together::open_block(TINY, &options, 4, &mut go_on).expect("both programs fit");
        let (lines, advances) = blocks.write(&PROMPTS[..1], (8, Sampling::Greedy), &mut go_on).expect("it fits");
        assert_eq!(lines[0].written, alone(PROMPTS[0]), "in blocks on {chips} chips");
        assert!(advances.iter().all(|one| (one.cycles, one.violations) == (one.predicted_cycles, 0)), "{advances:?}");
        assert!(advances.iter().any(|one| one.positions == 4 && one.cycles < 4 * step), "{advances:?}");
    }
}

#[test]
fn a_full_context_ends_every_text() {
    let together = Together::open_texts(TINY, &options(16), 2, &mut go_on).expect("two texts fit");
    let (lines, advances) = together.write(&PROMPTS[..2], (99, Sampling::Greedy), &mut go_on).expect("they fit");
    assert_eq!(advances.len(), 16);
    assert_eq!(lines.iter().map(|line| line.written.len()).collect::<Vec<_>>(), [7, 11]);
    assert!(together.write(&[PROMPTS[0], "the ".repeat(40).as_str()], (1, Sampling::Greedy), &mut go_on).is_err());
}

fn json(words: &[&str]) -> Value {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let mut bytes = Vec::new();
    let mut output = Output::new(&mut bytes);
    let code = cli::dispatch(&words, &mut output).and_then(|code| output.finish().map(|()| code));
    drop(output);
    assert_eq!(code.unwrap_or_else(|failure| panic!("{}", failure.message)), Code::Done);
    serde_json::from_slice(&bytes).expect("JSON")
}

#[test]
fn the_command_line_tells_what_a_step_and_a_prompt_cost() {
    let path = format!("{}/prompts.txt", env!("CARGO_TARGET_TMPDIR"));
    fs::write(&path, PROMPTS.join("\n\n")).expect("the target folder can be written");
    let several = json(&["run", "tiny", "--prompts", &path, "--tokens", "6", "--context", "64", "--json"]);
    let number = |answer: &Value, field: &str| answer[field].as_f64().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(several["texts"].as_array().map(Vec::len), Some(3));
    assert_eq!((&several["cycles"], number(&several, "violations")), (&several["predicted_cycles"], 0.0));
    let rate = 3.0 * 900e6 / number(&several, "cycles");
    assert!((number(&several, "chip_tokens_per_second") / rate - 1.0).abs() < 1e-9, "{several}");
    let words = ["run", "tiny", "--prompt", PROMPTS[0], "--tokens", "6", "--context", "64", "--json"];
    let (alone, blocks) = (json(&words), json(&[&words[..], &["--block", "4"]].concat()));
    assert_eq!((&blocks["texts"][0]["text"], &blocks["cycles"]), (&alone["text"], &alone["cycles"]));
    let block = |field: &str| number(&blocks["block"], field);
    assert_eq!(block("cycles_token_by_token"), 10.0 * number(&alone, "cycles"));
    assert_eq!(block("cycles_to_first_token"), 2.0 * block("cycles") + 2.0 * number(&alone, "cycles"));
}

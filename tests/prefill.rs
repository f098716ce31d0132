//! Blocks of a prompt's tokens at once, then one token after the other, in the memory that the blocks left.
//!
//! In: `tiny`, SmolLM2 where `models/` holds it.  Out: judge, simulator and evaluator agree across the switch; cycles per token of a prompt.
//! Invariant: a prompt taken in blocks leaves the same bits in the caches, and says the same, as one taken token by token.
//! Method: a row's own later rows are in the caches when it attends, and masked: their weights are exactly 0.

use arch::{Chip, Topology};
use compile::{CompileError, Compiled, Formats, compile_block};
use graph::Evaluator;
use import::gguf::{LoadOptions, load};
use sim::System;
use tests::{Tiny, expect_all_values, greatest, tiny};
use units::Span;
use verify::check_beside;

const CONTEXT: u32 = 64;
const PROMPT: &str = "The traffic light turned green and every car went on down the hill until it saw the next one";

fn both(model: &Tiny, rows: u32) -> [Compiled; 2] {
    let source = (&model.graph, &model.weights as _);
    compile_block(source, (Formats::default(), rows), &Chip::lpu_14nm(), &Topology::single()).expect("tiny fits")
}

/// A program on the simulator and its graph in the evaluator.
struct Line<'a> {
    compiled: &'a Compiled,
    system: System,
    lowered: Evaluator<'a>,
}

impl<'a> Line<'a> {
    fn new(compiled: &'a Compiled, system: System) -> Self {
        let lowered = Evaluator::new(&compiled.program.lowered, &compiled.tables).expect("it evaluates");
        Line { compiled, system, lowered }
    }

    /// One launch on both, compared; the logits.
    fn step(&mut self, rows: &[Vec<f32>], position: u32) -> Vec<f32> {
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let inputs = self.compiled.launch.inputs_of(&rows, position);
        self.system.launch(&inputs, position as u16).expect("the position fits");
        let outcome = self.system.run_token();
        assert_eq!((outcome.cycles, outcome.violations), (self.compiled.cycles(), 0), "position {position}");
        let expected = self.lowered.step(&inputs).expect("all inputs are there");
        expect_all_values(&self.system, &expected, position);
        self.compiled.launch.logits(&expected)
    }

    /// Goes on from where another one is.
    fn go_on_from(&mut self, other: &Line) {
        let own = self.system.clone();
        self.system = other.system.clone();
        self.system.switch(&own);
        self.lowered.go_on_from(&other.lowered).expect("states have the same form");
    }
}

fn bits(logits: &[f32]) -> Vec<u32> {
    logits.iter().map(|logit| logit.to_bits()).collect()
}

#[test]
fn a_prompt_in_blocks_says_what_it_says_token_by_token() {
    let (model, chip) = (tiny(CONTEXT), Chip::lpu_14nm());
    let [decode, block] = both(&model, 4);
    let programs = [&decode, &block].map(|one| one.program.clone()).to_vec();
    check_beside(&chip, programs).expect("both are legal, and lie beside one another");
    let row = |token: u32| {
        model.weights.rows(decode.launch.embedding, Span::new(u64::from(token), 1)).expect("a row per token")
    };
    let loaded = System::load(&chip, &decode.program.executable, &decode.tables).expect("well formed");
    let beside = loaded.beside(&block.program.executable).expect("made to lie beside it");
    let mut plain = Line::new(&decode, loaded.clone());
    let (mut blocks, mut after) = (Line::new(&block, beside), Line::new(&decode, loaded));
    let prompt = model.tokenizer.encode(PROMPT).expect("plain text");
    let rows: Vec<Vec<f32>> = prompt.iter().map(|&token| row(token)).collect();
    assert!(8 < rows.len(), "{} tokens", rows.len());
    let whole = rows.len() / 4 * 4;
    let mut said = Vec::new();
    for (at, rows) in rows[..whole].chunks(4).enumerate() {
        let position = 4 * at as u32;
        let logits = blocks.step(rows, position);
        for (number, row) in (0..).zip(rows) {
            said = plain.step(std::slice::from_ref(row), position + number);
        }
        assert_eq!(bits(&logits), bits(&said), "after {} tokens", position + 4);
    }
    after.go_on_from(&blocks);
    let mut token = greatest(&said);
    for position in whole..whole + 6 {
        let row = rows.get(position).cloned().unwrap_or_else(|| row(token));
        let [one, other] = [&mut plain, &mut after].map(|line| line.step(std::slice::from_ref(&row), position as u32));
        assert_eq!(bits(&one), bits(&other), "token {position}");
        token = greatest(&one);
    }
}

#[test]
fn larger_blocks_take_less_for_each_token() {
    let model = tiny(CONTEXT);
    let mut before = f64::INFINITY;
    for rows in [1, 2, 4, 8, 16] {
        let [_, block] = both(&model, rows);
        let report = verify::violations(&Chip::lpu_14nm(), &block.program);
        assert_eq!(report.total, 0, "{rows} rows: {report:?}");
        let each = block.cycles().0 as f64 / f64::from(rows);
        println!("{rows} rows: {} cycles, {each:.0} each", block.cycles().0);
        assert!(each < before, "{rows} rows");
        before = each;
    }
}

#[test]
fn blocks_that_the_chip_or_the_context_cannot_hold_are_refused() {
    let model = tiny(8);
    let source = (&model.graph, &model.weights as _);
    for (rows, chips, expected) in [(0, 1, "1 to 8"), (9, 1, "1 to 8"), (9, 2, "1 to 8")] {
        let topology = Topology::of(chips).expect("a node");
        let refused = compile_block(source, (Formats::default(), rows), &Chip::lpu_14nm(), &topology);
        let refused = refused.expect_err("none, or too many");
        assert!(matches!(refused, CompileError::Machine { .. }) && refused.to_string().contains(expected), "{refused}");
    }
}

#[test]
fn smollm2_takes_a_block() {
    let Some(bytes) = tests::real_model_or_say() else { return };
    // At 128 positions the rows on their way leave the weights 22 words too few.
    let model = load(bytes, LoadOptions { context: 64 }).expect("the model loads");
    let chip = Chip::lpu_14nm();
    let source = (&model.graph, &model.weights as _);
    let tokens = model.tokenizer.encode("The capital of France is the city of").expect("plain text");
    let token = |token: u32| model.weights.rows(model_embedding(&model), Span::new(u64::from(token), 1));
    let rows: Vec<Vec<f32>> = tokens[..4].iter().map(|&id| token(id).expect("a row per token")).collect();
    let [decode, block] =
        compile_block(source, (Formats::default(), 4), &chip, &Topology::single()).expect("SmolLM2 fits");
    println!("4 rows: {} cycles, {} each; decode {}", block.cycles().0, block.cycles().0 / 4, decode.cycles().0);
    let programs = [&decode, &block].map(|one| one.program.clone()).to_vec();
    check_beside(&chip, programs).expect("both are legal, and lie beside one another");
    let loaded = System::load(&chip, &block.program.executable, &block.tables).expect("well formed");
    Line::new(&block, loaded).step(&rows, 0);
}

fn model_embedding<S: import::Source>(model: &import::Model<S>) -> graph::TensorId {
    compile::recognise(&model.graph).expect("a Llama").embedding
}

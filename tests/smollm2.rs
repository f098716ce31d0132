//! A real model through the whole line, where `models/` holds it (`cargo xtask models` fetches it).
//!
//! In: SmolLM2-135M-Instruct, on one chip and on 2, 4 and 8, in int8, in fp16 and in int8 with fp16 exceptions.  Out: agreement of judge,
//!     simulator and evaluator, and the cycle budget.
//! Invariant: without the file the test says so and checks nothing; with it nothing is skipped.

use arch::{Chip, Topology};
use compile::{Format, Formats, Linear, compile, compile_in};
use graph::{Evaluator, TensorData};
use import::gguf::{LoadOptions, load};
use sim::Machine;
use tests::{Claims, Pair, expect_values};
use units::Span;

/// design.md: at most this many simulated cycles per token at context 128.
const CYCLES_MAX: u64 = 50_000;

#[test]
fn smollm2_runs_as_predicted_for_four_tokens_and_equals_its_evaluator_for_three() {
    let Some(bytes) = tests::real_model_or_say() else { return };
    let model = load(bytes, LoadOptions { context: 128 }).expect("the model loads");
    let chip = Chip::lpu_14nm();
    let compiled = compile(&model.graph, &model.weights, &chip).expect("SmolLM2 in int8 fits one chip");
    let cycles = compiled.program.executable.length().0;
    println!("{cycles} cycles per token");
    assert!(cycles <= CYCLES_MAX, "{cycles} cycles per token");
    let report = verify::violations(&chip, &compiled.program);
    assert_eq!(report.total, 0, "{report:?}");
    let mut machine = Machine::load(&chip, &compiled.program.executable, &compiled.tables).expect("well formed");
    let mut lowered = Evaluator::new(&compiled.program.lowered, &compiled.tables).expect("evaluates");
    let mut claims = Claims::new(&compiled.program);
    let tokens = model.tokenizer.encode("The capital of France is").expect("plain text");
    for (position, &token) in tokens.iter().take(4).enumerate() {
        let row =
            model.weights.rows(compiled.launch.embedding, Span::new(u64::from(token), 1)).expect("a row per token");
        let inputs = compiled.launch.inputs(&row, position as u32);
        machine.launch(&inputs, position as u16).expect("the position fits");
        let outcome = machine.run_token(&mut claims);
        assert_eq!((outcome.cycles.0, outcome.violations), (cycles, 0));
        if position == 3 {
            break;
        }
        let expected = lowered.step(&inputs).expect("all inputs are there");
        expect_values(&machine.outputs(), &expected, format_args!("token {position}"));
    }
    assert!(500_000 < claims.dispatches / 4, "{} dispatches a token", claims.dispatches / 4);
}

#[test]
fn smollm2_on_several_chips_equals_its_evaluator_in_every_format() {
    let Some(bytes) = tests::real_model_or_say() else { return };
    let model = load(bytes, LoadOptions { context: 128 }).expect("the model loads");
    let chip = Chip::lpu_14nm();
    let token = model.tokenizer.encode("Paris").expect("plain text")[0];
    let (int8, fp16) = (Formats::default(), Formats::all(Format::Fp16));
    let mixed = int8.with(Linear::Down, Format::Fp16);
    for (formats, chips) in [(int8, 2), (int8, 4), (int8, 8), (mixed, 2), (fp16, 2), (fp16, 4), (fp16, 8)] {
        let topology = Topology::of(chips).expect("a node");
        let source = (&model.graph, &model.weights as &dyn TensorData);
        let compiled = compile_in(source, formats, &chip, &topology).expect("a share fits a chip");
        println!("{} cycles per token in {formats} on {chips} chips", compiled.cycles().0);
        let span = Span::new(u64::from(token), 1);
        let row = model.weights.rows(compiled.launch.embedding, span).expect("a row per token");
        Pair::new(&chip, &compiled).step(&compiled.launch.inputs(&row, 0), 0);
    }
}

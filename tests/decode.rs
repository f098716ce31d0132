//! The whole line on `tiny`: imported, lowered, compiled, judged, executed, and compared with two evaluators.
//!
//! In: the committed model.  Out: agreement between parties that share no code.
//! Invariant: the simulator never sees the witness; the judge never sees the compiler; the evaluator shares no arithmetic with either.

use arch::Chip;
use compile::{Compiled, compile};
use graph::{Elements, Evaluator, Shape, Tensor};
use program::{Witness, WordSource};
use sim::{Machine, Silent, WordView};
use std::collections::BTreeMap;
use tests::{Claims, Tiny, greatest, launch, tiny};
use units::Cycle;

/// A short context keeps an instance short; every path of the program is the same as in a long one.
const CONTEXT: u32 = 64;
const PROMPT: &str = "The traffic light turned green and every car";
/// Tokens that are run after the prompt.
const WRITTEN: usize = 16;

fn compiled(model: &Tiny) -> Compiled {
    compile(&model.graph, &model.weights, &Chip::lpu_14nm()).expect("tiny fits one chip")
}

fn machine(chip: &Chip, compiled: &Compiled) -> Machine {
    Machine::load(chip, &compiled.program.executable, &compiled.tables).expect("the program is well formed")
}

/// Bits of the machine's outputs by name.
fn outputs(machine: &Machine) -> BTreeMap<String, Vec<u32>> {
    machine.outputs().into_iter().map(|tile| (tile.output, tile.bits)).collect()
}

#[test]
fn the_judge_accepts_what_the_compiler_makes() {
    let program = compiled(&tiny(CONTEXT)).program;
    let report = verify::violations(&Chip::lpu_14nm(), &program);
    assert_eq!(report.total, 0, "{report:?}");
}

#[test]
fn chip_and_evaluator_agree_bit_for_bit_on_every_output() {
    let (model, chip) = (tiny(CONTEXT), Chip::lpu_14nm());
    let compiled = compiled(&model);
    let mut machine = machine(&chip, &compiled);
    let mut lowered = Evaluator::new(&compiled.program.lowered, &compiled.tables).expect("the lowered graph evaluates");
    let tokens = model.tokenizer.encode(PROMPT).expect("plain text");
    let mut token = tokens[0];
    for position in 0..tokens.len() + WRITTEN {
        token = tokens.get(position).copied().unwrap_or(token);
        let inputs = launch(&model, &compiled, token, position as u32);
        machine.launch(&inputs, position as u16).expect("the position fits");
        assert_eq!(machine.run_token(&mut Silent).violations, 0);
        let expected = lowered.step(&inputs).expect("all inputs are there");
        for (name, bits) in outputs(&machine) {
            let Elements::F32(values) = expected[&name].elements() else { panic!("logits are f32") };
            let values: Vec<u32> = values.iter().map(|value| value.to_bits()).collect();
            assert_eq!(values, bits[..values.len()], "{name} of token {position}");
        }
        caches_agree(&machine, &compiled, &lowered, position);
        token = greatest(&compiled.launch.logits(&expected));
    }
}

/// Every word of every state, as the machine holds it after a token, is the evaluator's, byte for byte.
fn caches_agree(machine: &Machine, compiled: &Compiled, lowered: &Evaluator, position: usize) {
    let moment = machine.at(compiled.program.witness.end);
    let mut written = 0;
    for residency in &compiled.program.executable.image {
        let WordSource::State { node, plane } = residency.source else { continue };
        let tensor = lowered.state(node).expect("a step was computed");
        let lanes = *tensor.shape().extents().last().expect("a state has lanes") as usize;
        for word in 0..residency.words {
            let row = (residency.row + u32::from(word) * residency.step) as usize;
            let expected: Vec<u8> = (row * lanes..(row + 1) * lanes).map(|at| byte(tensor, at, plane)).collect();
            let held = moment.sram(residency.slice, residency.address + word);
            let Some(WordView::Bytes(bytes)) = held else { panic!("row {row} of state {node:?} is {held:?}") };
            assert_eq!(bytes[..lanes], expected, "row {row}, byte {plane} of state {node:?} after token {position}");
            written += usize::from(expected.iter().any(|byte| *byte != 0));
        }
    }
    assert!(position < written, "{written} words hold anything after token {position}");
}

/// Byte `plane` of an element, least significant first.
fn byte(tensor: &Tensor, at: usize, plane: u8) -> u8 {
    tensor.elements().bits(at).to_le_bytes()[usize::from(plane)]
}

/// Greatest difference of a logit that int8 weights may cause, as a share of the greatest logit.
const INT8_SHARE: f32 = 0.02;

#[test]
fn the_lowered_graph_stays_close_to_the_imported_one() {
    let model = tiny(CONTEXT);
    let compiled = compiled(&model);
    let mut lowered = Evaluator::new(&compiled.program.lowered, &compiled.tables).expect("it evaluates");
    let mut imported = Evaluator::new(&model.graph, &model.weights).expect("it evaluates");
    let scalar = |value: u32| Tensor::new(Shape::new(&[1]).expect("one"), Elements::I32(vec![value as i32]));
    for (position, &token) in model.tokenizer.encode(PROMPT).expect("plain text").iter().enumerate() {
        let inputs = launch(&model, &compiled, token, position as u32);
        let logits = compiled.launch.logits(&lowered.step(&inputs).expect("steps"));
        let inputs = [("token".to_owned(), scalar(token)), ("position".to_owned(), scalar(position as u32))];
        let expected = imported.step(&inputs.into()).expect("steps");
        let Elements::F32(expected) = expected["logits"].elements() else { panic!("logits are f32") };
        let span = expected.iter().fold(0.0f32, |span, value| span.max(value.abs()));
        let worst = logits.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < INT8_SHARE * span, "token {position}: {worst} of {span}");
        assert_eq!(greatest(&logits), greatest(expected), "token {position}");
    }
}

#[test]
fn every_dispatch_and_every_arrival_is_as_predicted_for_32_tokens() {
    let (model, chip) = (tiny(CONTEXT), Chip::lpu_14nm());
    let compiled = compiled(&model);
    let mut machine = machine(&chip, &compiled);
    let mut claims = Claims::new(&compiled.program);
    let mut token = model.tokenizer.encode(PROMPT).expect("plain text")[0];
    for position in 0..32u16 {
        let inputs = launch(&model, &compiled, token, u32::from(position));
        machine.launch(&inputs, position).expect("the position fits");
        let outcome = machine.run_token(&mut claims);
        assert_eq!(Cycle(outcome.cycles.0), compiled.program.witness.end);
        token = (token * 7 + 3) % compiled.launch.vocabulary;
    }
    claims.expect_all(32);
    let per_token: u64 = claims.dispatches / 32;
    assert!(10_000 < per_token, "{per_token} dispatches a token are too few to be a model");
    assert!(per_token < claims.arrivals / 32 * 2);
}

#[test]
fn without_its_witness_a_program_runs_the_same() {
    let (model, chip) = (tiny(CONTEXT), Chip::lpu_14nm());
    let mut compiled = compiled(&model);
    let inputs = launch(&model, &compiled, 5, 0);
    let run = |compiled: &Compiled| {
        let mut machine = machine(&chip, compiled);
        machine.launch(&inputs, 0).expect("the position fits");
        let outcome = machine.run_token(&mut Silent);
        (outcome.cycles, outputs(&machine))
    };
    let with = run(&compiled);
    compiled.program.witness = Witness::default();
    assert_eq!(run(&compiled), with);
}

#[test]
fn a_chip_with_another_latency_does_not_run_this_program() {
    let model = tiny(CONTEXT);
    let compiled = compiled(&model);
    let inputs = launch(&model, &compiled, 5, 0);
    let used: [(&str, fn(&mut Chip)); 11] = [
        ("mem_read", |chip| chip.latency.mem_read += 1),
        ("mem_gather", |chip| chip.latency.mem_gather += 1),
        ("hop", |chip| chip.latency.hop += 1),
        ("vxm_entry", |chip| chip.latency.vxm_entry += 1),
        ("vxm_alu", |chip| chip.latency.vxm_alu += 1),
        ("vxm_transit", |chip| chip.latency.vxm_transit += 1),
        ("mxm_crossing", |chip| chip.latency.mxm_crossing += 1),
        ("mxm_entry", |chip| chip.latency.mxm_entry += 1),
        ("mxm_multiply", |chip| chip.latency.mxm_multiply += 1),
        ("mxm_accumulate", |chip| chip.latency.mxm_accumulate += 1),
        ("mxm_exit", |chip| chip.latency.mxm_exit += 1),
    ];
    for (name, change) in used {
        let mut chip = Chip::lpu_14nm();
        change(&mut chip);
        let mut machine = machine(&chip, &compiled);
        machine.launch(&inputs, 0).expect("the position fits");
        assert!(0 < machine.run_token(&mut Silent).violations, "{name} + 1 went unnoticed");
    }
}

#[test]
fn the_schedule_lies_in_the_band_of_the_closed_form_estimate() {
    for context in [32, 64, 128] {
        let model = tiny(context);
        let chip = Chip::lpu_14nm();
        let estimate = compile::estimate::estimate(&compile::recognise(&model.graph).expect("a Llama"), &chip);
        let scheduled = compiled(&model).program.executable.length().0 as f64;
        let share = scheduled / estimate.token.0 as f64;
        assert!(
            (0.75..1.25).contains(&share),
            "context {context}: {scheduled} scheduled, {} estimated",
            estimate.token.0
        );
    }
}

/// Greatest root-mean-square error of the residual after a layer, as a share of its root mean square.
const LAYER_SHARE: f64 = 0.02;

/// The residual after `layer`: the values of its last pointwise nodes of `part`, side by side.
fn residual(graph: &graph::Graph, evaluator: &Evaluator, layer: u32, part: &str, lanes: usize) -> Vec<f64> {
    let is_map = |node: &graph::Node| matches!(node.op, graph::Op::Map(_)) && node.origin.part == part;
    let maps = graph.nodes.iter().filter(|(_, node)| node.origin.layer == Some(layer) && is_map(node));
    let mut tiles: Vec<Vec<f64>> = maps
        .filter_map(|(id, _)| evaluator.value(id))
        .map(|tensor| tensor.as_f32().expect("residuals are f32").iter().map(|value| f64::from(*value)).collect())
        .collect();
    let wanted = lanes.div_ceil(tiles.last().map_or(1, Vec::len));
    let mut values: Vec<f64> = tiles.split_off(tiles.len() - wanted).concat();
    values.truncate(lanes);
    values
}

#[test]
fn every_layer_stays_within_its_stated_error() {
    let model = tiny(CONTEXT);
    let compiled = compiled(&model);
    let mut lowered = Evaluator::new(&compiled.program.lowered, &compiled.tables).expect("it evaluates");
    let mut imported = Evaluator::new(&model.graph, &model.weights).expect("it evaluates");
    for (position, &token) in model.tokenizer.encode(PROMPT).expect("plain text").iter().enumerate() {
        let scalar = |value: u32| Tensor::i32(&[1], vec![value as i32]);
        lowered.step(&launch(&model, &compiled, token, position as u32)).expect("steps");
        let inputs = [("token".to_owned(), scalar(token)), ("position".to_owned(), scalar(position as u32))];
        imported.step(&inputs.into()).expect("steps");
        for layer in 0..model.shape.layers {
            let width = model.shape.width as usize;
            let found = residual(&compiled.program.lowered, &lowered, layer, "ffn_down", width);
            let expected = residual(&model.graph, &imported, layer, "residual", width);
            let power = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>();
            let error =
                power(&mut found.iter().zip(&expected).map(|(a, b)| a - b)) / power(&mut expected.iter().copied());
            assert!(error.sqrt() < LAYER_SHARE, "token {position} layer {layer}: {}", error.sqrt());
        }
    }
}

//! Stretches of a model one after the other compute what the whole model does.
//!
//! In: a small model with weights at random, cut in several ways, on one chip and on two.  Out: equal residuals and logits, bit for bit.
//! Invariant: what one stretch gives away under a name is all that the next one is told.
//! Method: each stretch is judged, simulated and evaluated; its outputs, renamed, are the inputs of the next.

use arch::{Chip, Topology};
use compile::{Compiled, Llama, Part, Stretch, compile_stretch, recognise};
use graph::{Elements, Evaluator, Graph, Tensor, TensorData};
use import::llama::{Head, LlamaShape, decode_step};
use sim::System;
use std::collections::BTreeMap;
use tests::expect_values;
use tests::random::{Weights, launch, weights};
use units::Rng;

/// Two layers, three tiles of hidden lanes.
const SHAPE: LlamaShape = LlamaShape {
    layers: 2,
    width: 336,
    heads: 4,
    kv_heads: 2,
    head_dim: 64,
    ffn: 900,
    vocab: 321,
    rope_base: 10_000.0,
    epsilon: 1e-5,
    context_max: 64,
    head: Head::Own,
};

struct Model {
    graph: Graph,
    weights: Weights,
    llama: Llama,
}

fn model() -> Model {
    of_context(64)
}

fn of_context(context: u32) -> Model {
    let graph = decode_step(&SHAPE, context);
    let (weights, llama) = (weights(&mut Rng::new(5), &graph), recognise(&graph).expect("a decoding step"));
    Model { graph, weights, llama }
}

/// Stretches, in order.
fn compiled(model: &Model, chips: u16, stretches: &[Stretch]) -> Vec<Compiled> {
    let (chip, topology) = (Chip::lpu_14nm(), Topology::of(chips).expect("a node"));
    let compiled = |stretch| {
        let source = (&model.graph, Some(&model.weights as &dyn TensorData));
        compile_stretch(source, (&model.llama, stretch), &chip, &topology).expect("a part fits where the whole does")
    };
    stretches.iter().map(compiled).collect()
}

/// Outputs of every token by stretch: what chip 0 holds at its end.
fn run(model: &Model, programs: &[Compiled], tokens: &[u32]) -> Vec<BTreeMap<String, Tensor>> {
    let chip = Chip::lpu_14nm();
    let mut all = Vec::new();
    let mut systems: Vec<System> = programs
        .iter()
        .map(|one| System::load(&chip, &one.program.executable, &one.tables).expect("well formed"))
        .collect();
    let mut references: Vec<Evaluator> =
        programs.iter().map(|one| Evaluator::new(&one.program.lowered, &one.tables).expect("it evaluates")).collect();
    for (position, &token) in tokens.iter().enumerate() {
        let mut inputs = launch(&programs[0], &model.weights, token, position as u32);
        for ((one, system), reference) in programs.iter().zip(&mut systems).zip(&mut references) {
            let wanted = |name: &str| {
                one.program
                    .lowered
                    .nodes
                    .iter()
                    .any(|(_, node)| matches!(&node.op, graph::Op::Input { name: input } if input == name))
            };
            inputs.retain(|name, _| wanted(name));
            system.launch(&inputs, position as u16).expect("all inputs are there");
            assert_eq!(system.run_token().violations, 0);
            let outputs = reference.step(&inputs).expect("all inputs are there");
            expect_values(&system.outputs(), &outputs, format_args!("token {position}"));
            let named = outputs.iter().filter(|(name, _)| !name.contains('@'));
            inputs.extend(named.map(|(name, tensor)| (name.replace("residual", "embedding"), tensor.clone())));
            all.push(outputs);
        }
    }
    all
}

fn attention(layer: usize) -> Part {
    Part::Attention { layer }
}

fn hidden(layer: usize, hidden: std::ops::Range<usize>, of: usize) -> Part {
    Part::FeedForward { layer, hidden, of }
}

fn stretch(parts: &[Part], head: bool) -> Stretch {
    Stretch { bodies: vec![parts.to_vec()], head }
}

#[test]
fn stretches_cut_between_parts_compute_the_same_bits() {
    let model = model();
    let layers = SHAPE.layers as usize;
    let tokens = [17, 5, 90, 33];
    for chips in [1, 2] {
        let of = tiles(chips);
        let whole = Stretch {
            bodies: (0..layers).map(|layer| vec![attention(layer), Part::feed_forward(layer, of)]).collect(),
            head: true,
        };
        let mut rest: Vec<Part> =
            (0..layers).flat_map(|layer| [attention(layer), Part::feed_forward(layer, of)]).collect();
        let (first, second) = (rest.remove(0), rest.remove(0));
        let third = rest.remove(0);
        let cut = [stretch(&[first], false), stretch(&[second, third], false), stretch(&rest, true)];
        let whole = run(&model, &compiled(&model, chips, &[whole]), &tokens);
        let parts = run(&model, &compiled(&model, chips, &cut), &tokens);
        for (token, expected) in whole.iter().enumerate() {
            assert_eq!(&parts[token * cut.len() + 2], expected, "token {token} on {chips} chips");
        }
    }
}

#[test]
fn several_attentions_in_one_body_share_their_room_and_compute_the_same_bits() {
    let tokens = [17, 5, 90, 33];
    // With many positions tables and caches lie elsewhere.
    for context in [64, 600] {
        let model = of_context(context);
        let of = tiles(1);
        let parts: Vec<Part> = (0..2).flat_map(|layer| [attention(layer), Part::feed_forward(layer, of)]).collect();
        let whole = Stretch { bodies: parts.chunks(2).map(<[Part]>::to_vec).collect(), head: true };
        let programs = compiled(&model, 1, &[whole, stretch(&parts, true)]);
        assert_eq!(verify::violations(&Chip::lpu_14nm(), &programs[1].program).total, 0);
        let words = |one: &Compiled| {
            let templates = one.program.executable.templates.iter();
            let bursts =
                templates.flat_map(|(_, template)| template.bursts().map(move |at| (template.queues[at.0].0, at.3)));
            let written = |(queue, burst): (arch::Queue, &program::Burst)| match burst.instruction {
                program::Instruction::Write { address, .. } if address.base == 0 => {
                    Some((0..burst.count).map(move |row| (queue, i64::from(address.offset) + i64::from(row))))
                }
                _ => None,
            };
            bursts.filter_map(written).flatten().collect::<std::collections::BTreeSet<_>>().len()
        };
        let [apart, together] = [words(&programs[0]), words(&programs[1])];
        assert!(together < apart + apart / 4, "{together} words written instead of {apart}");
        let [whole, body] = [0, 1].map(|one| run(&model, &programs[one..=one], &tokens));
        assert_eq!(whole, body, "context {context}");
    }
}

/// Tiles of a chip's hidden lanes.
fn tiles(chips: u16) -> usize {
    (SHAPE.ffn as usize).div_ceil(usize::from(chips)).div_ceil(320)
}

/// Greatest difference that another order of additions may cause, as a share of the greatest logit.
const ORDER_SHARE: f32 = 1e-3;

#[test]
fn a_feed_forward_part_cut_in_two_differs_by_the_order_of_sums_only() {
    let model = model();
    let of = tiles(1);
    assert!(1 < of, "the hidden lanes fill {of} tiles");
    let layers = SHAPE.layers as usize;
    let mut before: Vec<Part> =
        (0..layers).flat_map(|layer| [attention(layer), Part::feed_forward(layer, of)]).collect();
    let whole = run(&model, &compiled(&model, 1, &[stretch(&before, true)]), &[17, 5]);
    before.pop();
    before.push(hidden(layers - 1, 0..1, of));
    // The one in the middle gives the residual away as it came, from where it came.
    let middle = stretch(&[hidden(layers - 1, 1..2, of)], false);
    let cut = [stretch(&before, false), middle, stretch(&[hidden(layers - 1, 2..of, of)], true)];
    let programs = compiled(&model, 1, &cut);
    assert!(programs.iter().all(|one| verify::violations(&Chip::lpu_14nm(), &one.program).total == 0));
    let parts = run(&model, &programs, &[17, 5]);
    assert!(parts[0].contains_key("partial.0") && parts[0].contains_key("residual.0"));
    assert_eq!((&parts[0]["residual.0"], 3), (&parts[1]["residual.0"], of));
    for (token, expected) in whole.iter().enumerate() {
        for (name, tensor) in expected {
            let (Elements::F32(one), Elements::F32(two)) = (tensor.elements(), parts[3 * token + 2][name].elements())
            else {
                panic!("logits are f32")
            };
            let greatest = one.iter().fold(0.0f32, |greatest, value| greatest.max(value.abs()));
            let apart = one.iter().zip(two).fold(0.0f32, |most, (one, two)| most.max((one - two).abs()));
            assert!(apart <= ORDER_SHARE * greatest, "{name}: {apart} of {greatest}");
        }
    }
}

#[test]
fn a_stretch_without_weights_takes_as_long_as_with_them() {
    let model = model();
    let (chip, topology) = (Chip::lpu_14nm(), Topology::of(8).expect("a node"));
    let parts = stretch(&[attention(0), Part::feed_forward(0, tiles(8))], false);
    let source = (&model.graph, Some(&model.weights as &dyn TensorData));
    let with = compile_stretch(source, (&model.llama, &parts), &chip, &topology).expect("it fits");
    let without = compile_stretch((&model.graph, None), (&model.llama, &parts), &chip, &topology).expect("it fits");
    assert_eq!(with.program.executable, without.program.executable);
    assert_eq!(with.program.lowered, without.program.lowered);
    assert_eq!(verify::violations(&chip, &without.program).total, 0);
}

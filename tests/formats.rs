//! Number formats of weights: `tiny` in fp16 and in int8 with exceptions, on one chip and on several.
//!
//! In: the committed model.  Out: agreement of judge, simulator and evaluator bit for bit, nearness to f32, refusals.
//! Invariant: what a format costs in accuracy is measured against the imported graph in f32, which no compiler has touched.

use arch::{Chip, Topology};
use compile::{CompileError, Compiled, Format, Formats, Linear, Remedy, Resident, compile_in};
use graph::{DType, Evaluator, Tensor, TensorData};
use import::llama::{Head, LlamaShape, decode_step};
use program::{Instruction, MxmFormat, Packing, WordSource};
use std::collections::BTreeMap;
use std::sync::Arc;
use tests::random::Weights;
use tests::{Pair, Tiny, greatest, launch, tiny};

const CONTEXT: u32 = 64;
const TEXT: &str = "The traffic light turned green and every car went on. The bus stopped at the corner and waited for";

fn exceptions() -> Formats {
    Formats::default().with(Linear::Down, Format::Fp16).with(Linear::Output, Format::Fp16)
}

fn compiled(model: &Tiny, formats: Formats, chips: u16) -> Compiled {
    let topology = Topology::of(chips).expect("a node");
    let source = (&model.graph, &model.weights as &dyn TensorData);
    compile_in(source, formats, &Chip::lpu_14nm(), &topology).expect("tiny fits any group")
}

#[test]
fn chips_and_evaluator_agree_bit_for_bit_in_every_format() {
    let model = tiny(CONTEXT);
    let mixed = Formats::all(Format::Fp16).with(Linear::Gate, Format::Int8).with(Linear::Key, Format::Int8);
    for (formats, chips) in [
        (Formats::all(Format::Fp16), 1),
        (Formats::all(Format::Fp16), 8),
        (exceptions(), 1),
        (exceptions(), 2),
        (mixed, 1),
        (Formats::all(Format::Split), 1),
        (Formats::all(Format::Split), 2),
        (Formats::default().with(Linear::Down, Format::Split).with(Linear::Query, Format::Fp16), 1),
    ] {
        let compiled = compiled(&model, formats, chips);
        println!("{formats} on {chips}: {} cycles", compiled.cycles().0);
        let mut pair = Pair::new(&Chip::lpu_14nm(), &compiled);
        for (position, token) in (0..).zip(model.tokenizer.encode(TEXT).expect("plain text").into_iter().take(6)) {
            pair.step(&launch(&model, &compiled, token, position), position);
        }
    }
}

/// Weights of linear layers in the image, by whether they are fp16; blocks of ones are neither.
fn words(compiled: &Compiled) -> [u64; 2] {
    let mut words = [0; 2];
    for residency in &compiled.program.executable.image {
        let WordSource::Tensor { tensor, packing } = residency.source else { continue };
        let info = &compiled.program.lowered.tensors[tensor];
        match (info.dtype, packing) {
            (DType::I8, _) => words[0] += u64::from(residency.words),
            (DType::F16, Packing::Half(_)) => words[1] += u64::from(residency.words),
            _ => {}
        }
    }
    words
}

#[test]
fn fp16_takes_twice_the_words_and_no_int8_is_left() {
    let model = tiny(CONTEXT);
    let [int8, fp16] = [Format::Int8, Format::Fp16].map(|format| compiled(&model, Formats::all(format), 1));
    let (before, after) = (words(&int8), words(&fp16));
    assert_eq!((before[1], after[0]), (0, 0));
    // int8 rows that are exchanged for a rotation are held where the rest is; both hold a table once in each half that takes it.
    assert!(before[0] < after[1] && after[1] <= 2 * before[0], "{before:?} and {after:?}");
    let is_int8 = |one: Instruction| matches!(one, Instruction::Activate { format: MxmFormat::I8, .. });
    let bursts = |compiled: &Compiled| -> Vec<Instruction> {
        let templates = compiled.program.executable.templates.iter();
        templates
            .flat_map(|(_, template)| template.bursts().map(|(.., burst)| burst.instruction).collect::<Vec<_>>())
            .collect()
    };
    assert!(bursts(&int8).into_iter().any(is_int8) && !bursts(&fp16).into_iter().any(is_int8));
}

/// How far logits are from the imported graph's, as a share of the greatest, and how often the most probable token is the same.
fn distance(model: &Tiny, formats: Formats) -> (f32, u32, u32) {
    let compiled = compiled(model, formats, 1);
    let mut imported = Evaluator::new(&model.graph, &model.weights).expect("it evaluates");
    let mut lowered = Evaluator::new(&compiled.program.lowered, &compiled.tables).expect("it evaluates");
    let tokens = model.tokenizer.encode(TEXT).expect("plain text");
    let (mut worst, mut agreed, mut count) = (0.0f32, 0, 0);
    for (position, &token) in (0..CONTEXT).zip(&tokens) {
        let scalar = |value: u32| Tensor::i32(&[1], vec![value as i32]);
        let inputs = [("token", scalar(token)), ("position", scalar(position))];
        let inputs: BTreeMap<String, Tensor> = inputs.map(|(name, value)| (name.to_owned(), value)).into();
        let expected = imported.step(&inputs).expect("it steps").remove("logits").expect("a decoding step has logits");
        let expected = expected.as_f32().expect("logits are f32");
        let outputs = lowered.step(&launch(model, &compiled, token, position)).expect("it steps");
        let logits = compiled.launch.logits(&outputs);
        let span = expected.iter().fold(0.0f32, |span, value| span.max(value.abs()));
        let gap = logits.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        worst = worst.max(gap / span);
        agreed += u32::from(greatest(&logits) == greatest(expected));
        count += 1;
    }
    println!("{formats}: {worst:.6} of the greatest logit, {agreed} of {count} agree");
    (worst, agreed, count)
}

#[test]
fn split_is_nearest_to_f32_then_fp16_and_int8_with_exceptions_before_int8() {
    let model = tiny(CONTEXT);
    let formats = [Formats::default(), exceptions(), Formats::all(Format::Fp16), Formats::all(Format::Split)];
    let [int8, mixed, fp16, split] = formats.map(|formats| distance(&model, formats));
    assert!(split.0 < fp16.0 && split.1 == split.2, "{split:?}, {fp16:?}");
    assert!(fp16.0 < 0.005 && fp16.1 == fp16.2, "{fp16:?}");
    assert!(fp16.0 * 2.0 < int8.0 && mixed.0 < int8.0, "{int8:?}, {mixed:?}, {fp16:?}");
}

/// The shape of SmolLM2-135M.
fn smollm2() -> LlamaShape {
    LlamaShape {
        layers: 30,
        width: 576,
        heads: 9,
        kv_heads: 3,
        head_dim: 64,
        ffn: 1536,
        vocab: 49_152,
        rope_base: 100_000.0,
        epsilon: 1e-5,
        context_max: 8192,
        head: Head::Tied,
    }
}

#[test]
fn what_does_not_fit_in_fp16_is_refused_with_the_number_of_chips_that_hold_it() {
    let graph = decode_step(&smollm2(), 128);
    let refused = |formats: Formats, chips: u16| {
        let topology = Topology::of(chips).expect("a node");
        // No weights: they are not asked for before it is known that they fit.
        match compile_in((&graph, &Weights::new()), formats, &Chip::lpu_14nm(), &topology) {
            Err(error) => error,
            Ok(_) => panic!("{formats} on {chips} was compiled without weights"),
        }
    };
    for formats in [Formats::all(Format::Fp16), Formats::default().with(Linear::Down, Format::Fp16)] {
        let error = refused(formats, 1);
        let CompileError::Memory { what: Resident::Weights, needed, available: 8192, remedy } = error else {
            panic!("{error}")
        };
        let Remedy::Chips { layers, of: 30, chips: 2 } = remedy else { panic!("{remedy:?}") };
        assert!(8192 < needed && layers < 30, "{needed} words, {layers} layers");
        // The remedy is one: on 2 chips it is the weights that are missing, not the room for them.
        assert!(matches!(refused(formats, 2), CompileError::Load(_)));
    }
}

#[test]
fn weights_beyond_fp16_are_refused_by_name() {
    let model = tiny(CONTEXT);
    let (id, info) =
        model.graph.tensors.iter().find(|(_, info)| info.name == "blk.1.ffn_down.weight").expect("a layer has one");
    let mut weights = Weights::new();
    for (other, _) in model.graph.tensors.iter() {
        weights.insert(other, model.weights.load(other).expect("the committed model loads"));
    }
    let elements = info.shape.elements() as usize;
    weights.insert(id, Arc::new(Tensor::f32(info.shape.extents(), vec![70_000.0; elements])));
    let compiled = |formats| compile_in((&model.graph, &weights), formats, &Chip::lpu_14nm(), &Topology::single());
    let text = compiled(Formats::all(Format::Fp16)).expect_err("70,000 in fp16").to_string();
    assert!(text.contains("blk.1.ffn_down.weight") && text.contains("65504"), "{text}");
    assert!(compiled(Formats::all(Format::Fp16).with(Linear::Down, Format::Int8)).is_ok());
}

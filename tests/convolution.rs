//! Networks of the ResNet family: judge, simulator, evaluator and witness agree; the lowered graph is the imported one within its error.
//!
//! In: small networks with seeded weights, ResNet-50 without.  Out: values bit for bit, cycles as predicted, the published time beside ours.
//! Invariant: the small ones have every form that the published one has: strides, several tiles of channels, chunks, an identity.
//! Method: the imported graph in f32 is the reference; its error is measured relative to the greatest result and printed.

use arch::Chip;
use compile::CompileError;
use compile::convolution::{Ranges, compile};
use graph::{Elements, Evaluator, Graph, Tensor};
use import::resnet::{ResNetShape, image};
use sim::Machine;
use std::collections::BTreeMap;
use tests::at_once::{expect_judged, expect_repeated, expect_timed};
use tests::random::{chip, weights};
use tests::{Claims, expect_values};
use units::Rng;

/// How far a result may be from f32, as a share of the greatest result: weights are int8, activations eight bits of what was seen.
const ERROR_MAX: f32 = 0.02;

/// Seeds of one ordinary test run.
const SEEDS: u64 = 6;

fn shape(pixels: u32, channels: u32, blocks: &[u32]) -> ResNetShape {
    ResNetShape { pixels, channels, blocks: blocks.to_vec(), classes: 10 }
}

fn pixels(rng: &mut Rng, side: u32) -> Vec<f32> {
    (0..side * side * 3).map(|_| (2.0 * rng.unit() - 1.0) as f32).collect()
}

/// Results of all tiles in order.
fn logits(outputs: &BTreeMap<String, Tensor>, classes: usize) -> Vec<f32> {
    let mut found = Vec::new();
    for tile in 0..outputs.len() {
        let Elements::F32(values) = outputs[&format!("logits.{tile}")].elements() else { panic!("f32") };
        found.extend(values);
    }
    found.truncate(classes);
    found
}

/// Judge, simulator, evaluator and witness on one network; the greatest difference from the imported graph.
fn agree(shape: &ResNetShape, seed: u64) -> f32 {
    let (chip, mut rng) = (Chip::lpu_14nm(), Rng::new(seed));
    agree_on(&chip, shape, &mut rng).expect("it fits")
}

fn agree_on(chip: &Chip, shape: &ResNetShape, rng: &mut Rng) -> Result<f32, CompileError> {
    let graph = image(shape);
    let weights = weights(rng, &graph);
    let extents = [shape.pixels, shape.pixels, 3];
    let images = [0, 1].map(|_| Tensor::f32(&extents, pixels(rng, shape.pixels)));
    let ranges = Ranges::of(&graph, &weights, &images).expect("it evaluates");
    let compiled = compile(&graph, Some((&weights, &ranges)), chip)?;
    expect_judged(chip, &compiled);
    let mut machine = Machine::load(chip, &compiled.program.executable, &compiled.tables).expect("well formed");
    let mut lowered = Evaluator::new(&compiled.program.lowered, &compiled.tables).expect("evaluates");
    let mut imported = Evaluator::new(&graph, &weights).expect("evaluates");
    let (mut claims, mut worst) = (Claims::new(&compiled.program), 0.0f32);
    for image in images {
        let Elements::F32(values) = image.elements() else { panic!("f32") };
        let inputs = compiled.inputs(values);
        machine.launch(&inputs, 0).expect("all inputs are there");
        let outcome = machine.run_token(&mut claims);
        assert_eq!((outcome.cycles, outcome.violations), (compiled.cycles(), 0));
        let evaluated = lowered.step(&inputs).expect("all inputs are there");
        expect_values(&machine.outputs(), &evaluated, "an image");
        let found = logits(&evaluated, shape.classes as usize);
        let asked = BTreeMap::from([("image".to_owned(), image.clone())]);
        let expected = imported.step(&asked).expect("the image is there");
        let Elements::F32(expected) = expected["logits"].elements() else { panic!("f32") };
        assert_eq!(found.len(), expected.len());
        let greatest = expected.iter().fold(0.0f32, |greatest, value| greatest.max(value.abs()));
        let differences = found.iter().zip(expected).map(|(found, expected)| (found - expected).abs() / greatest);
        worst = differences.fold(worst, f32::max);
    }
    claims.expect_all(2);
    println!("{shape:?}: {} cycles, at most {worst} of the greatest result from f32", compiled.cycles().0);
    Ok(worst)
}

#[test]
fn small_networks_run_as_evaluated_and_as_predicted() {
    for (seed, shape) in [
        (1, shape(16, 4, &[1])),
        // A stride, an identity.
        (2, shape(32, 8, &[2, 1])),
        // Three taps do not fit a row of 112 channels; blocks end in two tiles, classes in two.
        (3, ResNetShape { classes: 330, ..shape(16, 112, &[2]) }),
        // Rows of 32 pixels: several chunks in a plane.
        (4, shape(128, 4, &[1, 1])),
    ] {
        let worst = agree(&shape, seed);
        assert!(worst < ERROR_MAX, "{shape:?}: {worst}");
    }
}

/// `GREENWAVE_SHAPES=N` runs seeds 0 .. N instead of the few.
#[test]
fn random_networks_on_random_chips_run_as_predicted_or_are_refused() {
    let asked = std::env::var("GREENWAVE_SHAPES").ok().and_then(|text| text.parse().ok());
    for seed in 0..asked.unwrap_or(SEEDS) {
        let mut rng = Rng::new(100 + seed);
        let (pixels, channels) = (rng.pick(&[16, 32, 48]), rng.pick(&[3, 16, 40, 112]));
        let blocks = rng.pick(&[&[1][..], &[2], &[1, 1]]);
        let (shape, chip) = (shape(pixels, channels, blocks), chip(&mut rng));
        match agree_on(&chip, &shape, &mut rng) {
            Ok(worst) => assert!(worst < ERROR_MAX, "{shape:?}: {worst}"),
            Err(error) => {
                println!("refused: {error}\n{}", error.chinese());
                assert!(chip != Chip::lpu_14nm(), "a small network fits the published chip: {error}");
            }
        }
    }
}

#[test]
fn the_same_network_gives_the_same_bytes_and_its_text_is_read_back() {
    let (graph, chip) = (image(&shape(16, 8, &[1])), Chip::lpu_14nm());
    expect_repeated(|| compile(&graph, None, &chip).expect("it fits").program);
}

#[test]
fn all_of_resnet_50_is_judged_and_takes_as_long_without_weights() {
    let (chip, graph) = (Chip::lpu_14nm(), image(&import::ResNet::ResNet50.shape()));
    let compiled = compile(&graph, None, &chip).expect("it fits one chip");
    expect_timed(&chip, &compiled);
    // Published: 20.4 thousand images a second, 44,118 cycles each; within a factor of two, and no faster than the products.
    assert!((22_059..88_236).contains(&compiled.cycles().0), "{}", compiled.cycles().0);
    println!("{} cycles, {} at least as lowered", compiled.cycles().0, compiled.bound().0);
}

#[test]
fn what_cannot_be_laid_out_is_refused_by_name() {
    let chip = Chip::lpu_14nm();
    let refused = |graph: &Graph, chip: &Chip, expected: &str| {
        let error = compile(graph, None, chip).expect_err("there is no layout");
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.chinese().is_ascii());
    };
    let plain = shape(16, 4, &[1]);
    refused(&image(&ResNetShape { pixels: 18, ..plain.clone() }), &chip, "9 rows of pixels; expected an even number");
    refused(&image(&ResNetShape { pixels: 260, ..plain.clone() }), &chip, "rows of 130 pixels; expected at most 128");
    let wide = ResNetShape { pixels: 128, channels: 1024, ..plain.clone() };
    refused(&image(&wide), &chip, "`fc` with sums of 4194304 products; expected at most 132104");
    let few = Chip { slices: 36, slices_reserved: Vec::new(), ..chip.clone() };
    refused(&image(&plain), &few, "at least 39 in each half");
    let mut graph = image(&plain);
    let (id, _) = graph.tensors.iter().find(|(_, info)| info.name == "layer1.0.conv2.bias").expect("declared");
    graph.tensors[id].name = "layer1.0.conv2.offset".to_owned();
    refused(&graph, &chip, "no tensor `layer1.0.conv2.bias`; expected a network of the ResNet family");
}

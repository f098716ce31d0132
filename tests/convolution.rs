//! Networks of the ResNet family: judge, simulator, evaluator and witness agree; the lowered graph is the imported one within its error.
//!
//! In: small networks with seeded weights, ResNet-50 without.  Out: values bit for bit, cycles as predicted, the published time beside ours.
//! Invariant: the small ones have every form that the published one has: strides, several tiles of channels, chunks, an identity.
//! Method: the imported graph in f32 is the reference; its error is measured relative to the greatest result and printed.

use arch::Chip;
use compile::convolution::{Convolved, Ranges, compile};
use graph::{Elements, Evaluator, Tensor};
use import::resnet::{ResNetShape, image};
use sim::Machine;
use std::collections::BTreeMap;
use tests::Claims;
use tests::random::weights;
use units::Rng;

/// How far a result may be from f32, as a share of the greatest result: weights are int8, activations seven bits of what was seen.
const ERROR_MAX: f32 = 0.1;

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
    let graph = image(shape);
    let weights = weights(&mut rng, &graph);
    let extents = [shape.pixels, shape.pixels, 3];
    let images = [0, 1].map(|_| Tensor::f32(&extents, pixels(&mut rng, shape.pixels)));
    let ranges = Ranges::of(&graph, &weights, &images).expect("it evaluates");
    let compiled = compile(&graph, Some((&weights, &ranges)), &chip).expect("it fits");
    judged(&chip, &compiled);
    let mut machine = Machine::load(&chip, &compiled.program.executable, &compiled.tables).expect("well formed");
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
        for tile in machine.outputs() {
            let Elements::F32(values) = evaluated[&tile.output].elements() else { panic!("f32") };
            let bits: Vec<u32> = values.iter().map(|value| value.to_bits()).collect();
            assert_eq!(bits, tile.bits[..values.len()], "{}", tile.output);
        }
        let found = logits(&evaluated, shape.classes as usize);
        let asked = BTreeMap::from([("image".to_owned(), image.clone())]);
        let expected = imported.step(&asked).expect("the image is there");
        let Elements::F32(expected) = expected["logits"].elements() else { panic!("f32") };
        let greatest = expected.iter().fold(0.0f32, |greatest, value| greatest.max(value.abs()));
        let differences = found.iter().zip(expected).map(|(found, expected)| (found - expected).abs() / greatest);
        worst = differences.fold(worst, f32::max);
    }
    claims.expect_all(2);
    println!("{shape:?}: {} cycles, at most {worst} of the greatest result from f32", compiled.cycles().0);
    worst
}

fn judged(chip: &Chip, compiled: &Convolved) {
    let report = verify::violations(chip, &compiled.program);
    assert_eq!(report.total, 0, "{report:?}");
}

#[test]
fn small_networks_run_as_evaluated_and_as_predicted() {
    for (seed, shape) in [
        (1, shape(16, 4, &[1])),
        // A stride, an identity.
        (2, shape(32, 8, &[2, 1])),
    ] {
        let worst = agree(&shape, seed);
        assert!(worst < ERROR_MAX, "{shape:?}: {worst}");
    }
}

#[test]
fn all_of_resnet_50_is_judged() {
    let (chip, graph) = (Chip::lpu_14nm(), image(&import::ResNet::ResNet50.shape()));
    let compiled = compile(&graph, None, &chip).expect("it fits one chip");
    println!("{} cycles, bound {}", compiled.cycles().0, compiled.bound().0);
    judged(&chip, &compiled);
}

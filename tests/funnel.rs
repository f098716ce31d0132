//! The funnel from a framework's calls to instructions, counted another way.
//!
//! In: the default model, the built-in shapes.  Out: a failure names the stage.
//! Invariant: no part of a model this build knows lacks a rule, and every operator called is proved.

use arch::Chip;
use graph::operators::Standing;
use graph::spec::Primitive;
use import::Builtin;
use study::{Funnel, funnel};

fn calls(funnel: &Funnel, operator: &str) -> u64 {
    funnel.operators.iter().find(|called| called.operator == operator).map_or(0, |called| called.calls)
}

fn known(name: &str, funnel: &Funnel) {
    assert_eq!(funnel.unknown, Vec::<String>::new(), "{name}: parts without a rule");
    for called in &funnel.operators {
        assert_eq!(called.standing, Standing::Implemented, "{name} calls {}", called.operator);
    }
    assert_eq!(funnel.calls, funnel.operators.iter().map(|called| called.calls).sum::<u64>());
    assert_eq!(funnel.ten.iter().map(|used| used.primitive).collect::<Vec<_>>(), Primitive::ALL);
}

#[test]
fn published_shapes_call_what_their_layers_say() {
    for model in Builtin::ALL {
        let (name, shape) = (model.name(), model.shape());
        let funnel = funnel(&model.decode_step(32), None);
        known(name, &funnel);
        let layers = u64::from(shape.layers);
        let projections = match model.experts() {
            None => 7 * layers,
            Some(_) => (4 + 1 + 2 * 3) * layers,
        };
        assert_eq!(calls(&funnel, "linear"), projections + 1, "{name}");
        assert_eq!(calls(&funnel, "rsqrt"), 2 * layers + 1, "{name}");
        assert_eq!(calls(&funnel, "index_copy"), 2 * layers, "{name}");
        assert_eq!(calls(&funnel, "neg"), 2 * layers, "{name}: one a rotated tensor");
        let shared = if shape.heads == shape.kv_heads { 0 } else { 2 * layers };
        // One more widens the frequencies.
        assert_eq!(calls(&funnel, "expand"), shared + 1, "{name}");
        assert_eq!((funnel.issues, funnel.instructions.len()), (None, 0));
    }
}

#[test]
fn the_default_model_narrows_to_eight_of_ten_and_widens_to_instructions() {
    let model = tests::tiny(32);
    for chips in [1, 2] {
        let topology = arch::Topology::of(chips).expect("a node has as many");
        let chip = Chip::lpu_14nm();
        let compiled = compile::compile_for(&model.graph, &model.weights, &chip, &topology).expect("it fits");
        let verified = verify::check(&chip, compiled.program).expect("it is legal");
        let funnel = funnel(&model.graph, Some(&verified));
        known("tiny", &funnel);
        let total: u64 = funnel.instructions.iter().map(|kind| kind.issues).sum();
        assert_eq!(Some(total), funnel.issues, "kinds add up to what the judge counted");
        let nodes = model.graph.nodes.iter().filter(|(_, node)| node.op.name() == "matmul").count() as u64;
        assert_eq!(funnel.ten[1].imported, nodes);
        assert_eq!(funnel.distinct, funnel.ten.iter().filter(|used| 0 < used.imported).count() as u64);
        assert!(funnel.operators.len() as u64 <= funnel.calls && funnel.distinct <= funnel.operators.len() as u64);
    }
}

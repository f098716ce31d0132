//! The specification of the ten operations: a row each, and every example evaluated.
//!
//! In: `graph::spec`.  Out: a failure names the operation.
//! Invariant: the example of an operation contains it, and `eval` gives what was worked out by hand, bit for bit.
//! Method: all numbers of the examples are exact in f32.

use graph::spec::Primitive;
use graph::{DType, Evaluator, Op, Tensor, TensorId};
use std::collections::BTreeMap;
use std::sync::Arc;

#[test]
fn each_example_gives_what_was_worked_out() {
    for primitive in Primitive::ALL {
        let spec = primitive.spec();
        let name = primitive.name();
        let graph = graph::text::parse(spec.example.graph).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(graph::text::print(&graph), spec.example.graph, "{name}: the text is the printer's");
        assert!(graph.nodes.iter().any(|(_, node)| node.op.primitive() == Some(primitive)), "{name} is not in it");
        let mut inputs = BTreeMap::new();
        for (_, node) in graph.nodes.iter() {
            let Op::Input { name: wanted } = &node.op else { continue };
            let values = spec.example.inputs.iter().find(|(known, _)| known == wanted);
            let (_, values) = values.unwrap_or_else(|| panic!("{name}: no values for {wanted}"));
            let tensor = match node.dtype {
                DType::I32 => Tensor::i32(node.shape.extents(), values.iter().map(|value| *value as i32).collect()),
                _ => Tensor::f32(node.shape.extents(), values.iter().map(|value| *value as f32).collect()),
            };
            inputs.insert(wanted.clone(), tensor);
        }
        let tables = BTreeMap::<TensorId, Arc<Tensor>>::new();
        let mut evaluator = Evaluator::new(&graph, &tables).expect("a legal graph");
        let outputs = evaluator.step(&inputs).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found: Vec<f64> = (0..outputs["y"].elements().len()).map(|index| outputs["y"].real(index)).collect();
        assert_eq!(found, spec.example.result, "{name}");
    }
}

#[test]
fn there_is_one_row_each_with_the_types_that_infer_allows() {
    use DType::{F16, F32, I8, I32};
    assert_eq!(Primitive::ALL.map(|primitive| primitive.spec().primitive), Primitive::ALL);
    let contractions = vec![(vec![F32, F32], F32), (vec![F16, F16], F32), (vec![I8, I8], I32)];
    assert_eq!(Primitive::MatMul.formats(), contractions);
    assert_eq!(Primitive::Reduce.formats(), [(vec![F32], F32), (vec![I32], I32)]);
    let moved = DType::ALL.map(|dtype| (vec![dtype, dtype, I32], dtype));
    assert_eq!(Primitive::Scatter.formats(), moved);
    for primitive in Primitive::ALL {
        assert!(!primitive.formats().is_empty(), "{} takes no element type", primitive.name());
    }
}

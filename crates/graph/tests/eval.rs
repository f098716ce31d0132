//! The evaluator against a second one, written element by element, and against examples computed by hand.
//!
//! In: seeded random graphs and values.  Out: equality of every bit of every node over several tokens.
//! Invariant: nothing of `eval` is used on the second side but the bits of operands it has already been checked on.
//! Method: each element is asked for by its coordinates; f32 arithmetic goes through f64, whose single rounding is the same.

mod naive;

use graph::expr::immediate;
use graph::{
    Arg, Builder, DType, EvalError, Evaluator, Expr, Graph, NodeId, Op, ReduceKind, ScalarOp, Tensor, TensorData,
    TensorId, random,
};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use units::Rng;

type Tensors = BTreeMap<TensorId, Arc<Tensor>>;

/// Runs one step of a graph with one output `y` and no external tensors.
fn run(builder: Builder, y: NodeId, inputs: &[(&str, Tensor)]) -> Result<Tensor, EvalError> {
    let mut builder = builder;
    builder.output("y", y);
    let graph = builder.finish();
    let tensors = Tensors::new();
    let inputs = inputs.iter().map(|(name, tensor)| (name.to_string(), tensor.clone())).collect();
    let mut outputs = Evaluator::new(&graph, &tensors)?.step(&inputs)?;
    Ok(outputs.remove("y").expect("y is the output"))
}

/// Compares all nodes over three tokens.
fn compare(seed: u64, graph: &Graph, rng: &mut Rng) {
    let tensors = random::tensors(rng, graph);
    let mut evaluator = Evaluator::new(graph, &tensors).expect("generated graphs are legal");
    for token in 0..3 {
        let inputs = random::inputs(rng, graph);
        let states: Vec<Option<Arc<Tensor>>> = graph.nodes.iter().map(|(id, _)| evaluator.state(id).cloned()).collect();
        evaluator.step(&inputs).expect("generated graphs have no wrong index");
        for (id, node) in graph.nodes.iter() {
            let found = evaluator.value(id).expect("every node has a value after a step");
            let case =
                naive::Case { graph, tensors: &tensors, inputs: &inputs, states: &states, evaluator: &evaluator };
            for index in 0..found.elements().len() {
                let expected = case.element(id, index);
                let bits = found.elements().bits(index);
                assert_eq!(bits, expected, "seed {seed} token {token} node {id} element {index}: {node:?}");
            }
        }
    }
}

#[test]
fn every_bit_equals_the_naive_evaluator() {
    let (mut ops, mut scalars) = (BTreeSet::new(), BTreeSet::new());
    for seed in 0..150 {
        let mut rng = Rng::new(seed);
        let graph = random::graph(&mut rng, 12);
        assert_eq!(graph::check(&graph), vec![], "seed {seed}");
        compare(seed, &graph, &mut rng);
        for (_, node) in graph.nodes.iter() {
            ops.insert(node.op.name());
            if let Op::Map(expr) = &node.op {
                scalars.extend(expr.steps.iter().map(|step| step.op));
            }
        }
    }
    assert_eq!((ops.len(), scalars.len()), (13, ScalarOp::ALL.len()), "the generated graphs hold every operation");
}

#[test]
fn superlanes_add_in_the_stated_order() {
    // K = 320 in two halves: half 0 has lanes 16 s + j, half 1 lanes 16 s + 8 + j.
    // Half 0: accumulator 0 gets 2^24 (s = 0), then 1 (s = 1), which is lost: 2^24 + 1 ties to even; then -2^24 (s = 2): 0.
    // Accumulator 1 holds 1 in all: j0 + j1 = 1. Half 1: accumulator 0 gets 1 + 1 first, then 2^24: 2^24 + 2.
    // So the block is 1 + (2^24 + 2) = 2^24 + 3, a tie between 2^24 + 2 and 2^24 + 4, whose significand is even: 2^24 + 4.
    let big = 0x6c00; // 2^12 as f16; 2^12 * 2^12 = 2^24.
    let (one, minus_big) = (0x3c00, 0xec00);
    let mut a = vec![0u16; 320];
    let mut b = vec![0u16; 320];
    let mut put = |superlane: usize, lane: usize, left: u16, right: u16| {
        a[16 * superlane + lane] = left;
        b[16 * superlane + lane] = right;
    };
    put(0, 0, big, big);
    put(1, 0, one, one);
    put(2, 0, minus_big, big);
    put(7, 1, one, one);
    put(3, 8, one, one);
    put(4, 8, one, one);
    put(19, 8, big, big);
    let mut builder = Builder::new();
    let a_node = builder.input("a", DType::F16, &[1, 320]);
    let b_node = builder.input("b", DType::F16, &[1, 320]);
    // A second block of one lane adds -2^24 to half 0 and +0.0 to half 1: 2^24 + 4 - 2^24 = 4.
    let c_node = builder.input("c", DType::F16, &[1, 1]);
    let d_node = builder.input("d", DType::F16, &[1, 1]);
    let y = builder.matmul_blocks(&[(a_node, b_node), (c_node, d_node)]);
    let inputs = [
        ("a", Tensor::f16(&[1, 320], a)),
        ("b", Tensor::f16(&[1, 320], b)),
        ("c", Tensor::f16(&[1, 1], vec![minus_big])),
        ("d", Tensor::f16(&[1, 1], vec![big])),
    ];
    let found = run(builder, y, &inputs).expect("legal");
    assert_eq!(found.as_f32(), Some(&[4.0][..]));
}

#[test]
fn sequential_blocks_share_one_accumulator() {
    let mut builder = Builder::new();
    let a = builder.const_f32(&[1, 2], vec![16_777_216.0, 1.0]);
    let b = builder.const_f32(&[1, 2], vec![1.0, 1.0]);
    let y = builder.matmul_blocks(&[(a, b), (b, b)]);
    // 2^24 + 1 + 1 + 1, each tie to even: 2^24. Blocks summed apart would give 2^24 + 2.
    assert_eq!(run(builder, y, &[]).expect("legal").as_f32(), Some(&[16_777_216.0][..]));
}

#[test]
fn partial_results_fold_interleaved_rows_from_the_end() {
    let mut builder = Builder::new();
    let x = builder.input("x", DType::I32, &[5, 1]);
    let y = builder.reduce_partials(ReduceKind::Sum, x, 0, 2);
    // extent - partials + j = 3, 4: row 0 of the result takes rows 1 and 3, row 1 rows 0, 2 and 4.
    let x = Tensor::i32(&[5, 1], vec![1, 10, 100, 1000, 10_000]);
    assert_eq!(run(builder, y, &[("x", x)]).expect("legal").as_i32(), Some(&[1010, 10_101][..]));
}

#[test]
fn digits_are_the_bytes_most_significant_first() {
    let mut builder = Builder::new();
    let x = builder.const_i32(&[1, 2], vec![0x0102_03ff, -1]);
    let y = builder.digits(x, 3);
    assert_eq!(run(builder, y, &[]).expect("legal").as_i8(), Some(&[2, -1, 3, -1, -1, -1][..]));
    let mut builder = Builder::new();
    let x = builder.const_i32(&[2, 2], vec![0x0102, 0x0304, 0x0506, 0x0708]);
    let y = builder.digits(x, 2);
    let both = [1, 3, 5, 7, 2, 4, 6, 8];
    assert_eq!(run(builder, y, &[]).expect("legal").as_i8(), Some(&both[..]), "a digit of all rows, then the next");
}

#[test]
fn composites_are_their_formulas() {
    let values = [0.5f32, -1.25, 3.0, 0.0];
    let x = Tensor::f32(&[1, 4], values.to_vec());
    let mut results = Vec::new();
    for part in 0..3 {
        let mut builder = Builder::new();
        let node = builder.input("x", DType::F32, &[1, 4]);
        let gain = builder.const_f32(&[4], vec![1.0, 2.0, -1.0, 1.0]);
        let y = match part {
            0 => builder.silu(node),
            1 => builder.softmax(node),
            _ => builder.rms_norm(node, gain, 1e-5),
        };
        results.push(run(builder, y, &[("x", x.clone())]).expect("legal"));
    }
    let exact: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
    let total: f64 = exact.iter().map(|x| x.exp()).sum();
    let scale = (exact.iter().map(|x| x * x).sum::<f64>() / 4.0 + 1e-5).sqrt();
    for (index, x) in exact.iter().enumerate() {
        let gain = [1.0, 2.0, -1.0, 1.0][index];
        let expected = [x / (1.0 + (-x).exp()), x.exp() / total, x / scale * gain];
        for (result, expected) in results.iter().zip(expected) {
            assert!((result.real(index) - expected).abs() <= 1e-6 * expected.abs(), "{index}: {expected}");
        }
    }
}

/// A source that counts how often it is asked.
struct Counting(Cell<usize>);

impl TensorData for Counting {
    fn load(&self, _: TensorId) -> Result<Arc<Tensor>, graph::LoadError> {
        self.0.set(self.0.get() + 1);
        Ok(Arc::new(Tensor::f16(&[2], vec![0x3c00, 0x4000])))
    }
}

#[test]
fn states_live_on_and_constants_are_loaded_once() {
    let mut builder = Builder::new();
    let sum = builder.state("sum", DType::F32, &[2]);
    let weight = builder.weight("w", DType::F16, &[2]);
    let wide = builder.scalar(ScalarOp::F16ToF32, &[weight]);
    let next = builder.add(sum, wide);
    builder.update(sum, next);
    builder.output("before", sum);
    let graph = builder.finish();
    let source = Counting(Cell::new(0));
    let mut evaluator = Evaluator::new(&graph, &source).expect("legal");
    let mut before = || evaluator.step(&BTreeMap::new()).map(|outputs| outputs["before"].as_f32().map(<[f32]>::to_vec));
    assert_eq!(before(), Ok(Some(vec![0.0, 0.0])));
    assert_eq!(before(), Ok(Some(vec![1.0, 2.0])));
    assert_eq!(before(), Ok(Some(vec![2.0, 4.0])));
    let kept = evaluator.value(wide).cloned().expect("a value");
    evaluator.reset();
    let outputs = evaluator.step(&BTreeMap::new()).expect("legal");
    assert_eq!(outputs["before"].as_f32(), Some(&[0.0, 0.0][..]));
    assert!(Arc::ptr_eq(&kept, evaluator.value(wide).expect("a value")), "what depends on constants alone is kept");
    assert_eq!(source.0.get(), 1);
}

#[test]
fn wrong_inputs_are_errors_with_a_remedy() {
    let message = |inputs: &[(&str, Tensor)], index: i32| {
        let mut builder = Builder::new();
        let table = builder.input("table", DType::F32, &[3, 1]);
        let index = builder.const_i32(&[1], vec![index]);
        let y = builder.gather(table, index);
        run(builder, y, inputs).expect_err("wrong").to_string()
    };
    let table = || Tensor::f32(&[3, 1], vec![0.0; 3]);
    assert_eq!(message(&[], 0), "input \"table\" has no value; give a tensor f32 [3,1]");
    assert_eq!(message(&[("table", table()), ("tabel", table())], 0), "the graph has no input \"tabel\"; leave it out");
    assert!(message(&[("table", Tensor::i32(&[3, 1], vec![0; 3]))], 0).contains("to be f32 [3,1]; found i32 [3,1]"));
    assert_eq!(message(&[("table", table())], 3), "node 2: row 3 of a table of 3; give an index from 0 to 2");
    assert_eq!(message(&[("table", table())], -1), "node 2: row -1 of a table of 3; give an index from 0 to 2");
}

#[test]
fn a_map_over_more_than_a_chunk_keeps_its_order() {
    let mut builder = Builder::new();
    let x = builder.input("x", DType::F32, &[9001]);
    let y = builder.map(Expr::single(ScalarOp::Add, &[Arg::Input(0), immediate(1.0)]), &[x]);
    let x = Tensor::f32(&[9001], (0..9001u16).map(f32::from).collect());
    let y = run(builder, y, &[("x", x)]).expect("legal");
    assert!((0..9001).all(|index| y.real(index) == index as f64 + 1.0));
}

//! The checker against graphs that each break one rule.
//!
//! In: a legal graph and one change.  Out: exactly the flaw that the change makes, word for word.
//! Invariant: every type rule has a case; a legal graph has no flaw.
//! Method: one helper that builds, changes and prints.

use graph::{
    Builder, ConstSource, DType, Expr, Graph, Node, NodeId, Op, Order, Origin, Permutation, ReduceKind, ScalarOp,
    Shape, TensorId, View, check,
};

/// Nodes 0 to 4: f32 [2,6], f32 [3,6], f16 [2,400], i32 [1], state f32 [2,6].
fn base() -> Builder {
    let mut builder = Builder::new();
    builder.input("a", DType::F32, &[2, 6]);
    builder.input("b", DType::F32, &[3, 6]);
    builder.input("h", DType::F16, &[2, 400]);
    builder.input("i", DType::I32, &[1]);
    builder.state("s", DType::F32, &[2, 6]);
    builder
}

fn expect(graph: &Graph, expected: &[&str]) {
    let found: Vec<String> = check(graph).iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

/// One flaw at node 5, which does `op` on `inputs` and states f32 of `extents`.
fn node(op: Op, inputs: &[usize], extents: &[u32], expected: &str) {
    let mut graph = base().finish();
    let inputs = inputs.iter().map(|&input| NodeId::new(input)).collect();
    let shape = Shape::new(extents).expect("legal extents");
    graph.nodes.push(Node { op, inputs, dtype: DType::F32, shape, origin: Origin::default() });
    let expected = if expected.is_empty() { vec![] } else { vec![format!("node 5: {expected}")] };
    expect(&graph, &expected.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn operands_stand_before_their_users_and_are_as_many_as_stated() {
    node(Op::Broadcast, &[5], &[2, 6], "expected operands before node 5; found 5");
    node(Op::Broadcast, &[9], &[2, 6], "expected operands before node 5; found 9");
    node(Op::Broadcast, &[], &[2, 6], "expected 1 operands; found 0");
    node(Op::Gather, &[0], &[1, 6], "expected 2 operands; found 1");
    node(Op::Input { name: "x".into() }, &[0], &[2, 6], "expected no operands; found 1");
}

#[test]
fn contractions() {
    let op = |order| Op::MatMul { order };
    node(op(Order::Sequential), &[0, 1], &[2, 3], "");
    node(op(Order::Sequential), &[0, 1], &[3, 2], "expected f32 [2,3]; found f32 [3,2]");
    node(op(Order::Sequential), &[0, 1, 0], &[2, 3], "expected operands in pairs; found 3");
    node(op(Order::Exact), &[0, 1], &[2, 3], "expected i8 operands for this order; found f32 [2,6]");
    node(op(Order::Superlanes), &[2, 2], &[2, 2], "expected at most 320 lanes in a block; found 400");
    node(op(Order::Sequential), &[0, 1, 0, 0], &[2, 3], "expected blocks that all give [2,3]; found [2,2]");
    let mut builder = base();
    let wide = builder.input("w", DType::F32, &[3, 7]);
    let mut graph = builder.finish();
    let inputs = vec![NodeId::new(0), wide];
    let shape = Shape::new(&[2, 3]).expect("legal extents");
    graph.nodes.push(Node { op: op(Order::Sequential), inputs, dtype: DType::F32, shape, origin: Origin::default() });
    let blocks = "blocks [.., m, k] and [.., n, k] with equal leading axes";
    expect(&graph, &[&format!("node 6: expected {blocks}; found [2,6] and [3,7]")]);
}

#[test]
fn maps_and_folds() {
    let exp = Op::Map(Expr::single(ScalarOp::Exp, &[graph::Arg::Input(0)]));
    node(exp.clone(), &[0, 1], &[2, 6], "expected inputs that all have shape [2,6]; found [3,6]");
    node(exp, &[2], &[2, 400], "expected step 0 (exp): operands of one type among f32; found f16");
    node(Op::Map(Expr::default()), &[0], &[2, 6], "expected an expression of at least one step; found none");
    let fold = |axis, partials| Op::Reduce { kind: ReduceKind::Sum, axis, partials };
    node(fold(2, 1), &[0], &[2, 6], "expected an axis below 2 of [2,6]; found 2");
    node(fold(0, 3), &[0], &[3, 6], "expected 1 to 2 partial results; found 3");
    node(fold(0, 0), &[0], &[1, 6], "expected 1 to 2 partial results; found 0");
    node(fold(0, 1), &[2], &[1, 400], "expected an f32 or i32 operand; found f16 [2,400]");
}

#[test]
fn moves() {
    node(Op::Broadcast, &[0], &[2, 2, 6], "expected an operand like [2,2,6] with some extents 1; found [2,6]");
    node(Op::Broadcast, &[0], &[4, 6], "expected an operand like [4,6] with some extents 1; found [2,6]");
    let axes = |axes: &[u8]| Op::Permute(Permutation::Axes(axes.to_vec()));
    node(axes(&[1, 0]), &[0], &[6, 2], "");
    node(axes(&[1, 1]), &[0], &[6, 2], "expected each of 2 axes once; found [1, 1]");
    let lanes = |map: &[u16]| Op::Permute(Permutation::Lanes(map.to_vec()));
    node(lanes(&[2, 0, 1]), &[0], &[2, 6], "");
    node(lanes(&[0, 2]), &[0], &[2, 6], "expected each lane below 2 once; found [0, 2]");
    node(lanes(&[0, 1, 2, 3]), &[0], &[2, 6], "expected lanes in whole groups of 4; found 6");
    node(Op::Copy { axis: 0 }, &[0, 1], &[5, 6], "");
    node(Op::Copy { axis: 1 }, &[0, 1], &[2, 12], "expected operands like f32 [2,6] but for axis 1; found f32 [3,6]");
    node(Op::Window { size: 2, stride: 1 }, &[1], &[2, 12], "");
    node(Op::Window { size: 4, stride: 1 }, &[1], &[1, 24], "expected size 1 to 3, stride above 0; found 4, 1");
    node(Op::Window { size: 1, stride: 0 }, &[1], &[3, 6], "expected size 1 to 3, stride above 0; found 1, 0");
    node(Op::Window { size: 1, stride: 1 }, &[3], &[1], "expected an operand of rank 2 or more; found [1]");
}

#[test]
fn tables_and_views() {
    node(Op::Gather, &[0, 3], &[1, 6], "");
    node(Op::Gather, &[0, 0], &[1, 6], "expected an index i32 [1]; found f32 [2,6]");
    node(Op::Scatter, &[0, 1, 3], &[2, 6], "expected a row f32 [1,6]; found f32 [3,6]");
    node(Op::View(View::Reshape), &[0], &[13], "expected 13 elements for [13]; found [2,6]");
    let rows = |first| Op::View(View::Rows { first });
    node(rows(1), &[1], &[2, 6], "");
    node(rows(2), &[1], &[2, 6], "expected rows inside [3,6] with its other extents; found [2,6] from row 2");
    node(
        rows(u32::MAX),
        &[1],
        &[2, 6],
        "expected rows inside [3,6] with its other extents; found [2,6] from row 4294967295",
    );
    node(Op::View(View::Digits { count: 2 }), &[3], &[2, 1], "expected 1 to 4 digits of i32 [n,k]; found 2 of i32 [1]");
    let literal = Op::Const(ConstSource::F32(vec![0.0; 5]));
    node(literal, &[], &[2, 3], "expected 6 literals for [2,3]; found 5");
    node(Op::Const(ConstSource::Tensor(TensorId::new(0))), &[], &[1], "expected a tensor below 0; found 0");
}

#[test]
fn names_outputs_and_updates_and_all_flaws_at_once() {
    let mut graph = base().finish();
    let double = graph.nodes[NodeId::new(0)].clone();
    graph.nodes.push(double);
    graph.outputs = vec![("y".into(), NodeId::new(1)), ("y".into(), NodeId::new(7))];
    graph.updates = vec![
        (NodeId::new(4), NodeId::new(1)),
        (NodeId::new(4), NodeId::new(0)),
        (NodeId::new(0), NodeId::new(5)),
        (NodeId::new(1), NodeId::new(6)),
    ];
    expect(
        &graph,
        &[
            "node 5: expected a new name among those of inputs; found \"a\" again",
            "output \"y\": expected a node below 6; found 7",
            "output \"y\": expected a new output name; found the same again",
            "update of state 4: expected f32 [2,6]; found f32 [3,6]",
            "update of state 4: expected one update; found another one",
            "update of state 0: expected a state; found input",
            "update of state 1: expected nodes below 6; found 1 and 6",
        ],
    );
}

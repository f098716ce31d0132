//! The text form: round trips, errors with positions, hostile text.
//!
//! In: seeded random graphs and broken texts.  Out: the same graphs; one error each.
//! Invariant: no text panics.
//! Method: print, parse, compare; cut, change and repeat pieces of good texts.

use graph::text::{parse, print};
use graph::{
    Arg, Builder, ConstSource, DType, Expr, Node, Op, Origin, Permutation, ScalarOp, Shape, Step, View, random,
};
use std::collections::BTreeSet;
use std::fmt::Write;
use units::Rng;

#[test]
fn what_is_printed_is_read_back() {
    for seed in 0..500 {
        let graph = random::graph(&mut Rng::new(seed), 10);
        let text = print(&graph);
        let found = parse(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
        assert_eq!(found, graph, "seed {seed}\n{text}");
    }
}

/// What kinds of things stand in a node; each match is exhaustive, so that a new kind cannot be left out here.
fn kinds(node: &Node) -> Vec<String> {
    let kind = match &node.op {
        Op::Input { .. } | Op::State { .. } | Op::Broadcast | Op::Copy { .. } => String::new(),
        Op::Window { .. } | Op::Gather | Op::Scatter => String::new(),
        Op::Const(ConstSource::Tensor(_)) => "tensor".to_owned(),
        Op::Const(ConstSource::F32(_)) => "f32".to_owned(),
        Op::Const(ConstSource::I32(_)) => "i32".to_owned(),
        Op::MatMul { order } => format!("{order:?}"),
        Op::Reduce { kind, .. } => format!("{kind:?}"),
        Op::Permute(Permutation::Axes(_)) => "axes".to_owned(),
        Op::Permute(Permutation::Lanes(_)) => "lanes".to_owned(),
        Op::View(View::Reshape) => "reshape".to_owned(),
        Op::View(View::Rows { .. }) => "rows".to_owned(),
        Op::View(View::Digits { .. }) => "digits".to_owned(),
        Op::Map(expr) => return expr.steps.iter().map(|step| format!("map {}", step.op.name())).collect(),
    };
    vec![format!("{} {kind}", node.op.name()).trim_end().to_owned()]
}

#[test]
fn the_round_trip_sees_every_kind_of_node() {
    let graphs = (0..500).map(|seed| random::graph(&mut Rng::new(seed), 10));
    let found: BTreeSet<String> =
        graphs.flat_map(|graph| graph.nodes.iter().flat_map(|(_, node)| kinds(node)).collect::<Vec<_>>()).collect();
    let scalars = ScalarOp::ALL.iter().map(|op| format!("map {}", op.name()));
    let others = "input, state, broadcast, copy, window, gather, scatter, const tensor, const f32, const i32, matmul Sequential, matmul Exact, \
                  matmul Superlanes, reduce Sum, reduce Max, reduce Min, permute axes, permute lanes, view reshape, view rows, view digits";
    let expected: BTreeSet<String> = scalars.chain(others.split(", ").map(str::to_owned)).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_bit_pattern_of_a_literal_survives() {
    let mut rng = Rng::new(1);
    let special = [0x7fc0_0000, 0xffc0_0000, 0x7f80_0001, 0x7f80_0000, 0xff80_0000, 0x8000_0000, 1, 0x7f7f_ffff];
    let bits: Vec<u32> = special.into_iter().chain((0..2000).map(|_| rng.next_u64() as u32)).collect();
    let mut builder = Builder::new();
    let count = bits.len() as u32;
    let reals = builder.const_f32(&[count], bits.iter().map(|bits| f32::from_bits(*bits)).collect());
    let integers = builder.const_i32(&[count], bits.iter().map(|bits| *bits as i32).collect());
    for group in bits.chunks(100) {
        for input in [reals, integers] {
            let steps =
                group.iter().map(|bits| Step { op: ScalarOp::Add, args: vec![Arg::Input(0), Arg::Immediate(*bits)] });
            builder.map(Expr { steps: steps.collect() }, &[input]);
        }
    }
    let text = print(builder.graph());
    let again = parse(&text).expect("printed");
    assert_eq!(print(&again), text);
    let (Op::Const(graph::ConstSource::F32(found)), graph) = (&again.nodes[reals].op, builder.finish()) else {
        panic!("a literal stays a literal")
    };
    assert!(found.iter().map(|value| value.to_bits()).eq(bits), "bits of literals");
    for (id, node) in graph.nodes.iter().skip(1) {
        assert_eq!(again.nodes[id], *node);
    }
}

#[test]
fn an_illegal_graph_is_printed_and_read_back_too() {
    let mut graph = Builder::new().finish();
    let args = vec![Arg::Step(9), Arg::Immediate(7), Arg::Input(200), Arg::Immediate(0x3f80_0000)];
    let expr = Expr { steps: vec![Step { op: ScalarOp::Exp, args }] };
    for op in [Op::Map(expr), Op::Map(Expr::default()), Op::Const(graph::ConstSource::I32(vec![]))] {
        let shape = Shape::new(&[]).expect("a scalar");
        let inputs = vec![graph::NodeId::new(77)];
        graph.nodes.push(Node { op, inputs, dtype: DType::I8, shape, origin: Origin::default() });
    }
    let text = print(&graph);
    assert_eq!(parse(&text).as_ref(), Ok(&graph), "{text}");
    assert_eq!(graph::check(&graph).len(), 3);
}

fn error(body: &str) -> String {
    parse(&format!("graph 1\n{body}")).expect_err(body).to_string()
}

#[test]
fn errors_name_position_expectation_finding_and_remedy() {
    assert_eq!(
        parse("").expect_err("nothing").to_string(),
        "line 1, column 1: expected graph; found the end of the text; write one of these words"
    );
    assert!(parse("graph 2").expect_err("version").to_string().contains("column 7: expected version 1; found `2`"));
    assert_eq!(
        error("%0 = input \"x\" : f64 [1]"),
        "line 2, column 18: expected f32, f16, i32, i16, i8, u8; found `f64`; write one of these words"
    );
    assert_eq!(
        error("\n  %1 = broadcast : f32 []"),
        "line 3, column 4: expected number 0; found `1`; number nodes and tensors from 0 without a gap"
    );
    assert!(
        error("%0 = input x : f32 []").contains("column 12: expected a name; found `x`; write it in double quotes")
    );
    assert!(error("%0 = input \"詞 : f32 []").contains("column 12: expected a closing quote"));
    assert!(error("%0 = input \"詞\\n\" : f32 []").contains("column 15: expected `\\\"`, `\\\\` or `\\u{..}`"));
    assert!(error("%0 = input \"\\u{110000}\" : f32 []").contains("expected `\\\"`"));
    assert!(error("%0 = broadcast : f32 [0]").contains("column 22: expected extents above 0, at most 4 of them"));
    assert!(error("%0 = broadcast : f32 [1,2,3,4,5]").contains("at most 4 of them"));
    assert!(error("%0 = broadcast : f32 [4294967296]").contains("a number from 0 to 4294967295; found `4294967296`"));
    assert!(error("%0 = reduce sum axis 256 %1 : f32 []").contains("a number from 0 to 255; found `256`"));
    assert!(error("%0 = map { s1 = exp in0 } %1 : f32 []").contains("expected `s0`; found `s1`; number steps"));
    assert!(error("%0 = map { s0 = exp in256 } : f32 []").contains("expected an i32, an f32 with `.` or `e`"));
    assert!(error("%0 = map { s0 = exp 0x123456789 } : f32 []").contains("found `0x123456789`"));
    assert!(error("%0 = const i32 (2147483648) : i32 [1]").contains("found `2147483648`"));
    assert!(error("update %0 1").contains("column 11: expected `%`; found `1`"));
    assert!(error("$").contains("line 2, column 1: expected a word, a number, a name in quotes or a mark; found '$'"));
    let long = "x".repeat(1000);
    assert!(error(&long).len() < 200, "a finding is quoted in part");
}

#[test]
fn comments_and_line_ends_only_separate() {
    let spread = "graph # the version:\n1 %0 =\r\n\tinput \"x\" # not \"y\"\n: f32 [ 2 , 3 ]";
    assert_eq!(parse(spread), parse("graph 1 %0 = input \"x\" : f32 [2,3]"));
}

#[test]
fn damaged_text_never_panics() {
    let mut rng = Rng::new(7);
    for seed in 0..60 {
        let good = print(&random::graph(&mut Rng::new(seed), 6));
        let characters: Vec<char> = good.chars().collect();
        for _ in 0..40 {
            let mut damaged = characters.clone();
            let at = rng.below(damaged.len() as u64) as usize;
            let source = rng.below(characters.len() as u64) as usize;
            match rng.below(4) {
                0 => damaged.truncate(at),
                1 => drop(damaged.remove(at)),
                2 => damaged[at] = characters[source],
                _ => damaged.insert(at, ['"', '\\', '9', '-', '{', '\u{0}', '字'][source % 7]),
            }
            let text: String = damaged.into_iter().collect();
            if let Ok(graph) = parse(&text) {
                graph::check(&graph);
                assert_eq!(parse(&print(&graph)).map(|again| print(&again)), Ok(print(&graph)));
            }
        }
    }
}

#[test]
fn stated_numbers_allocate_nothing() {
    let mut text = String::from("graph 1\n");
    for index in 0..100 {
        writeln!(text, "tensor {index} \"t\" f32 [65536,65536,65536]").expect("writing to a string");
    }
    for index in 0..100 {
        writeln!(text, "%{index} = view rows 4294967295 %4294967295 : f32 [65536,65536,65536]")
            .expect("writing to a string");
    }
    let graph = parse(&text).expect("well formed");
    assert_eq!(graph::check(&graph).len(), 100);
}
